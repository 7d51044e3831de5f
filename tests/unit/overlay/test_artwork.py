"""Letters and logos at their size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, features

from stamp.core.errors import ArgumentError, HostError, MediaError
from stamp.core.visible import VisibleNotice
from stamp.overlay import artwork as module
from stamp.overlay.artwork import artwork, needs_shaping

PICTURE = (1200, 800)


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    image = Image.new("RGBA", (300, 120), (255, 255, 255, 0))
    ImageDraw.Draw(image).ellipse((20, 20, 100, 100), fill=(200, 30, 30, 255))
    image.save(path := tmp_path / "logo.png")
    return path


def test_letters_have_the_size_that_was_asked_for() -> None:
    small, large = (artwork(VisibleNotice("Höx", size=size), PICTURE) for size in (0.05, 0.1))
    assert 1.8 < large.size[1] / small.size[1] < 2.2
    assert small.unit == pytest.approx(40)
    assert small.coverage.max() == 1
    assert small.colour is None


def test_what_is_too_wide_is_made_smaller() -> None:
    made = artwork(VisibleNotice("© 2026 Ada Lovelace and everybody else", size=0.2, margin=0.05), PICTURE)
    assert 0.9 * 1120 < made.size[0] <= 1120


def test_a_picture_that_is_too_small_is_refused() -> None:
    with pytest.raises(HostError, match="too small for the visible notice"):
        artwork(VisibleNotice("© 2026 Ada Lovelace, all rights reserved"), (130, 130))


@pytest.mark.skipif(not features.check("raqm"), reason="Pillow without raqm")
def test_arabic_letters_join_and_run_from_right_to_left() -> None:
    joined, apart = (
        artwork(VisibleNotice(text), PICTURE).size for text in ("محمد", "م\u200cح\u200cم\u200cد")
    )
    assert joined < apart
    # The sign that comes first is at the right.
    whole, sign = (artwork(VisibleNotice(text, size=0.1), PICTURE).coverage for text in ("© محمد علي", "©"))
    height, width = sign.shape
    rows = range(whole.shape[0] - height + 1)
    right, left = (
        min(float(np.abs(part[row : row + height] - sign).mean()) for row in rows)
        for part in (whole[:, -width:], whole[:, :width])
    )
    assert right < 0.1 < left


def test_without_raqm_such_letters_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.features, "check", lambda name: False)
    with pytest.raises(ArgumentError, match="no raqm; install"):
        artwork(VisibleNotice("© محمد"), PICTURE)
    assert artwork(VisibleNotice("© Ада"), PICTURE).size[0]


def test_which_scripts_need_it() -> None:
    assert [needs_shaping(text) for text in ("Ada é", "Әсел", "山田", "محمد", "שלום", "हिन्दी")] == [
        *[False] * 3,
        *[True] * 3,
    ]


def test_a_logo_keeps_colours_and_loses_empty_edges(logo: Path) -> None:
    made = artwork(VisibleNotice(logo=logo, size=0.1), PICTURE)
    assert made.size == (80, 80)
    assert made.colour is not None
    assert np.allclose(made.colour[40, 40] * 255, (200, 30, 30), atol=2)
    assert made.coverage[0, 0] == 0
    # What shines through at its edge is its own colour, not that under full transparency.
    edge = (made.coverage > 0.2) & (made.coverage < 0.8)
    assert np.abs(made.colour[edge] * 255 - (200, 30, 30)).max() < 12


def test_what_is_no_logo_is_refused(tmp_path: Path) -> None:
    (text := tmp_path / "a.png").write_text("none")
    Image.new("RGBA", (9, 9)).save(empty := tmp_path / "b.png")
    for path, why in ((text, "cannot be decoded"), (tmp_path / "c.png", "No such file")):
        with pytest.raises(MediaError, match=why) as raised:
            artwork(VisibleNotice(logo=path), PICTURE)
        assert raised.value.path == path
    with pytest.raises(ArgumentError, match="nothing to see"):
        artwork(VisibleNotice(logo=empty), PICTURE)
    with pytest.raises(ArgumentError, match="unpack it"):
        VisibleNotice(logo="logo.svgz")


def test_what_is_repeated_is_aslant() -> None:
    level, turned = (artwork(VisibleNotice("Ada Lovelace", tile=tile), PICTURE) for tile in (False, True))
    assert turned.size[1] > 3 * level.size[1]
    assert turned.level == level.size


def test_damaged_logos_are_refused_by_their_name(logo: Path) -> None:
    whole = logo.read_bytes()
    for length in range(1, len(whole) - 12, 97):
        logo.write_bytes(whole[:length])
        with pytest.raises(MediaError, match=r"logo\.png"):
            artwork(VisibleNotice(logo=logo), PICTURE)


def test_a_logo_too_large_to_be_one_is_refused(tmp_path: Path) -> None:
    Image.new("1", (8200, 8200)).save(path := tmp_path / "logo.png")
    with pytest.raises(ArgumentError, match="8200x8200 pixels is too large; scale it down"):
        artwork(VisibleNotice(logo=path), PICTURE)
