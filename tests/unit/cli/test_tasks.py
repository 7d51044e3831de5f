"""What the commands send to other processes: plain data, and no secret."""

from __future__ import annotations

import base64
import dataclasses
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stamp.cli import main
from stamp.core.key import Key
from stamp.jobs import runner, tasks
from stamp.jobs.plan import Job
from stamp.pipeline.receipts import Receipts

from .conftest import PAYLOAD, Runner

RIGHTS = ("--copyright", "© {year} A", "--creator", "A", "--no-ai")
CLASSES = {value for name, value in vars(tasks).items() if isinstance(value, type) and name.endswith("Task")}


@pytest.fixture
def sent(photo: Path, key_file: Path, stamp: Runner, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The tasks of all commands, with every option that may find its way into one."""
    found: list[Any] = []

    def catch(task: Any, jobs: Iterable[Job], *others: Any, **more: Any) -> Iterator[Any]:
        found.append(task)
        yield from ()

    Key.load(key_file).save("same name.key")
    Key.generate("former").save("former.key")
    noticed = stamp("embed", photo, "-o", "a.jpg", "--no-watermark", *RIGHTS, "--receipt", "r.json")
    assert noticed.code == 0
    assert stamp("works", "add", photo, "--catalogue", "c.sqlite").code == 0
    monkeypatch.setattr("stamp.cli.run.run_jobs", catch)
    keys = ("--key-file", str(key_file), "--key-file", "former.key")
    monkeypatch.setenv("STAMP_KEY_FILE", "former.key")
    for command in (
        ("embed", "clip.mp4", *RIGHTS, *keys, "--payload", PAYLOAD, "--resume", "--audio", "--crf", "20"),
        ("embed", "photo.jpg"),
        ("embed", "photo.jpg", "--no-watermark", *RIGHTS, "--receipt", "new.json", "--resume", *keys),
        ("rights", "remove", "photo.jpg", *RIGHTS, "--in-place"),
        ("rights", "undo", "r.json", "photo.jpg"),
        ("rights", "audit", "photo.jpg", "photo.jpg"),
        ("detect", "photo.jpg", *keys, "--key-file", "same name.key", "--expect", PAYLOAD),
        ("detect", "photo.jpg"),
        ("show", "photo.jpg"),
        ("sign", "photo.jpg", "-o", "signed.jpg", "--sign", "chain.pem", "--sign-key", "key.pem"),
        ("credentials", "show", "photo.jpg"),
        ("check", "photo.jpg", *keys, "--catalogue", "c.sqlite"),
    ):
        assert main(list(command)) == 0
    assert {type(task) for task in found} == CLASSES
    return found


def secrets(key: Key) -> list[bytes]:
    text = key.secret.hex()
    return [key.secret, text.encode(), text.upper().encode(), base64.b64encode(key.secret)[:40]]


def test_no_secret_in_a_pickle(sent: list[Any], key_file: Path) -> None:
    keys = [Key.load(key_file), Key.load("former.key")]
    for key in keys:
        assert key.secret in pickle.dumps(key)  # it would be found
    for task in sent:
        for what in (task, runner._Guarded(task, runner.keys_without_file())):
            for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
                dumped = pickle.dumps(what, protocol)
                assert not any(secret in dumped for key in keys for secret in secrets(key))
        again = pickle.loads(pickle.dumps(task))
        assert plain(again) == plain(task)


def test_tasks_are_plain_data(sent: list[Any]) -> None:
    for task in sent:
        plain(task)


def plain(value: Any) -> Any:
    """The value in terms of JSON; fails for what has none."""
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Receipts):
        return {name: plain(each) for name, each in vars(value).items()}
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    assert value is None or isinstance(value, str | int | float | date), value
    return value


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no files for descriptors")
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_key_that_can_be_read_only_once(
    processes: str, command: Callable[..., Any], media: Path, key_file: Path
) -> None:
    read, write = os.pipe()
    os.write(write, key_file.read_bytes())
    os.close(write)
    marked = media / "marked.jpg"
    arguments = ("detect", marked, marked, "--key-file", f"/dev/fd/{read}", "-j", processes)
    process = command(*arguments, env={"STAMP_KEY_FILE": ""}, pass_fds=[read])
    os.close(read)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "stamp: 2 with a mark\n")
    assert out.count(PAYLOAD) == 2
