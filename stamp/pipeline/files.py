"""Whole-file jobs: mark a file, find the mark in one, read and write its rights notice.

What is done to a file that is marked, and in which order, is in `stages`; how, in one module for each kind of
work (`image`, `audio`, `video`), chosen by the content of the file, and in `notice`: there the signal
(`media`), the watermark (`watermark`) and the notice (`metadata`) meet.
Each function works on one file, keeps no state, prints nothing, and may be called from any number of threads
and processes at once. Outputs appear whole or not at all, and a source is never touched unless it is named as
the output and overwriting is allowed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from ..core import arguments, log
from ..core.confirmation import Confirmation
from ..core.errors import (
    ArgumentError,
    KeyFileError,
    MediaError,
    RightsError,
)
from ..core.key import Key
from ..core.limits import one_account
from ..core.options import CopyOptions, EmbedOptions, NoticeOptions, OutputOptions, Progress, SignOptions
from ..core.payload import Payload
from ..core.reports import AuditReport, DetectReport, EmbedReport, RightsReport
from ..core.rights import Rights
from ..core.visible import VisibleNotice
from ..formats.reading import named
from ..formats.sniff import HEAD, kind, kind_of, known_kind
from ..formats.table import Kind
from ..storage.outputs import check_output
from . import stages
from .audit import audit_rights
from .notice import check_notice, checked, read_rights, write_notice, write_rights
from .objects import taking_objects
from .registering import Entry
from .removals import remove_rights
from .request import EmbedRequest
from .signing import Signing
from .visible import checked_visible
from .work import Medium

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue

__all__ = [
    "AuditReport",
    "DetectReport",
    "EmbedReport",
    "RightsReport",
    "audit_rights",
    "confirm_file",
    "detect_file",
    "embed_file",
    "read_rights",
    "remove_rights",
    "write_rights",
]

StrPath = str | os.PathLike[str]
_WORDS: Mapping[Kind, str] = {"image": "a photo", "audio": "a song", "video": "a clip"}


# Above 60 lines, since half of it is the documentation of the interface; above 10 parameters, since it is the
# one call that does everything, and only the first three and a key are needed.
@one_account
@taking_objects
def embed_file(
    src: StrPath | BinaryIO,
    dst: StrPath | BinaryIO,
    payload: bytes | None = None,
    *,
    key: Key | None,
    rights: Rights | None = None,
    notice: NoticeOptions | None = None,
    strength: float = 1.0,
    overwrite: bool = False,
    remark: bool = False,
    watermark: bool = True,
    options: EmbedOptions | None = None,
    progress: Progress | None = None,
    output: OutputOptions | None = None,
    catalogue: Catalogue | None = None,
    copy: CopyOptions | None = None,
    visible: VisibleNotice | None = None,
    sign: SignOptions | None = None,
) -> EmbedReport:
    """Mark the work in `src` (a photo, a clip, a song) and write it to `dst`, with its rights notice.

    The container, its settings and every metadata block are kept. Before `dst` appears, the finished file is
    read back: a mark that the detector does not find, or a notice that is not there, is an error and nothing
    is written. A source that carries a mark of the key is refused; one whose notice names another mark is
    marked over it, with a note in the report.

    Parameters
    ----------
    src, dst : paths, or binary file objects. A source object is read from its beginning if it can seek; a
        target object is written to, from where it is, once everything is done.
    payload : 8 bytes; drawn at random where None.
    key : may be None only with `watermark=False`.
    rights : the notice, in which `{year}` is this year; None leaves the metadata as it is. With a watermark,
        its payload is added as `identifier`.
    notice : what may be done to a notice that is there already, and where a file has no place for one.
    strength : 1 is the default, invisible strength; more is more robust and less faithful.
    overwrite : allow `dst` to exist, and to be `src` itself.
    remark : mark a work again that carries a mark of the key, as a quick look finds it.
    options : how a clip is encoded.
    progress : called with the frames of a clip that are done, and with their number.
    output : how `dst` appears.
    catalogue : where the copy is written down before `dst` appears; None: nowhere.
    copy : what is written down there.
    visible : a notice that is drawn into photos and clips, where everybody sees it.
    sign : who signs the finished work with Content Credentials, whose parent is `src`; None: nobody. Needs a
        watermark; `sign_file` signs what has none.

    Raises
    ------
    PayloadError, KeyFileError : the payload is not 8 bytes; a watermark without a key; a certificate or a key
        with which nothing can be signed.
    ArgumentError : `strength` is not above 0 and finite, something is of another type, or one of `options`
        does nothing for a work of this kind.
    RightsError : neither a watermark nor a notice was asked for, or a text has another word in braces.
    RightsConflict : `src` names another creator or copyright holder, who would be replaced.
    OutputError : `dst` exists, and `overwrite` is False; or its name ends like that of another kind of file.
    NoticeNotWritten : `src` has no place for the notice, and `notice` has no remedy.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read.
    AlreadyMarked : it carries a mark of the key, and `remark` is False.
    HostError : the work cannot carry a mark that can be read back, or `visible` does not fit.
    UnwritableFile : `dst` cannot be written.
    CatalogueError : the catalogue cannot be used, or the payload belongs to another work in it.
    """
    src, dst = Path(cast(StrPath, src)), Path(cast(StrPath, dst))
    rights = _checked_rights(rights)
    check_output(src, dst, overwrite)
    if not watermark:
        if visible is not None:
            raise ArgumentError("a visible notice is drawn into what is marked: leave out `watermark=False`")
        if rights is None:
            raise RightsError("nothing to write: neither a watermark nor a rights notice was asked for")
        if sign is not None:
            raise ArgumentError(
                "what is signed here is marked; sign the finished file afterwards (`sign_file`)"
            )
        written = write_notice(src, dst, rights, overwrite=overwrite, options=notice, output=output)
        return noticed(src, written)

    if key is None:
        raise KeyFileError("a watermark needs a key; make one with Key.generate() or `stamp key new FILE`")
    key = Key.checked(key)
    drawn = payload is None
    payload = Payload.random() if payload is None else Payload(payload)
    strength = arguments.strength(strength)
    notice = NoticeOptions() if notice is None else arguments.instance(notice, NoticeOptions, "notice")
    options = _checked_options(src, options)
    signing = None if sign is None else Signing.of(arguments.instance(sign, SignOptions, "sign"))
    if rights:
        check_notice(src, rights, notice)
    named_by_notice = _identifier(src)
    request = EmbedRequest(
        src=src,
        dst=dst,
        kind=kind_of(src),
        payload=payload,
        key=key,
        rights=replace(rights, identifier=payload.hex()) if rights else None,
        notice=notice,
        strength=strength,
        overwrite=overwrite,
        remark=remark,
        options=options,
        progress=progress or _no_progress,
        output=output or OutputOptions(),
        entry=_entry(catalogue, copy),
        visible=checked_visible(src, visible),
        signing=signing,
    )
    report = stages.embed(request, _medium(request.kind))
    if drawn and report.planned:
        report = replace(report, payload=None)
    former = report.former_payload.hex() if report.former_payload else None
    for earlier in dict.fromkeys(each for each in (former, named_by_notice) if each):
        stale = earlier == named_by_notice and not rights and earlier != payload.hex()
        report = note_earlier_mark(report, earlier, stale=stale)
    return report


def _entry(catalogue: object, copy: object) -> Entry | None:
    """Where a copy is written down. Raises ArgumentError."""
    if copy is not None:
        arguments.instance(copy, CopyOptions, "copy")
    if catalogue is None:
        if copy is not None:
            raise ArgumentError("`copy` says what the catalogue writes down: hand over a `catalogue`, too")
        return None
    from ..catalogue.catalogue import Catalogue

    given = cast(CopyOptions, copy) or CopyOptions()
    return Entry(arguments.instance(catalogue, Catalogue, "catalogue"), given)


def noticed(src: Path, written: RightsReport, payload: Payload | None = None) -> EmbedReport:
    """Return the report on a file that got a notice and no mark; `payload` is that of a mark which it has."""
    traced = written.trace()
    return EmbedReport(
        src, written.path, payload, metadata=written, notes=written.notes, action="notice", **traced
    )


def _checked_rights(rights: object) -> Rights | None:
    """The rights as they are written; None where they say nothing."""
    given = None if rights is None else checked(rights)
    return given.filled(date.today().year) if given and given.values() else None


def _checked_options(src: Path, options: object) -> EmbedOptions:
    """The options, each of which does something for the work in `src`."""
    if options is None:
        return EmbedOptions()
    given = arguments.instance(options, EmbedOptions, "options")
    there = known_kind(src)
    if there and (idle := given.idle(there)):
        what = f"{_WORDS[there]} takes no {', '.join(idle)}"
        raise ArgumentError(f"{what}; leave out what is for clips", path=src)
    return given


def _several(keys: object) -> list[Key]:
    """Return the keys that are looked with. Raises KeyFileError."""
    several = keys if isinstance(keys, Iterable) else [keys]
    found = [Key.checked(key) for key in several]
    if not found:
        raise KeyFileError("no key to look with; load one with Key.load(path)")
    return found


def _identifier(src: Path) -> str | None:
    """The payload of an earlier mark by the notice: of another key, or turned or cropped since."""
    with suppress(MediaError):
        return read_rights(src).rights.identifier
    return None


def _noticed(src: Path) -> Payload | None:
    """The payload that a notice names, None if that is none."""
    return payload_in(_identifier(src))


def payload_in(identifier: str | None) -> Payload | None:
    """Return the payload that the `identifier` of a notice is, None if it is none."""
    return Payload.fromhex(identifier) if identifier and re.fullmatch("[0-9a-f]{16}", identifier) else None


def note_earlier_mark(report: EmbedReport, earlier: str, *, stale: bool = False) -> EmbedReport:
    """Return the report on a work that carried the payload `earlier` before it was marked, with a note that
    says so. `stale`: its notice was left as it is, and has that payload."""
    if any(earlier in note for note in report.notes):
        return report
    told = ", and its notice still names that one" if stale else ""
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
    original: StrPath | None = None,
) -> DetectReport:
    """Look for a mark of any of `keys` in a photo, a clip or a song.

    The first key whose payload can be read is reported, else the one that comes nearest to it. Without
    `search` only a work that was not turned, cropped, scaled or mirrored is found, and a song that plays as
    fast and as high as it did, which is quick. A clip or a song is read to its end, for the spans that are
    marked and for other marks; with `first`, until one is certain.

    `original` is the file before it was marked: much less of a copy is enough with it, such as a still of a
    clip, and the report says which part of it is seen or heard, and whether the fine detail is its own.

    `src` is a path or a binary file object, which is read from its beginning if it can seek.

    Raises
    ------
    KeyFileError : `keys` is empty, or one of them is no Key.
    ArgumentError : `src` is neither a path nor a binary file object, or of a kind that can be no copy of the
        `original`.
    UnsupportedFormat, CorruptFile, MediaError : `src` or `original` cannot be read.
    MissingDependency : an `original` without OpenCV.
    """
    several, progress = _several(keys), progress or _no_progress
    if original is None and _is_video(src):
        medium = _medium("video")
        return medium.detect(cast(BinaryIO, src), keys=several, search=search, first=first, progress=progress)
    return _detect(src, several, search, first, progress, None if original is None else Path(original))


@taking_objects
def _detect(
    src: StrPath | BinaryIO,
    keys: Sequence[Key],
    search: bool,
    first: bool,
    progress: Progress,
    original: Path | None,
) -> DetectReport:
    path = Path(cast(StrPath, src))
    with named(path):
        if original is not None:
            from . import pairs

            report = pairs.detect(path, original, keys=keys, search=search)
        else:
            medium = _medium(kind_of(path))
            report = medium.detect(path, keys=keys, search=search, first=first, progress=progress)
    log.files.info("%s: %s", path, f"carries {report.payload}" if report.payload else "no mark was read")
    return report if report.payload else replace(report, noticed=_noticed(path))


def confirm_file(
    src: StrPath, *, original: StrPath, key: Key, payloads: Iterable[bytes]
) -> list[Confirmation]:
    """Say which of some payloads the mark in a file has, also where no mark can be read: a thumbnail, a clip
    of 144 rows, three seconds of a song through a telephone, a still of a clip.

    `original` is the file before it was marked, `key` that of the marks, `payloads` those of the copies that
    there are. Returns a Confirmation for each payload, in their order.

    Raises
    ------
    ArgumentError : there are no payloads, the original carries a mark of the key itself, or the one file can
        be no copy of the other.
    PayloadError, KeyFileError : a payload is not 8 bytes; `key` is no Key.
    UnsupportedFormat, CorruptFile, MediaError : `src` or `original` cannot be read.
    MissingDependency : OpenCV is not installed (`pip install 'stamp-media[match]'`).
    """
    from .pairs import pairing_of

    key, path = Key.checked(key), Path(src)
    with named(path):
        return pairing_of(path, Path(original)).confirm(key, list(payloads))


def _is_video(src: object) -> bool:
    """Whether it is a file object from which a clip can be read as it is, without a copy."""
    if isinstance(src, str | os.PathLike) or not hasattr(src, "seekable"):
        return False
    file = cast(BinaryIO, src)
    try:
        if not file.seekable():
            return False
        file.seek(0)
        head = file.read(HEAD)
        file.seek(0)
    except (OSError, ValueError):  # whoever reads it says why
        return False
    return isinstance(head, bytes) and bool(head) and kind(head) == "video"


def _no_progress(done: int, total: int) -> None:
    """Nobody wants to know."""


def _medium(kind: Kind) -> Medium:
    """Return the module for a kind of work, which is called like it."""
    return cast(Medium, import_module(f".{kind}", __package__))
