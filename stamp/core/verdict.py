"""What the gate says of a work, and of a file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from .url import Place

Word = Literal["ours", "granted_exclusively", "licensed", "not_licensed", "withdrawn", "unknown"]
RecognisedBy = Literal["output", "source", "essence", "mark", "identifier"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a use of a work is clear.

    verdict : "ours"; "granted_exclusively", ours but given away; "licensed" or "not_licensed", of others;
        "withdrawn", not to be shown; "unknown".
    clear : whether nothing is in the way. reasons : what is, coded, such as "territory:US".
    licence : the uid of the one that was decisive, of several that do not suffice the one that comes nearest.
    attribution : what that licence asks to be said beside the work.
    """

    verdict: Word
    clear: bool
    reasons: tuple[str, ...] = ()
    licence: str | None = None
    attribution: str | None = None


@dataclass(frozen=True, slots=True)
class CheckRecord(Verdict):
    """The verdict on one file.

    path : the file. work, number, title : the work that it was recognised as, None where it was not.
    recognised_by : how: "output", it is a copy that was made, byte for byte; "source", the file that a work
        was added by or a copy made of; "essence", one of these with other metadata; "mark"; "identifier", a
        number, URL or payload in its metadata. responsible : whom the policy names.
    The rest is that of `Verdict`.
    """

    OUTCOMES: ClassVar = ("clear", "refused")

    path: Place | None = None
    work: str | None = None
    number: int | None = None
    title: str | None = None
    recognised_by: RecognisedBy | None = None
    responsible: str | None = None

    @property
    def outcome(self) -> str:
        """What became of the file, one of OUTCOMES."""
        return "clear" if self.clear else "refused"

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.check/1`."""
        return {
            "path": os.fspath(self.path) if self.path else None,
            "status": self.outcome,
            "verdict": self.verdict,
            "clear": self.clear,
            "reasons": list(self.reasons),
            "work": self.work,
            "number": self.number,
            "title": self.title,
            "licence": self.licence,
            "attribution": self.attribution,
            "recognised_by": self.recognised_by,
            "responsible": self.responsible,
            "error": None,
        }
