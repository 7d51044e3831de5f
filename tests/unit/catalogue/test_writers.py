"""Many processes that write at once: each copy is there, and the log is one chain."""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.copies import Reservation
from stamp.catalogue.database import Database
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload

WRITERS, COPIES = 16, 4


@pytest.mark.slow
def test_sixteen_processes_make_one_chain(catalogue: Catalogue, place: str) -> None:
    context = get_context("spawn")
    together = context.Barrier(WRITERS)
    writers = [context.Process(target=_write, args=(place, number, together)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    works = catalogue.works.list(limit=1000)
    assert len(works) == WRITERS * COPIES
    assert {work.copy_count for work in works} == {1}
    database = Database(place)
    states = database.execute("SELECT DISTINCT state FROM copy WHERE placed_at IS NOT NULL")
    verbs = dict(database.execute("SELECT verb, count(*) FROM event GROUP BY verb"))
    database.close()
    assert states == [("ready",)]
    assert verbs == {"key.seen": 1, "work.added": WRITERS * COPIES, "copy.ready": WRITERS * COPIES}
    assert (catalogue.verify().events, catalogue.verify().fault) == (sum(verbs.values()), None)


def _write(place: str, writer: int, together: Barrier) -> None:
    with Catalogue.open(place) as catalogue:
        together.wait(120)
        for number in range(COPIES):
            name = f"{writer}-{number}"
            copy = catalogue.reserve(
                Reservation(
                    kind="image",
                    source=Path(f"/photos/{name}.jpg"),
                    output=Path(f"/out/{name}.jpg"),
                    source_sha256=bytes([writer, number]) * 16,
                    key_name="writers",
                    key_fingerprint="0" * 16,
                    payload=Payload(bytes([writer, number]) * 4),
                    options=CopyOptions(),
                )
            )
            copy.complete(bytes([255, 255, writer, number]) * 8, 1)
            copy.placed()
