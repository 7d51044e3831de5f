"""0 done or detected, 1 no mark or another one, 2 usage, 3 error (wins over 1), 130 interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import stamp.jobs.tasks as stamp_batch
from stamp.cli import main
from stamp.core.detection import Mark
from stamp.core.reports import DetectReport

from .conftest import PAYLOAD, Runner


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("embed", "--help"),
        ("rights", "--help"),
        ("rights", "remove", "--help"),
        ("key", "new", "--help"),
        ("key", "show"),
        ("key", "backup"),
        ("key", "new", "new.key", "--name", "2026"),
        ("formats",),
        ("selftest",),
        ("embed", "photo.jpg"),
        ("show", "photo.jpg"),
        ("embed", "photo.jpg", "--no-watermark", "--copyright", "© me"),
    ],
    ids=" ".join,
)
def test_0_done(arguments: tuple[str, ...], stamp: Runner, photo: Path, key_file: Path) -> None:
    result = stamp(*arguments)
    assert result.code == 0, result.err
    assert result.out


@pytest.mark.slow
def test_what_cannot_be_read_is_found_out_when_its_turn_comes(
    stamp: Runner, photo: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("secret.jpg").write_bytes(b"")
    monkeypatch.setattr("os.access", lambda path, mode, **options: Path(path).name != "secret.jpg")
    result = stamp("embed", "secret.jpg", photo, "--json")
    assert result.code == 3
    assert [entry["status"] for entry in result.entries] == ["error", "stamped"]


def test_0_detected(stamp: Runner, media: Path, key_file: Path) -> None:
    assert stamp("detect", media / "marked.jpg").code == 0
    assert stamp("detect", media / "marked.jpg", "--expect", PAYLOAD).code == 0


@pytest.mark.slow
def test_1_not_detected(stamp: Runner, media: Path, key_file: Path) -> None:
    result = stamp("detect", media / "photo.jpg")
    assert result.code == 1
    assert "no mark" in result.out


def test_1_not_the_expected_payload(stamp: Runner, media: Path, key_file: Path) -> None:
    result = stamp("detect", media / "marked.jpg", "--expect", "0123456789abcdef")
    assert result.code == 1
    assert f"carries your mark {PAYLOAD} (key tests), not the expected 0123456789abcdef" in result.out


@pytest.mark.slow
def test_the_expected_payload_may_be_that_of_any_of_the_keys(
    stamp: Runner, photo: Path, key_file: Path
) -> None:
    assert stamp("key", "new", "later.key", "--name", "later").code == 0
    assert stamp("embed", photo, "-o", "one.jpg", "--payload", PAYLOAD).code == 0
    later = "0123456789abcdef"
    assert stamp("embed", "one.jpg", "-o", "two.jpg", "--key-file", "later.key", "--payload", later).code == 0
    keys = ("--key-file", key_file, "--key-file", "later.key")
    for payload, other in ((PAYLOAD, None), (later, PAYLOAD)):
        result = stamp("detect", "two.jpg", *keys, "--expect", payload, "--json")
        mark = result.entries[0]["watermark"]
        assert (result.code, mark["payload"]) == (0, payload)
        assert [found["payload"] for found in mark["others"]] == ([other] if other else [])
    assert stamp("detect", "two.jpg", *keys, "--expect", "0" * 16).code == 1


def test_the_expected_payload_may_stand_beside_a_surer_one(
    stamp: Runner, media: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = stamp_batch.detect_file

    def detect_file(*arguments: Any, **options: Any) -> DetectReport:
        return replace(look(*arguments, **options), others=(Mark(bytes(8), "key", -20.0),))

    monkeypatch.setattr("stamp.jobs.tasks.detect_file", detect_file)
    assert stamp("detect", media / "marked.jpg", "--expect", "0" * 16).code == 0
    assert stamp("detect", media / "marked.jpg", "--expect", "1" * 16).code == 1


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("nonsense",),
        ("embed",),
        ("detect",),
        ("show",),
        ("key", "new"),
        ("rights",),
        ("rights", "nonsense"),
        ("rights", "remove"),
        ("rights", "remove", "photo.jpg"),
        ("rights", "undo", "photo.jpg"),
        ("rights", "audit", "photo.jpg"),
        ("rights", "remove", "photo.jpg", "--credit", "A", "-o", "out.jpg", "--in-place"),
        ("rights", "undo", "r.json", "photo.jpg", "-o", "out.jpg", "--in-place"),
        ("embed", "photo.jpg", "--remove"),
        ("embed", "photo.jpg", "--undo", "r.json"),
        ("show", "photo.jpg", "--audit", "photo.jpg"),
        ("embed", "photo.jpg", "--nonsense"),
        ("embed", "photo.jpg", "--payload", "123"),
        ("embed", "photo.jpg", "--payload", "zzzzzzzzzzzzzzzz"),
        ("embed", "photo.jpg", "--payload", "00ff00ff 0ff00ff"),
        ("embed", "photo.jpg", "--strength", "0"),
        ("embed", "photo.jpg", "--strength", "much"),
        ("embed", "photo.jpg", "--strength", "nan"),
        ("embed", "photo.jpg", "--strength", "5"),
        ("embed", "photo.jpg", "-j", "-1"),
        ("embed", "photo.jpg", "-o", "out.jpg", "--in-place"),
        ("embed", "photo.jpg", "--no-watermark", "--no-metadata"),
        ("embed", "photo.jpg", "--no-watermark", "--payload", PAYLOAD),
        ("embed", "photo.jpg", "--no-metadata", "--copyright", "© me"),
        ("embed", "photo.jpg", "--no-watermark"),
        ("embed", "photo.jpg", "--web-statement", "not a URL"),
        ("detect", "photo.jpg", "--expect", "12"),
        ("embed", ""),
        ("embed", "photo.jpg", "-o", ""),
        ("embed", "photo.jpg", "--key-file", ""),
        ("detect", ""),
        ("show", "photo.jpg", ""),
        ("rights", "undo", "", "photo.jpg"),
        ("rights", "audit", "", "photo.jpg"),
        ("key", "new", ""),
        ("key", "show", ""),
        ("key", "backup", ""),
        ("key", "backup", "--json"),
        ("key", "backup", "a.key", "b.key"),
        ("key", "restore", "a", "b"),
    ],
    ids=" ".join,
)
def test_2_usage(arguments: tuple[str, ...], stamp: Runner, photo: Path, key_file: Path) -> None:
    result = stamp(*arguments)
    assert result.code == 2
    assert "Usage:" in result.err
    assert not result.out
    assert [path.name for path in Path().iterdir()] == ["photo.jpg"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("embed", "missing.jpg"),
        ("detect", "missing.jpg"),
        ("show", "missing.jpg"),
        ("embed", "empty"),
        ("detect", "empty"),
        ("embed", "zero.jpg"),
        ("detect", "zero.jpg"),
        ("show", "zero.jpg"),
        ("embed", "text.jpg"),
        ("detect", "text.jpg"),
        ("show", "text.jpg"),
        ("embed", "cut.jpg"),
        ("detect", "photo.jpg", "--key-file", "missing.key"),
        ("detect", "photo.jpg", "--key-file", "text.jpg"),
        ("embed", "photo.jpg", "--key-file", "missing.key"),
        ("embed", "photo.jpg", "--rights", "missing.toml"),
        ("embed", "photo.jpg", "--rights", "text.jpg"),
        ("embed", "photo.jpg", "-o", "taken.jpg"),
        ("embed", "photo.jpg", "-o", "photo.jpg"),
        ("embed", "photo.jpg", "-o", "photo.jpg", "--force"),
        ("embed", "photo.jpg", "-o", "out.png"),
        ("embed", "photo.jpg", "-o", "taken.jpg/out.jpg"),
        ("embed", "photo.jpg", "-o", "/proc/out.jpg"),
        ("rights", "remove", "missing.jpg", "--credit", "A"),
        ("rights", "remove", "text.jpg", "--credit", "A"),
        ("rights", "remove", "photo.jpg", "--credit", "A", "-o", "taken.jpg"),
        ("rights", "undo", "missing.json", "photo.jpg"),
        ("rights", "undo", "text.jpg", "photo.jpg"),
        ("rights", "audit", "photo.jpg", "missing.jpg"),
        ("key", "new", "taken.jpg"),
        ("key", "show", "text.jpg"),
        ("key", "show", "missing.key"),
        ("key", "backup", "text.jpg"),
        ("key", "backup", "-o", "taken.jpg"),
        ("key", "restore", "missing.txt"),
        ("key", "restore", "text.jpg"),
        ("key", "restore", "photo.jpg"),
        ("key", "new", "no/such/folder.key"),
        ("key", "new", "new.key", "--name", "x" * 65),
    ],
    ids=" ".join,
)
def test_3_error(arguments: tuple[str, ...], stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("empty").mkdir()
    Path("zero.jpg").touch()
    Path("text.jpg").write_text("this is = no [ picture, no key and no TOML")
    Path("cut.jpg").write_bytes(photo.read_bytes()[:5000])
    Path("taken.jpg").write_text("somebody else's")
    before = {path: path.is_file() and path.read_bytes() for path in Path().iterdir()}
    result = stamp(*arguments)
    assert result.code == 3
    assert result.err.startswith("stamp: ")
    assert "Traceback" not in result.err
    assert "internal error" not in result.err
    assert not result.out
    assert {path: path.is_file() and path.read_bytes() for path in Path().iterdir()} == before


def test_3_no_key(stamp: Runner, photo: Path) -> None:
    result = stamp("detect", photo)
    assert result.code == 3
    assert "--key-file" in result.err
    assert "STAMP_KEY_FILE" in result.err


@pytest.mark.slow
def test_3_wins_over_1(stamp: Runner, media: Path, key_file: Path) -> None:
    result = stamp("detect", media / "photo.jpg", "missing.jpg", media / "marked.jpg", "-j", "2")
    assert result.code == 3
    assert "no mark" in result.out
    assert PAYLOAD in result.out
    assert "missing.jpg" in result.err


def test_3_internal_error_of_one_file(
    stamp: Runner, photo: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(stamp_batch, "detect_file", broken)
    result = stamp("detect", photo)
    assert result.code == 3
    assert "photo.jpg: internal error: ZeroDivisionError: a bug" in result.err
    assert "Traceback" not in result.err
    assert "Traceback" in stamp("detect", photo, "-v").err
    assert stamp("detect", photo, "--json").entries[0]["error"]["type"] == "InternalError"


def test_3_internal_error_of_the_command(stamp: Runner, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **options: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("stamp.cli.detect.find_key", broken)
    result = stamp("detect", photo)
    assert result.code == 3
    assert "internal error: ZeroDivisionError: a bug" in result.err
    assert "Traceback" not in result.err
    assert "Traceback" in stamp("detect", photo, "-v").err


def test_3_out_of_memory(stamp: Runner, photo: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hungry(*args: object, **options: object) -> None:
        raise MemoryError

    monkeypatch.setattr(stamp_batch, "detect_file", hungry)
    result = stamp("detect", photo)
    assert result.code == 3
    assert "memory" in result.err


def test_130_interrupted(
    photo: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(stamp_batch, "detect_file", interrupted)
    assert main(["detect", str(photo)]) == 130
    assert capsys.readouterr().out == ""


def test_a_command_that_is_misspelt_is_suggested(stamp: Runner) -> None:
    result = stamp("emebd", "photo.jpg")
    assert result.code == 2
    assert "Did you mean embed?" in result.err
    assert "Did you mean" not in stamp("xyzzy").err
