"""Several names in one text, as EXIF Artist and the PNG keyword Author hold them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...core.checks import Value
from ..mapping.columns.music import Comment

_NAME = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?:;|$)|([^;]*)(?:;|$))')


def join_names(value: Value) -> str:
    """Names divided by `; `; one with a semicolon, or with a quote in front, is in double quotes. A text
    stays as it is.
    """
    if not isinstance(value, tuple):
        return str(value)
    return "; ".join(
        '"' + name.replace('"', '""') + '"' if ";" in name or name.startswith('"') else name
        for name in map(str, value)
    )


def split_names(text: str) -> tuple[str, ...]:
    """The inverse of `join_names`; empty names are left out."""
    names = []
    position = 0
    while position < len(text):
        match = _NAME.match(text, position)
        if match is None or match.end() == position:
            names.append(text[position:])
            break
        names.append(match[2] if match[1] is None else match[1].replace('""', '"'))
        position = match.end()
    return tuple(stripped for name in names if (stripped := name.strip()))


def joined(comment: Comment, value: Value, present: Sequence[str] = ()) -> tuple[str, ...]:
    """The texts that hold `value` where of several under one key most readers show one alone: all names are
    in one. `present` are the texts that are there.
    """
    texts = comment.texts(value, present)
    return (join_names(texts),) if comment.kind == "names" else texts


def divided(comment: Comment, texts: Iterable[str]) -> list[str]:
    """The inverse of `joined`."""
    return [name for text in texts for name in split_names(text)] if comment.kind == "names" else list(texts)
