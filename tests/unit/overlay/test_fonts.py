"""Fonts: which letters one has, and which one is taken."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from stamp.core.errors import ArgumentError
from stamp.overlay import fonts
from stamp.overlay.coverage import covers
from stamp.overlay.fonts import SHIPPED, font_for

KAZAKH = "ӘәҒғҚқҢңӨөҰұҮүҺһІі"


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer without fonts."""
    monkeypatch.setattr(fonts, "_installed", list)
    fonts._found.cache_clear()


def font(path: Path, groups: list[tuple[int, int, int]]) -> Path:
    """A file with a `cmap` of format 12 and an empty `glyf` table: enough to be asked for letters."""
    rows = b"".join(struct.pack(">III", *group) for group in groups)
    table = struct.pack(">HHIII", 12, 0, 16 + len(rows), 0, len(groups)) + rows
    cmap = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table
    at = 12 + 32
    head = b"\0\1\0\0" + struct.pack(">HHHH", 2, 0, 0, 0)
    entries = struct.pack(">4sIII", b"cmap", 0, at, len(cmap)) + struct.pack(">4sIII", b"glyf", 0, at, 0)
    path.write_bytes(head + entries + cmap)
    return path


@pytest.mark.parametrize(
    "text", ["© 2026 Ada Lovelace", "Фотограф: Пётр Ильич", KAZAKH, "Ελλάδα", "محمد علي", "שלום"]
)
def test_the_shipped_font_has_these_letters(text: str, alone: None) -> None:
    assert font_for(text) == SHIPPED


def test_what_is_nowhere_is_refused_with_its_letters(alone: None) -> None:
    with pytest.raises(ArgumentError, match=r"lacks 太山.*`font`"):
        font_for("© 山太")


def test_marks_of_direction_need_no_glyph(alone: None) -> None:
    assert font_for("\u200fمحمد\u200d\ufe0f") == SHIPPED


def test_a_font_that_was_named_is_taken_or_says_what_it_lacks(tmp_path: Path) -> None:
    assert font_for("Ada", SHIPPED) == SHIPPED
    with pytest.raises(ArgumentError, match="has no 山"):
        font_for("Ada 山", SHIPPED)
    (other := tmp_path / "a.ttf").write_bytes(b"no font at all")
    for missing in (other, tmp_path / "b.ttf"):
        with pytest.raises(ArgumentError, match=r"[ab]\.ttf: .*`font`"):
            font_for("Ada", missing)


def test_planes_beyond_the_first_are_read(tmp_path: Path) -> None:
    path = font(tmp_path / "a.ttf", [(0x20, 0x7E, 1), (0x20000, 0x20001, 200)])
    assert covers(path, frozenset("Ada\U00020001"))
    assert not covers(path, frozenset("Ada\U00020002"))
    assert not covers(font(path, [(0x41, 0x41, 0)]), frozenset("A"))  # glyph 0 is the box


def test_damaged_fonts_have_no_letters(tmp_path: Path) -> None:
    whole = font(tmp_path / "a.ttf", [(0x20, 0x7E, 1)]).read_bytes()
    for length in range(0, len(whole), 3):
        (path := tmp_path / "b.ttf").write_bytes(whole[:length])
        assert covers(path, frozenset("A")) in (True, False)


def test_plain_strong_fonts_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ["ZSans-BoldItalic.ttf", "ZSans-Regular.ttf", "ZSans-Bold.ttf", "AMono-Bold.ttf", "x.txt"]
    for name in names:
        (tmp_path / name).touch()
    monkeypatch.setattr(fonts, "font_folders", lambda: [tmp_path])
    found = [path.name for path in fonts._candidates()]
    assert found == [
        SHIPPED.name,
        "ZSans-Bold.ttf",
        "ZSans-Regular.ttf",
        "AMono-Bold.ttf",
        "ZSans-BoldItalic.ttf",
    ]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_every_system_has_folders(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts.sys, "platform", platform)
    assert fonts.font_folders()
