"""Whole-file jobs: mark a file, find the mark in one, read and write its rights notice.

What is done to a file that is marked, and in which order, is in `stages`; how, in one module for each kind of
work (`image`, `audio`, `video`), chosen by the content of the file, and in `notice`: there the signal
(`media`), the watermark (`watermark`) and the notice (`metadata`) meet.
Each function works on one file, keeps no state, prints nothing, and may be called from any number of threads
and processes at once. Outputs appear whole or not at all, and a source is never touched unless it is named as
the output and overwriting is allowed.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from ..core.errors import (
    CorruptFile,
    KeyFileError,
    MediaError,
    PayloadError,
    RightsError,
    UnsupportedFormat,
)
from ..core.limits import one_account
from ..core.options import EmbedOptions, NoticeOptions, OutputOptions, Progress
from ..core.reports import AuditReport, DetectReport, EmbedReport, RightsReport
from ..core.rights import Rights
from ..formats.reading import named
from ..formats.sniff import HEAD, kind, kind_of
from ..formats.table import Kind
from ..storage.outputs import check_output
from . import stages
from .audit import audit_rights
from .notice import check_owners, read_rights, write_notice, write_rights
from .removals import remove_rights
from .request import EmbedRequest
from .work import Medium

if TYPE_CHECKING:
    from ..core.key import Key

__all__ = [
    "AuditReport",
    "DetectReport",
    "EmbedReport",
    "RightsReport",
    "audit_rights",
    "detect_file",
    "embed_file",
    "read_rights",
    "remove_rights",
    "write_rights",
]

StrPath = str | os.PathLike[str]


# Above 60 lines, since half of it is the documentation of the interface; above 10 parameters, since it is the
# one call that does everything, and only the first three and a key are needed.
@one_account
def embed_file(
    src: StrPath,
    dst: StrPath,
    payload: bytes | None = None,
    *,
    key: Key | None,
    rights: Rights | None = None,
    notice: NoticeOptions | None = None,
    strength: float = 1.0,
    overwrite: bool = False,
    watermark: bool = True,
    options: EmbedOptions | None = None,
    progress: Progress | None = None,
    output: OutputOptions | None = None,
) -> EmbedReport:
    """Mark the work in `src` (a photo, a clip, a song) and write it to `dst`, with its rights notice.

    The container, its settings and every metadata block are kept. Before `dst` appears, the finished file is
    read back: a mark that the detector does not find, or a notice that is not there, is an error and nothing
    is written. A source whose notice tells of an earlier mark is marked over it, with a note in the report.

    Parameters
    ----------
    payload : 8 bytes; drawn at random where None.
    key : may be None only with `watermark=False`.
    rights : the notice, in which `{year}` is this year; None leaves the metadata as it is. With a watermark,
        its payload is added as `identifier`.
    notice : what may be done to a notice that is there already.
    strength : 1 is the default, invisible strength; more is more robust and less faithful.
    overwrite : allow `dst` to exist, and to be `src` itself.
    options : how a clip is encoded.
    progress : called with the frames of a clip that are done, and with their number.
    output : how `dst` appears.

    Raises
    ------
    PayloadError, KeyFileError : the payload is not 8 bytes; a watermark without a key.
    ValueError : `strength` is not above 0 and finite.
    RightsError : neither a watermark nor a notice was asked for, or a text has another word in braces.
    RightsConflict : `src` names another creator or copyright holder, who would be replaced.
    OutputError : `dst` exists, and `overwrite` is False; or its name ends like that of another kind of file.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read.
    HostError : the work cannot carry a mark that can be read back.
    UnwritableFile : `dst` cannot be written.
    """
    src, dst = Path(src), Path(dst)
    rights = _checked_rights(rights)
    check_output(src, dst, overwrite)
    if not watermark:
        if rights is None:
            raise RightsError("nothing to write: neither a watermark nor a rights notice was asked for")
        written = write_notice(src, dst, rights, overwrite=overwrite, options=notice, output=output)
        return noticed(src, written)

    if key is None:
        raise KeyFileError("a watermark needs a key; make one with Key.generate() or `stamp key new FILE`")
    key = _checked_key(key)
    drawn = payload is None
    payload = _checked_payload(os.urandom(8) if payload is None else payload)
    if not 0 < strength < math.inf:
        raise ValueError(f"the strength of a mark that can be read is above 0 and finite, not {strength}")
    notice = notice or NoticeOptions()
    if rights:
        check_owners(src, rights, notice)
    earlier = _identifier(src)
    request = EmbedRequest(
        src=src,
        dst=dst,
        payload=payload,
        key=key,
        rights=replace(rights, identifier=payload.hex()) if rights else None,
        notice=notice,
        strength=strength,
        overwrite=overwrite,
        options=options or EmbedOptions(),
        progress=progress or _no_progress,
        output=output or OutputOptions(),
    )
    report = stages.embed(request, _medium(kind_of(src)))
    if drawn and report.planned:
        report = replace(report, payload=None)
    stale = not rights and earlier != payload.hex()
    return note_earlier_mark(report, earlier, stale=stale) if earlier else report


def noticed(src: Path, written: RightsReport, payload: bytes | None = None) -> EmbedReport:
    """Return the report on a file that got a notice and no mark; `payload` is that of a mark which it has."""
    traced = written.trace()
    return EmbedReport(
        src, written.path, payload, metadata=written, notes=written.notes, action="notice", **traced
    )


def _checked_rights(rights: object) -> Rights | None:
    """The rights as they are written; None where they say nothing."""
    if rights is not None and not isinstance(rights, Rights):
        raise RightsError(
            f"the rights are a Rights, not {rights!r}; make one with Rights(copyright_notice=...)"
        )
    return rights.filled(date.today().year) if rights and rights.values() else None


def _checked_payload(payload: object) -> bytes:
    if not isinstance(payload, bytes) or len(payload) != 8:
        raise PayloadError(f"a payload is 8 bytes, not {payload!r}")
    return payload


def _checked_key(key: object) -> Key:
    """A path or the bytes of a key in its place would fail deep inside, and one may end up in a log there."""
    from ..core.key import Key

    if not isinstance(key, Key):
        raise KeyFileError(f"a key is a Key, not a {type(key).__name__}; load it with Key.load(path)")
    return key


def _identifier(src: Path) -> str | None:
    """The payload of an earlier mark, as the notice tells it: to look for the mark itself would take a good
    part of the time that marking takes."""
    with suppress(MediaError):
        return read_rights(src).rights.identifier
    return None


def _noticed(src: Path) -> bytes | None:
    """The payload that a notice names, None if that is none."""
    earlier = _identifier(src) or ""
    return bytes.fromhex(earlier) if re.fullmatch("[0-9a-f]{16}", earlier) else None


def note_earlier_mark(report: EmbedReport, earlier: str, *, stale: bool = False) -> EmbedReport:
    """Return the report on a work that carried the payload `earlier` before it was marked, with a note that
    says so. `stale`: its notice was left as it is, and has that payload."""
    if any(earlier in note for note in report.notes):
        return report
    told = ", and its notice still tells that one" if stale else ""
    remedy = "there are two now, begin with the original for a clean one"
    note = f"it carried the mark {earlier} before{told}: {remedy}"
    return replace(report, notes=(*report.notes, note))


@one_account
def detect_file(
    src: StrPath | BinaryIO,
    *,
    keys: Key | Iterable[Key],
    search: bool = True,
    first: bool = False,
    progress: Progress | None = None,
) -> DetectReport:
    """Look for a mark of any of `keys` in a photo, a clip or a song.

    The first key whose payload can be read is reported, else the one that comes nearest to it. Without
    `search` only a work that was not turned, cropped, scaled or mirrored is found, and a song that plays as
    fast and as high as it did, which is quick. A clip or a song is read to its end, for the spans that are
    marked and for other marks; with `first`, until one is certain.

    `src` may be a clip in a binary file object that can seek; other works need a path.

    Raises
    ------
    KeyFileError : `keys` is empty, or one of them is no Key.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read.
    """
    from ..core.key import Key

    keys = [keys] if isinstance(keys, Key) else list(keys)
    if not keys:
        raise KeyFileError("no key to look with; load one with Key.load(path)")
    keys = [_checked_key(key) for key in keys]
    progress = progress or _no_progress
    if isinstance(src, str | os.PathLike):
        src = Path(src)
        with named(src):
            medium = _medium(kind_of(src))
            report = medium.detect(src, keys=keys, search=search, first=first, progress=progress)
        return report if report.payload else replace(report, noticed=_noticed(src))
    head = _head(src)
    if not head:
        raise CorruptFile("the file object is empty; was it written to the end?")
    found = kind(head)
    if found != "video":
        raise UnsupportedFormat("only a clip can be read from a file object; give the path of this file")
    return _medium(found).detect(src, keys=keys, search=search, first=first, progress=progress)


def _head(src: BinaryIO) -> bytes:
    """The first bytes of a file object, wherever it stands."""
    try:
        src.seek(0)
        head = src.read(HEAD)
        src.seek(0)
    except (OSError, ValueError) as error:  # ValueError: it is closed
        reason = f"the file object cannot be read from its beginning ({error})"
        raise MediaError(f"{reason}; give a path, or all of it in a BytesIO") from error
    return head


def _no_progress(done: int, total: int) -> None:
    """Nobody wants to know."""


def _medium(kind: Kind) -> Medium:
    """Return the module for a kind of work, which is called like it."""
    return cast(Medium, import_module(f".{kind}", __package__))
