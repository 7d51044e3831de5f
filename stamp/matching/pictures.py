"""Draw a comparison: what the original shows, where the find shows it, and how far the two differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import detail
from .opencv import Matrix, mapped, opencv, reduced, resizing
from .registration import Registration, filled

Pixels = NDArray[np.uint8]

AMPLIFIED = 4
"""Times by which the difference is drawn larger; gray means none."""

PANELS = ("original", "find", "find, laid onto the original", "difference")
"""What the four panels show, by rows; captions are up to whoever prints them."""

_GROUND, _UNSEEN = 244, 224  # gray levels around the panels, and where the find does not show the original
_LINE, _RIM = (232, 90, 16), (255, 255, 255)
_DIMMED = 0.55


def side_by_side(
    original: NDArray[Any], suspect: NDArray[Any], registration: Registration, *, panel: int = 640
) -> Pixels:
    """Return one RGB picture (H, W, 3) of `PANELS`, two in a row.

    original, suspect : the pictures that were registered. panel : pixels of a panel's longer side.

    The same input gives the same pixels.
    """
    first, second = _rgb(original), _rgb(suspect)
    shown, to_shown = _fitted(first, panel)
    found, to_found = _fitted(second, panel)
    work = registration.quad_work * (first.shape[1], first.shape[0])
    laid, difference = _compared(
        shown, second, to_shown @ registration.matrix, mapped(to_shown, work - 0.5) + 0.5
    )
    top = (
        _outlined(shown, mapped(to_shown, work - 0.5) + 0.5),
        _outlined(found, mapped(to_found, registration.quad_suspect - 0.5) + 0.5),
    )
    return _arranged([*top, laid, difference], gap=max(8, panel // 40))


def _rgb(pixels: NDArray[Any]) -> Pixels:
    """Three channels of 8 bits."""
    narrow: Pixels = (
        (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else np.asarray(pixels, np.uint8)
    )
    return np.ascontiguousarray(narrow if narrow.ndim == 3 else np.repeat(narrow[..., None], 3, axis=2))


def _fitted(pixels: Pixels, panel: int) -> tuple[Pixels, Matrix]:
    """The picture with a longer side of `panel` pixels, and the map to it."""
    height, width = pixels.shape[:2]
    if max(height, width) > panel:
        small, back = reduced(pixels, panel)
        return small, np.linalg.inv(back)
    factor = panel / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    large: Pixels = opencv().resize(pixels, size, interpolation=opencv().INTER_CUBIC)
    return large, resizing((width, height), size)


def _outlined(pixels: Pixels, quad: Matrix) -> Pixels:
    """The picture with a quadrilateral drawn on it, and dimmed outside of it."""
    cv2 = opencv()
    inside = filled(quad, pixels.shape[:2])
    drawn = np.where(inside[..., None], pixels, pixels * _DIMMED).astype(np.uint8)
    edge = max(pixels.shape[:2])
    line = max(1, edge // 300)
    # On the edge of the picture half of the line would be cut off.
    place = np.clip(quad - 0.5, line, np.array(pixels.shape[1::-1]) - 1 - line)
    points = np.rint(16 * place).astype(np.int32)[:, None]
    for colour, width in ((_RIM, 2 * line + 1), (_LINE, line + 1)):
        cv2.polylines(drawn, [points], True, colour, width, cv2.LINE_AA, 4)
    return drawn


def _compared(shown: Pixels, suspect: Pixels, matrix: Matrix, quad: Matrix) -> tuple[Pixels, Pixels]:
    """The find in the original's frame, and what it has more or less than the original, amplified."""
    cv2 = opencv()
    height, width = shown.shape[:2]
    around = mapped(np.linalg.inv(matrix), quad - 0.5)
    length = float(np.linalg.norm(np.diff(around, axis=0), axis=1).max())
    side = float(np.linalg.norm(np.diff(quad, axis=0), axis=1).max())
    small, back = reduced(suspect, max(16, round(max(suspect.shape[:2]) * min(1.0, side / max(length, 1)))))
    moved = cv2.warpPerspective(
        small, matrix @ back, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    covered = cv2.warpPerspective(np.full(small.shape[:2], 255, np.uint8), matrix @ back, (width, height))
    seen = filled(quad, (height, width)) & (covered > 127)
    unseen = np.full_like(shown, _UNSEEN)
    apart = np.empty(shown.shape, np.float32)
    for channel in range(3):
        one, two = (plane[..., channel].astype(np.float32) for plane in (shown, moved))
        slope, offset = detail.gain(one, two, seen)
        apart[..., channel] = two - (slope * one + offset)
    difference = np.clip(128 + AMPLIFIED * apart, 0, 255).astype(np.uint8)
    return np.where(seen[..., None], moved, unseen), np.where(seen[..., None], difference, unseen)


def _arranged(panels: list[Pixels], gap: int) -> Pixels:
    """Panels in two rows of two, each in the middle of its cell."""
    rows = [panels[:2], panels[2:]]
    heights = [max(panel.shape[0] for panel in row) for row in rows]
    widths = [max(row[column].shape[1] for row in rows) for column in range(2)]
    canvas = np.full((sum(heights) + 3 * gap, sum(widths) + 3 * gap, 3), _GROUND, np.uint8)
    for i, row in enumerate(rows):
        for j, panel in enumerate(row):
            top = gap + i * (heights[0] + gap) + (heights[i] - panel.shape[0]) // 2
            left = gap + j * (widths[0] + gap) + (widths[j] - panel.shape[1]) // 2
            canvas[top : top + panel.shape[0], left : left + panel.shape[1]] = panel
    return canvas
