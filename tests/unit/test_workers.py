"""Separate processes: every item has its answer, whatever becomes of the others."""

from __future__ import annotations

import errno
import os
import signal
import time
from typing import Any

import pytest

import stamp.cli
from stamp.jobs.pool import GRACE_SECONDS, Crash, _Worker, run, tell


def work(item: Any) -> Any:
    match item:
        case "raise":
            raise ZeroDivisionError("by zero")
        case "exhaust":
            raise MemoryError
        case "exit":
            os._exit(7)
        case "segfault":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "pid":
            return os.getpid()
        case "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            tell(1, 1)
            time.sleep(3600)
    return item * item


def results(items: list[Any], processes: int) -> list[Any]:
    return [result for _, result in sorted(run(work, items, processes), key=lambda pair: pair[0])]


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 3])
def test_every_item_is_done_once(processes: int) -> None:
    assert results(list(range(12)), processes) == [n * n for n in range(12)]


def test_one_item_stays_in_this_process_and_more_do_not() -> None:
    assert results(["pid"], 4) == [os.getpid()]
    assert os.getpid() not in results(["pid", "pid"], 1)


@pytest.mark.slow
def test_as_many_processes_as_the_system_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []

    def worker(function: Any) -> Any:
        if len(started) == 2:
            raise OSError(errno.EMFILE, "Too many open files")
        started.append(_Worker(function))
        return started[-1]

    monkeypatch.setattr("stamp.jobs.pool._Worker", worker)
    assert results(list(range(7)), 5) == [n * n for n in range(7)]
    with pytest.raises(OSError, match="Too many open files"):
        results([1, 2], 2)


def test_nothing_to_do() -> None:
    assert results([], 2) == []


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_what_goes_wrong_costs_one_item(processes: int) -> None:
    items = [1, "raise", "exit", 2, "segfault", "exhaust", 3, "exit"]
    got = results(items, processes)
    assert [got[0], got[3], got[6]] == [1, 4, 9]
    crashes = [got[index] for index in (1, 2, 4, 5, 7)]
    assert all(isinstance(crash, Crash) for crash in crashes)
    assert [crash.type for crash in crashes] == [
        "InternalError",
        "WorkerDied",
        "WorkerDied",
        "MemoryError",
        "WorkerDied",
    ]
    assert "by zero" in crashes[0].message
    assert "ZeroDivisionError" in crashes[0].details
    assert "exit code 7" in crashes[1].message
    assert "SIGSEGV" in crashes[2].message


def test_a_caller_that_loses_interest_stops_the_workers() -> None:
    going = run(os.path.realpath, ["."] * 100, 2)
    next(going)
    going.close()
    assert list(going) == []


@pytest.mark.slow
def test_who_was_broken_off_is_told() -> None:
    undone: list[int] = []
    going = run(work, [1, "exit", "raise", 2], 2, broken_off=undone.append)
    assert len(list(going)) == 4
    assert undone == [1]


@pytest.mark.slow
def test_a_worker_that_does_not_listen_is_killed_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stamp.jobs.pool.GRACE_SECONDS", 0.1)
    undone: list[int] = []

    class Enough(Exception):
        pass

    def enough(index: int, done: int, total: int) -> None:
        raise Enough

    going = run(work, ["deaf", "deaf"], 2, enough, undone.append)
    with pytest.raises(Enough):
        next(going)
    assert sorted(undone) == [0, 1]


def test_the_command_waits_for_its_workers() -> None:
    assert stamp.cli._TIDYING_SECONDS > GRACE_SECONDS
