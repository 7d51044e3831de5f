"""Docstrings of this project as Markdown.

`name : text`, or `name` and `text` some spaces apart, becomes an item of a list, with its indented lines.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

_ITEM = re.compile(r"([\w*.]+(?:, [\w*.]+)*)(?: +: | {2,})(.*)")
_RULE = re.compile(r"(\w+)\n-{3,}\n")


def markdown(text: str) -> str:
    """Return a docstring with its sections in bold and their items as lists."""
    lines: list[str] = []
    inside = False
    for line in _RULE.sub(r"**\1**\n\n", text).splitlines():
        if item := _ITEM.fullmatch(line):
            if not inside:
                lines.append("")
            names = ", ".join(f"`{name}`" for name in item[1].split(", "))
            lines.append(f"- {names}: {item[2]}")
            inside = True
        else:
            inside = inside and line.startswith(" ")
            lines.append(line)
    return "\n".join(lines)


class Docstrings(griffe.Extension):
    """To be named under `extensions` of the handler in `mkdocs.yml`."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:
        if obj.docstring:
            obj.docstring.value = markdown(obj.docstring.value)
