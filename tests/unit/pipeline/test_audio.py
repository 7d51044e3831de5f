"""Songs as whole files: marked, read back, or refused, in every format."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp import Key, detect_file, embed_file
from stamp.core.errors import CorruptFile, HostError, OutputError, UnsupportedFormat
from stamp.media.audio import ogg, pcm
from stamp.media.audio.opening import open_song
from stamp.media.audio.song import Faults
from stamp.pipeline.audio import _marked
from stamp.watermark.audio import Embedder, embed
from tests.media import audio_files
from tests.media.samples import Samples, chord, music

PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
KEY = Key(bytes(range(32)), "songs")


def song(folder: Path, kind: str = "wav-16", *, seconds: float = 8.0, channels: int = 2) -> Path:
    rate = 48_000 if kind == "ogg-opus" else 44_100
    return audio_files.write(folder / "song", music(seconds, rate, channels), rate, kind)


def length(path: Path) -> int:
    return sum(map(len, open_song(path).blocks()))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wav-16", "aiff-24", "flac-16", "m4a-alac-16", *audio_files.LOSSY])
def test_every_format_is_marked_and_read_back(kind: str, tmp_path: Path) -> None:
    path = song(tmp_path, kind)
    before = path.read_bytes()
    target = tmp_path / f"marked{path.suffix}"
    report = embed_file(path, target, PAYLOAD, key=KEY)
    assert report.payload == PAYLOAD
    assert report.marked_share is not None
    assert 0.2 < report.marked_share <= 1
    assert ("kbit/s" in " ".join(report.notes)) == (kind in audio_files.LOSSY)
    assert path.read_bytes() == before
    found = detect_file(target, keys=KEY)
    assert (found.present, found.payload, found.key_name) == (True, PAYLOAD, KEY.name)
    assert found.score > found.threshold
    assert found.log10_p < -9
    assert (found.tempo, found.pitch, found.transform) == (1.0, 1.0, None)
    ((start, end),) = found.spans
    assert start < 1
    assert end > 7
    entry = json.loads(json.dumps(found.to_dict()))
    assert entry["watermark"]["spans"] == [[round(start, 3), round(end, 3)]]
    assert length(target) == length(path)


@pytest.mark.slow
def test_other_keys_and_other_songs_find_nothing(tmp_path: Path) -> None:
    path = song(tmp_path)
    marked = tmp_path / "marked.wav"
    embed_file(path, marked, PAYLOAD, key=KEY)
    original = detect_file(path, keys=KEY)
    assert (original.present, original.payload, original.spans) == (False, None, ())
    assert detect_file(marked, keys=[Key.generate("other"), KEY], search=False).key_name == KEY.name


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(
    kind=st.sampled_from(["wav-24", "wav-float", "flac-24", "aiff-16"]),
    rate=st.sampled_from([16_000, 22_050, 48_000]),
    channels=st.sampled_from([1, 2, 6]),
)
def test_any_rate_and_layout(kind: str, rate: int, channels: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = audio_files.write(Path(folder, "song"), music(10, rate, channels), rate, kind)
        target = path.with_stem("marked")
        embed_file(path, target, PAYLOAD, key=KEY)
        assert detect_file(target, keys=KEY).payload == PAYLOAD
        assert open_song(target).channels == channels


@pytest.mark.slow
def test_the_first_certain_mark_is_enough_where_that_is_asked(tmp_path: Path) -> None:
    path = audio_files.write(tmp_path / "song", music(45, 8000, 1), 8000, "wav-16")
    marked = tmp_path / "marked.wav"
    embed_file(path, marked, PAYLOAD, key=KEY)
    whole, first = (detect_file(marked, keys=KEY, search=False, first=first) for first in (False, True))
    assert whole.payload == first.payload == PAYLOAD
    assert whole.spans[-1][1] > 40
    assert first.spans[-1][1] <= 28


def test_a_mark_far_behind_the_beginning_is_found(tmp_path: Path) -> None:
    """Where the beginning is silent, all is read."""
    path = audio_files.write(tmp_path / "song", music(12, 8000, 1), 8000, "wav-16")
    marked, late = tmp_path / "marked.wav", tmp_path / "late.wav"
    embed_file(path, marked, PAYLOAD, key=KEY)
    samples, rate = soundfile.read(marked)
    soundfile.write(late, np.concatenate([np.zeros(40 * rate), samples]), rate)
    found = detect_file(late, keys=KEY, search=False, first=True)
    assert found.payload == PAYLOAD
    assert found.spans[0][0] > 35


@pytest.mark.slow
def test_a_song_that_plays_faster_is_told(tmp_path: Path) -> None:
    path = song(tmp_path, seconds=15, channels=1)
    target = tmp_path / "marked.wav"
    embed_file(path, target, PAYLOAD, key=KEY)
    samples, rate = soundfile.read(target)
    at = np.arange(0, len(samples) - 1, 1.03)
    soundfile.write(target, np.interp(at, np.arange(len(samples)), samples), rate)
    found = detect_file(target, keys=KEY)
    assert found.payload == PAYLOAD
    assert found.tempo == pytest.approx(1.03, abs=0.005)
    assert found.pitch == pytest.approx(1.03, rel=2e-2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (
            np.zeros((450_000, 2)),
            "only 0% of it can hide one.*; `watermark=False` writes the rights notice alone",
        ),
        (music(0.5), "0.5 s are too short: take a piece of 10 s or more; `watermark=False`"),
        (np.sin(np.arange(450_000)[:, None] / 20) / 2, "cannot be read back from this song, "),
        (np.zeros((0, 2)), "there is no sound in this song"),
    ],
)
def test_what_can_hold_no_mark_is_refused(samples: Samples, reason: str, tmp_path: Path) -> None:
    path = audio_files.write(tmp_path / "song", samples.astype(np.float32), 44_100, "wav-16")
    with pytest.raises(HostError, match=f"song.wav: .*{reason}"):
        embed_file(path, tmp_path / "marked.wav", PAYLOAD, key=KEY)
    assert [file.name for file in tmp_path.iterdir()] == ["song.wav"]
    assert not detect_file(path, keys=KEY).present


@pytest.mark.parametrize("kind", [*audio_files.SNDFILE, *audio_files.LIBAV])
def test_nothing_is_found_in_what_is_too_short(kind: str, tmp_path: Path) -> None:
    assert not detect_file(audio_files.made(tmp_path, kind, frames=3000), keys=KEY).present


@pytest.mark.slow
def test_a_truncated_song_is_refused_and_can_be_searched(tmp_path: Path) -> None:
    path = song(tmp_path, "flac-16")
    marked = tmp_path / "marked.flac"
    embed_file(path, marked, PAYLOAD, key=KEY)
    marked.write_bytes(marked.read_bytes()[: marked.stat().st_size * 3 // 4])
    with pytest.raises(CorruptFile, match=r"marked.flac: damaged, its header tells of 352800 samples"):
        embed_file(marked, tmp_path / "again.flac", PAYLOAD, key=KEY, remark=True)
    assert not (tmp_path / "again.flac").exists()
    assert detect_file(marked, keys=KEY).payload == PAYLOAD


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_samples_that_are_no_numbers_are_refused(value: float, tmp_path: Path) -> None:
    samples = music(3).astype(float)
    samples[1000] = value
    path = tmp_path / "song.wav"
    soundfile.write(path, samples, 44_100, "DOUBLE")
    for job in (
        lambda: embed_file(path, tmp_path / "out.wav", PAYLOAD, key=KEY),
        lambda: detect_file(path, keys=KEY),
    ):
        with pytest.raises(HostError, match=r"song.wav: .*finite"):
            job()


def test_a_rate_that_no_mark_fits_is_refused(tmp_path: Path) -> None:
    path = audio_files.write(tmp_path / "song", chord(4_000, 1, 40_000), 4_000, "wav-16")
    with pytest.raises(HostError, match=r"song.wav: .*can be marked, not 4000"):
        embed_file(path, tmp_path / "marked.wav", PAYLOAD, key=KEY)


def test_what_cannot_be_written_back_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, music(3), 44_100, "ULAW")
    with pytest.raises(UnsupportedFormat, match=r"song.wav: WAV with mu-law cannot be marked; convert it"):
        embed_file(path, tmp_path / "marked.wav", PAYLOAD, key=KEY)
    assert [file.name for file in tmp_path.iterdir()] == ["song.wav"]


@pytest.mark.slow
def test_outputs_and_sources_are_safe(tmp_path: Path) -> None:
    path = song(tmp_path)
    with pytest.raises(OutputError):
        embed_file(path, path, PAYLOAD, key=KEY)
    embed_file(path, path, PAYLOAD, key=KEY, overwrite=True)
    assert detect_file(path, keys=KEY).payload == PAYLOAD
    assert [file.name for file in tmp_path.iterdir()] == ["song.wav"]


@pytest.mark.parametrize(
    ("muxer", "codec", "remedy"),
    [("mp4", "flac", "FLAC or WAV"), ("mov", "pcm_s16le", "FLAC or WAV"), ("mp4", "libopus", "M4A with AAC")],
)
def test_other_sound_in_mp4_is_refused_with_a_remedy_that_loses_nothing(
    muxer: str, codec: str, remedy: str, tmp_path: Path
) -> None:
    path = tmp_path / f"song.{muxer}"
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=48_000, layout="mono")
        stream.codec_context.format = "s16"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 960), np.int16), "s16", "mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(UnsupportedFormat, match=f"convert it to {remedy}$"):
        embed_file(path, tmp_path / f"marked.{muxer}", PAYLOAD, key=KEY)


def marked(seconds: float, payload: bytes, key: Key, seed: int) -> Samples:
    return embed(music(seconds, seed=seed), payload, key=key, sample_rate=44_100)


@pytest.mark.slow
def test_all_marks_of_a_mix_are_told_with_their_places(tmp_path: Path) -> None:
    """One after the other, the first of them twice, and unmarked music in between."""
    one = marked(40, PAYLOAD, KEY, 1)
    parts = [one[: 20 * 44_100], marked(15, bytes(8), KEY, 2), music(12, seed=3), one[25 * 44_100 :]]
    path = audio_files.write(tmp_path / "mix", np.concatenate(parts), 44_100, "flac-16")
    found = detect_file(path, keys=KEY)
    assert found.payload == PAYLOAD
    (other,) = found.others
    assert (other.payload, other.key_name) == (bytes(8), "songs")
    assert other.log10_p < -9
    for spans, right in ((found.spans, [(0, 20), (47, 62)]), (other.spans, [(20, 35)])):
        assert np.allclose(spans, right, atol=3)
    assert detect_file(path, keys=KEY, first=True).others == ()


@pytest.mark.slow
def test_marks_of_several_keys_in_one_song_are_told(tmp_path: Path) -> None:
    other = Key(bytes(32), "another")
    twice = embed(marked(12, PAYLOAD, KEY, 1), bytes(8), key=other, sample_rate=44_100)
    path = audio_files.write(tmp_path / "song", twice, 44_100, "flac-16")
    found = detect_file(path, keys=[KEY, other])
    told = {(found.payload, found.key_name), *((mark.payload, mark.key_name) for mark in found.others)}
    assert told == {(PAYLOAD, "songs"), (bytes(8), "another")}


@pytest.mark.slow
def test_a_song_that_is_marked_throughout_is_read_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = audio_files.write(tmp_path / "song", marked(20, PAYLOAD, KEY, 1), 44_100, "wav-16")
    read, unpack = [], pcm.unpack
    monkeypatch.setattr(pcm, "unpack", lambda data, layout: read.append(len(data)) or unpack(data, layout))
    assert detect_file(path, keys=KEY).payload == PAYLOAD
    assert sum(read) == 20 * 44_100 * 4


def test_what_nobody_knows_is_not_taken_for_a_picture_alone(tmp_path: Path) -> None:
    path = tmp_path / "song.ape"
    path.write_bytes(b"MAC \x8c\x0f" + bytes(1000))
    with pytest.raises(UnsupportedFormat, match=r"song\.ape: .*convert it \(to PNG, MP4 or FLAC\)"):
        detect_file(path, keys=KEY)


def test_one_damaged_packet_is_one() -> None:
    faults = Faults()
    assert faults.notes == []
    faults.packets = 1
    assert faults.notes == ["1 damaged packet of its sound was left out"]


@pytest.mark.slow
def test_the_same_input_gives_the_same_bytes(tmp_path: Path) -> None:
    for kind in ("m4a-alac-16", "ogg-vorbis"):
        path = song(tmp_path, kind, seconds=6, channels=1)
        targets = [tmp_path / f"{name}{path.suffix}" for name in ("one", "two")]
        for target in targets:
            embed_file(path, target, PAYLOAD, key=KEY, overwrite=True)
        assert targets[0].read_bytes() == targets[1].read_bytes(), kind


def damaged(path: Path, kept: Callable[[bytes], bytes]) -> Path:
    """The file with a run of its bytes replaced, a third of the way in."""
    data = bytearray(path.read_bytes())
    part = slice(len(data) // 3, len(data) // 3 + 6_000)
    data[part] = kept(bytes(data[part]))
    path.write_bytes(data)
    return path


@pytest.mark.slow
def test_damaged_packets_are_counted_and_said(tmp_path: Path) -> None:
    """Also in a file whose header does not tell how long it is."""
    path = damaged(song(tmp_path, "mp3"), lambda data: bytes(len(data)))
    report = embed_file(path, tmp_path / "marked.mp3", PAYLOAD, key=KEY)
    assert re.search(r"\d+ damaged packets of its sound were left out", " ".join(report.notes))
    assert re.search(r"of its 8.00 s, 7\.\d+ s could be read: it is damaged", " ".join(report.notes))
    whole = embed_file(song(tmp_path, "mp3"), tmp_path / "whole.mp3", PAYLOAD, key=KEY)
    assert len(whole.notes) == 1


def matroska(folder: Path, kind: str) -> Path:
    path = folder / "song.mka"
    with av.open(str(song(folder, kind))) as source, av.open(str(path), "w", format="matroska") as output:
        stream = output.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    return path


@pytest.mark.slow
def test_a_gap_in_matroska_is_said_or_refused(tmp_path: Path) -> None:
    """A demuxer looks for the next cluster, which may be seconds away, and says nothing."""
    path = damaged(matroska(tmp_path, "mp3"), lambda data: bytes(len(data)))
    report = embed_file(path, tmp_path / "marked.mka", PAYLOAD, key=KEY)
    assert re.search(r"of its 8\.\d+ s, \d\.\d+ s could be read: it is damaged", " ".join(report.notes))
    path = damaged(matroska(tmp_path, "flac-16"), lambda data: bytes(len(data)))
    with pytest.raises(CorruptFile, match=r"song\.mka: damaged"):
        embed_file(path, tmp_path / "lossless.mka", PAYLOAD, key=KEY)
    assert not (tmp_path / "lossless.mka").exists()


@pytest.mark.slow
def test_a_copy_that_would_be_shorter_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a muxer does with what it is given."""
    path = song(tmp_path, "ogg-opus")
    whole = ogg._opus
    monkeypatch.setattr(ogg, "_opus", lambda sound, rate, blocks: islice(whole(sound, rate, blocks), 300))
    with pytest.raises(
        UnsupportedFormat, match=r"song\.opus: its copy would be \d+ samples long instead of 384000"
    ):
        embed_file(path, tmp_path / "copy.opus", PAYLOAD, key=KEY)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_writers_get_the_marked_sound_in_small_pieces(channels: int) -> None:
    """Of seconds of many channels at a high rate, each copy that they make would take 100 MB."""
    tune = np.repeat(music(20, 44_100)[:, :1], channels, axis=1)
    embedder = Embedder(PAYLOAD, key=KEY, sample_rate=44_100, channels=channels)
    blocks = list(_marked([tune[:500_000], tune[500_000:]], embedder))
    assert max(block.size for block in blocks) <= 1 << 16
    assert all(block.base is None for block in blocks)  # nor does a piece keep what it was cut from
    assert sum(map(len, blocks)) == len(tune)
