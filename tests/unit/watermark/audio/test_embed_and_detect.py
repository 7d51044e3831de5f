from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.errors import HostError, PayloadError
from stamp.core.key import Key
from stamp.watermark.audio import Detector, Embedder, detect, embed
from stamp.watermark.audio.bands import BANDS, CHUNK, LOW_BANDS, layout
from stamp.watermark.audio.carrier import DETECTION, FRAME, FRAMES, PERIOD, PILOT, carriers, start_slot
from stamp.watermark.audio.certainty import threshold_after
from stamp.watermark.audio.chunks import Chunks
from stamp.watermark.common import null_law
from stamp.watermark.common.coding import CODED_BITS
from tests.media.samples import Samples, music, played_faster

KEY = Key(bytes(range(32)), "test")
OTHER = Key(bytes(32), "other")
PAYLOAD = bytes.fromhex("0123456789abcdef")
RATE = 44100


@pytest.fixture(scope="module")
def host() -> Samples:
    return music(24)


@pytest.fixture(scope="module")
def marked(host: Samples) -> Samples:
    return embed(host, PAYLOAD, key=KEY, sample_rate=RATE)


# --- the pieces


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000, 192000])
def test_the_bands_add_up_to_the_whole(rate: int) -> None:
    bands = layout(rate)
    total = np.zeros(CHUNK * rate // 2 + 1)
    for band in bands:
        total[band.bins] += band.window.astype(float) ** 2
    inside = slice(int(620 * CHUNK), int(min(10000, 0.45 * rate) * CHUNK))
    assert np.abs(total[inside] - 1).max() < 1e-6


def test_bands_end_below_half_the_sample_rate() -> None:
    assert len(layout(44100)) == BANDS
    assert len(layout(8000)) < BANDS
    top = layout(8000)[-1]
    assert (top.first + len(top.window) - 1) / CHUNK < 4000


def test_every_frame_carries_every_bit_two_or_three_times() -> None:
    index = carriers(KEY).index.reshape(FRAMES, FRAME, BANDS)
    for frame in index[::9]:
        tiles = np.concatenate([frame[::2, :LOW_BANDS].ravel(), frame[:, LOW_BANDS:].ravel()])
        counts = np.bincount(tiles, minlength=DETECTION + 1)
        assert set(counts[:CODED_BITS]) == {2, 3}
        assert counts[PILOT] == 183
        assert counts[DETECTION] == 100


def test_long_tiles_span_two_slots() -> None:
    c = carriers(KEY)
    for table in (c.index, c.sign):
        assert (table[::2, :LOW_BANDS] == table[1::2, :LOW_BANDS]).all()
        assert (table[::2, LOW_BANDS:] != table[1::2, LOW_BANDS:]).any()


def test_the_pattern_varies_from_frame_to_frame_and_from_payload_to_payload() -> None:
    c = carriers(KEY)
    signs = c.sign.reshape(FRAMES, -1)
    correlation = signs @ signs.T / signs.shape[1]
    assert np.abs(correlation - np.eye(FRAMES)).max() < 0.15
    starts = {start_slot(bytes([i]) * 8, KEY) for i in range(40)}
    assert len(starts) > 30
    assert all(0 <= s < PERIOD and s % 2 == 0 for s in starts)


# --- embedding


@pytest.mark.slow
def test_what_was_marked_is_read(marked: Samples) -> None:
    found = detect(marked, key=KEY, sample_rate=RATE)
    assert found.present
    assert found.payload == PAYLOAD
    assert found.score >= found.threshold == threshold_after(1)
    assert found.log10_p < -20
    assert (found.tempo, found.pitch) == (1.0, 1.0)
    assert found.scheme == "stamp.audio.1"
    assert found.key_name == "test"


def test_length_and_alignment_stay(host: Samples, marked: Samples) -> None:
    assert marked.shape == host.shape
    assert marked.dtype == np.float32
    assert 18 < 10 * np.log10((host**2).sum() / ((marked - host) ** 2).sum()) < 45


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(
    st.lists(st.integers(0, 9 * 8000), max_size=6),
    st.integers(1, 2),
    st.integers(1, 40 * 8000),
)
def test_the_way_the_stream_is_cut_does_not_matter(cuts: list[int], channels: int, length: int) -> None:
    sound = music(40, 8000, channels)[:length]
    whole = embed(sound, PAYLOAD, key=KEY, sample_rate=8000)
    embedder = Embedder(PAYLOAD, key=KEY, sample_rate=8000, channels=channels)
    detector = Detector(KEY, sample_rate=8000, channels=channels, search=False)
    parts, at = [], 0
    for cut in [*cuts, len(sound)]:
        parts.append(embedder.push(sound[at : at + cut]))
        detector.push(sound[at : at + cut])
        at += cut
    parts.append(embedder.flush())
    assert np.array_equal(np.concatenate(parts), whole)
    assert detector.result() == detect(sound, key=KEY, sample_rate=8000, search=False)


def test_a_chunk_in_use_is_the_only_whole_one() -> None:
    """One of 8 channels at 192 kHz takes 98 MB, and is in use for as long as its sound is written."""
    chunks = Chunks(16_000, 8)
    piece = np.zeros((10_000, 8), np.float32)  # the chunks end within one
    tracemalloc.start()
    try:
        seen = 0
        for _ in range(60):
            for chunk in [chunk for chunk, _ in chunks.push(piece)]:
                assert tracemalloc.get_traced_memory()[0] < 1.25 * chunk.nbytes
                seen += 1
        assert seen == 2
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_chunks_join_without_a_step() -> None:
    """The mark's own steps at a seam are no larger than elsewhere."""
    sound = music(32, 16000, 1)
    mark = (embed(sound, PAYLOAD, key=KEY, sample_rate=16000) - sound)[:, 0]
    steps = np.abs(np.diff(mark))
    for seam in (14 * 16000, 28 * 16000):
        assert steps[seam - 1] <= 1.5 * steps[seam - 400 : seam + 400].max()
        assert steps[seam - 1] <= steps[seam - 8000 : seam + 8000].max()


@pytest.mark.slow
def test_all_channels_get_the_same_gains() -> None:
    mono = music(16, 16000, 1)
    several = np.repeat(mono, 3, axis=1) * np.array([1, 0.5, 0.25], np.float32)
    out = embed(several, PAYLOAD, key=KEY, sample_rate=16000)
    assert np.allclose(out[:, 0] * 0.5, out[:, 1], atol=1e-6)
    assert np.allclose(out[:, 0] * 0.25, out[:, 2], atol=1e-6)


def test_one_dimension_stays_one_dimension() -> None:
    sound = music(12, 16000, 1)[:, 0]
    out = embed(sound, PAYLOAD, key=KEY, sample_rate=16000)
    assert out.shape == sound.shape
    assert detect(out, key=KEY, sample_rate=16000).payload == PAYLOAD


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(host: Samples, marked: Samples) -> None:
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(embed, host, PAYLOAD, key=KEY, sample_rate=RATE) for _ in range(2)]
        jobs += [pool.submit(embed, host, PAYLOAD[::-1], key=OTHER, sample_rate=RATE)]
    assert jobs[0].result().tobytes() == jobs[1].result().tobytes() == marked.tobytes()
    assert detect(jobs[2].result(), key=OTHER, sample_rate=RATE).payload == PAYLOAD[::-1]


@pytest.mark.slow
def test_full_scale_is_not_exceeded() -> None:
    loud = np.clip(3 * music(16, 16000, 1), -1, 1)
    assert np.abs(embed(loud, PAYLOAD, key=KEY, sample_rate=16000)).max() <= 1


def test_strength_scales_the_mark(host: Samples, marked: Samples) -> None:
    gentle = embed(host, PAYLOAD, key=KEY, sample_rate=RATE, strength=0.5)
    ratio = ((gentle - host) ** 2).sum() / ((marked - host) ** 2).sum()
    assert 0.2 < ratio < 0.3


# --- where nothing can be hidden, nothing is


def share(sound: Samples, rate: int) -> tuple[float, Samples]:
    embedder = Embedder(PAYLOAD, key=KEY, sample_rate=rate, channels=sound.shape[1])
    out = np.concatenate([embedder.push(sound), embedder.flush()])
    return embedder.marked_share, out


def test_silence_stays_silent() -> None:
    silence = np.zeros((20 * 8000, 2), np.float32)
    marked_share, out = share(silence, 8000)
    assert marked_share == 0
    assert not out.any()


def test_a_lone_tone_is_left_alone() -> None:
    t = np.arange(20 * 16000) / 16000
    tone = (0.3 * np.sin(2 * np.pi * 1000 * t))[:, None].astype(np.float32)
    marked_share, out = share(tone, 16000)
    middle = slice(16000, -16000)
    assert marked_share < 0.2
    assert 10 * np.log10((tone[middle] ** 2).sum() / ((out - tone)[middle] ** 2).sum()) > 45


def test_nothing_rings_before_a_click() -> None:
    clicks = np.zeros((16 * 16000, 1), np.float32)
    rng = np.random.default_rng(3)
    for at in range(8000, len(clicks) - 8000, 6000):
        clicks[at : at + 300, 0] = 0.5 * rng.standard_normal(300) * np.exp(-np.arange(300) / 60)
    _, out = share(clicks, 16000)
    difference = out - clicks
    for at in range(38000, len(clicks) - 8000, 6000):
        before = (difference[at - 800 : at - 160] ** 2).mean()
        assert before < 1e-5 * (clicks[at : at + 300] ** 2).mean()


@pytest.mark.slow
def test_music_is_marked_throughout(host: Samples) -> None:
    whole, _ = share(host[: 16 * RATE], RATE)
    half, _ = share(np.concatenate([host, np.zeros_like(host)]), RATE)
    assert whole > 0.9
    assert half == pytest.approx(0.5, abs=0.05)


# --- detecting


@pytest.mark.slow
def test_unmarked_sound_and_other_keys_are_not_detected(host: Samples, marked: Samples) -> None:
    for sound, key in ((host, KEY), (marked, OTHER)):
        found = detect(sound, key=key, sample_rate=RATE)
        assert not found.present
        assert found.payload is None
        assert found.tempo is found.pitch is found.bits_corrected is None
        assert found.spans == ()
        assert found.threshold == null_law.THRESHOLD_ALONE


def test_several_keys_share_one_detector(marked: Samples) -> None:
    detector = Detector(OTHER, KEY, sample_rate=RATE, channels=2, search=False)
    detector.push(marked[: 12 * RATE])
    other, own = detector.results()
    assert (other.payload, other.key_name) == (None, "other")
    assert (own.payload, own.key_name) == (PAYLOAD, "test")


@pytest.mark.parametrize("seconds", [0, 0.01, 0.5, 0.9])
def test_too_short_is_not_detected(marked: Samples, seconds: float) -> None:
    found = detect(marked[: int(seconds * RATE)], key=KEY, sample_rate=RATE)
    assert found.payload is None
    assert not found.present


@pytest.mark.parametrize("first", [123457, 400001])
def test_a_clip_is_read(marked: Samples, first: int) -> None:
    clip = marked[first : first + 10 * RATE]
    assert detect(clip, key=KEY, sample_rate=RATE).payload == PAYLOAD


@pytest.mark.slow
@pytest.mark.parametrize("factor", [0.93, 1.05])
def test_another_speed_is_found_and_told(marked: Samples, factor: float) -> None:
    found = detect(played_faster(marked, factor), key=KEY, sample_rate=RATE)
    assert found.payload == PAYLOAD
    assert found.tempo == pytest.approx(factor, rel=2e-3)
    assert found.pitch == pytest.approx(factor, rel=2e-2)


def test_without_search_another_speed_is_not_found(marked: Samples) -> None:
    assert detect(played_faster(marked, 1.05), key=KEY, sample_rate=RATE, search=False).payload is None


def test_a_downmix_at_another_rate_is_read(marked: Samples) -> None:
    mono = marked.mean(1)
    halved = 0.5 * (mono[: len(mono) // 2 * 2 : 2] + mono[1::2])
    assert detect(halved, key=KEY, sample_rate=RATE // 2).payload == PAYLOAD


def test_noise_is_survived(marked: Samples) -> None:
    noise = np.random.default_rng(7).standard_normal(marked.shape).astype(np.float32)
    noisy = marked + noise * np.float32(0.1 * np.sqrt((marked**2).mean()))
    assert detect(noisy, key=KEY, sample_rate=RATE).payload == PAYLOAD


@pytest.mark.slow
def test_spans_tell_where_the_mark_is(host: Samples, marked: Samples) -> None:
    found = detect(np.concatenate([host[: 10 * RATE], marked[: 14 * RATE]]), key=KEY, sample_rate=RATE)
    assert found.payload == PAYLOAD
    assert len(found.spans) == 1
    start, end = found.spans[0]
    assert start == pytest.approx(10, abs=3.5)
    assert end == pytest.approx(24, abs=3.5)


@pytest.mark.slow
def test_a_long_file_is_read_in_windows() -> None:
    sound = music(140, 8000, 1)
    marked = embed(sound, PAYLOAD, key=KEY, sample_rate=8000)
    found = detect(marked, key=KEY, sample_rate=8000)
    assert found.payload == PAYLOAD
    assert found.spans[0][0] == 0
    assert found.spans[-1][1] == pytest.approx(140, abs=0.1)


def test_the_first_decodings_are_asked_for_less_and_all_together_for_little() -> None:
    thresholds = [threshold_after(n) for n in range(1, 3000)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < 1.5
    total = sum(10 ** null_law.log10_p_statistic(z) for z in thresholds) * 2.0**-32
    assert total + 10 ** null_law.log10_p_statistic(null_law.THRESHOLD_ALONE, null_law.MAX_POSITIONS) < 1e-9


# --- what is refused


@pytest.mark.parametrize("rate", [0, 7999, 192001])
def test_sample_rates_out_of_range(rate: int) -> None:
    with pytest.raises(HostError, match="sample rates from 8000 to 192000"):
        embed(np.zeros((100, 1), np.float32), PAYLOAD, key=KEY, sample_rate=rate)


def test_bad_samples() -> None:
    with pytest.raises(HostError, match="shape"):
        embed(np.zeros((2, 2, 2), np.float32), PAYLOAD, key=KEY, sample_rate=8000)
    with pytest.raises(HostError, match="shape"):
        detect(np.zeros((2, 2, 2), np.float32), key=KEY, sample_rate=8000)
    with pytest.raises(HostError, match="shape"):
        Embedder(PAYLOAD, key=KEY, sample_rate=8000, channels=2).push(np.zeros((5, 1), np.float32))
    with pytest.raises(HostError, match="one channel or more"):
        Embedder(PAYLOAD, key=KEY, sample_rate=8000, channels=0)
    with pytest.raises(HostError, match="not finite"):
        embed(np.full((5, 1), np.nan, np.float32), PAYLOAD, key=KEY, sample_rate=8000)


def test_bad_payload_and_strength() -> None:
    with pytest.raises(PayloadError):
        Embedder(b"short", key=KEY, sample_rate=8000, channels=1)
    for strength in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="strength"):
            Embedder(PAYLOAD, key=KEY, sample_rate=8000, channels=1, strength=strength)
