"""What lies in what: countries, their parts, areas of UN M49, the EU."""

from __future__ import annotations

import pytest

from stamp.catalogue.terms import Territory
from stamp.catalogue.territories import AREAS, COUNTRIES, covers, overlap, territory_code
from stamp.core.errors import ArgumentError


def places(text: str) -> list[Territory]:
    """Of "150 !RU"."""
    return [Territory(code.lstrip("!"), code.startswith("!")) for code in text.split()]


def test_the_table() -> None:
    assert len(COUNTRIES) == 249
    assert len(AREAS["EU"]) == 27
    assert AREAS["419"] | AREAS["021"] == AREAS["019"]
    assert sum(len(AREAS[code]) for code in ("002", "009", "019", "142", "150")) + 1 == 249


@pytest.mark.parametrize(
    ("territories", "asked", "covered"),
    [
        ("KZ", "KZ", True),
        ("KZ", "RU", False),
        ("001", "KZ", True),
        ("001", "001", True),
        ("001 !KP", "001", False),
        ("001 !KP", "KZ", True),
        ("002 009 019 142 150 AQ", "001", False),
        ("150", "EU", False),  # Cyprus is in Asia
        ("150 CY", "EU", True),
        ("EU", "150", False),
        ("150 !RU", "150", False),
        ("150 !RU", "155", True),
        ("DE !EU", "DE", False),
        ("US", "US-CA", True),
        ("US-CA", "US", False),
        ("US !US-CA", "US", False),
        ("US !US-CA", "US-NY", True),
        ("019 !US", "US-NY", False),
        ("", "KZ", False),
        ("!RU", "KZ", False),
    ],
)
def test_what_is_covered(territories: str, asked: str, covered: bool) -> None:
    assert covers(places(territories), asked) is covered


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("150", "EU", True),
        ("150", "142", False),
        ("001 !KZ", "KZ", False),
        ("US", "US-CA", True),
        ("US !US-CA", "US-CA", False),
        ("US-NY", "US-CA", False),
        ("001 !US", "US-CA", False),
    ],
)
def test_what_overlaps(one: str, other: str, both: bool) -> None:
    assert overlap(places(one), places(other)) is overlap(places(other), places(one)) is both


@pytest.mark.parametrize("text", ["", "K", "KZT", "XX", "999", "398", "UK", "XX-1", "US-CALI", "Europe"])
def test_what_is_no_territory(text: str) -> None:
    with pytest.raises(ArgumentError, match="ISO 3166-1"):
        territory_code(text)
    with pytest.raises(ArgumentError):
        covers([], text)


def test_codes_in_small_letters() -> None:
    assert [territory_code(text) for text in (" kz ", "us-ca", "eu", "001")] == ["KZ", "US-CA", "EU", "001"]
