"""evidence.json: what a packet says, for programs. The report for people is made of it, and of nothing else.

Within the schema `stamp.evidence/1` keys are only ever added. Instants are ISO 8601 in UTC. It names files,
and no place where one is; neither who a copy was made for, nor what a licence costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from .._version import __version__
from ..storage.digest import Digest, digest
from . import sums
from .archive import Content
from .facts import Facts, audit_entries, shown_name

if TYPE_CHECKING:
    from ..catalogue.dossiers import Dossier
    from ..catalogue.records import LicenceRecord, SealRecord, WorkRecord
    from .facts import SealState

SCHEMA: Final = "stamp.evidence/1"
_LIBRARIES: Final = ("numpy", "opencv-python-headless", "pillow", "av", "typst")
_MARK: Final = (
    "scheme", "payload", "key", "score", "threshold", "log10_p", "bits_corrected", "transform", "spans",
    "tempo", "pitch",
)  # fmt: skip

_MATCHED: Final = (
    "verdict", "stage", "distance", "inliers", "votes", "overlap", "quad_suspect", "quad_work", "mirrored",
    "correlation", "find_span", "work_span", "speed",
)  # fmt: skip


def of_find(facts: Facts, *, at: datetime, language: str, files: Mapping[str, Content]) -> dict[str, Any]:
    """Return the document on a find; files : what else is in the packet, by name."""
    likeness = facts.likeness
    return {
        "schema": SCHEMA,
        "kind": "find",
        "created": instant(at),
        "language": language,
        "program": program(),
        "find": _find(facts),
        "work": work_entry(facts.work, facts.dossier, facts.licences)
        | {"original": named(facts.original, digest(facts.original))},
        "mark": _mark(facts),
        "matched": _matched(facts),
        "comparison": likeness.comparison.to_dict() if likeness.comparison else None,
        "confirmed": (facts.find.comparison or {}).get("confirmed"),
        "rights": audit_entries(facts.rights),
        "seals": [seal_entry(state.seal, state.is_checked) for state in facts.seals.values()],
        "sealed_before": _sealed_before(facts),
        "pictures": [{"file": name, "caption": caption} for name, caption in likeness.captions.items()],
        "files": file_entries(files),
    }


def instant(at: datetime) -> str:
    """Return an instant as the document has it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def file_entries(files: Mapping[str, Content]) -> dict[str, Any]:
    """Return hash and size of files, by name."""
    found = {name: sums.sum_of(content) for name, content in sorted(files.items())}
    return {name: {"sha256": sha256, "size": size} for name, (sha256, size) in found.items()}


def token_name(seal: SealRecord) -> str:
    """Return the name that the time stamp of a seal has in a packet."""
    return f"seal-{seal.seq}.tst"


def work_entry(work: WorkRecord, dossier: Dossier, licences: list[LicenceRecord]) -> dict[str, Any]:
    """Return what is said of a work."""
    return {
        "work": work.work,
        "number": work.number,
        "title": work.title,
        "kind": work.kind,
        "added_at": work.added_at,
        "identifiers": [list(each) for each in work.identifiers],
        "created_on": dossier.created_on,
        "first_published_on": dossier.first_published_on,
        "first_published_in": dossier.first_published_in,
        "contributions": [asdict(each) for each in dossier.contributions],
        "registrations": [asdict(each) for each in dossier.registrations],
        "licences": [_licence(each) for each in licences],
    }


def seal_entry(seal: SealRecord, is_checked: bool) -> dict[str, Any]:
    """Return what is said of a seal."""
    return {
        "seq": seal.seq,
        "root": seal.root,
        "at": seal.at,
        "authority": seal.authority,
        "token": token_name(seal) if seal.token else None,
        "is_checked": is_checked,
    }


def program() -> dict[str, Any]:
    """Return which program and libraries are at work."""
    libraries = {}
    for name in _LIBRARIES:
        try:
            libraries[name] = version(name)
        except PackageNotFoundError:
            continue
    return {"name": "stamp-media", "version": __version__, "libraries": libraries}


def _find(facts: Facts) -> dict[str, Any]:
    find = facts.find
    pages = {name: digest(path).sha256 for name, path in facts.captures.items() if "page-" in name}
    names = {sha256: name for name, sha256 in pages.items()}
    return {
        "find": find.find,
        "number": find.number,
        "kind": find.kind,
        "file": next(iter(facts.captures)),
        "name": shown_name(Path(find.capture.name)),
        "sha256": find.capture.sha256,
        "size": find.capture.size,
        "basis": find.basis,
        "added_at": find.added_at,
        "first_seen": facts.first_seen,
        "sightings": [
            {
                "url": each.url,
                "media_url": each.media_url,
                "account": each.account,
                "seen_at": each.seen_at,
                "seen_by": each.seen_by,
                "page": names.get(each.page.sha256) if each.page else None,
            }
            for each in find.sightings
        ],
        "verdict": find.verdict,
        "compared_by": find.compared_by,
        "compared_at": find.compared_at,
        "licence": find.licence,
    }


def _mark(facts: Facts) -> dict[str, Any] | None:
    found = (facts.find.report or {}).get("watermark") or {}
    if not found.get("payload") or facts.find.basis != "mark":
        return None
    fingerprint = facts.mark.key_fingerprint if facts.mark else None
    return {name: found.get(name) for name in _MARK} | {"key_fingerprint": fingerprint}


def _matched(facts: Facts) -> dict[str, Any] | None:
    """How the find matched the work when it was recognised by its fingerprint."""
    found = facts.find.matched
    return None if found is None else {name: found[name] for name in _MATCHED}


def named(path: Path, found: Digest) -> dict[str, Any]:
    """Return what is said of a file that is not in the packet."""
    return {"name": shown_name(path), "sha256": found.sha256, "size": found.size}


def _licence(licence: LicenceRecord) -> dict[str, Any]:
    """What is said of a licence: that there is one, of which kind and when; not with whom, nor for what."""
    terms = licence.terms
    days = ("valid_from", "valid_until", "terminated_on")
    return {
        "licence": licence.licence,
        "direction": terms.direction,
        "exclusivity": terms.exclusivity,
    } | {day: str(said) if (said := getattr(terms, day)) else None for day in days}


def _sealed_before(facts: Facts) -> dict[str, Any]:
    """Whether the mark was given to the work before the find was seen: `state` is "before" only where a time
    stamp over that event was checked and is older than all that is said of the find."""
    line = facts.assignment
    state: SealState | None = None
    if line is None or line.sealed is None or line.fault({n: s.seal.root for n, s in facts.seals.items()}):
        return {"state": "none", "event": line.seq if line else None, "seal": None}
    state = facts.seals[line.sealed]
    return {"state": _order(state, facts.first_seen, line.seq), "event": line.seq, "seal": state.seal.seq}


def _order(state: SealState, first_seen: str, seq: int) -> str:
    if state.seal.token is None:
        return "unstamped"
    if not state.is_checked:
        return "unchecked"
    earlier = datetime.fromisoformat(state.seal.at) < datetime.fromisoformat(first_seen)
    return "before" if earlier and seq <= state.seal.seq else "after"
