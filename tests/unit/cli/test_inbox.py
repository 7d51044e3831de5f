"""`stamp embed --watch`: files come, are marked once they are whole, and it ends when it is told to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stamp.core.key import Key
from stamp.pipeline.files import detect_file

from .conftest import Runner

PATIENCE = 60.0  # seconds; the machine may be busy
Start = Callable[..., Any]


def wait_for(file: str, word: str, times: int = 1) -> str:
    """Wait until a file has a word so many times, and return all of it."""
    until = time.monotonic() + PATIENCE
    while (text := Path(file).read_text()).count(word) < times:
        assert time.monotonic() < until, f"{word} did not come:\n{text}"
        time.sleep(0.05)
    return text


@contextmanager
def watching(command: Start, *options: str) -> Iterator[Any]:
    """`stamp embed --watch`, which prints into the files `said` and `news`."""
    with open("said", "w") as said, open("news", "w") as news:
        process = command(
            "embed", "--watch", "--settle", "1", "in", "-o", "out", *options, stdout=said, stderr=news
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.mark.slow
def test_what_comes_is_marked_when_it_is_whole_and_a_restart_goes_on(
    command: Start, media: Path, key_file: Path
) -> None:
    photo, growing = (media / "photo.jpg").read_bytes(), Path("in/a.jpg")
    growing.parent.mkdir()
    with watching(command) as process:
        wait_for("news", "watching in")
        with growing.open("wb", buffering=0) as file:
            for start in range(0, len(photo), len(photo) // 4 + 1):
                file.write(photo[start : start + len(photo) // 4 + 1])
                time.sleep(0.6)  # less than it has to be still for
                assert not Path("out/a.jpg").exists()
        wait_for("said", "payload")
        Path("in/aa.jpg").write_text("no photo")
        Path("in/b.jpg").write_bytes(photo)
        wait_for("said", "payload", 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
    news = Path("news").read_text()
    assert news.count("in/aa.jpg") == 1
    assert "2 marked, 1 failed" in news
    assert growing.read_bytes() == photo
    before = {name: Path("out", name).stat().st_mtime_ns for name in ("a.jpg", "b.jpg")}
    assert detect_file(Path("out/a.jpg"), keys=Key.load(key_file)).payload is not None

    Path("in/c.jpg").write_bytes(photo)
    with watching(command, "--json-lines") as process:
        wait_for("said", '"output": "out/c.jpg"')
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 0
    assert Path("said").read_text().splitlines()[-1].startswith('{"summary": ')
    assert {name: Path("out", name).stat().st_mtime_ns for name in before} == before
    assert sorted(os.listdir("out")) == ["a.jpg", "b.jpg", "c.jpg"]


def test_what_cannot_be_watched_is_said(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("in").mkdir()
    for wrong, reason in {
        (photo,): "is for folders",
        ("nothing",): "is for folders",
        ("in", "--in-place"): "exclude each other",
        ("in", "--dry-run"): "exclude each other",
        ("in", "--json"): "--json-lines",
        ("s3://bucket/in/", "-o", "out/"): "not for stores and --scheduler",
        ("in", "-o", "s3://bucket/out/"): "not for stores and --scheduler",
        ("in", "-o", "out/", "--scheduler", "tcp://127.0.0.1:9"): "not for stores and --scheduler",
    }.items():
        result = stamp("embed", "--watch", *wrong)
        assert (result.code, reason in result.err) == (2, True), result.err
