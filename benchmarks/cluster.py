"""Photos from one bucket to another by workers that are killed, and what planning millions of keys costs.

    python -m benchmarks.cluster [-n 200] [--kills 3] [--workers 2] [--keys 0] [--out FOLDER]

S3 is moto's server on this machine, and the scheduler and the workers are Dask's, on the same cores: what is
printed is whether everything is right, and only in its order of magnitude how fast. While it works, workers
are killed with SIGKILL in the middle of a photo. Counted are: outputs, those whose payload is the planned one
by what the store says of them, those that the catalogue knows, rows that stay open, private folders that are
left, and files a second of a run that finds everything done. With `--keys N`, processes of their own go
through the plan of so many keys of a bucket that do not exist, and a tenth as many of folders; the memory is
the most that each had. What is not run again (`-n 0`, `--keys 0`) stays in the results as it was.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import platform
import signal
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.common.runner import RESULTS, table
from benchmarks.speed.memory import memory
from stamp.catalogue.catalogue import Catalogue
from stamp.core.key import Key
from stamp.core.reports import EmbedReport
from stamp.core.rights import Rights
from stamp.jobs.catalogues import CatalogueEntry
from stamp.jobs.demo import paint
from stamp.jobs.keys import KeyFile
from stamp.jobs.remote import RemoteJob, RemoteTask
from stamp.jobs.remote_plan import Planner
from stamp.jobs.tasks import EmbedTask

_IN, _OUT = "s3://inbox/", "s3://outbox/"
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "OPENBLAS_NUM_THREADS": "1",
}
_A_FOLDER = 10_000  # keys


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=200, help="photos [200]")
    parser.add_argument("--kills", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--size", type=int, nargs=2, default=(640, 480))
    parser.add_argument("--keys", type=int, default=0, help="plan so many keys that do not exist [0]")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for results [benchmarks/results]")
    parser.add_argument("--name", default="cluster")
    arguments = parser.parse_args()
    results = arguments.out / f"{arguments.name}.json"
    found: dict[str, Any] = json.loads(results.read_text("utf-8")) if results.exists() else {}
    found |= {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "versions": {name: version(name) for name in ("distributed", "s3fs", "moto")},
    }
    if arguments.n:
        found["cluster"] = run(arguments.n, arguments.kills, arguments.workers, tuple(arguments.size))
    if arguments.keys:
        found["planning"] = planning(arguments.keys)
    arguments.out.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")


def brief(document: dict[str, Any]) -> str:
    """What many-machines.md says."""
    done, plans = document["cluster"], document["planning"]
    rows = [
        ("photos; workers killed with SIGKILL meanwhile", f"{done['photos']}; {done['killed']}"),
        ("outputs; with the payload that was planned", f"{done['outputs']}; {done['payloads_as_planned']}"),
        (
            "known to the catalogue; rows left open",
            f"{done['known_to_the_catalogue']}; {done['rows_left_open']}",
        ),
        ("errors; private folders left", f"{len(done['errors'])}; {done['private_folders_left']}"),
        ("photos a second", f"{done['photos_a_second']:.1f}"),
        (
            "files a second of a second run, which finds everything done",
            f"{done['rerun_files_a_second']:.0f}",
        ),
    ]
    rows += [
        (f"planning {each['keys']:,} keys of {place}: most memory, MB", f"{each['mb']:.0f}")
        for what, place in (("store", "a bucket"), ("folder", "folders"))
        for each in plans[what]
    ]
    return f"({document['date'][:10]}, {document['machine']})\n\n" + table(["what", "printed"], rows)


def run(count: int, kills: int, workers: int, size: tuple[int, int]) -> dict[str, Any]:
    """Mark `count` photos while `kills` workers are killed, and count what came of it."""
    from moto.server import ThreadedMotoServer

    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        server.start()
        host, port = server.get_host_and_port()
        private = work / "private"
        private.mkdir()
        os.environ.update(_ENVIRONMENT, AWS_ENDPOINT_URL=f"http://{host}:{port}", TMPDIR=str(private))
        tempfile.tempdir = None
        try:
            _fill(work, count, size)
            return _run(work, count, kills, workers)
        finally:
            server.stop()


def _run(work: Path, count: int, kills: int, workers: int) -> dict[str, Any]:
    import dask
    from distributed import Client, LocalCluster

    from stamp.jobs.cluster import Cluster
    from stamp.jobs.runner import run_jobs

    dask.config.set({"distributed.worker.daemon": False, "distributed.scheduler.allowed-failures": 10})
    key, place = Key.generate("cluster"), str(work / "catalogue.sqlite")
    key.save(work / "key")
    file = KeyFile.of(key, work / "key")
    task = EmbedTask(
        file, rights=Rights(copyright_notice="© {year} A"), entry=CatalogueEntry(place), resume=True
    )
    Catalogue(place).close()
    told: dict[str, str] = {}
    errors: list[str] = []
    planned: dict[str, str] = {}

    def jobs() -> Iterator[RemoteJob]:
        for job in Planner([_IN], _OUT, secret=b"benchmark"):
            assert job.payload
            planned[str(job.output)] = job.payload.hex()
            yield job

    local = LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None, memory_limit=0)
    with local, Client(local.scheduler_address) as client, Cluster(local.scheduler_address) as cluster:
        start = time.perf_counter()
        killed = 0
        results = run_jobs(RemoteTask(task, prints=False), jobs(), executor=cluster, window=cluster.window)
        for done, (_, entry) in enumerate(results, 1):
            if isinstance(entry, EmbedReport):
                told[str(entry.output)] = entry.payload.hex() if entry.payload else "by an earlier attempt"
            else:
                errors.append(entry.message)
            if killed < kills and done >= (killed + 1) * count // (kills + 1):
                pids = list(client.run(os.getpid).values())
                time.sleep(0.3)  # into the middle of a photo
                os.kill(pids[killed % len(pids)], signal.SIGKILL)
                killed += 1
        seconds = time.perf_counter() - start
        start = time.perf_counter()
        again = run_jobs(RemoteTask(task, prints=False), jobs(), executor=cluster, window=cluster.window)
        skipped = sum(isinstance(entry, EmbedReport) and entry.resumed for _, entry in again)
        rerun = time.perf_counter() - start
    found = _counted(place, key, planned) | {
        "photos": count,
        "killed": killed,
        "errors": errors,
        "seconds": round(seconds, 1),
        "photos_a_second": round(count / seconds, 2),
        "done_before": skipped,
        "rerun_files_a_second": round(skipped / rerun, 1),
        "private_folders_left": len(list((work / "private").glob("stamp-work-*"))),
        "told_as_planned": sum(payload == planned[output] for output, payload in told.items()),
    }
    print(json.dumps(found, indent=2), flush=True)
    return found


def _counted(place: str, key: Key, planned: dict[str, str]) -> dict[str, int]:
    """What the store and the catalogue have, asked past stamp's own way to the store."""
    import boto3

    from stamp.core.payload import Payload
    from stamp.jobs.remote import hashed

    store = boto3.client("s3")
    said = {
        f"{_OUT}{each['Key']}": store.head_object(Bucket="outbox", Key=each["Key"])["Metadata"]
        for page in store.get_paginator("list_objects_v2").paginate(Bucket="outbox")
        for each in page.get("Contents", ())
    }
    with Catalogue(place) as catalogue:
        recovered = catalogue.recover()
        known = [catalogue.lookup(Payload.fromhex(planned[output]), key) for output in said]
    return {
        "outputs": len(said),
        "payloads_as_planned": sum(
            words["stamppayload"] == hashed(bytes.fromhex(planned[output]), key)
            for output, words in said.items()
        ),
        "known_to_the_catalogue": sum(each is not None for each in known),
        "rows_of_killed_attempts": recovered.abandoned,
        "rows_finished_afterwards": recovered.finished,
        "rows_left_open": recovered.open,
    }


def _fill(work: Path, count: int, size: tuple[int, int]) -> None:
    import boto3

    store = boto3.client("s3")
    for bucket in ("inbox", "outbox"):
        store.create_bucket(Bucket=bucket)
    for index in range(count):
        photo = work / f"{index:04}.jpg"
        paint(photo, size=size, seed=index)
        store.upload_file(str(photo), "inbox", f"{index % 3}/{photo.name}")
        photo.unlink()


def planning(keys: int) -> dict[str, Any]:
    """Go through plans of a tenth of the keys, and of all of them, in processes of their own; of folders, a
    tenth of that."""
    found: dict[str, Any] = {}
    for what, most in (("store", keys), ("folder", keys // 10)):
        for count in (most // 10, most):
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                seconds, before, peak = pool.submit(_planned, what, count).result()
            found.setdefault(what, []).append(
                {"keys": count, "seconds": seconds, "mb": peak, "mb_before": before}
            )
            print(f"{what}, {count} keys: {seconds} s, {before} MB before, {peak} MB", flush=True)
        one, ten = found[what]
        found[f"{what}_bytes_a_key"] = round((ten["mb"] - one["mb"]) * 1e6 / (most - most // 10), 2)
    print(json.dumps(found, indent=2), flush=True)
    return found


def _planned(what: str, keys: int) -> tuple[float, float, float]:
    before, start = _peak(), time.perf_counter()
    jobs = _of_a_store(keys) if what == "store" else _of_folders(keys)
    count = sum(1 for _ in jobs)
    assert count == keys, f"{count} jobs of {keys} keys"
    return round(time.perf_counter() - start, 1), before, _peak()


def _peak() -> float:
    """The most memory that this process has had, in MB."""
    return round(memory("VmHWM") / 1e6, 1)


def _of_a_store(keys: int) -> Iterator[object]:
    """The plan of a bucket, in pages of a thousand keys, as S3 gives them."""
    from stamp.storage import remote

    class Bucket:
        def call_s3(self, name: str, *, ContinuationToken: str = "0", **more: object) -> dict[str, Any]:
            first = int(ContinuationToken)
            last = min(first + 1000, keys)
            return {
                "Contents": [
                    {
                        "Key": f"{number // _A_FOLDER:05}/{number:09}.jpg",
                        "Size": 1,
                        "ETag": f'"{number:032x}"',
                    }
                    for number in range(first, last)
                ],
                "IsTruncated": last < keys,
                "NextContinuationToken": str(last),
            }

    remote._system = lambda url: (Bucket(), "")  # type: ignore[assignment,return-value]
    return iter(Planner([_IN], _OUT, secret=b"benchmark"))


def _of_folders(keys: int) -> Iterator[object]:
    """The plan of folders on a disk, which are not there."""
    from stamp.jobs import plan

    def walk(root: str, **more: object) -> Iterator[tuple[str, list[str], list[str]]]:
        yield str(root), [], []
        for first in range(0, keys, _A_FOLDER):
            names = [f"{number:09}.jpg" for number in range(first, min(first + _A_FOLDER, keys))]
            yield f"{root}/{first // _A_FOLDER:05}", [], names

    plan.os.walk = walk  # type: ignore[assignment]
    with tempfile.TemporaryDirectory() as folder:
        yield from plan.plan([folder], output="/nowhere/out/")


if __name__ == "__main__":
    main()
