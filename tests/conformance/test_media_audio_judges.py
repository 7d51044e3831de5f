"""What a marked song keeps, with ffprobe, ffmpeg, mediainfo and exiftool as the judges."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
from PIL import Image

from stamp import Key, Rights, detect_file, embed_file
from stamp.media.audio.opening import open_song
from tests.media import audio_files
from tests.media.samples import music

pytestmark = pytest.mark.slow  # every song is written by ffmpeg and marked before it is judged

needs_judges = pytest.mark.skipif(
    not all(map(shutil.which, ("ffmpeg", "ffprobe", "mediainfo", "exiftool"))),
    reason="ffmpeg, mediainfo and exiftool are not all installed",
)
PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
KEY = Key.generate("judges")
FRAMES = 300_123
TAGS = {"title": "Tïtle 東京", "artist": "Zoë", "album": "A & B", "track": "3/9", "comment": "<x>"}

# Kind of file -> how ffmpeg writes it: with cover and chapters where the container has them.
CODED = {
    "wav": ["-c:a", "pcm_s24le", "-bitexact"],
    "aiff": ["-c:a", "pcm_s16be", "-write_id3v2", "1"],
    "flac": ["-c:a", "flac", "-sample_fmt", "s16"],
    "mp3": ["-c:a", "libmp3lame", "-b:a", "128k", "-id3v2_version", "3", "-write_id3v1", "1"],
    "m4a": ["-c:a", "aac", "-b:a", "128k", "-movflags", "+faststart"],
    "alac.m4a": ["-c:a", "alac"],
    "ogg": ["-c:a", "libvorbis", "-q:a", "4"],
    "opus": ["-c:a", "libopus", "-b:a", "96k"],
}
COVERS = {"flac", "mp3", "m4a", "alac.m4a"}
CHAPTERS = {"mp3", "m4a", "alac.m4a", "opus"}

# How the sound was coded, and what follows from the size of the result.
CODING = {"bit_rate", "size", "filename", "extradata_size", "encoder", "ENCODER", "nb_frames"}
FFPROBE = ["-show_format", "-show_streams", "-show_chapters", "-of", "json"]
MEDIAINFO = re.compile(
    "File|CompleteName|FolderName|(Source_)?StreamSize|(Overall)?BitRate|(Source_)?FrameCount|HeaderSize|DataSize|"
    "FooterSize|Encoded_Library|Compression_Ratio|MD5|Format_Settings|StreamOrder|extra|(Source_)?Duration_LastFrame"
)
EXIFTOOL = re.compile(
    "SourceFile|File:|ExifTool:|MPEG:|Composite:|System:|FLAC:(FrameSize|BlockSize|MD5)|QuickTime:MediaData|"
    "Vorbis:NominalBitrate|Track1:(AverageBitrate|MaxBitrate|BufferSize)"
)


def run(*command: str | Path) -> str:
    return subprocess.run([*map(str, command)], capture_output=True, check=True, encoding="utf-8").stdout


def source(folder: Path, kind: str) -> Path:
    """A song with all its container can hold, written by ffmpeg."""
    rate = 48_000 if kind == "opus" else 44_100
    plain = audio_files.write(folder / "plain", music(FRAMES / rate, rate)[:FRAMES], rate, "wav-24")
    cover = folder / "cover.png"
    Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3)).save(cover)
    words = folder / "words.txt"
    parts = [
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={2000 * n}\nEND={2000 * n + 2000}\ntitle=Part {n}\n"
        for n in (0, 1)
    ]
    words.write_text(";FFMETADATA1\n" + "".join(parts), encoding="utf-8")
    path = folder / f"song.{kind}"
    command: list[str | Path] = ["ffmpeg", "-v", "error", "-i", plain, "-i", words]
    if kind in COVERS:
        command += [
            "-i",
            cover,
            "-map",
            "0:a",
            "-map",
            "2:v",
            "-c:v",
            "copy",
            "-disposition:v",
            "attached_pic",
        ]
    command += ["-map_chapters", "1" if kind in CHAPTERS else "-1"]
    for name, value in TAGS.items():
        command += ["-metadata", f"{name}={value}"]
    run(*command, *CODED[kind], path)
    return path


@pytest.fixture(scope="module", params=CODED)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A song, and the same song written again with other samples."""
    folder = tmp_path_factory.mktemp("songs")
    path = source(folder, request.param)
    target = folder / f"other.{request.param}"
    song = open_song(path)
    song.write(target, (block * np.float32(0.98) for block in song.blocks()))
    return path, target


def flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key not in CODING:
                yield from flat(inner, f"{name}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from flat(inner, f"{name}/{number}")
    else:
        yield name, value


@needs_judges
def test_ffprobe_sees_the_same_song(pair: tuple[Path, Path]) -> None:
    """Length, layout, sample format, every tag, cover and chapter."""
    before, after = (dict(flat(json.loads(run("ffprobe", "-v", "error", *FFPROBE, path)))) for path in pair)
    assert after == before
    kind = pair[0].name.partition(".")[2]
    assert "Tïtle 東京" in before.values()
    assert ("png" in before.values()) == (kind in COVERS)
    if kind in CHAPTERS:
        assert before["/chapters/1/tags/title"] == "Part 1"


@needs_judges
def test_ffmpeg_plays_as_many_samples_in_time_with_the_source(pair: tuple[Path, Path]) -> None:
    def played(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
        command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a", "-f", "f32le", "-"]
        return np.frombuffer(subprocess.run(command, capture_output=True, check=True).stdout, "<f4").reshape(
            -1, 2
        )

    before, after = map(played, pair)
    assert len(after) == len(before)
    assert len(before) - FRAMES < (1024 if ".m4a" in pair[0].name else 1)  # FFmpeg plays AAC's padding
    part = slice(20_000, 200_000)
    for lag in (-1, 1):
        shifted = np.roll(after, lag, axis=0)
        assert np.mean((shifted - before)[part] ** 2) > 2 * np.mean((after - before)[part] ** 2)


@needs_judges
def test_mediainfo_sees_the_same_song(pair: tuple[Path, Path]) -> None:
    before, after = (
        [
            {name: value for name, value in track.items() if not MEDIAINFO.match(name)}
            for track in json.loads(run("mediainfo", "--Output=JSON", path))["media"]["track"]
        ]
        for path in pair
    )
    assert after == before
    assert before[0]["Title"].startswith("T")


@needs_judges
def test_exiftool_sees_the_same_tags(pair: tuple[Path, Path]) -> None:
    before, after = (
        {
            name: value
            for name, value in json.loads(run("exiftool", "-j", "-G1", "-a", path))[0].items()
            if not EXIFTOOL.match(name)
        }
        for path in pair
    )
    assert after == before
    assert any(name.endswith((":Title", ":Name")) for name in before)


@needs_judges
@pytest.mark.parametrize("kind", ["mp3", "flac"])
def test_mark_and_notice_in_one_go(kind: str, tmp_path: Path) -> None:
    path = source(tmp_path, kind)
    target = tmp_path / f"marked.{kind}"
    report = embed_file(path, target, PAYLOAD, key=KEY, rights=Rights(copyright_notice="© 2026 Zoë"))
    assert report.metadata is not None
    assert set(report.metadata.written) == {"copyright_notice", "identifier"}
    tags = dict(flat(json.loads(run("ffprobe", "-v", "error", *FFPROBE, target))))
    assert "© 2026 Zoë" in tags.values()
    assert "Tïtle 東京" in tags.values()


@needs_judges
def test_ffmpeg_hears_both_data_chunks_of_a_wav_marked(tmp_path: Path) -> None:
    path = audio_files.write(tmp_path / "song", music(12.0), 44_100, "wav-16")
    audio_files.in_two_chunks(path)
    marked = tmp_path / "out.wav"
    embed_file(path, marked, PAYLOAD, key=KEY, rights=Rights(creators=("Zoë",)))
    heard = []
    for file in (path, marked):
        with file.open("rb") as stream:  # from a pipe ffmpeg plays one chunk after the other
            command = ["ffmpeg", "-v", "error", "-i", "-", "-f", "s16le", "-"]
            output = subprocess.run(command, stdin=stream, capture_output=True, check=True, timeout=60).stdout
        heard.append(np.frombuffer(output, np.int16).astype(np.int32))
    changed = heard[0] != heard[1]
    assert changed[: len(changed) // 2].any()
    assert changed[len(changed) // 2 :].any()
    assert np.abs(heard[0] - heard[1]).max() < 2000


@needs_judges
@pytest.mark.parametrize("kind", ["ogg-vorbis", "ogg-opus"])
def test_ffmpeg_and_mutagen_find_every_stream_of_a_marked_chain(kind: str, tmp_path: Path) -> None:
    rate = 48_000 if kind == "ogg-opus" else 44_100
    parts = []
    for number, samples in enumerate(np.split(music(16.0, rate), 2)):
        part = audio_files.write(tmp_path / f"part{number}", samples, rate, kind)
        file = mutagen.File(part)
        file["TITLE"] = f"part {number}"
        file.save()
        parts.append(part)
    path = tmp_path / f"chain{parts[0].suffix}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    marked = path.with_stem("marked")
    embed_file(path, marked, PAYLOAD, key=KEY, rights=Rights(copyright_notice="© 2026 Zoë"))
    counts = []
    for file in (path, marked):
        command = ["ffmpeg", "-v", "quiet", "-i", str(file), "-f", "s16le", "-"]
        counts.append(len(subprocess.run(command, capture_output=True, timeout=60, check=True).stdout))
    assert counts[0] == counts[1] > 15 * rate * 4
    data = marked.read_bytes()
    second = data.rindex(b"OggS\0\2")
    for number, content in enumerate((data[:second], data[second:])):
        link = tmp_path / f"link{number}{path.suffix}"
        link.write_bytes(content)
        tags = mutagen.File(link).tags
        assert (tags["title"], tags["copyright"]) == ([f"part {number}"], ["© 2026 Zoë"])
        assert detect_file(link, keys=KEY).payload == PAYLOAD
