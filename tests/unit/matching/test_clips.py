"""Which span of a clip is seen in another one: mirrored, cropped, faster, in bars; and in none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.matching.clips import Frame, align_clips, compare_clips
from stamp.matching.frame_prints import Course, fingerprint
from tests.media.frames import pan
from tests.media.pixels import gray

Luma = NDArray[np.uint8]
RATE = 8  # frames a second


@cache
def clip(seed: int = 0) -> list[Luma]:
    """Ten seconds in three shots."""
    shots = (pan((240, 320), 27, speed=(1.0, 3.0), seed=seed + i) for i in range(3))
    return [
        np.clip(0.7 * frame + 0.3 * gray(240, 320, seed + 9), 0, 255).astype(np.uint8)
        for s in shots
        for frame in s
    ]


def played(frames: list[Luma], rate: float = RATE) -> Callable[[], Iterator[Frame]]:
    return lambda: ((number / rate, frame) for number, frame in enumerate(frames))


def barred(frame: Luma) -> Luma:
    return np.pad(frame, ((40, 40), (0, 0)), constant_values=16)


EDITS: dict[str, Callable[[Luma], Luma]] = {
    "none": lambda frame: frame,
    "mirrored": lambda frame: np.ascontiguousarray(frame[:, ::-1]),
    "bars": barred,
    "crop": lambda frame: np.ascontiguousarray(frame[30:210, 50:270]),
}


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS)
def test_the_span_is_found(edit: str) -> None:
    find = [EDITS[edit](frame) for frame in clip()[24:64]]
    said, found = compare_clips(played(clip()), played(find))
    assert said.verdict == "agrees"
    assert found is not None
    assert found.correlation > 0.8
    assert said.mirrored == (edit == "mirrored")
    offset = found.work_span[0] - found.find_span[0]
    assert offset == pytest.approx(3.0, abs=0.15)
    assert found.find_span[1] - found.find_span[0] > 3
    assert found.best.registration.agrees
    assert "the work from 0:0" in said.sentence()


@pytest.mark.slow
def test_a_faster_copy_has_its_speed() -> None:
    found = align_clips(played(clip()), played(clip()[16:], RATE * 1.1))
    assert found is not None
    assert found.speed == pytest.approx(1.1, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS)
def test_a_course_that_is_known_is_followed(edit: str) -> None:
    find = [EDITS[edit](frame) for frame in clip()[24:40]]
    known = Course(3.2, 1.0, edit == "mirrored", np.zeros(0))
    found = align_clips(played(clip()), played(find), known)
    assert found is not None
    assert found.correlation > 0.8
    assert found.work_span[0] - found.find_span[0] == pytest.approx(3.0, abs=0.15)


@pytest.mark.slow
def test_a_course_that_is_wrong_is_given_up() -> None:
    found = align_clips(played(clip()), played(clip()[24:40]), Course(0.0, 1.0, False, np.zeros(0)))
    assert found is not None
    assert found.work_span[0] - found.find_span[0] == pytest.approx(3.0, abs=0.15)


@pytest.mark.slow
def test_another_clip_is_not_found() -> None:
    said, found = compare_clips(played(clip()), played(clip(40)))
    assert (said.verdict, found) == ("unregistered", None)
    assert align_clips(played(clip()), played([])) is None
    assert align_clips(played(clip()), played([np.zeros((90, 120), np.uint8)] * 20)) is None


def test_prints_do_not_see_bars_and_say_nothing_of_black() -> None:
    first, same = fingerprint(clip()[5]), fingerprint(barred(clip()[5]))
    other = fingerprint(clip()[40])
    assert first is not None
    assert same is not None
    assert other is not None
    assert np.bitwise_count(first ^ same).sum() < 40
    assert np.bitwise_count(first ^ other).sum() > 72
    assert fingerprint(np.full((90, 120), 16, np.uint8)) is None
