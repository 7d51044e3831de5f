"""Works that come from another catalogue, or back into this one: entries of `exchange`, from anybody."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from ..core.errors import ArgumentError, CatalogueError
from ..core.payload import Payload
from . import identity, parties
from .copies import own_hash
from .database import Database
from .works import KINDS, identifier, refuse_known

STATES: Final = ("reserved", "ready", "published", "abandoned", "withdrawn")
Entry = Mapping[str, Any]


def take_in(database: Database, entry: Entry) -> tuple[str, bool]:
    """Add a work, or the marks and copies of it that are not here; return its uid, and whether anything was
    added.

    Raises ArgumentError where a value means nothing, CatalogueError where something of it belongs to another
    work.
    """
    uid = _required(entry, "work", _uid)
    with database.writing():
        rows = database.execute("SELECT id FROM work WHERE uid = ?", (uid,))
        work_id, said = (int(rows[0][0]), {}) if rows else _work(database, uid, entry)
        made = [
            new
            for mark in _several(entry, "marks")
            for new in _mark(database, work_id, _mapping(mark, "mark"))
        ]
        if made or not rows:
            database.log("work.imported", uid, said | ({"marks": made} if made else {}))
    return uid, bool(made) or not rows


def _work(database: Database, uid: str, entry: Entry) -> tuple[int, dict[str, Any]]:
    """Add a work; return its id, and what the log says of it."""
    title = _required(entry, "title", _text)
    if not title.strip():
        raise ArgumentError("a work has a title")
    known = [identifier(_text(each, "identifiers")) for each in _several(entry, "identifiers")]
    people = [_mapping(each, "contributions") for each in _several(entry, "contributions")]
    names = [_required(_mapping(each.get("party"), "party"), "name", _text) for each in people]
    source = _given(entry, "source_sha256", _hash)
    refuse_known(database, source, known)
    kind = _required(entry, "kind", _one_of(*KINDS))
    origin = _given(entry, "origin", _one_of("own", "third_party")) or "own"
    rights = entry.get("rights")
    work_id = database.insert(
        "work",
        uid=uid,
        kind=kind,
        origin=origin,
        title=title,
        folded=identity.folded(title, *dict.fromkeys(names), *(value for _, value in known)),
        language=_given(entry, "language", _text),
        created_on=_given(entry, "created_on", _text),
        first_published_on=_given(entry, "first_published_on", _day),
        first_published_in=_given(entry, "first_published_in", _country),
        source=_given(entry, "source", _text),
        source_sha256=source,
        essence_sha256=_given(entry, "essence_sha256", _hash),
        rights=None if rights is None else json.dumps(_mapping(rights, "rights"), ensure_ascii=False),
        added_at=_given(entry, "added_at", _instant) or identity.now(),
        withdrawn_at=_given(entry, "withdrawn_at", _instant),
    )
    done = set()
    for each in people:
        party_id = _party(database, _mapping(each["party"], "party"))
        role = _given(each, "role", _text) or "author"
        if (party_id, role) in done:
            continue
        done.add((party_id, role))
        database.insert(
            "contribution",
            work_id=work_id,
            party_id=party_id,
            role=role,
            share_ppm=_given(each, "share_ppm", _whole),
            basis=_given(each, "basis", _text),
        )
    for scheme, value in dict.fromkeys(known):
        database.insert("work_identifier", work_id=work_id, scheme=scheme, value=value)
    for each in _several(entry, "registrations"):
        _registration(database, work_id, _mapping(each, "registrations"))
    said = {"title": title, "kind": kind, "origin": origin, "creators": names}
    return work_id, said | {"identifiers": [":".join(each) for each in known]}


def _registration(database: Database, work_id: int, entry: Entry) -> None:
    authority, number = _required(entry, "authority", _text), _required(entry, "number", _text)
    sql = "SELECT work_id FROM registration WHERE authority = ? AND number = ?"
    if rows := database.execute(sql, (authority, number)):
        raise CatalogueError(f"{authority} {number} is the entry of work #{rows[0][0]} already")
    day = _given(entry, "registered_on", _day)
    database.insert("registration", work_id=work_id, authority=authority, number=number, registered_on=day)


def _mark(database: Database, work_id: int, entry: Entry) -> list[dict[str, Any]]:
    """Add a mark and its copies where they are not here; return what the log says of what was added."""
    payload = Payload.fromhex(_required(entry, "payload", _text))
    fingerprint = _required(entry, "key", _fingerprint)
    key_id = _key(database, fingerprint, _given(entry, "key_name", _text) or "unnamed")
    sql = "SELECT id, work_id FROM mark WHERE payload = ? AND key_id = ?"
    rows = database.execute(sql, (bytes(payload), key_id))
    if rows and rows[0][1] != work_id:
        raise CatalogueError(f"the payload {payload} belongs to work #{rows[0][1]} under its key already")
    mark_id = (
        rows[0][0]
        if rows
        else database.insert("mark", key_id=key_id, payload=bytes(payload), work_id=work_id)
    )
    copies = [
        said
        for each in _several(entry, "copies")
        if (said := _copy(database, mark_id, _mapping(each, "copies")))
    ]
    if rows and not copies:
        return []
    return [{"payload": payload.hex(), "key": fingerprint, "copies": copies}]


def _key(database: Database, fingerprint: str, name: str) -> int:
    rows = database.execute("SELECT id FROM key WHERE fingerprint = ?", (fingerprint,))
    if rows:
        return int(rows[0][0])
    made = database.insert("key", fingerprint=fingerprint, name=name, first_seen_at=identity.now())
    database.log("key.seen", fingerprint, {"name": name})
    return made


def _copy(database: Database, mark_id: int, entry: Entry) -> dict[str, Any] | None:
    """Add a copy, and return what the log says of it; None where it is here."""
    uid = _required(entry, "copy", _uid)
    rows = database.execute("SELECT mark_id FROM copy WHERE uid = ?", (uid,))
    if rows and rows[0][0] != mark_id:
        raise CatalogueError(f"the copy {uid} is that of another mark already")
    if rows:
        return None
    state, after = _required(entry, "state", _one_of(*STATES)), _given(entry, "output_sha256", _hash)
    if after is None and state not in ("reserved", "abandoned"):
        raise ArgumentError(f"the copy {uid} is {state}, and has no output_sha256")
    recipient, licence = entry.get("recipient"), _given(entry, "licence", _uid)
    # A licence that is not here is no reason to leave out who has the copy.
    licences = database.execute("SELECT id FROM licence WHERE uid = ?", (licence,)) if licence else []
    instants = ("placed_at", "published_at")
    database.insert(
        "copy",
        uid=uid,
        mark_id=mark_id,
        state=state,
        source=_given(entry, "source", _text) or "",
        output=_given(entry, "output", _text) or "",
        source_sha256=own_hash(database, _given(entry, "source_sha256", _hash), mark_id),
        output_sha256=after,
        essence_sha256=_given(entry, "essence_sha256", _hash),
        size=_given(entry, "size", _whole),
        scheme=_given(entry, "scheme", _text),
        program=_given(entry, "program", _text) or "",
        psnr_db=_given(entry, "psnr_db", _number),
        channel=_given(entry, "channel", _text),
        url=_given(entry, "url", _text),
        recipient_id=None if recipient is None else _party(database, _mapping(recipient, "recipient")),
        licence_id=licences[0][0] if licences else None,
        host="",  # of no computer: nothing here can say what became of its file
        reserved_at=_given(entry, "reserved_at", _instant) or identity.now(),
        **{name: _given(entry, name, _instant) for name in instants},
    )
    return {"copy": uid, "output_sha256": after.hex() if after else None}


def _party(database: Database, entry: Entry) -> int:
    """The id of a party: by its uid, else by its name, else it is added."""
    uid, name = _given(entry, "party", _uid), _required(entry, "name", _text).strip()
    if not name:
        raise ArgumentError("a party has a name")
    if uid and (rows := database.execute("SELECT id FROM party WHERE uid = ?", (uid,))):
        return int(rows[0][0])
    if name != parties.ERASED and (
        rows := database.execute("SELECT id FROM party WHERE name = ? ORDER BY id LIMIT 1", (name,))
    ):
        return int(rows[0][0])
    return parties.insert(
        database,
        name,
        _given(entry, "kind", _one_of(*parties.KINDS)) or "person",
        country=_given(entry, "country", _country),
        uid=uid,
        isni=_given(entry, "isni", _text),
        ipi=_given(entry, "ipi", _text),
    )


def _required(entry: Entry, name: str, check: Callable[[Any, str], Any]) -> Any:
    if entry.get(name) is None:
        raise ArgumentError(f"{name} is missing")
    return check(entry[name], name)


def _given(entry: Entry, name: str, check: Callable[[Any, str], Any]) -> Any:
    return None if entry.get(name) is None else check(entry[name], name)


def _mapping(value: Any, name: str) -> Entry:
    if not isinstance(value, Mapping):
        raise ArgumentError(f"{name}: no object with names and values")
    return value


def _several(entry: Entry, name: str) -> list[Any]:
    found = entry.get(name)
    if found is not None and not isinstance(found, list):
        raise ArgumentError(f"{name}: no list")
    return found or []


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str) or "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise ArgumentError(f"{name}: {value!r} is no text")
    return value


def _number(value: Any, name: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 2**63:
        raise ArgumentError(f"{name}: {value!r} is no number that fits")
    return value


def _whole(value: Any, name: str) -> int:
    if not isinstance(_number(value, name), int):
        raise ArgumentError(f"{name}: {value!r} is no whole number")
    return int(value)


def _matching(pattern: str, what: str) -> Callable[[Any, str], str]:
    def check(value: Any, name: str) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
            raise ArgumentError(f"{name}: {value!r} is no {what}")
        return value

    return check


_uid = _matching("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "uid")
_country = _matching("[A-Z]{2}", "country, two capital letters")
_fingerprint = _matching("[0-9a-f]{8,64}", "fingerprint of a key")
_digits = _matching("[0-9a-f]{64}", "SHA-256 in 64 digits")


def _hash(value: Any, name: str) -> bytes:
    return bytes.fromhex(_digits(value, name))


def _instant(value: Any, name: str) -> str:
    try:
        return identity.written(datetime.fromisoformat(_text(value, name)))
    except (ValueError, OverflowError) as error:
        raise ArgumentError(f"{name}: {value!r} is no instant in ISO 8601 with a time zone") from error


def _day(value: Any, name: str) -> str:
    try:
        return date.fromisoformat(_text(value, name)).isoformat()
    except ValueError as error:
        raise ArgumentError(f"{name}: {value!r} is no date in ISO 8601") from error


def _one_of(*values: str) -> Callable[[Any, str], str]:
    return _matching("|".join(values), f"{', '.join(values)}")
