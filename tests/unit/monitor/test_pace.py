"""Between two requests to one host there is a pause; other hosts need not wait for it."""

from __future__ import annotations

import time

import pytest

from stamp.monitor import pace
from stamp.monitor.pace import Pace


class Clock:
    """Time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(pace, "time", made)
    assert time.monotonic is not made.monotonic
    return made


def asked(own: Pace, items: list[str], clock: Clock) -> list[tuple[str, float]]:
    """Which item was asked for, and when."""
    made = []
    for item in own.in_turn(items, lambda each: each[0]):
        own.wait(item[0])
        made.append((item, clock.now - 100))
    return made


def test_hosts_take_turns(clock: Clock) -> None:
    made = asked(Pace(2), ["a1", "a2", "a3", "b1", "b2", "c1"], clock)
    assert made == [("a1", 0), ("b1", 0), ("c1", 0), ("a2", 2), ("b2", 2), ("a3", 4)]


def test_a_host_may_ask_for_more_time_but_not_for_ever(clock: Clock) -> None:
    own = Pace(2)
    own.wait("a")
    own.slow_down("a", 10)
    own.wait("a")
    own.wait("a")
    assert clock.now == 120
    own.slow_down("a", 1e9)
    own.wait("a")
    assert clock.now == 180
