"""What a file was is kept small, whatever its container, and comes back byte for byte."""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.errors import RightsError
from stamp.core.rights import Rights
from stamp.formats.table import NOTICES
from stamp.metadata.document import Document
from stamp.metadata.file_delta import FormerFile, former_file
from tests.media.small_files import sample

PIECES = st.lists(st.sampled_from([b"", b"a", bytes(40), b"text" * 30, random.Random(2).randbytes(100)]))
FIRST = Rights(copyright_notice="© 2019 Agency, licence 4711", creators=("Zoë",), usage_terms="Ask. " * 40)
SECOND = Rights(copyright_notice="© 2026 A", usage_terms="x" * 3000)


def comes_back(before: bytes, after: bytes) -> int:
    """The size of what is kept."""
    pieces = former_file(before, after)
    assert pieces is not None
    told = json.dumps(pieces)
    kept = FormerFile(json.loads(told), hashlib.sha256(before).hexdigest())
    assert kept.of(after)[: len(before) + 1] == before
    return len(told)


@pytest.mark.slow
@settings(max_examples=300)
@given(before=PIECES.map(b"".join), after=PIECES.map(b"".join))
def test_any_file_comes_back(before: bytes, after: bytes) -> None:
    comes_back(before, after)


@pytest.mark.parametrize("name", NOTICES)
def test_every_container_comes_back(name: str) -> None:
    plain = sample(name)
    first = Document(plain).with_rights(FIRST).data[:]
    second = Document(first).with_rights(SECOND).data[:]
    for before, after in (
        (plain, first),
        (first, second),
        (first, Document(first).without_rights(FIRST).data[:]),
    ):
        assert comes_back(before, after) < 20_000


def test_what_stands_in_both_costs_nothing() -> None:
    one, two = (random.Random(seed).randbytes(1_000_000) for seed in (1, 2))
    assert comes_back(b"old" + one + b"between" + two + b"end", b"newer" + one + two + b"another end") < 300
    assert comes_back(two + one, one + two) < 300


def test_what_is_large_and_nowhere_else_is_not_kept() -> None:
    assert former_file(random.Random(1).randbytes(1 << 19), b"x") is None


@pytest.mark.parametrize(
    "pieces", [["*"], [7], [None], [[1]], [["a", "b"]], 7, [[0, 99]], [[-1, 2]], [[0, 2]]]
)
def test_damaged_pieces_are_refused(pieces: Any) -> None:
    with pytest.raises(RightsError, match=r"pieces .*in the receipt"):
        FormerFile(pieces, hashlib.sha256(b"before").hexdigest()).of(b"after")


def test_pieces_that_would_fill_the_disk_are_refused() -> None:
    with pytest.raises(RightsError, match="do not make the file"):
        FormerFile([[0, 1 << 20]] * 10_000, "").of(bytes(1 << 20))
