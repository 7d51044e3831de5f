"""Finding the mark again: whatever was done to the picture, and never where there is none."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import asdict, fields, replace
from functools import partial
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from stamp.core.detection import Detection, Transform
from stamp.core.errors import HostError
from stamp.core.key import Key
from stamp.watermark.common import null_law
from stamp.watermark.common.soft_decoding import Decoded
from stamp.watermark.common.wavelet import analyse
from stamp.watermark.image import decode, search, stages
from stamp.watermark.image.carrier import IMAGE, PILOT, carriers
from stamp.watermark.image.detect import detect
from stamp.watermark.image.embed import embed
from stamp.watermark.image.observation import coverage, observe, observe_plane, pad_to_tiles
from stamp.watermark.image.pages import MOST_DECODINGS
from stamp.watermark.image.search import Thresholds
from tests.media.pixels import photo

KEY, OTHER = Key(bytes(range(32)), "tests"), Key(bytes(range(1, 33)), "other")
PAYLOAD = bytes.fromhex("00ff12345678abcd")
BICUBIC = Image.Resampling.BICUBIC
Picture = Image.Image


@pytest.fixture(scope="module")
def marked() -> Picture:
    return Image.fromarray(embed(photo(512, 768, 1), PAYLOAD, key=KEY))


def find(picture: Picture | NDArray[np.generic], key: Key = KEY) -> Detection:
    return detect(np.asarray(picture), key=key)


def resized(picture: Picture, x: float, y: float) -> Picture:
    return picture.resize((round(picture.width * x), round(picture.height * y)), BICUBIC)


def cropped(picture: Picture, side: float) -> Picture:
    """The same proportions, `side` times the width and the height, off the middle."""
    w, h = round(picture.width * side), round(picture.height * side)
    left, top = (picture.width - w) // 3, (picture.height - h) * 3 // 5
    return picture.crop((left, top, left + w, top + h))


def jpeg(picture: Picture, quality: int) -> Picture:
    file = BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file)


def test_an_untouched_picture(marked: Picture) -> None:
    found = find(marked)
    assert found.present
    assert found.payload == PAYLOAD
    assert found.score > found.threshold
    assert 11.9 < found.threshold < 12
    assert found.log10_p < -100
    assert found.bits_corrected == 0
    assert found.transform == Transform(1.0, 0.0, False, 1.0)
    assert (found.key_name, found.scheme) == ("tests", "stamp.image.2")


@pytest.mark.slow
def test_a_detection_can_be_written_as_json(marked: Picture) -> None:
    for found in (find(marked), find(photo(200, 300)), find(ImageOps.mirror(marked))):
        assert found.spans == ()  # JSON knows lists only
        record = asdict(found) | {"payload": found.payload and found.payload.hex(), "spans": []}
        written = json.dumps(record, allow_nan=False)
        assert json.dumps(json.loads(written)) == written


# name -> what is done, and (scale, counter-clockwise turn, mirrored, aspect) that must be found
GEOMETRY: dict[str, tuple[Callable[[Picture], Picture], tuple[float, float, bool, float]]] = {
    "mirrored": (ImageOps.mirror, (1, 0, True, 1)),
    "upside down mirrored": (ImageOps.flip, (1, 180, True, 1)),
    "90 degrees": (lambda p: p.transpose(Image.Transpose.ROTATE_90), (1, 90, False, 1)),
    "180 degrees": (lambda p: p.transpose(Image.Transpose.ROTATE_180), (1, 180, False, 1)),
    "270 degrees": (lambda p: p.transpose(Image.Transpose.ROTATE_270), (1, -90, False, 1)),
    "transposed": (lambda p: p.transpose(Image.Transpose.TRANSPOSE), (1, 90, True, 1)),
    "7 degrees": (lambda p: p.rotate(7, BICUBIC), (1, 7, False, 1)),
    "-7 degrees": (lambda p: p.rotate(-7, BICUBIC), (1, -7, False, 1)),
    "7 degrees, whole": (lambda p: p.rotate(7, BICUBIC, expand=True), (0.889, 7, False, 1)),
    "140 degrees": (lambda p: p.rotate(140, BICUBIC, expand=True), (0.6957, 140, False, 1)),
    "half the area": (lambda p: cropped(p, 0.5**0.5), (2**0.5, 0, False, 1)),
    "a quarter of the area": (lambda p: cropped(p, 0.5), (2, 0, False, 1)),
    "half the size": (lambda p: resized(p, 0.5, 0.5), (1, 0, False, 1)),
    "twice the size": (lambda p: resized(p, 2, 2), (1, 0, False, 1)),
    "narrower": (lambda p: resized(p, 0.9, 1), (1, 0, False, 0.9)),
    "lower": (lambda p: resized(p, 1, 0.85), (1, 0, False, 1 / 0.85)),
    "mirrored, 30 degrees": (lambda p: ImageOps.mirror(p).rotate(30, BICUBIC), (1, 30, True, 1)),
    "30 degrees, mirrored": (lambda p: ImageOps.mirror(p.rotate(30, BICUBIC)), (1, -30, True, 1)),
    "half the area, half the size": (
        lambda p: resized(cropped(p, 0.5**0.5), 0.5, 0.5),
        (2**0.5, 0, False, 1),
    ),
    "17 degrees, half the area, JPEG 75": (
        lambda p: jpeg(cropped(p.rotate(17, BICUBIC), 0.5**0.5), 75),
        (2**0.5, 17, False, 1),
    ),
    "mirrored, zoomed, JPEG 60": (
        lambda p: jpeg(resized(cropped(ImageOps.mirror(p), 0.8), 1.25, 1.25), 60),
        (1.25, 0, True, 1),
    ),
}


def degrees_apart(a: float, b: float) -> float:
    return abs((a - b + 180) % 360 - 180)


@pytest.mark.slow
@pytest.mark.parametrize("name", GEOMETRY)
def test_a_moved_picture_is_read_and_the_move_is_told(marked: Picture, name: str) -> None:
    move, (scale, turn, mirrored, aspect) = GEOMETRY[name]
    found = find(move(marked))
    assert found.payload == PAYLOAD
    assert found.transform is not None
    assert found.transform.scale == pytest.approx(scale, rel=0.01)
    assert degrees_apart(found.transform.rotation_deg, turn) < 0.5
    assert -180 <= found.transform.rotation_deg <= 180
    assert found.transform.mirrored is mirrored
    assert found.transform.aspect == pytest.approx(aspect, rel=0.01)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_other_photos_in_everyday_trouble(seed: int) -> None:
    picture = Image.fromarray(embed(photo(512, 768, seed), PAYLOAD, key=KEY))
    for victim in (
        jpeg(picture, 50),
        jpeg(resized(picture, 0.5, 0.5), 60),
        jpeg(picture.rotate(3, BICUBIC), 75),
        cropped(picture, 0.5**0.5),
        picture.point(lambda v: v * 0.7 + 20),
    ):
        assert find(victim).payload == PAYLOAD


@pytest.mark.slow
def test_an_odd_crop_of_a_large_photo() -> None:
    large = embed(photo(1237, 811, 5), PAYLOAD, key=KEY)
    assert find(large[131:1000, 73:700]).payload == PAYLOAD


def test_gray_copies_and_other_depths_are_read(marked: Picture) -> None:
    pixels = np.asarray(marked)
    assert find(marked.convert("L")).payload == PAYLOAD
    assert find(pixels.astype(np.uint16) * 257).payload == PAYLOAD
    assert find(marked.convert("RGBA")).payload == PAYLOAD
    assert detect(pixels / 255, key=KEY, data_range=1.0).payload == PAYLOAD
    assert detect(pixels[::-1][::-1].astype(np.float32), key=KEY, data_range=255).payload == PAYLOAD


@pytest.mark.slow
def test_two_marks_live_side_by_side(marked: Picture) -> None:
    both = embed(np.asarray(marked), PAYLOAD[::-1], key=OTHER)
    assert (find(both).payload, find(both, OTHER).payload) == (PAYLOAD, PAYLOAD[::-1])
    assert find(both, OTHER).key_name == "other"
    squeezed = jpeg(Image.fromarray(both), 75)
    assert (find(squeezed).payload, find(squeezed, OTHER).payload) == (PAYLOAD, PAYLOAD[::-1])


RING = tuple(Key(bytes(range(32)), "master").member(name) for name in ("anna", "bela", "cid"))


@pytest.mark.slow
def test_a_ring_is_looked_for_in_one_search() -> None:
    marked = embed(photo(512, 768, 1), PAYLOAD, key=RING[1])
    for picture in (marked, marked[64:, 80:]):
        found = detect(picture, key=RING[0], ring=RING[1:])
        assert (found.payload, found.key_name) == (PAYLOAD, "bela")
        # what the keys share is found, and is no evidence for another of them
        other = detect(picture, key=RING[2])
        assert silent(other)
        assert other.score < other.threshold


def test_keys_of_a_ring_share_what_finds_a_mark_and_nothing_that_it_says() -> None:
    one, other = carriers(RING[0]), carriers(RING[1])
    np.testing.assert_array_equal(one.frequencies, other.frequencies)
    np.testing.assert_array_equal(one.pilot_spectrum, other.pilot_spectrum)
    for level in range(4):
        pilots = one.index[level] == IMAGE.pilot
        np.testing.assert_array_equal(pilots, other.index[level] == IMAGE.pilot)
        np.testing.assert_array_equal(one.sign[level][pilots], other.sign[level][pilots])
        data = ~pilots
        assert abs(np.mean(one.sign[level][data] * other.sign[level][data])) < 5 / data.sum() ** 0.5
        assert np.mean(one.index[level][data] == other.index[level][data]) < 0.01
    assert (one.flips != other.flips).mean() > 0.4


def silent(found: Detection) -> bool:
    return (
        not found.present
        and found.payload is None
        and found.bits_corrected is None
        and found.transform is None
        and -8 < found.log10_p <= 0
    )


@pytest.mark.slow
def test_a_wrong_key_finds_nothing(marked: Picture) -> None:
    for secret in range(2):
        assert silent(find(marked, Key(bytes([secret]) * 32)))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 4))
def test_an_unmarked_photo_has_no_mark(seed: int) -> None:
    assert silent(find(photo(512, 768, seed)))


@pytest.mark.slow
def test_a_mark_of_which_a_scrap_is_left_is_not_misread(marked: Picture) -> None:
    for victim in (marked.crop((300, 200, 350, 260)), resized(marked, 0.05, 0.05), jpeg(marked, 1)):
        assert find(victim).payload in (None, PAYLOAD)


def test_coded_bits_have_no_say_in_their_own_weights(marked: Picture) -> None:
    """Where they are the statistic: what is looked at, and how it counts, does not depend on their signs."""
    layout = IMAGE
    c = carriers(KEY, layout)
    turned = tuple(np.where(i == c.layout.pilot, s, -s) for i, s in zip(c.index, c.sign, strict=True))
    plane = np.asarray(marked.convert("L"), np.float32)
    ours, theirs = observe_plane(plane, c), observe_plane(plane, replace(c, sign=turned))
    np.testing.assert_array_equal(ours.soft[:, :PILOT], -theirs.soft[:, :PILOT])
    weights, others = (decode._weightings(o, layout) for o in (ours, theirs))
    assert len(weights) == null_law.WEIGHTINGS
    np.testing.assert_array_equal(weights, others)
    code = np.ones(layout.coded_bits)
    for weight in weights:
        assert decode.code_score(ours, weight, code) == -decode.code_score(theirs, weight, code) != 0


@pytest.mark.slow
def test_coded_bits_follow_the_null_law(marked: Picture) -> None:
    """The sum under any one frame, in a picture without the mark, has mean 0 and deviation 1 at most."""
    plane = np.asarray(marked.convert("L"), np.float32)
    details, cover = analyse(pad_to_tiles(plane))[1], coverage(plane.shape, (0, 0), None)
    code = np.random.default_rng(1).choice([-1.0, 1.0], IMAGE.coded_bits)
    scores = []
    for k in range(100):
        o = observe(details, cover, carriers(Key(bytes([9, k]) * 16)))
        scores.append(decode.code_score(o, 1 / np.sqrt(o.variance), code))
    assert abs(np.mean(scores)) < 0.35
    assert 0.75 < np.std(scores) < 1.25


@pytest.mark.slow
def test_a_call_stays_within_the_trials_that_the_law_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """With every limit that saves time lifted: no more attempts than `null_law` multiplies
    by."""
    lifted = Thresholds(*(-np.inf for _ in fields(Thresholds)))
    monkeypatch.setattr(sys.modules["stamp.watermark.image.detect"], "THRESHOLDS", lifted)
    for name in ("_PEAK", "_CLEAR_PEAK"):
        monkeypatch.setattr(stages, name, -np.inf)
    searched, decoded = [], search.decode_variants

    def counted(views: Sequence[decode.View], **options: Any) -> tuple[Decoded, decode.View] | None:
        searched.append(options["searched"])
        return decoded(views, **options)

    monkeypatch.setattr(search, "decode_variants", counted)
    assert silent(find(photo(256, 384, 7)))
    assert 20 < len(searched) <= MOST_DECODINGS
    # 9 places on 2 grids, and 12 profiles beside the pilots' weights: as `null_law` counts them
    assert 0 < searched.count(False) <= 18
    assert len(IMAGE.profiles) == 12
    assert null_law.MAX_DECODINGS * null_law.WEIGHTINGS_PICTURE >= 100 * 13 + 18 * 12


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (16, 16), (40, 31), (1, 700), (300, 400)])
@pytest.mark.parametrize("noise", [0, 100], ids=["flat", "noise"])
def test_any_picture_gets_an_answer(shape: tuple[int, int], noise: int) -> None:
    """Small, flat, senseless: not found is a value, and nothing is printed or warned about."""
    picture = 128 + np.random.default_rng(1).integers(-noise, noise + 1, shape)
    assert silent(find(picture.astype(np.uint8)))


@pytest.mark.slow
@pytest.mark.parametrize("value", [0, 255])
def test_black_and_white_pictures_get_an_answer(value: int) -> None:
    assert silent(find(np.full((200, 300, 3), value, np.uint8)))


def test_transparent_pictures_get_an_answer() -> None:
    assert silent(find(np.zeros((200, 300, 4), np.uint8)))


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="no /proc")
@pytest.mark.parametrize("shape", [(1, 100_000), (100_000, 3), (128, 6_000)])
def test_long_strips_take_no_more_memory_than_other_pictures(shape: tuple[int, int]) -> None:
    script = (
        f"import resource, sys; sys.path[:0] = {sys.path!r}\n"
        "import numpy as np\n"
        "from stamp import Key, detect\n"
        f"picture = np.random.default_rng(1).integers(0, 256, {shape}).astype(np.uint8)\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (2 << 30, 2 << 30))\n"
        "print(detect(picture, key=Key(bytes(32))).present)\n"
        # not getrusage: its peak counts the process that this one was forked from
        "print(*(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.stderr == ""
    present, peak = run.stdout.split()
    assert present == "False"
    assert int(peak) < 600 * 1024


NO_PICTURES = {
    "int32": photo(64, 64).astype(np.int32),
    "bool": photo(64, 64) > 9,
    "floats without white": photo(64, 64) / 255,
    "two channels": np.zeros((9, 9, 2), np.uint8),
    "no rows": np.zeros((0, 9), np.uint8),
    "nothing": None,
    "text": "x",
}


@pytest.mark.parametrize("picture", NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_is_no_picture_is_refused(picture: object) -> None:
    with pytest.raises(HostError):
        detect(picture, key=KEY)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused(bad: float) -> None:
    picture = photo(64, 64) / 255
    picture[17, 23, 1] = bad
    with pytest.raises(HostError, match=r"(?i)nan|inf|finite"):
        detect(picture, key=KEY, data_range=1.0)


@pytest.mark.slow
def test_the_picture_is_left_alone(marked: Picture) -> None:
    pixels = np.asarray(marked.rotate(5, BICUBIC)).copy()
    before = pixels.copy()
    pixels.flags.writeable = False
    find(pixels)
    assert np.array_equal(pixels, before)


@pytest.mark.slow
def test_views_are_read_like_copies(marked: Picture) -> None:
    pixels = np.asarray(marked)
    view = np.asfortranarray(pixels)[:, ::-1]
    assert find(view) == find(view.copy(order="C"))
    assert find(view).transform is not None


def test_without_search_only_what_stands_upright_is_read(marked: Picture) -> None:
    assert detect(np.asarray(marked), key=KEY, search=False).payload == PAYLOAD
    assert detect(np.asarray(resized(marked, 0.6, 0.6)), key=KEY, search=False).payload == PAYLOAD
    assert silent(detect(np.asarray(ImageOps.mirror(marked)), key=KEY, search=False))


@pytest.mark.slow
def test_threads_and_processes_give_the_same_answer(marked: Picture) -> None:
    pictures = [
        np.asarray(p)
        for p in (
            marked,
            ImageOps.mirror(marked),
            marked.rotate(9, BICUBIC),
            Image.fromarray(photo(256, 384)),
        )
    ]
    task = partial(detect, key=KEY)
    reference = [task(picture) for picture in pictures]
    assert [found.present for found in reference] == [True, True, True, False]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(task, pictures)) == reference
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        assert list(processes.map(task, pictures)) == reference


@pytest.fixture(scope="module")
def large() -> Picture:
    """A picture above 1.5 megapixels, marked on the large grid."""
    return Image.fromarray(embed(photo(1100, 1600), PAYLOAD, key=KEY))


@pytest.mark.slow
@pytest.mark.parametrize("scale", [1.0, 0.7, 0.4])
def test_a_large_picture_is_read_at_any_size(large: Picture, scale: float) -> None:
    found = detect(np.asarray(resized(large, scale, scale)), key=KEY, search=False)
    assert found.payload == PAYLOAD
    assert found.transform == Transform(1.0, 0.0, False, 1.0)


def test_a_small_crop_of_a_large_picture_tells_its_true_scale(large: Picture) -> None:
    """The crop itself is below the size from which pictures are marked on the large grid."""
    found = detect(np.asarray(large.crop((400, 300, 1000, 700))), key=KEY)
    assert found.payload == PAYLOAD
    assert found.transform is not None
    assert found.transform.scale == pytest.approx((1600 * 1100 / (600 * 400)) ** 0.5, rel=0.01)
