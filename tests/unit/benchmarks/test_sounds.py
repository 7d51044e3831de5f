"""The benchmarks of sound: PEAQ orders what is worse, attacks do what they say, tables what was measured."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.common import critical_signals, peaq, sound_attacks
from benchmarks.common.sounds import RATE, coded, decoded, filtered, resampled
from benchmarks.robustness.audio import Outcome, markdown, summarise
from benchmarks.robustness.audio_peer import markdown as peer_markdown
from benchmarks.speed import audio_worker
from tests.media import audio_files
from tests.media.samples import Samples, music


@pytest.fixture(scope="module")
def song() -> Samples:
    return music(6)


@pytest.mark.slow
def test_the_grade_falls_with_the_noise(song: Samples) -> None:
    host = resampled(song, RATE, peaq.RATE)
    noise = np.random.default_rng(1).standard_normal(host.shape) * np.sqrt((host**2).mean())
    same, gentle, harsh = (peaq.odg(host, host + noise * level)[0] for level in (0, 0.01, 0.2))
    assert same > 0.1
    assert same > gentle > harsh
    assert harsh < -2


def test_silence_has_no_grade() -> None:
    with pytest.raises(ValueError, match="silence"):
        peaq.odg(np.zeros((48000, 1)), np.zeros((48000, 1)))


def test_speed_tempo_and_pitch_change_what_they_should() -> None:
    t = np.arange(4 * RATE) / RATE
    tone = np.stack([np.sin(2 * np.pi * 1000 * t)] * 2, 1).astype(np.float32)

    def frequency(x: Samples) -> float:
        middle = x[RATE : 2 * RATE, 0]
        return float(np.abs(np.fft.rfft(middle * np.hanning(RATE))).argmax())

    for change, length, pitch in (
        (sound_attacks.speed, 1 / 1.05, 1050),
        (sound_attacks.tempo, 1 / 1.05, 1000),
        (sound_attacks.pitch, 1, 1050),
    ):
        out = change(tone, 1.05)
        assert len(out) / len(tone) == pytest.approx(length, rel=0.02)
        assert frequency(out) == pytest.approx(pitch, abs=3)


@pytest.mark.slow
def test_codecs_and_filters_keep_the_song(song: Samples) -> None:
    for out in (coded(song, "aac", 128), coded(song, "libmp3lame", 128), coded(song, "libopus", 96)):
        n = min(len(out), len(song))
        assert abs(len(out) - len(song)) < RATE / 10
        assert 0.7 < np.std(out[:n]) / np.std(song[:n]) < 1.3
    assert filtered(song, ("volume", "-20dB")).std() == pytest.approx(song.std() / 10, rel=1e-3)


@pytest.mark.slow
def test_attacks_are_repeatable(song: Samples) -> None:
    for name in ("noise 20 dB", "10 s + reverb", "15 s + any tempo + any pitch", "voice 0 dB"):
        attack = sound_attacks.ATTACKS[name]
        assert np.array_equal(attack(song, 3), attack(song, 3))
        assert not np.array_equal(attack(song, 3), attack(song, 4))


def test_random_chains_end_in_a_codec() -> None:
    names = [sound_attacks.random_chain(np.random.default_rng(n)).name for n in range(20)]
    assert all(name.split()[-2] in ("MP3", "AAC", "Opus") for name in names)
    assert len(set(names)) > 15


@pytest.mark.slow
def test_critical_signals_fit_full_scale() -> None:
    for make in critical_signals.HOSTS.values():
        assert 0.01 < np.abs(make()).max() <= 1


def test_the_table_counts_what_was_read() -> None:
    outcomes = [
        Outcome("a", 0.1, 30.0, {"none": 9.0, "mono": None}, [], {"none": 0.1, "mono": 0.3}),
        Outcome("b", -0.1, 28.0, {"none": 5.0, "mono": 4.0}, ["mono"], {"none": 0.1, "mono": 0.1}),
    ]
    summary = summarise(outcomes)
    assert summary["attacks"]["mono"] == {
        "read": 1,
        "missed": ["a"],
        "lowest_score": 4.0,
        "cpu_seconds": 0.2,
    }
    assert summary["read_share"]["all"] == 0.75
    text = markdown({"summary": summary})
    assert "| mono | 1 | 4.0 | 0.2 |" in text
    assert "Wrong payloads: 1" in text
    assert "worst -0.10" in text


def test_files_are_decoded() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="stereo")
        samples = np.full((1, 16000), 8192, np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    file.seek(0)
    out = decoded(file, rate=8000)
    assert out.shape == (8000, 2)
    assert out[4000, 0] == pytest.approx(0.25, abs=1e-3)


def test_the_table_beside_a_peer_counts_what_each_read_and_its_false_alarms() -> None:
    outcomes = [
        {
            "song": song,
            "read": {"stamp": ["none", "echo"], "Perth": peer},
            "alarms": {"stamp": [], "Perth": ["echo"]},
            "odg": {"stamp": 0.1, "Perth": grade},
            "cpu": {"stamp": (1.0, 2.0), "Perth": (3.0, 4.0)},
        }
        for song, peer, grade in (("a", ["none"], -0.5), ("b", [], -1.5))
    ]
    table = peer_markdown({"seconds": 45, "attacks": ["none", "echo"], "outcomes": outcomes})
    assert "| none | 2 | 1 |" in table
    assert "| echo | 2 | 0 |" in table
    assert "| false alarms, of 4 | 0 | 2 |" in table
    assert "| PEAQ grade, worst | 0.10 | -1.50 |" in table


def test_what_is_measured_leaves_nothing_behind(tmp_path: Path) -> None:
    path = audio_files.write(tmp_path / "song", music(12, 8000, 1), 8000, "wav-16")
    costs = [audio_worker.measure(audio_worker.Job(what, str(path))) for what in ("embed", "embed file")]
    assert all(cost["cpu"] > 0 and cost["peak"] > 2**20 for cost in costs)
    assert list(tmp_path.iterdir()) == [path]
