"""A key on a sheet of paper: `backup_of` makes the text, `read_sheet` takes what somebody typed from it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from .errors import KeyFileError
from .key import Key
from .key_file import time_of, time_text
from .key_words import WORDS, secret_of, words_of

_COLUMNS = 4
_LONGEST_WORD = 8
_FACT = re.compile(r"\s*(name|fingerprint|created)\s*: ?(.*)", re.IGNORECASE)
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_HEAD = """\
# Backup of a key of stamp. These words are the key: whoever reads them can find, forge and
# remove your marks. Print this page, keep it where only you get at it, and delete the file.
# They belong to no wallet: type them nowhere but here:
#
#     stamp key restore
#
# It asks for the words, or takes a file of this form. Capitals and line breaks do not matter;
# of a word, four letters are enough. What begins with # may be left out.
"""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet says: the words in their order, and of the rest what is there."""

    words: tuple[str, ...] = field(repr=False)
    name: str | None = None
    fingerprint: str | None = None
    created: datetime | None = None

    def key(self, name: str) -> Key:
        """Return the key, under the name `name`.

        Raises
        ------
        KeyFileError : a word is wrong or in another's place, or the fingerprint is of another key.
        """
        key = Key(secret_of(self.words), name, self.created)
        if self.fingerprint not in (None, key.fingerprint):
            found, wanted = grouped(key.fingerprint), grouped(str(self.fingerprint))
            raise KeyFileError(f"the words are of the key {found}, not {wanted}: compare both with the paper")
        return key


def grouped(fingerprint: str) -> str:
    """Return a fingerprint as people compare it: 1a2b-3c4d-5e6f-7081."""
    return "-".join(re.findall(".{1,4}", fingerprint))


def backup_of(key: Key) -> str:
    """Return the text of a key's backup: name, fingerprint, date and words, with what to do with them.

    Raises
    ------
    KeyFileError : the key is one of a ring, which no words hold.
    """
    if key.finder:
        raise KeyFileError(
            "a key of a ring is made again from its master and its name (`Key.member`): back up the master"
        )
    facts = [
        f"name: {key.name}",
        f"fingerprint: {grouped(key.fingerprint)}",
        f"created: {time_text(key.created) or 'unknown'}",
    ]
    cells = [f"{at:2} {word:<{_LONGEST_WORD}}" for at, word in enumerate(words_of(key.secret), 1)]
    rows = ["   ".join(cells[at : at + _COLUMNS]).rstrip() for at in range(0, WORDS, _COLUMNS)]
    return "\n".join([_HEAD, *facts, "", *rows, ""])


def read_sheet(raw: bytes) -> Sheet:
    """Read a backup: a whole sheet, or words alone. A number says which word follows.

    Raises
    ------
    KeyFileError : it is no text in UTF-8, a word is missing, there are too many, or the date is none. Whether
        the words are the right ones is asked by `Sheet.key`.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise KeyFileError("not a text in UTF-8") from error
    facts: dict[str, str] = {}
    words: dict[int, str] = {}
    at = 1
    for line in text.splitlines():
        if line.lstrip().startswith("#"):
            continue
        if fact := _FACT.fullmatch(line):
            facts[fact[1].lower()] = fact[2]
            continue
        for token in _TOKEN.findall(line):
            if token.isdecimal():
                at = int(token[:4])
                continue
            if at in words:
                raise KeyFileError(f"there are two words with the number {at}: {words[at]!r} and {token!r}")
            words[at] = token
            at += 1
    missing = [number for number in range(1, WORDS + 1) if number not in words]
    if missing or len(words) != WORDS:
        lost = f": word {missing[0]} is missing" if missing else ""
        raise KeyFileError(f"a key's backup has {WORDS} words, not {len(words)}{lost}")
    return Sheet(
        tuple(words[number] for number in range(1, WORDS + 1)),
        facts.get("name") or None,
        "".join(re.findall("[0-9a-f]", facts.get("fingerprint", "").lower())) or None,
        _created(facts.get("created", "unknown").strip()),
    )


def _created(text: str) -> datetime | None:
    try:
        return None if text.lower() in ("", "unknown") else time_of(text.upper())
    except ValueError as error:
        raise KeyFileError(
            f"created: {text!r} is not a time such as 2026-11-27T10:21:07Z; leave the line out if in doubt"
        ) from error
