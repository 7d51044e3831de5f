"""Points, or pairs of tones, sorted by the first bits of their codes: a search reads hardly any of them.

A run covers the rows from one number to another: where each bucket begins, and the rows in their order.
Its buckets hold some 8 rows each. The newest ones are in no run on the disk and are sorted when the
files are opened; when there are many, they become a run, and two neighbours of like size become one, so that
there are few of them however many points there are.

A bit of a code is the sign of a number. Those nearest to 0 are the least certain ones, and a copy's code
differs there first: of a query all buckets are looked into that differ from its own in these bits only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..storage.atomic import write_whole
from .stacked import Stacked

NEAR: Final = 26
"""Of 128 bits, how many of a copy's may differ."""
_TAIL = 1 << 18  # points that are sorted when the files are opened
_BUCKET, _LEAST_BITS, _MOST_BITS = 8, 6, 24
_UNCERTAIN = 5  # bits: 32 buckets a query; 83 to 99 % of a copy's points are in them
_CROWDED = 4096  # points of a bucket: of a pattern that repeats, more would say nothing
_NEIGHBOURS = 4
_NAME = re.compile(r"(\w+)\.(\d+)-(\d+)")

Codes = NDArray[np.uint8]
Keys = Callable[[int, int], NDArray[np.uint32]]
"""Gives 32 bits of each row from one number to another."""


@dataclass(frozen=True)
class Run:
    """The points from `start`; `starts` (2**bits + 1) says where in `order` each bucket begins, `order` which
    points these are, counted from `start`."""

    start: int
    bits: int
    starts: NDArray[np.uint32]
    order: NDArray[np.uint32]

    def candidates(self, values: NDArray[np.float32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs (query, point) worth comparing; `values` (n, 128) as in `PicturePoints`."""
        return self._rows(_probed(values, self.bits))

    def equal(self, keys: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return pairs (query, row) whose keys begin alike."""
        return self._rows(_first_bits(keys, self.bits).astype(np.int64)[:, None])

    def _rows(self, buckets: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pairs of queries and what is in their buckets (n, m)."""
        first = self.starts[buckets].astype(np.int64)
        count = np.minimum(self.starts[buckets + 1].astype(np.int64) - first, _CROWDED)
        queries = np.repeat(np.arange(len(buckets)), count.sum(axis=1))
        first, count = first.ravel(), count.ravel()
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return queries, self.start + self.order[np.repeat(first, count) + within].astype(np.int64)


def neighbours(
    runs: tuple[Run, ...], codes: Codes | Stacked, values: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs (query, point) of like codes: of each query the four nearest points, within `NEAR` bits.

    codes : of all points, (m, 16). values : of the queries, (n, 128).
    """
    mine = np.packbits(values > 0, axis=1).view(np.uint64)
    found = []
    for run in runs:
        queries, points = run.candidates(values)
        different = mine[queries] ^ codes.take(points, axis=0).view(np.uint64)
        apart = np.bitwise_count(different[:, 0]) + np.bitwise_count(different[:, 1])
        near = apart <= NEAR
        found.append((queries[near], points[near], apart[near]))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    queries, points, apart = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((points, apart, queries))
    queries, points = queries[order], points[order]
    rank = np.arange(len(queries)) - np.searchsorted(queries, queries)
    return queries[rank < _NEIGHBOURS], points[rank < _NEIGHBOURS]


def sorted_run(keys: Keys, start: int, end: int) -> Run:
    """Return the run of the rows from `start` to `end`, by the first bits of their keys."""
    bits = int(np.clip(np.log2(max(1, end - start) / _BUCKET), _LEAST_BITS, _MOST_BITS))
    buckets = _first_bits(keys(start, end), bits)
    starts = np.zeros((1 << bits) + 1, np.uint32)
    starts[1:] = np.cumsum(np.bincount(buckets, minlength=1 << bits))
    return Run(start, bits, starts, np.argsort(buckets, kind="stable").astype(np.uint32))


def runs_in(folder: Path, name: str, keys: Keys, total: int) -> Iterator[Run]:
    """Yield runs that cover all rows: those in the folder, and one of what is in none."""
    there = dict(_pairs(folder, name))
    done = 0
    while (end := there.get(done, 0)) and end <= total:
        with suppress(OSError, ValueError):  # somebody has just made one of two: the points are sorted here
            table = np.load(folder / f"{name}.{done}-{end}", mmap_mode="r")
            bits = int(table[0])
            split = (1 << bits) + 2
            if len(table) == split + end - done:
                yield Run(done, bits, table[1:split], table[split:])
                done = end
                continue
        break
    if done < total:
        yield sorted_run(keys, done, total)


def settle(folder: Path, name: str, keys: Keys, total: int) -> None:
    """Make a run of the newest rows where there are many, and one of two of like size."""
    there = dict(_pairs(folder, name))
    bounds = [0]
    while (end := there.get(bounds[-1], 0)) and end <= total:
        bounds.append(end)
    if total - bounds[-1] < _TAIL:
        return
    merged = [*bounds, total]
    while len(merged) > 2 and merged[-2] - merged[-3] < 2 * (merged[-1] - merged[-2]):
        del merged[-2]
    run = sorted_run(keys, merged[-2], total)
    table = np.concatenate([np.array([run.bits], np.uint32), run.starts, run.order])
    with (
        write_whole(folder / f"{name}.{run.start}-{total}", overwrite=True) as draft,
        open(draft, "wb") as file,
    ):
        np.save(file, table)
    for start, end in _pairs(folder, name):
        if start >= run.start and (start, end) != (run.start, total):
            with suppress(OSError):  # mapped by a reader, on Windows; the longest of one start is taken
                (folder / f"{name}.{start}-{end}").unlink()


def _pairs(folder: Path, name: str) -> list[tuple[int, int]]:
    """Where runs start and end, of several that start at one row the longest last."""
    if not folder.is_dir():
        return []
    found = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return sorted((int(each[2]), int(each[3])) for each in found if each and each[1] == name)


def keys_of(codes: Codes) -> NDArray[np.uint32]:
    """Return the first 32 bits of codes (n, 16)."""
    return np.ascontiguousarray(codes[:, :4]).view(">u4").ravel().astype(np.uint32)


def _first_bits(keys: NDArray[np.uint32], bits: int) -> NDArray[np.uint32]:
    return keys >> np.uint32(32 - bits)


def _probed(values: NDArray[np.float32], bits: int) -> NDArray[np.int64]:
    """The buckets (n, 32) to look into."""
    own = _first_bits(keys_of(np.packbits(values[:, :32] > 0, axis=1)), bits).astype(np.int64)
    uncertain = np.argsort(np.abs(values[:, :bits]), axis=1)[:, :_UNCERTAIN]
    weights = 1 << (bits - 1 - uncertain)
    subsets = (np.arange(1 << _UNCERTAIN)[:, None] >> np.arange(_UNCERTAIN)) & 1
    probed: NDArray[np.int64] = own[:, None] ^ (weights @ subsets.T)
    return probed
