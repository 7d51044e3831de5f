"""What is said, in each language."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest

from stamp.cli.check import _REASONS
from stamp.core.comparison import VERDICTS as COMPARED
from stamp.core.detection import Transform
from stamp.core.known import KnownMark
from stamp.core.payload import Payload
from stamp.core.reports import DetectReport
from stamp.core.verdict import RecognisedBy
from stamp.print.promises import promised
from stamp.web import saying
from stamp.web.pages import _drawn


def flat(value: Any, name: str = "") -> dict[str, str]:
    if isinstance(value, str):
        return {name: value}
    return {key: text for each, more in value.items() for key, text in flat(more, f"{name}.{each}").items()}


@pytest.mark.parametrize("language", saying.LANGUAGES)
def test_every_language_says_everything(language: str) -> None:
    english, said = flat(saying.texts("en")), flat(saying.texts(language))
    assert list(said) == list(english)
    for name, text in said.items():
        assert text.strip() == text != ""
        assert promised(text) == ()
        assert set(re.findall(r"{\w*}", text)) <= set(re.findall(r"{\w*}", english[name])), name
    assert set(saying.texts(language)["reason"]) == set(_REASONS)
    assert set(saying.texts(language)["how"]) == set(get_args(RecognisedBy))
    assert set(saying.texts(language)["compared"]) == set(COMPARED)


@pytest.mark.parametrize("language", saying.LANGUAGES)
def test_the_page_is_in_its_language_and_offers_what_a_role_may(language: str) -> None:
    page = _drawn(language, ("viewer", "analyst", "admin"), True)
    assert f'<html lang="{language}">' in page
    assert page.count('type="file"') == 4
    assert len(re.findall(r'for="([\w-]+)"', page)) == 4
    ids = re.findall(r' id="([\w-]+)"', page)
    assert len(ids) == len(set(ids))
    assert 'id="mark"' not in _drawn(language, ("viewer",), True)
    assert 'id="works"' not in _drawn(language, ("viewer", "analyst", "admin"), False)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("", "en"),
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("de, kk;q=0.5", "kk"),
        ("en;q=0.1,kk", "kk"),
        (";q=x,", "en"),
    ],
)
def test_the_language_that_is_asked_for_first(wanted: str, found: str) -> None:
    assert saying.language(wanted) == found


REPORT = DetectReport(
    present=True,
    payload=Payload(bytes(8)),
    score=9.0,
    threshold=2.7,
    log10_p=-30.5,
    bits_corrected=2,
    transform=Transform(1.8, 17.4, True, 1.0),
    scheme="stamp.image.2",
    key_name="k",
    known=KnownMark("u", 3, "Lake", recipient="ACME"),
)


def test_words_of_a_mark() -> None:
    text = saying.texts("en")
    words = saying.detected(REPORT.to_dict(), text, figures=True)
    assert words["verdict"] == "ours"
    assert words["sure"].endswith("below 1 in 10³⁰.")
    assert words["lines"][:5] == [
        "Work no. 3: Lake.",
        "The copy of ACME.",
        "It is mirrored.",
        "It is turned by 17°.",
        "At most about 31 % of the original is seen.",
    ]
    assert "10³⁰" not in saying.detected(REPORT.to_dict(), text, figures=False)["sure"]


def test_what_shows_how_near_a_mark_is_to_being_lost_is_left_out() -> None:
    shown = saying.without_figures(
        {"report": REPORT.to_dict(), "log10_p": -3, "comparison": {"correlation": 0.4}}
    )
    assert not re.search(r"30\.5|9\.0|2\.7|-3\b|0\.4", str(shown))
    assert shown["report"]["watermark"]["payload"] == "00" * 8


@pytest.mark.parametrize("verdict", ["copy", "scene"])
def test_a_find_by_its_fingerprint_is_not_said_to_be_a_mark(verdict: str) -> None:
    match = {"verdict": verdict, "mirrored": True, "overlap": {"work": 0.4}, "work_span": None}
    find = {"work": "u", "work_number": 1, "title": "Lake", "payload": None, "recipient": None}
    entry = find | {"comparison": None, "verdict": "open", "basis": "fingerprint", "matched": match}
    text = saying.texts("en")
    said = saying.found(entry, text)
    assert said["verdict"] == "open"
    assert (said["say"], said["sure"]) == (text["say"][verdict], text["sure_of_match"][verdict])
    assert len(said["lines"]) == 3
    by_hand = saying.found(entry | {"basis": "hand", "matched": None}, text)
    assert (by_hand["say"], by_hand["sure"], len(by_hand["lines"])) == (text["say"]["none"], "", 1)
