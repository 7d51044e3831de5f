"""Whether a suspect carries a mark that is asked for, where no mark can be read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .comparison import AGREES
from .payload import Payload

CONFIRMED = -6.0
"""log10 of the chance, all candidates together, from which on a payload is confirmed."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """How far what is left of a suspect without the original is the mark of one payload.

    payload : the candidate. confirmed : whether it is this one, which takes a `log10_p` of -6 and that the
        fine detail agrees.
    z : how far the coded bits agree with the payload's code word, in standard deviations over all code words;
        22.4 at most. What all marks of the key have in common is not in it.
    log10_p : upper bound of log10 of the chance that one of the candidates reaches this, if the suspect was
        made without the key, or carries another mark of it: the larger of the two.
    log10_p_permuted : the same against code words that were drawn, instead of the law.
    correlation : of fine detail with the original, as in `Detection`; None where no place for the suspect was
        found, and nothing could be confirmed.
    key_name : of the key. candidates : how many there were. needed : correlation that copies have.
    """

    payload: Payload
    confirmed: bool
    z: float
    log10_p: float
    log10_p_permuted: float
    correlation: float | None
    key_name: str
    candidates: int
    needed: float = AGREES

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.confirm/1`, but for the path."""
        return {
            "payload": self.payload.hex(),
            "confirmed": self.confirmed,
            "z": round(self.z, 2),
            "log10_p": round(self.log10_p, 2),
            "log10_p_permuted": round(self.log10_p_permuted, 2),
            "correlation": None if self.correlation is None else round(self.correlation, 4),
            "key": self.key_name,
            "candidates": self.candidates,
        }

    def sentence(self) -> str:
        """Say it to people who decide about rights, no more than was measured."""
        name = f"{self.payload.hex()} (key {self.key_name})"
        if self.correlation is None:
            return f"{name} not confirmed: no part of the original was found in it"
        if self.correlation < self.needed:
            return (
                f"{name} not confirmed: its fine detail is not that of the original ({self.correlation:.2f})"
            )
        if not self.confirmed:
            deviations = f"{round(self.z, 1) + 0.0:.1f} deviations"  # not -0.0
            return f"{name} not confirmed ({deviations}), which does not show that it is another copy"
        power = math.floor(min(-self.log10_p, 999))
        chance = "the chance that another copy or a work without this key agrees like this is"
        return f"confirmed as the copy marked {name}: {self.z:.1f} deviations; {chance} below 1 in 10^{power}"
