"""What is written can be taken out again: a file then says what it said before, in every container."""

from __future__ import annotations

import dataclasses

import pytest
from any_rights import RIGHTS, sample, with_home
from hypothesis import given, settings

from stamp.core.rights import Rights
from stamp.metadata import document as registry


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.containers())
@settings(max_examples=25, deadline=None)
@given(before=RIGHTS, new=RIGHTS)
def test_removal_takes_out_what_was_written_and_nothing_else(name: str, before: Rights, new: Rights) -> None:
    before, new = with_home(before, name), with_home(new, name)
    # What the file says already is not ours, and what we overwrite is gone: only the rest can come back.
    added = dataclasses.replace(new, **dict.fromkeys(_shared(before)))
    source = registry.write_rights(sample(name), before)
    written = registry.write_rights(source, added)
    removed = registry.remove_rights(written, added)
    found = registry.read_rights(removed)
    assert found.rights == before
    assert found.sources == registry.read_rights(source).sources
    assert registry.remove_rights(removed, added) is removed
    assert registry.essence_digest(removed) == registry.essence_digest(source)


def _shared(rights: Rights) -> list[str]:
    names = set(rights.values())
    if names & {"licensors", "licensor_url"}:
        names |= {"licensors", "licensor_url"}
    return sorted(names)


@pytest.mark.parametrize("name", registry.containers())
@settings(max_examples=10, deadline=None)
@given(rights=RIGHTS)
def test_a_file_without_metadata_gets_its_stores_taken_out_whole(name: str, rights: Rights) -> None:
    rights = with_home(rights, name)
    removed = registry.remove_rights(registry.write_rights(sample(name), rights), rights)
    container = registry._module(name)
    assert container.extract(removed).keys() == container.extract(sample(name)).keys()


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.containers())
@settings(max_examples=20, deadline=None)
@given(before=RIGHTS, new=RIGHTS)
def test_undoing_brings_every_store_back(name: str, before: Rights, new: Rights) -> None:
    source = registry.write_rights(sample(name), with_home(before, name))
    written = registry.write_rights(source, with_home(new, name))
    was, now = registry.read_rights(source).values, registry.read_rights(written).values
    changes = {
        store: {
            field: (was.get(store, {}).get(field), now.get(store, {}).get(field))
            for field in {**was.get(store, {}), **now.get(store, {})}
            if was.get(store, {}).get(field) != now.get(store, {}).get(field)
        }
        for store in {**was, **now}
    }
    undone = registry.undo_rights(written, changes)
    assert registry.read_rights(undone).values == was
    assert registry.undo_rights(undone, changes) is undone
