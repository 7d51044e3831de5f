"""The tables of readers, of places and of times: what they are made of, and how documents show them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks import readers, readme, tags
from benchmarks.common import runner
from stamp.metadata.mapping.fields import FIELDS

ENVIRONMENT = {
    "date": "2026-11-25 04:00 UTC",
    "python": "3.11",
    "machine": "m",
    "tools": {"stamp": "stamp 0"},
}


def test_a_reader_shows_a_field_only_with_the_exact_text() -> None:
    values = readers.RIGHTS.values()
    assert readers.shown(Path(), lambda _: {str(values["copyright_notice"]), "Zoë Łukasz 東京"}) == [
        "copyright_notice",
        "creators",
    ]
    assert readers.shown(Path(), lambda _: {f" {values['copyright_notice']}", "ZoÃ«"}) == []


def test_texts_are_found_anywhere_in_a_document() -> None:
    assert set(readers._leaves({"a": [{"b": "x"}, 3], "c": None})) == {"x", "3", "None"}


def test_the_table_of_readers() -> None:
    rows = {"JPEG": {"one": ["copyright_notice", "web_statement"], "two": []}}
    text = readers.brief({"readers": {"one": "1.0", "two": "2"}, "files": rows, "environment": ENVIRONMENT})
    assert "| JPEG | NU | - |" in text
    assert "one 1.0, two 2" in text


def test_the_table_of_places_is_that_of_the_code() -> None:
    text = readme.homes()
    assert text.count("\n") == len(FIELDS) + 2
    assert "| `editor_notice` | EXIF: Copyright (0x8298), editor's part |" in text


def test_the_table_of_times() -> None:
    cost = {"wall": 2.0, "cpu": 1.0}
    row = {"name": "JPEG", "bytes": 56_000, "peer": "exiftool", "stamp_ms": cost, "peer_ms": cost}
    document: dict[str, Any] = {"exiftool": "13", "file_system": "tmpfs"}
    document |= {"results": [row | {"wall_ratio": 1.5, "cpu_ratio": 1.25}]}
    text = tags.brief(document | {"environment": ENVIRONMENT, "settings": {"seed": 1}})
    assert "files on tmpfs; ExifTool 13" in text
    assert "| JPEG (56 kB) | 2.0 (1.0) | exiftool | 2.0 (1.0) | 1.5 (1.2) |" in text


def test_readers_have_results() -> None:
    assert json.loads((runner.RESULTS / "readers.json").read_text("utf-8"))
