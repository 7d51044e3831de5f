"""CPU time of jobs that are to be compared, interleaved in one process.

A machine that others share does the same work in a time that varies by a fifth from minute to minute. Jobs
that run one after the other show that and nothing else; slices of a second or two spread it
over all of them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

Pause = Callable[[], None]
"""To be called by a job now and then: the next one runs."""

Job = Callable[[Pause], None]

_IDLE_S, _IDLE_CPU_S = 0.01, 0.001


def interleave(jobs: Mapping[str, Job]) -> dict[str, float]:
    """CPU seconds of each job, of all of the process's threads.

    Only one job runs at a time; each starts in a thread of its own. What its threads still do in the
    background when it pauses is waited for, and counts as its own.
    """
    return _Interleaved(jobs).seconds()


class _Interleaved:
    def __init__(self, jobs: Mapping[str, Job]) -> None:
        self._jobs = jobs
        self._waiting = list(jobs)  # the first has the turn
        self._turn = threading.Condition()
        self._spent = dict.fromkeys(jobs, 0.0)
        self._began = 0.0
        self._errors: list[BaseException] = []

    def seconds(self) -> dict[str, float]:
        threads = [threading.Thread(target=self._run, args=(name,), daemon=True) for name in self._jobs]
        self._began = time.process_time()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._errors:
            raise self._errors[0]
        return self._spent

    def _run(self, name: str) -> None:
        self._await(name)
        try:
            self._jobs[name](lambda: self._pause(name))
        except BaseException as error:
            self._errors.append(error)
        self._hand_over(name, finished=True)

    def _pause(self, name: str) -> None:
        self._hand_over(name, finished=False)
        self._await(name)

    def _await(self, name: str) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._waiting[0] == name)

    def _hand_over(self, name: str, *, finished: bool) -> None:
        now = _when_idle()
        with self._turn:
            self._spent[name] += now - self._began
            self._began = time.process_time()
            self._waiting.pop(0)
            if not finished:
                self._waiting.append(name)
            self._turn.notify_all()


def _when_idle() -> float:
    """The process's CPU time, once nothing runs in its other threads."""
    while True:
        before = time.process_time()
        time.sleep(_IDLE_S)
        now = time.process_time()
        if now - before < _IDLE_CPU_S:
            return before
