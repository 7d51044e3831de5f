"""Ways to call the command line, a small photo, and the same photo marked."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import stamp as package
from stamp.cli import main
from stamp.core.key import Key
from stamp.jobs.demo import paint
from stamp.pipeline.files import embed_file

PAYLOAD = "00ff00ff00ff00ff"


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document

    @property
    def entries(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.document["results"]
        return entries


Runner = Callable[..., Result]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and an empty config folder: nothing of the developer's own leaks in or out."""
    config = tmp_path / "config"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    monkeypatch.delenv("STAMP_KEY_FILE", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def stamp(capsys: pytest.CaptureFixture[str]) -> Runner:
    """Call the command line in this process."""

    def call(*arguments: str | os.PathLike[str]) -> Result:
        capsys.readouterr()
        code = main([os.fspath(argument) for argument in arguments])
        return Result(code, *capsys.readouterr())

    return call


def _interruptible() -> None:
    """A shell that puts the tests into the background ignores Ctrl-C for all of them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def command() -> Callable[..., subprocess.Popen[str]]:
    """Start the command line in a process of its own, in a process group of its own."""

    def start(
        *arguments: str | os.PathLike[str], env: Mapping[str, str] = {}, **options: Any
    ) -> subprocess.Popen[str]:
        environment = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])} | env
        defaults: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        if os.name == "posix":
            defaults["preexec_fn"] = _interruptible
        return subprocess.Popen(
            [sys.executable, "-m", "stamp", *arguments],
            env=environment,
            start_new_session=True,
            **(defaults | options),
        )

    return start


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """photo.jpg, marked.jpg (with PAYLOAD), and the key for it, mark.key. Read only, please."""
    folder = tmp_path_factory.mktemp("media")
    paint(folder / "photo.jpg", size=(640, 480))
    key = Key.generate("tests")
    key.save(folder / "mark.key")
    embed_file(folder / "photo.jpg", folder / "marked.jpg", bytes.fromhex(PAYLOAD), key=key)
    return folder


@pytest.fixture
def photo(media: Path, elsewhere: Path) -> Path:
    """photo.jpg in the working folder, as a relative path."""
    copy = Path("photo.jpg")
    copy.write_bytes((media / "photo.jpg").read_bytes())
    return copy


@pytest.fixture
def key_file(media: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The key of marked.jpg, known to the command line."""
    monkeypatch.setenv("STAMP_KEY_FILE", str(media / "mark.key"))
    return media / "mark.key"


@pytest.fixture
def folder(media: Path, elsewhere: Path) -> Path:
    """photos/ with four photos, two of them a level deeper, and what a walk must leave alone."""
    root = Path("photos")
    (root / "deep").mkdir(parents=True)
    for number, name in enumerate(("a.jpg", "b.JPG", "deep/c.jpeg", "deep/d.jpg")):
        paint(root / name, size=(512, 384), seed=number)
    for name in ("notes.txt", ".hidden.jpg", "old.stamped.jpg", ".a.jpg.0123.stamp-tmp"):
        (root / name).write_text("not a picture")
    return root


def digests(folder: Path) -> dict[str, str]:
    """Relative name -> SHA-256, for every file in a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def receipts(path: str | os.PathLike[str]) -> list[dict[str, Any]]:
    """The entries of a journal of receipts, whose last line may be broken off."""
    head, *lines = Path(path).read_text(encoding="ascii").splitlines()
    assert json.loads(head)["schema"] == "stamp.receipt/2"
    found = []
    for line in lines:
        with suppress(ValueError):
            found.append(json.loads(line))
    return [entry for entry in found if "schema" not in entry]
