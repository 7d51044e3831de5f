"""Pixels in and out of image files. The container and everything in it but the pixels stays as it was."""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from ...core.errors import InternalError, StampError, UnsupportedFormat
from ...formats.reading import (
    decoding,
    named,
    of_a_codec,
    read_source,
    reading,
    refused,
    regular_file,
)
from ...formats.sniff import sniff_file
from ...formats.table import FORMATS, Format
from ...storage.atomic import unwritable
from .picture import Picture, Pixels, WriteNotes, shown

__all__ = [
    "Picture",
    "WriteNotes",
    "encode_picture",
    "read_luma",
    "read_picture",
    "read_shown",
    "write_picture",
]

MIN_LUMA_PIXELS = 1100 * 1100
"""`read_luma` never decodes at a scale that leaves fewer pixels, a geometric-mean side of 1100."""


def read_picture(path: str | os.PathLike[str]) -> Picture:
    """Read a picture for embedding: full resolution, upright, with all that is needed to write it back.

    Raises MediaError: UnsupportedFormat for what cannot be marked and written back in full, CorruptFile for
    what cannot be decoded; MissingDependency where an optional package is needed.
    """
    found, data = _read(path)
    with named(path), decoding():
        if found and (reader := _reader(found)):
            return reader.read(data)
        from . import other

        raise other.unmarkable(found)


def encode_picture(
    picture: Picture, pixels: Pixels, *, quality_floor: int | None = None
) -> tuple[bytes, list[str]]:
    """The bytes of the picture's file with `pixels` in the place of its own, and notes for the user.

    `pixels` has the shape and dtype of `picture.pixels`, upright. Container, coding settings and every
    metadata block are those of the source. `quality_floor` (1 to 100): lossy pictures are coded at least as
    finely as at that quality.
    """
    if pixels.shape != picture.pixels.shape or pixels.dtype != picture.pixels.dtype:
        told, had = (f"{array.shape} {array.dtype}" for array in (pixels, picture.pixels))
        raise ValueError(f"pixels are {told}, the picture is {had}")
    try:
        return picture.host.encode(pixels, quality_floor)
    except StampError:
        raise
    except Exception as error:
        if not of_a_codec(error):
            raise InternalError.of(error) from error
        raise refused(f"cannot be encoded again ({error})", "save it from an editor first") from error


def write_picture(
    picture: Picture, pixels: Pixels, target_path: str | os.PathLike[str], *, quality_floor: int | None = None
) -> WriteNotes:
    """Write what `encode_picture` returns; returns its notes. Raises UnwritableFile.

    The file is written as it comes: give it the path that `atomic.write_whole` yields.
    """
    data, notes = encode_picture(picture, pixels, quality_floor=quality_floor)
    try:
        Path(target_path).write_bytes(data)
    except OSError as error:
        raise unwritable(target_path, error) from error
    return tuple(notes)


def read_luma(path: str | os.PathLike[str], *, max_pixels_hint: int = MIN_LUMA_PIXELS) -> Pixels:
    """Upright Rec. 601 luma (H, W), uint8 or uint16, for detection; of the first frame if there are many.

    A JPEG is decoded at 1/2, 1/4 or 1/8 of its size as long as `max_pixels_hint` pixels remain, and never
    fewer than 1100 x 1100. More kinds of picture can be read here than can be marked. Raises
    UnsupportedFormat or CorruptFile; MissingDependency where an optional package is needed.
    """
    found, data = _read(path)
    with named(path), decoding():
        if found == FORMATS["jpeg"]:
            from . import jpeg

            return jpeg.read_luma(data, max(max_pixels_hint, MIN_LUMA_PIXELS))
        if found and (reader := _reader(found)):
            return reader.read_luma(data)
        from . import other

        return other.read_luma(data, found)


def read_shown(path: str | os.PathLike[str]) -> Pixels:
    """Upright pixels as they are shown, uint8, (H, W) or (H, W, 3) RGB, of the first frame: for pictures that
    people look at. Transparency shows mid-gray. What can be read for detection only is gray. Raises like
    `read_luma`."""
    found, data = _read(path)
    with named(path), decoding():
        if found == FORMATS["jpeg"]:
            from . import jpeg

            return jpeg.read_shown(data)
        if found and (reader := _reader(found)):
            try:
                return shown(reader.read(data).pixels)
            except UnsupportedFormat:  # it cannot be written back, which nobody asks for here
                return shown(reader.read_luma(data))
        from . import other

        return shown(other.read_luma(data, found))


class _Reader(Protocol):
    """What a module for one format offers."""

    def read(self, data: bytes) -> Picture: ...
    def read_luma(self, data: bytes) -> Pixels: ...


def _read(path: str | os.PathLike[str]) -> tuple[Format | None, bytes]:
    """The format of an image file, and all its bytes; None and no bytes of a file that is no image, which may
    be large. Raises MediaError."""
    with regular_file(path) as file, named(path), reading():
        found = sniff_file(file)
    if found is None or found.kind != "image":
        return None, b""
    return found, read_source(path)


def _reader(found: Format) -> _Reader | None:
    """The module that reads a format and writes it again; None where it cannot be marked."""
    return cast(_Reader, import_module(f".{found.reader}", __package__)) if found.reader else None
