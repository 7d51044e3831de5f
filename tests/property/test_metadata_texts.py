"""Any text that a record takes comes back from any container, and a second write changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.rights import Party, Rights
from stamp.formats.table import NOTICES
from stamp.metadata.mapping.columns.music import Comment
from stamp.metadata.stores import exif, xmp
from stamp.metadata.stores.names import join_names, split_names
from tests.helpers import documents
from tests.helpers.any_rights import NAMES, RIGHTS, with_slot
from tests.media.small_files import sample


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTICES)
@settings(max_examples=60, deadline=None)
@given(first=RIGHTS, second=RIGHTS)
def test_round_trip(name: str, first: Rights, second: Rights) -> None:
    first, second = with_slot(first, name), with_slot(second, name)
    once = documents.write_rights(sample(name), first)
    assert documents.read_rights(once).rights == first
    assert documents.write_rights(once, first) is once
    twice = documents.write_rights(once, second)
    found = documents.read_rights(twice)
    assert found.rights == second.onto(first)
    assert found.conflicts == {}
    assert documents.write_rights(twice, second) is twice
    assert documents.essence_digest(twice) == documents.essence_digest(sample(name))


@pytest.mark.slow
@settings(max_examples=300)
@given(NAMES)
def test_names_survive_in_one_text(names: tuple[str, ...]) -> None:
    assert split_names(join_names(names)) == names


@settings(max_examples=300)
@given(st.text(max_size=40))
def test_any_text_splits_into_names_and_stays_split(text: str) -> None:
    names = split_names(text)
    assert split_names(join_names(names)) == names


@pytest.mark.slow
@settings(max_examples=100)
@given(RIGHTS)
def test_a_record_survives_a_dict(rights: Rights) -> None:
    assert Rights.from_dict(rights.to_dict()) == rights


@settings(max_examples=60, deadline=None)
@given(rights=RIGHTS, codec=st.sampled_from(["utf-8", "utf-16-be", "utf-16-le", "utf-32-be"]))
def test_packets_in_every_encoding(rights: Rights, codec: str) -> None:
    rights = with_slot(rights, "gif")
    empty = xmp.write(None, {}).decode().encode(codec)
    merged = xmp.write(empty, rights.values())
    assert xmp.read(merged) == rights.values()
    assert merged.decode(codec).startswith('<?xpacket begin="\ufeff"')


@settings(max_examples=100)
@given(st.binary(max_size=80), st.sampled_from(["A", "Ab", "Abcd © 東京"]))
def test_bytes_behind_a_block_never_move(tail: bytes, text: str) -> None:
    source = exif.write(None, {"creators": ("B",)}) + b"\xff" + tail
    patched = exif.write(source, {"copyright_notice": text, "creators": (text,)})
    assert patched[8 : len(source)] == source[8:]
    assert exif.read(patched) == {"copyright_notice": text, "creators": (text,)}


BARRED = st.lists(
    st.sampled_from(["a", "|", " ", '"', " | ", "id:", "https://e.org/", "a@b.c", ";"]),
    min_size=1,
    max_size=9,
).map(lambda parts: "".join(parts).strip() or "x")


@pytest.mark.slow
@settings(max_examples=500)
@given(
    name=st.none() | BARRED,
    url=st.none() | st.just("https://example.com/"),
    email=st.none() | st.just("a@example.com"),
    number=st.none() | BARRED,
)
def test_a_party_survives_in_one_text(
    name: str | None, url: str | None, email: str | None, number: str | None
) -> None:
    other = Party(name="another, so that a URL alone is no field of its own")
    licensors = Comment("LICENSOR", "parties")
    parties = (Party(name=name, url=url, email=email, id=number or "1"), other)
    assert licensors.value(licensors.texts(parties)) == parties
    owners = Comment("COPYRIGHTOWNER", "owners")
    parties = (Party(name=name, id=number or "1"), other)
    assert owners.value(owners.texts(parties)) == parties


@pytest.mark.parametrize("name", NOTICES)
def test_a_bar_in_a_name_divides_nothing(name: str) -> None:
    owners = (Party(name="Smith | Partners", id="1"), Party(name="A |"))
    licensors = (Party(name='"A" | https://x.org/', url="https://y.org/"),)
    rights = with_slot(Rights(copyright_owners=owners, licensors=licensors), name)
    written = documents.write_rights(sample(name), rights)
    found = documents.read_rights(written)
    assert (found.rights, found.conflicts) == (rights, {})
    assert documents.write_rights(written, rights) is written
