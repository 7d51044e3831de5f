"""What a hundred million works and ten million suspects a day would take: rates, cores, dollars, and what
would be in the way at each step.

    python -m benchmarks.growth --clips FILE...

Measures what marking a clip and writing down a copy take; all other rates are those of the benchmarks of
speed, of sound and of monitoring (`results/*.json`), which are read when the page is drawn, by
`python -m benchmarks.readme`. CPU time of all threads of the process. What is extrapolated is one machine's
rate times a number: no cluster was measured.
"""

from __future__ import annotations

import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

import av

import stamp
from benchmarks.common import photos, runner
from stamp.catalogue.copies import Reservation
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload

Document = dict[str, Any]
DOLLARS = 0.05
"""What a core is taken to cost an hour: an assumption, near what clouds ask for one of a larger machine."""
TERABYTE_MONTH = 25.0
"""What a terabyte of object storage is taken to cost a month, in dollars: an assumption."""
MACHINE_GB = 256
"""The memory of the machines that are thought of."""
WORKS, SUSPECTS = 100_000_000, 10_000_000
_COPIES = 2000
_HOUR, _DAY = 3600, 86_400
_TURNS = 8
"""In which the whole of a suspect is compared."""


def clip(path: Path) -> Document:
    """Return what marking a clip takes, in seconds of CPU for a second of it."""
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        size, seconds = f"{stream.width}x{stream.height}", float(file.duration or 0) / av.time_base
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        stamp.embed_file(path, Path(folder) / f"marked{path.suffix}", key=stamp.Key.generate())
        taken = time.process_time() - began
    return {"clip": path.name, "size": size, "seconds": seconds, "cpu_seconds": taken}


def catalogue(copies: int) -> Document:
    """Return what writing down a copy of a work of its own takes in SQLite, by the clock: one writer, each
    copy on the disk before the next."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "c.sqlite"
        with stamp.Catalogue(str(place)) as opened:
            began = time.perf_counter()
            for number in range(copies):
                path = Path(folder) / f"{number}.jpg"
                wanted = Reservation(
                    *("image", path, path, secrets.token_bytes(32), "growth", "0123-4567-89ab-cdef"),
                    *(Payload(secrets.token_bytes(8)), CopyOptions(title=f"Work {number}")),
                )
                opened.adopt(wanted, secrets.token_bytes(32), 1_000_000, secrets.token_bytes(32))
            taken = time.perf_counter() - began
        return {"copies": copies, "seconds": taken, "bytes": place.stat().st_size}


def table(growth: Document, speed: Document, sound: Document, monitor: Document) -> str:
    """Return the page's text: rates, then each step at size, with what is in the way there."""
    return "\n".join((_origins(growth, speed, sound, monitor), _rates(growth, speed, sound, monitor), "")) + (
        "\n" + _steps(growth, speed, monitor)
    )


def _origins(*documents: Document) -> str:
    said = "; ".join(
        f"{each['benchmark']}: {each['environment']['date'][:10]}, {each['environment']['machine']}"
        for each in documents
    )
    return f"Measured by the benchmarks {said}.\n"


def _seconds(speed: Document, operation: str, megapixels: float) -> float:
    return float(
        next(
            row["seconds"]
            for row in speed["rows"]
            if (row["tool"], row["operation"], row["megapixels"]) == ("stamp", operation, megapixels)
        )
    )


def _rates(growth: Document, speed: Document, sound: Document, monitor: Document) -> str:
    song = next(case for case in sound["cases"] if case["case"] == "embed, FLAC file")
    work: list[tuple[str, str, float]] = [
        *(
            (
                f"mark a photo of {size:g} megapixels (JPEG file)",
                "photos",
                _seconds(speed, "embed file", size),
            )
            for size in (2.0, 12.0)
        ),
        *(
            (
                f"mark a minute of a clip of {each['size']}",
                "clip-minutes",
                60 * each["cpu_seconds"] / each["seconds"],
            )
            for each in growth["clips"]
        ),
        ("mark a minute of a song (FLAC)", "song-minutes", 60 * song["cpu_seconds"] / song["seconds"]),
        ("take a photo into the index of fingerprints", "photos", monitor["adding_ms"] / 1000),
        (
            f"match a photo with {monitor['works']} works, one that is laid onto its original included",
            "suspects",
            monitor["search_ms"] / 1000,
        ),
        (
            "look for a mark in a photo of 2 megapixels that has none, all searching included",
            "suspects",
            _seconds(speed, "detect file, unmarked", 2.0),
        ),
    ]
    rows = [
        (
            what,
            f"{seconds:.2f} s",
            f"{_HOUR / seconds:,.0f} {unit}",
            f"{_HOUR / seconds / DOLLARS:,.0f} {unit}",
        )
        for what, unit, seconds in work
    ]
    head = ["work", "CPU", "a core-hour", f"a dollar (${DOLLARS:.2f} a core-hour)"]
    return runner.table(head, rows)


def _steps(growth: Document, speed: Document, monitor: Document) -> str:
    smaller, larger = monitor["scale"][0], monitor["scale"][-1]
    slope = (larger["signs ms"] - smaller["signs ms"]) / (larger["works"] - smaller["works"])
    whole = _TURNS * slope * WORKS / 1000
    points = smaller["search ms"] / 1000
    index = smaller["bytes a work"] * WORKS
    signs = larger["bytes a work"] * WORKS
    kept, copies = growth["catalogue"], growth["catalogue"]["copies"]
    rows = [
        _batch(
            "mark them, 12 megapixels", _seconds(speed, "embed file", 12.0), "CPU: decoding, mark, coding"
        ),
        _batch("take them into the index", monitor["adding_ms"] / 1000, "CPU: points of pictures"),
        (
            "write them down in the catalogue, one writer, SQLite",
            f"{kept['seconds'] / copies * 1000:.1f} ms a copy, {kept['bytes'] / copies:,.0f} bytes",
            f"{kept['seconds'] / copies * WORKS / _DAY:,.0f} days,"
            f" {kept['bytes'] / copies * WORKS / 1e9:,.0f} GB",
            "one writer at a time, and a flush a copy: several catalogues, or PostgreSQL",
        ),
        (
            "keep the fingerprints",
            f"{smaller['bytes a work']:,} bytes a work",
            f"{index / 1e9:,.0f} GB, ${index / 1e12 * TERABYTE_MONTH:,.0f} a month",
            f"memory: {index / 1e9 / MACHINE_GB:.1f} machines of {MACHINE_GB} GB hold all,"
            f" {signs / 1e9 / MACHINE_GB:.2f} the signs alone",
        ),
        _daily(
            "find a suspect by its points",
            points,
            f"measured at {smaller['works']:,} works, and not growing with them only if buckets are split:"
            " reading buckets from the disk",
        ),
        _daily(
            "compare a suspect's whole picture with each work",
            whole,
            "memory bandwidth: all signs are read for each suspect; an index over them, or shards",
        ),
        _daily(
            "look for a mark where no work was found (`--blind`, 2 megapixels)",
            _seconds(speed, "detect file, unmarked", 2.0),
            "CPU: the search over scales and turns",
        ),
    ]
    worst = "points" if points > whole else "comparing whole pictures"
    text = (
        f"At {WORKS:,} works and {SUSPECTS:,} suspects a day, most of a match is {worst}:"
        f" {points:.2f} s by points, {whole:.2f} s by whole pictures, which grow by"
        f" {slope * 1e6:.2f} ms for a million works and turn.\n\n"
    )
    return text + runner.table(["step", "each", "all of it", "in the way"], rows)


def _batch(what: str, seconds: float, obstacle: str) -> tuple[str, ...]:
    hours = seconds * WORKS / _HOUR
    return (
        what,
        f"{seconds * 1000:.0f} ms",
        f"{hours:,.0f} core-hours, ${hours * DOLLARS:,.0f}; {hours / 24 / 100:,.1f} days on 100 cores",
        obstacle,
    )


def _daily(what: str, seconds: float, obstacle: str) -> tuple[str, ...]:
    cores = seconds * SUSPECTS / _DAY
    return (
        what,
        f"{seconds * 1000:,.0f} ms",
        f"{cores:,.0f} cores, ${cores * 24 * DOLLARS:,.0f} a day",
        obstacle,
    )


def main() -> None:
    made = runner.parser("growth", __doc__)
    made.set_defaults(tools=["stamp"])
    made.add_argument(
        "--clips", nargs="+", type=Path, default=[photos.SAMPLE_MEDIA / "pan.mp4"], help="[sample_media]"
    )
    options = made.parse_args()
    measured = {
        "clips": [clip(path) for path in options.clips],
        "catalogue": catalogue(_COPIES // 10 if options.quick else _COPIES),
    }
    rows = [
        (each["clip"], each["size"], f"{each['cpu_seconds'] / each['seconds']:.2f}")
        for each in measured["clips"]
    ]
    kept = measured["catalogue"]
    text = runner.table(["clip", "size", "CPU seconds a second"], rows)
    text += f"\n{kept['copies']} copies written down: {kept['seconds']:.1f} s, {kept['bytes']} bytes.\n"
    runner.write(options, measured, text, {})


if __name__ == "__main__":
    main()
