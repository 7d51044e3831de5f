"""With the unmarked clip or song at hand: copies, stills and excerpts are read or confirmed where they tell
nothing by themselves, and nothing else ever is."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from PIL import Image

import stamp
from stamp.core.confirmation import CONFIRMED
from stamp.pipeline.comparing import compare_find
from stamp.pipeline.finding import add_find
from stamp.pipeline.informed_songs import SongPair
from stamp.pipeline.pairs import pairing_of
from stamp.watermark.audio import informed
from tests.media.frames import pan
from tests.media.samples import music, played_faster

from .test_spans import written

PAYLOAD = bytes.fromhex("0123456789abcdef")
KEY, OTHER = stamp.Key(bytes(range(32)), "tests"), stamp.Key(bytes(range(1, 33)), "other")
RATE = 44_100
OTHERS = [bytes([number]) * 8 for number in range(1, 9)]


def frames_of(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def shrunk(path: Path, target: Path, width: int, crf: int) -> Path:
    """The clip as somebody shares it: small and coarse."""
    with av.open(str(path)) as source, av.open(str(target), "w") as container:
        frames = list(source.decode(video=0))
        stream = container.add_stream("libx264", rate=8, options={"crf": str(crf)})
        stream.width, stream.height = width, round(frames[0].height * width / frames[0].width / 2) * 2
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            container.mux(stream.encode(frame.reformat(stream.width, stream.height)))
        container.mux(stream.encode(None))
    return target


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip, a marked copy, and a small and coarse copy of each."""
    made = tmp_path_factory.mktemp("clips")
    written(made / "clip.mp4", list(pan((240, 320), 24, speed=(0.5, 1.0))))
    stamp.embed_file(made / "clip.mp4", made / "marked.mp4", PAYLOAD, key=KEY)
    for name in ("clip", "marked"):
        shrunk(made / f"{name}.mp4", made / f"{name}_small.mp4", 176, 25)
    return made


@pytest.mark.slow
def test_a_coarse_copy_of_a_clip_is_the_copy_that_it_is(folder: Path) -> None:
    original, suspect = folder / "clip.mp4", folder / "marked_small.mp4"
    assert stamp.detect_file(suspect, keys=KEY, search=False).payload is None
    pair = pairing_of(suspect, original)
    found = pair.confirm(KEY, [*OTHERS, PAYLOAD])
    assert [each.payload for each in found if each.confirmed] == [PAYLOAD]
    assert found[-1].z > 6
    assert max(found[-1].log10_p, found[-1].log10_p_permuted) < CONFIRMED
    assert all(abs(each.z) < 4 for each in found[:-1])
    unmarked = stamp.confirm_file(folder / "clip_small.mp4", original=original, key=KEY, payloads=[PAYLOAD])
    for each in (*pair.confirm(OTHER, [PAYLOAD]), *unmarked):
        assert not each.confirmed
        assert abs(each.z) < 4


@pytest.mark.slow
def test_a_still_of_a_clip_is_read(folder: Path, tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    Image.fromarray(frames_of(folder / "marked.mp4")[13]).resize((272, 204)).save(still)
    found = stamp.detect_file(still, keys=KEY, original=folder / "clip.mp4")
    assert (found.payload, found.key_name, found.scheme) == (PAYLOAD, "tests", "stamp.video.2")
    assert found.size == (272, 204)
    assert found.seen is not None
    assert found.seen[0] == pytest.approx((0, 0), abs=0.02)
    assert found.correlation is not None
    assert found.correlation > 0.7
    assert found.spans == ()


@pytest.mark.slow
def test_a_clip_without_a_place_is_not_confirmed(folder: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "other.mp4", list(pan((240, 320), 16, seed=9)))
    (found,) = stamp.confirm_file(other, original=folder / "clip.mp4", key=KEY, payloads=[PAYLOAD])
    assert (found.confirmed, found.correlation) == (False, None)
    assert "no part of the original was found" in found.sentence()


@pytest.mark.slow
def test_a_marked_clip_as_the_original_is_refused(folder: Path) -> None:
    with pytest.raises(stamp.ArgumentError, match="carries the mark 0123456789abcdef itself"):
        stamp.confirm_file(
            folder / "marked_small.mp4", original=folder / "marked.mp4", key=KEY, payloads=[PAYLOAD]
        )


@pytest.mark.slow
def test_a_find_of_a_clip_is_told_to_be_a_copy(folder: Path, tmp_path: Path) -> None:
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        copy = stamp.CopyOptions(recipient=catalogue.parties.add("Ada").party)
        stamp.embed_file(
            folder / "clip.mp4", tmp_path / "a.mp4", PAYLOAD, key=KEY, catalogue=catalogue, copy=copy
        )
        find = add_find(catalogue, folder / "marked_small.mp4", work="#1")
        done = compare_find(catalogue, f"#{find.number}", keys=[KEY]).find
        assert (done.payload, done.recipient) == (PAYLOAD.hex(), "Ada")


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A song and its marked copy, as WAV."""
    made = tmp_path_factory.mktemp("songs")
    soundfile.write(made / "song.wav", music(14.0), RATE)
    stamp.embed_file(made / "song.wav", made / "marked.wav", PAYLOAD, key=KEY)
    return made


@pytest.mark.slow
@pytest.mark.parametrize("name", ["marked", "song"])
def test_three_seconds_through_a_telephone_are_the_copy_that_they_are(
    songs: Path, tmp_path: Path, name: str
) -> None:
    samples, _ = soundfile.read(songs / f"{name}.wav")
    mono = samples[6 * RATE : 9 * RATE].mean(1)
    spectrum = np.fft.rfft(mono)
    kept = np.fft.irfft(spectrum[: int(len(mono) * 4000 / RATE)], int(len(mono) * 8000 / RATE))
    soundfile.write(excerpt := tmp_path / "call.wav", kept * 8000 / RATE, 8000)
    found = stamp.confirm_file(excerpt, original=songs / "song.wav", key=KEY, payloads=[*OTHERS, PAYLOAD])
    assert [each.confirmed for each in found] == [False] * 8 + [name == "marked"]
    assert all(abs(each.z) < 4 for each in found[:-1])
    (other,) = stamp.confirm_file(excerpt, original=songs / "song.wav", key=OTHER, payloads=[PAYLOAD])
    assert not other.confirmed


@pytest.mark.slow
def test_a_song_is_read_with_its_original_at_another_speed_too(songs: Path, tmp_path: Path) -> None:
    samples, _ = soundfile.read(songs / "marked.wav")
    part = samples[5 * RATE : 12 * RATE].astype(np.float32)
    soundfile.write(excerpt := tmp_path / "part.mp3", part, RATE)
    found = stamp.detect_file(excerpt, keys=KEY, original=songs / "song.wav")
    assert found.payload == PAYLOAD
    assert found.correlation is not None
    assert found.spans[0] == pytest.approx((0, 7), abs=1)
    soundfile.write(faster := tmp_path / "faster.wav", played_faster(part, 1.05), RATE)
    (sure,) = stamp.confirm_file(faster, original=songs / "song.wav", key=KEY, payloads=[PAYLOAD])
    assert sure.confirmed


def test_a_song_that_plays_nothing_of_the_other_has_no_place(songs: Path, tmp_path: Path) -> None:
    soundfile.write(other := tmp_path / "other.wav", music(4.0, seed=5), RATE)
    assert SongPair.of(other, songs / "song.wav").correlation is None


def test_what_is_played_twice_counts_once() -> None:
    """Two periods of the same sound are no stronger evidence than signs allow: squares are of the sums."""
    rng = np.random.default_rng(1)
    period = rng.normal(size=(64 * 160, 66)).astype(np.float32)
    once, twice = (
        informed.judge(rows, KEY, [PAYLOAD], 0.0)[0] for rows in (period, np.concatenate([period, period]))
    )
    assert twice.z == pytest.approx(once.z, abs=0.05)
    assert twice.log10_p == pytest.approx(once.log10_p, abs=0.05)
    assert abs(once.z) < 4
