"""`stamp demo` and `stamp selftest`: what a newcomer runs first."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stamp.core.errors import OutputError
from stamp.jobs.demo import find_photo, paint
from tests.helpers.places import SAMPLE_MEDIA

from .conftest import Runner, digests


@pytest.fixture
def no_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        "stamp.jobs.demo.__file__", str(tmp_path / "site-packages" / "stamp" / "jobs" / "demo.py")
    )


@pytest.mark.slow
def test_marks_mistreats_and_reads_back(stamp: Runner, no_checkout: None) -> None:
    result = stamp("demo")
    assert result.code == 0, result.out + result.err
    assert "made your key" in result.err
    assert "FAILED" not in result.out
    assert "7 of 7 read back" in result.out
    assert sorted(path.name for path in Path().iterdir()) == ["stamp-demo.jpg", "stamp-demo.stamped.jpg"]
    original = Path("stamp-demo.jpg").read_bytes()

    again = stamp("demo", "--json")
    assert again.code == 0
    assert Path("stamp-demo.jpg").read_bytes() == original
    assert all(entry["passed"] and entry["watermark"]["payload"] for entry in again.entries)
    assert again.document["embed"]["output"] == "stamp-demo.stamped.jpg"
    assert "stamp demo" in stamp("show", "stamp-demo.stamped.jpg").out


@pytest.mark.slow
def test_an_output_of_ones_own_is_left_alone(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo).code == 0
    before = digests(Path())
    result = stamp("demo", photo)
    assert (result.code, "photo.stamped.jpg was there before" in result.out) == (0, True)
    assert digests(Path()) == before


@pytest.mark.slow
def test_what_cannot_be_read_back_is_a_failure(
    stamp: Runner, photo: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(*args: Any, **options: Any) -> Any:
        return replace(detect_file(*args, **options), present=False, payload=None)

    detect_file = sys.modules["stamp.jobs.demo"].detect_file
    monkeypatch.setattr("stamp.jobs.demo.detect_file", nothing)
    result = stamp("demo", photo)
    assert result.code == 3
    assert "0 of 7 read back" in result.out


def test_a_sample_of_the_checkout_comes_first(no_checkout: None, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("sample_media").mkdir()
    Path("deep").mkdir()
    paint(Path("sample_media", "b.jpg"), size=(320, 240))
    Path("sample_media", "a.stamped.jpg").touch()
    assert find_photo() == Path("sample_media", "b.jpg")
    monkeypatch.chdir("deep")
    assert find_photo().resolve() == Path("..", "sample_media", "b.jpg").resolve()


def test_the_checkouts_own_samples_are_found_from_anywhere(elsewhere: Path) -> None:
    assert find_photo().parent.samefile(SAMPLE_MEDIA)


def test_a_painted_picture_never_replaces_a_file(elsewhere: Path, no_checkout: None) -> None:
    Path("stamp-demo.jpg").write_text("mine")
    assert find_photo() == Path("stamp-demo.jpg")
    with pytest.raises(OutputError):
        paint(Path("stamp-demo.jpg"))
    assert Path("stamp-demo.jpg").read_text() == "mine"


@pytest.mark.parametrize(
    ("results", "code"),
    [([("a", True, ""), ("b", True, "")], 0), ([("a", True, ""), ("b", False, "3 bits")], 3), ([], 3)],
)
def test_selftest(
    results: list[tuple[str, bool, str]], code: int, stamp: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = SimpleNamespace(selftest=lambda: results)
    monkeypatch.setitem(sys.modules, "stamp.watermark.vectors", vectors)
    result = stamp("selftest")
    assert result.code == code
    assert ("FAILED" in result.out) == any(not passed for _, passed, _ in results)
    assert [entry["passed"] for entry in stamp("selftest", "--json").entries] == [p for _, p, _ in results]


@pytest.mark.slow
def test_the_notice_of_somebody_else_stays(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "--in-place", "--no-watermark", "--copyright", "© Bob Ross").code == 0
    result = stamp("demo", photo)
    assert (result.code, "names somebody else" in result.err) == (0, True)
    assert "Bob Ross" in stamp("show", "photo.stamped.jpg").out
