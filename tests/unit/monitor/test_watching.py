"""What is known is not looked at again, and what was seen twice is one find."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from stamp.core.errors import MediaError
from stamp.jobs.demo import paint
from stamp.monitor.fetching import Exchange
from stamp.monitor.indexing import add_prints, prints_if_possible
from stamp.monitor.watching import Sighted, look
from stamp.pipeline.cataloguing import Catalogue

pytestmark = pytest.mark.slow
POST, OTHER = "https://example.org/post", "https://example.net/other"


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    """With one photo, lake.png."""
    with Catalogue.open(tmp_path / "c.sqlite") as opened:
        add(opened, painted(tmp_path / "lake.png", 1))
        yield opened


def painted(path: Path, seed: int) -> Path:
    paint(path, size=(480, 360), seed=seed)
    return path


def add(catalogue: Catalogue, path: Path) -> None:
    made = prints_if_possible(path)
    assert made is not None
    add_prints(catalogue, catalogue.works.add(path).work, made)


def saved(source: Path, quality: int) -> Path:
    """A copy that was compressed so."""
    target = source.with_name(f"{source.stem}{quality}.jpg")
    with Image.open(source) as image:
        image.convert("RGB").save(target, quality=quality)
    return target


def fetched(place: str, path: Path, page: str | None = None, account: str | None = None) -> Sighted:
    raw = path.with_suffix(".answer")
    raw.write_bytes(b"HTTP/1.1 200 OK\r\n\r\n" + path.read_bytes())
    exchange = Exchange(
        place, datetime(2026, 11, 28, 10, tzinfo=UTC), "192.0.2.1", b"GET / HTTP/1.1\r\n\r\n", raw
    )
    return Sighted(place, path, None, page, account, (exchange,))


def places(catalogue: Catalogue) -> list[list[str | None]]:
    """Where each find was seen, the first find first."""
    return [[each.media_url for each in find.sightings] for find in reversed(catalogue.finds.list())]


def test_the_same_file_and_the_same_post_are_one_find(catalogue: Catalogue, tmp_path: Path) -> None:
    lake = tmp_path / "lake.png"
    first = look(catalogue, fetched("https://a.example/1.jpg", saved(lake, 80), POST, "@a"))
    assert (first.outcome, first.match and first.match.verdict) == ("found", "copy")
    again = [
        fetched("https://a.example/1.jpg", saved(lake, 60), POST),  # the server compresses anew
        fetched("https://a.example/2.jpg", saved(lake, 70), POST),  # the post has it by another name
        fetched("https://b.example/3.jpg", saved(lake, 80)),  # the same bytes
    ]
    assert {(report.outcome, report.find) for report in (look(catalogue, each) for each in again)} == {
        ("seen_again", first.find)
    }
    other = look(catalogue, fetched("https://b.example/4.jpg", saved(lake, 75), OTHER))
    assert other.outcome == "found"
    assert other.find != first.find
    assert places(catalogue) == [
        ["https://a.example/1.jpg", "https://a.example/2.jpg", "https://b.example/3.jpg"],
        ["https://b.example/4.jpg"],
    ]
    find = catalogue.finds.show("1")
    assert find.sightings[0].seen_at.startswith("2026-11-28T10:00")
    assert all(each.page and each.page.media_type == "application/warc" for each in find.sightings)
    assert look(catalogue, again[0]).outcome == "unchanged"


def test_a_picture_in_which_nothing_was_found_is_known_in_other_bytes(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    other = painted(tmp_path / "other.png", 77)
    assert look(catalogue, Sighted("/a", other)).outcome == "not_found"
    assert look(catalogue, Sighted("/a", other)).outcome == "unchanged"
    assert look(catalogue, Sighted("/b", other)).outcome == "known"
    assert look(catalogue, Sighted("/c", saved(other, 60))).outcome == "known"
    assert look(catalogue, Sighted("/d", painted(tmp_path / "third.png", 78))).outcome == "not_found"


def test_what_was_seen_is_compared_with_works_that_were_added_since(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    other, third = painted(tmp_path / "other.png", 77), painted(tmp_path / "third.png", 78)
    for place, path in (("/a", other), ("/b", other), ("/c", saved(other, 60)), ("/d", third)):
        look(catalogue, Sighted(place, path))
    add(catalogue, other)
    after = [
        look(catalogue, Sighted(place, path))
        for place, path in (("/a", other), ("/b", other), ("/c", saved(other, 60)), ("/d", third))
    ]
    assert [report.outcome for report in after] == ["found", "seen_again", "found", "not_found"]
    assert {find.work_number for find in catalogue.finds.list()} == {2}
    assert look(catalogue, Sighted("/d", third)).outcome == "unchanged"
    assert look(catalogue, Sighted("/e", saved(third, 60))).outcome == "known"
    assert look(catalogue, Sighted("/d", third), again=True).outcome == "not_found"


def test_what_cannot_be_read_is_said_once(catalogue: Catalogue, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(saved(tmp_path / "lake.png", 80).read_bytes()[:300])
    text = tmp_path / "text.jpg"
    text.write_text("<p>no photo</p>")
    for path, why in ((broken, "cut off|broken|truncated|damaged"), (text, "no photo, clip or song")):
        with pytest.raises(MediaError, match=why):
            look(catalogue, Sighted(str(path), path))
        assert look(catalogue, Sighted(str(path), path)).outcome == "unchanged"


def test_a_run_that_was_killed_before_it_was_done_finds_the_same_once(
    catalogue: Catalogue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = fetched("https://a.example/1.jpg", saved(tmp_path / "lake.png", 80), POST)

    class Killed(BaseException):
        pass

    def kill(*arguments: object, **values: object) -> None:
        raise Killed

    for place in ("documents.keep", "finds.add", "suspects.looked_at"):
        part, _, method = place.partition(".")
        with monkeypatch.context() as patch:
            patch.setattr(getattr(catalogue, part), method, kill)
            with pytest.raises(Killed):
                look(catalogue, item)
    assert len(catalogue.finds.list()) == 1
    report = look(catalogue, item)
    assert report.find == catalogue.finds.show("1").find
    assert places(catalogue) == [["https://a.example/1.jpg"]]
    assert look(catalogue, item).outcome == "unchanged"
