"""The video mark as a whole, on scenes made by script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.core.detection import Detection
from stamp.core.errors import HostError, PayloadError
from stamp.core.key import Key
from stamp.watermark.common.quality import psnr
from stamp.watermark.image.grid import resize
from stamp.watermark.video import SCHEME, USUAL, Allocation, Detector, Embedder, allocation
from stamp.watermark.video.accumulator import details_of
from stamp.watermark.video.key_reader import _framed, _quarters
from stamp.watermark.video.mask import flatness, size_gain
from tests.media.frames import pan

KEY, OTHER = Key(bytes(range(32)), "mine"), Key(bytes(32), "other")
PAYLOAD = bytes.fromhex("0123456789abcdef")
SHAPE = (270, 480)
Plane = NDArray[np.uint8]


def marked(frames: Iterable[Plane], payload: bytes = PAYLOAD, key: Key = KEY) -> Iterator[Plane]:
    embedder = None
    for frame in frames:
        if embedder is None:
            embedder = Embedder(payload, key=key, size=(frame.shape[0], frame.shape[1]))
        embedder.mark(frame)
        yield frame


def read(
    frames: Iterable[NDArray[np.unsignedinteger]], keys: Key = KEY, depth: int = 8, stop: bool = True
) -> Detection:
    detector = Detector(keys, depth=depth)
    for i, frame in enumerate(frames):
        detector.push(frame, i / 6)
        if stop and detector.decided:
            break
    return detector.result()


def noisy(frame: Plane) -> Plane:
    noise = np.random.default_rng(int(frame[:4].sum())).normal(0, 4, frame.shape)
    return np.clip(np.rint(frame + noise), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def clip() -> list[Plane]:
    return list(marked(pan(SHAPE, 24)))


def test_a_marked_clip_is_read_at_once(clip: list[Plane]) -> None:
    found = read(clip)
    assert (found.present, found.payload, found.scheme, found.key_name) == (True, PAYLOAD, SCHEME, "mine")
    assert found.decided_after_s is not None
    assert found.decided_after_s < 1
    assert found.log10_p < -9
    assert found.spans == ((0.0, found.decided_after_s),)


@pytest.mark.slow
def test_an_unmarked_clip_and_another_key_give_nothing(clip: list[Plane]) -> None:
    for found in (read(pan(SHAPE, 12)), read(clip[:12], OTHER)):
        assert not found.present
        assert found.payload is None
        assert found.spans == ()
        assert found.decided_after_s is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "edit",
    [
        noisy,
        lambda f: np.ascontiguousarray(f[:, ::-1]),
        lambda f: np.rot90(f),
        lambda f: f[20:250, 30:450],
        lambda f: np.pad(f, ((60, 60), (0, 0)), constant_values=16),
        lambda f: np.clip(f.astype(np.int16) // 2 + 40, 0, 255).astype(np.uint8),
    ],
    ids=["noise", "mirror", "quarter turn", "crop", "letterbox", "contrast"],
)
def test_edits_are_survived(clip: list[Plane], edit: Callable[[Plane], Plane]) -> None:
    assert read(map(edit, clip)).payload == PAYLOAD


@pytest.mark.slow
def test_a_marked_scene_in_a_compilation_is_found_with_its_span() -> None:
    scene = list(marked(pan(SHAPE, 30, speed=(-1.0, 2.0), seed=3)))
    found = read([*pan(SHAPE, 40, seed=1), *scene, *pan(SHAPE, 30, seed=2)], stop=False)
    assert found.payload == PAYLOAD
    (start, end) = found.spans[0][0], found.spans[-1][1]
    assert 48 / 6 - 4 <= start <= 48 / 6
    assert 60 / 6 <= end <= 70 / 6 + 4


@pytest.mark.slow
def test_two_marks_in_one_clip_are_both_reported() -> None:
    second = bytes.fromhex("fedcba9876543210")
    clip = [*marked(pan(SHAPE, 24)), *marked(pan(SHAPE, 24, seed=4), second, OTHER)]
    detector = Detector([KEY, OTHER])
    for i, frame in enumerate(clip):
        detector.push(frame, i / 6)
    found = {d.key_name: d for d in detector.results()}
    assert {name: d.payload for name, d in found.items()} == {"mine": PAYLOAD, "other": second}
    assert found["mine"].spans[0][0] == 0
    assert found["other"].spans[0][0] >= 20 / 6


@pytest.mark.slow
def test_a_picture_in_a_picture_is_read() -> None:
    frames = list(marked(pan((480, 854), 24)))
    backs = pan((480, 854), 24, speed=(3.0, -1.0), seed=5)

    def framed(back: Plane, frame: Plane) -> Plane:
        small = resize(frame.astype(np.float32), (240, 428))
        back[20:260, 400:828] = np.clip(np.rint(small), 0, 255)
        return back

    found = read(map(framed, backs, frames))
    assert found.payload == PAYLOAD
    assert found.transform is not None
    assert found.transform.scale == pytest.approx(0.5, abs=0.02)


def test_the_part_of_a_picture_where_most_is_to_be_seen_is_searched_first() -> None:
    picture = np.random.default_rng(1).normal(0, 1, (200, 160)).astype(np.float32)
    picture[60:120] *= 3
    first, centred = _framed(picture)
    assert first == (pytest.approx(60, abs=5), pytest.approx(120, abs=5), 0, 160)
    assert centred == (first[0], 200 - first[0], 0, 160)
    assert len(list(_quarters(picture))) == 5


def test_frames_that_are_not_wanted_are_passed_over() -> None:
    detector = Detector(KEY)
    frame = next(iter(marked(pan(SHAPE, 1))))
    assert detector.wants(0.0)
    detector.push(frame, 0.0)
    assert not detector.wants(0.05)
    assert detector.wants(0.05, size=2)
    assert detector.wants(0.2)


def test_of_frames_close_together_the_one_of_most_bytes_counts(clip: list[Plane]) -> None:
    detector, plain = Detector(KEY, search=False), pan(SHAPE, 2)
    for frame, size in ((next(iter(plain)), 10), (clip[0], 500), (next(iter(plain)), 10)):
        detector.push(frame, 0.0, size=size)
    assert detector.result().payload == PAYLOAD


def test_no_frames_are_no_mark() -> None:
    found = Detector([KEY, OTHER]).results()
    assert [(d.present, d.key_name) for d in found] == [(False, "mine"), (False, "other")]


@pytest.mark.slow
def test_memory_grows_with_the_logarithm_of_the_duration() -> None:
    detector = Detector(KEY, search=False)
    for i, frame in enumerate(pan((128, 160), 24 * 9 + 1, speed=(0.2, 0.3))):
        detector.push(frame, i / 6)
    assert len(detector._parts) == 2


def test_the_mark_is_faithful(clip: list[Plane]) -> None:
    hosts = list(pan(SHAPE, 24))
    assert min(psnr(a, b, data_range=255) for a, b in zip(hosts, clip, strict=True)) > 44


def test_what_is_hard_to_code_gets_more() -> None:
    scenes = [allocation(bits, SHAPE) for bits in (0.0, 0.003, 0.025, 0.06, 0.1, 10.0)]
    gains = [scene.gain for scene in scenes]
    assert gains == sorted(gains)
    assert gains[0] < gains[2] < 1.0 < gains[-1]
    assert all(abs(sum(scene.shares.levels) - 1) < 1e-9 for scene in scenes)
    (frame,) = pan(SHAPE, 1)
    fidelity = []
    for scene in (scenes[0], scenes[2], scenes[-1]):
        changed = frame.copy()
        Embedder(PAYLOAD, key=KEY, size=SHAPE).mark(changed, scene)
        fidelity.append(psnr(frame, changed, data_range=255))
    assert fidelity[0] - fidelity[1] > 0.3
    assert fidelity[1] - fidelity[2] > 0.5


def test_small_frames_get_more_and_large_ones_less() -> None:
    """Upright or not, and within limits."""
    gains = [size_gain((rows, 16 * rows // 9)) for rows in (144, 270, 480, 720, 1080, 2160, 4320)]
    assert gains == sorted(gains, reverse=True)
    assert gains[3] == 1.0
    assert gains[0] == gains[1] == 1.5
    assert gains[-1] == gains[-2] > 0.6
    assert size_gain((1920, 1080)) == size_gain((1080, 1920))


def test_large_frames_get_a_coarser_mark_and_not_less_of_it() -> None:
    """By area, upright or not; what is between the sizes is between them."""
    for bits in (0.001, 0.01, 0.03, 0.1):
        small, middle, large, huge = (
            allocation(bits, size) for size in ((720, 1280), (900, 1600), (1080, 1920), (2160, 3840))
        )
        assert allocation(bits, (270, 480)) == small
        assert allocation(bits, (1920, 1080)) == large == huge
        assert small.gain <= middle.gain <= large.gain
        assert small.shares.levels[3] <= middle.shares.levels[3] <= large.shares.levels[3]
        assert all(abs(sum(scene.shares.levels) - 1) < 1e-9 for scene in (small, middle, large))


def test_what_is_drawn_gets_a_coarse_mark_however_hard_it_is() -> None:
    """And what is filmed does not change by a little that is flat."""
    for bits in (0.001, 0.01, 0.03, 0.1):
        scene = allocation(bits, (720, 1280))
        drawn = scene.of(0.5)
        assert scene.of(0.1) == scene
        assert allocation(bits, (2160, 3840)).of(0.9) == drawn
        assert drawn.shares.levels == allocation(0.001, (720, 1280)).shares.levels
        assert drawn.gain >= scene.gain
        between = scene.of(0.18)
        assert scene.shares.levels[3] <= between.shares.levels[3] <= drawn.shares.levels[3]
        assert abs(sum(between.shares.levels) - 1) < 1e-9
    assert USUAL.of(0.9) == USUAL


def test_what_is_drawn_is_flat_and_what_is_filmed_is_not() -> None:
    """Nor are the black bars of a film, or a sky of many shades."""
    film = next(pan((270, 480), 1)).astype(np.float32)
    barred = film.copy()
    barred[:70] = barred[-70:] = 16
    sky = np.broadcast_to(np.repeat(np.arange(40, 240, 5), 12), (270, 480)).astype(np.float32)
    for picture in (film, barred, sky, np.full((270, 480), 16, np.float32)):
        assert flatness(picture) < 0.1
    assert flatness(np.where(film > 150, 40, 235).astype(np.float32)) > 0.25


def test_a_film_after_a_title_is_marked_as_any_film() -> None:
    """And the title as what is drawn."""
    film = list(pan(SHAPE, 3))
    title = np.where(film[0] > 150, 40, 235).astype(np.uint8)
    scene = allocation(0.03, SHAPE)

    def marked(frames: list[NDArray[np.uint8]], scene: Allocation) -> list[NDArray[np.uint8]]:
        embedder, out = Embedder(PAYLOAD, key=KEY, size=SHAPE), [frame.copy() for frame in frames]
        for frame in out:
            embedder.mark(frame, scene)
        return out

    first, *others = marked([title, *film], scene)
    assert all(map(np.array_equal, others, marked(film, scene)))
    assert scene.drawn is not None
    assert np.array_equal(first, marked([title], scene.drawn)[0])


def test_what_a_coder_has_emptied_hardly_counts() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(256, 512)).astype(np.float32)
    noise[:, :256] *= 0.3
    noise[:, 256:] *= 4
    finest = details_of(128 + noise)[0]
    middle = finest.shape[2] // 2
    emptied, kept = np.square(finest[:, :, : middle - 8]).mean(), np.square(finest[:, :, middle + 8 :]).mean()
    assert emptied < 0.1 * kept


@pytest.mark.slow
def test_what_is_easy_to_code_gets_a_coarse_mark() -> None:
    """And is read, also where scenes of both kinds follow each other."""
    easy, hard = allocation(0.001, SHAPE), allocation(0.05, SHAPE)

    def mark_of(scene: Allocation) -> NDArray[np.float64]:
        plane = np.full(SHAPE, 128, np.uint8)
        Embedder(PAYLOAD, key=KEY, size=SHAPE, strength=4).mark(plane, replace(scene, drawn=None))
        return plane.astype(float) - 128

    def fine_share(plane: NDArray[np.float64]) -> float:
        return float(np.square(np.diff(plane, axis=1)).mean() / np.square(plane).mean())

    assert fine_share(mark_of(easy)) < 0.7 * fine_share(mark_of(hard))
    frames = list(pan(SHAPE, 48))
    embedder = Embedder(PAYLOAD, key=KEY, size=SHAPE)
    for number, frame in enumerate(frames):
        embedder.mark(frame, easy if number < 24 else hard)
    assert read(frames).payload == PAYLOAD
    assert read(frames[:24]).payload == PAYLOAD


@pytest.mark.parametrize("full_range", [False, True])
def test_no_gain_makes_it_visible(full_range: bool) -> None:
    rng = np.random.default_rng(0)
    frame = rng.integers(40, 200, SHAPE, np.uint8)
    changed = frame.copy()
    Embedder(PAYLOAD, key=KEY, size=SHAPE, full_range=full_range).mark(changed, Allocation(5.0, USUAL.shares))
    assert 44.0 <= psnr(frame, changed, data_range=255) < 45.0


def test_ten_bits_are_marked_in_finer_steps() -> None:
    frames = [f.astype(np.uint16) * 4 for f in pan(SHAPE, 6)]
    embedder = Embedder(PAYLOAD, key=KEY, size=SHAPE, depth=10)
    before = [f.copy() for f in frames]
    for frame in frames:
        embedder.mark(frame)
    change = frames[0].astype(int) - before[0]
    assert set(np.unique(np.abs(change) % 4)) == {0, 1, 2, 3}
    assert read(frames, depth=10).payload == PAYLOAD


def test_marking_is_deterministic_and_follows_the_view() -> None:
    """A plane that is stored turned or padded gets the same mark as a plain one."""
    plain = list(marked(pan(SHAPE, 2)))
    turned = [np.rot90(np.ascontiguousarray(np.rot90(f, -1))) for f in pan(SHAPE, 2)]
    padded = [np.pad(f, ((0, 0), (0, 32)))[:, : SHAPE[1]] for f in pan(SHAPE, 2)]
    for views in (turned, padded):
        for expected, found in zip(plain, marked(views), strict=True):
            np.testing.assert_array_equal(found, expected)


def test_strength_0_is_the_identity_and_codes_saturate() -> None:
    frame = next(pan(SHAPE, 1))
    still = frame.copy()
    Embedder(PAYLOAD, key=KEY, size=SHAPE, strength=0).mark(still)
    np.testing.assert_array_equal(still, frame)
    for code in (0, 255):
        flat = np.full(SHAPE, code, np.uint8)
        Embedder(PAYLOAD, key=KEY, size=SHAPE, strength=4).mark(flat)
        assert np.abs(flat.astype(int) - code).max() < 60


def test_bad_requests_are_refused() -> None:
    with pytest.raises(PayloadError):
        Embedder(b"short", key=KEY, size=SHAPE)
    with pytest.raises(HostError):
        Embedder(PAYLOAD, key=KEY, size=(100, 400))
    with pytest.raises(ValueError, match="strength"):
        Embedder(PAYLOAD, key=KEY, size=SHAPE, strength=-1)
    with pytest.raises(ValueError, match="depth"):
        Embedder(PAYLOAD, key=KEY, size=SHAPE, depth=7)
    with pytest.raises(ValueError, match="frames of"):
        Embedder(PAYLOAD, key=KEY, size=SHAPE).mark(np.zeros((10, 10), np.uint8))
    with pytest.raises(ValueError, match="key"):
        Detector([])
