"""Sound as a stream: of many channels, at high rates, in any pieces, with little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import pytest

from stamp.core.errors import HostError
from stamp.core.key import Key
from stamp.watermark.audio import Detector, Embedder, detect, embed
from stamp.watermark.audio.bands import CHUNK, HOP
from stamp.watermark.audio.decimation import Decimator, factor
from tests.media.samples import Samples, music

KEY = Key(bytes(range(32)), "test")
PAYLOAD = bytes.fromhex("0123456789abcdef")


def pieces(sound: Samples, size: int) -> Iterator[Samples]:
    for start in range(0, len(sound), size):
        yield sound[start : start + size]


@pytest.mark.slow
@pytest.mark.parametrize("size", [4099, HOP * 96_000, CHUNK * 96_000 + 1])
def test_many_channels_at_a_high_rate_are_marked_alike_in_any_pieces(size: int) -> None:
    sound = np.repeat(music(16, 48_000, 5), 2, axis=0)
    embedder = Embedder(PAYLOAD, key=KEY, sample_rate=96_000, channels=5)
    detector = Detector(KEY, sample_rate=96_000, channels=5, search=False)
    parts = []
    for piece in pieces(sound, size):
        parts.append(embedder.push(piece))
        detector.push(parts[-1])
    parts.append(embedder.flush())
    detector.push(parts[-1])
    marked = np.concatenate(parts)
    assert np.array_equal(marked, embed(sound, PAYLOAD, key=KEY, sample_rate=96_000))
    found = detector.result()
    assert found.payload == PAYLOAD
    assert found == detect(marked, key=KEY, sample_rate=96_000, search=False)


@pytest.mark.slow
def test_what_was_returned_stays_as_it_is() -> None:
    sound = music(40, 8000, 3)
    before = sound.copy()
    embedder = Embedder(PAYLOAD, key=KEY, sample_rate=8000, channels=3)
    parts, copies = [], []
    for piece in [*pieces(sound, 5000), None]:
        parts.append(embedder.flush() if piece is None else embedder.push(piece))
        copies.append(parts[-1].copy())
    assert all(np.array_equal(part, copy) for part, copy in zip(parts, copies, strict=True))
    assert np.array_equal(sound, before)


@pytest.mark.slow
@pytest.mark.parametrize("tool", [partial(Embedder, PAYLOAD, key=KEY), partial(Detector, KEY)])
def test_a_chunk_is_not_copied(tool: Callable[..., Embedder | Detector]) -> None:
    """There are the transforms beside it, and a detector's spectra."""
    rate, channels = 96_000, 8
    chunk = 4 * CHUNK * rate * channels
    second = 0.1 * np.random.default_rng(1).standard_normal((rate, channels)).astype(np.float32)
    stream = tool(sample_rate=rate, channels=channels)
    tracemalloc.start()
    for _ in range(2 * CHUNK):
        stream.push(second)
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert highest < 1.9 * chunk


# --- a high rate is read at a lower one


@pytest.mark.parametrize(
    ("rate", "every"),
    [(8000, 1), (44_100, 1), (48_000, 1), (88_200, 2), (96_000, 2), (176_400, 4), (192_000, 4), (191_999, 1)],
)
def test_a_rate_is_lowered_by_a_whole_number_to_no_less_than_that_of_a_cd(rate: int, every: int) -> None:
    assert factor(rate) == every
    assert rate % every == 0


@pytest.mark.parametrize(("rate", "every"), [(88_200, 2), (192_000, 4)])
def test_what_the_detector_looks_at_is_not_changed(rate: int, every: int) -> None:
    """The spectrum to 12.8 kHz, of a tone there and of one that would be heard there without the low-pass."""
    seconds = np.arange(rate) / rate
    window = np.hanning(rate)
    for hertz, wanted in ((600, 1), (12_800, 1), (rate // every - 12_800, 0)):
        tone = (window * np.sin(2 * np.pi * hertz * seconds)).astype(np.float32)[:, None]
        decimator = Decimator(every, 1)
        lower = np.concatenate([decimator.push(tone), decimator.flush()])
        assert len(lower) == rate // every
        height = np.abs(np.fft.rfft(lower[:, 0]))[:12_801].max() / np.abs(np.fft.rfft(tone[:, 0])).max()
        assert height == pytest.approx(wanted, abs=2e-5)


@pytest.mark.parametrize("every", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_rate_is_lowered_alike_in_any_pieces(every: int, size: int) -> None:
    sound = np.random.default_rng(1).standard_normal((1000, 3)).astype(np.float32)
    whole, cut = Decimator(every, 3), Decimator(every, 3)
    found = np.concatenate([*(cut.push(piece) for piece in pieces(sound, size)), cut.flush()])
    assert np.array_equal(found, np.concatenate([whole.push(sound), whole.flush()]))
    assert len(found) == len(sound) // every


def test_wrong_samples_are_refused_at_high_rates_too() -> None:
    detector = Detector(KEY, sample_rate=192_000, channels=2)
    with pytest.raises(HostError, match="shape"):
        detector.push(np.zeros((10, 3), np.float32))
    with pytest.raises(HostError, match="finite"):
        detector.push(np.full((10, 2), np.inf, np.float32))
