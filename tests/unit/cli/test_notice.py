"""`stamp notice`: a letter, its PDF, its fields, and what is missing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import stamp as package
from stamp.notices.requirements import KINDS

from .conftest import Runner

CASE = """
addressee = "Example Hosting Ltd"
work_title = "Көктем"
work_description = "A photograph of tulips."
work_url = "https://example.org/spring"
infringing_urls = ["https://www.youtube.com/watch?v=abcdefghijk"]
explanation = "No licence was given."
demand = "remove the photograph"
deadline = 2026-12-24
court_act = "No. 1"
comparison = {verdict = "ours", by = "Ada Lovelace", on = 2026-11-26}
"""
CLAIMANT = """
[claimant]
name = "Ada Lovelace"
address = "1 St James's Square"
phone = "+44 20 0000"
email = "ada@example.org"
is = "owner"
signature = "Ada Lovelace"
"""
CONFIRMED = ("--confirm", "good-faith", "--confirm", "accuracy", "--confirm", "perjury")
ALWAYS = ("notice", "--case-file", "case.toml", "--date", "2026-11-27")
KEYS = {
    "kind",
    "language",
    "date",
    "title",
    "text",
    "fields",
    "missing",
    "warnings",
    "public",
    "sources",
    "notice",
}


@pytest.fixture(autouse=True)
def case(elsewhere: Path) -> Path:
    """A case in the working folder, and a stamp.toml that says who claims."""
    Path("stamp.toml").write_text(CLAIMANT, encoding="utf-8")
    (path := Path("case.toml")).write_text(CASE, encoding="utf-8")
    return path


def test_a_letter_on_stdout_and_its_warnings_beside_it(stamp: Runner) -> None:
    done = stamp(*ALWAYS, "--to", "youtube", *CONFIRMED)
    assert done.code == 0
    assert done.out.startswith("Notification of claimed copyright infringement\n\n27 November 2026\n")
    assert "Signature: Ada Lovelace" in done.out
    assert "512(f)" in done.err
    assert "512(f)" not in done.out
    assert stamp(*ALWAYS, "--to", "youtube", *CONFIRMED, "-q").err == ""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_every_kind_in_every_language(kind: str, language: str, stamp: Runner) -> None:
    to = ("--to", "host", "--law", "dsa") if kind == "host-dsa" else ("--to", kind)
    done = stamp(*ALWAYS, *to, "--lang", language, *CONFIRMED, "--json")
    assert done.code == 0
    assert done.document["schema"] == "stamp.notice/1"
    (entry,) = done.entries
    assert entry.keys() == KEYS | {"case", "output", "error"}
    assert (entry["kind"], entry["language"], entry["missing"]) == (kind, language, [])
    assert "Ada Lovelace" in entry["text"]
    assert all({"label", "value"} == field.keys() for field in entry["fields"])


def test_what_is_missing_is_named_and_nothing_is_written(stamp: Runner) -> None:
    done = stamp(*ALWAYS, "--to", "youtube", "--confirm", "accuracy", "-o", "letter.txt")
    assert done.code == 1
    assert "(good_faith): --confirm good-faith" in done.err
    assert "(perjury): --confirm perjury" in done.err
    assert "(accuracy)" not in done.err
    assert not Path("letter.txt").exists()
    done = stamp(*ALWAYS, "--to", "youtube", "--confirm", "accuracy", "--json")
    assert done.code == 1
    (entry,) = done.entries
    assert entry.keys() == KEYS | {"case", "output", "error"}
    assert [each["code"] for each in entry["missing"]] == ["good_faith", "perjury"]
    assert all(each.keys() == {"code", "words", "how"} for each in entry["missing"])
    assert (entry["text"], entry["error"]["type"]) == (None, "MissingElements")


def test_the_language_is_that_of_the_addressee(stamp: Runner) -> None:
    assert stamp(*ALWAYS, "--to", "ministry", *CONFIRMED).out.startswith("Обращение")
    assert stamp(*ALWAYS, "--to", "infringer", *CONFIRMED).out.startswith("Претензия")
    assert stamp(*ALWAYS, "--to", "host", *CONFIRMED).out.startswith("Notification")


def test_text_and_pdf_are_new_files(stamp: Runner) -> None:
    for name in ("letter.txt", "letter.pdf"):
        done = stamp(*ALWAYS, "--to", "host", *CONFIRMED, "-o", name)
        assert (done.code, done.out) == (0, f"{name}: Notification of claimed copyright infringement\n")
        first = Path(name).read_bytes()
        assert stamp(*ALWAYS, "--to", "host", *CONFIRMED, "-o", name).code == 3
        assert stamp(*ALWAYS, "--to", "host", *CONFIRMED, "-o", name, "--force").code == 0
        assert Path(name).read_bytes() == first
    assert Path("letter.txt").read_text("utf-8") == stamp(*ALWAYS, "--to", "host", *CONFIRMED).out
    assert stamp(*ALWAYS, "--to", "host", *CONFIRMED, "-o", "letter.doc").code == 2


def test_fields_for_the_form(stamp: Runner) -> None:
    done = stamp(*ALWAYS, "--to", "instagram", *CONFIRMED, "--fields")
    assert done.code == 0
    assert done.out.startswith("Name of the claimant:\nAda Lovelace\n\nPostal address:\n")
    assert "Notification" not in done.out
    assert stamp(*ALWAYS, "--to", "ministry", *CONFIRMED, "--fields").code == 2


def test_options_come_before_stamp_toml(stamp: Runner) -> None:
    done = stamp(*ALWAYS, "--to", "host", *CONFIRMED, "--name", "A. Lovelace", "--email", "a@example.org")
    assert "Name: A. Lovelace\n" in done.out
    assert "E-mail: a@example.org\n" in done.out
    assert "Telephone: +44 20 0000" in done.out


@pytest.fixture
def found(
    stamp: Runner, media: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], str]:
    """A find in a catalogue of its own, and a way to give it a verdict."""
    monkeypatch.setenv("STAMP_CATALOGUE", "works.sqlite")
    assert stamp("works", "add", media / "photo.jpg", "--title", "Lake").code == 0
    added = stamp(
        "find", "add", media / "photo.jpg", "--work", "#1", "--url", "https://example.com/p", "--json"
    )
    reference = str(added.entries[0]["find"])

    def judge(verdict: str) -> str:
        with package.Catalogue.open("works.sqlite") as catalogue:
            catalogue.finds.compared(reference, {"correlation": 0.9})
            catalogue.finds.judge(reference, verdict, "Ada Lovelace")
        return reference

    return judge


@pytest.mark.slow
def test_a_find_is_what_the_letter_is_about(stamp: Runner, found: Callable[[str], str]) -> None:
    given = ("notice", found("ours"), "--to", "host", *CONFIRMED)
    done = stamp(*given, "--json")
    assert (done.code, [each["code"] for each in done.entries[0]["missing"]]) == (
        1,
        ["addressee", "work_description"],
    )
    Path("more.toml").write_text('addressee = "Host"\nwork_description = "A lake"\n', encoding="utf-8")
    done = stamp(*given, "--case-file", "more.toml")
    assert done.code == 0
    assert "The work: Lake\n" in done.out
    assert "https://example.com/p\n" in done.out
    assert "compared with the original by Ada Lovelace" in done.out


@pytest.mark.slow
def test_a_notice_is_kept_in_a_case(stamp: Runner, found: Callable[[str], str]) -> None:
    case = stamp("case", "open", reference := found("ours"), "--json").entries[0]["case"]
    given = (reference, "--to", "host", *CONFIRMED, "--case", case)
    Path("more.toml").write_text('addressee = "Host"\nwork_description = "A lake"\n', encoding="utf-8")
    assert stamp("notice", *given).code == 1  # it lacks elements
    done = stamp("notice", *given, "--case-file", "more.toml", "-o", "letter.txt", "--json")
    assert (done.code, done.entries[0]["notice"]) == (0, 1)
    (kept,) = stamp("case", "show", case, "--json").entries[0]["notices"]
    assert (kept["state"], kept["kind"], kept["find"]) == ("draft", "host", reference)
    assert kept["text"] == Path("letter.txt").read_text("utf-8")
    assert stamp("case", "close", case, "--outcome", "removed").code == 0
    done = stamp("notice", *given, "--case-file", "more.toml", "-o", "second.txt")
    assert done.code == 3
    assert not Path("second.txt").exists()


@pytest.mark.slow
def test_a_file_does_not_overrule_the_verdict_of_a_find(stamp: Runner, found: Callable[[str], str]) -> None:
    done = stamp(*ALWAYS, found("licensed"), "--to", "host", *CONFIRMED, "--json")
    assert done.code == 1
    assert [each["code"] for each in done.entries[0]["missing"]] == ["comparison"]


def test_an_agent_says_for_whom(stamp: Runner) -> None:
    done = stamp(*ALWAYS, "--to", "host", *CONFIRMED, "--is", "agent", "--json")
    assert done.code == 1
    assert [each["code"] for each in done.entries[0]["missing"]] == ["owner_name", "authority"]


def test_the_claimant_in_stamp_toml_leaves_rights_alone(stamp: Runner, photo: Path, key_file: Path) -> None:
    with open("stamp.toml", "a", encoding="utf-8") as file:
        file.write('\n[rights]\ncredit_line = "Ada"\n')
    assert stamp("embed", photo, "-o", "out.jpg").code == 0
    assert "Ada" in stamp("show", "out.jpg").out


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[claimant]\nnames = 'a'\n", "line 2"),
        ("[claimant]\nis = 'friend'\n", "line 2"),
        ("[claimant]\nname = 5\n", "line 2"),
        ("claimant = 'Ada'\n", "table"),
    ],
)
def test_a_wrong_claimant_in_stamp_toml_is_named(text: str, names: str, stamp: Runner) -> None:
    Path("stamp.toml").write_text(text, encoding="utf-8")
    done = stamp(*ALWAYS, "--to", "host", *CONFIRMED)
    assert done.code == 3
    assert "stamp.toml" in done.err
    assert names in done.err


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("title = 'a'\n", "title"),
        ("confirmed = ['perjury']\n", "--confirm"),
        ("work_title = \n", "TOML"),
        ("work_title = 'a\\u001b'\n".replace("'", '"'), "work_title"),
    ],
)
def test_a_wrong_case_file_is_named(text: str, names: str, stamp: Runner, case: Path) -> None:
    case.write_text(text, encoding="utf-8")
    done = stamp(*ALWAYS, "--to", "host", *CONFIRMED)
    assert done.code == 3
    assert "case.toml: " in done.err
    assert names in done.err


def test_usage(stamp: Runner, case: Path) -> None:
    assert stamp(*ALWAYS, "--to", "youtube", "--law", "dsa").code == 2
    assert stamp("notice", "--to", "youtube").code == 2
    assert stamp("notice", "#1", "--to", "youtube").code == 3
    assert stamp("notice", "--case-file", "none.toml", "--to", "youtube").code == 3
    bad = case.read_text("utf-8").replace("watch?v=", "shorts/")
    case.write_text(bad, encoding="utf-8")
    done = stamp(*ALWAYS, "--to", "youtube", *CONFIRMED, "--json")
    assert done.code == 3
    assert "watch?v=" in done.document["error"]["message"]
    case.write_text(CASE, encoding="utf-8")
    assert stamp(*ALWAYS, "--to", "host", *CONFIRMED, "--templates", "nowhere").code == 3
