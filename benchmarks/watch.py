"""A watch over many files on a server that is killed again and again: each find once, none lost.

    python -m benchmarks.watch --files 1000 --kills 5 [-j 2] [--seed 1]

A server on the loopback has the files, a fifth of them copies of works: compressed, cropped, mirrored, with a
border. Each run of `stamp watch` but the last gets SIGKILL, to all its processes, when it has said what
became of a random number of files, some random milliseconds later. A copy is lost where the ledger has no
find of it at the end, and found twice where it has two. Some pages are hostile, and cost a line at most.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

import stamp
from benchmarks.common import runner
from stamp.jobs.demo import paint
from stamp.monitor.cataloguing import Catalogue

WORKS, SHARE, SIDE = 10, 5, (400, 300)
_PROXIES = {"http_proxy", "https_proxy", "all_proxy"}
_ENVIRONMENT = {name: value for name, value in os.environ.items() if name.lower() not in _PROXIES} | {
    "PYTHONPATH": str(Path(stamp.__file__).parents[1])
}
HOSTILE = ("/moved-inside", "/endless", "/page.html", "/no-photo.jpg", "/slow.jpg", "/gone.jpg")


def files(folder: Path, count: int, seed: int) -> tuple[dict[str, bytes], set[str]]:
    """Paths on the server with what is there, and which of these are copies of the works, which are written
    to `folder`."""
    works = []
    for number in range(WORKS):
        paint(path := folder / f"work{number}.png", size=SIDE, seed=seed + number)
        works.append(Image.open(path).convert("RGB"))
    made: dict[str, bytes] = {}
    copies = set()
    for number in range(count):
        name = f"/{number:05}.jpg"
        if number % SHARE == 0:
            image = _changed(works[number // SHARE % WORKS], number // SHARE)
            copies.add(name)
        else:
            with tempfile.TemporaryDirectory() as scratch:
                paint(other := Path(scratch, "other.png"), size=SIDE, seed=seed + WORKS + number)
                image = Image.open(other).convert("RGB")
        image.save(buffer := BytesIO(), "JPEG", quality=60 + number % 37)
        made[name] = buffer.getvalue()
    return made, copies


def _changed(image: Image.Image, number: int) -> Image.Image:
    """A copy of a work, of some kinds and never twice the same."""
    width, height = image.size
    left, top = 5 + number % 40, 5 + number % 30
    cut = image.crop((left, top, width - 20, height - 15))
    return (cut, ImageOps.mirror(cut), ImageOps.expand(cut, 12 + number % 20, "white"), cut.convert("L"))[
        number % 4
    ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, content: dict[str, bytes]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed hang up."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        content = self.server.content.get(self.path)
        kind = "text/html" if self.path == "/page.html" else "image/jpeg"
        if self.path == "/moved-inside":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data")
        else:
            self.send_response(200 if content is not None or self.path in HOSTILE[1:5] else 404)
        self.send_header("Content-Type", kind)
        self.end_headers()
        if content is not None:
            self.wfile.write(content)
        elif self.path == "/no-photo.jpg":
            self.wfile.write(b"<p>no photo</p>")
        elif self.path in ("/endless", "/slow.jpg"):
            with suppress(OSError):
                for _ in range(10_000):
                    self.wfile.write(bytes(1 << 16) if self.path == "/endless" else b"x")
                    threading.Event().wait(0 if self.path == "/endless" else 0.05)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def served(content: dict[str, bytes]) -> Iterator[str]:
    """Give the address of a server that has this."""
    server = _Server(content)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def watched(
    work: Path, jobs: int, least: int | None, chance: random.Random
) -> tuple[Counter[str], list[str], bool]:
    """One run, killed after so many files, or not at all: what became of files, lines that were complained
    of, and whether it was killed."""
    errors = work / "errors.txt"
    with open(errors, "w") as complained:
        process = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "stamp",
                    "watch",
                    "list.txt",
                    "--fetch",
                    "--allow-private",
                    "-j",
                    str(jobs),
                ),
                *("--pause", "0", "--most", "1", "--longest", "1", "--json-lines", "--catalogue", "c.sqlite"),
            ],
            cwd=work,
            env=_ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=complained,
            text=True,
            start_new_session=True,
        )
        assert process.stdout
        outcomes: Counter[str] = Counter()
        for line in process.stdout:
            outcomes[json.loads(line).get("status") or "other"] += 1
            if least is not None and outcomes["found"] + outcomes["not_found"] >= least:
                time.sleep(0.1 * chance.random())
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                break
        process.stdout.close()
        killed = process.wait() == -signal.SIGKILL
    return outcomes, errors.read_text().splitlines(), killed


def main() -> None:
    parser = argparse.ArgumentParser(
        "python -m benchmarks.watch",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(benchmark="watch", name="watch", tools=["stamp"], quick=False)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("-j", "--jobs", type=int, default=2, help="processes of each run")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results"))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        content, copies = files(work, options.files, options.seed)
        with Catalogue.open(work / "c.sqlite") as catalogue:
            for path in sorted(work.glob("work*.png")):
                catalogue.works.add(path)
        places = [*content, *HOSTILE]
        chance.shuffle(places)
        most = max(1, options.files // (options.kills + 1))
        rows, began, killed = [], time.monotonic(), 0
        lines = Counter[str]()
        with served(content) as url:
            (work / "list.txt").write_text("".join(f"{url}{place}\n" for place in places))
            for number in range(options.kills + 1):
                least = None if number == options.kills else chance.randint(most // 2, most)
                outcomes, errors, met = watched(work, options.jobs, least, chance)
                killed += met
                for place in HOSTILE:
                    lines[place] = max(lines[place], sum(f"{url}{place}: " in line for line in errors))
                rows.append({"run": number + 1, "killed": met, **outcomes})
                print(rows[-1], flush=True)
        seconds = time.monotonic() - began
        with Catalogue.open(work / "c.sqlite") as catalogue:
            finds = catalogue.finds.list(limit=10 * options.files)
            fault = catalogue.verify().fault
        seen = Counter(str(each.media_url).removeprefix(url) for find in finds for each in find.sightings)
    whole = {
        "files": options.files,
        "copies": len(copies),
        "kills_met": killed,
        "finds": len(finds),
        "lost": sorted(copies - set(seen)),
        "twice": sorted(place for place, count in seen.items() if count > 1),
        "wrong": sorted(set(seen) - copies),
        "fault": fault,
        "seconds": round(seconds),
        "hostile": dict(lines),
        "runs": rows,
    }
    runner.write(options, whole, markdown(whole), {})


def markdown(whole: dict[str, object]) -> str:
    """The figures of the page."""
    lost, twice, wrong = (len(whole[name]) for name in ("lost", "twice", "wrong"))  # type: ignore[arg-type]
    hostile = whole["hostile"]
    assert isinstance(hostile, dict)
    rows = [[place, count] for place, count in hostile.items()]
    return (
        f"{whole['files']} files, {whole['copies']} of them copies, {whole['kills_met']} kills that met a"
        f" run: {whole['finds']} finds, {lost} lost, {twice} found twice, {wrong} wrong, in"
        f" {whole['seconds']} s.\n\nLines that a hostile page costs a run at most:\n\n"
        + runner.table(["page", "lines"], rows)
    )


if __name__ == "__main__":
    main()
