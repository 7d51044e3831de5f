"""Dask's workers as what works: two processes of this machine, which are killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stamp._version import __version__
from stamp.core.errors import ClusterError, KeyFileError, MissingDependency
from stamp.core.key import Key
from stamp.core.reports import Failure, RightsReport
from stamp.core.rights import Rights
from stamp.jobs import cluster as cluster_module
from stamp.jobs.cluster import Cluster, InChild
from stamp.jobs.keys import KeyFile
from stamp.jobs.plan import Job
from stamp.jobs.runner import Cost, Done, run_jobs
from stamp.storage.private import private_folder
from tests.helpers.places import ROOT

SECONDS = 60
"""The most that anything here waits."""


@dataclass(frozen=True)
class Noting:
    """A task that leaves a note of each attempt, and of some files kills what works on it, once."""

    notes: Path
    key: KeyFile | None = None

    def __call__(self, job: Job) -> RightsReport:
        if self.key:
            self.key.load()
        with private_folder() as folder:
            (folder / "copy").touch()
            attempts = self.notes / job.path.name
            with attempts.open("a") as file:
                file.write(f"{os.getpid()} {os.getppid()}\n")
            if len(attempts.read_text().splitlines()) == 1:
                if job.path.suffix == ".child":
                    os.kill(os.getpid(), signal.SIGKILL)
                if job.path.suffix == ".worker":
                    os.kill(os.getppid(), signal.SIGKILL)
                    time.sleep(SECONDS)  # until it notices
        return RightsReport(job.path, Rights())


START = """
import sys, dask
dask.config.set({"distributed.worker.daemon": False})
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture
def private(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private folders are made, also those of the workers."""
    folder = tmp_path / "private"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return folder


def started() -> subprocess.Popen[str]:
    (program := Path(tempfile.mkdtemp()) / "start.py").write_text(START)
    return subprocess.Popen(
        [sys.executable, program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


@pytest.fixture
def scheduler(private: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a scheduler with two workers, and the process that has it."""
    with started() as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip(), process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def entries(executor: Executor, task: Any, *names: str) -> dict[str, Any]:
    jobs = [Job(Path(name)) for name in names]
    return {names[index]: entry for index, entry in run_jobs(task, jobs, executor=executor, window=4)}


@pytest.mark.slow
def test_what_is_killed_costs_an_attempt_and_the_end_of_the_scheduler_the_run(
    scheduler: tuple[str, Any], private: Path, tmp_path: Path
) -> None:
    (notes := tmp_path / "notes").mkdir()
    names = ["a.jpg", "b.child", "c.jpg", "d.worker", "e.jpg", "f.jpg"]
    with Cluster(scheduler[0], seconds=SECONDS) as cluster:
        assert cluster.window == 8
        found = entries(cluster, Noting(notes), *names)
        assert {name: type(entry) for name, entry in found.items()} == dict.fromkeys(names, RightsReport)
        attempts = {path.name: len(path.read_text().splitlines()) for path in notes.iterdir()}
        assert attempts["b.child"] >= 2
        assert attempts["d.worker"] >= 2

        def more() -> Iterator[Job]:
            for number in range(10_000):
                if number == 10:
                    scheduler[1].kill()
                yield Job(Path(f"{number}.jpg"))

        began = time.monotonic()
        with pytest.raises(ClusterError, match="--resume"):
            list(run_jobs(Noting(notes), more(), executor=cluster, window=4))
        assert time.monotonic() - began < SECONDS
    until = time.monotonic() + 10
    while len(list(private.glob("stamp-work-*"))) > 1 and time.monotonic() < until:
        time.sleep(0.05)  # the child of the killed worker clears away
    left = [path.name for path in private.glob("stamp-work-*")]
    assert len(left) <= 1, "of a process that was killed itself, until somebody sweeps"


def test_workers_that_may_not_start_processes_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(multiprocessing.current_process()._config, "daemon", True)  # type: ignore[attr-defined]
    found = InChild(print, __version__)(Job(Path("a.jpg")))
    assert found.type == "ClusterError"
    assert "start it with DASK_DISTRIBUTED__WORKER__DAEMON=False" in found.message


@pytest.mark.slow
def test_a_scheduler_that_is_not_there() -> None:
    with pytest.raises(ClusterError, match="no Dask scheduler answers there; start one"):
        Cluster("tcp://127.0.0.1:9", seconds=0.2)


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependency, match=r"pip install 'stamp-media\[cluster\]'"):
        Cluster("tcp://127.0.0.1:9")


def test_another_release_on_a_worker_is_named() -> None:
    found = InChild(print, "0.0.0")(Job(Path("a.jpg")))
    assert found.type == "ClusterError"
    assert "install the same on all machines" in found.message


@dataclass(frozen=True)
class Reporting:
    """What `run_jobs` makes of a task, in short."""

    task: Noting

    def __call__(self, job: Job) -> Any:
        try:
            return Done(self.task(job), Cost())
        except KeyFileError as error:
            return Done(Failure(job.path, type(error).__name__, str(error)), Cost())


class Inline:
    """Children of a worker, without the processes."""

    def submit(self, work: tuple[Any, Any]) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(work[0](work[1]))
        return future


@pytest.mark.parametrize("named", ["there", "other", None])
def test_a_key_is_found_on_the_worker_or_the_worker_is_named(
    named: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here this process is the worker."""
    key = Key.generate("k")
    key.save(tmp_path / "there")
    Key.generate("other").save(tmp_path / "other")
    file = KeyFile.of(key, tmp_path / "where it is on the machine of who plans")
    monkeypatch.setattr("stamp.jobs.keys._loaded", {})  # that is the worker's
    (notes := tmp_path / "notes").mkdir()
    if named:
        monkeypatch.setenv("STAMP_KEY_FILE", str(tmp_path / named))
    monkeypatch.setattr(cluster_module, "_children", Inline)
    entry = InChild(Reporting(Noting(notes, file)), __version__)(Job(Path("a.jpg"))).entry
    if named == "there":
        assert isinstance(entry, RightsReport)
    else:
        remedy = "set STAMP_KEY_FILE there to a file with the key of this run"
        assert f"worker {socket.gethostname()}: {remedy}" in entry.message
        assert key.secret.hex() not in repr(entry)
