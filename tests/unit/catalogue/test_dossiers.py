"""What the catalogue has on one work for strangers, and the events about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stamp.catalogue import events
from stamp.catalogue.catalogue import Catalogue
from stamp.core.key import Key
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload
from stamp.jobs.demo import paint
from stamp.pipeline.registering import reservation

KEY = Key.generate("tests")


def test_a_dossier_has_one_work_and_the_copies_of_one_mark(catalogue: Catalogue, tmp_path: Path) -> None:
    paint(tmp_path / "lake.jpg", size=(64, 48))
    work = catalogue.works.add(tmp_path / "lake.jpg", title="Lake", creators=["Ada", "Bob"])
    catalogue.works.add(title="Another", kind="image")
    payload, other = Payload.random(), Payload.random()
    for each in (payload, other):
        wanted = reservation(
            tmp_path / "lake.jpg", tmp_path / "a.jpg", "image", each, KEY, CopyOptions(work=work.work)
        )
        catalogue.reserve(wanted).complete(bytes(32), 5)
    found = catalogue.dossier(work.work, payload.hex())
    assert [(each.name, each.role) for each in found.contributions] == [("Ada", "author"), ("Bob", "author")]
    assert len(found.sha256 or "") == 64
    assert len(found.copies) == 1
    assert catalogue.dossier(work.work).copies == ()
    lines = catalogue.excerpt([work.work, *found.copies])
    assert [line.event.verb for line in lines] == ["work.added", "copy.ready"]


def test_events_of_an_excerpt_can_be_computed_anew(catalogue: Catalogue) -> None:
    first = catalogue.works.add(title="First", kind="image").work
    catalogue.works.add(title="Second", kind="image")
    catalogue.log("deposit.begun", first, {"sha256": "00"})
    lines = catalogue.excerpt([first])
    assert [line.event.seq for line in lines] == [1, 3]
    assert lines[0].before == bytes(32)
    for line in lines:
        assert events.holds(line.event, line.before)
        assert not events.holds(line.event, bytes([1]) * 32)
        assert not events.holds(replace(line.event, body='{"title":"Mine"}'), line.before)
        assert events.holds(replace(line.event, body=None, salt=None), line.before)
