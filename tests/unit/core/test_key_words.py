"""A key as words: the list, the check, and what is said of a mistake."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.errors import KeyFileError
from stamp.core.key_words import WORDS, number_of, secret_of, word_list, words_of

SECRETS = st.binary(min_size=32, max_size=32)
LEGAL = "legal winner thank year wave sausage worth "
SOME = words_of(bytes(range(32)))


def test_the_list_is_that_of_bip_39() -> None:
    words = word_list()
    text = "".join(f"{word}\n" for word in words)
    assert hashlib.sha256(text.encode()).hexdigest().startswith("2f5eed53a4727b4bf8880d8f3f199efc")
    assert len(words) == len({word[:4] for word in words}) == 2048
    assert list(words) == sorted(words)


# The test vectors of BIP-39 (https://github.com/trezor/python-mnemonic/blob/master/vectors.json).
@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("00" * 32, "abandon " * 23 + "art"),
        ("ff" * 32, "zoo " * 23 + "vote"),
        (
            "7f" * 32,
            "legal winner thank year wave sausage worth useful " * 2
            + "legal winner thank year wave sausage worth title",
        ),
        (
            "68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c",
            "hamster diagram private dutch cause delay private meat slide toddler razor book "
            "happy fancy gospel tennis maple dilemma loan word shrug inflict delay length",
        ),
    ],
)
def test_the_first_24_words_are_those_of_bip_39(secret: str, words: str) -> None:
    assert words_of(bytes.fromhex(secret))[:24] == tuple(words.split())


def test_two_words_of_check_stay_what_they_are() -> None:
    assert words_of(bytes(32))[24:] == ("frog", "correct")


@given(SECRETS)
def test_words_and_back(secret: bytes) -> None:
    words = words_of(secret)
    assert len(words) == WORDS
    assert secret_of(words) == secret
    assert secret_of([word.upper() for word in words]) == secret
    assert secret_of([word[:4] for word in words]) == secret


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(SECRETS, st.integers(0, WORDS - 1), st.integers(0, 2047))
def test_any_other_word_is_refused_and_the_right_one_named(secret: bytes, at: int, number: int) -> None:
    words = list(words_of(secret))
    right, words[at] = words[at], word_list()[number]
    if words[at] == right:
        assert secret_of(words) == secret
        return
    with pytest.raises(KeyFileError) as caught:
        secret_of(words)
    assert f"word {at + 1}, which may be {right!r}" in str(caught.value)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(SECRETS, st.integers(0, WORDS - 1), st.integers(0, WORDS - 1))
def test_swapped_words_are_refused_and_named(secret: bytes, one: int, other: int) -> None:
    words = list(words_of(secret))
    words[one], words[other] = words[other], words[one]
    if words == list(words_of(secret)):
        return
    with pytest.raises(KeyFileError) as caught:
        secret_of(words)
    first, last = sorted((one + 1, other + 1))
    assert f"words {first} and {last}, which may have changed places" in str(caught.value)


@pytest.mark.slow
def test_more_mistakes_are_refused() -> None:
    with pytest.raises(KeyFileError, match="more than one of them"):
        secret_of(["zoo", "zoo", *SOME[2:]])


def test_words_that_are_in_no_list_are_named() -> None:
    words = list(SOME)
    words[2], words[24] = "abandom", "qqq"
    with pytest.raises(KeyFileError, match=r"word 3 is not .*'abandom'; abandon.*; word 25 is not .*'qqq'"):
        secret_of(words)


@pytest.mark.parametrize("count", [0, 24, 25, 27])
def test_26_words_are_needed(count: int) -> None:
    with pytest.raises(KeyFileError, match=f"not {count}"):
        secret_of((SOME * 2)[:count])


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("act", "act"),
        ("ACT", "act"),
        ("acto", "actor"),
        ("actr", "actress"),
        ("zoo", "zoo"),
        ("aban", "abandon"),
    ],
)
def test_words_by_their_beginning(word: str, found: str) -> None:
    number = number_of(word)
    assert number is not None
    assert word_list()[number] == found


@pytest.mark.parametrize("word", ["", "a", "aba", "abandons", "zo", "é", "７"])
def test_what_is_no_word(word: str) -> None:
    assert number_of(word) is None
