"""The processes that work on what is sent, as asyncio sees them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..formats.sniff import known_kind
from ..jobs.pool import Crash, Pool
from .orders import Done, Order, Worker


class Busy(Exception):
    """As many requests wait as are let in."""


class Workers:
    """A pool in which a file that kills its process, or takes too much of time or memory, costs one request.

    processes : how many. most : requests that are let in at once, at work or waiting. seconds, memory : what
    a photo may take, memory in bytes of address space; a clip or a song may take ten times as long, and twice
    the memory.
    """

    def __init__(self, processes: int, worker: Worker, *, most: int, seconds: float, memory: int) -> None:
        self._pool: Pool[Order, Done] = Pool(processes, worker)
        self._most, self._seconds, self._memory = most, seconds, memory
        self.inside = 0

    def close(self) -> None:
        """Stop the processes."""
        self._pool.close()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Hold a place, from before the body of a request is read to its answer. Raises Busy."""
        if self.inside >= self._most:
            raise Busy
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    async def do(self, order: Order, news: Callable[[int, int], None] | None = None) -> Done:
        """Have an order done, and return what came of it. `news` is called in another thread. Cancelled, an
        order that waits is given up; what a worker has begun it ends."""
        path = getattr(order, "path", None)
        is_photo = path is not None and known_kind(path) in ("image", None)
        future = self._pool.submit(
            order,
            news=news,
            seconds=self._seconds * (1 if is_photo else 10),
            memory=self._memory * (1 if is_photo else 2),
        )
        result = await asyncio.wrap_future(future)
        if isinstance(result, Crash):
            return Done(order.failure(result.type, result.message), failed=True)
        return result
