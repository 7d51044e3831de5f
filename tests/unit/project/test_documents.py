"""The documents: links lead somewhere, modules that are named exist, tables are those of the results."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import stamp
from benchmarks import readme
from tests.helpers.places import ROOT

PAGES = [
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "benchmarks").rglob("*.md")),
]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
WRITTEN = [name for name in NAMES if "/results/" not in name and name != "CHANGELOG.md"]
FILES = [
    path.relative_to(ROOT).as_posix()
    for folder in ("stamp", "benchmarks", "tests", "docs", ".")
    for path in (ROOT.glob("*.toml") if folder == "." else (ROOT / folder).rglob("*.*"))
    if path.suffix in (".py", ".toml", ".json")
]


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.*)", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name: str) -> None:
    page = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?:|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.is_relative_to(ROOT), f"{target} leaves the repository"
        assert linked.exists(), f"nothing is at {target}"
        if anchor:
            assert anchor in anchors(linked), f"{target} has no such heading"


@pytest.mark.parametrize("name", WRITTEN)
def test_modules_that_are_named_exist(name: str) -> None:
    quoted = re.findall(r"`([^`\s]+)`", prose(ROOT / name))
    for word in quoted:
        # What `stamp` reads and writes itself is no file of the project.
        if re.fullmatch(r"[\w/]+\.(py|toml|json)", word) and word not in ("stamp.toml", "evidence.json"):
            assert any(f"/{path}".endswith(f"/{word}") for path in FILES), f"no file is called {word}"
        if re.fullmatch(r"(stamp|benchmarks|tests|docs)/[\w/]*", word):
            assert (ROOT / word).exists(), f"nothing is at {word}"
    for command in re.findall(r"`(?:python -m )?(benchmarks\.[\w.]+)", prose(ROOT / name)):
        module = ROOT / command.replace(".", "/")
        assert module.is_dir() or module.with_suffix(".py").is_file(), f"there is no {command}"


def test_the_architecture_names_the_modules_of_every_room() -> None:
    """The paragraphs of "In each room": `**room**` and what lies in it, packages and modules."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition("### In each room")[2].partition("\n## ")[0]
    rooms = re.split(r"^\*\*(\w+)\*\*", section, flags=re.MULTILINE)[1:]
    described = dict(zip(rooms[::2], rooms[1::2], strict=True))
    folders = {path.name for path in (ROOT / "stamp").iterdir() if (path / "__init__.py").is_file()}
    assert set(described) == folders
    for room, paragraph in described.items():
        found = {path.stem for path in (ROOT / "stamp" / room).rglob("*.py")}
        named = re.findall(r"`([a-z_0-9]+)`", paragraph)
        missing = [name for name in named if name not in found]
        assert not missing, f"{room} has no module {', '.join(missing)}"


@pytest.mark.parametrize("page", readme.documents(), ids=lambda page: page.stem)
def test_blocks_are_those_of_the_results(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    filled, missing = readme.fill(text, page.parent)
    assert not missing
    assert filled == text, "run `python -m benchmarks.readme`"


def test_a_block_without_results_stays_and_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readme.runner, "RESULTS", tmp_path)
    text = "a\n<!-- begin: speed -->\nold\n<!-- end: speed -->\nb\n"
    assert readme.fill(text) == (text, ["speed"])


def test_the_readme_has_few_tables_after_its_limits() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = [found.start() for found in re.finditer("<!-- begin: ", text)]
    assert len(blocks) <= 3
    assert text.index("## Limits") < min(blocks)


def test_the_page_of_the_api_lists_the_public_surface() -> None:
    listed = re.findall(r"^::: stamp\.(\w+)$", (ROOT / "docs" / "api.md").read_text("utf-8"), re.MULTILINE)
    assert sorted([*listed, "__version__"]) == sorted(stamp.__all__)
