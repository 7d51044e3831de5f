"""Songs of any rate, layout and format come back with their length, their alignment and what was changed."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stamp.media.audio import pcm
from stamp.media.audio.encode import regular
from stamp.media.audio.opening import open_song
from tests.media import audio_files
from tests.media.samples import chord

RATES = [8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000]
LOSSY_RATES = {"mp3": RATES[:6], "m4a-aac": RATES[:7], "ogg-opus": [48_000], "ogg-vorbis": RATES}
# What a codec loses of a chord at twice 128 kbit/s is at least so far below it.
LOSS_DB = 14


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    kind=st.sampled_from(audio_files.LOSSLESS),
    rate=st.sampled_from(RATES),
    channels=st.sampled_from([1, 2, 6]),
    frames=st.integers(1, 9000),
    cut=st.integers(1, 5000),
)
@example(kind="flac-24", rate=192_000, channels=6, frames=40_001, cut=7)
@example(kind="wav-32", rate=44_100, channels=2, frames=1, cut=1)
def test_lossless(kind: str, rate: int, channels: int, frames: int, cut: int) -> None:
    """Every sample is what was asked for, to half a step; those that were left alone have all their bits."""
    with tempfile.TemporaryDirectory() as folder:
        path = audio_files.write(Path(folder, "in"), chord(rate, channels, frames), rate, kind)
        song = open_song(path)
        assert (song.rate, song.channels) == (rate, channels)
        if kind == "aiff-8" and channels * frames % 2:
            frames += 1  # libsndfile takes its padding byte for a sample
        assert song.frames in (frames, None)
        host = np.concatenate(list(song.blocks()))
        wanted = host.copy()
        wanted[frames // 2 :] *= np.float32(0.97)
        target = Path(folder, f"out{path.suffix}")
        assert song.write(target, regular([wanted], cut)) == []
        before, after = audio_files.read(path)[0], audio_files.read(target)[0]
        assert audio_files.read(target)[1] == rate
        bits = {"8": 8, "u8": 8, "16": 16, "24": 24}.get(kind.split("-")[-1], 24)
        assert after.shape == before.shape == host.shape
        np.testing.assert_array_equal(after[: frames // 2], before[: frames // 2])
        assert np.abs(after - wanted).max() <= 0.5001 * 2.0 ** (1 - bits)


@pytest.mark.slow
@settings(max_examples=12, deadline=None)
@given(
    data=st.data(),
    kind=st.sampled_from(audio_files.LOSSY),
    channels=st.sampled_from([1, 2, 6]),
    frames=st.integers(5_000, 30_000),
)
@example(data=None, kind="ogg-vorbis", channels=6, frames=20_001)
@example(data=192_000, kind="ogg-vorbis", channels=1, frames=5_000)
@example(data=None, kind="ogg-opus", channels=6, frames=20_001)
@example(data=None, kind="m4a-aac", channels=6, frames=20_001)
def test_lossy(data: st.DataObject | int | None, kind: str, channels: int, frames: int) -> None:
    """Not a sample longer or shorter, not shifted, each channel in its place."""
    channels = min(channels, 2) if kind == "mp3" else channels
    rate = data or 48_000
    if not isinstance(rate, int):
        rate = rate.draw(st.sampled_from(LOSSY_RATES[kind]))
    with tempfile.TemporaryDirectory() as folder:
        path = audio_files.write(Path(folder, "in"), chord(rate, channels, frames), rate, kind)
        song = open_song(path)
        assert (song.rate, song.channels) == (rate, channels)
        host = np.concatenate(list(song.blocks()))
        # FFmpeg's muxer tells too little padding in some MP3 files.
        assert len(host) == frames or (kind == "mp3" and frames < len(host) < frames + 48)
        target = Path(folder, f"out{path.suffix}")
        (note,) = song.write(target, [host])
        assert "kbit/s" in note
        again = np.concatenate(list(open_song(target).blocks()))
        assert again.shape == host.shape
        repeated = target.with_stem("again")
        song.write(repeated, regular([host], 777))
        assert repeated.read_bytes() == target.read_bytes()
        judged = audio_files.read(target)[0][: len(host)]
        np.testing.assert_allclose(judged, again, atol=2e-3)
        voices = [channel for channel in range(channels) if channel != 3]  # codecs cut the sub-woofer
        loss = np.sum((again - host)[:, voices] ** 2, axis=0) / np.sum(host[:, voices] ** 2, axis=0)
        assert 10 * np.log10(loss.max()) < -LOSS_DB


@given(
    kind=st.sampled_from(["u", "i", "f"]),
    width=st.sampled_from([1, 2, 3, 4, 8]),
    order=st.sampled_from(["<", ">"]),
    channels=st.integers(1, 3),
    data=st.binary(min_size=48, max_size=48),
)
def test_packing_is_the_inverse_of_unpacking(
    kind: str, width: int, order: str, channels: int, data: bytes
) -> None:
    if width not in {"u": (1,), "i": (1, 2, 3, 4), "f": (4, 8)}[kind]:
        return
    layout = pcm.Layout(44_100, channels, 0, 48, kind, width, order, 8 * width)  # type: ignore[arg-type]
    whole = data[: 48 // layout.frame * layout.frame]
    assert pcm.pack(pcm.unpack(whole, layout), layout) == whole
