"""A frame that is drawn on before it is encoded again."""

from __future__ import annotations

from typing import Any, Final, Literal

import numpy as np
from av import VideoFrame
from numpy.typing import NDArray

from ...core.visible import Box
from .clip import Clip

Plane = NDArray[np.float32]
Transfer = Literal["sdr", "pq", "hlg"]

_TRANSFERS: Final[dict[int, Transfer]] = {16: "pq", 18: "hlg"}
_BT_601, _BT_709, _BT_2020 = (0.299, 0.114), (0.2126, 0.0722), (0.2627, 0.0593)
# Matrix coefficients of ITU-T H.273, table 4: weights of red and of blue.
_MATRICES = {1: _BT_709, 5: _BT_601, 6: _BT_601, 9: _BT_2020, 10: _BT_2020}
_HD = 720  # rows, from which on a clip that says nothing has the matrix of BT.709


class FrameCanvas:
    """The planes of a frame, upright: luma, chroma where there is any, alpha where there is any. Drawing
    changes the frame."""

    def __init__(self, frame: VideoFrame, clip: Clip) -> None:
        self.transfer: Transfer = _TRANSFERS.get(clip.transfer, "sdr")
        self._luma, *others = (clip.turn.upright(plane) for plane in _planes(frame, clip.depth))
        self._chroma, self._alpha = others[:2] if len(others) > 1 else [], others[2:]
        usual = _BT_2020 if clip.is_hdr else _BT_709 if min(clip.width, clip.height) >= _HD else _BT_601
        self._red, self._blue = _MATRICES.get(int(frame.colorspace), usual)
        unit = 1 << (clip.depth - 8)
        self._top = (1 << clip.depth) - 1
        self._black = 0 if clip.full_range else 16 * unit
        self._range = float(self._top if clip.full_range else 219 * unit)
        self._spread = float(self._top if clip.full_range else 224 * unit)
        self._gray = float(128 * unit)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, upright."""
        height, width = self._luma.shape
        return width, height

    def grounds(self, box: Box) -> list[Plane]:
        """Return the signals R'G'B' (H, W, 3) in a box."""
        luma = (_part(self._luma, box).astype(np.float32) - self._black) / np.float32(self._range)
        if not self._chroma:
            return [np.clip(np.repeat(luma[..., None], 3, axis=2), 0, 1)]
        rows, columns = (
            np.arange(first, first + count) for first, count in ((box.y, box.height), (box.x, box.width))
        )
        down, across = self._steps()
        last = [side - 1 for side in self._chroma[0].shape]
        at = np.ix_(np.minimum(rows // down, last[0]), np.minimum(columns // across, last[1]))
        b, r = (
            (plane[at].astype(np.float32) - self._gray) / np.float32(self._spread) for plane in self._chroma
        )
        red, blue = luma + (2 - 2 * self._red) * r, luma + (2 - 2 * self._blue) * b
        green = (luma - self._red * red - self._blue * blue) / (1 - self._red - self._blue)
        return [np.clip(np.dstack((red, green, blue)), 0, 1)]

    def draw(self, box: Box, alpha: Plane, colour: Plane) -> None:
        """Lay colour (H, W, 3), multiplied with alpha (H, W), over a box."""
        luma = colour @ np.array((self._red, 1 - self._red - self._blue, self._blue), np.float32)
        self._lay(self._luma, box, alpha, luma * self._range, self._black)
        down, across = self._steps()
        for plane, which, weight in zip(self._chroma, (2, 0), (self._blue, self._red), strict=False):
            change = (colour[..., which] - luma) / (2 - 2 * weight) * self._spread
            small, share = (_shrunk(each, box, down, across) for each in (change, alpha))
            inside = Box(box.x // across, box.y // down, small.shape[1], small.shape[0])
            self._lay(plane, inside, share, small, self._gray)
        for plane in self._alpha:
            self._lay(plane, box, alpha, alpha * self._top, 0)

    def _steps(self) -> tuple[int, int]:
        """Rows and columns of luma to one of chroma."""
        (rows, columns), (few, fewer) = self._luma.shape, self._chroma[0].shape if self._chroma else (1, 1)
        return round(rows / few), round(columns / fewer)

    def _lay(self, plane: NDArray[Any], box: Box, alpha: Plane, added: Plane, zero: float) -> None:
        part = _part(plane, box)
        rows, columns = part.shape
        kept = (part.astype(np.float32) - zero) * (1 - alpha[:rows, :columns])
        part[:] = np.clip(np.rint(kept + added[:rows, :columns] + zero), 0, self._top)


def _planes(frame: VideoFrame, depth: int) -> list[NDArray[Any]]:
    """Views of luma, Cb, Cr and alpha, those that there are; chroma that is interleaved apart."""
    dtype = np.dtype("<u2") if depth > 8 else np.dtype("u1")
    found: list[NDArray[Any]] = []
    for number, plane in enumerate(frame.planes):
        buffer: Any = plane
        rows = np.frombuffer(buffer, dtype)
        line = plane.line_size // dtype.itemsize
        whole = rows[: line * plane.height].reshape(plane.height, line)
        if number and frame.format.name.startswith("nv"):
            pairs = whole[:, : 2 * plane.width]
            first = 1 if frame.format.name in ("nv21", "nv42") else 0
            found += [pairs[:, first::2], pairs[:, 1 - first :: 2]]
        else:
            found.append(whole[:, : plane.width])
    return found


def _part(plane: NDArray[Any], box: Box) -> NDArray[Any]:
    return plane[box.y : box.y + box.height, box.x : box.x + box.width]


def _shrunk(values: Plane, box: Box, down: int, across: int) -> Plane:
    """Means over the samples of luma that belong to one of chroma; beside the box there is nothing."""
    before = box.y % down, box.x % across
    after = -(before[0] + box.height) % down, -(before[1] + box.width) % across
    whole = np.pad(values, ((before[0], after[0]), (before[1], after[1])))
    rows, columns = whole.shape
    return np.asarray(
        whole.reshape(rows // down, down, columns // across, across).mean(axis=(1, 3)), np.float32
    )
