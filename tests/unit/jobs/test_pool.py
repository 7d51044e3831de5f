"""Separate processes: every item has its answer, whatever becomes of the others."""

from __future__ import annotations

import errno
import os
import signal
import sys
import threading
import time
from concurrent.futures import CancelledError
from typing import Any

import pytest

import stamp.cli
from stamp.jobs.pool import GRACE_SECONDS, Crash, Pool, _Worker, report_progress, run

GIGABYTE = 1 << 30


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
            report_progress(1, 1)
            time.sleep(3600)
        case "busy":
            report_progress(1, 3)
            time.sleep(3600)
        case "report":
            report_progress(1, 3)
            return 0
        case "hungry":
            return len(bytearray(GIGABYTE))
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


@pytest.mark.slow
def test_a_pool_answers_in_any_order_and_from_any_thread() -> None:
    with Pool(2, work) as pool:
        futures = {number: pool.submit(number) for number in range(5)}
        late: list[Any] = []
        thread = threading.Thread(target=lambda: late.append(pool.submit(7).result()))
        thread.start()
        thread.join()
        assert {number: future.result() for number, future in futures.items()} == {n: n * n for n in range(5)}
        assert late == [49]
        ids = {pool.submit("pid").result() for _ in range(4)}
        assert os.getpid() not in ids
        crash = pool.submit("exit").result()
        assert (crash.type, pool.submit(3).result()) == ("WorkerDied", 9)
    with pytest.raises(RuntimeError, match="closed"):
        pool.submit(1)


@pytest.mark.slow
def test_news_of_one_item_and_news_that_nobody_takes(caplog: pytest.LogCaptureFixture) -> None:
    def refuse(done: int, total: int) -> None:
        raise ZeroDivisionError("a bug of the listener")

    heard: list[tuple[int, int]] = []
    with Pool(1, work) as pool:
        assert pool.submit("report", news=lambda *news: heard.append(news)).result() == 0
        assert heard == [(1, 3)]
        time.sleep(0.3)  # news come a few times a second at most
        assert pool.submit("report", news=refuse).result() == 0
    assert "a bug of the listener" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("item", ["busy", "deaf"])
def test_what_takes_too_long_is_stopped(item: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stamp.jobs.pool.GRACE_SECONDS", 1.0)
    with Pool(2, work) as pool:
        late, done = pool.submit(item, seconds=2), [pool.submit(n, seconds=60) for n in range(3)]
        assert [future.result() for future in done] == [0, 1, 4]
        crash = late.result()
        assert (crash.type, crash.message) == ("TimedOut", "not done after 2 seconds, and stopped")
        assert pool.submit(3).result() == 9


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="no limit of a process's memory that binds")
def test_what_takes_too_much_memory_is_refused() -> None:
    with Pool(1, work) as pool:
        crash = pool.submit("hungry", memory=GIGABYTE // 2).result()
        assert crash.type == "MemoryError"
        assert f"no more than {GIGABYTE // 2} bytes" in crash.message
        assert pool.submit("hungry").result() == GIGABYTE


@pytest.mark.slow
def test_closing_stops_what_is_at_work_and_cancels_what_waits() -> None:
    begun = threading.Event()
    with Pool(1, work) as pool:
        at_work, waiting = pool.submit("busy", news=lambda *news: begun.set()), pool.submit(1)
        assert begun.wait(60)
        assert not at_work.cancel()
    assert at_work.result().type == "Stopped"
    with pytest.raises(CancelledError):
        waiting.result()
    pool.close()  # once more changes nothing


@pytest.mark.slow
def test_what_cannot_be_sent_costs_one_item() -> None:
    with Pool(1, work) as pool:
        assert pool.submit(threading.Lock()).exception() is not None
        cancelled = pool.submit(1)
        cancelled.cancel()
        assert pool.submit(2).result() == 4


def test_a_pool_has_a_process() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Pool(0, work)
