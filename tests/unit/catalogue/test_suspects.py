"""What was looked at is known again: by its place, its bytes, its page, its picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.find_records import SightingRecord
from stamp.core.errors import CatalogueError

URL, PAGE = "https://example.org/a.jpg", "https://example.org/post"
ONE, TWO = "11" * 32, "22" * 32


def a_find(catalogue: Catalogue, tmp_path: Path) -> str:
    (tmp_path / "seen.jpg").write_bytes(b"seen")
    capture = catalogue.documents.keep(tmp_path / "seen.jpg", "image/jpeg")
    seen = SightingRecord(PAGE, URL, None, "2026-11-28T10:00:00.000000Z", "ada")
    return catalogue.finds.add(capture, "image", seen).find


def test_a_place_has_what_was_seen_there_last(catalogue: Catalogue) -> None:
    suspects = catalogue.suspects
    assert suspects.at(URL) is None
    suspects.looked_at(URL, ONE, "not_found", version='"a"', signs=b"s" * 32)
    suspects.looked_at(URL, TWO, "unreadable", version='"b"')
    found = suspects.at(URL)
    assert found
    assert (found.sha256, found.outcome, found.version, found.signs) == (TWO, "unreadable", '"b"', None)
    assert suspects.of_file(ONE) is None
    assert suspects.of_file(TWO) == found


def test_a_find_is_named_before_what_was_not_one(catalogue: Catalogue, tmp_path: Path) -> None:
    find = a_find(catalogue, tmp_path)
    catalogue.suspects.looked_at("/other/a.jpg", ONE, "not_found")
    catalogue.suspects.looked_at(URL, ONE, "found", page=PAGE, signs=b"s" * 32, find=find)
    same = catalogue.suspects.of_file(ONE)
    assert same
    assert same.find == find
    assert [each.place for each in catalogue.suspects.found_on(PAGE)] == [URL]
    assert catalogue.suspects.found_on(URL) == []


def test_signs_are_read_once(catalogue: Catalogue, tmp_path: Path) -> None:
    find = a_find(catalogue, tmp_path)
    for number in range(3):
        catalogue.suspects.looked_at(f"/{number}", ONE, "not_found", signs=bytes([number]) * 32, prints=90)
    catalogue.suspects.looked_at("/before", ONE, "not_found", signs=b"b" * 32, prints=80)
    catalogue.suspects.looked_at("/long before", ONE, "not_found", signs=b"l" * 32)
    catalogue.suspects.looked_at("/found", TWO, "found", signs=b"f" * 32, find=find)
    catalogue.suspects.looked_at("/song", TWO, "not_found")
    read = catalogue.suspects.unlike(90)
    assert [signs[0] for _, signs in read] == [0, 1, 2]
    assert catalogue.suspects.unlike(90, read[1][0]) == read[2:]
    assert [signs[:1] for _, signs in catalogue.suspects.unlike(80)[3:]] == [b"b"]
    same = catalogue.suspects.of_file(ONE)
    assert same
    assert (same.place, same.prints) == ("/0", 90)


def test_a_find_has_to_be_there(catalogue: Catalogue) -> None:
    with pytest.raises(CatalogueError, match="no such find"):
        catalogue.suspects.looked_at(URL, ONE, "found", find="7")
    with pytest.raises(CatalogueError):
        catalogue.suspects.looked_at(URL, ONE, "found")
    assert catalogue.suspects.at(URL) is None


def test_a_find_is_seen_again_once_in_a_place(catalogue: Catalogue, tmp_path: Path) -> None:
    find = a_find(catalogue, tmp_path)
    elsewhere = SightingRecord(None, "https://example.net/b.jpg", "@b", "2026-11-28T11:00:00.000000Z", "ada")
    for _ in range(2):
        found = catalogue.finds.seen_again(find, elsewhere)
    assert [each.media_url for each in found.sightings] == [URL, "https://example.net/b.jpg"]
    assert catalogue.verify().fault is None
