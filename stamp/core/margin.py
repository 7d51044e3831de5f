"""What is left of a mark in a copy that was made worse on purpose: a record, and its words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Margin:
    """The mark of a finished file after a reference rung, as coarse a copy as platforms usually make.

    rung : what was done to the file, in words. score : how far the coded bits of that copy agree with those
        of the payload, in deviations. threshold : what they must reach to be read for certain.
    gain : how many times the usual strength some of the work was given, so that it holds.
    """

    rung: str
    score: float
    threshold: float
    gain: float = 1.0

    @property
    def holds(self) -> bool:
        """Whether the mark can be read in such a copy for certain."""
        return self.score >= self.threshold

    @property
    def words(self) -> str:
        """What a person should know."""
        rest = self.score / self.threshold
        if self.holds:
            more = f", at {self.gain:.2g} times the strength where it was short" if self.gain > 1 else ""
            return f"it survives {self.rung}, with a margin of {rest - 1:.0%}{more}"
        left = f"{max(rest, 0):.0%} of what reading it for certain needs is left"
        return f"short: after {self.rung}, {left}; more `strength` helps"

    def to_dict(self) -> dict[str, Any]:
        """The `margin` of an entry of `stamp.embed/1`."""
        return {
            "rung": self.rung,
            "score": round(self.score, 2),
            "threshold": self.threshold,
            "holds": self.holds,
            "gain": round(self.gain, 3),
        }
