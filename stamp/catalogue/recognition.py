"""Which work a file is: by the hashes of files that the catalogue has seen, by a mark, by an identifier."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from .database import Database

_WORK: Final = "SELECT work.id, work.uid, work.title, work.origin, work.withdrawn_at FROM work"
_MARKED: Final = f"{_WORK} JOIN mark ON mark.work_id = work.id"
_COPIED: Final = f"{_MARKED} JOIN copy ON copy.mark_id = mark.id"


@dataclass(frozen=True, slots=True)
class KnownWork:
    """A work that a file was recognised as. number : of this catalogue alone; work : the uid. origin : "own"
    or "third_party"."""

    number: int
    work: str
    title: str
    origin: str
    withdrawn: bool


class Recognition:
    """What the works of a catalogue are recognised by. `connect` gives the connection of the thread that
    asks."""

    def __init__(self, connect: Callable[[], Database]) -> None:
        self._connect = connect

    def by_output(self, sha256: bytes) -> KnownWork | None:
        """Return the work of the copy that has this SHA-256."""
        return self._one(f"{_COPIED} WHERE copy.output_sha256 = ?", sha256)

    def by_source(self, sha256: bytes) -> KnownWork | None:
        """Return the work that was added by this file, or whose copies were made of it."""
        return self._one(f"{_WORK} WHERE work.source_sha256 = ?", sha256) or self._one(
            f"{_COPIED} WHERE copy.source_sha256 = ?", sha256
        )

    def by_essence(self, sha256: bytes) -> KnownWork | None:
        """Return the work whose file or copy has this essence, see `metadata.essence`."""
        return self._one(f"{_WORK} WHERE work.essence_sha256 = ?", sha256) or self._one(
            f"{_COPIED} WHERE copy.essence_sha256 = ?", sha256
        )

    def by_mark(self, payload: bytes, fingerprint: str | None = None) -> KnownWork | None:
        """Return the work that a payload means, under the key of this fingerprint if one is given."""
        if fingerprint is None:
            return self._one(f"{_MARKED} WHERE mark.payload = ?", payload)
        return self._one(
            f"{_MARKED} JOIN key ON key.id = mark.key_id WHERE mark.payload = ? AND key.fingerprint = ?",
            payload,
            fingerprint,
        )

    def by_identifier(self, identifiers: Iterable[tuple[str, str]]) -> KnownWork | None:
        """Return the work that has one of these (scheme, value), the first that is known."""
        sql = (
            f"{_WORK} JOIN work_identifier ON work_identifier.work_id = work.id"
            " WHERE work_identifier.scheme = ? AND work_identifier.value = ?"
        )
        return next(filter(None, (self._one(sql, *each) for each in identifiers)), None)

    def _one(self, sql: str, *parameters: object) -> KnownWork | None:
        # Two works may have one file, where it was marked once as a copy of another: the older one counts.
        rows = self._connect().execute(f"{sql} ORDER BY work.id LIMIT 1", parameters)
        if not rows:
            return None
        number, uid, title, origin, withdrawn = rows[0]
        return KnownWork(int(number), uid, title, origin, withdrawn is not None)
