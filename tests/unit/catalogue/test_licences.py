"""Licences: added, listed, shown and ended, on each database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.terms import Terms, Territory, UseRule
from stamp.core.errors import CatalogueError

TERMS = Terms(
    direction="granted",
    licensor="Ada",
    licensee="ACME",
    exclusivity="exclusive",
    online=True,
    valid_from=date(2026, 1, 1),
    valid_until=date(2027, 12, 31),
    works=("1",),
    uses=(UseRule("permission", "display", "web"), UseRule("prohibition", "modify", "*")),
    territories=(Territory("150"), Territory("RU", excluded=True)),
    remuneration="mixed",
    amount=Decimal("120.50"),
    currency="EUR",
    royalty_ppm=125_000,
    attribution="Photo: Ada",
)


@pytest.fixture
def full(catalogue: Catalogue) -> Catalogue:
    """With two works, and two parties."""
    for title in ("Lake", "Sea"):
        catalogue.works.add(title=title, kind="image")
    for name in ("Ada", "ACME"):
        catalogue.parties.add(name)
    return catalogue


def test_a_licence_comes_back_as_it_went_in(full: Catalogue) -> None:
    work = full.works.show("1").work
    record = full.licences.add(replace(TERMS, licensor="#1", works=("1", work[:13])))
    assert record.terms == replace(TERMS, works=(work,))
    assert full.licences.show(record.licence) == full.licences.of_work(1)[0] == record
    assert full.licences.of_work(2) == []
    entry = json.loads(json.dumps(record.to_dict()))
    assert (entry["valid_from"], entry["terminated_on"], entry["amount"]) == ("2026-01-01", None, "120.5")
    assert entry["territories"] == [{"code": "150", "excluded": False}, {"code": "RU", "excluded": True}]
    assert (entry["licence"], entry["works"], entry["error"]) == (record.licence, [work], None)
    assert full.verify().fault is None


def test_pages_of_licences(full: Catalogue) -> None:
    for work in ("1", "2", "1"):
        full.licences.add(replace(TERMS, works=(work,)))
    assert [each.number for each in full.licences.list(limit=2)] == [3, 2]
    assert [each.number for each in full.licences.list(after="#2")] == [1]
    assert [each.number for each in full.licences.list(work="1")] == [3, 1]


@pytest.mark.parametrize(
    ("wrong", "remedy"),
    [({"licensee": "Nobody"}, "stamp party add"), ({"works": ("9",)}, "stamp works add")],
)
def test_what_is_not_there(wrong: dict[str, object], remedy: str, full: Catalogue) -> None:
    with pytest.raises(CatalogueError, match=remedy):
        full.licences.add(replace(TERMS, **wrong))  # type: ignore[arg-type]
    assert full.licences.list() == []


def test_a_licence_is_ended_once(full: Catalogue) -> None:
    full.licences.add(TERMS)
    with pytest.raises(CatalogueError, match="by itself"):
        full.licences.end("1", date(2028, 1, 1))
    ended = full.licences.end("1", date(2026, 6, 1), "not paid")
    assert ended.terms.terminated_on == date(2026, 6, 1)
    assert full.licences.show("1") == ended
    with pytest.raises(CatalogueError, match="ended on 2026-06-01 already"):
        full.licences.end("1")
    assert "not paid" in full._database().execute("SELECT body FROM event ORDER BY seq DESC LIMIT 1")[0][0]
