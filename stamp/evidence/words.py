"""The sentences of reports, in each language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..core.errors import ArgumentError

LANGUAGES: Final = ("en", "ru", "kk")


class Words:
    """The sentences of one language, by section and name."""

    def __init__(self, sections: Mapping[str, Mapping[str, Any]]) -> None:
        self._sections = sections

    def __call__(self, section: str, name: str, /, **values: object) -> str:
        """Return a sentence with its values put in."""
        return str(self._sections[section][name]).format_map(values)

    def lines(self, section: str, **values: object) -> list[str]:
        """Return the sentences of a section that has several."""
        return [str(line).format_map(values) for line in self._sections[section]["lines"]]

    def section(self, name: str) -> dict[str, Any]:
        """Return a section as it is."""
        return dict(self._sections[name])

    def known(self, section: str, name: str) -> str:
        """Return what a name is called, which may be of somebody's own making: then itself."""
        return str(self._sections[section].get(name, name))


@cache
def words(language: str) -> Words:
    """Return the sentences of a language, one of LANGUAGES. Raises ArgumentError for another one."""
    if language not in LANGUAGES:
        raise ArgumentError(f"a report is in one of {', '.join(LANGUAGES)}, not in {language!r}")
    return Words(tomllib.loads((Path(__file__).parent / "texts" / f"{language}.toml").read_text("utf-8")))
