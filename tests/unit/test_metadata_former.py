"""What a block was is kept small, and comes back byte for byte where the run's own block still stands."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.errors import RightsError
from stamp.metadata.former import former


@settings(max_examples=100)
@given(before=st.binary(max_size=3000), after=st.binary(max_size=3000))
def test_a_block_comes_back(before: bytes, after: bytes) -> None:
    kept = former(before, after)
    assert kept is not None
    assert kept.block(after) == before
    assert kept.block(after + b"x") is None


def test_what_the_run_has_left_costs_nothing() -> None:
    noise = random.Random(1).randbytes(20000)
    kept = former(b"old" + noise, b"new and longer" + noise)
    assert kept is not None
    assert len(kept.before) < 300


@pytest.mark.parametrize("size", [1 << 16, 2 << 20])
def test_what_is_large_and_nowhere_else_is_not_kept(size: int) -> None:
    assert former(random.Random(1).randbytes(size), b"x") is None


@pytest.mark.parametrize("packed", ["", "eA==", "*", 7])
def test_damaged_blocks_are_refused(packed: str) -> None:
    kept = former(b"before", b"after")
    assert kept is not None
    with pytest.raises(RightsError, match="block in the receipt"):
        replace(kept, before=packed).block(b"after")
    with pytest.raises(RightsError, match="block in the receipt"):
        replace(kept, before=kept.before[:8]).block(b"after")
