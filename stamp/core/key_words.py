"""A key's secret as 26 words, to be written on paper and typed again (ADR 90).

Words 1 to 24 are those of BIP-39 for 256 bits of entropy: the secret, then the first 8 bits of its SHA-256,
11 bits a word. Any program that knows BIP-39 gets the secret back from them. Words 25 and 26 are 22 more bits
of check.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from itertools import combinations

from .errors import KeyFileError
from .key_file import KEY_BYTES

WORDS = 26
_BIP39_WORDS = 24
_BITS = 11  # of a word: the list has 2^11
_PREFIX = 4  # letters that no two words of the list share
_CHECK = b"stamp.key-words/1\0"
_CHECK_BITS = _BITS * (WORDS - _BIP39_WORDS)


@cache
def word_list() -> tuple[str, ...]:
    """Return the 2048 words in their order."""
    lines = files(__package__).joinpath("words.txt").read_text("ascii").splitlines()
    return tuple(line for line in lines if not line.startswith("#"))


def words_of(secret: bytes) -> tuple[str, ...]:
    """Return the 26 words of a secret of 32 bytes."""
    return tuple(word_list()[number] for number in _numbers(secret))


def secret_of(words: Sequence[str]) -> bytes:
    """Return the secret of its 26 words, in lower case or not, each whole or its first four letters or more.

    Raises
    ------
    KeyFileError : a word is not in the list, or the check fails: a word is another than it was, or two have
        changed places. Says which one, where that can be known.
    """
    if len(words) != WORDS:
        raise KeyFileError(f"a key's backup has {WORDS} words, not {len(words)}")
    found = [number_of(word) for word in words]
    unknown = [
        f"word {at} is not in the list of words{_suggestion(word)}"
        for at, (word, number) in enumerate(zip(words, found, strict=True), 1)
        if number is None
    ]
    if unknown:
        raise KeyFileError("; ".join(unknown))
    numbers = [number for number in found if number is not None]
    secret = _secret(numbers)
    if _numbers(secret) != numbers:
        raise KeyFileError(f"the words do not fit together: {_what_would_fit(numbers)}")
    return secret


def number_of(word: str) -> int | None:
    """Return the place of a word in the list, None for one that is not in it."""
    word, known = word.lower(), word_list()
    if word in known:
        return known.index(word)
    begun = [number for number, each in enumerate(known) if len(word) >= _PREFIX and each.startswith(word)]
    return begun[0] if begun else None


def _suggestion(word: str) -> str:
    near = get_close_matches(word.lower(), word_list(), n=2)
    return f": {word!r}; {' or '.join(near)}?" if near else f": {word!r}"


def _numbers(secret: bytes) -> list[int]:
    """The numbers of the words of a secret, those of the check among them."""
    bits = int.from_bytes(secret + hashlib.sha256(secret).digest()[:1], "big")
    check = int.from_bytes(hashlib.sha256(_CHECK + secret).digest()[:4], "big") >> (32 - _CHECK_BITS)
    bits = bits << _CHECK_BITS | check
    return [bits >> (_BITS * (WORDS - 1 - at)) & (1 << _BITS) - 1 for at in range(WORDS)]


def _secret(numbers: Sequence[int]) -> bytes:
    bits = 0
    for number in numbers[:_BIP39_WORDS]:
        bits = bits << _BITS | number
    return (bits >> 8).to_bytes(KEY_BYTES, "big")


def _what_would_fit(numbers: list[int]) -> str:
    """Which one mistake would explain why the words do not fit. Each of the 54,000 that are tried fits by
    chance once in 2^30 times."""
    for changed, mistake in _with_one_mistake(numbers):
        if _numbers(_secret(changed)) == changed:
            return f"compare with the paper, above all {mistake}"
    return "more than one of them is wrong or in another's place; compare all with the paper"


def _with_one_mistake(numbers: list[int]) -> Iterator[tuple[list[int], str]]:
    for one, other in combinations(range(WORDS), 2):
        swapped = numbers.copy()
        swapped[one], swapped[other] = numbers[other], numbers[one]
        yield swapped, f"words {one + 1} and {other + 1}, which may have changed places"
    for at in range(WORDS):
        for number, word in enumerate(word_list()):
            yield [*numbers[:at], number, *numbers[at + 1 :]], f"word {at + 1}, which may be {word!r}"
