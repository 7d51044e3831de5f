"""Whom a notice names, and which places are not to be replaced."""

from __future__ import annotations

import pytest

from stamp.core.party import Party
from stamp.core.rights import NO_AI_TERMS, Rights
from stamp.metadata.owners import holder, lost, protected
from tests.helpers import documents
from tests.media.small_files import sample

ADA = Rights(copyright_notice="© 2026 Ada Lovelace", creators=("Ada Lovelace",))
BOB = Rights(copyright_notice="© 2019 Bob Ross", creators=("Bob Ross",))


@pytest.mark.parametrize(
    "text",
    [
        "© 2026 Ada Lovelace",
        "(C) 2019-2026 ada  lovelace",
        "Copyright © 2019, 2021–23 by Ada Lovelace. All rights reserved.",
        "Copyright (c) Ada Lovelace 2019",
        "Ada Lovelace, 2019",
        "℗ 1999 ADA LOVELACE",
        "© 2019-present Ada Lovelace",
        " Ada Lovelace ",
        "© 2020 Ada Lovelace. Alle Rechte vorbehalten.",
    ],
)
def test_the_same_name_in_any_notice(text: str) -> None:
    assert holder(text, dated=True) == "ada lovelace"


@pytest.mark.parametrize("text", ["", "©", "Copyright 2019", "(c) 2019-2020", "All rights reserved.", " - "])
def test_a_notice_that_names_nobody(text: str) -> None:
    assert holder(text, dated=True) == ""


@pytest.mark.parametrize(
    ("text", "name"), [("1984", "1984"), ("The 1975", "the 1975"), ("Blink-182", "blink-182")]
)
def test_a_year_may_be_a_name(text: str, name: str) -> None:
    assert holder(text) == name


def kept(present: Rights, new: Rights, *mine: str, container: str = "jpeg") -> set[str]:
    """The fields that are not replaced in a file that says `present`."""
    before = documents.write_rights(sample(container), present)
    found, after = documents.read_rights(before), documents.read_rights(documents.write_rights(before, new))
    gone = lost(protected(found, new, mine), found, after)
    return {name for values in gone.values() for name in values}


def test_another_year_or_spelling_is_the_same_owner() -> None:
    assert kept(Rights(copyright_notice="(c) 2019 ADA LOVELACE", creators=("Ada  Lovelace",)), ADA) == set()
    assert kept(Rights(copyright_notice="Ada Lovelace"), ADA) == set()
    assert kept(BOB, ADA) == {"copyright_notice", "creators"}


def test_a_short_form_is_ones_own_where_it_is_said_to_be() -> None:
    camera = Rights(copyright_notice="A. Lovelace", creators=("A. LOVELACE",))
    assert kept(camera, ADA) == {"copyright_notice", "creators"}
    assert kept(camera, ADA, "a. lovelace") == set()
    assert kept(camera, ADA, "© A. Lovelace") == set()


def test_each_of_several_creators_counts() -> None:
    both = Rights(creators=("Ada Lovelace", "Bob Ross"))
    assert kept(both, ADA) == {"creators"}
    assert kept(ADA, both) == set()


def test_a_file_that_names_only_others_keeps_all_that_it_says() -> None:
    theirs = Rights(web_statement="https://example.org/bob", usage_terms="Ask Bob.", marked=False)
    new = Rights(web_statement="https://example.com/", usage_terms="Ask Ada.", marked=True)
    assert kept(theirs, new) == set()
    named = theirs.over(BOB)
    assert kept(named, new) == {"web_statement", "usage_terms", "marked"}
    assert kept(named, new.over(ADA)) == {*named.values()}
    assert kept(theirs.over(ADA), new.over(ADA)) == set()


def test_what_is_added_takes_nothing_away() -> None:
    theirs = Rights(usage_terms="Ask Bob.", identifier="0" * 16).over(BOB)
    assert kept(theirs, Rights(usage_terms=NO_AI_TERMS, credit_line="Ada", identifier="1" * 16)) == set()


@pytest.mark.parametrize("container", ["jpeg", "wav", "mp3", "mp4"])
def test_a_place_that_holds_less_is_no_other_owner(container: str) -> None:
    long = Rights(copyright_notice="© 2019 Zoë Müller", creators=("Zoë Müller",))
    assert kept(long, Rights(copyright_notice="© 2026 Zoë Müller"), container=container) == set()


def test_editors_and_credits_are_names_of_their_own() -> None:
    theirs = Rights(credit_line="Agency", editor_notice="© Editor")
    assert kept(theirs, Rights(credit_line="Other", editor_notice="© Another")) == {
        "credit_line",
        "editor_notice",
    }
    assert kept(theirs, Rights(credit_line="AGENCY", editor_notice="© 2020 Editor")) == set()
    owners = Rights(copyright_owners=(Party(name="Bob Ross", id="1"),))
    assert kept(owners, Rights(copyright_owners=(Party(name="Ada Lovelace"),))) == {"copyright_owners"}
