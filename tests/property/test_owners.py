"""What a file says of others is neither changed nor lost, whatever it is, unless that was asked for."""

from __future__ import annotations

import dataclasses
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings

import stamp
from stamp.core.checks import Value
from stamp.core.party import Party
from stamp.core.rights import Rights
from stamp.formats.table import NOTICES
from stamp.pipeline.notice import write_notice
from tests.helpers import documents
from tests.helpers.any_rights import RIGHTS, with_slot
from tests.media.small_files import sample

NAMING = (
    "copyright_notice",
    "copyright_notice_translations",
    "copyright_owners",
    "creators",
    "credit_line",
    "editor_notice",
)
REPLACING = stamp.NoticeOptions(replace_rights=True)


def of(who: str, rights: Rights) -> Rights:
    """The record with this before every name in it."""

    def named(text: str | None) -> str | None:
        return text and f"{who}{text}"

    notices = rights.copyright_notice_translations
    owners = rights.copyright_owners
    return dataclasses.replace(
        rights,
        copyright_notice=named(rights.copyright_notice),
        copyright_notice_translations={language: f"{who}{text}" for language, text in notices},
        creators=[f"{who}{name}" for name in rights.creators],
        credit_line=named(rights.credit_line),
        editor_notice=named(rights.editor_notice),
        copyright_owners=[Party(name=f"{who}{owner.name}", id=owner.id) for owner in owners],
    )


def names_in(path: Path) -> dict[tuple[str, str], Value]:
    found = documents.read_rights(path.read_bytes()).values
    return {
        (store, name): values[name] for store, values in found.items() for name in NAMING if name in values
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTICES)
@settings(max_examples=25, deadline=None)
@given(theirs=RIGHTS, ours=RIGHTS)
def test_nobody_elses_name_is_changed_or_lost(name: str, theirs: Rights, ours: Rights) -> None:
    theirs, ours = of("Xenia ", with_slot(theirs, name)), of("Yves ", with_slot(ours, name))
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "theirs"), Path(folder, "ours")
        path.write_bytes(documents.write_rights(sample(name), theirs))
        before = names_in(path)
        with suppress(stamp.RightsConflict):
            write_notice(path, out, ours)
        if out.exists():
            after = names_in(out)
            assert before.items() <= after.items()
            if theirs.copyright_notice:
                said = documents.read_rights(path.read_bytes()).rights.values()
                now = documents.read_rights(out.read_bytes()).rights.values()
                whole = {"web_statement", "marked", "isrc", "data_mining", "other_constraints"}
                assert {field: now[field] for field in said.keys() & whole} == {
                    field: said[field] for field in said.keys() & whole
                }
        else:
            report = write_notice(path, out, ours, options=REPLACING)
            assert any("replaced what it said of others" in note for note in report.notes)


@pytest.mark.parametrize("name", NOTICES)
@settings(max_examples=10, deadline=None)
@given(theirs=RIGHTS, ours=RIGHTS)
def test_what_only_fills_gaps_is_written(name: str, theirs: Rights, ours: Rights) -> None:
    theirs, ours = of("Xenia ", with_slot(theirs, name)), of("Yves ", with_slot(ours, name))
    shared = {*theirs.values(), *ours.values()} & theirs.values().keys()
    if shared & {"licensors", "licensor_url"}:
        shared |= {"licensors", "licensor_url"}
    gaps = dataclasses.replace(ours, **dict.fromkeys(shared))
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder, "theirs"), Path(folder, "ours")
        path.write_bytes(documents.write_rights(sample(name), theirs))
        report = write_notice(path, out, gaps)
        assert names_in(path).items() <= names_in(out).items()
        assert set(report.written) == set(gaps.values()) - set(report.unsupported)
