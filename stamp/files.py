"""Whole-file jobs: mark a file, find the mark in one, read and write its rights notice.

This is where pixels (`media`), the watermark (`watermark`) and the notice (`metadata`) meet. Each function
works on one file, keeps no state, prints nothing, and may be called from any number of threads and processes
at once. Outputs appear whole or not at all, and a source is never touched unless it is named as the output
and overwriting is allowed.
"""

from __future__ import annotations

import math
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import (
    CorruptFile,
    HostError,
    KeyFileError,
    MediaError,
    OutputError,
    PayloadError,
    RightsError,
    UnsupportedFormat,
    UnwritableFile,
)
from .metadata.rights import Rights
from .reports import DetectReport, EmbedReport, RightsReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .media.image import Picture
    from .metadata.registry import RightsFound
    from .watermark.key import Key

__all__ = [
    "DetectReport",
    "EmbedReport",
    "RightsReport",
    "detect_file",
    "embed_file",
    "read_rights",
    "write_rights",
]

StrPath = str | os.PathLike[str]

# Where a lossy file's own settings would kill the mark, the quality is raised to the first of these at which
# it can be read.
_QUALITY_FLOORS = (None, 75, 85, 92, 96)
_STRIP_ROWS, _SSIM_PIXELS = 12, 1_500_000


def embed_file(
    src: StrPath,
    dst: StrPath,
    payload: bytes | None = None,
    *,
    key: Key | None,
    rights: Rights | None = None,
    strength: float = 1.0,
    overwrite: bool = False,
    watermark: bool = True,
) -> EmbedReport:
    """Mark the picture in `src` and write it to `dst`, with its rights notice.

    The container, its settings and every metadata block are kept. Before `dst` appears, the finished file is
    read back: a mark that the detector does not find, or a notice that is not there, is an error and nothing
    is written.

    Parameters
    ----------
    payload : 8 bytes; drawn at random where None.
    key : may be None only with `watermark=False`.
    rights : the notice; None leaves the metadata as it is. With a watermark, its payload is added as
        `identifier`.
    strength : 1 is the default, invisible strength; more is more robust and less faithful.
    overwrite : allow `dst` to exist, and to be `src` itself.

    Raises
    ------
    PayloadError, KeyFileError : the payload is not 8 bytes; a watermark without a key.
    ValueError : `strength` is not above 0 and finite.
    RightsError : neither a watermark nor a notice was asked for.
    OutputError : `dst` exists, and `overwrite` is False.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read.
    HostError : the picture cannot carry a mark that can be read back.
    UnwritableFile : `dst` cannot be written.
    """
    src, dst = Path(src), Path(dst)
    rights = rights if rights and rights.values() else None
    _check_output(src, dst, overwrite)
    if not watermark:
        if rights is None:
            raise RightsError("nothing to write: neither a watermark nor a rights notice was asked for")
        report = write_rights(src, dst, rights, overwrite=overwrite)
        return EmbedReport(src, dst, metadata=report, notes=report.notes)

    if key is None:
        raise KeyFileError("a watermark needs a key; make one with Key.generate() or `stamp key new FILE`")
    payload = secrets.token_bytes(8) if payload is None else payload
    if not isinstance(payload, bytes) or len(payload) != 8:
        raise PayloadError(f"a payload is 8 bytes, not {payload!r}")
    if not 0 < strength < math.inf:
        raise ValueError(f"the strength of a mark that can be read is above 0 and finite, not {strength}")

    from .media.image import read_picture
    from .watermark.embed import embed

    picture = read_picture(src)
    with _named(src):
        marked = embed(picture.pixels, payload, key=key, strength=strength, verify=False)
    fidelity = _fidelity(picture.pixels, marked)
    if rights:
        rights = replace(rights, identifier=payload.hex())
    with _output(src, dst, overwrite) as temp, _named(src):
        metadata, notes = _write_readable(picture, marked, payload, key, rights, temp)
    metadata = metadata and replace(metadata, path=dst)
    return EmbedReport(src, dst, payload, *fidelity, metadata=metadata, notes=tuple(dict.fromkeys(notes)))


def _write_readable(
    picture: Picture, marked: NDArray[Any], payload: bytes, key: Key, rights: Rights | None, temp: Path
) -> tuple[RightsReport | None, list[str]]:
    """Write the finished file to `temp` so that the mark can be read from it; returns what is to be said
    about it."""
    from .media.image import encode_picture

    last = b""
    for floor in _QUALITY_FLOORS:
        data, notes = encode_picture(picture, marked, quality_floor=floor)
        if data == last:
            break  # a lossless container: more quality changes nothing
        last, metadata = data, None
        if rights:
            data, metadata = _with_notice(data, rights, temp)
        temp.write_bytes(data)
        if detect_file(temp, keys=key, search=False).payload == payload:
            return metadata, [*picture.notes, *notes, *(metadata.notes if metadata else ())]
    raise HostError("the mark cannot be read back from this picture: too small, flat or clipped")


def _with_notice(data: bytes, rights: Rights, path: Path) -> tuple[bytes, RightsReport]:
    """Splice the notice in; a container without a place for it is reported, not refused."""
    try:
        return _spliced(data, rights, path)
    except UnsupportedFormat as error:
        unsupported = dict.fromkeys(rights.values(), str(error))
        return data, RightsReport(
            path, Rights(), unsupported=unsupported, notes=(f"no rights notice: {error}",)
        )


def write_rights(src: StrPath, dst: StrPath, rights: Rights, *, overwrite: bool = False) -> RightsReport:
    """Write `src` to `dst` with the fields of `rights` set in every store that its container has; the rest
    stays byte for byte.

    Fields that `rights` leaves open are left as they are. `overwrite` allows `dst` to exist, and to be `src`
    itself.

    Raises
    ------
    OutputError : `dst` exists, and `overwrite` is False.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or its container has no place for a
        notice.
    UnwritableFile : `dst` cannot be written.
    """
    from .media.source import read_source

    src, dst = Path(src), Path(dst)
    _check_output(src, dst, overwrite)
    data = read_source(src)
    with _named(src):
        changed, report = _spliced(data, rights, dst)
    with _output(src, dst, overwrite) as temp:
        temp.write_bytes(changed)
    return report


def read_rights(src: StrPath) -> RightsReport:
    """The rights notice in `src`, and which stores hold each field. A file without one gives an empty record.

    Raises
    ------
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or is no container that can hold a
        notice.
    """
    from .media.source import read_source
    from .metadata import registry

    src = Path(src)
    data = read_source(src)
    with _named(src):
        return _found(registry.read_rights(data), src)


def detect_file(src: StrPath, *, keys: Key | Iterable[Key], search: bool = True) -> DetectReport:
    """Look for a mark of any of `keys` in a picture.

    The first key whose payload can be read is reported, else the one that comes nearest to it. Without
    `search` only a picture that was not turned, cropped, scaled or mirrored is found, which is quick.

    Raises
    ------
    KeyFileError : `keys` is empty.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read.
    """
    from .media.image import read_luma
    from .watermark.detect import detect
    from .watermark.key import Key

    keys = [keys] if isinstance(keys, Key) else list(keys)
    if not keys:
        raise KeyFileError("no key to look with; load one with Key.load(path)")
    luma = read_luma(src)
    tried = []
    for key in keys:
        tried.append(detect(luma, key=key, search=search))
        if tried[-1].payload is not None:
            break  # a picture without a mark takes the whole search, for every key
    best = min(tried, key=lambda found: (found.payload is None, not found.present, found.log10_p))
    return DetectReport(
        path=Path(src),
        present=best.present,
        payload=best.payload,
        score=float(best.score),
        threshold=float(best.threshold),
        log10_p=float(best.log10_p),
        bits_corrected=best.bits_corrected,
        transform=best.transform,
        key_name=best.key_name,
        scheme=best.scheme,
    )


def _spliced(data: bytes, rights: Rights, dst: Path) -> tuple[bytes, RightsReport]:
    """The file with the notice in it, read back, and the report on it."""
    from .metadata import registry

    before = registry.read_rights(data)
    changed = registry.write_rights(data, rights)
    after = registry.read_rights(changed)
    wanted = rights.values()
    missing = [name for name in wanted if name not in after.sources]
    if missing:
        raise CorruptFile(f"the notice cannot be read back from this file: {', '.join(missing)}")

    def stands(found: RightsFound, name: str) -> dict[str, object]:
        return {store: values[name] for store, values in found.values.items() if name in values}

    same = [name for name in wanted if stands(before, name) == stands(after, name)]
    written = tuple(name for name in wanted if name not in same)
    return changed, replace(_found(after, dst), written=written, unchanged=tuple(same))


def _found(found: RightsFound, path: Path) -> RightsReport:
    conflicts = [f"{name} differs between {' and '.join(stores)}" for name, stores in found.conflicts.items()]
    sources = {name: tuple(stores) for name, stores in found.sources.items()}
    return RightsReport(path, found.rights, sources, notes=(*found.warnings, *conflicts))


def _fidelity(before: NDArray[Any], after: NDArray[Any]) -> tuple[float, float]:
    """PSNR in dB and SSIM of the luma of two pictures of the same shape, uint8 or uint16.

    The SSIM of a large picture is the mean over evenly spaced strips, 1.5 megapixels together: over all of 12
    megapixels it would cost as much as marking them, and on photographs the two differ by less than 0.001.
    """
    import numpy as np

    from .watermark.quality import psnr, ssim

    weights = np.array((0.299, 0.587, 0.114), np.float32)  # ITU-R BT.601
    one, two = (image[..., :3] @ weights if image.ndim == 3 else image for image in (before, after))
    top = float(np.iinfo(before.dtype).max)
    height, width = one.shape
    count = round(_SSIM_PIXELS / (_STRIP_ROWS * width))
    if count * _STRIP_ROWS >= height:
        starts, rows = [0], height
    else:
        starts, rows = np.linspace(0, height - _STRIP_ROWS, count).astype(int).tolist(), _STRIP_ROWS
    strips = [ssim(one[i : i + rows], two[i : i + rows], data_range=top) for i in starts]
    return psnr(one, two, data_range=top), sum(strips) / len(strips)


def _check_output(src: Path, dst: Path, overwrite: bool) -> None:
    """Fail before the work is done rather than after it."""
    if overwrite:
        return
    if os.path.exists(dst) and os.path.exists(src) and os.path.samefile(dst, src):
        raise OutputError(
            f"{dst}: is the source itself, only replaced on purpose (--in-place); name another output"
        )
    if os.path.lexists(dst):
        raise OutputError(f"{dst}: exists already; choose another name, or allow overwriting (--force)")


@contextmanager
def _output(src: Path, dst: Path, overwrite: bool) -> Iterator[Path]:
    """A temporary file that becomes `dst` at the end; missing folders are made only now that there is
    something to write."""
    from .media.atomic import write_whole

    try:
        dst.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableFile(
            f"{dst.parent}: cannot make this folder: {error.strerror or error}", path=dst
        ) from error
    with write_whole(dst, overwrite=overwrite, mode_from=src) as temp:
        yield temp


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors about bytes and pixels become errors about the file they came from."""
    try:
        yield
    except HostError as error:
        raise HostError(f"{path}: {error}") from error
    except MediaError as error:
        if error.path is None:
            raise type(error)(f"{path}: {error}", path=path) from error
        raise
