"""A pool of processes in which a crash costs one item and nothing else.

The standard library's process pool gives up on everything when one worker dies; a decoder that falls over on
a hostile file must not do that to a folder of photos. Here each worker holds one item at a time, so the item
that killed it is known. A function that takes long can say how far it is with `report_progress`.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

_NEWS_SECONDS = 0.2
GRACE_SECONDS = 5.0
"""A worker told to stop removes its temporary file first; numerical code returns well within this."""
_SIGNALS = {getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)}


@dataclass(frozen=True, slots=True)
class Crash:
    """What became of an item whose function did not return.

    type : "InternalError" for an unforeseen exception, "MemoryError", "WorkerDied", "TimedOut", or "Stopped"
        where the pool was closed.
    message : for people, without the name of the item.
    details : a traceback where it is our own fault.
    """

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
_reported: ContextVar[float] = ContextVar("_reported", default=0.0)


def report_progress(done: int, total: int) -> None:
    """Say how far the function that a pool called is. Cheap enough to be called for every frame."""
    listener = _listener.get()
    now = time.monotonic()
    if listener and now - _reported.get() > _NEWS_SECONDS:
        _reported.set(now)
        listener(done, total)


def attempt(function: Callable[[Item], Result], item: Item) -> Result | Crash:
    """Return `function(item)`, or a `Crash` where it raises. KeyboardInterrupt passes through."""
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
    function: Callable[[Item], Result],
    items: Iterable[Item],
    processes: int,
    news: News = lambda index, done, total: None,
    broken_off: Callable[[int], None] = lambda index: None,
) -> Iterator[tuple[int, Result | Crash]]:
    """Yield `(index, result or Crash)` for each item as it is done, in any order.

    One item is worked on in this process; more go to a `Pool`, which is never more than two for each process
    ahead of what is done. `news` is called in this thread. Closing the
    generator, or an exception in the caller's loop, closes the pool. `broken_off` is called with the index of
    each item whose worker has ended with it undone: died, or was stopped.
    """
    numbered = enumerate(items)
    head = list(islice(numbered, 2))
    if len(head) <= 1:
        for index, item in head:
            with _listening(partial(news, index)):
                result = attempt(function, item)
            yield index, result
        return
    waiting = chain(head, numbered)
    events: SimpleQueue[tuple[int, _News | None]] = SimpleQueue()
    undone: dict[int, Future[Result | Crash]] = {}

    def on_news(index: int, done: int, total: int) -> None:
        events.put((index, _News(done, total)))

    def on_end(index: int, future: Future[Result | Crash]) -> None:
        events.put((index, None))

    def submit_to(pool: Pool[Item, Result], count: int) -> None:
        for index, item in islice(waiting, count):
            undone[index] = pool.submit(item, news=partial(on_news, index))
            undone[index].add_done_callback(partial(on_end, index))

    try:
        with Pool(processes, function) as pool:
            submit_to(pool, 2 * processes)  # so that a worker need not wait for the next one
            while undone:
                index, event = events.get()
                if event is not None:
                    news(index, event.done, event.total)
                    continue
                result = undone.pop(index).result()
                if _broke_off(result):
                    broken_off(index)
                yield index, result
                submit_to(pool, 1)
    finally:
        for index, future in undone.items():
            with suppress(CancelledError):
                if future.exception() is None and _broke_off(future.result()):
                    broken_off(index)


def _broke_off(result: object) -> bool:
    """Whether the worker ended in the middle of the item, and may have left something half-done."""
    return isinstance(result, Crash) and result.type in ("WorkerDied", "TimedOut", "Stopped")


@dataclass(eq=False, slots=True)
class _Order(Generic[Item, Result]):
    """An item with what `Pool.submit` was asked for."""

    item: Item
    future: Future[Result | Crash]
    news: Callable[[int, int], None] | None
    seconds: float | None
    memory: int | None


class Pool(Generic[Item, Result]):
    """Processes that call one function with one item after the other.

        with Pool(4, function) as pool:
            futures = [pool.submit(item) for item in items]
            results = [future.result() for future in futures]

    Processes are started when there is something to do, at most `processes` of them; where the system gives
    fewer, those do it all. `function`, items and results must pickle. Any thread may submit; one thread of
    the pool's own deals with the processes.
    """

    def __init__(self, processes: int, function: Callable[[Item], Result]) -> None:
        if processes < 1:
            raise ValueError(f"a pool has at least one process, not {processes}")
        self._processes = processes
        self._function = function
        self._waiting: deque[_Order[Item, Result]] = deque()
        self._workers: list[_Worker[Item, Result]] = []
        self._lock = threading.Lock()  # of _closed and the writing end of the pipe
        self._closed = False
        self._wake, self._waker = get_context("spawn").Pipe(duplex=False)
        self._thread = threading.Thread(target=self._manage, name="stamp-pool", daemon=True)
        self._thread.start()

    def submit(
        self,
        item: Item,
        *,
        news: Callable[[int, int], None] | None = None,
        seconds: float | None = None,
        memory: int | None = None,
    ) -> Future[Result | Crash]:
        """Have the function called with `item`, and return what will hold its result, or a `Crash`.

        Parameters
        ----------
        news : called in the pool's thread with what is done and how much there is to do; see
            `report_progress`. What it raises is logged.
        seconds : the worker is stopped when it has had the item for so long; this includes its start.
        memory : bytes of address space that the worker may have meanwhile, all of Python among them. Where
            the platform knows no such limit it has none.

        The future's `cancel` works until a worker has the item. Its `result` raises `OSError` where the
        system gives not one process, and what pickling raises.

        Raises
        ------
        RuntimeError : the pool is closed.
        """
        order = _Order[Item, Result](item, Future(), news, seconds, memory)
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            self._waiting.append(order)
            self._waker.send_bytes(b"submitted")
        return order.future

    def close(self) -> None:
        """Stop the workers and wait for them, at most `GRACE_SECONDS`. Items that wait are cancelled, and
        those at work have a `Crash` of type "Stopped"."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._waker.send_bytes(b"closed")
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What follows runs in the pool's thread.

    def _manage(self) -> None:
        _leave_signals_to_the_main_thread()
        try:
            while not self._closed:
                self._hand_out()
                self._listen()
        finally:
            self._stop()

    def _hand_out(self) -> None:
        while self._waiting:
            try:
                worker = self._free_worker()
            except OSError as error:
                order = self._waiting.popleft()
                if order.future.set_running_or_notify_cancel():
                    order.future.set_exception(error)
                continue
            if worker is None:
                return
            order = self._waiting.popleft()
            if order.future.set_running_or_notify_cancel():
                worker.give(order)

    def _free_worker(self) -> _Worker[Item, Result] | None:
        """An idle worker, else a new one; None where all are busy. Raises OSError where there is none."""
        if idle := next((worker for worker in self._workers if worker.order is None), None):
            return idle
        if len(self._workers) >= self._processes:
            return None
        try:
            self._workers.append(_Worker(self._function))
        except OSError:  # no more processes, or no more open files, for this user
            if not self._workers:
                raise
            self._processes = len(self._workers)
            return None
        return self._workers[-1]

    def _listen(self) -> None:
        """Wait for the first thing to happen, and deal with all that has happened by then."""
        ends = [worker.deadline for worker in self._workers if worker.deadline is not None]
        seconds = max(0.0, min(ends) - time.monotonic()) if ends else None
        ready = wait([self._wake, *(worker.connection for worker in self._workers)], seconds)
        if self._wake in ready:
            self._wake.recv_bytes()
        for worker in list(self._workers):
            if worker.connection in ready:
                worker.hear()
            elif worker.deadline is not None and worker.deadline <= time.monotonic():
                worker.end()
            if worker.dead:
                self._workers.remove(worker)

    def _stop(self) -> None:
        self._closed = True
        for worker in self._workers:
            worker.process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        for worker in self._workers:
            worker.stop(deadline - time.monotonic())
            worker.settle(Crash("Stopped", "stopped before it was done"))
        for order in self._waiting:
            if order.future.cancel():
                order.future.set_running_or_notify_cancel()  # whoever waits for it is woken


class _Worker(Generic[Item, Result]):
    def __init__(self, function: Callable[[Item], Result]) -> None:
        # Spawned, not forked: a fork copies the locks of the parent's threads (progress bar, BLAS) in
        # whatever state they are.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        try:
            self.process.start()
        except BaseException:
            self.connection.close()
            raise
        finally:
            theirs.close()
        self.function: Callable[[Item], Result] | None = function
        self.order: _Order[Item, Result] | None = None
        self.deadline: float | None = None
        self.crash: Crash | None = None  # why it was told to end
        self.dead = False

    def give(self, order: _Order[Item, Result]) -> None:
        self.order = order
        self.deadline = None if order.seconds is None else time.monotonic() + order.seconds
        try:
            if self.function is not None:
                self.connection.send(self.function)
                self.function = None
            self.connection.send((order.item, order.memory))
        except OSError:
            pass  # a dead worker: hear() finds out and says why
        except Exception as error:  # what cannot be pickled
            self.order, self.deadline = None, None
            order.future.set_exception(error)

    def hear(self) -> None:
        """Take what the worker has sent: news, a result, or its end."""
        try:
            heard = self.connection.recv()
        except (EOFError, OSError):
            self.stop()
            self.settle(self.crash or Crash("WorkerDied", _cause_of_death(self.process.exitcode)))
            return
        if not isinstance(heard, _News):
            self.settle(heard)
            if self.crash:  # its time was over, and it is about to end
                self.stop()
        elif self.order and self.order.news:
            try:
                self.order.news(heard.done, heard.total)
            except Exception:
                logging.getLogger(__name__).exception("news of an item was not taken")

    def settle(self, result: Result | Crash) -> None:
        """Give the item at hand, if there is one, its result."""
        order, self.order, self.deadline = self.order, None, None
        if order:
            order.future.set_result(result)

    def end(self) -> None:
        """Ask a worker whose time is over to stop, and kill it if it does not."""
        if self.crash is None and self.order is not None:
            seconds = f"{self.order.seconds:g} seconds"
            self.crash = Crash("TimedOut", f"not done after {seconds}, and stopped")
            self.deadline = time.monotonic() + GRACE_SECONDS
            self.process.terminate()
        else:
            self.deadline = None
            self.process.kill()

    def stop(self, seconds: float = GRACE_SECONDS) -> None:
        self.dead = True
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


def _leave_signals_to_the_main_thread() -> None:
    """Block them in this thread, and so in the children it starts, until they can deal with them: Ctrl-C
    reaches the whole process group, also one that is still starting up."""
    if hasattr(signal, "pthread_sigmask"):
        with suppress(OSError):  # no process to be had: the first worker will say so
            resource_tracker.ensure_running()  # later it would unblock them again
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)


def _serve(connection: Connection) -> None:
    """The worker's life: take the function, then one item after the other until the other end closes."""
    for number in _SIGNALS:  # they reach the whole process group; the parent decides: it sends SIGTERM
        signal.signal(number, _interrupt if number == signal.SIGTERM else signal.SIG_IGN)
    # Before NumPy is loaded by unpickling the function: one process a core, so its threads would only get in
    # each other's way.
    for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    with suppress(EOFError, OSError, KeyboardInterrupt):
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        function = connection.recv()
        with _listening(lambda done, total: connection.send(_News(done, total))):
            while True:
                item, memory = connection.recv()
                with _limited(memory):
                    result = attempt(function, item)
                if memory and isinstance(result, Crash) and result.type == "MemoryError":
                    result = Crash(
                        "MemoryError", f"not enough memory: no more than {memory} bytes are allowed"
                    )
                connection.send(result)


@contextmanager
def _limited(memory: int | None) -> Iterator[None]:
    """Limit the address space of this process to `memory` bytes, where the platform can."""
    if sys.platform == "win32" or memory is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    with suppress(ValueError, OSError):  # macOS has the limit, and takes none
        resource.setrlimit(resource.RLIMIT_AS, (memory, hard))
    try:
        yield
    finally:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


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
