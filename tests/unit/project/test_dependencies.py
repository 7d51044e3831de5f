"""Every dependency has two ends that were tried, and the page that says so agrees with the package."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.helpers.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
RANGES = {
    name: limits
    for line in [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
    for name, limits in [re.fullmatch(r"([a-z][a-z0-9-]*)(?:\[\w+\])?(.*)", line).groups()]  # type: ignore[union-attr]
    if name != PROJECT["name"]
}
TOOLS = ("hypothesis", "mypy", "pytest", "pytest-timeout", "pytest-xdist", "ruff")
NO_KNOWN_HOLES = {"pillow": (13, 0), "pillow-heif": (1, 3), "av": (18, 1)}
"""The first releases without a known hole in what is called; docs/dependencies.md names the holes."""


def numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, release.split(".")))


@pytest.mark.parametrize("name", RANGES)
def test_both_ends_are_given(name: str) -> None:
    assert re.fullmatch(r">=[0-9.]+,<[0-9.]+", RANGES[name]), f"{name}{RANGES[name]}"


@pytest.mark.parametrize("name", [name for name in TOOLS if name in RANGES])
def test_tools_are_held_to_a_minor(name: str) -> None:
    low, high = re.findall(r"[0-9.]+", RANGES[name])
    assert numbers(high) == (*numbers(low)[:1], numbers(low)[1] + 1)


@pytest.mark.parametrize("name", NO_KNOWN_HOLES)
def test_no_release_with_a_known_hole_is_let_in(name: str) -> None:
    low, _ = re.findall(r"[0-9.]+", RANGES[name])
    assert numbers(low) >= NO_KNOWN_HOLES[name]


def test_the_page_says_the_same() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([a-z0-9-]+) \| `(>=[^`]*)` \| ([0-9.]+) \|", page, re.MULTILINE)
    assert {name: limits for name, limits, _ in rows} == RANGES
    for name, limits, oldest in rows:
        low, high = re.findall(r"[0-9.]+", limits)
        assert numbers(low) <= numbers(oldest) < numbers(high), name
