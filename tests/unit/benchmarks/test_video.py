"""How outcomes of clips become shares and tables."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import stamp
from benchmarks import in_short
from benchmarks.common.clips import Shape
from benchmarks.robustness.video import attacks
from benchmarks.robustness.video.run import Outcome, markdown, summarise
from benchmarks.speed.interleaved import Pause, interleave
from benchmarks.studies import adr0072_levels as levels
from stamp.watermark.video import Allocation
from tests.media import video_files

CHAIN = "mirror + TikTok 540p AVC"
UNREAD: dict[str, float | None] = dict.fromkeys(attacks.CHAINS)
CPU = dict.fromkeys(attacks.CHAINS, 0.5)
OUTCOMES = [
    Outcome("a.mp4", psnr=48.0, needed=UNREAD | {CHAIN: 1.5}, cpu=CPU),
    Outcome("b.mp4", psnr=46.0, needed=UNREAD, wrong=[CHAIN], cpu=CPU),
    Outcome("c.mp4", refused="too small"),
]


def test_a_refused_clip_counts_as_unread_and_wrong_payloads_are_counted() -> None:
    summary = summarise(OUTCOMES, {"chains": attacks.CHAINS})
    row = summary["attacks"]["chains"][CHAIN]
    assert (row["read"], row["clips"], row["missed"]) == (1, 3, ["b.mp4", "c.mp4"])
    assert summary["read_share"] == {"chains": pytest.approx(1 / (3 * len(attacks.CHAINS)))}
    assert (summary["wrong"], summary["refused"]) == (1, {"c.mp4": "too small"})


def test_a_clip_that_was_not_tried_does_not_count() -> None:
    tried = [OUTCOMES[0], Outcome("small.mp4", psnr=47.0)]
    assert summarise(tried, {"chains": attacks.CHAINS})["attacks"]["chains"][CHAIN]["clips"] == 1


@pytest.mark.parametrize(("height", "expected"), [(360, True), (272, False)])
def test_no_large_rendition_is_made_of_a_small_clip(height: int, expected: bool) -> None:
    shape = Shape(640, height, Fraction(25))
    edit, large, small = (
        attacks.EDITS["mirror"],
        *(attacks.RENDITIONS[f"YouTube {n}p AVC"] for n in (360, 240)),
    )
    assert attacks.offered((edit, large), shape) is expected
    assert attacks.offered((edit, small), shape)


def test_only_a_larger_clip_comes_in_more_than_1080_rows() -> None:
    rendition = (attacks.RENDITIONS["YouTube 1440p VP9"],)
    assert attacks.offered(rendition, Shape(2560, 1440, Fraction(25)))
    assert not attacks.offered(rendition, Shape(1920, 1080, Fraction(25)))


def test_random_chains_are_as_many_as_asked_for_and_those_of_the_seed() -> None:
    drawn = attacks.random_chains(30, 5)
    assert len(drawn) == 30
    assert list(drawn) == list(attacks.random_chains(30, 5)) != list(attacks.random_chains(30, 6))


def test_the_table_shows_every_attack_and_what_it_took() -> None:
    text = markdown(summarise(OUTCOMES, {"chains": attacks.CHAINS}))
    assert f"| {CHAIN} | 1 of 3 | 1.5 | 1.5 | 0.5 |" in text
    assert all(f"| {name} |" in text for name in attacks.CHAINS)
    assert "46.0 to 48.0 dB" in text


@pytest.mark.parametrize(("short", "expected"), [(360, (640, 360)), (1080, (1280, 720)), (144, (256, 144))])
def test_a_rendition_makes_no_clip_larger(short: int, expected: tuple[int, int]) -> None:
    assert Shape(1280, 720, Fraction(25)).scaled_to(short) == expected


def test_chains_are_made_of_known_steps_and_no_name_is_used_twice() -> None:
    groups = attacks.groups(1.0)
    names = [name for members in groups.values() for name in members]
    assert len(set(names)) == len(names)
    assert all(len(steps) == len(attacks.CHAINS[name]) for name, steps in groups["chains"].items())


@pytest.mark.slow
def test_what_came_through_is_told_from_what_was_never_there(tmp_path: Path) -> None:
    key = stamp.Key(bytes(32), "test")
    video_files.write(tmp_path / "host.mp4", options={"crf": "12"})
    levels.mark(tmp_path / "host.mp4", tmp_path / "marked.mp4", key, Allocation(1.0, levels.LEVELS[3]))
    assert levels.deviations(tmp_path / "marked.mp4", key) > 20
    assert abs(levels.deviations(tmp_path / "host.mp4", key)) < 6


def test_levels_without_a_rendition_have_an_empty_cell() -> None:
    row = {"clip": "a.mp4", "difficulty": 0.01, "level": 3, "psnr_db": 48.0, "vmaf_loss": 1.5}
    text = levels.markdown({"rows": [row | {"price_percent": 2.0, "deviations": {"x264 crf 33": 15.2}}]})
    assert "| a.mp4 | 0.0100 | 3 | 48.0 | 1.50 | +2.0 | 15.2 |  |  |  |" in text


def test_the_summary_for_people_in_a_hurry() -> None:
    origin: dict[str, Any] = {
        "environment": {"date": "today", "python": "3", "machine": "one", "tools": {"stamp": "stamp 1"}},
        "settings": {"seed": 1},
    }
    clip = {"clip": "a", "size": "640x360", "psnr_db": 47.0, "vmaf_loss": 0.5, "price_percent": 3.0}
    robust = origin | summarise(OUTCOMES, {"chains": attacks.CHAINS})
    text = in_short.video(
        robust,
        robust,
        {"clips": [clip, clip | {"price_percent": 5.0}]},
        {"clips": [{"size": "640x360", "veryfast_file": 1.04, "medium_file": 1.02}]},
        {"payloads": 0, "windows": 9},
    )
    assert "| payloads read of 3 clips, chains | 4.2% |" in text
    assert "| more bits at x264 crf 20, median (least to most) | +4.0 % (+3.0 to +5.0) |" in text
    assert "| CPU beside a plain transcode, 640x360, veryfast, medium | 1.04 x, 1.02 x |" in text
    assert "| reported in windows without the mark | 0 of 9 |" in text


def test_jobs_are_interleaved_until_the_last_is_done() -> None:
    seen = []

    def job(name: str, steps: int, pause: Pause) -> None:
        for _ in range(steps):
            seen.append(name)
            pause()

    spent = interleave({"a": lambda pause: job("a", 1, pause), "b": lambda pause: job("b", 3, pause)})
    assert "".join(seen) == "abbb"
    assert spent.keys() == {"a", "b"}


def test_a_job_that_fails_is_no_result() -> None:
    def fails(pause: Pause) -> None:
        pause()
        raise ValueError("no such clip")

    with pytest.raises(ValueError, match="no such clip"):
        interleave({"good": lambda pause: pause(), "bad": fails})
