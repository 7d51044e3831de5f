"""The measure of tests that say linear: it lets linear work pass and sees quadratic work."""

from __future__ import annotations

import pytest

from tests.helpers.growth import assert_linear


@pytest.mark.slow
def test_linear_work_passes_and_quadratic_work_is_seen() -> None:
    assert_linear(lambda n: sum(range(n)), lambda n: n, 1_000_000)
    with pytest.raises(AssertionError, match="8 times as much takes"):
        assert_linear(lambda n: [sum(range(n)) for _ in range(n)], lambda n: n, 3_000)
