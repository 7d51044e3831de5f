"""The run over many jobs: a stream in, answers out, whatever works."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from stamp.core.errors import ClusterError, KeyFileError, MediaError
from stamp.core.key import Key
from stamp.core.reports import Failure, RightsReport
from stamp.core.rights import Rights
from stamp.core.url import Url
from stamp.jobs.demo import paint
from stamp.jobs.keys import KeyFile
from stamp.jobs.plan import Job
from stamp.jobs.remote import RemoteJob
from stamp.jobs.runner import Cost, run_jobs
from stamp.jobs.tasks import DetectTask, EmbedTask


def look(job: Job) -> RightsReport:
    if job.path.suffix == ".bad":
        raise MediaError("is bad", path=job.path)
    return RightsReport(job.path, Rights())


def stream(count: int, taken: list[int]) -> Iterator[Job]:
    for number in range(count):
        taken.append(number)
        yield Job(Path(f"{number}.jpg"))


@pytest.mark.parametrize("window", [1, 3, 100])
def test_an_executor_has_no_more_than_its_window(window: int) -> None:
    taken: list[int] = []
    out = most = 0
    lock = threading.Lock()

    def counted(job: Job) -> RightsReport:
        nonlocal most
        with lock:
            most = max(most, len(taken) - done)
        return look(job)

    done = 0
    with ThreadPoolExecutor(4) as executor:
        for _, entry in run_jobs(counted, stream(50, taken), executor=executor, window=window):
            assert isinstance(entry, RightsReport)
            out += 1
            with lock:
                done += 1
    assert (out, len(taken)) == (50, 50)
    assert most <= window + 1  # one is on its way out of the run


def test_jobs_without_end_are_taken_as_they_are_worked_on() -> None:
    taken: list[int] = []
    with ThreadPoolExecutor(2) as executor:
        run = run_jobs(look, stream(10**9, taken), executor=executor, window=5)
        assert all(isinstance(entry, RightsReport) for _, entry in itertools.islice(run, 7))
        run.close()
    assert len(taken) <= 7 + 5


@pytest.mark.slow
def test_processes_at_home_take_jobs_as_they_work_on_them() -> None:
    taken: list[int] = []
    run = run_jobs(look, stream(10**9, taken), 1)
    assert all(isinstance(entry, RightsReport) for _, entry in itertools.islice(run, 7))
    run.close()
    assert len(taken) <= 7 + 2


@pytest.mark.slow
def test_what_cannot_be_done_is_told_and_the_rest_goes_on() -> None:
    jobs = [
        Job(Path("a.jpg")),
        Job(Path("b.jpg"), error=MediaError("is not there", path="b.jpg")),
        Job(Path("c.bad")),
        Job(Path("d.jpg")),
    ]
    with ThreadPoolExecutor(2) as executor:
        for found in (dict(run_jobs(look, jobs, executor=executor)), dict(run_jobs(look, jobs, 2))):
            assert sorted(found) == [0, 1, 2, 3]
            assert [str(found[index].path) for index in range(4)] == ["a.jpg", "b.jpg", "c.bad", "d.jpg"]
            said = [getattr(found[index], "message", None) for index in range(4)]
            assert said == [None, "b.jpg: is not there", "c.bad: is bad", None]


def slowly(job: Job | RemoteJob) -> RightsReport:
    time.sleep(0.01)
    return RightsReport(job.path, Rights())


def test_what_a_file_has_cost_is_told_before_its_entry(tmp_path: Path) -> None:
    paint(photo := tmp_path / "lake.jpg", size=(64, 48))
    jobs = [
        RemoteJob(photo),
        RemoteJob(Url("s3://bucket/b.jpg")),
        RemoteJob(Path("c.jpg"), error=MediaError("is not there", path="c.jpg")),
        RemoteJob(Path("nothing.jpg")),
    ]
    costs: dict[int, Cost] = {}
    with ThreadPoolExecutor(2) as executor:
        for index, _ in run_jobs(slowly, jobs, executor=executor, costs=costs.__setitem__):
            assert index in costs
    assert [(costs[index].kind, costs[index].bytes) for index in range(4)] == [
        ("image", photo.stat().st_size),
        (None, None),
        (None, None),
        (None, None),
    ]
    assert costs[2].seconds is None
    assert all(0.01 <= (costs[index].seconds or 0) < 60 for index in (0, 1, 3))


class Losing(ThreadPoolExecutor):
    """An executor that loses its third job, and breaks its second."""

    def __init__(self, *fates: type[BaseException] | None) -> None:
        super().__init__(1)
        self.fates = list(fates)

    def submit(self, function, /, *args, **more):  # type: ignore[no-untyped-def]
        fate = self.fates.pop(0)
        if fate is None:
            return super().submit(function, *args, **more)
        future: Future[object] = Future()
        if issubclass(fate, Exception):
            future.set_exception(fate("no worker has survived it"))
        else:
            future.cancel()
            future.set_running_or_notify_cancel()
        return future


def test_what_kills_every_worker_fails_alone() -> None:
    costs: dict[int, Cost] = {}
    with Losing(None, RuntimeError, None) as executor:
        run = run_jobs(look, stream(3, []), executor=executor, window=1, costs=costs.__setitem__)
        found = dict(run)
    assert [type(found[index]) for index in range(3)] == [RightsReport, Failure, RightsReport]
    assert found[1].message == "1.jpg: no worker could finish it: RuntimeError: no worker has survived it"  # type: ignore[union-attr]
    assert [costs[index].seconds is None for index in range(3)] == [False, True, False]


def test_an_executor_that_loses_jobs_ends_the_run_with_a_remedy() -> None:
    with (
        Losing(None, KeyboardInterrupt) as executor,
        pytest.raises(ClusterError, match="Run the same command with --resume"),
    ):
        list(run_jobs(look, stream(3, []), executor=executor, window=1))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_a_key_that_only_this_process_has_read_does_not_travel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stamp.jobs.keys._loaded", {})
    os.mkfifo(tmp_path / "pipe")
    key = KeyFile.of(Key.generate("k"), tmp_path / "pipe")
    with ThreadPoolExecutor(1) as executor:
        for task in (DetectTask((key,)), EmbedTask(key), EmbedTask(other_key(tmp_path), former=(key,))):
            with pytest.raises(KeyFileError, match="as one from a pipe"):
                list(run_jobs(task, stream(1, []), executor=executor))
        assert len(list(run_jobs(look, stream(1, []), executor=executor))) == 1


def other_key(folder: Path) -> KeyFile:
    key = Key.generate("other")
    key.save(folder / "other.key")
    return KeyFile.of(key, folder / "other.key")
