"""What is written can be taken out again: a file then says what it said before, in every container."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings

from stamp.core.rights import Rights
from stamp.formats.table import NOTICES
from stamp.metadata import containers
from tests.helpers import documents
from tests.helpers.any_rights import RIGHTS, with_slot
from tests.media.small_files import sample


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTICES)
@settings(max_examples=25, deadline=None)
@given(before=RIGHTS, new=RIGHTS)
def test_removal_takes_out_what_was_written_and_nothing_else(name: str, before: Rights, new: Rights) -> None:
    before, new = with_slot(before, name), with_slot(new, name)
    # What the file says already is not ours, and what we overwrite is gone: only the rest can come back.
    added = dataclasses.replace(new, **dict.fromkeys(_shared(before)))
    source = documents.write_rights(sample(name), before)
    written = documents.write_rights(source, added)
    removed = documents.remove_rights(written, added)
    found = documents.read_rights(removed)
    assert found.rights == before
    assert found.sources == documents.read_rights(source).sources
    assert documents.remove_rights(removed, added) is removed
    assert documents.essence_digest(removed) == documents.essence_digest(source)


def _shared(rights: Rights) -> list[str]:
    names = set(rights.values())
    if names & {"licensors", "licensor_url"}:
        names |= {"licensors", "licensor_url"}
    return sorted(names)


@pytest.mark.parametrize("name", NOTICES)
@settings(max_examples=10, deadline=None)
@given(rights=RIGHTS)
def test_a_file_without_metadata_gets_its_stores_taken_out_whole(name: str, rights: Rights) -> None:
    rights = with_slot(rights, name)
    removed = documents.remove_rights(documents.write_rights(sample(name), rights), rights)
    container = containers.load(name)
    assert container.extract(removed).keys() == container.extract(sample(name)).keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTICES)
@settings(max_examples=20, deadline=None)
@given(before=RIGHTS, new=RIGHTS)
def test_undoing_brings_every_store_back(name: str, before: Rights, new: Rights) -> None:
    source = documents.write_rights(sample(name), with_slot(before, name))
    written = documents.write_rights(source, with_slot(new, name))
    was, now = documents.read_rights(source).values, documents.read_rights(written).values
    changes = {
        store: {
            field: (was.get(store, {}).get(field), now.get(store, {}).get(field))
            for field in {**was.get(store, {}), **now.get(store, {})}
            if was.get(store, {}).get(field) != now.get(store, {}).get(field)
        }
        for store in {**was, **now}
    }
    undone = documents.undo_rights(written, changes)
    assert documents.read_rights(undone).values == was
    assert documents.undo_rights(undone, changes) is undone
