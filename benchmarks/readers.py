"""Which programs show the notice: a file of each kind is written, and independent readers are asked.

    python -m benchmarks.readers

A field counts as shown if the reader prints exactly the text that was given, with all its scripts and
symbols. Readers that are not installed are left out and named.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.common import photos, runner
from stamp.core.rights import Rights
from stamp.formats.sniff import sniff
from stamp.metadata.document import Document

RIGHTS = Rights(
    copyright_notice="© 2026 Zoë Müller-Łukasz 東京 😀 שלום",
    creators=("Zoë Łukasz 東京",),
    usage_terms="Kein Gebrauch – ohne Erlaubnis 東京",
    web_statement="https://example.com/?a=1&b=2",
)
LETTERS = {"copyright_notice": "N", "creators": "C", "usage_terms": "T", "web_statement": "U"}
# A codestream of 33 x 21 pixels of one colour, from libjxl 0.11.
_JXL = "ff0aa0004080480804010074004b188b1500d413e3ffc418ff004382720100dd731418dbfd9a4af8860f"
_PICTURES = {
    "JPEG": "jpeg",
    "PNG": "png",
    "WebP": "webp",
    "TIFF": "tiff",
    "GIF": "gif",
    "AVIF": "avif",
    "HEIC": "heif",
}
_SOUND = ("-f", "lavfi", "-i", "sine=440:duration=1")
_FILM = ("-f", "lavfi", "-i", "testsrc2=duration=1:size=128x96", *_SOUND, "-shortest")
_MEDIA = {
    "MP3": ("mp3", *_SOUND),
    "FLAC": ("flac", *_SOUND),
    "Ogg Vorbis": ("ogg", *_SOUND, "-c:a", "libvorbis"),
    "Opus": ("opus", *_SOUND),
    "WAV": ("wav", *_SOUND),
    "AIFF": ("aiff", *_SOUND),
    "M4A": ("m4a", *_SOUND),
    "MP4": ("mp4", *_FILM),
    "MOV": ("mov", *_FILM),
    "Matroska": ("mkv", *_FILM),
    "WebM": ("webm", *_FILM, "-c:v", "libvpx", "-c:a", "libopus"),
}


def samples() -> Iterator[tuple[str, str, bytes]]:
    """(kind of file, suffix, content), those aside that cannot be made here."""
    photo = Image.open(photos.SAMPLE_MEDIA / "lake.jpg").convert("RGB").resize((64, 48))
    for title, kind in _PICTURES.items():
        if kind == "heif":
            import pillow_heif

            pillow_heif.register_heif_opener()
        photo.save(out := io.BytesIO(), kind)
        yield title, "heic" if kind == "heif" else kind, out.getvalue()
    yield "JPEG XL", "jxl", bytes.fromhex(_JXL)
    with tempfile.TemporaryDirectory() as folder:
        for title, (suffix, *options) in _MEDIA.items():
            path = Path(folder) / f"made.{suffix}"
            subprocess.run(["ffmpeg", "-v", "error", *options, str(path)], check=True)
            yield title, suffix, path.read_bytes()


def _run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=False).stdout.decode(errors="replace")


def _leaves(value: Any) -> Iterator[str]:
    """The texts in a JSON document."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item)
    else:
        yield str(value)


def exiftool(path: Path) -> set[str]:
    return set(_leaves(json.loads(_run("exiftool", "-j", "-a", "-G1", str(path)) or "[]")))


def exiv2(path: Path) -> set[str]:
    values = (line.partition(" ")[2].strip() for line in _run("exiv2", "-PEXIkv", str(path)).splitlines())
    return {value.partition('lang="x-default" ')[2] or value for value in values}


def ffprobe(path: Path) -> set[str]:
    options = ("-v", "quiet", "-print_format", "json", "-show_format", "-show_streams")
    return set(_leaves(json.loads(_run("ffprobe", *options, str(path)) or "{}")))


def mediainfo(path: Path) -> set[str]:
    return set(_leaves(json.loads(_run("mediainfo", "--Output=JSON", str(path)) or "{}")))


READERS: dict[str, tuple[Callable[[Path], set[str]], tuple[str, ...]]] = {
    "exiftool": (exiftool, ("exiftool", "-ver")),
    "exiv2": (exiv2, ("exiv2", "--version")),
    "ffprobe": (ffprobe, ("ffprobe", "-version")),
    "mediainfo": (mediainfo, ("mediainfo", "--Version")),
}


def shown(path: Path, read: Callable[[Path], set[str]]) -> list[str]:
    """The fields that a reader shows exactly."""
    texts = read(path)
    values = RIGHTS.values()
    wanted = {name: values[name] for name in LETTERS}
    return [
        name for name, value in wanted.items() if (value[0] if isinstance(value, tuple) else value) in texts
    ]


def markdown(rows: dict[str, dict[str, list[str]]], readers: list[str]) -> str:
    lines = [
        [title, *("".join(LETTERS[name] for name in found[reader]) or "-" for reader in readers)]
        for title, found in rows.items()
    ]
    legend = ", ".join(f"{letter} {name.replace('_', ' ')}" for name, letter in LETTERS.items())
    return runner.table(["file", *readers], lines) + f"\n{legend}.\n"


def brief(document: dict[str, Any]) -> str:
    """Who shows what, for the documents."""
    said = ", ".join(f"{name} {number}" for name, number in document["readers"].items())
    return f"Fields shown exactly ({said}; {document['environment']['date']}):\n\n" + markdown(
        document["files"], list(document["readers"])
    )


def main() -> None:
    given = runner.parser("readers", __doc__).parse_args()
    given.tools = ["stamp"]
    readers = [name for name in READERS if shutil.which(name)]
    versions = {name: _version(READERS[name][1]) for name in readers}
    rows: dict[str, dict[str, list[str]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for title, suffix, data in samples():
            if (found := sniff(data)) and found.notice:
                path = Path(folder) / f"file.{suffix}"
                written = Document(data).with_rights(RIGHTS).data
                path.write_bytes(written[0 : len(written)])
                rows[title] = {reader: shown(path, READERS[reader][0]) for reader in readers}
    said = ", ".join(f"{name} {number}" for name, number in versions.items())
    text = f"{markdown(rows, readers)}\n{said}.\n"
    missing = [name for name in READERS if name not in readers]
    text += f"\nNot installed: {', '.join(missing)}.\n" if missing else ""
    runner.write(given, {"readers": versions, "files": rows}, text, {})


def _version(command: tuple[str, ...]) -> str:
    """The first number with a dot that a reader says of itself."""
    words = (word.strip("v,") for word in _run(*command).split())
    return next((word for word in words if "." in word and word[0].isdigit()), "?")


if __name__ == "__main__":
    main()
