"""`stamp key show`, `backup` and `restore`, and what other commands say of keys."""

from __future__ import annotations

import io
import json
import os
import pickle
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from stamp.cli import main
from stamp.core.key import Key
from stamp.core.key_backup import grouped
from stamp.core.key_words import words_of
from stamp.jobs.demo import paint
from stamp.jobs.keys import find_key
from stamp.jobs.tasks import DetectTask

from .conftest import Result

SECRET = bytes(range(32))
WORDS = words_of(SECRET)
OLD = {"format": "stamp.key/1", "name": "old", "secret": SECRET.hex()}


Call = Callable[..., Result]
Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def default(tmp_path: Path) -> Path:
    """The place of the user's own key."""
    return tmp_path / "config" / "stamp" / "stamp.key"


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Call:
    def run(*arguments: str | os.PathLike[str], stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        return Result(main([os.fspath(argument) for argument in arguments]), *capsys.readouterr())

    return run


@pytest.fixture
def key() -> Key:
    key = Key(SECRET, "2026", Key.generate().created)
    key.save("a.key")
    return key


def test_show(call: Call, key: Key) -> None:
    result = call("key", "show", "a.key")
    assert result.code == 0
    assert result.err == ""
    for word in ("a.key", "2026", grouped(key.fingerprint), "made 20"):
        assert word in result.out
    assert SECRET.hex()[:8] not in result.out


def test_show_as_json(call: Call, key: Key) -> None:
    Path("old.key").write_text(json.dumps(OLD))
    result = call("key", "show", "a.key", "missing.key", "old.key", "--json")
    assert result.code == 3
    new, missing, old = result.entries
    assert new.pop("created").endswith("Z")
    assert new == {
        "path": "a.key",
        "name": "2026",
        "fingerprint": key.fingerprint,
        "format": "stamp.key/2",
        "error": None,
    }
    assert (old["name"], old["fingerprint"], old["created"]) == ("old", key.fingerprint, None)
    assert old["format"] == "stamp.key/1"
    assert missing.keys() == old.keys()
    assert missing["error"]["type"] == "KeyFileError"
    assert SECRET.hex()[:8] not in result.out + result.err


def test_show_says_of_an_old_file_that_it_is_one(call: Call, key: Key) -> None:
    Path("old.key").write_text(json.dumps(OLD))
    assert "older key file" in call("key", "show", "old.key").err
    assert "older" not in call("key", "show", "a.key").err
    assert call("key", "backup", "old.key", "-o", "b").err.count("older") == 0


def test_show_without_a_file(call: Call, key: Key, default: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = call("key", "show")
    assert lost.code == 3
    assert "stamp key restore" in lost.err
    default.parent.mkdir(parents=True)
    Key.generate("mine").save(default)
    assert str(default) in call("key", "show").out
    monkeypatch.setenv("STAMP_KEY_FILE", "a.key")
    assert call("key", "show").out.startswith("a.key: key 2026")


def test_new_shows_the_fingerprint(call: Call) -> None:
    result = call("key", "new", "n.key", "--name", "n", "--json")
    (entry,) = result.entries
    assert entry["key"] == entry["name"] == "n"
    assert entry["fingerprint"] == Key.load("n.key").fingerprint
    assert "stamp key backup n.key" in result.err


def test_backup_and_restore(call: Call, key: Key, default: Path) -> None:
    printed = call("key", "backup", "a.key")
    assert printed.code == 0
    assert all(f"{at:2} {word}" in printed.out for at, word in enumerate(WORDS, 1))
    assert "whoever reads these words has the key" in printed.err
    assert call("key", "backup", "a.key", "-o", "b.txt").code == 0
    assert Path("b.txt").read_text() == printed.out
    assert Path("b.txt").stat().st_mode & 0o777 == 0o600
    assert call("key", "restore", "b.txt").code == 0
    again = Key.load(default)
    assert (again, again.created) == (key, key.created)
    piped = call("key", "restore", "-o", "c.key", "--json", stdin=printed.out)
    assert piped.code == 0
    assert piped.entries[0]["path"] == "c.key"
    assert Path("c.key").read_bytes() == Path("a.key").read_bytes()


def test_an_old_key_can_be_brought_into_the_new_format(call: Call) -> None:
    Path("old.key").write_text(json.dumps(OLD))
    sheet = call("key", "backup", "old.key").out
    assert call("key", "restore", "-o", "new.key", "--name", "renamed", stdin=sheet).code == 0
    assert json.loads(Path("new.key").read_text())["format"] == "stamp.key/2"
    assert Key.load("new.key") == Key(SECRET, "renamed")


def test_nothing_is_overwritten(call: Call, key: Key, default: Path) -> None:
    Path("b.txt").write_text("somebody's")
    assert call("key", "backup", "a.key", "-o", "b.txt").code == 3
    assert Path("b.txt").read_text() == "somebody's"
    before = Path("a.key").read_bytes()
    other = call("key", "backup", "a.key").out
    result = call("key", "restore", "-o", "a.key", stdin=other)
    assert result.code == 3
    assert "never overwritten" in result.err
    assert Path("a.key").read_bytes() == before
    assert not default.exists()


def test_words_are_in_no_document(call: Call, key: Key) -> None:
    assert call("key", "backup", "a.key", "--json").code == 2
    result = call("key", "backup", "a.key", "-o", "b.txt", "--json")
    (entry,) = result.entries
    assert (entry["path"], entry["output"]) == ("a.key", "b.txt")
    assert WORDS[1] not in result.out + result.err


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("name: a\n" + " ".join(["abandom", *WORDS[1:]]), "word 1 is not in the list"),
        ("name: a\n" + " ".join([WORDS[1], WORDS[0], *WORDS[2:]]), "words 1 and 2"),
        ("name: a\n" + " ".join(WORDS[:-1]), "word 26 is missing"),
        ("name: a\nfingerprint: 0000-0000-0000-0000\n" + " ".join(WORDS), "compare both"),
        ("", "not 0"),
    ],
)
def test_a_backup_that_is_wrong(text: str, what: str, call: Call, default: Path) -> None:
    Path("b.txt").write_text(text)
    Path("b.txt").chmod(0o600)
    for arguments in ((), ("b.txt",)):
        result = call("key", "restore", *arguments, stdin="" if arguments else text)
        assert result.code == 3
        assert what in result.err
        assert result.err.startswith(f"stamp: {'b.txt' if arguments else 'the backup'}: ")
        assert not default.exists()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("file", ["missing.txt", "fifo", "."])
def test_a_backup_that_cannot_be_read(file: str, call: Call) -> None:
    os.mkfifo("fifo")
    result = call("key", "restore", file)
    assert result.code == 3
    assert result.err.count(f"{file}: ") == 1


def test_words_alone_need_a_name(call: Call, default: Path) -> None:
    words = " ".join(WORDS)
    assert call("key", "restore", stdin=words).code == 2
    assert not default.exists()
    assert call("key", "restore", "--name", "mine", stdin=words).code == 0
    assert Key.load(default) == Key(SECRET, "mine")


@pytest.mark.slow
def test_words_are_asked_for_on_a_terminal(command: Start, default: Path) -> None:
    ours, theirs = pytest.importorskip("pty").openpty()
    process = command("key", "restore", stdin=theirs)
    os.close(theirs)
    typed = [*WORDS[:3], "abandom", *(word[:4].upper() for word in WORDS[3:]), "mine"]
    os.write(ours, "".join(f"{word}\n" for word in typed).encode())
    out, err = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == 0, err
    assert err.count("word 4 of 26") == 2
    assert err.count("not in the list of words") == 1
    assert "name of the key" in err
    assert out.startswith(f"{default}: key mine")
    assert Key.load(default).secret == SECRET


def test_a_key_that_others_can_read_is_told_once(call: Call, key: Key) -> None:
    Path("a.key").chmod(0o644)
    Image.new("RGB", (256, 256)).save("p.png")
    arguments = ("detect", "p.png", "--key-file", "a.key", "--key-file", "a.key")
    assert call(*arguments).err.count("a.key: other users have access") == 1
    assert "other users" not in call(*arguments, "-q").err
    Path("a.key").chmod(0o600)
    assert "other users" not in call(*arguments).err


@pytest.mark.slow
def test_workers_do_not_repeat_it(command: Start, key: Key) -> None:
    Path("a.key").chmod(0o644)
    for name in ("a.png", "b.png", "c.png"):
        Image.new("RGB", (256, 256)).save(name)
    process = command("detect", ".", "--key-file", "a.key", "-j", "2")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.count("other users have access") == 1


def test_detect_without_a_key_says_what_helps(call: Call, default: Path) -> None:
    Image.new("RGB", (256, 256)).save("p.png")
    result = call("detect", "p.png")
    assert result.code == 3
    for word in (str(default), "stamp key restore", "--key-file", "cannot find old marks"):
        assert word in result.err
    assert not default.exists()


@pytest.mark.slow
def test_the_first_embed_says_where_its_key_is_and_what_to_do(call: Call, default: Path) -> None:
    paint(Path("p.jpg"), size=(512, 384))
    result = call("embed", "p.jpg")
    assert result.code == 0
    key = Key.load(default)
    for word in (f"made your key, {default}", grouped(key.fingerprint), "stamp key backup"):
        assert word in result.err
    assert key.secret.hex()[:8] not in result.err
    assert "made your key" not in call("embed", "p.jpg", "--force").err


def test_no_secret_in_a_task_or_an_error(call: Call, key: Key) -> None:
    dumped = pickle.dumps(DetectTask((find_key("a.key"),)))
    assert SECRET not in dumped
    assert SECRET.hex().encode() not in dumped
    assert key.fingerprint.encode() in dumped
    text = Path("a.key").read_text()
    Path("a.key").write_text(re.sub('"checksum": ".', '"checksum": "x', text))
    result = call("key", "show", "a.key", "-v")
    assert result.code == 3
    assert SECRET.hex()[:8] not in result.out + result.err


@pytest.mark.slow
def test_a_ring(call: Call, key: Key, tmp_path: Path) -> None:
    for name in ("anna", "bela", "anna"):
        Path(f"{name}.key").unlink(missing_ok=True)
        made = call("key", "new", f"{name}.key", "--ring", "a.key", "--name", name)
        assert made.code == 0, made.err
    assert Key.load("bela.key") == key.member("bela")
    assert Key.load("a.key").members == ("anna", "bela")
    paint(Path("photo.jpg"), size=(480, 360))
    marked = ("embed", "photo.jpg", "-o", "marked.jpg", "--key-file", "bela.key", "--no-catalogue")
    assert call(*marked).code == 0
    found = call("detect", "marked.jpg", "--key-file", "a.key")
    assert found.code == 0
    assert "bela" in found.out
    assert call("detect", "marked.jpg", "--key-file", "anna.key").code == 1


def test_what_is_no_ring(call: Call, key: Key) -> None:
    assert call("key", "new", "b.key", "--ring", "a.key").code == 2
    assert call("key", "new", "b.key", "--ring", "a.key", "--name", "b").code == 0
    again = call("key", "new", "c.key", "--ring", "b.key", "--name", "c")
    assert again.code == 3
    assert "master" in again.err
    backup = call("key", "backup", "b.key")
    assert backup.code == 3
    assert "--ring" in backup.err
