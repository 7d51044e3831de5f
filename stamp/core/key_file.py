"""The key file: what stands in it, and what is checked when it is read (docs/keys.md).

{
 "format": "stamp.key/2",
 "name": "2026-11",
 "created": "2026-11-27T10:21:07Z",
 "secret": "64 hexadecimal digits",
 "checksum": "16 hexadecimal digits"
}
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .errors import KeyFileError
from .private_files import StrPath, named, read_private

KEY_BYTES = 32
FORMAT = "stamp.key/2"
OLD_FORMAT = "stamp.key/1"  # without date and checksum
RING_FORMAT = "stamp.key/3"  # of a ring: of one of its keys, or of its master

_FIELDS = {
    OLD_FORMAT: ("format", "name", "secret"),
    FORMAT: ("format", "name", "created", "secret", "checksum"),
    RING_FORMAT: ("format", "name", "created", "secret", "finder", "members", "checksum"),
}
_RESTORE = "restore it from its backup with `stamp key restore`, or copy it again from where you keep it"


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What a key file holds. `created` is None where that is not known, `format` the version of the file."""

    secret: bytes = field(repr=False)
    name: str
    created: datetime | None = None
    finder: bytes | None = field(default=None, repr=False)
    members: tuple[str, ...] = ()
    format: str = FORMAT


def complaint(secret: object, name: str, created: datetime | None, finder: object = None) -> str | None:
    """Say what keeps these from being a key; None for nothing."""
    if any(not isinstance(each, bytes) or len(each) != KEY_BYTES for each in (secret, finder or secret)):
        return f"a key is {KEY_BYTES} bytes; make one with Key.generate() or `stamp key new FILE`"
    if not (1 <= len(name) <= 64 and name.isprintable()):
        return f"a key's name is 1 to 64 printable characters, not {name!r}"
    if created is not None and created.utcoffset() is None:
        return "the time at which a key was made needs its time zone: datetime.now(UTC)"
    return None


def time_text(created: datetime | None) -> str | None:
    """Return a time in UTC to the second, such as 2026-11-27T10:21:07Z; None for none."""
    if created is None:
        return None
    return created.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def time_of(text: object) -> datetime | None:
    """Return the time that `time_text` wrote. Raises ValueError."""
    if text is None:
        return None
    if not (isinstance(text, str) and text.endswith("Z")):
        raise ValueError("no time in UTC")
    return datetime.fromisoformat(text)


def read_key_file(path: StrPath) -> KeyRecord:
    """Read and check a key file. One that other users can read is reported to the logger `stamp.keys`.

    Raises
    ------
    KeyFileError : the file is missing, unreadable, no regular file, damaged or not a key file.
    """
    with named(path):
        return _record(read_private(path, "key file", f"{_RESTORE}; a new key cannot find old marks"))


def encoded(record: KeyRecord) -> str:
    """Return the text of a key file, in the format of a ring where it belongs to one."""
    fields: dict[str, Any] = {
        "format": FORMAT,
        "name": record.name,
        "created": time_text(record.created),
        "secret": record.secret.hex(),
    }
    if record.finder or record.members:
        finder = record.finder.hex() if record.finder else None
        fields |= {"format": RING_FORMAT, "finder": finder, "members": list(record.members)}
    fields["checksum"] = _checksum(fields)
    return json.dumps(fields, indent=1) + "\n"


def _checksum(fields: dict[str, Any]) -> str:
    """16 hexadecimal digits, which miss a damage once in 2^64 times."""
    content = json.dumps([fields[name] for name in _FIELDS[fields["format"]] if name != "checksum"])
    return hashlib.sha256(content.encode("ascii")).hexdigest()[:16]


def _record(raw: bytes) -> KeyRecord:
    fields = _fields(raw)
    name, secret, finder = fields["name"], fields["secret"], fields.get("finder")
    for what, each in (("secret", secret), ("finder", finder or secret)):
        if not (isinstance(each, str) and re.fullmatch(f"[0-9A-Fa-f]{{{2 * KEY_BYTES}}}", each)):
            raise _damaged(f"the {what} is not {2 * KEY_BYTES} hexadecimal digits")
    members = fields.get("members", [])
    if not (isinstance(members, list) and all(isinstance(member, str) for member in members)):
        raise _damaged('"members" is not a list of names')
    if not isinstance(name, str):
        raise _damaged("the name is not a text")
    try:
        created = time_of(fields.get("created"))
    except ValueError as error:
        raise _damaged('"created" is not a time such as 2026-11-27T10:21:07Z') from error
    if fields["format"] != OLD_FORMAT:
        lower = {"secret": secret.lower(), "finder": finder and finder.lower()}
        checksum = _checksum(fields | lower)
        if not hmac.compare_digest(checksum.encode(), str(fields["checksum"]).lower().encode()):
            raise _damaged("the checksum does not fit: something in it was changed")
    known = bytes.fromhex(finder) if finder else None
    record = KeyRecord(bytes.fromhex(secret), name, created, known, tuple(members), fields["format"])
    if wrong := complaint(record.secret, record.name, record.created):
        raise _damaged(wrong)
    return record


def _fields(raw: bytes) -> dict[str, Any]:
    """The fields of a key file, all of them there."""
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as error:
        if b'"secret"' not in raw and b"stamp.key/" not in raw:
            raise _no_key() from error
        form = OLD_FORMAT if OLD_FORMAT.encode() in raw else FORMAT
        # A last line that is lost leaves a comma too much: that is told by the name, not as wrong JSON.
        lost = [name for name in _FIELDS[form] if f'"{name}"'.encode() not in raw]
        place = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "it"
        raise _damaged(_is_missing(lost) if lost else f"{place} cannot be read") from error
    if not (isinstance(fields, dict) and ("secret" in fields or "format" in fields)):
        raise _no_key()
    form = fields.get("format", FORMAT)
    if not (isinstance(form, str) and form in _FIELDS):
        if isinstance(form, str) and re.fullmatch(r"stamp\.key/\d+", form):
            raise KeyFileError(f"of a format that is not known here, {form}: take a newer stamp")
        raise _no_key()
    if lost := [name for name in _FIELDS[form] if name not in fields]:
        raise _damaged(_is_missing(lost))
    return fields


def _is_missing(lost: list[str]) -> str:
    return f'the line "{lost[0]}" is missing'


def _damaged(what: str) -> KeyFileError:
    return KeyFileError(f"this key file is damaged: {what}; move it away and {_RESTORE}")


def _no_key() -> KeyFileError:
    return KeyFileError(
        f"not a stamp key file; make one with `stamp key new FILE`; if it was one before, {_RESTORE}"
    )
