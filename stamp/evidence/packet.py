"""Packets: one find, and all that a stranger needs to check what is said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import rfc8785

from ..catalogue import timestamps
from ..core.errors import ArgumentError
from ..storage.atomic import write_whole
from . import archive, document, guide, log, report, sums
from .facts import Facts, gather
from .options import PacketOptions
from .signing import Signer
from .words import words

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue

_FIRST_YEAR: Final = 1980  # of dates in a ZIP
_LAST_YEAR: Final = 2107


@dataclass(frozen=True, slots=True)
class Made:
    """A packet that was made. document : its evidence.json. sha256, size : of the ZIP."""

    path: Path
    document: dict[str, Any]
    sha256: str
    size: int

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of the command's JSON."""
        return {
            "path": str(self.path),
            "status": "made",
            "sha256": self.sha256,
            "size": self.size,
            "evidence": self.document,
            "error": None,
        }


def make_packet(catalogue: Catalogue, find: str, target: Path, options: PacketOptions | None = None) -> Made:
    """Write the packet on a find: the same bytes for the same find, log and options, but for a time stamp.

    Raises
    ------
    CatalogueError    : the find has no work, a file is not at hand, or no right time stamp comes.
    ArgumentError     : no packet can have this date.
    KeyFileError      : the key to sign with cannot be used.
    MissingDependency : an extra, `evidence` or `match`, is not installed.
    MediaError        : a file cannot be read, OutputError, UnwritableFile : the packet not be written.
    """
    wanted = options or PacketOptions()
    words(wanted.language)
    signer = Signer.load(wanted.sign) if wanted.sign else None
    facts = gather(catalogue, find, original=wanted.original, roots=wanted.tsa_root)
    files: dict[str, archive.Content] = {
        **facts.captures,
        **facts.likeness.pictures,
        **_log_files(facts),
    }
    at = moment(wanted.at)
    said = document.of_find(facts, at=at, language=wanted.language, files=files)
    return seal_up(target, said, files, facts.lines, facts.likeness.pictures, at, signer, wanted)


def seal_up(
    target: Path,
    said: dict[str, Any],
    files: Mapping[str, archive.Content],
    lines: Sequence[log.Line],
    pictures: Mapping[str, bytes],
    at: datetime,
    signer: Signer | None,
    options: PacketOptions,
) -> Made:
    """Write document, report and guide, sign and stamp the list of hashes, and write the ZIP."""
    said |= {"signer": signer.fingerprint if signer else None, "is_stamped": options.tsa is not None}
    entries: dict[str, archive.Content] = {
        **files,
        sums.EVIDENCE: rfc8785.dumps(said),
        sums.REPORT: report.pdf(said, lines, pictures),
        sums.GUIDE: guide.text(said, lines),
    }
    if signer:
        entries[sums.SIGNER] = signer.pem
    entries[sums.SUMS] = listed = sums.listed({name: sums.sum_of(each)[0] for name, each in entries.items()})
    if signer:
        entries[sums.SIGNATURE] = signer.sign(listed)
    if options.tsa:
        token = timestamps.request(options.tsa, hashlib.sha256(listed).digest(), options.tsa_root)
        entries[sums.TOKEN] = token.bytes
    with write_whole(target) as draft:
        archive.write(draft, entries, at)
        sha256, size = sums.sum_of(draft)
    return Made(target, said, sha256, size)


def moment(at: datetime | None) -> datetime:
    """Return the date of a packet, in UTC, to the two seconds that a ZIP knows. Raises ArgumentError."""
    now = (at or datetime.now(UTC)).astimezone(UTC)
    if not _FIRST_YEAR <= now.year <= _LAST_YEAR:
        raise ArgumentError(f"a packet has a date from {_FIRST_YEAR} to {_LAST_YEAR}, not in {now.year}")
    return now.replace(second=now.second // 2 * 2, microsecond=0)


def _log_files(facts: Facts) -> dict[str, bytes]:
    tokens = {
        document.token_name(state.seal): state.seal.token
        for state in facts.seals.values()
        if state.seal.token is not None
    }
    return {sums.LOG: log.written(facts.lines), **tokens}
