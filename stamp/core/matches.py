"""What was found out about a suspect: which works it shows or plays, and how sure that is."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from .detection import Quad
from .url import Place

MatchVerdict = Literal["mark", "copy", "scene", "candidate", "none"]
Stage = Literal["whole", "points", "sound", "mark"]
FOUND: Final = ("mark", "copy", "scene")
"""Verdicts that count as found, the surest first."""


@dataclass(frozen=True, slots=True)
class FoundMark:
    """A mark that was read in a suspect: payload (16 hexadecimal digits), name and fingerprint of its key,
    log10 of the probability that chance did it, and the uid of the work that the catalogue says it means."""

    payload: str
    key_name: str
    key_fingerprint: str
    log10_p: float
    work: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return {
            "payload": self.payload,
            "key": self.key_name,
            "key_fingerprint": self.key_fingerprint,
            "log10_p": round(self.log10_p, 2),
            "work": self.work,
        }


@dataclass(frozen=True, slots=True)
class MatchedWork:
    """A work that a suspect may show or play.

    verdict : "mark", the mark of this work was read; "copy", fine detail agrees, or the whole picture where
        detail cannot be compared; "scene", it shows the same scene, as a copy or as another shot of it;
        "candidate", too little to say so.
    stage : what found it: "whole" picture, "points" in it, "sound", or the "mark".
    distance : bits of 256 in which the whole pictures differ; None where that did not find it. inliers :
        points that agree. votes : frames, or pairs of tones, that agree.
    of_work, of_suspect : which share of either is the other's, 0 to 1; None where that is not known.
    quad_suspect, quad_work : corners of it, as `region` and `seen` of `Comparison`.
    correlation : of fine detail; None where the original is not at hand, or nothing was compared.
    find_span, work_span : (start, end) in seconds, of clips and songs. speed : of the suspect, relative.
    """

    work: str
    number: int
    title: str
    verdict: MatchVerdict
    stage: Stage
    distance: int | None = None
    inliers: int = 0
    votes: int = 0
    of_work: float | None = None
    of_suspect: float | None = None
    quad_suspect: Quad = ()
    quad_work: Quad = ()
    mirrored: bool = False
    correlation: float | None = None
    watermark: FoundMark | None = None
    find_span: tuple[float, float] | None = None
    work_span: tuple[float, float] | None = None
    speed: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        mark = self.watermark
        return {
            "work": self.work,
            "number": self.number,
            "title": self.title,
            "verdict": self.verdict,
            "stage": self.stage,
            "distance": self.distance,
            "inliers": self.inliers,
            "votes": self.votes,
            "overlap": {"work": _rounded(self.of_work), "suspect": _rounded(self.of_suspect)},
            "quad_suspect": _points(self.quad_suspect, 1),
            "quad_work": _points(self.quad_work, 4),
            "mirrored": self.mirrored,
            "correlation": _rounded(self.correlation),
            "watermark": mark.to_dict() if mark else None,
            "find_span": _points((self.find_span,), 2)[0] if self.find_span else None,
            "work_span": _points((self.work_span,), 2)[0] if self.work_span else None,
            "speed": round(self.speed, 4),
        }


@dataclass(frozen=True, slots=True)
class MatchReport:
    """What was found out about one suspect.

    matches : works, the surest first. watermark : a mark whose work is not known; None where none was looked
        for or read. find : the uid in the ledger, where it was kept. pictures : that were drawn of it.
        notes : for people.
    """

    OUTCOMES: ClassVar = ("found", "not_found")

    path: Place
    kind: str | None = None
    matches: tuple[MatchedWork, ...] = ()
    watermark: FoundMark | None = None
    find: str | None = None
    pictures: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> MatchVerdict:
        """That of the surest match; "mark" also for one whose work is not known; "none" without any."""
        if self.watermark:
            return "mark"
        return self.matches[0].verdict if self.matches else "none"

    @property
    def found(self) -> tuple[MatchedWork, ...]:
        """The matches that are more than candidates."""
        return tuple(match for match in self.matches if match.verdict in FOUND)

    @property
    def outcome(self) -> str:
        """What became of the file, one of OUTCOMES."""
        return "found" if self.verdict in FOUND else "not_found"

    def kept(self, find: str) -> MatchReport:
        """Return the report with the uid of its find."""
        return replace(self, find=find)

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.match/1`."""
        return {
            "path": os.fspath(self.path),
            "status": self.outcome,
            "verdict": self.verdict,
            "kind": self.kind,
            "matches": [match.to_dict() for match in self.matches],
            "watermark": self.watermark.to_dict() if self.watermark else None,
            "find": self.find,
            "pictures": [os.fspath(path) for path in self.pictures],
            "notes": list(self.notes),
            "error": None,
        }


@dataclass(frozen=True, slots=True)
class WatchReport:
    """What became of one suspect that is watched.

    place : its URL, or its path. outcome : one of OUTCOMES, or "failed": "found" is a find, "seen_again" one
        that was there, "known" bytes or a picture of which it is known that nothing is in them, "unchanged"
        what was looked at in this place before. sha256 : of the file, where it was read. match : where it was
        looked at now. find : uid in the ledger.
    """

    OUTCOMES: ClassVar = ("found", "seen_again", "not_found", "known", "unchanged")

    place: str
    outcome: str = "unchanged"
    sha256: str | None = None
    match: MatchReport | None = None
    find: str | None = None
    error: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.watch/1`."""
        match = self.match
        return {
            "place": self.place,
            "status": "error" if self.error is not None else self.outcome,
            "sha256": self.sha256,
            "verdict": match.verdict if match else None,
            "kind": match.kind if match else None,
            "matches": [each.to_dict() for each in match.matches] if match else [],
            "watermark": match.watermark.to_dict() if match and match.watermark else None,
            "find": self.find,
            "error": self.error,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _points(points: tuple[tuple[float, float], ...], digits: int) -> list[list[float]]:
    return [[round(x, digits), round(y, digits)] for x, y in points]
