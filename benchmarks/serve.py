"""What `stamp serve` bears: many photos at once, other routes meanwhile, and a large upload.

    python -m benchmarks.serve [-n 50] [--photos FOLDER] [--upload 200] [--seed 1] [--out FOLDER]

The service is started by its command, with a catalogue and as many workers as there are cores; the clients
are threads of this process, on the same cores. All photos are sent at the same time: marked, and then, once
more, unmarked. Counted are answers that are right (the payload of what is marked, nothing in what is not),
photos a second, the most memory of the server itself (its workers are processes of their own), the slowest
answer of another route meanwhile, and for the large upload, which is no picture, the memory and the number of
bytes that the server has written for each of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from PIL import Image, ImageOps

import stamp
from benchmarks.common import photos, runner
from benchmarks.speed.memory import memory
from stamp.core.key import Key
from stamp.jobs.demo import paint

_ROUTE = "/api/openapi.json"
_SIZE = (1600, 900)
_LOADS = ("marked", "unmarked")
Sent = tuple[bytes, str | None]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-n", type=int, default=50, help="photos at once [50]")
    parser.add_argument("--photos", type=Path, help="folder; else as many as are missing are painted")
    parser.add_argument("--upload", type=int, default=200, help="MB of the large upload [200]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=runner.RESULTS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        key = Key.generate("serve")
        key.save(work / "key")
        stamp.Catalogue(str(work / "catalogue.sqlite")).close()
        marked, unmarked = _pictures(work, key, arguments.n, arguments.photos, arguments.seed)
        with _service(work) as (client, process):
            found = {
                **{
                    name: _load(client, process, sent)
                    for name, sent in zip(_LOADS, (marked, unmarked), strict=True)
                },
                **_upload(client, process, arguments.upload),
            }
    document = {"environment": runner.environment(["stamp"]), "pixels": list(_SIZE)} | found
    print(json.dumps(found, indent=2))
    (arguments.out / "serve.json").write_text(json.dumps(document, indent=2) + "\n")


def brief(document: dict[str, Any]) -> str:
    """What serve.md says."""
    width, height = document["pixels"]
    rows = [
        (
            f"{load['photos']} {name} photos of {width} x {height} at once",
            f"{load['right']} right, {load['photos_a_second']:.1f} a second",
            f"{load['server_mb']:.0f}",
            f"{load['other_route_ms']['most']}",
        )
        for name in _LOADS
        for load in [document[name]]
    ]
    size = document["upload_mb"]
    rows.append(
        (
            f"an upload of {size} MB",
            f"{document['upload_written']:.2f} times written, {document['upload_seconds']:.1f} s",
            f"+ {document['upload_server_mb_more']:.0f}",
            "",
        )
    )
    environment = document["environment"]
    head = ["what", "answers", "the server's memory, MB", "slowest other answer, ms"]
    return f"({environment['date']}, {environment['machine']})\n\n" + runner.table(head, rows)


def _pictures(
    work: Path, key: Key, count: int, folder: Path | None, seed: int
) -> tuple[list[Sent], list[Sent]]:
    """Photos as marked, and as unmarked JPEGs, with the payload in hex."""
    sources = photos.find([folder]) if folder else []
    marked: list[Sent] = []
    unmarked: list[Sent] = []
    for number in range(count):
        if number < len(sources):
            with Image.open(sources[number]) as opened:
                picture = ImageOps.fit(opened.convert("RGB"), _SIZE)
        else:
            paint(painted := work / f"{number}p.jpg", size=_SIZE, seed=seed + number)
            picture = Image.open(painted).convert("RGB")
        picture.save(path := work / f"{number}.jpg", quality=92)
        payload = os.urandom(8)
        stamp.embed_file(path, copy := work / f"{number}m.jpg", payload, key=key)
        unmarked.append((path.read_bytes(), None))
        marked.append((copy.read_bytes(), payload.hex()))
    return marked, unmarked


@contextmanager
def _service(work: Path) -> Iterator[tuple[httpx.Client, int]]:
    """Give a client of a service that runs, and its process."""
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "stamp", "serve", "--port", "0", "--json"),
            *("--key-file", str(work / "key"), "--catalogue", str(work / "catalogue.sqlite")),
        ],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            address = urlsplit(_address(process.stdout))
            token = parse_qs(address.query)["token"][0]
            with httpx.Client(
                base_url=f"{address.scheme}://{address.netloc}",
                headers={"authorization": f"Bearer {token}"},
                timeout=300,
                limits=httpx.Limits(max_connections=None),
                trust_env=False,
            ) as client:
                yield client, process.pid
        finally:
            process.terminate()


def _address(lines: Iterable[str]) -> str:
    """The address in the JSON document that the service prints when it listens."""
    for line in lines:
        return str(json.loads(line)["results"][0]["url"])
    raise SystemExit("the service ended before it listened")


def _load(client: httpx.Client, process: int, sent: list[Sent]) -> dict[str, Any]:
    """Send all of them at once, and ask another route meanwhile."""
    waits: list[float] = []
    over = threading.Event()

    def others() -> None:
        while not over.wait(0.05):
            start = time.perf_counter()
            client.get(_ROUTE).raise_for_status()
            waits.append(time.perf_counter() - start)

    def ask(each: Sent) -> bool:
        data, payload = each
        answer = client.post("/api/detect", content=data)
        if answer.status_code != 200:
            return False
        (entry,) = answer.json()["results"]
        return bool((entry["watermark"] or {}).get("payload") == payload)

    client.post("/api/detect", content=sent[0][0]).raise_for_status()  # the workers have started
    asking = threading.Thread(target=others)
    with ThreadPoolExecutor(len(sent)) as pool:
        asking.start()
        start = time.perf_counter()
        right = sum(pool.map(ask, sent))
        seconds = time.perf_counter() - start
        over.set()
        asking.join()
    return {
        "photos": len(sent),
        "right": right,
        "photos_a_second": round(len(sent) / seconds, 2),
        "server_mb": _most_memory(process),
        "other_route_ms": {"median": round(median(waits) * 1e3), "most": round(max(waits) * 1e3)},
    }


def _upload(client: httpx.Client, process: int, megabytes: int) -> dict[str, Any]:
    """Send a large file that is nothing known."""
    before, written = _most_memory(process), _written(process)
    piece = b"x" * (1 << 16)
    count = megabytes * 1_000_000 // len(piece)

    def body() -> Iterator[bytes]:
        for _ in range(count):
            yield piece

    start = time.perf_counter()
    answer = client.post("/api/detect", content=body())
    return {
        "upload_mb": megabytes,
        "upload_status": answer.status_code,
        "upload_seconds": round(time.perf_counter() - start, 1),
        "upload_server_mb_more": round(_most_memory(process) - before, 1),
        "upload_written": round((_written(process) - written) / (count * len(piece)), 3),
    }


def _most_memory(process: int) -> float:
    """The most resident memory that a process has had, in MB."""
    return round(memory("VmHWM", process) / 1e6, 1)


def _written(process: int) -> int:
    """Bytes that a process has given to write(2) (proc(5))."""
    for line in Path(f"/proc/{process}/io").read_text().splitlines():
        if line.startswith("wchar"):
            return int(line.split()[1])
    raise SystemExit("this system does not say what a process has written")


if __name__ == "__main__":
    main()
