"""Where the guides of the architecture send somebody who adds a thing, and the pages that must know of it."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from stamp.core.rights import Rights
from stamp.formats.table import FORMATS, NOTICES

ROOT = Path(__file__).parents[3]
SECTION = (
    (ROOT / "docs" / "architecture.md")
    .read_text("utf-8")
    .partition("## Which room does it belong in\n")[2]
    .partition("\n## ")[0]
)
GUIDES = dict(
    re.findall(r"^\*\*(.+?)\*\*((?:(?!^\*\*).*\n?)*)", SECTION, re.MULTILINE),
)
STEPS = [
    (title, step)
    for title, guide in GUIDES.items()
    for step in re.findall(r"^\d\. ((?:.*\n)(?:^ .*\n?)*)", guide + "\n", re.MULTILINE)
]


def test_there_is_a_guide_for_each_thing() -> None:
    titles = " ".join(GUIDES)
    for thing in (
        "field",
        "container",
        "image codec",
        "codec of clips",
        "attack",
        "command",
        "stage",
        "mark",
    ):
        assert thing in titles
    numbered = {title for title, _ in STEPS}
    assert {"A rights field", "A command", "An image codec"} <= numbered


@pytest.mark.parametrize(("title", "step"), STEPS, ids=[f"{title}: {step[:40]}" for title, step in STEPS])
def test_what_a_step_names_is_in_the_files_it_names(title: str, step: str) -> None:
    quoted = re.findall(r"`([^`\s]+)`", step)
    paths = [ROOT / word for word in quoted if "/" in word]
    assert all(path.exists() for path in paths), paths
    text = "".join(path.read_text("utf-8") for path in paths if path.suffix == ".py")
    for name in quoted:
        if re.fullmatch(r"_?[A-Z][A-Z_]+", name):
            assert re.search(rf"^ *{name}\b.*=", text, re.MULTILINE), f"{title}: no {name} in its files"


def test_each_field_is_on_the_page_of_the_notice() -> None:
    table = (ROOT / "docs" / "rights.md").read_text("utf-8").partition("\n| field | holds |\n")[2]
    named = re.findall(r"`(\w+)`", table.partition("\n\n")[0])
    for field in fields(Rights):
        assert field.name in named or field.name.endswith("_translations")


@pytest.mark.parametrize("page", sorted(path.stem for path in (ROOT / "docs" / "formats").glob("*.md")))
def test_each_page_of_a_format_is_on_the_site(page: str) -> None:
    assert f": docs/formats/{page}.md\n" in (ROOT / "mkdocs.yml").read_text("utf-8")


@pytest.mark.parametrize("name", NOTICES)
def test_each_container_has_a_page(name: str) -> None:
    page = ROOT / "docs" / "formats" / f"{'mp4' if FORMATS[name].reader == 'mp4' else name}.md"
    assert page.is_file()
