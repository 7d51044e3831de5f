"""Where in the original a picture lies: said where the mark shows it, and then it is true."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from stamp.core.detection import Detection
from stamp.core.key import Key
from stamp.watermark.image.detect import detect
from stamp.watermark.image.embed import embed
from tests.helpers.places import SAMPLE_MEDIA
from tests.media.pixels import photo
from tests.media.shared import shared_files

KEY, PAYLOAD = Key(bytes(range(32)), "tests"), bytes.fromhex("00ff12345678abcd")
BICUBIC = Image.Resampling.BICUBIC
Corner = tuple[float, float]
Truth = Callable[[float, float], Corner]  # a place in the picture -> that in the original, both in 0..1
Move = tuple[Image.Image, Truth, float, float]  # picture, truth, share of the original in view, pixels of all

SIZES = [(1.0, 1.0), (0.55, 0.55), (0.8, 0.72)]
# Upright at each size, and each quarter turn at one of them.
COPIES = [(None, size) for size in SIZES] + [
    (quarter, SIZES[number % 3]) for number, quarter in enumerate(Image.Transpose)
]
_TRUTHS: dict[Image.Transpose | None, Truth] = {
    None: lambda x, y: (x, y),
    Image.Transpose.FLIP_LEFT_RIGHT: lambda x, y: (1 - x, y),
    Image.Transpose.FLIP_TOP_BOTTOM: lambda x, y: (x, 1 - y),
    Image.Transpose.ROTATE_90: lambda x, y: (1 - y, x),
    Image.Transpose.ROTATE_180: lambda x, y: (1 - x, 1 - y),
    Image.Transpose.ROTATE_270: lambda x, y: (y, 1 - x),
    Image.Transpose.TRANSPOSE: lambda x, y: (y, x),
    Image.Transpose.TRANSVERSE: lambda x, y: (1 - y, 1 - x),
}


def marked(name: str) -> Image.Image:
    if name.startswith("made "):
        height, width, seed = (int(word) for word in name.split()[1:])
        pixels = photo(height, width, seed)
    else:
        pixels = np.asarray(Image.open(name).convert("RGB"))
    return Image.fromarray(embed(pixels, PAYLOAD, key=KEY))


SAMPLES = [
    str(path) for path in (*sorted(SAMPLE_MEDIA.glob("*.jpg")), *shared_files("images/photos/*.jpg")[:2])
]
PICTURES = ["made 512 768 1", "made 700 420 3", "made 1240 1660 2", *SAMPLES]


@pytest.fixture(scope="module", params=PICTURES, ids=lambda name: Path(name).name)
def original(request: pytest.FixtureRequest) -> Image.Image:
    return marked(request.param)


def check(found: Detection, truth: Truth, size: tuple[int, int]) -> None:
    """`seen` is where the corners of `region` lie in the original, within 2 %."""
    assert found.seen is not None
    assert found.region is not None
    for (x, y), place in zip(found.region, found.seen, strict=True):
        assert place == pytest.approx(truth(x / size[0], y / size[1]), abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize(("quarter", "size"), COPIES, ids=str)
def test_a_whole_copy(
    original: Image.Image, quarter: Image.Transpose | None, size: tuple[float, float]
) -> None:
    across, down = size
    copy = original.resize((round(original.width * across), round(original.height * down)), BICUBIC)
    copy = copy if quarter is None else copy.transpose(quarter)
    found = detect(np.asarray(copy), key=KEY)
    assert found.payload == PAYLOAD
    assert found.size == copy.size
    check(found, _TRUTHS[quarter], copy.size)
    assert found.share == pytest.approx(1, abs=0.02)
    assert found.whole_pixels == pytest.approx(copy.width * copy.height, rel=0.02)
    least, most = found.marked_pixels or (0, None)
    assert least <= original.width * original.height <= (most or 10**9)


def cropped(original: Image.Image, random: np.random.Generator) -> Move:
    """A part, at any size."""
    w, h = (round(n * side) for n, side in zip(original.size, random.uniform(0.6, 0.97, 2), strict=True))
    x, y = (int(random.integers(n - m + 1)) for n, m in zip(original.size, (w, h), strict=True))
    zoom = random.uniform(0.6, 1.3)
    part = original.crop((x, y, x + w, y + h)).resize((round(w * zoom), round(h * zoom)), BICUBIC)
    share = w * h / (original.width * original.height)

    def truth(u: float, v: float) -> Corner:
        return (x + u * w) / original.width, (y + v * h) / original.height

    return part, truth, share, part.width * part.height / share


def padded(original: Image.Image, random: np.random.Generator) -> Move:
    """A part or all of it, with something around it."""
    part, inner, share, whole = cropped(original, random)
    left, top, right, bottom = (int(random.uniform(0, 0.15) * part.width) for _ in range(4))
    page = ImageOps.expand(part, (left, top, right, bottom), (240, 240, 235))

    def truth(u: float, v: float) -> Corner:
        return inner((u * page.width - left) / part.width, (v * page.height - top) / part.height)

    return page, truth, share, whole


def turned(original: Image.Image, random: np.random.Generator) -> Move:
    """Turned on a canvas of the same size, or of one that grew."""
    angle, expand = random.uniform(-20, 20), bool(random.integers(2))
    picture = original.rotate(angle, BICUBIC, expand=expand)

    def truth(u: float, v: float) -> Corner:
        x, y = (u - 0.5) * picture.width, (v - 0.5) * picture.height
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        return 0.5 + (c * x - s * y) / original.width, 0.5 + (s * x + c * y) / original.height

    inside = np.asarray(Image.new("L", original.size, 255).rotate(angle, expand=expand)) > 127
    share = min(inside.sum() / (original.width * original.height), 1.0)
    return picture, truth, float(share), original.width * original.height


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("move", [cropped, padded, turned])
def test_what_cannot_be_known_is_not_said(
    original: Image.Image, move: Callable[[Image.Image, np.random.Generator], Move], seed: int
) -> None:
    """No place is made up; how much is seen is a bound, and how large it is seen is right."""
    picture, truth, share, whole = move(original, np.random.default_rng(seed))
    found = detect(np.asarray(picture), key=KEY)
    if found.payload is None:  # a small or faint copy says nothing
        return
    assert found.payload == PAYLOAD
    assert found.share is not None
    assert found.share >= share - 0.01
    if move is cropped:
        assert found.share == pytest.approx(share, abs=0.02)
    if found.seen is not None:
        check(found, truth, picture.size)
    # what is read as it is may be a copy that lacks a pixel in a hundred, or has one more
    assert found.whole_pixels == pytest.approx(whole, rel=0.02 if found.seen is None else 0.04)


@pytest.mark.slow
def test_the_same_part_of_two_pictures_of_other_proportions_looks_alike() -> None:
    """The reason why no place in a cropped picture is said: here is one picture in two that could be its
    original."""
    tall, wide = photo(768, 512, 1), photo(512, 768, 1)
    part = np.ascontiguousarray(wide[:500, :500])
    tall[:500, :500] = part
    for whole in (tall, wide):
        found = detect(embed(whole, PAYLOAD, key=KEY)[:500, :500], key=KEY)
        assert (found.payload, found.seen, found.region) == (PAYLOAD, None, None)
        assert found.share == pytest.approx(500 * 500 / (768 * 512), abs=0.01)


def test_without_a_payload_nothing_is_known_of_the_original() -> None:
    found = detect(photo(512, 768, 1), key=KEY, search=False)
    assert found.size == (768, 512)
    assert (found.seen, found.region, found.share, found.whole_pixels) == (None,) * 4
    assert found.marked_pixels is None
