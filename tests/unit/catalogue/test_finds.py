"""Finds: kept, seen again, judged only after a comparison; cases, notices and what is due."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from stamp.catalogue.cases import business_days_after
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.find_records import DocumentRecord, FindRecord, SightingRecord
from stamp.catalogue.finds import instant
from stamp.core.errors import ArgumentError, CatalogueError
from stamp.core.key import Key
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload
from stamp.jobs.demo import paint
from stamp.pipeline.finding import Seen, add_find, media_type, original_of
from stamp.pipeline.registering import reservation

KEY = Key.generate("tests")
SIGHTING = SightingRecord("https://a.example/1", None, "@thief", instant("2026-11-01T10:00+05:00"), "Ada")


@pytest.fixture(autouse=True)
def documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder for documents, also beside a server."""
    monkeypatch.setenv("STAMP_DOCUMENTS", str(tmp_path / "documents"))


@pytest.fixture
def capture(catalogue: Catalogue, tmp_path: Path) -> DocumentRecord:
    paint(tmp_path / "found.jpg", size=(64, 48))
    return catalogue.documents.keep(tmp_path / "found.jpg", "image/jpeg")


def marked(catalogue: Catalogue, tmp_path: Path, payload: Payload, title: str) -> None:
    """Write down what a payload means, as `embed` does."""
    paint(tmp_path / "lake.jpg", size=(64, 48), seed=1)
    copy = CopyOptions(title=title)
    catalogue.remember(reservation(tmp_path / "lake.jpg", tmp_path / "a.jpg", "image", payload, KEY, copy))


def test_a_capture_is_kept_once_and_cannot_be_changed(catalogue: Catalogue, tmp_path: Path) -> None:
    paint(tmp_path / "found.jpg", size=(64, 48))
    kept = catalogue.documents.keep(tmp_path / "found.jpg", "image/jpeg")
    assert catalogue.documents.keep(tmp_path / "found.jpg", "image/jpeg") == kept
    place = catalogue.documents.path(kept)
    assert place.read_bytes() == (tmp_path / "found.jpg").read_bytes()
    assert place.stat().st_mode & 0o777 == 0o400
    os.chmod(place, 0o600)
    place.write_bytes(b"another")
    with pytest.raises(CatalogueError, match="was changed"):
        catalogue.documents.path(kept)
    place.unlink()
    with pytest.raises(CatalogueError, match="is gone"):
        catalogue.documents.path(kept)


def test_a_find_by_its_mark(catalogue: Catalogue, capture: DocumentRecord, tmp_path: Path) -> None:
    payload = Payload.random()
    marked(catalogue, tmp_path, payload, title="Lake")
    found = catalogue.finds.add(capture, "image", SIGHTING, payload=payload, key_fingerprint=KEY.fingerprint)
    assert (found.basis, found.title, found.work_number, found.verdict) == ("mark", "Lake", 1, "open")
    assert found.url == "https://a.example/1"
    assert found.sightings[0].seen_at == "2026-11-01T05:00:00.000000Z"
    assert found.to_dict()["sha256"] == capture.sha256


def test_the_same_bytes_are_one_find_seen_again(catalogue: Catalogue, capture: DocumentRecord) -> None:
    catalogue.works.add(title="Lake", kind="image")
    first = catalogue.finds.add(capture, "image", SIGHTING)
    assert first.basis == "none"
    elsewhere = SightingRecord("https://b.example/2", None, None, instant(None), "Bob")
    again = catalogue.finds.add(capture, "image", elsewhere, work="1")
    assert (again.find, again.basis, again.title) == (first.find, "hand", "Lake")
    assert [each.url for each in again.sightings] == ["https://a.example/1", "https://b.example/2"]
    assert len(catalogue.finds.add(capture, "image", elsewhere).sightings) == 2
    assert catalogue.verify().fault is None


def test_a_mark_of_another_work_is_not_named_by_hand(
    catalogue: Catalogue, capture: DocumentRecord, tmp_path: Path
) -> None:
    payload = Payload.random()
    marked(catalogue, tmp_path, payload, title="Lake")
    catalogue.works.add(title="Sea", kind="image")
    with pytest.raises(CatalogueError, match="its mark is that of work #1, not of #2"):
        catalogue.finds.add(
            capture, "image", SIGHTING, payload=payload, key_fingerprint=KEY.fingerprint, work="2"
        )
    assert catalogue.finds.list() == []


@pytest.fixture
def find(catalogue: Catalogue, capture: DocumentRecord) -> FindRecord:
    catalogue.works.add(title="Lake", kind="image")
    return catalogue.finds.add(capture, "image", SIGHTING, work="1")


def test_a_find_that_was_named_gets_a_mark_of_its_work(
    catalogue: Catalogue, capture: DocumentRecord, tmp_path: Path
) -> None:
    payload, other = Payload.random(), Payload.random()
    marked(catalogue, tmp_path, payload, title="Lake")
    catalogue.works.add(title="Hill", kind="image")
    found = catalogue.finds.add(capture, "image", SIGHTING, work="1")
    assert catalogue.finds.candidates(found, "0" * 16) == {}
    (known, copy), *others = catalogue.finds.candidates(found, KEY.fingerprint).items()
    assert (known, others) == (payload, [])
    confirmed = catalogue.finds.identified(found.find, payload, KEY.fingerprint)
    assert (confirmed.payload, confirmed.copy, confirmed.basis) == (payload.hex(), copy, "hand")
    report = {"path": "found.jpg", "watermark": {"payload": payload.hex(), "log10_p": -20.5}}
    read = catalogue.finds.identified(found.find, payload, KEY.fingerprint, report=report)
    assert (read.payload, read.basis, read.log10_p, read.report) == (payload.hex(), "mark", -20.5, report)
    with pytest.raises(CatalogueError, match="is no mark of the work of find #1"):
        catalogue.finds.identified(found.find, other, KEY.fingerprint)
    assert catalogue.verify()


MATCH = {"verdict": "scene", "stage": "points", "correlation": 0.2}


@pytest.fixture
def recognised(catalogue: Catalogue, capture: DocumentRecord) -> FindRecord:
    """A find that was recognised by its fingerprint."""
    work = catalogue.works.add(title="Lake", kind="image").work
    report = {"path": "found.jpg", "matches": [MATCH | {"work": "another"}, MATCH | {"work": work}]}
    return catalogue.finds.add(capture, "image", SIGHTING, report=report, work=work, by="fingerprint")


def test_a_find_by_its_fingerprint(
    catalogue: Catalogue, capture: DocumentRecord, recognised: FindRecord
) -> None:
    assert (recognised.basis, recognised.title, recognised.verdict) == ("fingerprint", "Lake", "open")
    assert recognised.matched == MATCH | {"work": recognised.work}
    assert recognised.to_dict()["matched"] == recognised.matched
    named = catalogue.finds.add(capture, "image", SIGHTING, work="1")
    assert (named.basis, named.matched) == ("fingerprint", recognised.matched)
    with pytest.raises(CatalogueError, match="has no comparison yet"):
        catalogue.finds.judge("1", "ours", "Ada")
    assert catalogue.verify().fault is None


def test_what_was_named_may_be_recognised_and_then_read(
    catalogue: Catalogue, capture: DocumentRecord, tmp_path: Path
) -> None:
    payload = Payload.random()
    marked(catalogue, tmp_path, payload, title="Lake")
    named = catalogue.finds.add(capture, "image", SIGHTING, work="1")
    assert (named.basis, named.matched) == ("hand", None)
    matches = [MATCH | {"work": named.work}]
    known = catalogue.finds.add(
        capture, "image", SIGHTING, report={"matches": matches}, work="1", by="fingerprint"
    )
    assert (known.basis, known.matched) == ("fingerprint", matches[0])
    confirmed = catalogue.finds.identified("1", payload, KEY.fingerprint)
    assert (confirmed.basis, confirmed.payload) == ("fingerprint", payload.hex())
    report = {"watermark": {"payload": payload.hex(), "log10_p": -20.5}}
    read = catalogue.finds.identified("1", payload, KEY.fingerprint, report=report)
    assert (read.basis, read.log10_p, read.matched) == ("mark", -20.5, matches[0])
    assert read.report == report | {"matches": matches}


def test_no_verdict_without_a_comparison(catalogue: Catalogue, find: FindRecord) -> None:
    with pytest.raises(CatalogueError, match="has no comparison yet; `stamp find compare 1`"):
        catalogue.finds.judge("1", "ours", "Ada")
    assert catalogue.finds.compared("1", {"correlation": 0.9}).comparison == {"correlation": 0.9}
    with pytest.raises(ArgumentError, match="a verdict has a name"):
        catalogue.finds.judge("1", "ours", " ")
    with pytest.raises(ArgumentError, match="a verdict is one of"):
        catalogue.finds.judge("1", "guilty", "Ada")
    judged = catalogue.finds.judge("1", "ours", "Ada", note="seen side by side")
    assert (judged.verdict, judged.compared_by, judged.note) == ("ours", "Ada", "seen side by side")
    assert [each.number for each in catalogue.finds.list(verdict="ours", work="1")] == [1]
    assert catalogue.finds.list(verdict="open") == []


@pytest.mark.parametrize("column", ["compared_at", "compared_by", "comparison"])
def test_nor_behind_its_back(catalogue: Catalogue, find: FindRecord, column: str) -> None:
    catalogue.finds.compared("1", {})
    catalogue.finds.judge("1", "ours", "Ada")
    with pytest.raises(CatalogueError, match="ck_find_compared"):
        catalogue._database().execute(f"UPDATE find SET {column} = NULL")


def test_a_case_from_its_find_to_its_end(catalogue: Catalogue, find: FindRecord) -> None:
    opened = catalogue.cases.open(["1"])
    assert (opened.title, opened.finds, opened.due_on) == ("Lake on https://a.example/1", (find.find,), None)
    assert catalogue.cases.of_find("1") == opened
    notice = catalogue.cases.draft("1", "youtube", "en", "Dear Sirs", find="1")
    with pytest.raises(CatalogueError, match=r"is draft; what may follow is approved, sent"):
        catalogue.cases.advance("1", "complied")
    with pytest.raises(CatalogueError, match="has 0 notices that were sent"):
        catalogue.cases.reply("1", "complied")
    catalogue.cases.advance("1", "sent", on=date(2026, 11, 2), due=date(2026, 11, 9))
    assert catalogue.cases.list(due=date(2026, 11, 8)) == []
    assert [case.number for case in catalogue.cases.list(due=date(2026, 11, 9))] == [1]
    case = catalogue.cases.reply("1", "countered", text="It is mine", on=date(2026, 11, 6))
    assert (case.notices[0].notice, case.notices[0].state) == (notice.notice, "countered")
    assert (case.notices[0].sent_on, case.due_on) == ("2026-11-02", "2026-11-20")
    closed = catalogue.cases.close("1", "removed")
    assert (closed.outcome, closed.due_on) == ("removed", None)
    assert catalogue.cases.list() == []
    assert catalogue.cases.list(closed=True) == [closed]
    with pytest.raises(CatalogueError, match="is closed"):
        catalogue.cases.reply("1", "note", text="late")
    assert catalogue.cases.of_find("1") is None
    assert catalogue.verify().fault is None


def test_business_days() -> None:
    assert business_days_after(date(2026, 11, 27), 10) == date(2026, 12, 11)  # from Friday to Friday
    assert business_days_after(date(2026, 11, 28), 1) == date(2026, 11, 30)


@pytest.mark.parametrize("given", ["yesterday", "2026-13-01"])
def test_instants_that_are_none(given: str) -> None:
    with pytest.raises(ArgumentError, match="no instant such as"):
        instant(given)


def test_the_original_is_found_where_it_was(catalogue: Catalogue, tmp_path: Path) -> None:
    paint(tmp_path / "lake.jpg", size=(64, 48))
    paint(tmp_path / "other.jpg", size=(64, 48), seed=2)
    catalogue.works.add(tmp_path / "lake.jpg")
    found = add_find(catalogue, tmp_path / "other.jpg", seen=Seen(url="https://a.example"), work="1")
    assert original_of(catalogue, found) == tmp_path / "lake.jpg"
    (tmp_path / "lake.jpg").write_bytes(b"edited")
    with pytest.raises(CatalogueError, match="is not where it was, or was changed"):
        original_of(catalogue, found)
    with pytest.raises(ArgumentError, match="with a key, or its work"):
        add_find(catalogue, tmp_path / "other.jpg")


def test_media_types(tmp_path: Path) -> None:
    paint(tmp_path / "a.bin.jpg", size=(64, 48))
    (tmp_path / "a.bin.jpg").rename(tmp_path / "a.txt")
    (tmp_path / "page.pdf").write_bytes(b"%PDF")
    assert media_type(tmp_path / "a.txt") == "image/jpeg"
    assert media_type(tmp_path / "page.pdf") == "application/pdf"
