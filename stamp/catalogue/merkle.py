"""The Merkle tree of RFC 6962, section 2.1: one hash over many entries, and short proofs that one of them is
among these.

Entries are streamed: whatever their number, a tree holds one hash for each of its levels."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import islice

_sha256 = hashlib.sha256


class Tree:
    """A tree that grows.

    size : how many entries it has.
    """

    __slots__ = ("_whole", "size")

    def __init__(self, entries: Iterable[bytes] = ()) -> None:
        self.size = 0
        self._whole: list[bytes] = []  # roots of full subtrees, the largest first: the ones in binary `size`
        for entry in entries:
            self.add(entry)

    def add(self, entry: bytes) -> None:
        """Append an entry."""
        whole, node, number = self._whole, leaf_hash(entry), self.size
        while number & 1:
            node = _sha256(b"\1" + whole.pop() + node).digest()
            number >>= 1
        whole.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Return the hash over all entries so far, 32 bytes."""
        if not self._whole:
            return _sha256().digest()
        *others, node = self._whole
        for left in reversed(others):
            node = _node(left, node)
        return node


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash that an entry has as a leaf: it cannot be taken for that of a node."""
    return _sha256(b"\0" + entry).digest()


def path(entries: Iterable[bytes], index: int, size: int) -> tuple[bytes, ...]:
    """Return the proof that entry `index`, from 0, is among the first `size` of `entries`: the hash beside
    it on each level, from the leaf up. Raises ValueError where there are not so many."""
    return paths(entries, [index], size)[0]


def paths(entries: Iterable[bytes], indexes: Sequence[int], size: int) -> list[tuple[bytes, ...]]:
    """Return the proofs of several entries, which are read once: most of what is beside one is beside the
    others, too. Raises ValueError as `path` does."""
    beside = [_beside(index, size) for index in indexes]
    waiting = sorted({each for found in beside for each in found}, reverse=True)
    growing: list[tuple[int, int, Tree]] = []
    roots: dict[tuple[int, int], bytes] = {}
    count = 0
    for entry in islice(entries, size):
        while waiting and waiting[-1][0] == count:
            start, end = waiting.pop()
            growing.append((start, end, Tree()))
        count += 1
        for start, end, tree in growing:
            tree.add(entry)
            if end == count:
                roots[start, end] = tree.root()
        if any(end == count for _, end, _ in growing):
            growing = [each for each in growing if each[1] != count]
    if count < size:
        raise ValueError(f"there are fewer than {size} entries")
    return [tuple(roots[each] for each in found) for found in beside]


def root_of(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """Return the root that a proof leads to. `leaf` is the `leaf_hash` of entry `index` of `size`. Raises
    ValueError where no proof of this place is so long."""
    node = leaf
    for is_right, other in zip(sides(index, size), proof, strict=True):
        node = _node(node, other) if is_right else _node(other, node)
    return node


def sides(index: int, size: int) -> tuple[bool, ...]:
    """Return, for each hash of the proof of entry `index` of `size`, whether it is right of the way from the
    leaf up. Raises ValueError where there is no such entry."""
    return tuple(start > index for start, _ in _beside(index, size))


def _node(left: bytes, right: bytes) -> bytes:
    return _sha256(b"\1" + left + right).digest()


def _beside(index: int, size: int) -> list[tuple[int, int]]:
    """The subtrees beside the way from a leaf to the root, as (first, behind the last) of their entries."""
    if not 0 <= index < size:
        raise ValueError(f"entry {index} is none of {size}")
    start, end = 0, size
    found = []
    while end - start > 1:
        middle = start + (1 << (end - start - 1).bit_length() - 1)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((start, middle))
            start = middle
    return found[::-1]
