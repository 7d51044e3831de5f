"""What an output of an earlier run carries, and what it still lacks.

The file itself is asked, not a journal: it can be moved, copied or killed half-way without telling a lie.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import CorruptFile, UnsupportedFormat
from ..core.options import NoticeOptions
from ..core.payload import Payload
from ..core.rights import Rights
from ..formats.sniff import kind_of
from ..pipeline.files import detect_file
from ..pipeline.notice import missing, read_rights

if TYPE_CHECKING:
    from ..core.key import Key


def mark_in(path: Path, keys: Iterable[Key]) -> tuple[Payload, Key] | None:
    """The payload of a finished work, and which key reads it; a clip's is that of its pictures. Raises like
    `detect_file`.
    """
    found = ((_payload_of(path, key), key) for key in keys)
    return next(((payload, key) for payload, key in found if payload), None)


def _payload_of(path: Path, key: Key) -> Payload | None:
    if kind_of(path) == "video":
        from ..pipeline import video as clips

        return clips.payload_of(path, key=key)
    return detect_file(path, keys=key, search=False, first=True).payload


def lacks_sound(path: Path, payload: bytes, key: Key) -> bool:
    """Whether the sound of a clip could carry the mark as its pictures do, and does not."""
    if kind_of(path) != "video":
        return False
    from ..pipeline import audio as songs

    return songs.lacks(path, payload, key=key)


def lacks_rights(
    path: Path, rights: Rights, payload: bytes | None, options: NoticeOptions
) -> tuple[Rights, tuple[str, ...]]:
    """What a run with `rights`, which may say `{year}`, would write into a finished work, and which fields of
    it do not stand there; see `notice.missing`. Raises like `read_rights`, and NoticeNotWritten where there
    is no place for them, and that is not allowed.
    """
    rights = replace(rights, identifier=payload.hex()) if payload else rights
    return missing(path, rights, options)


def check_whole(path: Path, source: Path) -> None:
    """Raises CorruptFile for a finished work whose container was cut short: a clip can be read without its
    end. One that is damaged as its source is counts as whole.
    """
    if not _is_whole(path) and _is_whole(source):
        raise CorruptFile("cut short; fetch a fresh copy", path=path)


def _is_whole(path: Path) -> bool:
    try:
        read_rights(path)
    except CorruptFile:
        return False
    except UnsupportedFormat:  # nothing is known of such a container
        return True
    return True
