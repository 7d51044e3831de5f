"""PDF from a template and values: the same bytes for the same values, with nothing from outside."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..core.errors import ArgumentError, MissingDependency

# The values come in as JSON text, so that typst sees text and never markup. The fonts are typst's own, which
# have the letters of English, Russian and Kazakh, so that every machine gives the same pages.
_PRELUDE = """\
#let d = json(bytes(sys.inputs.values))
#let (year, month, day) = json(bytes(sys.inputs.date))
#set document(title: sys.inputs.title, date: datetime(year: year, month: month, day: day))
#set text(font: "Libertinus Serif", lang: sys.inputs.language)
"""


def typeset(
    template: str,
    values: Mapping[str, Any],
    *,
    title: str,
    language: str,
    on: date,
    files: Mapping[str, bytes] | None = None,
) -> bytes:
    """Set `template`, in typst's language, as PDF/A-3b.

    template : of this package, never of a user; it finds `values` as `d`, and `files`, such as pictures, by
               their names. It is given fonts, language, title and date.
    values   : whatever JSON can hold. on : the date that the PDF bears.

    Raises
    ------
    ArgumentError     : a text has letters that typst's own fonts lack, such as Chinese ones.
    MissingDependency : typst is not installed.
    """
    try:
        import typst
    except ImportError as error:
        raise MissingDependency(
            "a PDF needs typst: pip install 'stamp-media[evidence]'", extra="evidence"
        ) from error
    inputs = {
        "values": json.dumps(values),
        "date": json.dumps([on.year, on.month, on.day]),
        "title": title,
        "language": language,
    }
    with TemporaryDirectory(prefix="stamp-") as folder:  # all that the template can read
        for name, data in (files or {}).items():
            (Path(folder) / name).write_bytes(data)
        main = Path(folder) / "main.typ"
        main.write_text(_PRELUDE + template, encoding="utf-8")
        try:
            made = typst.compile(
                main,
                root=Path(folder),
                ignore_system_fonts=True,
                format="pdf",
                sys_inputs=inputs,
                pdf_standards=["a-3b"],
            )
        except typst.TypstError as error:
            # Templates are ours and tested: only letters are new to them. typst 0.14 does not say which.
            raise ArgumentError(
                "the PDF cannot be made, since its fonts lack letters of the text: make a text file instead"
                + (f" ({error})" if str(error) else "")
            ) from error
    assert isinstance(made, bytes)
    return made
