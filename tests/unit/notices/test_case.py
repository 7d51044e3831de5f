"""Cases: each element in its one form, or refused with the reason."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from stamp.core.errors import CaseError
from stamp.notices.case import CLAIMANT, Comparison, case_of, elements_of, missing, of_find
from stamp.notices.requirements import KINDS, elements
from tests.helpers.cases import complete


def test_a_case_is_put_together_of_its_parts() -> None:
    claimant = {"name": "Ada", "email": "ada@example.org", "is": "owner"}
    case = case_of({"work_title": "Lake", "claimant_email": "b@example.org"}, claimant, ["good-faith"])
    assert elements_of(case) == {
        "claimant_name": "Ada",
        "claimant_email": "b@example.org",
        "claimant_is": "owner",
        "owner_name": "Ada",
        "work_title": "Lake",
        "good_faith": True,
    }


FIND = {
    "title": "Lake",
    "verdict": "ours",
    "compared_by": "Ada",
    "compared_at": "2026-11-26T11:00:00.000000+00:00",
    "sightings": [
        {"url": "https://example.com/a", "media_url": "https://example.com/a.jpg"},
        {"url": "https://example.com/b", "media_url": None},
        {"url": "https://example.com/a", "media_url": None},
    ],
}


def test_a_find_gives_title_pages_and_comparison() -> None:
    assert elements_of(of_find(FIND)) == {
        "work_title": "Lake",
        "infringing_urls": ("https://example.com/a", "https://example.com/b"),
        "comparison": Comparison("Ada", date(2026, 11, 26)),
    }
    hidden = {"sightings": [{"url": None, "media_url": "https://example.com/a.jpg"}]}
    assert elements_of(of_find(FIND | hidden))["infringing_urls"] == ("https://example.com/a.jpg",)


def test_a_find_that_was_not_compared_gives_no_comparison() -> None:
    new = {"title": None, "verdict": "open", "compared_by": None, "compared_at": None, "sightings": []}
    assert elements_of(of_find(new)) == {}
    assert "comparison" not in elements_of(of_find(FIND | {"verdict": "not_ours"}))


def test_all_that_a_claimant_has_are_elements() -> None:
    assert set(CLAIMANT.values()) <= set(elements())


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_case_lacks_what_it_must_have_and_a_complete_one_nothing(kind: str) -> None:
    codes = [element.code for element in missing(kind, {})]
    assert {"claimant_name", "work_title", "infringing_urls", "comparison"} <= set(codes)
    assert codes == [code for code in elements() if code in codes]
    assert missing(kind, complete(kind)) == []


@pytest.mark.parametrize("value", ["", "  ", "\n", None, [], [""]])
def test_what_is_empty_is_missing(value: Any) -> None:
    case = complete("youtube", infringing_urls=value)
    assert [element.code for element in missing("youtube", case)] == ["infringing_urls"]


def test_values_have_one_form() -> None:
    found = elements_of(
        {
            "claimant_address": "  1 Abai Avenue \r\n\r\n\t Almaty",
            "infringing_urls": "https://example.com/a",
            "enclosures": ["a", "b", "a"],
            "deadline": "2026-12-24",
            "comparison": {"verdict": "ours", "by": "Ada", "on": datetime(2026, 11, 1, 12)},
        }
    )
    assert found == {
        "claimant_address": "1 Abai Avenue\nAlmaty",
        "infringing_urls": ("https://example.com/a",),
        "enclosures": ("a", "b"),
        "deadline": date(2026, 12, 24),
        "comparison": Comparison("Ada", date(2026, 11, 1)),
    }


@pytest.mark.parametrize(
    "case",
    [
        {"title": "Lake"},
        {"good_faith": True},
        {"confirmed": ["all"]},
        {"confirmed": 1},
        {"work_title": 1},
        {"work_title": "a\nb"},
        {"work_title": "a\x1b[2Jb"},
        {"work_title": "a\u202eb"},
        {"work_title": "\ud800"},
        {"explanation": "x" * 8001},
        {"claimant_is": "friend"},
        {"infringing_urls": ["example.com/a"]},
        {"infringing_urls": ["javascript:alert(1)"]},
        {"infringing_urls": ["https://example.com/a b"]},
        {"infringing_urls": ["https://[1"]},
        {"infringing_urls": [1]},
        {"infringing_urls": {"a": 1}},
        {"work_url": "file:///etc/passwd"},
        {"deadline": "soon"},
        {"deadline": 5},
        {"comparison": "ours"},
        {"comparison": {"verdict": "mine"}},
        {"comparison": {"verdict": "ours", "who": "Ada"}},
        {"comparison": {"verdict": "ours", "by": "Ada", "on": "today"}},
    ],
)
def test_what_is_no_element_is_refused(case: dict[str, Any]) -> None:
    with pytest.raises(CaseError):
        elements_of(case)
