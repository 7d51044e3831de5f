"""What nobody may promise is in no text of the package, in any language."""

from __future__ import annotations

from pathlib import Path

import pytest

import stamp
from stamp.print.promises import phrases, promised
from tests.golden.make_notices import FOLDER

PACKAGE = Path(stamp.__file__).parent
# Texts that reach strangers: templates of letters and of PDFs, the data beside them, and what comes of them.
TEXTS = [
    *(path for room in ("notices", "print") for path in sorted((PACKAGE / room).rglob("*.*"))),
    *sorted(PACKAGE.rglob("*.typ")),
    *sorted(FOLDER.glob("*.txt")),
]
READ = [path for path in TEXTS if path.suffix in (".txt", ".toml", ".typ") and path.name != "promises.toml"]


@pytest.mark.parametrize("path", READ, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_text_promises(path: Path) -> None:
    assert promised(path.read_text("utf-8")) == ()


def test_there_are_texts_of_all_languages() -> None:
    assert {path.parent.name for path in READ} >= {"en", "ru", "kk"}
    assert set(phrases()) == {"en", "ru", "kk"}


@pytest.mark.parametrize("phrase", [phrase for found in phrases().values() for phrase in found])
def test_each_phrase_is_found_in_any_case_and_over_lines(phrase: str) -> None:
    written = phrase.replace("*", "")
    assert promised(f"Xx {written.upper()}, yy")
    assert promised(f"Xx {written.replace(' ', chr(10))} yy")


@pytest.mark.parametrize(
    "text",
    [
        "He is guilty.",
        "Infringement proven",
        "this is admissible evidence",
        "a court-ready report",
        "A court will order",
        "the compensation owed to you",
        "Ответчик виновен",
        "признать виновным",
        "нарушение доказано",
        "готов для суда",
        "Суд взыщет",
        "причитающаяся компенсация",
        "Ол кінәлі",
        "кінәлілер",
        "бұзушылық дәлелденді",
        "сотқа дайын",
        "тиесілі өтемақы",
    ],
)
def test_promises_are_found(text: str) -> None:
    assert promised(text)


@pytest.mark.parametrize(
    "text", ["innocent", "невиновен", "inadmissible", "судебный акт", "сот актісі", "the court act", ""]
)
def test_other_words_are_none(text: str) -> None:
    assert promised(text) == ()
