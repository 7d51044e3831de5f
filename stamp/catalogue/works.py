"""Works: added, listed, searched and shown."""

from __future__ import annotations

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from ..core.errors import ArgumentError, CatalogueError, UnsupportedFormat
from ..formats.sniff import kind_of, sniff_path
from ..storage.digest import digest
from . import identity, parties
from .database import Database, Row
from .records import CopyRecord, MarkRecord, WorkRecord
from .references import find_id

KINDS: Final = ("image", "video", "audio")
_FORMS: Final = {
    "isrc": "[A-Z]{2}[A-Z0-9]{3}[0-9]{7}",
    "iswc": "T[0-9]{10}",
    "isan": "[0-9A-F]{16}([0-9A-Z]([0-9A-F]{8}[0-9A-Z]?)?)?",
    "upc": "[0-9]{12,14}",
    "doi": r"10\.[0-9]{4,}/.+",
    "url": "https?://.+",
    "local": ".+",
}
"""Schemes of identifiers, and what a value of each looks like."""
_COMPACT = {"isrc", "iswc", "isan", "upc"}  # written with or without marks between their parts

Found = list[WorkRecord]
_COLUMNS = "work.id, work.uid, work.title, work.kind, work.origin, work.added_at, work.withdrawn_at"


class Works:
    """The works of a catalogue. `connect` gives the connection of the thread that asks, `essence` the SHA-256
    of a file's essence, None where there is none. `added` is called with the uid of a work and its file."""

    def __init__(
        self,
        connect: Callable[[], Database],
        essence: Callable[[Path], bytes | None],
        added: Callable[[str, Path], None],
    ) -> None:
        self._connect, self._essence, self._added = connect, essence, added

    def add(
        self,
        source: str | os.PathLike[str] | None = None,
        *,
        title: str | None = None,
        kind: str | None = None,
        creators: Sequence[str] = (),
        identifiers: Sequence[str] = (),
        origin: str = "own",
    ) -> WorkRecord:
        """Add a work, and return it.

        source : its file, whose content is recognised later; None where there is none at hand. title : the
        file's name unless given. kind : "image", "video" or "audio", as the file says unless given.
        creators : names; a party is added for each that is not there. identifiers : such as
        "isrc:KZAB12600001". origin : "own" or "third_party".

        Raises ArgumentError where something has no such value, CatalogueError where file or identifier belong
        to a work already, MediaError where the file cannot be read.
        """
        sha256, essence, path = None, None, None if source is None else Path(source)
        if path is not None:
            sha256 = bytes.fromhex(digest(path).sha256)
            if sniff_path(path) is None:
                raise UnsupportedFormat("is no photo, clip or song", path=path)
            essence = self._essence(path)
            kind, title = kind or kind_of(path), title or path.stem
        if not title or not title.strip():
            raise ArgumentError("a work has a title: give one, or its file")
        if kind not in KINDS:
            raise ArgumentError(f"a work is one of {', '.join(KINDS)}, not {kind!r}")
        if origin not in ("own", "third_party"):
            raise ArgumentError(f"the origin of a work is own or third_party, not {origin!r}")
        known = [identifier(each) for each in identifiers]
        database = self._connect()
        with database.writing():
            refuse_known(database, sha256, known)
            work_id = insert(
                database,
                kind=kind,
                title=title,
                source=path,
                source_sha256=sha256,
                essence_sha256=essence,
                origin=origin,
                creators=creators,
                identifiers=known,
            )
        work = self.show(f"#{work_id}")
        if path is not None:
            self._added(work.work, path)
        return work

    def list(self, *, limit: int = 50, after: str | None = None) -> Found:
        """Return works, the newest first; `after` is the last one of the page before. Raises
        CatalogueError."""
        database = self._connect()
        rows = database.execute(
            f"SELECT {_COLUMNS} FROM work WHERE id < ? ORDER BY id DESC LIMIT ?",
            (_before(database, after), _checked_limit(limit)),
        )
        return _records(database, rows)

    def count(self) -> int:
        """Return how many works there are. Raises CatalogueError."""
        return int(self._connect().execute("SELECT count(*) FROM work")[0][0])

    def search(self, text: str, *, limit: int = 50, after: str | None = None) -> Found:
        """Return works whose titles, creators and identifiers have words that begin like all of those of
        `text`, in whatever case and with whatever accents; the newest first. Raises CatalogueError."""
        words = identity.folded(text).split()
        if not words:
            return []
        database = self._connect()
        if database.is_postgres:
            query = " & ".join(f"{word}:*" for word in words)
            found = (
                f"SELECT {_COLUMNS} FROM work"
                " WHERE to_tsvector('simple', folded) @@ to_tsquery('simple', ?) AND id < ?"
                " ORDER BY id DESC LIMIT ?"
            )
        else:
            query = " ".join(f'"{word}"*' for word in words)
            found = (
                f"SELECT {_COLUMNS} FROM work_text JOIN work ON work.id = work_text.rowid"
                " WHERE work_text MATCH ? AND work_text.rowid < ? ORDER BY work_text.rowid DESC LIMIT ?"
            )
        rows = database.execute(found, (query, _before(database, after), _checked_limit(limit)))
        return _records(database, rows)

    def show(self, reference: str, *, limit: int = 1000) -> WorkRecord:
        """Return one work with its marks and copies, the newest `limit` of each. Raises CatalogueError where
        there is none of this name."""
        database = self._connect()
        work_id = find_id(database, "work", reference)
        rows = database.execute(f"SELECT {_COLUMNS} FROM work WHERE id = ?", (work_id,))
        marks = database.execute(
            "SELECT mark.payload, key.name, key.fingerprint FROM mark JOIN key ON key.id = mark.key_id"
            " WHERE mark.work_id = ? ORDER BY mark.id DESC LIMIT ?",
            (work_id, limit),
        )
        copies = database.execute(
            "SELECT copy.uid, copy.state, mark.payload, copy.source, copy.output,"
            " coalesce(copy.source_sha256, work.source_sha256), copy.output_sha256, party.name, copy.channel,"
            " licence.uid, copy.reserved_at FROM copy JOIN mark ON mark.id = copy.mark_id"
            " JOIN work ON work.id = mark.work_id LEFT JOIN party ON party.id = copy.recipient_id"
            " LEFT JOIN licence ON licence.id = copy.licence_id"
            " WHERE mark.work_id = ? ORDER BY copy.id DESC LIMIT ?",
            (work_id, limit),
        )
        return _records(
            database,
            rows,
            marks=tuple(MarkRecord(bytes(payload).hex(), *key) for payload, *key in marks),
            copies=tuple(map(_copy, copies)),
        )[0]


def identifier(text: str) -> tuple[str, str]:
    """Return (scheme, value) of an identifier such as "isrc:KZ-AB1-26-00001". Raises ArgumentError."""
    scheme, _, value = text.partition(":")
    scheme, value = scheme.strip().lower(), value.strip()
    if scheme in _COMPACT:
        value = re.sub("[-. ]", "", value).upper()
    if scheme not in _FORMS:
        known = ", ".join(_FORMS)
        raise ArgumentError(f"{text}: an identifier is SCHEME:VALUE, with a scheme of {known}")
    if not re.fullmatch(_FORMS[scheme], value):
        raise ArgumentError(f"{text}: no {scheme.upper()} looks like this")
    return scheme, value


def insert(
    database: Database,
    *,
    kind: str,
    title: str,
    source_sha256: bytes | None,
    essence_sha256: bytes | None = None,
    source: Path | None = None,
    origin: str = "own",
    creators: Iterable[str] = (),
    identifiers: Iterable[tuple[str, str]] = (),
) -> int:
    """Add a work within `writing`, and return its id."""
    uid, people, known = identity.uid7(), list(dict.fromkeys(creators)), list(dict.fromkeys(identifiers))
    work_id = database.insert(
        "work",
        uid=uid,
        kind=kind,
        origin=origin,
        title=title,
        folded=identity.folded(title, *people, *(value for _, value in known)),
        source=None if source is None else identity.path_text(source.absolute()),
        source_sha256=source_sha256,
        essence_sha256=essence_sha256,
        added_at=identity.now(),
    )
    for name in people:
        party_id = parties.find_or_insert(database, name)
        database.insert("contribution", work_id=work_id, party_id=party_id, role="author")
    for scheme, value in known:
        database.insert("work_identifier", work_id=work_id, scheme=scheme, value=value)
    said = {
        "source_sha256": source_sha256.hex() if source_sha256 else None,
        "creators": people,
        "identifiers": [":".join(each) for each in known],
    }
    body = {"title": title, "kind": kind, "origin": origin}
    database.log("work.added", uid, body | {name: value for name, value in said.items() if value})
    return work_id


def refuse_known(database: Database, sha256: bytes | None, identifiers: Iterable[tuple[str, str]]) -> None:
    """Raise CatalogueError where the file of this hash, or an identifier, is that of a work already."""
    rows = database.execute("SELECT id, title FROM work WHERE source_sha256 = ?", (sha256,)) if sha256 else []
    if rows:
        raise CatalogueError(f"this file is work #{rows[0][0]} '{rows[0][1]}' already")
    for scheme, value in identifiers:
        sql = "SELECT work_id FROM work_identifier WHERE scheme = ? AND value = ?"
        if rows := database.execute(sql, (scheme, value)):
            raise CatalogueError(f"{scheme}:{value} is that of work #{rows[0][0]} already")


def _before(database: Database, after: str | None) -> int:
    return 2**62 if after is None else find_id(database, "work", after)


def _checked_limit(limit: int) -> int:
    if not 1 <= limit <= 10_000:
        raise ArgumentError(f"a page has 1 to 10000 entries, not {limit}")
    return limit


def _records(database: Database, rows: Sequence[Row], **details: Any) -> Found:
    """The records of these rows of _COLUMNS, with what several queries say of all of them."""
    ids = [row[0] for row in rows]
    creators = grouped(
        database,
        "SELECT contribution.work_id, party.name FROM contribution"
        " JOIN party ON party.id = contribution.party_id"
        " WHERE contribution.work_id IN ({}) ORDER BY contribution.id",
        ids,
    )
    identifiers = grouped(
        database,
        "SELECT work_id, scheme, value FROM work_identifier WHERE work_id IN ({}) ORDER BY id",
        ids,
    )
    counts = grouped(
        database,
        "SELECT mark.work_id, count(*) FROM copy JOIN mark ON mark.id = copy.mark_id"
        " WHERE mark.work_id IN ({}) AND copy.state <> 'abandoned' GROUP BY mark.work_id",
        ids,
    )
    return [
        WorkRecord(
            work=uid,
            number=number,
            title=title,
            kind=kind,
            origin=origin,
            added_at=identity.text(added) or "",
            withdrawn_at=identity.text(withdrawn),
            creators=tuple(name for (name,) in creators[number]),
            identifiers=tuple((scheme, value) for scheme, value in identifiers[number]),
            copy_count=sum(count for (count,) in counts[number]),
            **details,
        )
        for number, uid, title, kind, origin, added, withdrawn in rows
    ]


def grouped(database: Database, sql: str, ids: Sequence[int]) -> defaultdict[int, list[Row]]:
    """What `sql` says of each of these works; `{}` in it becomes their ids."""
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for start in range(0, len(ids), 500):  # databases limit how many parameters there are
        some = ids[start : start + 500]
        for work_id, *values in database.execute(sql.format(", ".join("?" * len(some))), some):
            found[work_id].append(tuple(values))
    return found


def _copy(row: Row) -> CopyRecord:
    uid, state, payload, source, output, before, after, recipient, channel, licence, reserved = row
    return CopyRecord(
        copy=uid,
        state=state,
        payload=bytes(payload).hex(),
        source=source,
        output=output,
        sha256_before=bytes(before).hex() if before else None,
        sha256_after=bytes(after).hex() if after else None,
        recipient=recipient,
        channel=channel,
        licence=licence,
        reserved_at=identity.text(reserved) or "",
    )
