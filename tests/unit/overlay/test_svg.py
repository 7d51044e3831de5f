"""Logos in SVG: shapes are drawn, and nothing from outside is."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stamp.core.errors import ArgumentError, MediaError
from stamp.core.visible import VisibleNotice
from stamp.overlay import svg
from stamp.overlay.artwork import artwork

XLINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def made(folder: Path, body: str, root: str = 'viewBox="0 0 100 50"', before: str = "") -> Path:
    path = folder / "logo.svg"
    path.write_text(f'{before}<svg xmlns="http://www.w3.org/2000/svg" {XLINK} {root}>{body}</svg>', "utf-8")
    return path


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), colour).save(file, "PNG")
    return file.getvalue()


def test_shapes_are_drawn_at_their_size_and_empty_edges_are_cut(tmp_path: Path) -> None:
    path = made(tmp_path, '<rect x="25" y="10" width="50" height="25" fill="#c81e1e"/>')
    drawn = artwork(VisibleNotice(logo=path, size=0.1), (1000, 1000))
    assert drawn.size == (200, 100)  # twice as wide as high, without what is empty around it
    assert drawn.colour is not None
    assert np.allclose(drawn.colour[50, 100] * 255, (200, 30, 30), atol=1)
    assert drawn.coverage.min() > 0.9


@pytest.mark.parametrize("root", ['viewBox="0 0 100 10"', 'viewBox="0 0 10 100"', 'width="3" height="2"', ""])
def test_the_longer_side_has_one_length(tmp_path: Path, root: str) -> None:
    found = svg.drawn(made(tmp_path, '<rect width="5" height="5"/>', root))
    assert max(found.size) == 1500


def test_embedded_pictures_and_parts_of_itself_are_inside(tmp_path: Path) -> None:
    data = base64.b64encode(picture("#0000ff")).decode()
    body = (
        '<defs><linearGradient id="g"><stop stop-color="#0f0"/></linearGradient>'
        f'<image id="i" width="50" height="50" href="data:image/png;base64,{data}"/></defs>'
        '<use xlink:href="#i"/><rect x="50" width="50" height="50" style="fill: url( \'#g\' )"/>'
    )
    found = svg.drawn(made(tmp_path, body))
    assert found.getpixel((375, 375)) == (0, 0, 255, 255)
    assert found.getpixel((1125, 375)) == (0, 255, 0, 255)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('<image href="{red}" width="100" height="50"/>', "not in it"),
        ('<image xlink:href="file://{red}" width="100" height="50"/>', "not in it"),
        ('<image href="https://example.org/a.png" width="9" height="9"/>', "not in it"),
        ('<image href="data:image/svg+xml;base64,PHN2Zy8+" width="9" height="9"/>', "not in it"),
        ('<use href="other.svg#a"/>', "not in it"),
        ('<rect width="9" height="9" fill="url(other.svg#a)"/>', "not in it"),
        ('<style>@import "a.css";</style><rect width="9" height="9"/>', "not in it"),
        ("<style>rect {{ fill: URL( a.svg ) }}</style>", "not in it"),
        ("<text>Ada</text>", "outlines"),
        ('<filter id="f"><feGaussianBlur/></filter>', "filters"),
        ('<rect width="9" height="9" filter="blur(5)"/>', "filters"),
        ('<rect width="9" height="9" style="fill:red;filter : blur(5px)"/>', "filters"),
        ("<g/>" * 10_001, "more than 10000 elements"),
    ],
)
def test_what_is_outside_or_costs_too_much_is_refused(tmp_path: Path, body: str, why: str) -> None:
    (red := tmp_path / "red.png").write_bytes(picture("red"))
    path = made(tmp_path, body.format(red=red))
    with pytest.raises(ArgumentError, match=why) as raised:
        svg.drawn(path)
    assert "logo.svg" in str(raised.value)


@pytest.mark.parametrize(
    "text",
    [
        "no SVG",
        "<html/>",
        '<!DOCTYPE svg [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><svg xmlns="http://www.w3.org/2000/svg">&c;</svg>',
        '<!DOCTYPE svg [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"/>',
        '<svg xmlns="http://www.w3.org/2000/svg" width="-1"/>',
    ],
)
def test_what_is_none_is_refused_by_its_name(tmp_path: Path, text: str) -> None:
    (path := tmp_path / "logo.svg").write_text(text)
    with pytest.raises((MediaError, ArgumentError), match=r"logo\.svg"):
        artwork(VisibleNotice(logo=path), (1000, 1000))


def test_large_files_and_bombs_of_uses_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="no logo"):
        svg.drawn(made(tmp_path, "<!--" + "x" * (3 << 20) + "-->"))
    levels = "".join(f'<g id="g{n + 1}">' + f'<use href="#g{n}"/>' * 10 + "</g>" for n in range(7))
    bomb = f'<defs><g id="g0"><rect width="1" height="1"/></g>{levels}</defs><use href="#g7"/>'
    with pytest.raises(MediaError, match="nodes limit"):
        svg.drawn(made(tmp_path, bomb))
