"""Points sorted by the first bits of their codes, so that a search reads hardly any of them.

A run covers the points from one number to another: where each bucket begins, and the points in their order.
Its buckets hold some 8 points each. The newest points are in no run on the disk and are sorted when the
files are opened; when there are many, they become a run, and two neighbours of like size become one, so that
there are few of them however many points there are.

A bit of a code is the sign of a number. Those nearest to 0 are the least certain ones, and a copy's code
differs there first: of a query all buckets are looked into that differ from its own in these bits only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..storage.atomic import write_whole

NEAR: Final = 26
"""Of 128 bits, how many of a copy's may differ."""
_TAIL = 1 << 18  # points that are sorted when the files are opened
_BUCKET, _LEAST_BITS, _MOST_BITS = 8, 6, 24
_UNCERTAIN = 5  # bits: 32 buckets a query; 83 to 99 % of a copy's points are in them
_CROWDED = 4096  # points of a bucket: of a pattern that repeats, more would say nothing
_NEIGHBOURS = 4
_NAME = re.compile(r"order\.(\d+)-(\d+)")

Codes = NDArray[np.uint8]


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
        buckets = _probed(values, self.bits)
        first = self.starts[buckets].astype(np.int64)
        count = np.minimum(self.starts[buckets + 1].astype(np.int64) - first, _CROWDED)
        queries = np.repeat(np.arange(len(values)), count.sum(axis=1))
        first, count = first.ravel(), count.ravel()
        within = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        return queries, self.start + self.order[np.repeat(first, count) + within].astype(np.int64)


def neighbours(
    runs: tuple[Run, ...], codes: Codes, values: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs (query, point) of like codes: of each query the four nearest points, within `NEAR` bits.

    codes : of all points, (m, 16). values : of the queries, (n, 128).
    """
    mine = np.packbits(values > 0, axis=1).view(np.uint64)
    theirs = np.asarray(codes).view(np.uint64)
    found = []
    for run in runs:
        queries, points = run.candidates(values)
        different = mine[queries] ^ theirs.take(points, axis=0)
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


def sorted_run(codes: Codes, start: int, end: int) -> Run:
    """Return the run of the points from `start` to `end`."""
    bits = int(np.clip(np.log2(max(1, end - start) / _BUCKET), _LEAST_BITS, _MOST_BITS))
    keys = _keys(codes[start:end], bits)
    starts = np.zeros((1 << bits) + 1, np.uint32)
    starts[1:] = np.cumsum(np.bincount(keys, minlength=1 << bits))
    return Run(start, bits, starts, np.argsort(keys, kind="stable").astype(np.uint32))


def runs_in(folder: Path, codes: Codes) -> Iterator[Run]:
    """Yield runs that cover all points: those in the folder, and one of what is in none."""
    there = _ends(folder)
    done = 0
    while (end := there.get(done, 0)) and end <= len(codes):
        with suppress(OSError, ValueError):  # somebody has just made one of two: the points are sorted here
            table = np.load(folder / f"order.{done}-{end}", mmap_mode="r")
            bits = int(table[0])
            split = (1 << bits) + 2
            if len(table) == split + end - done:
                yield Run(done, bits, table[1:split], table[split:])
                done = end
                continue
        break
    if done < len(codes):
        yield sorted_run(codes, done, len(codes))


def settle(folder: Path, codes: Codes, total: int) -> None:
    """Make a run of the newest points where there are many, and one of two of like size."""
    there = _ends(folder)
    bounds = [0]
    while (end := there.get(bounds[-1], 0)) and end <= total:
        bounds.append(end)
    if total - bounds[-1] < _TAIL:
        return
    merged = [*bounds, total]
    while len(merged) > 2 and merged[-2] - merged[-3] < 2 * (merged[-1] - merged[-2]):
        del merged[-2]
    run = sorted_run(codes, merged[-2], total)
    table = np.concatenate([np.array([run.bits], np.uint32), run.starts, run.order])
    with (
        write_whole(folder / f"order.{run.start}-{total}", overwrite=True) as draft,
        open(draft, "wb") as file,
    ):
        np.save(file, table)
    for start, end in _pairs(folder):
        if start >= run.start and (start, end) != (run.start, total):
            with suppress(OSError):  # mapped by a reader, on Windows; the longest of one start is taken
                (folder / f"order.{start}-{end}").unlink()


def _ends(folder: Path) -> dict[int, int]:
    """Where each run ends, by where it starts; of several the longest."""
    return dict(sorted(_pairs(folder)))


def _pairs(folder: Path) -> list[tuple[int, int]]:
    if not folder.is_dir():
        return []
    names = (_NAME.fullmatch(path.name) for path in folder.iterdir())
    return [(int(name[1]), int(name[2])) for name in names if name]


def _keys(codes: Codes, bits: int) -> NDArray[np.uint32]:
    heads = np.ascontiguousarray(codes[:, :4]).view(">u4").ravel().astype(np.uint32)
    return heads >> np.uint32(32 - bits)


def _probed(values: NDArray[np.float32], bits: int) -> NDArray[np.int64]:
    """The buckets (n, 32) to look into."""
    own = _keys(np.packbits(values[:, :32] > 0, axis=1), bits).astype(np.int64)
    uncertain = np.argsort(np.abs(values[:, :bits]), axis=1)[:, :_UNCERTAIN]
    weights = 1 << (bits - 1 - uncertain)
    subsets = (np.arange(1 << _UNCERTAIN)[:, None] >> np.arange(_UNCERTAIN)) & 1
    probed: NDArray[np.int64] = own[:, None] ^ (weights @ subsets.T)
    return probed
