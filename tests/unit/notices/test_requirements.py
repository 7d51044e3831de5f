"""The data of notices: whole in each language, with sources that have dates, and on its page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from stamp.notices import requirements
from stamp.notices.requirements import (
    CONFIRMATIONS,
    KINDS,
    LANGUAGES,
    Source,
    elements,
    kind_of,
    language_of,
)
from tests.helpers.cases import TODAY

TEMPLATES = Path(requirements.__file__).with_name("templates")


@pytest.mark.parametrize("kind", KINDS)
def test_kinds_name_elements_that_there_are(kind: str) -> None:
    wanted = kind_of(kind)
    assert {*wanted.required, *wanted.public, *wanted.form} <= {*elements(), "statements"}
    assert {need for statement in wanted.statements for need in statement.needs} <= set(CONFIRMATIONS)
    assert wanted.language in LANGUAGES
    assert "comparison" in wanted.required
    assert wanted.sources
    for source in wanted.sources:
        assert date(2026, 1, 1) <= source.read <= TODAY
        assert source.read_at.startswith(("http://", "https://"))
    # All that must be there can be pasted, where there is a form.
    pasted = {"comparison", "addressee", *wanted.form}
    assert not wanted.form or set(wanted.required) - {"claimant_is", "owner_name"} <= pasted


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_language_is_whole(language: str) -> None:
    known = language_of(language)
    assert len(set(known.months)) == 12
    assert known.date(date(2026, 11, 7)) == {
        "en": "7 November 2026",
        "ru": "7 ноября 2026 года",
        "kk": "2026 жылғы 7 қараша",
    }.get(language)
    for kind in KINDS:
        assert (TEMPLATES / language / f"{kind}.txt").is_file()


def test_no_two_elements_have_the_same_words() -> None:
    for language in LANGUAGES:
        words = [element.words[language] for element in elements().values()]
        assert len(set(words)) == len(words)


def test_doubts_of_a_source() -> None:
    source = Source("S", date(2026, 1, 1), "https://example.org", first_party=True)
    assert source.doubt(date(2027, 1, 1)) is None
    assert "over a year ago" in str(source.doubt(date(2027, 1, 2)))
    copy = Source("S", date(2026, 1, 1), "https://example.org", first_party=True, copy=True)
    assert "read in a copy, https://example.org" in str(copy.doubt(date(2026, 1, 1)))
    guide = Source("S", date(2026, 1, 1), "https://example.org", first_party=False)
    assert "own text" in str(guide.doubt(date(2026, 1, 1)))
    assert " and it was read" in str(guide.doubt(date(2028, 1, 1)))
