"""The record: what it takes, what it refuses, and how it goes to JSON and TOML and back."""

from __future__ import annotations

import dataclasses
import tomllib

import pytest

from stamp.core.errors import RightsError
from stamp.core.rights import DATA_MINING, NO_AI_TERMS, Party, Rights

FULL = Rights(
    copyright_notice="© 2026 Zoë Müller-Łukasz",
    creators=("Zoë Müller", "Łukasz 東京"),
    credit_line="Zoë / Agentur",
    source="Agentur",
    usage_terms="Line one\nline two",
    web_statement="https://example.com/licence?a=1&b=2",
    marked=True,
    licensor_url="http://例え.jp/licence",
    data_mining="DMI-PROHIBITED",
    identifier="00ff00ff00ff00ff",
    copyright_notice_translations=(("de", "© 2026 Zoë, alle Rechte"), ("zh-Hant", "© 東京")),
    usage_terms_translations=(("fr-CA", "Un\ndeux"),),
    copyright_owners=(Party(name="Zoë GmbH", id="0000 0001 2345 6789"), Party(name="B")),
    licensors=(
        Party(name="Agentur", url="http://例え.jp/licence", email="a@example.org", id="P-1"),
        Party(url="https://example.com/second"),
    ),
    other_constraints="See\nthe contract",
    digital_source_type="digitalCapture",
    creator_contact=Party(email="zoë@example.com", url="https://example.com/zoe"),
    editor_notice="© Anthology",
    isrc="USRC17607839",
    iswc="T0345246801",
    upc="036000291452",
)


def test_round_trip_through_a_dict() -> None:
    unset = [field.name for field in dataclasses.fields(Rights) if field.name not in FULL.values()]
    assert not unset, "give a new field a value in FULL"
    assert Rights.from_dict(FULL.to_dict()) == FULL
    assert Rights().to_dict() == {}


def test_a_public_domain_mark_is_not_lost() -> None:
    assert Rights.from_dict(Rights(marked=False).to_dict()).marked is False


def test_the_record_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FULL.source = "other"  # type: ignore[misc]
    assert not hasattr(FULL, "__dict__")


def test_white_space_is_stripped_and_blank_means_nothing() -> None:
    rights = Rights(copyright_notice="  © A ", credit_line=" ", creators=("", " B "))
    assert rights.values() == {"copyright_notice": "© A", "creators": ("B",)}


@pytest.mark.parametrize("bad", ["a\0b", "a\x1bb", "a\nb", "a\x85b", "a\ud800b", "a￿b"])
def test_characters_that_no_metadata_can_hold(bad: str) -> None:
    with pytest.raises(RightsError, match="copyright_notice has the character U\\+"):
        Rights(copyright_notice=bad)


@pytest.mark.parametrize(
    "url",
    [
        "example.com/x",
        "ftp://example.com",
        "https://",
        "https://exa mple.com",
        "javascript:alert(1)",
        "https://[x",
        "//e.com",
    ],
)
@pytest.mark.parametrize("field", ["web_statement", "licensor_url"])
def test_urls_must_be_whole(field: str, url: str) -> None:
    with pytest.raises(RightsError, match=f"{field} = .* must be a full URL such as"):
        Rights(**{field: url})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"copyright_notice": "x" * 8001}, "8001 characters"),
        ({"creators": ("x",) * 51}, "at most 50"),
        ({"creators": "one name"}, "must be a list"),
        ({"creators": ("x" * 501,)}, "at most 500"),
        ({"credit_line": 3}, "must be text"),
        ({"marked": "yes"}, "must be true, false"),
        ({"data_mining": "no"}, "PLUS vocabulary"),
        ({"identifier": "00FF"}, "16 lower-case hexadecimal digits"),
    ],
)
def test_what_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(RightsError, match=message):
        Rights(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"copyright_notice_translations": {"Deutsch": "x"}}, "'Deutsch' is not a language tag"),
        ({"usage_terms_translations": "x"}, "must be a list of translations"),
        ({"usage_terms_translations": ("de",)}, "must be a table such as"),
        ({"copyright_notice_translations": {"de": "a\0b"}}, "character U\\+0000"),
        ({"copyright_owners": "A"}, "must be a list of parties"),
        ({"copyright_owners": ({"name": "A", "url": "https://a.example"},)}, "table with name, id"),
        ({"copyright_owners": ({"phone": "1"},)}, "table with name, id"),
        ({"copyright_owners": ({"name": 3},)}, "name must be text"),
        ({"licensors": ({"url": "example.com"},)}, "full URL"),
        ({"licensors": ({"email": "a b@c"},)}, "one address"),
        ({"creator_contact": {"name": "A"}}, "table with email, url"),
        ({"digital_source_type": "photo"}, "IPTC vocabulary"),
        ({"isrc": "US-RC1-76-0783"}, "an ISRC"),
        ({"iswc": "T-034.524.680-2"}, "check digit"),
        ({"upc": "036000291453"}, "check digit"),
        (
            {"licensor_url": "https://a.example", "licensors": ({"url": "https://b.example"},)},
            "contradict each other",
        ),
    ],
)
def test_what_is_refused_in_structures_and_numbers(values: dict[str, object], message: str) -> None:
    with pytest.raises(RightsError, match=message):
        Rights(**values)  # type: ignore[arg-type]


def test_numbers_and_languages_are_brought_into_one_form() -> None:
    rights = Rights(isrc="us-rc1-76-07839", iswc="t-034.524.680-1", upc="0 36000 29145-2")
    assert (rights.isrc, rights.iswc, rights.upc) == ("USRC17607839", "T0345246801", "036000291452")
    translated = Rights.from_dict({"usage_terms_translations": {"EN-us": "x", "de": " y ", "fr": ""}})
    assert translated.usage_terms_translations == (("de", "y"), ("en-US", "x"))


def test_the_licensor_url_is_the_url_of_the_first_licensor() -> None:
    url = "https://a.example/"
    assert Rights(licensors=(Party(url=url),)) == Rights(licensor_url=url)
    named = Rights(licensors=(Party(name="A"), Party(name="B")), licensor_url=url)
    assert named.licensors == (Party(name="A", url=url), Party(name="B"))
    assert named == Rights(licensors=named.licensors)
    other = Rights(licensor_url="https://b.example/").onto(named)
    assert other.licensors == (Party(name="A", url="https://b.example/"), Party(name="B"))
    assert Rights(licensors=(Party(name="C"),)).onto(named).licensors == (Party(name="C"),)
    assert Rights(licensors=(Party(name="C"),)).onto(named).licensor_url is None


def test_toml_with_tables() -> None:
    table = tomllib.loads(
        """
        copyright_owners = "Zoë GmbH"
        licensors = [{ name = "Agentur", url = "https://example.org/{year}" }]
        creator_contact = { email = "zoe@example.com" }
        [copyright_notice]
        x-default = "© {year} Zoë"
        de = "© {year} Zoë, alle Rechte"
        """
    )
    rights = Rights.from_dict(table).for_writing(2026)
    assert rights == Rights(
        copyright_notice="© 2026 Zoë",
        copyright_notice_translations=(("de", "© 2026 Zoë, alle Rechte"),),
        copyright_owners=(Party(name="Zoë GmbH"),),
        licensors=(Party(name="Agentur", url="https://example.org/2026"),),
        creator_contact=Party(email="zoe@example.com"),
        marked=True,
    )


def test_translations_of_another_notice_are_not_mixed_in() -> None:
    defaults = Rights(
        copyright_notice="old", copyright_notice_translations=(("de", "alt"),), usage_terms="terms"
    )
    assert Rights(copyright_notice="new").over(defaults) == Rights(
        copyright_notice="new", usage_terms="terms"
    )
    # In a file, they are somebody's text and stay.
    assert Rights(copyright_notice="new").onto(defaults).copyright_notice_translations == (("de", "alt"),)


def test_a_contact_is_merged_member_by_member() -> None:
    present = Rights(creator_contact=Party(email="old@example.com", url="https://example.com/"))
    after = Rights(creator_contact=Party(email="new@example.com")).onto(present)
    assert after.creator_contact == Party(email="new@example.com", url="https://example.com/")


def test_unknown_key_is_named() -> None:
    with pytest.raises(RightsError, match="'copyrigth'"):
        Rights.from_dict({"copyrigth": "x"})


def test_toml_with_one_creator_and_opt_out() -> None:
    table = tomllib.loads('copyright_notice = "© {year} A"\ncreators = "A"\nno_ai = true\nusage_terms = ""')
    rights = Rights.from_dict(table).for_writing(2026)
    assert rights.copyright_notice == "© 2026 A"
    assert rights.creators == ("A",)
    assert rights.marked is True
    assert (rights.data_mining, rights.usage_terms) == ("DMI-PROHIBITED-AIMLTRAINING", NO_AI_TERMS)


def test_no_ai_must_be_a_boolean() -> None:
    with pytest.raises(RightsError, match="no_ai must be true or false"):
        Rights.from_dict({"no_ai": "yes"})


def test_opt_out_is_added_once_and_keeps_own_terms() -> None:
    rights = Rights(usage_terms="Ask first.").without_ai()
    assert rights.usage_terms == f"Ask first. {NO_AI_TERMS}"
    assert rights.without_ai() == rights


@pytest.mark.parametrize("code", DATA_MINING)
def test_opt_out_never_weakens_and_never_contradicts(code: str) -> None:
    rights = Rights(data_mining=code)
    if code in ("DMI-ALLOWED", "DMI-UNSPECIFIED", "DMI-PROHIBITED-GENAIMLTRAINING"):
        with pytest.raises(RightsError, match="contradicts"):
            rights.without_ai()
    else:
        assert rights.without_ai().data_mining == code


def test_year_is_put_in_everywhere_and_a_public_domain_mark_stays() -> None:
    rights = Rights(copyright_notice="{year} A", usage_terms="{year}", marked=False).for_writing(1999)
    assert rights == Rights(copyright_notice="1999 A", usage_terms="1999", marked=False)
    assert Rights(credit_line="A").for_writing(1999).marked is None


def test_over_fills_only_what_is_open() -> None:
    assert Rights(credit_line="mine").over(FULL) == dataclasses.replace(FULL, credit_line="mine")
    assert Rights().over(FULL) == FULL


def test_the_bare_opt_out_is_added_to_the_terms_of_a_file() -> None:
    present = Rights(usage_terms="Ask first.", source="S")
    after = Rights().without_ai().onto(present)
    assert after.usage_terms == f"Ask first. {NO_AI_TERMS}"
    assert after.source == "S"
    assert Rights().without_ai().onto(after) == after
    assert Rights(usage_terms="Mine").onto(present).usage_terms == "Mine"
