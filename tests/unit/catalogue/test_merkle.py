"""The tree of RFC 6962, against the recursion of its section 2.1 and known roots."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamp.catalogue.merkle import Tree, leaf_hash, path, paths, root_of, sides

# The entries and roots that the logs of Certificate Transparency are tested with.
ENTRIES = [
    bytes.fromhex(digits)
    for digits in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)


def split(count: int) -> int:
    """The largest power of two that is smaller."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def naive_root(entries: list[bytes]) -> bytes:
    """MTH of RFC 6962, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + naive_root(entries[:k]) + naive_root(entries[k:])).digest()


def naive_path(m: int, entries: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, word for word."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*naive_path(m, entries[:k]), naive_root(entries[k:])]
    return [*naive_path(m - k, entries[k:]), naive_root(entries[:k])]


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_known_roots(size: int) -> None:
    assert Tree(ENTRIES[:size]).root().hex() == ROOTS[size]


@given(st.lists(st.binary(max_size=40), max_size=70), st.data())
def test_roots_and_paths_are_those_of_the_recursion(entries: list[bytes], data: st.DataObject) -> None:
    tree = Tree()
    for count, entry in enumerate(entries):
        assert tree.root() == naive_root(entries[:count])
        tree.add(entry)
    assert (tree.root(), tree.size) == (naive_root(entries), len(entries))
    if entries:
        index = data.draw(st.integers(0, len(entries) - 1))
        proof = path(iter(entries), index, len(entries))
        assert list(proof) == naive_path(index, entries)
        assert root_of(leaf_hash(entries[index]), index, len(entries), proof) == tree.root()


@given(st.integers(2, 200), st.data())
def test_a_proof_is_that_of_one_entry_at_one_place(size: int, data: st.DataObject) -> None:
    entries = [bytes([n]) for n in range(size)]
    index, other = data.draw(
        st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True), label="index, other"
    )
    proof, root = path(entries, index, size), naive_root(entries)
    assert root_of(leaf_hash(entries[other]), index, size, proof) != root
    changed = list(proof)
    changed[data.draw(st.integers(0, len(proof) - 1))] = bytes(32)
    assert root_of(leaf_hash(entries[index]), index, size, changed) != root
    for wrong in (proof[:-1], (*proof, bytes(32))):
        with pytest.raises(ValueError, match="zip"):
            root_of(leaf_hash(entries[index]), index, size, wrong)


def test_what_is_not_there_has_no_proof() -> None:
    for index, size in ((3, 3), (-1, 3), (0, 0)):
        with pytest.raises(ValueError, match="is none of"):
            path(ENTRIES, index, size)
    for index in (0, 8):
        with pytest.raises(ValueError, match="fewer than 9"):
            path(ENTRIES, index, 9)


@given(
    st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.lists(st.integers(0, n - 1), max_size=6)))
)
def test_several_proofs_at_once_are_those_of_each(case: tuple[int, list[int]]) -> None:
    size, indexes = case
    entries = [bytes([number]) for number in range(size + 3)]
    found = paths(entries, indexes, size)
    assert found == [tuple(naive_path(index, entries[:size])) for index in indexes]
    for index, proof in zip(indexes, found, strict=True):
        assert len(sides(index, size)) == len(proof)
