"""A visible notice in one picture: laid out, drawn, and measured."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from ..core.visible import Box, VisibleNotice, VisibleReport
from .artwork import artwork
from .drawing import Cut, Layer, Pattern, as_hex, pattern_of
from .light import Plane, Transfer
from .places import fixed, quiet, tiled


class Canvas(Protocol):
    """Pixels that can be drawn on."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, upright."""
        ...

    @property
    def transfer(self) -> Transfer:
        """What its signals mean."""
        ...

    def grounds(self, box: Box) -> list[Plane]:
        """Return the signals (H, W, 3) in a box; where it is transparent, over white and over black."""
        ...

    def draw(self, box: Box, alpha: Plane, colour: Plane) -> None:
        """Lay colour (H, W, 3), multiplied with alpha (H, W), over a box."""
        ...


class Drawing:
    """A notice laid out for pictures of one size.

    steady : it looks the same whatever is under it, as in a clip, where that changes: light, with the shade
        that white would need. box : around it.
    """

    def __init__(self, notice: VisibleNotice, canvas: Canvas, *, steady: bool = False) -> None:
        made = artwork(notice, canvas.size)
        self._notice, self._picture = notice, canvas.size
        self._pattern = pattern_of(made, notice, canvas.transfer, min(canvas.size))
        self._look = self._pattern.look([np.ones((*self._pattern.halo.shape, 3), np.float32)], (False,))
        self._layer = self._pattern.layer(self._look) if steady else None
        self.box = Box(0, 0, *canvas.size)
        if notice.tile:
            self._boxes = list(tiled(made, canvas.size))
            return
        if notice.place == "quiet":
            self.box = quiet(notice, made.size, canvas.size, lambda box: canvas.grounds(box)[0])
        else:
            self.box = fixed(notice, made.size, canvas.size, notice.position)
        self._boxes = [self.box]

    def draw(self, canvas: Canvas, share: float = 1.0) -> None:
        """Draw it with a share of its opacity."""
        for inside, cut, pattern in self._places():
            if self._layer:
                layer = Layer(self._layer.alpha[cut], self._layer.colour[cut])
            else:
                self._look = pattern.look(canvas.grounds(inside))
                layer = pattern.layer(self._look)
            faded = layer.faded(share)
            canvas.draw(inside, faded.alpha, faded.colour)

    def measured(self, canvas: Canvas) -> float:
        """Return the contrast that it has where it was drawn; the median where it is repeated."""
        found = [
            min(pattern.measured(ground) for ground in canvas.grounds(inside))
            for inside, _, pattern in self._places()
        ]
        return statistics.median_low(found) if found else 1.0

    def report(self, contrast: float) -> VisibleReport:
        """Return how it was drawn, with this contrast."""
        text = self._notice.text
        colour = as_hex(self._look.colour) if text is not None else None
        return VisibleReport(text, self.box, contrast, colour, self._pattern.needed)

    def _places(self) -> Iterator[tuple[Box, Cut, Pattern]]:
        """Where it is, each time it is repeated; which part of it is not outside the picture, and that
        part."""
        pad = self._pattern.pad
        for box in self._boxes:
            x, y = box.x - pad, box.y - pad
            width, height = box.width + 2 * pad, box.height + 2 * pad
            left, top = max(x, 0), max(y, 0)
            right, bottom = min(x + width, self._picture[0]), min(y + height, self._picture[1])
            if left >= right or top >= bottom:
                continue
            inside, cut = (
                Box(left, top, right - left, bottom - top),
                np.s_[top - y : bottom - y, left - x : right - x],
            )
            whole = (inside.width, inside.height) == (width, height)
            yield inside, cut, self._pattern if whole else self._pattern.cropped(cut)
