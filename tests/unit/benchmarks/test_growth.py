"""The page on growth: its numbers follow from those that were measured."""

from __future__ import annotations

from typing import Any

from benchmarks import growth

_HEAD = {"benchmark": "b", "environment": {"date": "2026-11-28 10:00 UTC", "machine": "m"}}


def documents(signs_ms: float) -> tuple[dict[str, Any], ...]:
    clip = {"clip": "a.mp4", "size": "640x360", "seconds": 10.0, "cpu_seconds": 15.0}
    measured = {"clips": [clip], "catalogue": {"copies": 1000, "seconds": 5.0, "bytes": 2_000_000}}
    rows = [
        {"tool": "stamp", "operation": operation, "megapixels": size, "seconds": 0.36}
        for operation in ("embed file", "detect file, unmarked")
        for size in (2.0, 12.0)
    ]
    song = {"case": "embed, FLAC file", "seconds": 180, "cpu_seconds": 2.0}
    scale = [
        {"works": 100_000, "bytes a work": 8000, "signs ms": 0.0, "search ms": 200.0},
        {"works": 1_100_000, "bytes a work": 70, "signs ms": signs_ms, "search ms": None},
    ]
    monitor = {"works": 50, "adding_ms": 36.0, "search_ms": 225.0, "scale": scale}
    return (_HEAD | measured, _HEAD | {"rows": rows}, _HEAD | {"cases": [song]}, _HEAD | monitor)


def test_rates_and_steps_follow_from_what_was_measured() -> None:
    text = growth.table(*documents(2.5))
    assert "| mark a photo of 12 megapixels (JPEG file) | 0.36 s | 10,000 photos | 200,000 photos |" in text
    assert "| mark a minute of a clip of 640x360 | 90.00 s | 40 clip-minutes | 800 clip-minutes |" in text
    # 0.36 s times 1e8 are 10,000 core-hours; 8 turns of 2.5 ms a million works are 2 s at 1e8 of them.
    assert "10,000 core-hours, $500; 4.2 days on 100 cores" in text
    assert "most of a match is comparing whole pictures: 0.20 s by points, 2.00 s by whole pictures" in text
    assert "231 cores, $278 a day" in text
    assert "800 GB, $20 a month" in text
    assert "6 days, 200 GB" in text


def test_what_is_in_the_way_is_what_costs_more() -> None:
    assert "most of a match is points: 0.20 s by points, 0.08 s" in growth.table(*documents(0.1))
