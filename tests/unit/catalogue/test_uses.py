"""Which licences take from each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from stamp.catalogue.terms import ACTIONS, Terms, Territory, UseRule
from stamp.catalogue.uses import clash, is_case_of, is_online

ONE = Terms(
    direction="granted",
    licensor="Ada",
    licensee="ACME",
    exclusivity="exclusive",
    online=True,
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
    works=("w1", "w2"),
    uses=(UseRule("permission", "present", "*"),),
    territories=(Territory("150"), Territory("RU", excluded=True)),
)


def uses(*texts: str) -> tuple[UseRule, ...]:
    """Of "display@web", or "!display@web" for what is prohibited."""
    found = []
    for text in texts:
        action, _, channel = text.lstrip("!").partition("@")
        found.append(UseRule("prohibition" if text[0] == "!" else "permission", action, channel))
    return tuple(found)


@pytest.mark.parametrize(
    ("changes", "both"),
    [
        ({}, True),
        ({"exclusivity": "non_exclusive"}, True),  # what was granted alone is granted again
        ({"direction": "acquired"}, False),
        ({"works": ("w3",)}, False),
        ({"works": ("w2", "w3")}, True),
        ({"territories": (Territory("RU"),)}, False),
        ({"territories": (Territory("EU"),)}, True),
        ({"valid_from": date(2027, 1, 1), "valid_until": None}, False),
        ({"valid_from": date(2026, 12, 31), "valid_until": None}, True),
        ({"valid_from": date(2025, 1, 1), "terminated_on": date(2026, 1, 1)}, False),
        ({"valid_from": date(2025, 1, 1), "terminated_on": date(2026, 1, 2)}, True),
        ({"uses": uses("print@*")}, False),
        ({"uses": uses("display@web")}, True),
        ({"uses": uses("use@web")}, True),
        ({"uses": uses("use@*", "!present@*")}, False),
        ({"uses": uses("use@*", "!display@*")}, True),
        ({"uses": uses("display@web"), "online": False}, False),
    ],
)
def test_licences_that_clash(changes: dict[str, Any], both: bool) -> None:
    other = replace(ONE, licensee="Best", **changes)
    assert clash(ONE, other) is clash(other, ONE) is both


def test_licences_that_share() -> None:
    one, other = (replace(ONE, exclusivity="non_exclusive", licensee=name) for name in ("ACME", "Best"))
    assert not clash(one, other)
    assert clash(one, replace(other, exclusivity="sole"))


def test_what_is_a_case_of_what() -> None:
    assert all(is_case_of(action, "use") for action in ACTIONS)
    assert [action for action in ACTIONS if is_case_of(action, "present")] == [
        "present",
        "display",
        "play",
        "stream",
    ]
    assert not is_case_of("present", "display")
    assert is_online("stream", "*")
    assert is_online("display", "youtube")
    assert not is_online("display", "*")
