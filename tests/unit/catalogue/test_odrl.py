"""A licence as a policy of ODRL 2.2: of words that its JSON-LD context has, with what a rule must have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from stamp.catalogue.odrl import CONTEXT, policy
from stamp.catalogue.terms import ACTIONS, Terms, Territory, UseRule

UIDS = ("licence", "licensor", "licensee")
TERMS = Terms(
    direction="granted",
    licensor="Ada",
    licensee="ACME",
    exclusivity="exclusive",
    online=False,
    valid_from=date(2026, 1, 1),
    valid_until=date(2027, 12, 31),
    terminated_on=date(2026, 6, 1),
    works=("w1", "w2"),
    uses=(UseRule("permission", "display", "print"), UseRule("prohibition", "modify", "*")),
    territories=(Territory("150"), Territory("KZ"), Territory("RU", excluded=True)),
    sublicensable=True,
    amount=Decimal("120.5"),
    currency="EUR",
    royalty_ppm=125_000,
    attribution="Photo: Ada",
)
# Terms of http://www.w3.org/ns/odrl.jsonld; the others begin with a prefix that it has.
KEYS = """
    @context @type @value @id uid conflict assigner assignee target permission prohibition action constraint
    refinement duty leftOperand operator rightOperand unit
"""
OPERANDS = ["deliveryChannel", "spatial", "dateTime", "payAmount"]
OPERATORS = ["eq", "gteq", "lteq", "lt", "isAnyOf", "isNoneOf"]


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(each)


@pytest.mark.parametrize("action", ACTIONS)
def test_every_word_is_in_the_context(action: str) -> None:
    made = policy(*UIDS[:1], replace(TERMS, uses=(UseRule("permission", action, "print"),)), *UIDS[1:])
    assert (made["@context"], made["@type"]) == (CONTEXT, "Agreement")
    for node in nodes(made):
        assert all(key in KEYS.split() or key.startswith(("vcard:", "dct:", "rdf:")) for key in node)
        if "leftOperand" in node:
            assert node["leftOperand"] in OPERANDS
            assert node["operator"] in OPERATORS
            assert "rightOperand" in node
    for rule in (*made["permission"], *made["prohibition"]):
        assert rule["action"] in (*ACTIONS, "grantUse")


def test_what_it_says() -> None:
    made = policy(*UIDS[:1], TERMS, *UIDS[1:])
    assert (made["uid"], made["target"]) == ("urn:uuid:licence", ["urn:uuid:w1", "urn:uuid:w2"])
    assert made["assigner"] == {"@type": "Party", "uid": "urn:uuid:licensor", "vcard:fn": "Ada"}
    assert made["conflict"] == "prohibit"
    display, further = made["permission"]
    said = [(each["leftOperand"], each["operator"], each["rightOperand"]) for each in display["constraint"]]
    days = [{"@value": day, "@type": "xsd:date"} for day in ("2026-01-01", "2027-12-31", "2026-06-01")]
    assert said == [
        ("deliveryChannel", "eq", "print"),
        ("spatial", "isAnyOf", ["150", "KZ"]),
        ("spatial", "isNoneOf", ["RU"]),
        ("dateTime", "gteq", days[0]),
        ("dateTime", "lteq", days[1]),
        ("dateTime", "lt", days[2]),
    ]
    assert further["action"] == "grantUse"
    pay = [duty["action"][0]["refinement"][0] for duty in display["duty"][:2]]
    assert [each["rightOperand"]["@value"] for each in pay] == ["120.5", "12.5000"]
    assert pay[0]["unit"]["@id"].endswith("/EUR")
    assert display["duty"][2] == {"action": "attribute", "dct:description": "Photo: Ada"}
    modify, online = made["prohibition"]
    assert modify == {"action": "modify"}
    assert (online["action"], online["constraint"][0]["rightOperand"]) == ("use", "online")


def test_what_is_not_said_is_not_there() -> None:
    plain = Terms(
        direction="acquired",
        licensor="Ada",
        licensee="ACME",
        exclusivity="non_exclusive",
        online=True,
        valid_from=date(2026, 1, 1),
        works=("w1",),
        uses=(UseRule("permission", "use", "*"),),
        territories=(Territory("001"),),
    )
    made = policy(*UIDS[:1], plain, *UIDS[1:])
    assert "prohibition" not in made
    (rule,) = made["permission"]
    assert [each["leftOperand"] for each in rule["constraint"]] == ["dateTime"]
    assert "duty" not in rule
