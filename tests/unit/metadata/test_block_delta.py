"""What a block was is kept small, and comes back byte for byte where the run's own block still stands."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.errors import RightsError
from stamp.metadata.block_delta import Former, former

PIECES = st.lists(st.sampled_from([b"", b"a", bytes(40), b"text" * 30, random.Random(2).randbytes(100)]))


@pytest.mark.slow
@settings(max_examples=200)
@given(before=PIECES.map(b"".join), after=PIECES.map(b"".join))
def test_a_block_comes_back(before: bytes, after: bytes) -> None:
    kept = former(before, after)
    assert kept is not None
    told = json.loads(json.dumps(asdict(kept)))
    assert Former(**told).block(after) == before
    assert kept.block(after + b"x") is None


def test_what_the_run_has_left_costs_nothing_wherever_it_stands() -> None:
    cover = random.Random(1).randbytes(300_000)
    kept = former(b"old" * 10 + cover + b"more", b"new and longer" + cover + b"and more texts behind it")
    assert kept is not None
    assert len(json.dumps(asdict(kept))) < 300


def test_what_is_large_and_nowhere_else_is_not_kept() -> None:
    assert former(random.Random(1).randbytes(1 << 16), b"x") is None
    assert former(bytes((1 << 24) + 1), bytes(100)) is None


@pytest.mark.parametrize("pieces", [["*"], [7], [None], [[1]], [["a", "b"]], 7])
def test_damaged_blocks_are_refused(pieces: Any) -> None:
    kept = former(b"before", b"after")
    assert kept is not None
    with pytest.raises(RightsError, match="block in the receipt"):
        replace(kept, before=pieces).block(b"after")


def test_a_block_that_would_fill_the_memory_is_refused() -> None:
    now = bytes(1 << 20)
    kept = former(b"before", now)
    assert kept is not None
    with pytest.raises(RightsError, match="too large"):
        replace(kept, before=[[0, 1 << 20]] * 10_000).block(now)
