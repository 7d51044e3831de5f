"""ExifTool, ffprobe, MediaInfo and mutagen judge the notice in music: exact text, nothing else lost."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import av
import mutagen
import pytest

from stamp.core.errors import MediaError
from stamp.core.rights import Party, Rights
from tests.helpers import documents
from tests.media.audio_files import ENCODERS, SUFFIX, packets, sound
from tests.media.shared import shared_files

RIGHTS = Rights(
    copyright_notice="© 2026 Zoë Müller-Łukasz 東京 😀 שלום. All rights reserved.",
    creators=("Zoë Müller", "Łukasz 東京"),
    credit_line="Zoë / Ł",
    source="Agentur Łódź",
    usage_terms="<b> – nicht ohne Erlaubnis",
    web_statement="https://example.com/?a=1&b=2",
    marked=True,
    copyright_owners=(Party(name="Łabel 東京"),),
    licensors=(Party(name="Verlag Ł", url="https://example.org/licence", email="a@example.org"),),
    creator_contact=Party(url="https://example.com/zoë", email="zoe@example.com"),
    isrc="USRC17607839",
    iswc="T0345246801",
    upc="012345678905",
    identifier="00ff00ff00ff00ff",
).without_ai()
NOTICE = RIGHTS.copyright_notice
CREATORS = "Zoë Müller; Łukasz 東京"
SOUNDS = ("aiff", "flac", "mp3", "ogg", "wav")


def run(tool: str, *arguments: str) -> bytes:
    """What an installed judge prints."""
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    return subprocess.run([path, *arguments], capture_output=True, check=False).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of every kind with the notice."""
    folder = tmp_path_factory.mktemp("written")
    for name in ENCODERS:
        path = folder / f"{name}.{SUFFIX.get(name, name)}"
        path.write_bytes(documents.write_rights(sound(name, title="Lied 東京"), RIGHTS))
    return folder


def exiftool(*paths: Path) -> dict[str, dict[str, Any]]:
    """File name -> tag -> value."""
    out = run("exiftool", "-j", "-n", "-a", "-u", "-G1:4", "-all", "-warning", *map(str, paths))
    return {
        Path(item["SourceFile"]).name: {re.sub(r":Copy\d+:", ":", key): value for key, value in item.items()}
        for item in json.loads(out)
    }


def test_exiftool_reads_the_exact_texts(folder: Path) -> None:
    found = exiftool(*folder.iterdir())
    assert len(found) == len(ENCODERS)
    vorbis = {
        "Copyright": NOTICE,
        "Artist": list(RIGHTS.creators),
        "Credit": RIGHTS.credit_line,
        "Usageterms": RIGHTS.usage_terms,
        "License": RIGHTS.web_statement,
        "Copyrightowner": "Łabel 東京",
        "ISRCNumber": RIGHTS.isrc,
        "Identifier": "stamp:00ff00ff00ff00ff",
        "Title": "Lied 東京",
    }
    id3 = {
        "Copyright": NOTICE,
        "Artist": CREATORS,
        "Credit": RIGHTS.credit_line,
        "TermsOfUse-xxx": RIGHTS.usage_terms,
        "Usageterms": RIGHTS.usage_terms,
        "CopyrightURL": RIGHTS.web_statement,
        "License": RIGHTS.web_statement,
        "FileOwner": "Łabel 東京",
        "ISRC": RIGHTS.isrc,
        "Identifier": "stamp:00ff00ff00ff00ff",
    }
    xmp = {"XMP-dc:Rights": NOTICE, "XMP-dc:Creator": list(RIGHTS.creators), "XMP-xmpRights:Marked": True}
    for name, dump in found.items():
        kind = name.partition(".")[0]
        wanted = {f"ID3v2_4:{key}": value for key, value in id3.items()}
        if kind in ("flac", "vorbis", "opus", "oggflac"):
            wanted = {f"Vorbis:{key}": value for key, value in vorbis.items()}
        elif kind != "aiff":  # ExifTool shows the XMP of AIFF as application data
            wanted |= xmp
        assert {key: dump.get(key) for key in wanted} == wanted, name
        assert not [value for key, value in dump.items() if "Warning" in key], name
    assert found["wav.wav"]["RIFF:Copyright"].startswith("(C) 2026 Zoe Muller-Lukasz ??")
    assert found["aiff.aiff"]["AIFF:Author"] == "Zoe Muller; Lukasz ??"


@pytest.mark.slow
def test_ffprobe_shows_the_exact_texts(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        out = run(
            "ffprobe", "-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json", str(path)
        )
        shown = json.loads(out)
        tags = {
            key.upper(): value
            for part in (shown["format"], *shown["streams"])
            for key, value in part.get("tags", {}).items()
        }
        assert tags["COPYRIGHT"] == NOTICE, path.name
        assert tags["ARTIST"].replace("; ", ";") == CREATORS.replace("; ", ";"), path.name
        assert (tags["LICENSE"], tags["USAGETERMS"]) == (RIGHTS.web_statement, RIGHTS.usage_terms), path.name
        assert tags["TITLE"] == "Lied 東京", path.name


def test_mediainfo_shows_the_exact_texts(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        if path.suffix == ".oga":
            continue  # MediaInfo 25 shows no comments of FLAC in Ogg at all
        track = json.loads(run("mediainfo", "--Output=JSON", str(path)))["media"]["track"][0]
        assert track["Copyright"] == NOTICE, path.name
        assert track["Performer"].replace(" / ", "; ") == CREATORS, path.name
        assert track["ISRC"] == RIGHTS.isrc, path.name


def test_mutagen_reads_the_exact_texts(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        tags = mutagen.File(path).tags
        if "TCOP" in tags:
            assert (tags["TCOP"].text, tags["TPE1"].text) == ([NOTICE], [CREATORS]), path.name
            assert (tags["WCOP"].url, tags["USER:XXX"].text) == (RIGHTS.web_statement, RIGHTS.usage_terms)
            assert (tags["TSRC"].text, tags["TXXX:ISWC"].text) == ([RIGHTS.isrc], [RIGHTS.iswc])
        else:
            assert (tags["copyright"], tags["artist"]) == ([NOTICE], list(RIGHTS.creators)), path.name
            assert (tags["isrc"], tags["contact"]) == (
                [RIGHTS.isrc],
                ["https://example.com/zoë", "zoe@example.com"],
            )


@pytest.mark.parametrize("name", ENCODERS)
def test_the_sound_is_the_same_packet_for_packet(name: str) -> None:
    source = sound(name, title="T")
    written = documents.write_rights(source, RIGHTS)
    assert packets(written) == packets(source)
    assert documents.essence_digest(written) == documents.essence_digest(source)
    assert documents.write_rights(written, RIGHTS) is written
    found = documents.read_rights(written)
    assert (found.rights, found.conflicts, found.warnings) == (RIGHTS, {}, [])


# The tags that a notice consists of, and what follows from it: the size of a tag or of padding, the rate that
# ExifTool reckons from a file's length, the maker of a comment block that was not there, how many chunks of
# application data; and a format that ExifTool recognises once there is a tag in front.
OURS = re.compile(
    r"""(
    Copyright | Copyrightowner | CopyrightURL | FileOwner | Artist | Author | Credit | Source | License
    | Marked | TermsOfUse.* | Usageterms | Licensor | Datamining | Contact | ISRC | ISRCNumber | Iswc
    | Barcode | Identifier | ID3Size | Padding | Vendor | ApplicationData | AudioBitrate | Duration
    | Unknown_ID3
    )$""",
    re.VERBOSE,
)
FOLLOWS = {("ExifTool:Error", "File format error"), ("APE:Title", "Title")}


def corpus() -> dict[str, bytes]:
    """Odd files of other projects' tests, where they are at hand."""
    files = {path.name: path.read_bytes() for path in shared_files("audio/metadata/*")}
    return {name: data for name, data in files.items() if documents.identify(data) in SOUNDS}


@pytest.mark.slow
def test_nothing_is_lost_in_files_of_other_writers(tmp_path: Path) -> None:
    dumps: list[dict[str, Counter[tuple[str, str]]]] = []
    written: dict[str, bytes] = {}
    for name, data in corpus().items():
        try:
            written[name] = documents.write_rights(data, RIGHTS)
        except MediaError:
            continue
        assert documents.write_rights(written[name], RIGHTS) is written[name], name
        assert documents.essence_digest(written[name]) == documents.essence_digest(data), name
        assert readable(written[name]) == readable(data), name
    for files in (corpus(), written):
        folder = tmp_path / str(len(dumps))
        folder.mkdir()
        for name in written:
            (folder / name).write_bytes(files[name])
        found = exiftool(*folder.iterdir()) if written else {}
        dumps.append({name: Counter(map(kept, dump.items())) for name, dump in found.items()})
    for name in written:
        before, after = (dump[name] for dump in dumps)
        assert set(before - after) | set(after - before) <= FOLLOWS | {("", "")}, name


def kept(item: tuple[str, object]) -> tuple[str, str]:
    """A tag and its value, empty for what is ours or the file system's."""
    group, _, name = item[0].partition(":")
    ours = group in ("SourceFile", "System") or group.startswith("XMP") or OURS.match(name)
    return ("", "") if ours else (item[0], str(item[1]))


def readable(data: bytes) -> object:
    """The packets, None where FFmpeg does not find any. Where the last frame is cut off, FFmpeg takes the APE
    tag behind it for its rest, and for more sound: packets count up to there.
    """
    try:
        found = packets(data)
    except (av.FFmpegError, IndexError):
        return None
    tagged = (at for at, (*_, content) in enumerate(found) if b"APETAGEX" in content)
    last = next(tagged, len(found) - 1) + 1
    return [(*times, content.partition(b"APETAGEX")[0]) for *times, content in found[:last]]


def frame(name: bytes, content: bytes, flags: int = 0) -> bytes:
    return name + struct.pack(">IH", len(content), flags) + content


def tag(version: int, flags: int, body: bytes) -> bytes:
    size = bytes(len(body) >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3" + bytes([version, 0, flags]) + size + body


PICTURE = b"\xff\xe0\xff\0" * 25
APIC = b"\0image/png\0\3\0" + PICTURE
TITLE, LATIN = b"\1\xff\xfeS\0\xff\0", b"\0S\xff"
BODY = frame(b"TIT2", TITLE) + frame(b"APIC", APIC)
SAFE = (
    BODY.replace(b"\xff\0", b"\xff\0\0")
    .replace(b"\xff\xfe", b"\xff\0\xfe")
    .replace(b"\xff\xe0", b"\xff\0\xe0")
)
V24 = frame(b"TIT2", LATIN) + frame(b"APIC", APIC)
KINDS_OF_TAG = {
    "v2.2": tag(2, 0, b"TT2\0\0\3" + LATIN + b"PIC\0\0\x6a\0PNG\3\0" + PICTURE),
    "v2.3": tag(3, 0, BODY),
    "v2.3, padding": tag(3, 0, BODY + bytes(3000)),
    "v2.3, unsynchronised": tag(3, 0x80, SAFE + bytes(40)),
    "v2.3, checksum": tag(3, 0x40, struct.pack(">IHII", 10, 0x8000, 0, zlib.crc32(BODY)) + BODY),
    "v2.4": tag(4, 0, V24),
    "v2.4, extended": tag(4, 0x40, b"\0\0\0\6\1\0" + V24),
    "v2.4, footer": tag(4, 0x10, V24) + b"3DI" + tag(4, 0x10, V24)[3:10],
}


@pytest.mark.parametrize("kind", KINDS_OF_TAG)
def test_mutagen_reads_every_kind_of_tag(tmp_path: Path, kind: str) -> None:
    """Extended header, unsynchronisation and footer are still right, as an independent reader has it."""
    path = tmp_path / "song.mp3"
    music = sound("mp3")
    music = music[10 + sum(byte << shift for byte, shift in zip(music[6:10], (21, 14, 7, 0), strict=True)) :]
    path.write_bytes(documents.write_rights(KINDS_OF_TAG[kind] + music, RIGHTS))
    tags = mutagen.File(path).tags
    assert (tags["TIT2"].text, tags.getall("APIC")[0].data) == (["Sÿ"], PICTURE)
    assert (tags["TCOP"].text, tags["TPE1"].text) == ([NOTICE], [CREATORS])
    assert (tags["WCOP"].url, tags["TSRC"].text) == (RIGHTS.web_statement, [RIGHTS.isrc])
    assert tags.version[:2] == (2, int(kind[3]))
    assert path.read_bytes().endswith(music)
