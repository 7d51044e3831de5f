"""Ogg files whose pages lie about their length, are missing or damaged: nothing is lost without a word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile

from stamp.core.errors import UnsupportedFormat
from stamp.formats.ogg import FIRST, LAST, encoded, pages
from stamp.media.audio.oggsurvey import Survey, survey
from stamp.media.audio.opening import open_song
from tests.media import audio_files
from tests.media.samples import chord

FRAMES = 200_000
KINDS = ["ogg-vorbis", "ogg-opus"]


@dataclass(frozen=True)
class Page:
    """A page to be changed."""

    flags: int
    granule: int
    serial: int
    sequence: int
    lacing: bytes
    content: bytes

    def tobytes(self) -> bytes:
        return encoded(self.flags, self.granule, self.serial, self.sequence, self.lacing, self.content)


Change = Callable[[list[Page]], list[Page]]


def rewritten(path: Path, change: Change) -> Path:
    data = path.read_bytes()
    found = [
        Page(page.flags, page.granule, page.serial, page.sequence, page.lacing, data[page.start : page.end])
        for page in pages(data)
    ]
    target = path.with_stem("changed")
    target.write_bytes(b"".join(page.tobytes() for page in change(found)))
    return target


def surveyed(path: Path) -> Survey:
    return survey(path.read_bytes(), "opus" if path.suffix == ".opus" else "vorbis")


def copied(path: Path) -> tuple[int, int, list[str]]:
    """Samples read, samples in a copy of it, and the notes without that on the rate."""
    song = open_song(path)
    counts = []

    def counted() -> object:
        for block in song.blocks():
            counts.append(len(block))
            yield block

    target = path.with_stem("copy")
    notes = song.write(target, counted())  # type: ignore[arg-type]
    return sum(counts), soundfile.info(target).frames, notes[1:]


def last(**changes: int) -> Change:
    return lambda pages: [*pages[:-1], replace(pages[-1], **changes)]  # type: ignore[arg-type]


def sound(pages: list[Page]) -> int:
    """The number of the first page with sound."""
    return next(number for number, page in enumerate(pages) if page.granule > 0)


def shifted(by: int) -> Change:
    def change(pages: list[Page]) -> list[Page]:
        first = sound(pages)
        return pages[:first] + [replace(page, granule=page.granule + by) for page in pages[first:]]

    return change


def dropped(pages: list[Page]) -> list[Page]:
    middle = (sound(pages) + len(pages)) // 2
    return pages[:middle] + pages[middle + 1 :]


def marked_as_last(pages: list[Page]) -> list[Page]:
    middle = (sound(pages) + len(pages)) // 2
    return [*pages[:middle], replace(pages[middle], flags=LAST), *pages[middle + 1 :]]


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (8_000, 1), (48_000, 6), (96_000, 2)])
@pytest.mark.parametrize("frames", [1_000, 30_000, FRAMES])
def test_packets_are_counted_as_libvorbis_does(rate: int, channels: int, frames: int, tmp_path: Path) -> None:
    path = audio_files.write(tmp_path / "song", chord(rate, channels, frames), rate, "ogg-vorbis")
    found = surveyed(path)
    assert (found.frames, found.told, found.lost, found.ended) == (frames, frames, 0, True)
    assert found.plain
    assert found.held >= frames
    # Without positions there is nothing to be left out: what is counted is what there is.
    unset = rewritten(path, lambda pages: [replace(page, granule=page.granule and -1) for page in pages])
    assert surveyed(unset).frames == sum(map(len, open_song(unset).blocks())) == found.held


def test_packets_of_opus_are_counted_by_their_first_bytes(tmp_path: Path) -> None:
    path = audio_files.made(tmp_path, "ogg-opus", frames=FRAMES)
    found = surveyed(path)
    assert (found.frames, found.told, found.start) == (FRAMES, FRAMES, 0)
    assert found.held % 960 == 0
    assert found.held - FRAMES in range(312, 312 + 960)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("told", [FRAMES // 2, 0, 4 * FRAMES])
def test_a_last_page_that_lies_about_the_length_is_not_believed(kind: str, told: int, tmp_path: Path) -> None:
    path = audio_files.made(tmp_path, kind, frames=FRAMES)
    right = np.concatenate(list(open_song(path).blocks()))
    lying = rewritten(path, last(granule=told))
    there = np.concatenate(list(open_song(lying).blocks()))
    # FFmpeg leaves out of the last page of Opus what does not fit.
    assert len(there) >= FRAMES - (0 if kind == "ogg-vorbis" else 20_000)
    same = min(len(there), FRAMES)
    assert np.abs(there[:same] - right[:same]).max() < 1e-3
    read, written, notes = copied(lying)
    assert read == written == len(there)
    assert len(notes) == 1
    assert notes[0].startswith("its pages tell of ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_bit_rate_is_that_of_the_sound(kind: str, tmp_path: Path) -> None:
    """Neither what the pages say of the length nor what stands in the comments makes another of it."""
    path = audio_files.made(tmp_path, kind, frames=FRAMES)
    song, late = (open_song(each) for each in (path, rewritten(path, shifted(5 * FRAMES))))
    first, second = (each.write(tmp_path / "copy.ogg", each.blocks())[0] for each in (song, late))
    assert first == second


def test_vorbis_without_a_position_on_its_last_page_is_whole(tmp_path: Path) -> None:
    path = audio_files.made(tmp_path, "ogg-vorbis", frames=FRAMES)
    read, written, notes = copied(rewritten(path, last(granule=-1)))
    assert read == written >= FRAMES
    assert len(notes) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_that_begins_late_is_as_long_as_its_sound(kind: str, tmp_path: Path) -> None:
    path = audio_files.made(tmp_path, kind, frames=FRAMES)
    late = rewritten(path, shifted(1_000_000))
    assert (surveyed(late).frames, surveyed(late).start) == (FRAMES, 1_000_000)
    assert copied(late) == (FRAMES, FRAMES, [])


@pytest.mark.slow
def test_vorbis_that_begins_before_its_own_clock_keeps_its_beginning(tmp_path: Path) -> None:
    """libvorbis would leave a piece out, but at the end of the first page."""
    path = audio_files.made(tmp_path, "ogg-vorbis", frames=FRAMES)
    early = rewritten(path, shifted(-500))
    assert copied(early) == (FRAMES, FRAMES, [])
    right, there = (np.concatenate(list(open_song(each).blocks())) for each in (path, early))
    assert np.abs(there - right).max() < 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_an_end_in_the_middle_is_passed_over(kind: str, tmp_path: Path) -> None:
    path = audio_files.made(tmp_path, kind, frames=FRAMES)
    assert copied(rewritten(path, marked_as_last)) == (FRAMES, FRAMES, [])


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_missing_and_damaged_pages_are_said(kind: str, tmp_path: Path) -> None:
    path = audio_files.made(tmp_path, kind, frames=FRAMES)
    missing = rewritten(path, dropped)
    read, written, notes = copied(missing)
    assert 0 < read == written < FRAMES
    assert notes == ["1 of its pages are missing or damaged, and so is the sound in them"]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    missing.write_bytes(data)
    assert copied(missing) == (read, read, notes)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_song_that_was_cut_off_says_so(kind: str, tmp_path: Path) -> None:
    path = audio_files.made(tmp_path, kind, frames=FRAMES)
    data = path.read_bytes()
    path.write_bytes(data[: -len(data) // 8])
    read, written, notes = copied(path)
    assert 0 < read == written < FRAMES
    assert notes == ["no page says that it is the last: it may be cut off"]


def chained(folder: Path, kind: str, *, channels: tuple[int, ...] = (2, 2, 2)) -> tuple[Path, list[bytes]]:
    """Songs one after the other in a file, with tags of their own; and each by itself."""
    rate = 48_000 if kind == "ogg-opus" else 44_100
    parts = []
    for number, count in enumerate(channels):
        samples = chord(rate, count, 30_000 + 10_001 * number)
        path = audio_files.write(folder / f"part{number}", samples, rate, kind)
        file = mutagen.File(path)
        file["TITLE"] = f"part {number}"
        file.save()
        parts.append(path.read_bytes())
    path = path.with_stem("chain")
    path.write_bytes(b"".join(parts))
    return path, parts


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_each_stream_of_a_chain_keeps_its_headers_and_length(kind: str, tmp_path: Path) -> None:
    path, parts = chained(tmp_path, kind)
    song = open_song(path)
    assert song.frames == 120_003
    before = np.concatenate(list(song.blocks()))
    target = path.with_stem("copy")
    notes = song.write(target, [before])
    assert notes[1:] == ["a chain of 3 streams, marked as one song"]
    written = target.read_bytes()
    starts = [page.at for page in pages(written) if page.flags & FIRST] + [len(written)]
    at = 0
    for old, (start, end) in zip(parts, pairwise(starts), strict=True):
        link = path.with_stem("link")
        link.write_bytes(written[start:end])
        was, new = survey(old, kind[4:]), survey(written[start:end], kind[4:])
        assert (new.headers[1], new.serial, new.frames) == (was.headers[1], was.serial, was.frames)
        assert new.plain
        heard = soundfile.read(link, always_2d=True)[0]
        np.testing.assert_allclose(heard, before[at : at + was.frames], atol=0.1)
        at += was.frames
    assert sum(map(len, open_song(target).blocks())) == len(before) == at


@pytest.mark.parametrize("kind", KINDS)
def test_a_chain_of_several_kinds_is_refused(kind: str, tmp_path: Path) -> None:
    path, _ = chained(tmp_path, kind, channels=(2, 1))
    with pytest.raises(UnsupportedFormat, match=r"chain\.\w+: .*several kinds, cannot be marked; split it"):
        open_song(path).write(tmp_path / "out", [])


def test_damage_in_a_chain_is_said_with_its_place(tmp_path: Path) -> None:
    path, parts = chained(tmp_path, "ogg-opus")
    second = tmp_path / "second.opus"
    second.write_bytes(parts[1])
    parts[1] = rewritten(second, last(flags=0)).read_bytes()
    path.write_bytes(b"".join(parts))
    read, _, notes = copied(path)
    assert read == open_song(path.with_stem("copy")).frames == 120_003
    assert notes[1:] == ["stream 2 of it: no page says that it is the last: it may be cut off"]
