"""Dask as what works: it hands jobs to workers on other machines, and again to others where one has died.

On a worker each job runs in a process of stamp's own, as it does at home. What kills that costs one attempt;
and it outlives its worker for as long as it takes to clear away what it has begun.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import current_process, parent_process
from multiprocessing.connection import wait
from typing import Any

from .._version import __version__
from ..core.errors import ClusterError, MissingDependency
from ..core.reports import Failure
from .keys import KEY_VARIABLE
from .pool import Crash, Pool
from .runner import Done

_DAEMON = "DASK_DISTRIBUTED__WORKER__DAEMON"
_JOBS_A_THREAD = 4
_ATTEMPTS = 2
"""Of a job whose own process was killed; Dask counts those whose worker was."""


class Cluster(Executor):
    """The workers of the Dask scheduler at `address` (tcp://host:8786), as an executor.

    window : how many jobs they should have at a time. `seconds` is how long is waited for the scheduler, and
    for its first worker.

    Raises ClusterError where it cannot be reached, has no workers, or none that can work; MissingDependency.
    """

    def __init__(self, address: str, *, seconds: float = 30.0) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise MissingDependency(
                "--scheduler needs distributed, which is not installed: pip install 'stamp-media[cluster]'",
                extra="cluster",
            ) from error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what is wrong, we say
        try:
            self._client = Client(address, timeout=seconds, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ClusterError(
                f"{address}: no Dask scheduler answers there; start one: `dask scheduler`"
            ) from error
        try:
            self._check(address, seconds)
        except BaseException:
            self._client.close(timeout=5)
            raise
        self._executor = self._client.get_executor()
        self.window = _JOBS_A_THREAD * sum(self._client.nthreads().values())

    def _check(self, address: str, seconds: float) -> None:
        try:
            self._client.wait_for_workers(1, timeout=seconds)
        except TimeoutError as error:
            start = f"{_DAEMON}=False dask worker {address}"
            raise ClusterError(f"{address}: the scheduler has no workers; start some: `{start}`") from error
        troubles = self._client.run(unfit, __version__, on_error="return")
        said = {
            f"{worker}: {found}"
            if isinstance(found, str)
            else f"{worker}: cannot load stamp ({found}); install it"
            for worker, found in troubles.items()
            if found
        }
        if len(said) == len(troubles):
            raise ClusterError(f"no worker can do this: {'; '.join(sorted(said))}")

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker call `function` with one item. Raises ClusterError where the scheduler is gone."""
        (item,) = args
        try:
            future: Future[Any] = self._executor.submit(InChild(function, __version__), item)
        except Exception as error:
            raise ClusterError(
                f"the scheduler takes no more jobs: {error}; run the same with --resume"
            ) from error
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Leave the scheduler; its workers stay."""
        self._client.close(timeout=5)


def unfit(version: str) -> str | None:
    """Return why this process cannot be a worker; None if it can."""
    if __version__ != version:
        return f"stamp {__version__} is installed there, and {version} here; install the same on all machines"
    if current_process().daemon:
        return f"it may not start processes; start it with {_DAEMON}=False in its environment"
    return None


@dataclass(frozen=True, slots=True)
class InChild:
    """A function that is called in a process of its own, on the worker that is to call it."""

    function: Callable[[Any], Any]
    version: str

    def __call__(self, item: Any) -> Any:
        where = f"worker {socket.gethostname()}"
        if why := unfit(self.version):
            return Crash("ClusterError", f"{where}: {why}")
        result: Any = None
        for _ in range(_ATTEMPTS):
            result = _children().submit((self.function, item)).result()
            if not (isinstance(result, Crash) and result.type == "WorkerDied"):
                break
        failure = result.entry if isinstance(result, Done) else None
        if isinstance(failure, Failure) and failure.type == "KeyFileError":
            remedy = f"set {KEY_VARIABLE} there to a file with the key of this run"
            return replace(result, entry=replace(failure, message=f"{failure.message} ({where}: {remedy})"))
        return result


@cache
def _children() -> Pool[tuple[Callable[[Any], Any], Any], Any]:
    """The processes of this worker: as many as it works on jobs at a time."""
    return Pool(os.cpu_count() or 1, _call)


def _call(work: tuple[Callable[[Any], Any], Any]) -> Any:
    _end_with_parent()
    function, item = work
    return function(item)


@cache
def _end_with_parent() -> None:
    """From now on, end when the worker is killed, as if it had said so: what is half done is cleared away."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="stamp-parent", daemon=True).start()
