"""Letters: whole in each language, refused by name while an element is missing."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from stamp.core.errors import CaseError, MissingElements
from stamp.notices.letters import render
from stamp.notices.requirements import CONFIRMATIONS, KINDS, LANGUAGES, elements, kind_of, language_of
from tests.golden.make_notices import FOLDER, letter
from tests.helpers.cases import TODAY, complete, of_agent

OF_AGENTS = ("owner_name", "authority")
REQUIRED = [(kind, code) for kind in KINDS for code in kind_of(kind).required if code != "owner_name"]
CONFIRMED = [
    (kind, need) for kind in KINDS for statement in kind_of(kind).statements for need in statement.needs
]


def without(case: dict[str, Any], code: str) -> dict[str, Any]:
    return {name: value for name, value in case.items() if name != code}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_complete_case_gives_the_letter_that_was_read(kind: str, language: str) -> None:
    assert letter(kind, language) == (FOLDER / f"{kind}-{language}.txt").read_text("utf-8")


@pytest.mark.parametrize(("kind", "code"), REQUIRED)
def test_each_missing_element_is_named(kind: str, code: str) -> None:
    with pytest.raises(MissingElements) as caught:
        render(kind, "en", without(complete(kind), code), today=TODAY)
    assert [each["code"] for each in caught.value.missing] == [code]
    assert f"({code})" in str(caught.value)
    assert elements()[code].how in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", OF_AGENTS)
def test_an_agent_says_for_whom_and_by_which_document(kind: str, code: str) -> None:
    with pytest.raises(MissingElements) as caught:
        render(kind, "en", without(of_agent(kind), code), today=TODAY)
    assert [each["code"] for each in caught.value.missing] == [code]
    text = render(kind, "ru", of_agent(kind), today=TODAY).text
    assert "Qyzgaldaq Foto LLP" in text
    assert "No. 7, 2026-01-15" in text


@pytest.mark.parametrize(("kind", "need"), CONFIRMED)
def test_a_statement_needs_each_of_its_confirmations(kind: str, need: str) -> None:
    others = [name for name in CONFIRMATIONS if name != need]
    with pytest.raises(MissingElements) as caught:
        render(kind, "en", complete(kind, confirmed=others), today=TODAY)
    assert [each["code"] for each in caught.value.missing] == [need]


def test_a_confirmation_that_no_statement_needs_brings_none() -> None:
    text = render("infringer", "en", complete("infringer"), today=TODAY).text
    assert "perjury" not in text
    assert "good faith" not in text


@pytest.mark.parametrize("verdict", ["open", "licensed", "not_ours", "unclear"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_letter_without_a_comparison_that_found_it_ours(kind: str, verdict: str) -> None:
    compared = {"verdict": verdict, "by": "Ada", "on": TODAY}
    with pytest.raises(MissingElements) as caught:
        render(kind, "en", complete(kind, comparison=compared), today=TODAY)
    assert [each["code"] for each in caught.value.missing] == ["comparison"]


@pytest.mark.parametrize("by_whom", [{"by": ""}, {"on": None}])
def test_a_verdict_is_somebodys_on_a_day(by_whom: dict[str, Any]) -> None:
    compared = {"verdict": "ours", "by": "Ada", "on": "2026-11-01"} | by_whom
    with pytest.raises(MissingElements):
        render("host", "en", complete("host", comparison=compared), today=TODAY)


@pytest.mark.parametrize("kind", ["youtube", "host", "tiktok", "instagram"])
@pytest.mark.parametrize("language", ["ru", "kk"])
def test_prescribed_sentences_are_there_in_english_too(kind: str, language: str) -> None:
    made = render(kind, language, complete(kind, language), today=TODAY)
    for statement in kind_of(kind).statements:
        assert statement.texts["en"] in made.text
        assert statement.texts[language] in made.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_letter_ends_with_what_it_is_not(kind: str, language: str) -> None:
    note = language_of(language).note
    assert render(kind, language, complete(kind), today=TODAY).text.endswith(f"\n---\n{note}\n")
    advice, lawyer = {
        "en": ("not legal advice", ""),
        "ru": ("Не является юридической консультацией", "юристом не проверен"),
        "kk": ("Заңгерлік кеңес болып табылмайды", "заңгер тексермеген"),
    }[language]
    assert advice in note
    assert lawyer in note


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_fields_are_those_of_the_form_in_its_order(kind: str, language: str) -> None:
    form = kind_of(kind).form
    fields = render(kind, language, of_agent(kind, language), today=TODAY).fields
    labels = [elements()[code].words[language] for code in form if code != "statements"]
    assert [label for label, _ in fields if label in labels] == [
        label for label in labels if label in dict(fields)
    ]
    assert bool(fields) == bool(form)
    for _, value in fields:
        assert value.strip()


def test_who_sees_what_is_said() -> None:
    made = render("youtube", "en", complete("youtube"), today=TODAY)
    assert made.public == ("owner_name", "claimant_name", "claimant_email", "work_description")
    assert any("E-mail" in warning and "uploaded" in warning for warning in made.warnings)


def test_sources_are_doubted_when_secondary_or_old() -> None:
    fresh = render("tiktok", "en", complete("tiktok"), today=TODAY).warnings
    assert sum("check the source" in warning for warning in fresh) == 2
    made = render("instagram", "en", complete("instagram"), today=TODAY).warnings
    assert [
        warning for warning in made if "check the source" in warning and "454951664593304" in warning
    ] == []
    edge = render("youtube", "en", complete("youtube", deadline=None), today=date(2027, 11, 27)).warnings
    assert not any("year ago" in warning for warning in edge)
    later = render("youtube", "en", complete("youtube", deadline=None), today=date(2027, 11, 28)).warnings
    assert sum("over a year ago" in warning for warning in later) == 2


@pytest.mark.parametrize(
    "url",
    [
        "https://youtu.be/abcdefghijk",
        "https://www.youtube.com/@channel",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/watch?v=abcdefghijk&list=PL0",
        "https://example.org/https://www.youtube.com/watch?v=abcdefghijk",
    ],
)
def test_youtube_takes_addresses_of_clips_only(url: str) -> None:
    with pytest.raises(CaseError, match=r"watch\?v="):
        render("youtube", "en", complete("youtube", infringing_urls=[url]), today=TODAY)


@pytest.mark.parametrize(
    "url",
    [
        "https://youtu.be/abcdefghijk?t=5",
        "https://m.youtube.com/watch?app=desktop&v=abcdefghijk",
        "https://www.youtube.com/watch?v=abcdefghijk&t=5s",
        "https://www.youtube.com/shorts/abcdefghijk",
    ],
)
def test_the_address_that_youtube_takes_is_proposed(url: str) -> None:
    with pytest.raises(CaseError, match=r"may be https://www\.youtube\.com/watch\?v=abcdefghijk$"):
        render("youtube", "en", complete("youtube", infringing_urls=[url]), today=TODAY)


def test_dates_that_cannot_be_are_refused() -> None:
    with pytest.raises(CaseError, match="deadline"):
        render("infringer", "en", complete("infringer", deadline=TODAY), today=TODAY)
    late = {"verdict": "ours", "by": "Ada", "on": date(2026, 11, 28)}
    with pytest.raises(CaseError, match="comparison"):
        render("infringer", "en", complete("infringer", comparison=late), today=TODAY)


def test_kinds_and_languages_that_are_not_there_are_named() -> None:
    with pytest.raises(CaseError, match="youtube"):
        render("letter", "en", complete("host"), today=TODAY)
    with pytest.raises(CaseError, match="en, ru, kk"):
        render("host", "de", complete("host"), today=TODAY)


def own(folder: Path, text: str, name: str = "en/host.txt") -> Path:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_own_templates_come_first_and_build_on_ours(tmp_path: Path) -> None:
    text = '{% extends "en/letter.txt" %}{% block title %}OUR WORDS{% endblock %}'
    text += "{% block opening %}a{% endblock %}{% block request %}b{% endblock %}"
    made = render("host", "en", complete("host"), today=TODAY, templates=own(tmp_path, text))
    assert made.title == "OUR WORDS"
    assert made.text.endswith("This is not legal advice.\n")
    assert any("your own template" in warning for warning in made.warnings)
    other = render("host", "ru", complete("host", "ru"), today=TODAY, templates=tmp_path)
    assert not any("your own template" in warning for warning in other.warnings)


def test_an_own_base_makes_all_letters_on_it_ones_own(tmp_path: Path) -> None:
    base = (Path(render.__code__.co_filename).parent / "templates/en/letter.txt").read_text("utf-8")
    templates = own(tmp_path, base.replace("To: ", "To the attention of "), "en/letter.txt")
    made = render("youtube", "en", complete("youtube"), today=TODAY, templates=templates)
    assert "To the attention of YouTube" in made.text
    assert any("your own template" in warning for warning in made.warnings)


@pytest.mark.parametrize("code", ["statements", "infringing_urls", "signature", "work_description"])
def test_own_templates_that_leave_something_out_are_refused(code: str, tmp_path: Path) -> None:
    names = ["addressee", "claimant_name", "claimant_address", "claimant_phone", "claimant_email"]
    names += ["claimant_is", "owner_name", "work_title", "work_description", "infringing_urls"]
    names += ["signature", "statements", "comparison.by", "comparison.on"]
    names.remove(code)
    text = "".join(
        f"{{{{ {name}|join(' ') }}}}\n"
        if name in ("infringing_urls", "statements")
        else f"{{{{ {name} }}}}\n"
        for name in names
    )
    # One signs with another form of the name, so that it is not in the letter already.
    case = complete("host", signature="A. Omirbayeva")
    with pytest.raises(CaseError, match=code):
        render("host", "en", case, today=TODAY, templates=own(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        "{{ nothing }}",
        "{% if %}",
        "{{ ''.__class__.__mro__ }}",
        '{% extends "en/nowhere.txt" %}',
        '{% include "../../x" %}',
        "{{ work_title + 1 }}",
    ],
)
def test_own_templates_that_cannot_be_used_are_named(text: str, tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="template"):
        render("host", "en", complete("host"), today=TODAY, templates=own(tmp_path, text))


def test_a_folder_of_templates_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="no such folder"):
        render("host", "en", complete("host"), today=TODAY, templates=tmp_path / "x")


def test_the_claimants_own_promises_are_warned_of() -> None:
    case = complete("host", explanation="They are guilty.")
    warnings = render("host", "en", case, today=TODAY).warnings
    assert any("'guilty'" in warning for warning in warnings)
