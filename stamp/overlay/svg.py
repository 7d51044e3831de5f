"""Logos in SVG, drawn by resvg: shapes alone, and nothing that is not in the file itself.

The library loads pictures by their path, and would draw letters in whatever font there is; so what names
something outside is refused before the library sees it.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from PIL import Image

from ..core.errors import ArgumentError, MediaError, MissingDependency
from ..formats.reading import named, regular_file

SUFFIX: Final = ".svg"
_MOST_BYTES = 2 << 20
_MOST_ELEMENTS = 10_000
_LONGER_SIDE = 1500  # pixels: more than a logo has in a picture, little enough for any group to be drawn
_GLANCE = 64  # pixels, to see which side is the longer one
_SPACE = "{http://www.w3.org/2000/svg}"
_INSIDE = re.compile(r"\s*(#|data:image/(png|jpeg|gif|webp);base64,)", re.IGNORECASE)
_REFERENCE = re.compile(r"url\(\s*['\"]?\s*(?!['\"#\s])|@import", re.IGNORECASE)
_FILTER = re.compile(r"(?<![\w-])filter\s*:", re.IGNORECASE)
_REFUSED: Final = {
    "text": "letters, for which the font may be missing: convert them to outlines (paths)",
    "foreignObject": "parts that are no drawing (foreignObject)",
    "filter": "filters, which cost without limit",
}


def drawn(path: Path) -> Image.Image:
    """Return what an SVG shows, RGBA in sRGB, 1500 pixels at its longer side.

    Raises MediaError where the file cannot be read, ArgumentError where it has what is not drawn, or is none,
    MissingDependency without resvg.
    """
    with regular_file(path) as file, named(path):
        data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ArgumentError(
                f"an SVG of more than {_MOST_BYTES >> 20} MiB is no logo; export it as a PNG", path=path
            )
        root = _parsed(data)
        for reason in _objections(root):
            raise ArgumentError(f"this SVG has {reason}; or export it as a PNG", path=path)
        return _rendered(data.decode("utf-8-sig"))


def _parsed(data: bytes) -> Element:
    try:
        root: Element = fromstring(data.decode("utf-8-sig"), forbid_dtd=False)
    except (ParseError, DefusedXmlException, ValueError) as error:  # ValueError: other letters than UTF-8
        raise MediaError(f"is no SVG that can be read ({error}); export it as a PNG") from error
    if root.tag != f"{_SPACE}svg":
        raise MediaError("is no SVG; export it as a PNG")
    return root


def _objections(root: Element) -> Iterator[str]:
    for number, element in enumerate(root.iter()):
        if number >= _MOST_ELEMENTS:
            yield f"more than {_MOST_ELEMENTS} elements: simplify it"
        name = str(element.tag).removeprefix(_SPACE)
        if name in _REFUSED:
            yield _REFUSED[name]
        texts = [*element.attrib.values(), *([element.text or ""] if name == "style" else [])]
        if "filter" in element.attrib or any(map(_FILTER.search, texts)):
            yield _REFUSED["filter"]
        if any(map(_REFERENCE.search, texts)):
            yield "references to what is not in it (`url(...)`): embed that"
        for attribute, value in element.attrib.items():
            if attribute.rpartition("}")[2] == "href" and name != "a" and not _INSIDE.match(value):
                yield f"references to what is not in it ({value[:60]!r}): embed that"


def _rendered(text: str) -> Image.Image:
    try:
        import resvg_py
    except ImportError as error:
        message = "logos in SVG need one more package: pip install 'stamp-media[svg]'"
        raise MissingDependency(message, extra="svg") from error
    try:
        small = _image(resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True, width=_GLANCE))
        longer = "width" if small.width >= small.height else "height"
        size: dict[str, Any] = {longer: _LONGER_SIDE}
        return _image(resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True, **size))
    except ValueError as error:
        raise MediaError(f"is no SVG that can be drawn ({error}); export it as a PNG") from error


def _image(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png), formats=("PNG",)).convert("RGBA")
