"""What a clip shows of the original: size, place and share, as displayed."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.core.detection import Detection, corners
from stamp.core.key import Key
from stamp.watermark.image.grid import resize
from stamp.watermark.video import Detector, Embedder, key_reader
from stamp.watermark.video.accumulator import Accumulator, details_of, working
from stamp.watermark.video.key_reader import KeyReader
from tests.media.frames import pan

KEY, PAYLOAD = Key(bytes(range(32)), "mine"), bytes.fromhex("0123456789abcdef")
HEIGHT, WIDTH = 270, 480
Plane = NDArray[np.uint8]


def read(frames: Iterable[Plane], aspect: float | None = None) -> Detection:
    detector = Detector(KEY, aspect=aspect)
    for number, frame in enumerate(frames):
        detector.push(np.ascontiguousarray(frame), number / 6)
    return detector.result()


@pytest.fixture(scope="module")
def clip() -> list[Plane]:
    embedder = Embedder(PAYLOAD, key=KEY, size=(HEIGHT, WIDTH))
    frames = list(pan((HEIGHT, WIDTH), 24))
    for frame in frames:
        embedder.mark(frame)
    return frames


@pytest.mark.parametrize(
    ("edit", "size", "seen"),
    [
        (lambda f: f, (WIDTH, HEIGHT), ((0, 0), (1, 0), (1, 1), (0, 1))),
        (lambda f: f[:, ::-1], (WIDTH, HEIGHT), ((1, 0), (0, 0), (0, 1), (1, 1))),
        (lambda f: np.rot90(f), (HEIGHT, WIDTH), ((1, 0), (1, 1), (0, 1), (0, 0))),
    ],
    ids=["as it is", "mirror", "quarter turn"],
)
def test_a_whole_clip(
    clip: list[Plane],
    edit: Callable[[Plane], Plane],
    size: tuple[int, int],
    seen: tuple[tuple[float, float], ...],
) -> None:
    found = read(map(edit, clip))
    assert (found.payload, found.size, found.seen) == (PAYLOAD, size, seen)
    assert found.region == corners(0, 0, *size)
    assert found.share == pytest.approx(1, abs=0.02)
    assert found.whole_pixels == pytest.approx(WIDTH * HEIGHT, rel=0.02)
    assert found.marked_pixels is None  # every clip is marked on the same grid


def test_the_size_is_that_of_the_display(clip: list[Plane]) -> None:
    """Samples that are shown twice as wide as high."""
    narrow = (resize(f.astype(np.float32), (HEIGHT, WIDTH // 2)).clip(0, 255).astype(np.uint8) for f in clip)
    found = read(narrow, aspect=WIDTH / HEIGHT)
    assert (found.payload, found.size) == (PAYLOAD, (WIDTH, HEIGHT))
    assert found.region == corners(0, 0, WIDTH, HEIGHT)


def test_a_part_has_a_share_and_no_place(clip: list[Plane]) -> None:
    found = read(f[20:250, 30:450] for f in clip)
    assert (found.payload, found.seen, found.region) == (PAYLOAD, None, None)
    assert found.share == pytest.approx(230 * 420 / (WIDTH * HEIGHT), abs=0.02)


@pytest.mark.parametrize("bars", [30, 60])
def test_bars_around_a_clip(clip: list[Plane], bars: int) -> None:
    found = read(np.pad(f, ((bars, bars), (0, 0)), constant_values=16) for f in clip)
    assert (found.payload, found.size) == (PAYLOAD, (WIDTH, HEIGHT + 2 * bars))
    assert found.transform is not None
    assert found.transform.scale**2 == pytest.approx(HEIGHT / (HEIGHT + 2 * bars), abs=0.03)
    if found.region is not None:
        for corner, true in zip(found.region, corners(0, bars, WIDTH, HEIGHT + bars), strict=True):
            assert corner == pytest.approx(true, abs=0.02 * WIDTH)


def test_the_place_of_a_whole_clip_within_a_frame(clip: list[Plane]) -> None:
    """Where the search in the whole of a frame fails, parts of it are searched by themselves."""
    both, top = Accumulator(), 60
    for number, frame in enumerate(clip):
        page = np.random.default_rng(number).integers(110, 130, (HEIGHT + 2 * top, WIDTH)).astype(np.uint8)
        page[top : top + HEIGHT] = frame
        work = working(page, 255)
        both.add(details_of(work), (work.shape[0], work.shape[1]))
    picture = both.picture()
    boxes = [(top, top + HEIGHT, 0, WIDTH)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(key_reader, "_framed", lambda picture: boxes)
        found = KeyReader(KEY).attempt_parts(picture, (2 * WIDTH, 2 * HEIGHT + 4 * top))
    assert found is not None
    assert found.seen == corners(0, 0, 1, 1)
    assert found.region == corners(0, 2 * top, 2 * WIDTH, 2 * (top + HEIGHT))
    assert found.transform is not None
    assert found.transform.scale**2 == pytest.approx(HEIGHT / (HEIGHT + 2 * top), abs=0.01)
