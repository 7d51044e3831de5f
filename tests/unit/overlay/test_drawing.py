"""Light or dark, and how much shade: whatever is below, it can be read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from stamp.core.visible import Box, VisibleNotice
from stamp.overlay.artwork import artwork
from stamp.overlay.drawing import Pattern, pattern_of
from stamp.overlay.light import Transfer, contrast, in_space, light
from stamp.overlay.notice import Drawing

PICTURE = (600, 400)


class Paper:
    """A canvas of signals."""

    def __init__(self, signals: NDArray[np.float32], transfer: Transfer = "sdr") -> None:
        self.signals, self.transfer = signals.astype(np.float32), transfer
        self.size = (signals.shape[1], signals.shape[0])

    def grounds(self, box: Box) -> list[NDArray[np.float32]]:
        return [self.signals[box.y : box.y + box.height, box.x : box.x + box.width].copy()]

    def draw(self, box: Box, alpha: NDArray[np.float32], colour: NDArray[np.float32]) -> None:
        part = self.signals[box.y : box.y + box.height, box.x : box.x + box.width]
        part[:] = part * (1 - alpha[..., None]) + colour


def pattern(transfer: Transfer = "sdr", **details: object) -> Pattern:
    notice = VisibleNotice("© Ada", size=0.1, **details)  # type: ignore[arg-type]
    return pattern_of(artwork(notice, PICTURE), notice, transfer, min(PICTURE))


def ground(name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    rng = np.random.default_rng(1)
    flat = np.ones((*shape, 3), np.float32)
    stripes = flat.copy()
    stripes[:, ::6] = stripes[:, 1::6] = stripes[:, 2::6] = 0
    grounds = {
        "black": flat * 0,
        "white": flat,
        "gray": flat * 0.46,
        "red": flat * np.array((1, 0, 0), np.float32),
        "blue": flat * np.array((0, 0, 1), np.float32),
        "yellow": flat * np.array((1, 1, 0), np.float32),
        "stripes": stripes,
        "noise": rng.random((*shape, 3)).astype(np.float32),
        "half": np.where(np.arange(shape[1])[None, :, None] < shape[1] / 2, flat, 0 * flat),
    }
    return grounds[name]


@pytest.mark.parametrize(
    "name", ["black", "white", "gray", "red", "blue", "yellow", "stripes", "noise", "half"]
)
@pytest.mark.parametrize("opacity", [0.8, 0.9, 1.0])
def test_it_can_be_read_on_anything(name: str, opacity: float) -> None:
    drawn = pattern(opacity=opacity)
    below = ground(name, drawn.coverage.shape)
    look = drawn.look([below])
    assert drawn.measured(drawn.layer(look).over(below)) >= 4.5


def test_what_is_even_gets_the_letters_that_stand_out_by_themselves() -> None:
    drawn = pattern()
    for name, dark in (("black", False), ("white", True), ("yellow", True), ("blue", False)):
        look = drawn.look([ground(name, drawn.coverage.shape)])
        assert (look.dark, look.shade <= 0.25) == (dark, True)


def test_a_colour_that_was_asked_for_stays_and_is_measured() -> None:
    white = ground("white", pattern().coverage.shape)
    for colour, rgb, readable in (
        ("light", (1, 1, 1), False),
        ("dark", (0, 0, 0), True),
        ("#ff0000", (1, 0, 0), False),
    ):
        drawn = pattern(colour=colour, opacity=1)
        look = drawn.look([white])
        assert (look.colour, look.shade) == (rgb, 0)
        assert (drawn.measured(drawn.layer(look).over(white)) >= 4.5) is readable


def test_transparency_is_read_over_white_and_over_black() -> None:
    drawn = pattern()
    grounds = [ground(name, drawn.coverage.shape) for name in ("white", "black")]
    layer = drawn.layer(drawn.look(grounds))
    assert min(drawn.measured(layer.over(each)) for each in grounds) >= 4.5


def test_the_shade_is_never_stronger_than_the_letters() -> None:
    drawn = pattern(opacity=0.3)
    assert drawn.look([ground("stripes", drawn.coverage.shape)]).shade <= 0.3


@pytest.mark.parametrize("transfer", ["sdr", "pq", "hlg"])
def test_what_moves_below_a_steady_notice_does_not_matter(transfer: Transfer) -> None:
    notice = VisibleNotice("© Ada", size=0.1)
    paper = Paper(np.full((400, 600, 3), 0.3, np.float32), transfer)
    drawing = Drawing(notice, paper, steady=True)
    for name in ("black", "white", "gray", "noise", "half"):
        paper.signals = ground(name, (400, 600))
        drawing.draw(paper)
        assert drawing.measured(paper) >= 4.5, name


def test_places() -> None:
    paper = Paper(np.zeros((400, 600, 3), np.float32))
    for position, (right, below) in {"bottom-right": (1, 1), "top-left": (0, 0), "bottom": (0.5, 1)}.items():
        box = Drawing(VisibleNotice("Ada", position=position, margin=0.1), paper).box
        for at, length, side, share in ((box.x, box.width, 600, right), (box.y, box.height, 400, below)):
            assert at == {0: 40, 0.5: (side - length) // 2, 1: side - length - 40}[share]


def test_a_quiet_place_has_little_detail() -> None:
    paper = Paper(ground("noise", (400, 600)))
    paper.signals[:150, :300] = 0.5
    box = Drawing(VisibleNotice("Ada", place="quiet"), paper).box
    assert box.x + box.width <= 300
    assert box.y + box.height <= 150
    even = Paper(np.full((400, 600, 3), 0.5, np.float32))
    wanted = VisibleNotice("Ada", place="quiet", position="top")
    assert Drawing(wanted, even).box == Drawing(VisibleNotice("Ada", position="top"), even).box


def test_tiles_are_all_over_the_picture() -> None:
    before = np.full((800, 1200, 3), 0.4, np.float32)
    paper = Paper(before)
    drawing = Drawing(VisibleNotice("© Ada", tile=True), paper)
    drawing.draw(paper)
    assert drawing.measured(paper) > 1.5
    changed = np.abs(paper.signals - before).max(axis=2) > 0.05
    cells = changed.reshape(4, 200, 4, 300).any(axis=(1, 3))
    assert cells.all()
    assert changed.mean() < 0.5
    assert drawing.box == Box(0, 0, 1200, 800)


def test_light_is_that_of_the_standards() -> None:
    for transfer, white in (("sdr", 1.0), ("pq", 0.5807), ("hlg", 0.75)):
        signal = in_space(np.ones(3, np.float32), transfer)  # type: ignore[arg-type]
        assert signal == pytest.approx(white, abs=0.003)
        assert light(signal, transfer) == pytest.approx(1, abs=0.01)  # type: ignore[arg-type]
    assert contrast(1, 0) == pytest.approx(21)
    assert float(light(np.full(3, 0x77 / 255, np.float32))) == pytest.approx(0.184, abs=0.001)


@pytest.mark.parametrize("size", [(130, 900), (900, 130)])
def test_what_is_left_of_tiles_at_the_edges_is_drawn_too(size: tuple[int, int], tmp_path: Path) -> None:
    Image.new("RGBA", (60, 60), (240, 240, 240, 255)).save(logo := tmp_path / "logo.png")
    paper = Paper(np.full((*size, 3), 0.4, np.float32))
    drawing = Drawing(VisibleNotice(logo=logo, tile=True, size=0.3), paper)
    drawing.draw(paper)
    assert drawing.measured(paper) > 1.5
    assert paper.signals.min() >= 0


def test_the_shade_of_large_letters_is_no_wider() -> None:
    pads = []
    for size in (0.05, 0.4):
        notice = VisibleNotice("A", size=size)
        pads.append(pattern_of(artwork(notice, PICTURE), notice, "sdr", min(PICTURE)).pad)
    assert pads[0] == pads[1]
