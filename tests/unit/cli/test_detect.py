"""`stamp detect` answers in sentences; figures only where they are asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import stamp.jobs.tasks as tasks
from stamp.core.reports import DetectReport

from .conftest import PAYLOAD, Runner

FIGURES = ("score", "log10_p", "needed", "scale")


def test_a_sentence_and_the_figures_with_v(stamp: Runner, media: Path, key_file: Path) -> None:
    path = media / "marked.jpg"
    result = stamp("detect", path)
    assert result.out.startswith(f"{path}: carries your mark {PAYLOAD} (key tests); the chance that ")
    assert result.out.endswith(
        "; the whole frame of the original is seen, to within 2 %, in 640 x 480 pixels\n"
    )
    assert result.err == ""
    assert not any(word in result.out for word in FIGURES)
    said, figures, end = stamp("detect", path, "-v").out.split("\n")
    assert f"{said}\n" == result.out
    assert all(word in figures for word in FIGURES)
    assert end == ""


@pytest.mark.slow
def test_no_mark_has_no_figures_and_says_once_what_to_try(
    stamp: Runner, media: Path, photo: Path, key_file: Path
) -> None:
    other = media / "photo.jpg"
    result = stamp("detect", photo, other)
    assert result.code == 1
    assert result.out == f"{photo}: no mark found\n{other}: no mark found\n"
    assert result.err.count("cut the photo out") == result.err.count("other keys") == 1
    assert "excerpt" not in result.err
    assert "no evidence" in result.err
    assert stamp("detect", photo, "-q").err == ""
    assert stamp("detect", photo, "--json").err == ""
    assert "score" in stamp("detect", photo, "-v").out


@pytest.mark.slow
def test_with_another_key_the_notice_shows_which_key_to_try(
    stamp: Runner, photo: Path, key_file: Path
) -> None:
    assert stamp("key", "new", "other.key", "--name", "other").code == 0
    assert stamp("embed", photo, "--payload", PAYLOAD, "--copyright", "© A", "-o", "out.jpg").code == 0
    arguments = ("detect", "out.jpg", "--key-file", "other.key")
    result = stamp(*arguments)
    assert result.code == 1
    named = f"its notice names the mark {PAYLOAD}: try the key of that time"
    assert result.out == f"out.jpg: no mark found; {named}\n"
    assert stamp(*arguments, "--json").entries[0]["notice_payload"] == PAYLOAD
    assert stamp("detect", "out.jpg", "--json").entries[0]["notice_payload"] is None


@pytest.mark.slow
def test_the_places_in_the_document(stamp: Runner, media: Path, key_file: Path) -> None:
    found, missed, failed = stamp(
        "detect", media / "marked.jpg", media / "photo.jpg", "no.jpg", "--json"
    ).entries
    mark = found["watermark"]
    assert mark["size"] == [640, 480]
    assert mark["seen"] == [[0, 0], [1, 0], [1, 1], [0, 1]]
    assert mark["region"] == [[0, 0], [640, 0], [640, 480], [0, 480]]
    assert (mark["share"], mark["whole_pixels"]) == (1, 640 * 480)
    assert mark["marked_pixels"] == [1, 1_499_999]
    assert found.keys() == missed.keys() == failed.keys()
    assert mark.keys() == missed["watermark"].keys()
    assert missed["watermark"]["size"] == [640, 480]
    for name in ("seen", "region", "share", "whole_pixels", "marked_pixels"):
        assert missed["watermark"][name] is None


def test_first_and_expect_together_are_explained(
    stamp: Runner, media: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = tasks.detect_file

    def as_a_clip(*arguments: Any, **options: Any) -> DetectReport:
        return replace(look(*arguments, **options), scheme="stamp.video.2")

    arguments = ("detect", media / "marked.jpg", "--first", "--expect", "0" * 16)
    assert "--first" not in stamp(*arguments).err
    monkeypatch.setattr("stamp.jobs.tasks.detect_file", as_a_clip)
    assert "without it all are compared" in stamp(*arguments).err
    assert "--first" not in stamp(*arguments[:2], *arguments[3:]).err


@pytest.mark.slow
def test_with_the_original_it_says_what_is_seen(stamp: Runner, photo: Path, key_file: Path) -> None:
    from PIL import Image

    assert stamp("embed", photo, "--payload", PAYLOAD, "-o", "marked.jpg", "--no-catalogue").code == 0
    with Image.open("marked.jpg") as whole:
        whole.crop((100, 100, 260, 220)).save("piece.jpg", quality=80)
    result = stamp("detect", "piece.jpg", "--original", photo)
    assert f"carries your mark {PAYLOAD}" in result.out
    assert "% of the original is seen, at a size at which all of it has" in result.out
    assert "its fine detail is that of the original" in result.out
    entry = stamp("detect", "piece.jpg", "--original", photo, "--json").entries[0]["watermark"]
    assert entry["correlation"] > 0.8
    assert entry["original_payload"] is None
    assert len(entry["seen"]) == len(entry["region"]) == 4
    named = stamp("detect", "marked.jpg", "--original", "marked.jpg")
    assert f"the original that was given carries the mark {PAYLOAD} itself" in named.out
    assert stamp("detect", "piece.jpg", "--original", "nowhere.png").code == 3


@pytest.mark.slow
def test_a_picture_shows_where_the_marks_are(stamp: Runner, media: Path, key_file: Path) -> None:
    marked = Image.open(media / "marked.jpg").convert("RGB")
    made = Image.new("RGB", (1000, 1200), (255, 255, 255))
    made.paste(marked, (200, 300))
    made.save("page.png")
    before = Path("page.png").read_bytes()
    result = stamp("detect", "page.png", "--picture", "drawn.png", "--json")
    assert result.code == 0
    region = result.entries[0]["watermark"]["region"]
    assert region[0] == pytest.approx([200, 300], abs=2)
    drawn = np.asarray(Image.open("drawn.png"))
    assert drawn.shape == (1200, 1000, 3)
    changed = np.argwhere((drawn != np.asarray(made)).any(2))
    assert changed.min(0) == pytest.approx([300, 200], abs=12)
    assert changed.max(0) == pytest.approx([300 + marked.height, 200 + marked.width], abs=12)
    refused = stamp("detect", "page.png", "--picture", "page.png")
    assert refused.code == 3
    assert "photo itself" in refused.err
    assert Path("page.png").read_bytes() == before
    assert "name that ends with .png" in stamp("detect", "page.png", "--picture", "drawn.webp").err


@pytest.mark.slow
def test_pictures_of_several_go_into_a_folder(
    stamp: Runner, media: Path, photo: Path, key_file: Path
) -> None:
    marked = media / "marked.jpg"
    refused = stamp("detect", marked, photo, "--picture", "drawn")
    assert refused.code == 2
    assert "no folder" in refused.err
    Path("drawn").mkdir()
    assert stamp("detect", marked, photo, "--picture", "drawn").code == 1
    assert [path.name for path in Path("drawn").iterdir()] == ["marked.jpg.png"]
