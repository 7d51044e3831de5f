"""A notice that is seen: what is asked for, and what became of it."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from .errors import ArgumentError

POSITIONS = (
    "bottom-right",
    "bottom-left",
    "top-right",
    "top-left",
    "bottom",
    "top",
    "left",
    "right",
    "center",
)
"""Where a notice may be. In this order a quiet place is preferred among equals."""
PLACES = ("fixed", "quiet")
COLOURS = ("auto", "light", "dark")
READABLE = 4.5
"""Contrast that text needs (WCAG 2.2, criterion 1.4.3)."""
READABLE_LOGO = 3.0
"""Contrast that other shapes need (WCAG 2.2, criterion 1.4.11)."""

_HEX = re.compile("#[0-9a-fA-F]{6}")


class Box(NamedTuple):
    """A rectangle in pixels of the upright picture, from its upper left corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class VisibleNotice:
    """A notice that is drawn into the picture, where everybody sees it.

    text : one line, in which `{year}` is this year; or logo : a picture file, with or without transparency.
    position : one of "bottom-right", "bottom-left", "top-right", "top-left", "bottom", "top", "left",
        "right", "center".
    size : of the letters (a logo: its height), relative to the shorter side of the picture; 0.04 (logo: 0.12)
        unless given. What would not fit is made smaller.
    opacity : above 0, at most 1; 0.9 (with `tile` 0.4) unless given.
    tile : repeat it, aslant, all over the picture.
    margin : free space at the edge, relative to the shorter side.
    colour : "auto" takes light or dark letters by what is under them, with a soft shade where they could not
        be read otherwise; "light", "dark" and "#rrggbb" are drawn as they are.
    place : "quiet" takes the position where the picture has the least detail.
    font : a file with the letters of `text`; else the shipped font, else one that this computer has.
    span : of a clip, the seconds from and to which it is seen; all of it unless given.
    fade : seconds in which it comes and goes in a clip with a `span`.
    """

    text: str | None = None
    logo: str | os.PathLike[str] | None = None
    position: str = "bottom-right"
    size: float | None = None
    opacity: float | None = None
    tile: bool = False
    margin: float = 0.03
    colour: str = "auto"
    place: str = "fixed"
    font: str | os.PathLike[str] | None = None
    span: tuple[float, float] | None = None
    fade: float = 0.5

    def __post_init__(self) -> None:
        """Raise ArgumentError where something has no meaning."""
        if (self.text is None) == (self.logo is None):
            raise ArgumentError("a visible notice has either `text` or `logo`")
        if self.text is not None and (not self.text.strip() or not _one_line(self.text)):
            raise ArgumentError(f"the text of a visible notice is one line of letters, not {self.text!r}")
        if self.logo is not None and Path(self.logo).suffix.lower() == ".svgz":
            raise ArgumentError(f"{self.logo}: a packed SVG is not drawn; unpack it (`gunzip`)")
        for name, given, known in (
            ("`position`", self.position, POSITIONS),
            ("`place`", self.place, PLACES),
        ):
            if given not in known:
                raise ArgumentError(f"{name} is one of {', '.join(known)}, not {given!r}")
        if self.colour not in COLOURS and not _HEX.fullmatch(self.colour):
            raise ArgumentError(f"`colour` is auto, light, dark or like #ffcc00, not {self.colour!r}")
        _check_range("`size`", self.size, 0.005, 1)
        _check_range("`opacity`", self.opacity, 0.05, 1)
        _check_range("`margin`", self.margin, 0, 0.4)
        _check_range("`fade`", self.fade, 0, 60)
        if self.span is not None and not 0 <= self.span[0] < self.span[1]:
            raise ArgumentError(f"`span` is a time and a later one, in seconds, not {self.span}")

    @property
    def strength(self) -> float:
        """The opacity that is drawn."""
        return self.opacity if self.opacity is not None else 0.4 if self.tile else 0.9

    @property
    def height(self) -> float:
        """The size that is drawn."""
        return self.size if self.size is not None else 0.04 if self.logo is None else 0.12

    def share(self, seconds: float) -> float:
        """Return how much of it is seen at this time of a clip, 0 to 1."""
        if self.span is None:
            return 1.0
        begins, ends = self.span
        fade = min(self.fade, (ends - begins) / 2)
        if not begins <= seconds < ends:
            return 0.0
        rising = 1.0 if begins == 0 or not fade else (seconds - begins) / fade
        return min(1.0, rising, (ends - seconds) / fade if fade else 1.0)


@dataclass(frozen=True, slots=True)
class VisibleReport:
    """A visible notice as it was drawn.

    text : as it is read; None of a logo. box : around it; with `tile`, the whole picture.
    contrast : of the letters' worst tenth to the worst tenth of what is around them, after WCAG, 1 to 21;
        with `tile` the median of all of them, of a clip the least, measured once a second.
    colour : of the letters, "#rrggbb"; None of a logo.
    needed : the contrast that makes it readable.
    """

    text: str | None
    box: Box
    contrast: float
    colour: str | None
    needed: float = READABLE

    @property
    def is_readable(self) -> bool:
        """Whether the contrast is what WCAG asks for."""
        return self.contrast >= self.needed

    def to_dict(self) -> dict[str, Any]:
        """The `visible` of an entry of `stamp.embed/1`."""
        contrast = round(self.contrast, 2)
        return {"text": self.text, "box": list(self.box), "contrast": contrast, "colour": self.colour}


def _one_line(text: str) -> bool:
    """Whether there is nothing in it that is no letter, sign, space, or mark of direction."""
    return not any(unicodedata.category(letter) in ("Cc", "Cs", "Cn", "Zl", "Zp") for letter in text)


def _check_range(name: str, value: float | None, least: float, most: float) -> None:
    if value is not None and not least <= value <= most:
        raise ArgumentError(f"{name} is from {least:g} to {most:g}, not {value:g}")
