"""A notice as a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ..print.typesetting import typeset
from .letters import Notice

_TEMPLATE: Final = Path(__file__).with_name("letter.typ")


def pdf(notice: Notice) -> bytes:
    """Return the notice as PDF/A-3b: the same bytes for the same notice.

    Raises
    ------
    ArgumentError     : it has letters that the PDF's fonts lack.
    MissingDependency : typst is not installed.
    """
    body = notice.text.removeprefix(notice.title).removesuffix(f"\n---\n{notice.note}\n")
    paragraphs = [paragraph.split("\n") for paragraph in body.strip().split("\n\n")]
    return typeset(
        _TEMPLATE.read_text("utf-8"),
        {"title": notice.title, "paragraphs": paragraphs, "note": notice.note},
        title=notice.title,
        language=notice.language,
        on=notice.date,
    )
