"""A font that has all letters of a text: the one that was named, the shipped one, or one of this computer."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from PIL import ImageFont

from ..core.errors import ArgumentError
from .coverage import covers

SHIPPED = Path(__file__).with_name("DejaVuSans-Bold.ttf")
_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
_BOLD = 700  # weight
_MOST = 20_000  # files that are looked at
_SLANTED = re.compile("italic|oblique|slant", re.IGNORECASE)
_UNUSUAL = re.compile("mono|serif(?!.*sans)|condensed|narrow|thin|hairline|black", re.IGNORECASE)
_STRONG = re.compile("bold|medium|demi", re.IGNORECASE)


def font_for(text: str, named: str | os.PathLike[str] | None = None) -> Path:
    """Return a font file that has all letters of `text`. Raises ArgumentError where none is found, or the
    file that was named lacks some."""
    letters = frozenset(filter(_is_drawn, text))
    if named is None:
        if found := _found(letters):
            return found
        missing = "".join(sorted(each for each in letters if not covers(SHIPPED, frozenset(each))))
        what = f"no font of this computer has all letters of {text!r} (the shipped one lacks {missing})"
        raise ArgumentError(f"{what}; name one that has them: `font`, such as one of Noto's")
    path = Path(named)
    try:
        missing = "".join(sorted(each for each in letters if not covers(path, frozenset(each))))
        opened(path, 20)
    except OSError as error:
        reason = error.strerror or "it is no font that can be read"
        raise ArgumentError(f"{path}: {reason}; name a TrueType or OpenType file as `font`") from error
    if missing:
        raise ArgumentError(f"{path}: has no {missing}; name a font that has all letters of {text!r}")
    return path


def opened(path: Path, height: float) -> ImageFont.FreeTypeFont:
    """Return a font with letters of this height in pixels; bold, where one file has all weights. Raises
    OSError."""
    font = ImageFont.truetype(os.fspath(path), height)
    with suppress(OSError):  # most have one weight
        axes = font.get_variation_axes()
        font.set_variation_by_axes([_value(axis) for axis in axes])
    return font


def _value(axis: Any) -> float:
    wanted = _BOLD if axis["name"] in (b"Weight", "Weight") else axis["default"]
    return float(min(max(wanted, axis["minimum"]), axis["maximum"]))


@cache
def _found(letters: frozenset[str]) -> Path | None:
    return next((path for path in _candidates() if _usable(path, letters)), None)


def _usable(path: Path, letters: frozenset[str]) -> bool:
    try:
        if not covers(path, letters):
            return False
        opened(path, 20)
    except OSError:
        return False
    return True


def _candidates() -> Iterator[Path]:
    """The shipped font, then those of this computer: upright, strong and plain ones first."""
    yield SHIPPED
    yield from sorted(_installed(), key=_preference)


def _preference(path: Path) -> tuple[bool, bool, bool, str]:
    name = path.name
    return (
        bool(_SLANTED.search(name)),
        bool(_UNUSUAL.search(name)),
        not _STRONG.search(name),
        os.fspath(path),
    )


def _installed() -> list[Path]:
    found: list[Path] = []
    for folder in font_folders():
        for place, _, names in os.walk(folder):
            found += (Path(place, name) for name in names if name.lower().endswith(_SUFFIXES))
            if len(found) > _MOST:
                return found[:_MOST]
    return found


def font_folders() -> list[Path]:
    """Return where this system keeps its fonts."""
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        windows, local = os.environ.get("WINDIR", r"C:\Windows"), os.environ.get("LOCALAPPDATA")
        return [Path(windows, "Fonts"), *([Path(local, "Microsoft", "Windows", "Fonts")] if local else [])]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"]
    shared = os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    mine = os.environ.get("XDG_DATA_HOME") or os.fspath(home / ".local" / "share")
    folders = [Path(each, "fonts") for each in (mine, *shared.split(":")) if each]
    return list(dict.fromkeys([*folders, home / ".fonts"]))


def _is_drawn(letter: str) -> bool:
    """Whether a font needs a glyph for it: not for marks of direction and joining."""
    return unicodedata.category(letter) != "Cf" and letter != " " and not 0xFE00 <= ord(letter) <= 0xFE0F
