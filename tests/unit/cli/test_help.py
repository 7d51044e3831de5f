"""`--help`: options in groups, each once."""

from __future__ import annotations

import re

import pytest

from .conftest import Runner

GROUPS = {
    "embed": [
        *("Sources and results", "Rights", "Watermark", "Visible notice", "Clips"),
        *("Content Credentials", "Catalogue", "Run", "Output"),
    ],
    "sign": ["Sources and results", "Watermark", "Content Credentials", "Catalogue", "Run", "Output"],
    "credentials show": ["Watermark", "Content Credentials", "Catalogue", "Run", "Output"],
    "credentials new-cert": ["Content Credentials", "Output"],
    "detect": ["Sources and results", "Watermark", "Catalogue", "Run", "Output"],
    "confirm": ["Watermark", "Output"],
    "preview": ["Sources and results", "Visible notice", "Output"],
    "show": ["Catalogue", "Run", "Output"],
    "formats": ["Output"],
    "rights remove": ["Sources and results", "Rights", "Run", "Output"],
    "rights undo": ["Sources and results", "Run", "Output"],
    "rights audit": ["Run", "Output"],
    "key new": ["Key", "Output"],
    "key show": ["Output"],
    "key backup": ["Key", "Output"],
    "key restore": ["Key", "Output"],
    "works add": ["Catalogue", "Output"],
    "works list": ["Catalogue", "Output"],
    "works search": ["Catalogue", "Output"],
    "works show": ["Catalogue", "Output"],
    "works export": ["Catalogue", "Output"],
    "works copy-to": ["Catalogue", "Output"],
    "works import": ["Watermark", "Catalogue", "Output"],
    "works recover": ["Catalogue", "Output"],
    "works verify": ["Catalogue", "Output"],
    "works backup": ["Catalogue", "Output"],
    "works deposit": ["Sources and results", "Catalogue", "Evidence", "Output"],
    "party add": ["Catalogue", "Output"],
    "party list": ["Catalogue", "Output"],
    "licence add": ["Licence", "Catalogue", "Output"],
    "licence list": ["Catalogue", "Output"],
    "licence show": ["Catalogue", "Output"],
    "licence end": ["Licence", "Catalogue", "Output"],
    "works index": ["Catalogue", "Run", "Output"],
    "match": ["Sources and results", "Watermark", "Catalogue", "Run", "Output"],
    "watch": ["Fetching", "Watermark", "Catalogue", "Run", "Output"],
    "check": ["Watermark", "Catalogue", "Run", "Output"],
    "party show": ["Catalogue", "Output"],
    "party erase": ["Catalogue", "Output"],
    "find add": ["Sources and results", "Watermark", "Catalogue", "Output"],
    "find list": ["Catalogue", "Output"],
    "find show": ["Catalogue", "Output"],
    "find compare": ["Sources and results", "Watermark", "Catalogue", "Output"],
    "evidence make": ["Sources and results", "Catalogue", "Evidence", "Output"],
    "evidence verify": ["Evidence", "Output"],
    "notice": ["Catalogue", "Notice", "Claimant", "Output"],
    "case open": ["Catalogue", "Output"],
    "case list": ["Catalogue", "Output"],
    "case show": ["Catalogue", "Output"],
    "case sent": ["Catalogue", "Output"],
    "case reply": ["Sources and results", "Catalogue", "Output"],
    "case close": ["Catalogue", "Output"],
    "serve": ["Service", "Who may ask", "Watermark", "Catalogue", "Run", "Output"],
    "demo": ["Watermark", "Output"],
    "selftest": ["Output"],
    "completions": ["Output"],
    "manual": ["Output"],
}


@pytest.mark.parametrize("command", GROUPS)
def test_options_are_in_groups(command: str, stamp: Runner) -> None:
    page = stamp(*command.split(), "--help").out
    assert re.findall(r"^(\S.*):$", page, re.MULTILINE) == GROUPS[command]
    options = re.findall(r"^  (-\S.*?)  ", page, re.MULTILINE)
    assert len(options) == len(set(options))
    assert "-h, --help" in options
    # The texts of all groups begin in the same column.
    assert (
        len(
            {
                len(line) - len(line[2:].split("  ", 1)[1].lstrip())
                for line in page.splitlines()
                if line.startswith("  -") and "  " in line[2:]
            }
        )
        == 1
    )


def test_commands_are_in_groups(stamp: Runner) -> None:
    page = stamp("--help").out
    assert re.findall(r"^(\S.*):$", page, re.MULTILINE) == [
        "Options",
        "Watermarks",
        "Rights notices",
        "Content Credentials",
        "Catalogue",
        "Finds",
        "Service",
        "Set up",
    ]
    names = "embed detect preview sign credentials show rights works check party licence find case evidence"
    for name in [
        *names.split(),
        "match",
        "watch",
        "notice",
        "serve",
        "key",
        "formats",
        "selftest",
        "demo",
        "completions",
        "manual",
    ]:
        assert re.search(rf"^  {name} +\S", page, re.MULTILINE)
    assert re.findall(r"^  (\w+)  ", stamp("rights", "--help").out, re.MULTILINE) == [
        "audit",
        "remove",
        "undo",
    ]
