"""The key: its file, its name, its streams."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
from pathlib import Path

import numpy as np
import pytest

from stamp.core.errors import KeyFileError
from stamp.core.key import Key
from stamp.watermark.common.streams import words

SECRET = bytes(range(32))
KEY = Key(SECRET, "tests")


def _record(**changes: object) -> bytes:
    good = {"format": "stamp.key/1", "name": "tests", "secret": SECRET.hex()}
    return json.dumps({name: value for name, value in (good | changes).items() if value is not None}).encode()


def test_a_saved_key_comes_back(tmp_path: Path) -> None:
    key = Key.generate("Küste 7")
    key.save(tmp_path / "k")
    key.save(str(tmp_path / "again"))
    assert Key.load(tmp_path / "k") == Key.load(str(tmp_path / "again")) == key
    assert Key.load(tmp_path / "k").name == "Küste 7"


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_only_the_owner_may_read_it(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        KEY.save(tmp_path / "k")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "k"
    KEY.save(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="never overwritten") as error:
        Key.generate().save(path)
    assert str(path) in str(error.value)
    assert path.read_bytes() == before


def test_a_key_is_not_written_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "k").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileError):
        KEY.save(tmp_path / "k")
    assert not (tmp_path / "elsewhere").exists()


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    path = tmp_path / "no such folder" / "k"
    with pytest.raises(KeyFileError) as error:
        KEY.save(path)
    assert str(path) in str(error.value)


def test_a_full_disk_leaves_no_half_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="No space left") as error:
        KEY.save(tmp_path / "k")
    assert str(tmp_path / "k") in str(error.value)
    assert list(tmp_path.iterdir()) == []


MALFORMED = {
    "empty": b"",
    "binary": bytes(range(128, 256)),
    "truncated": _record()[:-10],
    "a list": b"[1, 2]",
    "a string": b'"stamp.key/1"',
    "nested": b"[" * 100_000,
    "of a later format": _record(format="stamp.key/3"),
    "of the next format, without its fields": _record(format="stamp.key/2"),
    "without a format": _record(format=None),
    "without a name": _record(name=None),
    "without a secret": _record(secret=None),
    "a short secret": _record(secret=SECRET[:31].hex()),
    "a long secret": _record(secret=SECRET.hex() + "00"),
    "no hexadecimal": _record(secret="x" * 64),
    "a number": _record(secret=7),
    "an empty name": _record(name=""),
    "a long name": _record(name="n" * 65),
    "an unprintable name": _record(name="\u001b[31m"),
}


@pytest.mark.parametrize("content", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_file_is_named_and_its_secret_is_not(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "k"
    path.write_bytes(content)
    with pytest.raises(KeyFileError) as error:
        Key.load(path)
    assert str(path) in str(error.value)
    assert SECRET.hex()[:60] not in str(error.value)


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_missing_file_or_a_folder_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyFileError) as error:
        Key.load(tmp_path / name)
    assert str(tmp_path / name) in str(error.value)


@pytest.mark.parametrize("secret", [b"", SECRET[:31], SECRET + b"0", "0" * 32, bytearray(SECRET)])
def test_a_secret_is_32_bytes(secret: object) -> None:
    with pytest.raises(KeyFileError):
        Key(secret)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "n" * 65, "two\nlines", "\x00"])
def test_a_name_is_printable(name: str) -> None:
    with pytest.raises(KeyFileError):
        Key(SECRET, name)


def test_nothing_printed_shows_the_secret() -> None:
    for text in (repr(KEY), str(KEY), f"{KEY}", repr([KEY])):
        assert "tests" in text
        assert SECRET.hex()[:8] not in text
        assert repr(SECRET)[2:10] not in text


def test_generated_keys_differ_and_are_named() -> None:
    a, b = Key.generate(), Key.generate()
    assert a.secret != b.secret
    assert a.name == b.name != ""


def test_streams_are_shake_of_hmac() -> None:
    seed = hmac.new(SECRET, b"some/purpose", hashlib.sha256).digest()
    assert KEY.stream("some/purpose", 1000) == hashlib.shake_256(seed).digest(1000)


def test_streams_depend_on_secret_and_purpose_only() -> None:
    other = Key(SECRET[::-1], "tests")
    streams = {k.stream(p, 32) for k in (KEY, other) for p in ("a", "b", "a/b", "")}
    assert len(streams) == 8
    assert KEY.stream("a", 32) == Key(SECRET, "another name").stream("a", 32)


def test_words_are_big_endian_whatever_the_machine() -> None:
    raw = KEY.stream("w", 8 * 50)
    found = words(KEY, "w", 50)
    assert found.dtype == np.uint64
    assert found.tolist() == [int.from_bytes(raw[i : i + 8], "big") for i in range(0, 400, 8)]


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs an endless file")
def test_an_endless_key_file_is_refused() -> None:
    with pytest.raises(KeyFileError, match="/dev/zero"):
        Key.load("/dev/zero")
