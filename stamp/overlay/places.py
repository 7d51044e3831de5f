"""Where a notice goes."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Iterator

import numpy as np

from ..core.visible import POSITIONS, Box, VisibleNotice
from .artwork import SLANT, Artwork
from .light import Plane

_APART = (2.5, 3.0)  # free space between repeated notices, along and across, in heights of letters


def fixed(notice: VisibleNotice, size: tuple[int, int], picture: tuple[int, int], position: str) -> Box:
    """Return where a notice of this width and height goes in a picture, by its position."""
    margin = round(notice.margin * min(picture))
    places = []
    for length, side, (begin, end) in zip(size, picture, (("left", "right"), ("top", "bottom")), strict=True):
        words = position.split("-")
        free = side - length
        place = margin if begin in words else free - margin if end in words else free // 2
        places.append(min(max(place, 0), max(free, 0)))
    return Box(places[0], places[1], *size)


def quiet(
    notice: VisibleNotice,
    size: tuple[int, int],
    picture: tuple[int, int],
    region: Callable[[Box], Plane],
) -> Box:
    """Return the place of those at the edges where there is least detail; the position that was asked for is
    taken before others like it."""
    first = notice.position
    edges = [first, *(each for each in POSITIONS if each not in (first, "center"))]
    return min((fixed(notice, size, picture, each) for each in edges), key=lambda box: detail(region(box)))


def detail(signal: Plane) -> float:
    """Return how much signals (H, W, 3) differ from pixel to pixel on average."""
    luma = signal.mean(axis=2)
    return round(float(np.abs(np.diff(luma, axis=0)).mean() + np.abs(np.diff(luma, axis=1)).mean()), 4)


def tiled(made: Artwork, picture: tuple[int, int]) -> Iterator[Box]:
    """Yield where a notice that was turned is repeated: in lines along it, every second line half a step
    on."""
    along = made.level[0] + _APART[0] * made.unit
    across = made.level[1] + _APART[1] * made.unit
    turn = cmath.exp(-1j * math.radians(SLANT))  # y goes down
    reach = math.hypot(*picture) / 2
    lines, steps = math.ceil(reach / across) + 1, math.ceil(reach / along) + 1
    width, height = made.size
    for line in range(-lines, lines + 1):
        for step in range(-steps, steps + 1):
            place = complex((step + line % 2 / 2) * along, line * across) * turn
            x = round(picture[0] / 2 + place.real - width / 2)
            y = round(picture[1] / 2 + place.imag - height / 2)
            if -width < x < picture[0] and -height < y < picture[1]:
                yield Box(x, y, width, height)
