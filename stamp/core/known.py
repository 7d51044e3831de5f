"""What is known of a payload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class KnownMark:
    """What the catalogue says of a payload.

    work, number, title : the work that it means; `number` is short, `work` the same in every catalogue.
    withdrawn : whether the work is no longer to be shown.
    copy : the newest copy that carries it, None where none is known. recipient, channel : whom and what that
        copy was for. licence, licensee : under which licence it was made (its uid), and who got that.
    """

    work: str
    number: int
    title: str
    copy: str | None = None
    recipient: str | None = None
    channel: str | None = None
    withdrawn: bool = False
    licence: str | None = None
    licensee: str | None = None

    def __str__(self) -> str:
        """Say it in words: "work #12 'Lake', copy for ACME"."""
        parts = [f"work #{self.number} '{self.title}'"]
        if self.recipient:
            parts.append(f"copy for {self.recipient}")
        elif self.licensee:
            parts.append(f"licensed to {self.licensee}")
        if self.channel:
            parts.append(f"channel {self.channel}")
        return ", ".join(parts) + (" (withdrawn)" if self.withdrawn else "")

    def to_dict(self) -> dict[str, Any]:
        """Return the `record` of an entry of `stamp.detect/1`, `stamp.show/1` and `stamp.embed/1`."""
        return {
            "number": self.number,
            "title": self.title,
            "recipient": self.recipient,
            "channel": self.channel,
            "withdrawn": self.withdrawn,
            "licence": self.licence,
            "licensee": self.licensee,
        }


def entries_of(known: KnownMark | None) -> dict[str, Any]:
    """Return what a JSON entry says of a payload: the names of `work` and `copy`, and the `record`."""
    return {
        "work": known.work if known else None,
        "copy": known.copy if known else None,
        "record": known.to_dict() if known else None,
    }
