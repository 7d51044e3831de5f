"""What the catalogue costs: space for a work, and the time of a lookup, a search, a page and a backup; how
many copies processes that write at once register, and how long one of them has to wait.

    python -m benchmarks.catalogue [--works 100000] [--writers 16] [--url postgresql://...] [--keep FILE]

Fills an SQLite file (or, with --url, a new schema of that PostgreSQL server, dropped at the end) with works
of two to five words, with a mark and a copy each, and the events of all that. Times are those of the clock,
the median of many calls, and the largest. What is registered is on the disk, so that writers wait for the
disk. PostgreSQL gets a VACUUM after every 10,000 works, which a server does by itself in the course of time.
"""

from __future__ import annotations

import argparse
import os
import random
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

from stamp.catalogue import copies
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.database import Database
from stamp.catalogue.merkle import Tree
from stamp.core.errors import CatalogueError
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload

_SYLLABLES = (
    "ka",
    "ла",
    "mo",
    "ри",
    "та",
    "ны",
    "se",
    "ду",
    "жо",
    "un",
    "ел",
    "ба",
    "sol",
    "ви",
    "көл",
    "тау",
)
_BATCH = 10_000
_EACH = 20  # copies that a writer registers


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--works", type=int, default=100_000)
    parser.add_argument("--writers", type=int, default=16, help="processes that write at once, at the end")
    parser.add_argument("--url", help="a PostgreSQL server instead of a file")
    parser.add_argument("--keep", type=Path, help="leave the SQLite file there")
    arguments = parser.parse_args()
    chance = random.Random(1)
    with _place(arguments.url, arguments.keep) as place, Catalogue.open(place) as catalogue:
        database = Database(place)
        began = time.process_time()
        payloads, words = _fill(catalogue, arguments.works, chance)
        print(f"{arguments.works} works; filled in {time.process_time() - began:.1f} s of CPU here")
        print(f"space          {_size(database) / arguments.works:8.0f} bytes a work")
        works = catalogue.works
        rare, common = f"{words[0]} {words[1]} {words[2]}", f"{words[3][:2]} {words[4][:2]}"
        middle = f"#{arguments.works // 2}"
        _timed("lookup", lambda: catalogue.lookup(chance.choice(payloads)), 2000)
        _timed("list, first", works.list, 50)
        _timed("list, middle", lambda: works.list(after=middle), 50)
        _timed("search, rare", lambda: works.search(rare), 50)
        _timed("search, common", lambda: works.search(common), 50)
        _timed("search, none", lambda: works.search("zzzz"), 50)
        _timed("search, 1 letter", lambda: works.search(words[0][:1]), 50)
        _timed("show", lambda: works.show(middle), 50)
        _timed("register a copy", lambda: _copy(catalogue, chance), 100)
        _timed("verify", catalogue.verify, 1)
        _timed("seal", catalogue.seal, 1)
        _timed("proof", lambda: catalogue.proof(arguments.works), 1)
        print(f"a proof has {32 * len(catalogue.proof(arguments.works).path)} bytes of hashes")
        hashes = [chance.randbytes(32) for _ in range(1_000_000)]
        _timed("root over 1e6", lambda: Tree(hashes).root(), 1)
        if not database.is_postgres:
            _timed("backup", lambda: catalogue.backup(f"{place}.{secrets.token_hex(4)}"), 1)
        database.close()
        _writers(place, catalogue, arguments.writers)


def _writers(place: str, catalogue: Catalogue, count: int) -> None:
    before, context = catalogue.verify().events, get_context("spawn")
    together = context.Barrier(count)
    with context.Pool(count, _wait_for, (together,)) as pool:
        results = pool.map(_write, [(place, number) for number in range(count)], chunksize=1)
    began, ended, waits, errors = (list(column) for column in zip(*results, strict=True))
    speed, log = count * _EACH / (max(ended) - min(began)), catalogue.verify()
    print(f"{count} writers     {speed:9.0f} copies/s, longest wait {max(waits):.2f} s, {sum(errors)} errors")
    print(f"{log.events - before} events more; the chain: {log.fault or 'holds'}")


def _wait_for(barrier: Barrier) -> None:
    global _together
    _together = barrier


def _write(task: tuple[str, int]) -> tuple[float, float, float, int]:
    """Register copies; return when that began and ended, the longest that one call took, in seconds, and how
    many were not possible."""
    place, seed = task
    chance, longest, errors = random.Random(f"writer {seed}"), 0.0, 0
    with Catalogue.open(place) as catalogue:
        _together.wait()
        began = last = time.time()
        for _ in range(_EACH):
            try:
                for _ in _steps(catalogue, chance, Payload(chance.randbytes(8)), "Written"):
                    longest, last = max(longest, time.time() - last), time.time()
            except CatalogueError:
                errors += 1
        return began, time.time(), longest, errors


@contextmanager
def _place(url: str | None, keep: Path | None) -> Iterator[str]:
    if url is None:
        with tempfile.TemporaryDirectory() as folder:
            yield str(keep or Path(folder) / "catalogue.sqlite")
        return
    import psycopg

    schema = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{url}?options=-csearch_path%3D{schema}"
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def _fill(catalogue: Catalogue, count: int, chance: random.Random) -> tuple[list[Payload], list[str]]:
    """Add works; return their payloads, and the words of one title and some more."""
    payloads: list[Payload] = []
    database = Database(catalogue.url)
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 4))) for _ in range(20_000)]
    some = chance.choices(words, k=3)
    for start in range(0, count, _BATCH):
        with catalogue.writing():
            for number in range(start, min(start + _BATCH, count)):
                title = " ".join(
                    some if number == count // 3 else chance.choices(words, k=chance.randint(2, 5))
                )
                payloads.append(_copy(catalogue, chance, title.capitalize()))
        if database.is_postgres:
            database.execute("VACUUM ANALYZE")
    database.close()
    return payloads, [*some, *words[:2]]


def _copy(catalogue: Catalogue, chance: random.Random, title: str = "Registered") -> Payload:
    payload = Payload(chance.randbytes(8))
    for _ in _steps(catalogue, chance, payload, title):
        pass
    return payload


def _steps(catalogue: Catalogue, chance: random.Random, payload: Payload, title: str) -> Iterator[None]:
    """Register a copy; after each call to the catalogue comes one of what is yielded."""
    wanted = copies.Reservation(
        kind="image",
        source=Path("/photos/2026/IMG_4711.jpg"),
        output=Path("/photos/2026/stamped/IMG_4711.jpg"),
        source_sha256=chance.randbytes(32),
        source_essence=chance.randbytes(32),
        key_name="2026-11",
        key_fingerprint="0" * 16,
        payload=payload,
        options=CopyOptions(title=title),
    )
    copy = catalogue.reserve(wanted)
    yield
    copy.complete(chance.randbytes(32), 4_000_000, chance.randbytes(32))
    yield
    copy.placed()
    yield


def _size(database: Database) -> int:
    if database.path is None:
        sql = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
        return int(database.execute(f"{sql} current_schema()::regnamespace")[0][0])
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return os.path.getsize(database.path)


def _timed(name: str, work: Callable[[], object], times: int) -> None:
    taken = []
    cpu = time.process_time()
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    cpu = (time.process_time() - cpu) * 1000 / times
    print(f"{name:<17}{statistics.median(taken):9.2f} ms, at most {max(taken):9.2f} ms; {cpu:.2f} ms of CPU")


if __name__ == "__main__":
    main()
