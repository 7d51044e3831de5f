"""How often a host is asked for something."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")
_MOST = 60.0  # seconds that a host may ask for between two requests


class Pace:
    """Pauses between two requests to one host, of so many seconds at least."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._own: dict[str, float] = {}
        self._ready: dict[str, float] = {}

    def wait(self, host: str) -> None:
        """Wait until a host may be asked, which it is now."""
        time.sleep(max(0.0, self._ready.get(host, 0.0) - time.monotonic()))
        self._ready[host] = time.monotonic() + max(self._seconds, self._own.get(host, 0.0))

    def slow_down(self, host: str, seconds: float) -> None:
        """Let a host have its way: so many seconds between two requests, a minute at most."""
        self._own[host] = min(seconds, _MOST)
        self._ready[host] = max(self._ready.get(host, 0.0), time.monotonic() + self._own[host])

    def in_turn(self, items: Iterable[Item], host_of: Callable[[Item], str]) -> Iterator[Item]:
        """Yield items so that there is as little to wait for as can be: those of the host that is ready
        first, of one host in their order."""
        waiting: dict[str, deque[Item]] = {}
        for item in items:
            waiting.setdefault(host_of(item), deque()).append(item)
        while waiting:
            host = min(waiting, key=lambda each: self._ready.get(each, 0.0))
            yield waiting[host].popleft()
            if not waiting[host]:
                del waiting[host]
