"""Run one function over many items in separate processes, so that a crash costs one item and nothing else.

The standard library's process pool gives up on everything when one worker dies; a decoder that falls over on
a hostile file must not do that to a folder of photos. Here each worker holds one item at a time, so the item
that killed it is known. A function that takes long can say how far it is with `tell`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import chain
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

_NEWS_SECONDS = 0.2
GRACE_SECONDS = 5.0
"""A worker told to stop removes its temporary file first; numerical code returns well within this."""


@dataclass(frozen=True, slots=True)
class Crash:
    """What became of an item whose function did not return: an unforeseen exception, or a worker that
    died."""

    type: str
    message: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class _News:
    """How far the function is, on its way to the parent."""

    done: int
    total: int


News = Callable[[int, int, int], None]
"""Called with the index of an item, what of it is done, and how much there is to do (0 where unknown)."""

_listener: ContextVar[Callable[[int, int], None] | None] = ContextVar("_listener", default=None)
_told: ContextVar[float] = ContextVar("_told", default=0.0)


def tell(done: int, total: int) -> None:
    """Say how far the function that `run` called is. Cheap enough to be called for every frame."""
    listener = _listener.get()
    now = time.monotonic()
    if listener and now - _told.get() > _NEWS_SECONDS:
        _told.set(now)
        listener(done, total)


def attempt(function: Callable[[Any], Any], item: Any) -> Any:
    """`function(item)`, or a `Crash` where it raises. KeyboardInterrupt passes through."""
    try:
        return function(item)
    except MemoryError:
        return Crash("MemoryError", "not enough memory; close other programs, or use a smaller -j")
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        return Crash(
            "InternalError",
            f"internal error: {what} (a bug: please report it; -v shows where)",
            traceback.format_exc(),
        )


def run(
    function: Callable[[Any], Any],
    items: Sequence[Any],
    processes: int,
    news: News = lambda index, done, total: None,
    broken_off: Callable[[int], None] = lambda index: None,
) -> Iterator[tuple[int, Any]]:
    """Yield `(index, result or Crash)` for each item as it is done, in any order.

    One item is worked on in this process; more go to `processes` fresh ones, so `function`, items and results
    must pickle; `news` is called in this one. Closing the generator, or an exception in the caller's loop,
    stops the workers and waits for them, at most `GRACE_SECONDS`. `broken_off` is called with the index of
    each item whose worker has ended with it undone: died, or was stopped.
    """
    if len(items) <= 1:
        for index, item in enumerate(items):
            with _listening(partial(news, index)):
                result = attempt(function, item)
            yield index, result
        return
    waiting: Iterator[tuple[int, Any]] = iter(enumerate(items))
    busy: list[_Worker] = []
    try:
        for index, item in waiting:
            try:
                busy.append(_Worker(function))
            except (
                OSError
            ):  # no more processes, or no more open files, for this user: work with those there are
                if not busy:
                    raise
                waiting = chain([(index, item)], waiting)
                break
            busy[-1].give(index, item)
            if len(busy) >= processes:
                break
        while busy:
            ready = wait([worker.connection for worker in busy])
            for worker in [worker for worker in busy if worker.connection in ready]:
                result = worker.take()
                if isinstance(result, _News):
                    news(worker.index, result.done, result.total)
                    continue
                busy.remove(worker)
                if worker.dead:
                    broken_off(worker.index)
                yield worker.index, result
                following = next(waiting, None)
                if following is None:
                    worker.stop()
                    continue
                busy.append(_Worker(function) if worker.dead else worker)
                busy[-1].give(*following)
    finally:
        for worker in busy:
            worker.process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for worker in busy:
            worker.stop(deadline - time.monotonic())
            broken_off(worker.index)


class _Worker:
    def __init__(self, function: Callable[[Any], Any]) -> None:
        # Spawned, not forked: a fork copies the locks of the parent's threads (progress bar, BLAS) in
        # whatever state they are.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _interrupts_held():
            self.process.start()
        theirs.close()
        self.function: Callable[[Any], Any] | None = function
        self.index = -1
        self.dead = False

    def give(self, index: int, item: Any) -> None:
        self.index = index
        with suppress(OSError):  # a dead worker: take() finds out and says why
            if self.function is not None:
                self.connection.send(self.function)
                self.function = None
            self.connection.send(item)

    def take(self) -> Any:
        try:
            return self.connection.recv()
        except (EOFError, OSError):
            self.dead = True
            self.stop()
            return Crash("WorkerDied", _cause_of_death(self.process.exitcode))

    def stop(self, seconds: float = GRACE_SECONDS) -> None:
        self.connection.close()  # an idle worker sees the end of its input and leaves
        self.process.join(max(0.0, seconds))
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


def _cause_of_death(code: int | None) -> str:
    if code is not None and code < 0:
        name = signal.Signals(-code).name
        hint = "; probably out of memory: use a smaller -j" if name == "SIGKILL" else ""
        return f"the process that worked on this file was ended by {name}{hint}"
    return f"the process that worked on this file ended unexpectedly (exit code {code})"


def _serve(connection: Connection) -> None:
    """The worker's life: take the function, then one item after the other until the other end closes."""
    for name in (
        "SIGINT",
        "SIGHUP",
    ):  # they reach the whole process group; the parent decides: it sends SIGTERM
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _interrupt)
    # Before NumPy is loaded by unpickling the function: one process a core, so its threads would only get in
    # each other's way.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    with suppress(EOFError, OSError, KeyboardInterrupt):
        function = connection.recv()
        with _listening(lambda done, total: connection.send(_News(done, total))):
            while True:
                connection.send(attempt(function, connection.recv()))


@contextmanager
def _listening(listener: Callable[[int, int], None]) -> Iterator[None]:
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def _interrupt(signum: int, frame: object) -> None:
    # Once: a service manager and the parent may both send it, and the second would break off the tidying up.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """A child starts with SIGINT blocked: Ctrl-C reaches the whole process group, also one that is still
    starting up."""
    if not hasattr(signal, "pthread_sigmask") or threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
