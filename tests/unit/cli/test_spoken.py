"""Errors name what a caller from Python would write, and on the command line the option."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import stamp
from stamp.cli.spoken import OPTIONS, spoken

PACKAGE = Path(stamp.__file__).parent
BELOW = [
    path
    for path in PACKAGE.rglob("*.py")
    if path.relative_to(PACKAGE).parts[0] not in ("cli", "jobs", "web")
    and path.name != "guide.py"  # commands of other programs, for strangers
]


def texts(path: Path) -> list[str]:
    """The strings of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents
    ]


def test_no_message_of_the_package_knows_the_command_line() -> None:
    said = [(path, text) for path in BELOW for text in texts(path)]
    assert [(path.name, text) for path, text in said if re.search(r"--[a-z]", text)] == []


def test_every_word_is_said_somewhere() -> None:
    said = {word for path in BELOW for text in texts(path) for word in re.findall("`([^`]+)`", text)}
    assert set(OPTIONS) <= said


def test_words_of_python_become_options() -> None:
    assert spoken("a.jpg: exists; allow it (`overwrite=True`)") == "a.jpg: exists; allow it (--force)"
    assert spoken("`nothing` of ours stays, and ` alone") == "`nothing` of ours stays, and ` alone"
    replaced = "is the source itself, only replaced on purpose (`overwrite=True`)"
    assert spoken(replaced).endswith("(--in-place)")
