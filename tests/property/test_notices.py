"""Whatever a claimant writes is text: in letters no template, in PDFs no markup."""

from __future__ import annotations

import string
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stamp.core.errors import CaseError
from stamp.notices.case import elements_of
from stamp.notices.letters import render
from stamp.notices.paper import pdf
from tests.helpers.cases import TODAY, complete

SIGNS = "{}%#$\\`*_@<>[]()=-+/~^&|!?:;,.'\"\n әқ"
WORDS = st.sampled_from(
    ["{{ 7*7 }}", "{% raw %}", "{# #}", "#panic()", "#import", "*b*", "$x$", "//", "/*", "```", "\\", "{%"]
)
TEXTS = st.lists(WORDS | st.text(SIGNS + string.ascii_letters, max_size=20), max_size=8).map(" ".join)
CODES = ("addressee", "claimant_address", "work_description", "explanation")


def case_with(text: str) -> dict[str, Any]:
    return complete("host", **dict.fromkeys(CODES, f"A {text} Z"))


@pytest.mark.slow
@given(TEXTS)
@example("{{ ''.__class__ }}")
@settings(deadline=None)
def test_values_are_in_the_letter_as_they_are(text: str) -> None:
    case = case_with(text)
    letter = render("host", "kk", case, today=TODAY)
    for code in CODES:
        assert elements_of(case)[code] in letter.text
    ordinary = render("host", "kk", case_with("x"), today=TODAY).text.replace("A x Z", "")
    assert letter.text.replace(elements_of(case)["explanation"], "") == ordinary


@pytest.mark.slow
@given(TEXTS)
@example('#read("/etc/passwd")')
@example("/* *_")
@settings(deadline=None, max_examples=50)
def test_values_are_no_markup(text: str) -> None:
    letter = render("host", "ru", case_with(text), today=TODAY)
    assert pdf(letter).startswith(b"%PDF")


@given(
    st.dictionaries(
        st.sampled_from(["work_title", "infringing_urls", "comparison", "deadline", "x"]),
        st.from_type(object) | st.text(),
    )
)
@settings(deadline=None)
def test_any_case_is_read_or_refused(case: dict[str, Any]) -> None:
    with suppress(CaseError):
        elements_of(case)
