"""Copies: what is written with every file that is marked.

Row first, file last. A copy is *reserved* before its file is made: from then on the payload belongs to its
work. The finished draft's hash is written down before the draft appears under its name, and then the copy is
*ready*. A kill in between leaves a reserved copy without a file, or a ready one whose file has not appeared;
`recover` tells them by their hashes and needs no key. There is never a file whose payload the catalogue does
not know."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from .._version import __version__
from ..core.errors import CatalogueError, StampError
from ..core.known import KnownMark
from ..core.options import CopyOptions
from ..core.payload import Payload
from ..core.url import Place, Url, is_url
from ..storage.digest import digest
from ..storage.remote import look
from . import identity, works
from .database import Database, Row
from .records import Recovered
from .references import find_id


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a copy is to be.

    kind : "image", "video" or "audio". source, output : the files, by absolute paths or URLs. source_sha256,
        source_essence : of the file and of its essence, 32 bytes, None where nobody knows. key_name,
        key_fingerprint, payload : what it carries. options : of what, for whom. creators : names, of a work
        that is not there yet."""

    kind: str
    source: Place
    output: Place
    source_sha256: bytes | None
    key_name: str
    key_fingerprint: str
    payload: Payload
    options: CopyOptions
    source_essence: bytes | None = None
    creators: tuple[str, ...] = ()


def reserve(database: Database, wanted: Reservation) -> str:
    """Reserve a copy, and return its uid.

    Raises CatalogueError where the payload belongs to another work under this key, or `options` name
    something that is not there.
    """
    with database.writing():
        return _insert(database, wanted, _mark(database, wanted))


def remember(database: Database, wanted: Reservation) -> None:
    """Write down what a payload means, of whose copies nothing is known. Raises like `reserve`."""
    with database.writing():
        mark_id = _mark(database, wanted)
        ((work,),) = database.execute(
            "SELECT work.uid FROM mark JOIN work ON work.id = mark.work_id WHERE mark.id = ?", (mark_id,)
        )
        body = {"payload": wanted.payload.hex(), "key": wanted.key_fingerprint}
        database.log("mark.added", work, body)


def complete(
    database: Database, copy: str, sha256: bytes, size: int | None, essence: bytes | None = None
) -> None:
    """Write down the SHA-256 of the finished draft, its bytes, and the SHA-256 of its essence; its file may
    appear afterwards.

    Raises CatalogueError.
    """
    with database.writing():
        # Abandoned: by somebody who recovered the catalogue meanwhile, and took this run for a dead one.
        database.execute(
            "UPDATE copy SET state = 'ready', output_sha256 = ?, size = ?, essence_sha256 = ?"
            " WHERE uid = ? AND state IN ('reserved', 'abandoned')",
            (sha256, size, essence, copy),
        )
        database.log("copy.ready", copy, _body(database, copy))


def placed(database: Database, copy: str) -> None:
    """Write down that the file of a ready copy has appeared."""
    database.execute("UPDATE copy SET placed_at = ? WHERE uid = ?", (identity.now(), copy))


def settle(database: Database, copy: str) -> None:
    """Bring one copy that something has interrupted to its end, as `recover` does."""
    for row in database.execute(f"{_OPEN} AND copy.uid = ?", (copy,)):
        _settle(database, row)


def recover(database: Database) -> Recovered:
    """Bring the copies that runs on this machine have left half-way to their end, and those in stores, whose
    ever they are; return how many there were. Nothing is guessed: their hashes say what became of them. A
    second run finds only what the first has left open."""
    done = {"finished": 0, "abandoned": 0, "open": 0}
    mine = "(copy.host = ? OR copy.output LIKE ?)"
    for row in database.execute(f"{_OPEN} AND {mine}", (socket.gethostname(), "%://%")):
        done[_settle(database, row)] += 1
    return Recovered(**done)


def lookup(database: Database, payload: bytes, fingerprint: str | None = None) -> KnownMark | None:
    """Return what a payload means, under the key of this fingerprint if one is given; None where
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
    # A mark that was found in a file shows that some copy did appear; an abandoned one comes last.
    copies = database.execute(
        "SELECT copy.uid, party.name, copy.channel, licence.uid, licensee.name FROM copy"
        " LEFT JOIN party ON party.id = copy.recipient_id LEFT JOIN licence ON licence.id = copy.licence_id"
        " LEFT JOIN party licensee ON licensee.id = licence.licensee_id"
        " WHERE copy.mark_id = ? ORDER BY copy.state = 'abandoned', copy.id DESC LIMIT 1",
        (mark_id,),
    )
    copy, recipient, channel, licence, licensee = copies[0] if copies else (None,) * 5
    return KnownMark(uid, number, title, copy, recipient, channel, withdrawn is not None, licence, licensee)


_OPEN = (
    "SELECT copy.uid, copy.state, copy.output, coalesce(copy.source_sha256, work.source_sha256),"
    " copy.output_sha256 FROM copy JOIN mark ON mark.id = copy.mark_id JOIN work ON work.id = mark.work_id"
    " WHERE copy.state IN ('reserved', 'ready') AND copy.placed_at IS NULL"
)


def _settle(database: Database, row: Row) -> Literal["finished", "abandoned", "open"]:
    uid, state, output, before, after = row
    if state == "ready":
        try:
            there = _sha256_at(output)
        except StampError:  # a store that cannot be asked
            return "open"
        if there == bytes(after):
            placed(database, uid)
            return "finished"
        if there is not None and there != before:
            return "open"  # moved, edited or replaced since; or something else was there all the time
    with database.writing():
        database.execute(
            "UPDATE copy SET state = 'abandoned' WHERE uid = ? AND state IN ('reserved', 'ready')", (uid,)
        )
        database.log("copy.abandoned", uid, {"why": "its file never appeared"})
    return "abandoned"


def _sha256_at(output: str) -> bytes | None:
    """The hash of what is there; of an object, what was said of it when it was put there."""
    if is_url(output):
        stored = look(Url(output))
        said = stored.said.get("stampsha256", "") if stored else None
        return None if said is None else bytes.fromhex(said)
    path = Path(output)
    return bytes.fromhex(digest(path).sha256) if path.is_file() else None


def _body(database: Database, copy: str) -> dict[str, Any]:
    """What the log says of a copy; the hash of its source only where it is not that of the work, of which the
    log has it already."""
    ((work, payload, key, source, output, size),) = database.execute(
        "SELECT work.uid, mark.payload, key.fingerprint, copy.source_sha256,"
        " copy.output_sha256, copy.size FROM copy JOIN mark ON mark.id = copy.mark_id"
        " JOIN work ON work.id = mark.work_id JOIN key ON key.id = mark.key_id WHERE copy.uid = ?",
        (copy,),
    )
    body = {"work": work, "payload": payload.hex(), "key": key, "output_sha256": output.hex(), "size": size}
    return body if source is None else body | {"source_sha256": source.hex()}


def _insert(database: Database, wanted: Reservation, mark_id: int) -> str:
    uid, options = identity.uid7(), wanted.options
    recipient, licence = options.recipient, options.licence
    database.insert(
        "copy",
        uid=uid,
        mark_id=mark_id,
        state="reserved",
        source=identity.path_text(wanted.source),
        output=identity.path_text(wanted.output),
        program=f"stamp {__version__}",
        source_sha256=own_hash(database, wanted.source_sha256, mark_id),
        recipient_id=None if recipient is None else find_id(database, "party", recipient),
        licence_id=None if licence is None else find_id(database, "licence", licence),
        channel=options.channel,
        host=socket.gethostname(),
        reserved_at=identity.now(),
    )
    return uid


def own_hash(database: Database, sha256: bytes | None, mark_id: int) -> bytes | None:
    """The hash of a copy's source, unless it is that of its work, of which the catalogue has it already."""
    ((original,),) = database.execute(
        "SELECT work.source_sha256 FROM mark JOIN work ON work.id = mark.work_id WHERE mark.id = ?",
        (mark_id,),
    )
    return None if original is not None and sha256 == bytes(original) else sha256


def _mark(database: Database, wanted: Reservation) -> int:
    """The id of the mark, which is added where it is not there, and so is its work."""
    key_id = _key(database, wanted)
    mark = database.execute(
        "SELECT id, work_id FROM mark WHERE payload = ? AND key_id = ?", (bytes(wanted.payload), key_id)
    )
    work_id = _work(database, wanted)
    if mark and mark[0][1] != work_id:
        raise CatalogueError(_taken(database, wanted, mark[0][1]))
    if work_id is None:
        title = wanted.options.title or wanted.source.stem
        work_id = works.insert(
            database,
            kind=wanted.kind,
            title=title,
            source_sha256=wanted.source_sha256,
            essence_sha256=wanted.source_essence,
            creators=wanted.creators,
        )
    if mark:
        return int(mark[0][0])
    return database.insert("mark", key_id=key_id, payload=bytes(wanted.payload), work_id=work_id)


def _key(database: Database, wanted: Reservation) -> int:
    rows = database.execute("SELECT id FROM key WHERE fingerprint = ?", (wanted.key_fingerprint,))
    if rows:
        return int(rows[0][0])
    made = database.insert(
        "key", fingerprint=wanted.key_fingerprint, name=wanted.key_name, first_seen_at=identity.now()
    )
    database.log("key.seen", wanted.key_fingerprint, {"name": wanted.key_name})
    return made


def _work(database: Database, wanted: Reservation) -> int | None:
    """The id of the work that a copy is of: the one that was named, else the one that this file is the source
    or a copy of."""
    if wanted.options.work is not None:
        return find_id(database, "work", wanted.options.work)
    sha256 = wanted.source_sha256
    if sha256 is None:
        return None
    rows = database.execute("SELECT id FROM work WHERE source_sha256 = ? ORDER BY id LIMIT 1", (sha256,))
    for column in ("output_sha256", "source_sha256"):
        rows = rows or database.execute(
            "SELECT mark.work_id FROM copy JOIN mark ON mark.id = copy.mark_id"
            f" WHERE copy.{column} = ? ORDER BY copy.id LIMIT 1",
            (sha256,),
        )
    return int(rows[0][0]) if rows else None


def _taken(database: Database, wanted: Reservation, work_id: int) -> str:
    ((title,),) = database.execute("SELECT title FROM work WHERE id = ?", (work_id,))
    what = f"the payload {wanted.payload} belongs to work #{work_id} '{title}' under this key already"
    remedy = "leave the payload out, and one is drawn; or say that this is the same work"
    return f"{what}; {remedy} (`work='#{work_id}'`)"
