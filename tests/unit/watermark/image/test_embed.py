"""Putting the mark in: fidelity, what is kept, what is refused."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from stamp.core.errors import HostError, PayloadError
from stamp.core.key import Key
from stamp.watermark.common.coding import encode
from stamp.watermark.common.frame import frame
from stamp.watermark.common.quality import psnr, ssim
from stamp.watermark.image.carrier import IMAGE, PILOT, carriers, variant_of
from stamp.watermark.image.detect import detect
from stamp.watermark.image.embed import embed
from stamp.watermark.image.grid import STANDARD
from stamp.watermark.image.luma import luma_plane
from stamp.watermark.image.observation import observe_plane
from tests.media.pixels import gray, photo

KEY, OTHER = Key(bytes(range(32)), "tests"), Key(bytes(range(1, 33)), "other")
PAYLOAD = bytes.fromhex("00ff12345678abcd")
SMALL = photo(256, 384)


def put(image: NDArray[np.generic], **options: object) -> NDArray[np.generic]:
    return embed(image, PAYLOAD, key=KEY, **options)  # type: ignore[arg-type]


def read(image: NDArray[np.generic], **options: object) -> bytes | None:
    return detect(image, key=KEY, **options).payload  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fidelity(seed: int) -> None:
    host = photo(512, 768, seed)
    marked = put(host)
    assert psnr(host, marked, data_range=255) >= 44
    planes = [luma_plane(image, None, STANDARD.area) for image in (host, marked)]
    assert ssim(*planes, data_range=255) >= 0.98
    assert np.abs(marked.astype(int) - host).max() <= 24


def test_every_colour_gets_the_same() -> None:
    host = np.clip(SMALL, 40, 215)
    delta = put(host).astype(int) - host
    assert np.array_equal(delta[:, :, 0], delta[:, :, 1])
    assert np.array_equal(delta[:, :, 0], delta[:, :, 2])
    assert delta.any()


def test_brightness_is_kept() -> None:
    assert abs(float(put(SMALL).mean()) - float(SMALL.mean())) < 0.1


def test_each_sub_band_carries_the_code_word() -> None:
    """Host-free, so that what is measured is the mark: a sub-band in the wrong place would not correlate."""
    host = photo(512, 768, 4)
    delta = luma_plane(put(host), None, STANDARD.area) - luma_plane(host, None, STANDARD.area)
    observed = observe_plane(delta, carriers(KEY).of(variant_of(PAYLOAD, KEY)))
    code = 1.0 - 2.0 * encode(frame(PAYLOAD, KEY, IMAGE.scheme, IMAGE.frame_bits))
    z = observed.soft[:, :PILOT] @ code / np.sqrt((observed.soft[:, :PILOT] ** 2).sum(1))
    assert z.min() > 6
    foreign = observe_plane(delta, carriers(OTHER)).soft[:, :PILOT]
    assert np.abs(foreign @ code / np.sqrt((foreign**2).sum(1))).max() < 5


@pytest.mark.parametrize("scale", [0.0, -0.0, 0])
def test_strength_nought_is_the_identity(scale: float) -> None:
    for host in (SMALL, SMALL[:, :, 0], SMALL.astype(np.uint16) * 200, photo(40, 30)):
        marked = put(host, strength=scale)
        assert np.array_equal(marked, host)
        assert not np.shares_memory(marked, host)
    assert np.array_equal(put(SMALL / 255, strength=scale, data_range=1.0), SMALL / 255)


@pytest.mark.slow
def test_amplitude_is_proportional_to_strength() -> None:
    host = photo(512, 768, 5) / 255
    db = [psnr(host, put(host, strength=s, data_range=1.0), data_range=1.0) for s in (0.7, 1.4, 2.8)]
    assert np.diff(db).tolist() == pytest.approx([-6.02, -6.02], abs=0.5)


@pytest.mark.slow
def test_a_stronger_mark_scores_higher() -> None:
    scores = [detect(put(SMALL, strength=s), key=KEY).score for s in (0.8, 1.5, 3)]
    assert scores == sorted(scores)


@pytest.mark.parametrize("strength", [-1, -1e-9, float("nan"), float("inf"), float("-inf")])
def test_strength_is_a_number_from_nought(strength: float) -> None:
    with pytest.raises(ValueError, match="strength"):
        put(SMALL, strength=strength)


def test_a_strength_too_low_to_be_read_says_so() -> None:
    with pytest.raises(HostError, match="strength"):
        put(SMALL, strength=0.01)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [0, 3, 4])
def test_the_input_is_left_alone_and_the_bytes_are_the_same_each_time(channels: int, dtype: type) -> None:
    host = np.dstack([SMALL, np.full((256, 384), 200, np.uint8)])[:, :, : channels or 1]
    host = (host if channels else host[:, :, 0]).astype(dtype) * dtype(1 if dtype is np.uint8 else 257)
    before = host.copy()
    first, second = put(host), put(host)
    assert np.array_equal(host, before)
    assert first.tobytes() == second.tobytes()
    assert (first.shape, first.dtype) == (host.shape, host.dtype)
    assert not np.shares_memory(first, host)
    first[:] = 0  # the result is the caller's own


@pytest.mark.slow
def test_the_name_of_the_key_changes_nothing_its_secret_and_the_payload_do() -> None:
    reference = put(SMALL)
    assert np.array_equal(embed(SMALL, PAYLOAD, key=Key(KEY.secret, "renamed")), reference)
    assert np.array_equal(embed(SMALL, bytearray(PAYLOAD), key=KEY), reference)
    assert not np.array_equal(embed(SMALL, PAYLOAD, key=OTHER), reference)
    assert not np.array_equal(embed(SMALL, PAYLOAD[::-1], key=KEY), reference)
    assert np.array_equal(put(SMALL, verify=False), reference)


LAYOUTS = {
    "reversed": SMALL[::-1, ::-1],
    "colours reversed": SMALL[:, :, ::-1],
    "transposed": SMALL.transpose(1, 0, 2),
    "Fortran order": np.asfortranarray(SMALL),
    "every second": np.repeat(np.repeat(SMALL, 2, 0), 2, 1)[::2, ::2],
    "one channel of three": SMALL[:, :, 1],
    "three of four": np.dstack([SMALL, SMALL[:, :, 0]])[:, :, :3],
    "broadcast": np.broadcast_to(SMALL[:, :, :1], SMALL.shape),
}


@pytest.mark.parametrize("view", LAYOUTS.values(), ids=LAYOUTS)
def test_memory_layout_does_not_matter(view: NDArray[np.uint8]) -> None:
    plain = np.array(view, order="C")
    marked = put(view)
    assert np.array_equal(marked, put(plain))
    assert np.array_equal(view, plain)
    assert read(np.ascontiguousarray(marked)[:, ::1]) == PAYLOAD


def test_read_only_arrays() -> None:
    frozen = SMALL.copy()
    frozen.flags.writeable = False
    marked = put(frozen)
    assert np.array_equal(marked, put(SMALL))
    marked.flags.writeable = False
    assert read(marked) == PAYLOAD


def test_alpha_is_kept_and_hidden_colours_are_untouched() -> None:
    alpha = np.full((256, 384), 255, np.uint8)
    alpha[:100, :120], alpha[100:140] = 0, 90
    host = np.dstack([SMALL, alpha])
    marked = put(host)
    assert np.array_equal(marked[:, :, 3], alpha)
    assert np.array_equal(marked[alpha == 0], host[alpha == 0])
    assert (marked[alpha == 90] != host[alpha == 90]).any()
    assert read(marked) == PAYLOAD


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_floats_keep_their_type_and_range(dtype: type) -> None:
    host = (SMALL / 255).astype(dtype)
    marked = put(host, data_range=1.0)
    assert marked.dtype == dtype
    assert marked.min() >= 0
    assert marked.max() <= 1
    assert psnr(host, marked, data_range=1.0) >= 44
    assert read(marked, data_range=1.0) == PAYLOAD


def test_ten_bits_in_sixteen() -> None:
    host = (SMALL.astype(np.uint16) * 4 + 3).astype(np.uint16)
    marked = put(host, data_range=1023)
    assert marked.max() <= 1023
    assert psnr(host, marked, data_range=1023) >= 44
    assert read(marked, data_range=1023) == PAYLOAD


@pytest.mark.parametrize(("dtype", "scale"), [(np.uint16, 257), (np.float32, 1 / 255)])
def test_the_order_of_bytes_does_not_matter(dtype: type, scale: float) -> None:
    """Readers of TIFF hand arrays out as they lie in the file."""
    host = (SMALL.astype(float) * scale).astype(dtype)
    other = host.astype(host.dtype.newbyteorder())
    data_range = 1.0 if dtype == np.float32 else None
    marked = put(other, data_range=data_range)
    assert marked.dtype == other.dtype
    assert np.array_equal(marked, put(host, data_range=data_range))
    assert read(marked, data_range=data_range) == PAYLOAD


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(512, 768), (201, 700)])
def test_depths_carry_the_same_mark(shape: tuple[int, int]) -> None:
    host = photo(*shape, seed=6)
    deep = put(host.astype(np.uint16) * 257) / 257
    assert np.abs(put(host) - deep).max() < 0.51
    assert np.abs(put(host / 255, data_range=1.0) * 255 - deep).max() < 0.01


@pytest.mark.parametrize("payload", [PAYLOAD.hex(), PAYLOAD[1:], PAYLOAD + b"\0", None, 7])
def test_payloads_are_eight_bytes(payload: object) -> None:
    with pytest.raises(PayloadError):
        embed(SMALL, payload, key=KEY)  # type: ignore[arg-type]


def test_payloads_at_the_ends() -> None:
    for payload in (bytes(8), b"\xff" * 8):
        assert read(embed(SMALL, payload, key=KEY)) == payload


@pytest.mark.parametrize("shape", [(127, 500), (500, 127), (1, 1), (90, 90)])
def test_too_small_names_both_sizes(shape: tuple[int, int]) -> None:
    with pytest.raises(HostError, match="128") as error:
        put(np.arange(shape[0] * shape[1]).reshape(shape).astype(np.uint8))
    assert f"{shape[1]} x {shape[0]}" in str(error.value)


def test_the_smallest_that_is_promised() -> None:
    assert read(put(photo(128, 128))) == PAYLOAD


FLAT = np.full((300, 400, 3), 128, np.uint8)
CLIPPED = np.where(np.add.outer(np.arange(300), np.arange(400)) > 330, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(
    ("host", "reason"),
    [
        (FLAT, "is flat"),
        (FLAT * 0, "is flat"),
        (FLAT[:, :, 0] | 255, "is flat"),
        (np.where(np.eye(400)[:300, :, None] > 0, np.uint8(120), FLAT), "is flat"),
        (CLIPPED, "is clipped"),
        (np.repeat(CLIPPED[:, :, None], 3, 2), "is clipped"),
        (np.dstack([SMALL, np.zeros((256, 384), np.uint8)]), "transparent"),
    ],
    ids=["gray", "black", "white", "a thin line", "black and white", "the same in colour", "transparent"],
)
def test_hosts_that_cannot_carry_a_mark_are_refused_with_the_reason(
    host: NDArray[np.uint8], reason: str
) -> None:
    with pytest.raises(HostError, match=reason):
        put(host)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_values_that_are_no_numbers_are_refused(bad: float, strength: float) -> None:
    host = SMALL / 255
    host[17, 23, 1] = bad
    with pytest.raises(HostError, match=r"(?i)nan|inf|finite"):
        put(host, data_range=1.0, strength=strength)


@pytest.mark.parametrize("shape", [(128, 1000), (130, 2000), (2600, 130)])
def test_long_strips_are_marked(shape: tuple[int, int]) -> None:
    assert read(put(gray(*shape))) == PAYLOAD


@pytest.mark.slow
def test_the_embedder_never_claims_a_mark_that_cannot_be_read() -> None:
    """Hosts between hopeless and easy: a mark that is read, or a refusal."""
    random = np.random.default_rng(3)
    ramp = np.broadcast_to(np.linspace(0, 255, 400), (300, 400))
    for host in (
        random.integers(0, 256, (300, 400)),
        ramp,
        np.where(random.random((300, 400)) < 0.9, 255, ramp),
        ramp // 64 * 64,
        np.where(gray(300, 400) > 110, 255, 0),
        128 + random.integers(-2, 3, (300, 400)),
    ):
        picture = host.astype(np.uint8)
        try:
            marked = put(picture)
        except HostError:
            continue
        assert read(marked) == PAYLOAD


@pytest.mark.slow
def test_threads_and_processes_give_the_same_bytes() -> None:
    hosts = [photo(256, 384, seed) for seed in range(4)]
    task = partial(embed, payload=PAYLOAD, key=KEY)
    reference = [task(host).tobytes() for host in hosts]
    with ThreadPoolExecutor(2) as threads:
        assert [m.tobytes() for m in threads.map(task, hosts)] == reference
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes:
        assert [m.tobytes() for m in processes.map(task, hosts)] == reference


@pytest.mark.parametrize("number", range(6))
def test_a_second_mark_of_the_same_key_takes_the_place_of_the_first(number: int) -> None:
    first, second = bytes([number] * 8), bytes([255 - number] * 8)
    once = embed(SMALL, first, key=KEY)
    assert detect(embed(once, second, key=KEY), key=KEY, search=False).payload == second
    over = embed(once, second, key=KEY, former=first, verify=False)
    assert detect(over, key=KEY, search=False).payload == second
    assert (
        psnr(SMALL, over, data_range=255) > psnr(SMALL, once, data_range=255) - 1.5
    )  # the first was taken off, not marked over
