"""How the work grows with the input."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time
from typing import TypeVar

Data = TypeVar("Data")

TIMES = 8
AT_MOST = 4 * TIMES  # linear work takes 8 times as long, quadratic work 64 times


def assert_linear(work: Callable[[Data], object], make: Callable[[int], Data], many: int) -> None:
    """Eight times as much takes far less than 64 times as much of the processor's time.

    `make(n)` gives data with n of something. The least of up to three runs counts, since whatever else the
    machine does slows single ones; none has the n of another, since results for the last blocks are kept.
    """
    few: list[float] = []
    lot: list[float] = []
    for attempt in range(3):
        few.append(_spent(work, make(many // TIMES + attempt)))
        lot.append(_spent(work, make(many + attempt)))
        if min(lot) <= AT_MOST * min(few):
            return
    raise AssertionError(f"{TIMES} times as much takes {min(lot) / min(few):.0f} times as long")


def _spent(work: Callable[[Data], object], data: Data) -> float:
    start = process_time()
    work(data)
    return process_time() - start
