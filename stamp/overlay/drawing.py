"""How a notice is laid over what is there: light or dark, and with as much shade as makes it readable.

All is one layer of colour and opacity over signals. The shade is the notice itself, widened and blurred; its
strength is the least that gives the contrast, and never above the opacity of the letters.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from ..core.visible import VisibleNotice
from .artwork import Artwork
from .light import Plane, Transfer, contrast, in_space, light

_SPARE: Final = 1.15  # times the contrast: what coding again takes
_LEAST_SHADE: Final = 0.25  # for texture, even where the contrast would do without
_STEPS: Final = 6  # of halving: to a sixtieth
_WORST: Final = 10  # percent of the pixels, of letters and of their surroundings
_WIDER, _BLUR = 0.12, 0.10  # of the height of letters
_LARGE: Final = 0.05  # of the shorter side: larger letters need no wider shade
_MOST_PIXELS: Final = 20_000  # that contrast is measured by
_FEW: Final = 0.2  # share of the letters: what is left of them at the edge of a picture is not measured
_MIDDLE: Final = 0.18  # light of mid-gray
_DARK, _LIGHT = (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)

Colour = tuple[float, float, float]
Cut = tuple[slice, slice]
_Places = tuple[NDArray[np.intp], ...]


@dataclass(frozen=True)
class Layer:
    """alpha : (..., ), 0 to 1. colour : (..., 3) signals, multiplied with alpha."""

    alpha: Plane
    colour: Plane

    def over(self, ground: Plane) -> Plane:
        """Return signals (..., 3) with the layer over them."""
        return np.asarray(ground * (1 - self.alpha[..., None]) + self.colour, np.float32)

    def faded(self, share: float) -> Layer:
        """Return the layer with a share of its opacity."""
        return self if share == 1 else Layer(self.alpha * np.float32(share), self.colour * np.float32(share))


@dataclass(frozen=True)
class Look:
    """How a notice is drawn in one place. shade : 0 to 1. dark : it is dark, and its shade light."""

    colour: Colour
    shade: float
    dark: bool


@dataclass(frozen=True)
class Pattern:
    """A notice at its size, with room for its shade on all sides.

    coverage, halo : of its letters and of its shade, (H, W), 0 to 1. colours : sRGB (H, W, 3); None of
    letters. pad : the room, in pixels. letters : how many pixels they have. dark : whether the colours are.
    """

    notice: VisibleNotice
    transfer: Transfer
    coverage: Plane
    halo: Plane
    colours: Plane | None
    pad: int
    needed: float
    letters: int
    dark: bool

    def cropped(self, cut: Cut) -> Pattern:
        """Return what is left of it at the edge of a picture."""
        colours = None if self.colours is None else self.colours[cut]
        return replace(self, coverage=self.coverage[cut], halo=self.halo[cut], colours=colours)

    @cached_property
    def _inked(self) -> _Places:
        """Pixels that are covered in full."""
        return _some(self.coverage >= 0.9 * self.coverage.max(initial=0.1))

    @cached_property
    def _around(self) -> _Places:
        """Pixels beside the letters that are not covered."""
        return _some((self.coverage <= 0.02) & (self.halo >= 0.75))

    def look(self, grounds: Sequence[Plane], darks: Sequence[bool] = (False, True)) -> Look:
        """Return how it is drawn over each of `grounds` (H, W, 3), any of which may be what is there.
        `darks`: what "auto" has the choice of."""
        word = self.notice.colour
        if self.colours is not None:
            look = Look(_DARK if self.dark else _LIGHT, 0.0, self.dark)
            return self._shaded(look, grounds)[0] if word == "auto" else look
        if word != "auto":
            colour = {"light": _LIGHT, "dark": _DARK}.get(word) or _rgb(word)
            return Look(colour, 0.0, bool(light(np.array(colour, np.float32)) < _MIDDLE))
        tried = [self._shaded(Look(_DARK if dark else _LIGHT, 0.0, dark), grounds) for dark in darks]
        return min(tried, key=lambda each: (round(each[0].shade, 1), -each[1]))[0]

    def layer(self, look: Look, at: _Places | Any = ...) -> Layer:
        """Return what is laid over the picture, or over some pixels of it."""
        letters = self.coverage[at] * np.float32(self.notice.strength)
        # None of it below the letters: it would take from their light what little opacity leaves of it.
        under = self.halo[at] * np.float32(look.shade) * (1 - self.coverage[at])
        colour = np.array(look.colour, np.float32) if self.colours is None else self.colours[at]
        painted = in_space(colour, self.transfer) * letters[..., None]
        if look.dark:
            painted = painted + in_space(np.ones(3, np.float32), self.transfer) * under[..., None]
        return Layer(letters + under, np.asarray(painted, np.float32))

    def measured(self, drawn: Plane) -> float:
        """Return the contrast of the letters' worst tenth to the worst tenth of what is around them, in
        signals (H, W, 3) as they were drawn; infinite where hardly any of the letters are there."""
        return self._contrast(drawn[self._inked], drawn[self._around])

    def _contrast(self, inked: Plane, around: Plane) -> float:
        if np.count_nonzero(self.coverage > 0.5) < _FEW * self.letters or not len(around):
            return math.inf
        letters, others = light(inked, self.transfer), light(around, self.transfer)
        is_lighter = bool(np.median(letters) >= np.median(others))
        worst = (_WORST, 100 - _WORST) if is_lighter else (100 - _WORST, _WORST)
        one, other = float(np.percentile(letters, worst[0])), float(np.percentile(others, worst[1]))
        return contrast(one, other) if (one >= other) == is_lighter else 1.0

    def _shaded(self, look: Look, grounds: Sequence[Plane]) -> tuple[Look, float]:
        """The look with the least shade that makes it readable, or with all that is allowed; and its
        contrast."""
        under = [(ground[self._inked], ground[self._around]) for ground in grounds]

        def at(shade: float) -> float:
            tried = replace(look, shade=shade)
            inked, around = self.layer(tried, self._inked), self.layer(tried, self._around)
            return min(self._contrast(inked.over(one), around.over(other)) for one, other in under)

        low, high = 0.0, self.notice.strength
        for _ in range(_STEPS):
            middle = (low + high) / 2
            if at(middle) >= self.needed * _SPARE:
                high = middle
            else:
                low = middle
        shade = max(high, min(_LEAST_SHADE, self.notice.strength))
        return replace(look, shade=shade), at(shade)


def pattern_of(made: Artwork, notice: VisibleNotice, transfer: Transfer, shorter: int) -> Pattern:
    """Return a notice at its size, ready to be drawn into a picture with this shorter side."""
    unit = min(made.unit, _LARGE * shorter)
    wider, blur = max(1, round(_WIDER * unit)), max(0.8, _BLUR * unit)
    pad = wider + math.ceil(2.5 * blur)
    coverage = np.pad(made.coverage, pad)
    colours = None if made.colour is None else np.pad(made.colour, ((pad, pad), (pad, pad), (0, 0)), "edge")
    letters = int(np.count_nonzero(coverage > 0.5))
    dark = colours is not None and bool(np.median(light(colours[coverage > 0.5])) < _MIDDLE)
    halo = _halo(coverage, wider, blur)
    return Pattern(notice, transfer, coverage, halo, colours, pad, made.needed, letters, dark)


def as_hex(colour: Colour) -> str:
    """Return a colour like "#rrggbb"."""
    return "#" + "".join(f"{round(255 * each):02x}" for each in colour)


def _rgb(word: str) -> Colour:
    red, green, blue = bytes.fromhex(word[1:])
    return red / 255, green / 255, blue / 255


def _halo(coverage: Plane, wider: int, blur: float) -> Plane:
    """The shape of the shade, 0 to 1."""
    image = Image.fromarray(np.rint(coverage * 255).astype(np.uint8))
    for _ in range(wider):
        image = image.filter(ImageFilter.MaxFilter(3))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32) / np.float32(255)


def _some(chosen: NDArray[np.bool_]) -> _Places:
    """Places, evenly thinned out to what is enough."""
    places = np.nonzero(chosen)
    step = max(1, len(places[0]) // _MOST_PIXELS)
    return tuple(each[::step] for each in places)
