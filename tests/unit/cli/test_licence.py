"""`stamp licence`: from options and from a file, shown in plain words and as ODRL, ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from stamp.jobs import catalogues
from stamp.jobs.demo import paint
from tests.helpers.places import ROOT

from .conftest import Runner

_SAID = (
    "--work=1 --granted-to=ACME --as=Ada --exclusive --online --from=2026-01-01 --until=2027-12-31"
    " --territory=150 --except=RU --permit=display@web --prohibit=modify@*"
)
OFFERED = _SAID.split()


@pytest.fixture(autouse=True)
def full(elsewhere: Path, monkeypatch: pytest.MonkeyPatch, stamp: Runner) -> Iterator[None]:
    """With two works and two parties in the catalogue."""
    monkeypatch.delenv("STAMP_CATALOGUE")
    for title in ("Lake", "Sea"):
        assert stamp("works", "add", "--title", title, "--kind", "image").code == 0
    for name in ("Ada", "ACME"):
        assert stamp("party", "add", name).code == 0
    yield
    while catalogues._opened:
        catalogues._opened.popitem()[1].close()


def test_a_licence_from_options(stamp: Runner) -> None:
    money = ("--fee", "120.50 EUR", "--royalty", "12.5%", "--attribution", "Photo: Ada")
    added = stamp("licence", "add", *OFFERED, *money, "--json")
    assert (added.code, added.document["schema"]) == (0, "stamp.licence/1")
    (entry,) = added.entries
    assert (entry["licensor"], entry["licensee"], entry["online"]) == ("Ada", "ACME", True)
    assert (entry["remuneration"], entry["amount"], entry["royalty_ppm"]) == ("mixed", "120.5", 125_000)
    assert entry["clashes"] == []
    page = stamp("licence", "show", "1").out
    for words in (
        "Ada gives these rights to ACME",
        "#1 'Lake'",
        "nobody else may do this, not even Ada",
        "Europe (150), but not RU",
        "from 2026-01-01 to 2027-12-31, that day included",
        "display on web",
        "modify on every channel",
        "yes, use on the internet is granted",
        "120.5 EUR and 12.5 % of the income",
        "Photo: Ada",
        "liability, law, disputes, early end, day of signing",
    ):
        assert words in page
    listed = "#1  Ada to ACME  exclusive  online  1 work  from 2026-01-01 until 2027-12-31\n"
    assert stamp("licence", "list").out == stamp("licence", "list", "--work", "1").out == listed
    assert stamp("licence", "list", "--work", "2").out == ""
    assert stamp("licence", "list", "--json").entries[0]["odrl"] is None


def test_the_example_of_the_documents(stamp: Runner) -> None:
    text = (ROOT / "docs" / "catalogue.md").read_text(encoding="utf-8")
    (example,) = (each for each in re.findall("```toml\n(.*?)```", text, re.DOTALL) if "granted_to" in each)
    stamp("party", "add", "ACME Press")
    stamp("party", "add", "Ada Lovelace")
    Path("acme.toml").write_text(example, encoding="utf-8")
    (entry,) = stamp("licence", "add", "acme.toml", "--json").entries
    assert (entry["error"], entry["licensee"], entry["licensor"]) == (None, "ACME Press", "Ada Lovelace")
    (other,) = stamp("licence", "add", "acme.toml", "--acquired-from", "ACME", "--work=2", "--json").entries
    assert (other["direction"], other["licensor"], len(other["works"])) == ("acquired", "ACME", 1)
    assert "Unsaid" not in stamp("licence", "show", "1").out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("--online", "online has to be said"),
        ("--exclusive", "--exclusive, --sole or --non-exclusive"),
        ("--from=2026-01-01", "from has to be said"),
        ("--granted-to=ACME", "name the other party"),
        ("--as=Ada", "who are you?"),
        ("--work=1", "name one at least"),
        ("--territory=150", "name territories"),
        ("--permit=display@web", "permits something"),
        ("+--granted-to=Nobody", "`stamp party add`"),
        ("+--as=ACME", "grants a licence to himself"),
        ("+--acquired-from=Ada", "one of both"),
        ("+--work=7", "`stamp works add`"),
        ("+--territory=UK", "the United Kingdom is GB"),
        ("+--territory=RU", "both covered and left out"),
        ("+--permit=display", "give ACTION@CHANNEL"),
        ("+--permit=steal@web", "an action is one of"),
        ("+--permit=modify@*", "both permitted and prohibited"),
        ("+--offline", "which the licence says is not granted"),
        ("+--until=2025-01-01", "would end on 2025-01-01"),
        ("+--fee=120", "such as 120 EUR"),
        ("+--fee=120 XXX", "no currency of ISO 4217"),
        ("+--fee=0 EUR", "above 0"),
        ("+--royalty=12", "such as 12%"),
        ("+--royalty=101%", "at most 100 %"),
        ("+--liability=a\x00b", "without control characters"),
    ],
)
def test_what_is_refused(change: str, words: str, stamp: Runner) -> None:
    said = [*OFFERED, change[1:]] if change.startswith("+") else [each for each in OFFERED if each != change]
    refused = stamp("licence", "add", *said)
    assert (refused.code, words in refused.err) == (3, True), refused.err
    assert stamp("licence", "list").out == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", "'colour' is not known"),
        ("online = ", "no TOML file"),
        ("online = 'yes'", "online is said explicitly"),
        ("territories = [1.5]", "territories is a list of texts"),
        ("from = 1", "from is a day"),
        ("until = 2026-01-01T00:00:00", "until is a day"),
        ("attribution = 1.5", "attribution is text"),
    ],
)
def test_files_that_mean_nothing(text: str, words: str, stamp: Runner) -> None:
    Path("a.toml").write_text(text)
    key = text.partition(" ")[0]
    said = [each for each in OFFERED if not each.startswith(f"--{key.removesuffix('ies')}")]
    refused = stamp("licence", "add", "a.toml", *said)
    assert (refused.code, words in refused.err, "a.toml" in refused.err or key in words) == (3, True, True)
    assert stamp("licence", "add", "none.toml").code == 3
    assert stamp("licence", "add", "--from", "soon").code == 2


def test_whose_licence_it_is_by_stamp_toml(stamp: Runner) -> None:
    Path("stamp.toml").write_text('mine = ["Ada"]\n')
    said = [each for each in OFFERED if each != "--as=Ada"]
    assert "Ada to ACME" in stamp("licence", "add", *said).out


def test_two_exclusive_licences(stamp: Runner) -> None:
    stamp("party", "add", "Best")
    stamp("licence", "add", *OFFERED)
    apart = stamp("licence", "add", *OFFERED, "--work=2", "--from=2028-01-01", "--until=2028-12-31")
    assert (apart.code, apart.err) == (0, "")
    both = [*OFFERED, "--granted-to=Best", "--non-exclusive", "--territory=DE", "--permit=present@*"]
    found = stamp("licence", "add", *both, "--json")
    assert "licence #1 grants ACME some of the same: exclusive" in found.err
    assert (found.code, len(found.entries[0]["clashes"])) == (0, 1)


def test_a_licence_ends(stamp: Runner) -> None:
    stamp("licence", "add", *OFFERED)
    assert "ended on 2026-06-01" in stamp("licence", "end", "1", "--on=2026-06-01", "--reason", "unpaid").out
    assert "ENDED: holds no longer from 2026-06-01 on" in stamp("licence", "show", "1").out
    again = stamp("licence", "end", "1")
    assert (again.code, "already" in again.err) == (3, True)
    missing = stamp("licence", "show", "1", "7", "--json")
    assert (missing.code, [bool(entry["error"]) for entry in missing.entries]) == (3, [False, True])
    assert stamp("works", "verify").code == 0


def test_a_leak_names_the_licensee(stamp: Runner, key_file: Path) -> None:
    stamp("licence", "add", *OFFERED)
    paint(Path("lake.jpg"), size=(512, 384))
    (made,) = stamp("embed", "lake.jpg", "--work", "1", "--licence", "1", "--json").entries
    assert (made["record"]["licensee"], made["record"]["recipient"]) == ("ACME", None)
    assert "this is work #1 'Lake', licensed to ACME" in stamp("detect", "lake.stamped.jpg").out
    stamp("party", "add", "Best")
    stamp("embed", "lake.jpg", "-o", "b.jpg", "--work=1", "--licence=1", "--recipient=Best")
    found = stamp("detect", "b.jpg").out
    assert ("copy for Best" in found, "licensed to" in found) == (True, False)
