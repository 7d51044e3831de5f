"""The key file: its format, its checksum, and what is refused."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from stamp.core.errors import KeyFileError
from stamp.core.key import Key
from stamp.core.key_file import FORMAT, OLD_FORMAT, RING_FORMAT, read_key_file

SECRET = bytes(range(32))
KEY = Key(SECRET, "Küste 7", datetime(2026, 11, 27, 10, 21, 7, tzinfo=UTC))
OLD = json.dumps({"format": "stamp.key/1", "name": "old", "secret": SECRET.hex()}).encode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    KEY.save(tmp_path / "a.key")
    return tmp_path / "a.key"


def refused(path: Path, content: bytes | str) -> str:
    """What is said of a key file with this content."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(KeyFileError) as caught:
        Key.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert SECRET.hex()[8:40] not in message
    return message


def test_the_file_is_as_documented(path: Path) -> None:
    content = json.dumps(["stamp.key/2", "Küste 7", "2026-11-27T10:21:07Z", SECRET.hex()])
    assert json.loads(path.read_bytes()) == {
        "format": "stamp.key/2",
        "name": "Küste 7",
        "created": "2026-11-27T10:21:07Z",
        "secret": SECRET.hex(),
        "checksum": hashlib.sha256(content.encode()).hexdigest()[:16],
    }
    assert len(path.read_text().splitlines()) == 7  # a field a line


def test_the_example_of_the_documents_is_a_key(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "keys.md").read_text(encoding="utf-8")
    (tmp_path / "a.key").write_text(page.partition("```json\n")[2].partition("```")[0])
    assert Key.load(tmp_path / "a.key") == Key(SECRET, "2026-11")


def test_all_comes_back(path: Path) -> None:
    key = Key.load(path)
    assert (key, key.created) == (KEY, KEY.created)
    assert read_key_file(path).format == FORMAT
    unknown = Key(SECRET, "no date")
    unknown.save(path.with_name("b.key"))
    assert Key.load(path.with_name("b.key")).created is None


def test_a_new_key_knows_when_it_was_made() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    created = Key.generate().created
    assert created
    assert before <= created <= datetime.now(UTC)
    assert created.microsecond == 0


def test_times_are_written_in_utc(tmp_path: Path) -> None:
    east = datetime(2027, 1, 1, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    Key(SECRET, "a", east).save(tmp_path / "k")
    assert json.loads((tmp_path / "k").read_bytes())["created"] == "2026-12-31T23:30:00Z"
    assert Key.load(tmp_path / "k").created == east
    with pytest.raises(KeyFileError, match="time zone"):
        Key(SECRET, "a", datetime(2027, 1, 1))


def test_keys_are_compared_without_their_date() -> None:
    assert Key(SECRET, KEY.name) == KEY
    assert hash(Key(SECRET, KEY.name)) == hash(KEY)


def test_an_old_file_loads_as_before(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.write_bytes(OLD)
    assert Key.load(path) == Key(SECRET, "old")
    assert read_key_file(path).format == OLD_FORMAT
    assert not caplog.records


def test_every_wrong_digit_is_noticed(path: Path) -> None:
    text = path.read_text()
    start = text.index(SECRET.hex())
    for at in range(start, start + 64):
        digit = "0" if text[at] != "0" else "f"
        message = refused(path, text[:at] + digit + text[at + 1 :])
        assert "the checksum does not fit" in message
    assert "stamp key restore" in message


@pytest.mark.parametrize("line", ["format", "name", "created", "secret", "checksum"])
def test_a_missing_line_is_named(path: Path, line: str) -> None:
    text = path.read_text()
    message = refused(path, re.sub(rf' "{line}".*\n', "", text))
    assert f'the line "{line}" is missing' in message
    assert "stamp key restore" in message
    fields = json.loads(text)
    del fields[line]
    assert f'the line "{line}" is missing' in refused(path, json.dumps(fields))


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"checksum": "0" * 16}, "the checksum does not fit"),
        ({"checksum": 7}, "the checksum does not fit"),
        ({"checksum": "é"}, "the checksum does not fit"),
        ({"name": "Kuste 7"}, "the checksum does not fit"),
        ({"created": "2026-11-27T10:21:08Z"}, "the checksum does not fit"),
        ({"created": None}, "the checksum does not fit"),
        ({"created": "yesterday"}, '"created" is not a time'),
        ({"created": 7}, '"created" is not a time'),
        ({"secret": SECRET.hex()[1:]}, "not 64 hexadecimal digits"),
        ({"secret": SECRET.hex()[1:] + " "}, "not 64 hexadecimal digits"),
        ({"secret": "o" + SECRET.hex()[1:]}, "not 64 hexadecimal digits"),
        ({"name": 7}, "the name is not a text"),
        ({"format": "stamp.key/4"}, "take a newer stamp"),
        ({"format": "stamp.receipt/1"}, "not a stamp key file"),
        ({"format": ["stamp.key/2"]}, "not a stamp key file"),
    ],
)
def test_what_is_wrong_is_said(path: Path, changes: dict[str, Any], what: str) -> None:
    assert what in refused(path, json.dumps(json.loads(path.read_bytes()) | changes))


def test_a_key_typed_in_capitals_is_the_same(path: Path) -> None:
    fields = json.loads(path.read_bytes())
    path.write_text(json.dumps(fields | {name: fields[name].upper() for name in ("secret", "checksum")}))
    assert Key.load(path) == KEY


def test_a_file_that_was_cut_short_is_damaged(path: Path) -> None:
    raw = path.read_bytes()
    for length in range(len(raw) - 1):  # all but the last line's end
        message = refused(path, raw[:length])
        assert "damaged" in message or "not a stamp key file" in message
        if length > 30:
            assert "damaged" in message


def test_a_large_file_is_refused(path: Path) -> None:
    path.write_bytes(OLD + b" " * 65_536)
    with pytest.raises(KeyFileError, match="above 64 kB"):
        Key.load(path)
    path.write_bytes(OLD + b" " * (65_536 - len(OLD)))
    assert Key.load(path).name == "old"


def test_a_missing_key_says_what_helps(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"no key file here: .*stamp key restore.*cannot find old marks"):
        Key.load(tmp_path / "lost.key")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(KeyFileError, match="a pipe"):
        Key.load(tmp_path / "fifo")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs sockets with names")
def test_devices_sockets_and_folders_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # names of sockets are short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        for path in ("socket", ".", os.devnull, "/dev/zero"):
            with pytest.raises(KeyFileError, match=re.escape(path)):
                Key.load(path)


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="no files for descriptors")
def test_a_pipe_that_was_handed_over_is_read_to_its_end(path: Path) -> None:
    read, write = os.pipe()
    os.write(write, path.read_bytes())
    os.close(write)
    try:
        assert Key.load(f"/dev/fd/{read}") == KEY
    finally:
        os.close(read)


@pytest.mark.skipif(os.name != "posix", reason="needs permission bits")
@pytest.mark.parametrize(("mode", "warned"), [(0o600, 0), (0o400, 0), (0o644, 1), (0o640, 1), (0o602, 1)])
def test_a_key_that_others_can_read_is_warned_about(
    path: Path, mode: int, warned: int, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    path.chmod(mode)
    assert Key.load(path) == KEY
    assert [(record.name, record.levelno) for record in caplog.records] == [
        ("stamp.keys", logging.WARNING)
    ] * warned
    assert all(f"{path}: other users" in record.getMessage() for record in caplog.records)
    assert capfd.readouterr() == ("", "")


def test_a_fingerprint_is_short_and_of_the_secret_alone() -> None:
    assert KEY.fingerprint == "9343f2300b76775e"  # it is on paper somewhere: it must never change
    assert Key(SECRET, "other").fingerprint == KEY.fingerprint
    assert len({Key.generate().fingerprint for _ in range(100)}) == 100
    assert KEY.fingerprint not in (SECRET.hex(), SECRET[:8].hex())


def test_a_key_of_a_ring_is_its_own_after_loading(tmp_path: Path) -> None:
    member = KEY.member("customer 7")
    member.save(tmp_path / "member.key")
    loaded = Key.load(tmp_path / "member.key")
    assert loaded == member
    assert loaded.geometry == KEY.member("customer 8").geometry != KEY
    assert json.loads((tmp_path / "member.key").read_text())["format"] == RING_FORMAT
    assert {loaded.secret, loaded.finder}.isdisjoint({KEY.secret, KEY.member("customer 8").secret})


def test_a_master_lists_its_keys(path: Path) -> None:
    replace(KEY, members=("a", "b")).save_again(path)
    loaded = Key.load(path)
    assert loaded == KEY
    assert loaded.ring == (KEY.member("a"), KEY.member("b"))
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyFileError, match="another key"):
        Key(SECRET[::-1], "other").save_again(path)


@pytest.mark.parametrize(
    ("field", "wrong", "said"),
    [
        ("finder", "12", "finder is not 64"),
        ("members", "a", "not a list"),
        ("members", ["b"], "checksum"),
        ("finder", None, "checksum"),
    ],
)
def test_a_damaged_key_of_a_ring_is_refused(tmp_path: Path, field: str, wrong: object, said: str) -> None:
    file = tmp_path / "member.key"
    replace(KEY.member("a"), members=("x",)).save(file)
    content = json.loads(file.read_text()) | {field: wrong}
    assert said in refused(file, json.dumps(content))
