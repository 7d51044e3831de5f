"""The luma plane of a decoded frame as a NumPy view, turned the way it is displayed."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

_PLANAR_RGB = re.compile(r"gbra?p(\d+)?(le)?")
_PACKED_RGB = ("rgb24", "bgr24", "rgb0", "bgr0", "0rgb", "0bgr", "rgba", "bgra", "argb", "abgr")
_WEIGHTS = np.array((0.2126, 0.7152, 0.0722), np.float32)  # of red, green and blue, ITU-R BT.709
_PLANAR = re.compile(r"(yuv|yuvj|yuva|gray)\d{0,3}p?(\d+)?(le)?|nv(12|16|21|24)")


@dataclass(frozen=True, slots=True)
class Turn:
    """How the stored picture becomes the displayed one: transposed first, then flipped.

    Quarter turns and mirrors only; what else a display matrix may say (a slant, a zoom) is left to the
    player.
    """

    transposed: bool = False
    flip_rows: bool = False
    flip_columns: bool = False

    def upright(self, plane: NDArray[Any]) -> NDArray[Any]:
        """A view of `plane` (H, W) as displayed; writing to it writes to the plane."""
        view = plane.T if self.transposed else plane
        return view[:: -1 if self.flip_rows else 1, :: -1 if self.flip_columns else 1]


def turn_of(matrix: bytes | None) -> Turn:
    """The turn in a display matrix: nine 32-bit integers a b u c d v x y w, which send (x, y) to
    (ax + cy, bx + dy) (ISO/IEC 14496-12, 8.2.2; native byte order, as FFmpeg's side data has it)."""
    if matrix is None or len(matrix) < 36:
        return Turn()
    a, b, _, c, d = struct.unpack("=5i", matrix[:20])
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Turn(True, flip_rows=b < 0, flip_columns=c < 0)
    return Turn(False, flip_rows=d < 0, flip_columns=a < 0)


def has_luma_plane(pix_fmt: str) -> bool:
    """Whether frames of this pixel format have their luma in a plane of its own, little endian."""
    return _PLANAR.fullmatch(pix_fmt) is not None and not pix_fmt.endswith("be")


def is_rgb(pix_fmt: str) -> bool:
    """Whether frames of this pixel format are red, green and blue that `edit_luma` can change."""
    return _PLANAR_RGB.fullmatch(pix_fmt) is not None or pix_fmt in _PACKED_RGB


def edit_luma(frame: VideoFrame, turn: Turn, edit: Callable[[NDArray[Any]], None]) -> None:
    """Change the upright luma of a frame in place; of RGB all three colours by as much, so that no hue
    changes. The frame must be writable."""
    if not is_rgb(frame.format.name):
        edit(turn.upright(luma_plane(frame)))
        return
    colours = _colours(frame)
    luma = np.zeros(colours[0].shape, np.float32)
    for colour, weight in zip(colours, _WEIGHTS, strict=True):
        luma += weight * colour
    before = np.rint(luma).astype(colours[0].dtype)
    after = before.copy()
    edit(turn.upright(after))
    change, white = after.astype(np.int32) - before, (1 << frame.format.components[0].bits) - 1
    for colour in colours:
        colour[:] = np.clip(colour + change, 0, white)


def _colours(frame: VideoFrame) -> list[NDArray[Any]]:
    """Red, green and blue of a frame, (H, W) each, as views."""
    name = frame.format.name
    if _PLANAR_RGB.fullmatch(name):
        green, blue, red = (_rows(frame, number)[:, : frame.width] for number in range(3))
        return [red, green, blue]
    letters = name.removesuffix("24")
    rows = _rows(frame, 0)[:, : len(letters) * frame.width]
    return [rows[:, letters.index(letter) :: len(letters)] for letter in "rgb"]


def luma_plane(frame: VideoFrame) -> NDArray[Any]:
    """The luma plane (H, W) as a view: uint8, or uint16 with the sample in the low bits.

    Call `frame.make_writable()` before writing: the decoder still predicts from the frame it gave out.
    Raises BufferError or ValueError where `has_luma_plane` is false.
    """
    return _rows(frame, 0)[:, : frame.width]


def _rows(frame: VideoFrame, number: int) -> NDArray[Any]:
    """A plane that has as many rows as the frame, and what is behind each of them."""
    plane: Any = frame.planes[number]  # a buffer, which the stubs of PyAV before 19 do not say
    dtype = np.dtype("<u2") if frame.format.components[0].bits > 8 else np.dtype("u1")
    rows = np.frombuffer(plane, dtype)
    width: int = plane.line_size // dtype.itemsize
    whole: NDArray[Any] = rows[: width * frame.height].reshape(frame.height, width)
    return whole
