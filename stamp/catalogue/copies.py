"""Copies: what is written with every file that is marked.

Row first, file last. A copy is *reserved* before its file is made: from then on the payload belongs to its
work. The finished draft's hash is written down before the draft appears under its name, and then the copy is
*ready*. A kill in between leaves a reserved copy without a file, or a ready one whose file has not appeared;
`recover` tells them by their hashes and needs no key. There is never a file whose payload the catalogue does
not know."""

from __future__ import annotations

import hashlib
import os
import socket
from dataclasses import dataclass
from pathlib import Path

from .._version import __version__
from ..core.errors import CatalogueError
from ..core.key import Key
from ..core.payload import Payload
from . import identity
from .database import Database

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a copy is to be.

    kind : "image", "video" or "audio". source, output : the files. work : the uid, a unique prefix of it, or
        "#number" of a work that is there; None finds the work by the source's hash, or adds one. title : of
        a work that is added. recipient, channel, licence : whom and what the copy is for."""

    kind: str
    source: Path
    output: Path
    title: str
    work: str | None = None
    recipient: str | None = None
    channel: str | None = None
    licence: str | None = None


@dataclass(frozen=True, slots=True)
class Reserved:
    """A copy that is reserved: the uids of copy and work, and the payload that it is to carry."""

    copy: str
    work: str
    payload: Payload


@dataclass(frozen=True, slots=True)
class Known:
    """What a payload stands for under a key. copy, recipient, channel are those of the newest copy that
    carries it."""

    work: str
    number: int
    title: str
    copy: str | None
    recipient: str | None
    channel: str | None
    withdrawn: bool


def reserve(database: Database, wanted: Reservation, key: Key, payload: Payload | None = None) -> Reserved:
    """Reserve a copy, and return it. A payload that is None is drawn.

    Raises CatalogueError where the payload stands for another work under this key, or there is no such work.
    """
    digest = sha256_of(wanted.source)
    with database.writing():
        key_id = _key(database, key)
        given = payload or _free_payload(database, key_id)
        meant = _mark(database, given, key_id)
        work_id, work = _work(database, wanted, digest, meant)
        if meant is not None and meant != work_id:
            raise CatalogueError(
                f"the payload {given} stands for another work under the key {key.name}; leave it out, and one is"
                " drawn"
            )
        mark_id = _mark_id(database, given, key_id, work_id)
        uid = identity.uid7()
        database.insert(
            "copy",
            uid=uid,
            mark_id=mark_id,
            state="reserved",
            source=str(wanted.source),
            output=str(wanted.output),
            program=f"stamp {__version__}",
            source_sha256=digest,
            recipient_id=find_id(database, "party", wanted.recipient, by_name=True),
            licence_id=find_id(database, "licence", wanted.licence),
            channel=wanted.channel,
            host=socket.gethostname(),
            reserved_at=identity.now(),
        )
        body = {"work": work, "key": key.fingerprint, "payload": str(given), "source_sha256": digest.hex()}
        database.log("copy.reserved", uid, body)
        return Reserved(uid, work, given)


def complete(database: Database, copy: str, draft: Path) -> None:
    """Write down the hash of the finished draft; its file may appear afterwards. Raises CatalogueError."""
    digest, size = sha256_of(draft), draft.stat().st_size
    with database.writing():
        database.execute(
            "UPDATE copy SET state = 'ready', output_sha256 = ?, size = ?, ready_at = ?"
            " WHERE uid = ? AND state = 'reserved'",
            (digest, size, identity.now(), copy),
        )
        database.log("copy.ready", copy, {"output_sha256": digest.hex(), "size": size})


def abandon(database: Database, copy: str, why: str) -> None:
    """Say that a reserved copy was not made; its payload stays taken."""
    with database.writing():
        database.execute(
            "UPDATE copy SET state = 'abandoned' WHERE uid = ? AND state IN ('reserved', 'ready')", (copy,)
        )
        database.log("copy.abandoned", copy, {"why": why})


def lookup(database: Database, payload: bytes, fingerprint: str | None = None) -> Known | None:
    """Return what a payload stands for, under the key of this fingerprint if one is given; None where
    nothing is known."""
    sql = (
        "SELECT work.uid, work.id, work.title, work.withdrawn_at, mark.id FROM mark"
        " JOIN work ON work.id = mark.work_id JOIN key ON key.id = mark.key_id WHERE mark.payload = ?"
    )
    parameters: tuple[object, ...] = (bytes(payload),)
    if fingerprint is not None:
        sql, parameters = f"{sql} AND key.fingerprint = ?", (*parameters, fingerprint)
    rows = database.execute(sql, parameters)
    if not rows:
        return None
    uid, number, title, withdrawn, mark_id = rows[0]
    copies = database.execute(
        "SELECT copy.uid, party.name, copy.channel FROM copy LEFT JOIN party ON party.id = copy.recipient_id"
        " WHERE copy.mark_id = ? AND copy.state <> 'abandoned' ORDER BY copy.id DESC LIMIT 1",
        (mark_id,),
    )
    copy, recipient, channel = copies[0] if copies else (None, None, None)
    return Known(uid, number, title, copy, recipient, channel, withdrawn is not None)


def recover(database: Database, *, older_than_s: float = 0.0) -> dict[str, int]:
    """Bring copies that a kill has left half-way to their end, and return how many there were of each kind.

    finished : ready, and the file is there with the hash that was written down. abandoned : the file never
        appeared. lost : ready, but what is under its name is something else: moved, edited or deleted since.
        Nothing is guessed. The second run finds what the first has left."""
    done = {"finished": 0, "abandoned": 0, "lost": 0}
    limit = identity.written_ago(older_than_s)
    rows = database.execute(
        "SELECT uid, state, output, output_sha256 FROM copy"
        " WHERE state IN ('reserved', 'ready') AND placed_at IS NULL AND reserved_at <= ?",
        (limit,),
    )
    for uid, state, output, digest in rows:
        path = Path(output)
        there = sha256_of(path) if path.is_file() else None
        if state == "ready" and there == bytes(digest):
            with database.writing():
                database.execute("UPDATE copy SET placed_at = ? WHERE uid = ?", (identity.now(), uid))
            done["finished"] += 1
        elif state == "reserved" or there is None:
            abandon(database, uid, "interrupted before its file appeared")
            done["abandoned"] += 1
        else:
            done["lost"] += 1
    return done


def placed(database: Database, copy: str) -> None:
    """Write down that the file of a ready copy has appeared."""
    database.execute("UPDATE copy SET placed_at = ? WHERE uid = ?", (identity.now(), copy))


def sha256_of(path: str | os.PathLike[str]) -> bytes:
    """Return the SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def find_id(database: Database, table: str, reference: str | None, *, by_name: bool = False) -> int | None:
    """Return the id of the row that is meant by a uid, a unique prefix of it, "#number", or, of a party, its
    name; None for None.

    Raises CatalogueError where there is none, or several.
    """
    if reference is None:
        return None
    if reference.startswith("#") and reference[1:].isdigit():
        rows = database.execute(f"SELECT id FROM {table} WHERE id = ?", (int(reference[1:]),))
    else:
        pattern = reference.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        rows = database.execute(f"SELECT id FROM {table} WHERE uid LIKE ? ESCAPE '\\' LIMIT 2", (pattern,))
        if by_name and not rows:
            rows = database.execute(f"SELECT id FROM {table} WHERE name = ? LIMIT 2", (reference,))
    if len(rows) == 1:
        return int(rows[0][0])
    remedy = f"`stamp {'works' if table == 'work' else table} list` shows what there is"
    raise CatalogueError(
        f"{reference}: {'several are' if rows else f'there is no {table}'} called so; {remedy}"
    )


def _key(database: Database, key: Key) -> int:
    rows = database.execute("SELECT id FROM key WHERE fingerprint = ?", (key.fingerprint,))
    if rows:
        return int(rows[0][0])
    made = database.insert("key", fingerprint=key.fingerprint, name=key.name, first_seen_at=identity.now())
    database.log("key.seen", key.fingerprint, {"name": key.name})
    return made


def _free_payload(database: Database, key_id: int) -> Payload:
    while _mark(database, payload := Payload.random(), key_id) is not None:
        pass
    return payload


def _mark(database: Database, payload: bytes, key_id: int) -> int | None:
    """The id of the work that the payload stands for."""
    rows = database.execute(
        "SELECT work_id FROM mark WHERE payload = ? AND key_id = ?", (bytes(payload), key_id)
    )
    return int(rows[0][0]) if rows else None


def _mark_id(database: Database, payload: bytes, key_id: int, work_id: int) -> int:
    rows = database.execute("SELECT id FROM mark WHERE payload = ? AND key_id = ?", (bytes(payload), key_id))
    return (
        int(rows[0][0])
        if rows
        else database.insert("mark", key_id=key_id, payload=bytes(payload), work_id=work_id)
    )


def _work(database: Database, wanted: Reservation, digest: bytes, meant: int | None) -> tuple[int, str]:
    """(id, uid) of the work that a copy is of."""
    work_id = find_id(database, "work", wanted.work)
    if work_id is None:
        rows = database.execute("SELECT id FROM work WHERE source_sha256 = ? ORDER BY id LIMIT 1", (digest,))
        work_id = meant if meant is not None else (int(rows[0][0]) if rows else None)
    if work_id is not None:
        return work_id, str(database.execute("SELECT uid FROM work WHERE id = ?", (work_id,))[0][0])
    uid = identity.uid7()
    work_id = add_work(database, uid, kind=wanted.kind, title=wanted.title, source_sha256=digest)
    return work_id, uid


def add_work(
    database: Database, uid: str, *, kind: str, title: str, source_sha256: bytes | None, origin: str = "own"
) -> int:
    """Add a work within `writing`, and return its id."""
    folded = identity.folded(title)
    made = database.insert(
        "work",
        uid=uid,
        kind=kind,
        origin=origin,
        title=title,
        folded=folded,
        source_sha256=source_sha256,
        added_at=identity.now(),
    )
    database.log(
        "work.added",
        uid,
        {"title": title, "kind": kind, "source_sha256": source_sha256.hex() if source_sha256 else None},
    )
    return made
