"""What no letter and no report may promise, in each language."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path


@cache
def phrases() -> dict[str, tuple[str, ...]]:
    """Language -> the phrases that no text may have; `*` is any ending of a word."""
    data = tomllib.loads(Path(__file__).with_name("promises.toml").read_text("utf-8"))
    return {language: tuple(found) for language, found in data.items()}


def promised(text: str) -> tuple[str, ...]:
    """Return what `text` has of the phrases of all languages, as it has them, in whatever case."""
    return tuple(found.group() for pattern in _patterns() for found in pattern.finditer(text))


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(
        re.compile(rf"(?<!\w){_written(phrase)}(?!\w)", re.IGNORECASE)
        for found in phrases().values()
        for phrase in found
    )


def _written(phrase: str) -> str:
    """A phrase as a regular expression: over the end of a line, too."""
    return r"\s+".join(re.escape(word).replace(r"\*", r"\w*") for word in phrase.split())
