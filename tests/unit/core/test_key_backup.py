"""A key on paper: backup and restore."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamp.core.errors import KeyFileError
from stamp.core.key import Key
from stamp.core.key_backup import backup_of, grouped, read_sheet
from stamp.core.key_words import words_of

SECRET = bytes(range(32))
KEY = Key(SECRET, "Küste: 7", datetime(2026, 11, 27, 10, 21, 7, tzinfo=UTC))
WORDS = words_of(SECRET)

NAMES = st.text(st.characters().filter(str.isprintable), min_size=1, max_size=64)
TIMES = st.datetimes(timezones=st.just(UTC)).map(lambda time: time.replace(microsecond=0))


def restored(text: str) -> Key:
    sheet = read_sheet(text.encode())
    return sheet.key(sheet.name or "unnamed")


def refused(text: str | bytes) -> str:
    with pytest.raises(KeyFileError) as caught:
        read_sheet(text if isinstance(text, bytes) else text.encode()).key("a")
    return str(caught.value)


@given(st.binary(min_size=32, max_size=32), NAMES, st.none() | TIMES)
def test_backup_and_restore(secret: bytes, name: str, created: datetime | None) -> None:
    key = Key(secret, name, created)
    again = restored(backup_of(key))
    assert (again, again.created) == (key, created)


def test_the_sheet_can_be_printed_and_read() -> None:
    lines = backup_of(KEY).splitlines()
    assert "name: Küste: 7" in lines
    assert f"fingerprint: {grouped(KEY.fingerprint)}" in lines
    assert "created: 2026-11-27T10:21:07Z" in lines
    assert f"25 {WORDS[24]:<8}   26 {WORDS[25]}" in lines
    assert max(map(len, lines)) < 100
    assert SECRET.hex()[:8] not in backup_of(KEY)


@pytest.mark.parametrize(
    "text",
    [
        " ".join(WORDS),
        "\n".join(WORDS),
        "\r\n".join(WORDS).upper(),
        ", ".join(word[:4].title() for word in WORDS),
        "\n".join(f"{at}. {word}" for at, word in enumerate(WORDS, 1)),
        "\n".join(f"{at}){word}" for at, word in reversed([*enumerate(WORDS, 1)])),  # down the columns
        "\n".join(f"{at + 1} " + " ".join(WORDS[at : at + 5]) for at in range(0, 26, 5)),
        "\ufeff# my key\n\n" + " ".join(WORDS),
    ],
)
def test_words_as_somebody_types_them(text: str) -> None:
    sheet = read_sheet(text.encode())
    assert (sheet.name, sheet.fingerprint, sheet.created) == (None, None, None)
    assert sheet.key("a") == Key(SECRET, "a")


def test_headers_as_somebody_types_them() -> None:
    head = f"NAME: a b\n Fingerprint : {KEY.fingerprint.upper()}\ncreated:2026-11-27t10:21:07z\n"
    key = restored(head + " ".join(WORDS))
    assert (key.secret, key.name, key.created) == (SECRET, "a b", KEY.created)
    assert restored(f"created: unknown\n{' '.join(WORDS)}").created is None


def test_what_is_wrong_is_said() -> None:
    sheet = backup_of(KEY)
    assert "word 5 is missing" in refused(sheet.replace(f" 5 {WORDS[4]}", ""))
    assert "not 25: word 26 is missing" in refused(" ".join(WORDS[:25]))
    assert "not 27" in refused(" ".join([*WORDS, "zoo"]))
    assert "two words with the number 2" in refused(f"2 zoo 1 zoo {' '.join(WORDS[1:])}")
    assert "not 0" in refused("")
    assert "not a text" in refused(b"\xff\xfe")
    assert "word 5" in refused(sheet.replace(f" 5 {WORDS[4]}", " 5 zzz"))
    assert "not a time" in refused(sheet.replace("27T10", "27 10 o'clock"))
    assert "both with the paper" in refused(sheet.replace("fingerprint: ", "fingerprint: 0"))
    other = Key.generate()
    assert grouped(other.fingerprint) in refused(
        sheet.replace(grouped(KEY.fingerprint), grouped(other.fingerprint))
    )


def test_nothing_printed_shows_the_words() -> None:
    assert WORDS[0] not in repr(read_sheet(backup_of(KEY).encode()))


def test_fingerprints_are_shown_in_groups() -> None:
    assert grouped("1a2b3c4d5e6f7081") == "1a2b-3c4d-5e6f-7081"
