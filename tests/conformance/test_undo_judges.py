"""ExifTool judges what `stamp rights undo` brings back: also what the values of a receipt do not say."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import stamp
from stamp.core.rights import Party, Rights
from stamp.metadata.document import Document
from stamp.metadata.stores import pngtext
from stamp.pipeline.receipts import receipt, snapshot
from stamp.pipeline.removals import undo_rights
from tests.media.audio_files import sound
from tests.media.matroska_files import TAGS, Mkv, ebml
from tests.media.mp4_files import Mp4, box

REPLACE = stamp.NoticeOptions(replace_rights=True)
RIGHTS = Rights(
    copyright_notice="© 2026 Zoë 東京",
    creators=("New", "Ł; x"),
    usage_terms="new terms",
    web_statement="https://example.com/",
    licensors=(Party(name="L | M", url="https://example.org/"),),
    marked=True,
).without_ai()


def comments(*texts: str) -> bytes:
    raw = [text.encode() for text in texts]
    parts = (struct.pack("<I", len(text)) + text for text in raw)
    return struct.pack("<I1sI", 1, b"v", len(raw)) + b"".join(parts)


def frames(*contents: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + len(content).to_bytes(4, "big") + bytes(2) + content for name, content in contents)
    return b"ID3\4\0\0\0\0" + bytes((len(body) >> 7, len(body) & 0x7F)) + body


def simple(name: str, text: str, *inner: bytes) -> bytes:
    return ebml(0x67C8, ebml(0x45A3, name.encode()), ebml(0x4487, text.encode()), *inner)


def picture() -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").save(out, "png")
    return out.getvalue()


MACINTOSH = "© old".encode("mac_roman")
LAYERS = [
    ("USER", b"\3engold"),
    ("TXXX", b"\3usageterms\0low"),
    ("TXXX", b"\3LICENSE\0GPL"),
    ("WCOP", b"http://o/"),
]
ARTIST = simple("ARTIST", "Old", simple("URL", "https://old.example/"))
# A file, and what one of its stores says in a way of its own.
FILES = {
    "a.wav": (lambda: sound("wav"), {"info": b"ICOP\6\0\0\0\xa9 old\0IART\4\0\0\0\xc3\xa9\0\0"}),
    "a.aiff": (lambda: sound("aiff"), {"iff": b"(c) \0\0\0\5" + MACINTOSH + b"\0"}),
    "a.flac": (lambda: sound("flac"), {"vorbis": comments("copyright=one", "COPYRIGHT=two", "TITLE=T")}),
    "a.png": (
        picture,
        {"text": b"".join(pngtext.encode("Copyright", text) for text in ("© one", "two", "東京"))},
    ),
    "a.mp3": (lambda: sound("mp3"), {"id3": frames(*((name.encode(), text) for name, text in LAYERS))}),
    "a.mkv": (Mkv().encoded, {"tags": ebml(TAGS, ebml(0x7373, ebml(0x63C0), ARTIST))}),
    "a.mov": (
        Mp4(brand=b"qt  ").encoded,
        {"usertext": box(b"\xa9cpy", struct.pack(">HH", 5, 0), MACINTOSH, b"\0\2\0\5xy")},
    ),
}


def tags_of(path: Path) -> dict[str, Any]:
    """What ExifTool finds, but for where it stands and for the file system's part."""
    tool = shutil.which("exiftool")
    if tool is None and os.environ.get("CI") == "true":
        pytest.fail("exiftool is not installed")
    if tool is None:
        pytest.skip("exiftool is not installed")
    done = subprocess.run([tool, "-j", "-a", "-u", "-G1:4", str(path)], capture_output=True, check=False)
    told: dict[str, Any] = json.loads(done.stdout)[0]
    outside = (
        "System:",
        "SourceFile",
        "QuickTime:Free",
        "QuickTime:MediaData",
        "FLAC:Padding",
        "Matroska:Void",
    )
    return {key: value for key, value in told.items() if not key.startswith(outside)}


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_all_that_a_store_said_comes_back(name: str, tmp_path: Path) -> None:
    make, blocks = FILES[name]
    path = tmp_path / name
    path.write_bytes(Document(make()).container.splice(make(), blocks)[:])
    before, had = snapshot(path), tags_of(path)
    assert blocks.keys() <= before.blocks.keys()
    stamp.write_rights(path, path, RIGHTS, overwrite=True, options=REPLACE)
    assert tags_of(path) != had
    told = json.loads(json.dumps(receipt(before, snapshot(path))))
    undo_rights(path, path, told["changes"], told["blocks"], overwrite=True)
    assert tags_of(path) == had
    after = snapshot(path)
    assert (after.values, dict(after.blocks)) == (before.values, dict(before.blocks))


@pytest.mark.parametrize("name", FILES)
def test_what_somebody_has_added_since_stays(name: str, tmp_path: Path) -> None:
    make, blocks = FILES[name]
    path = tmp_path / name
    path.write_bytes(Document(make()).container.splice(make(), blocks)[:])
    before = snapshot(path)
    stamp.write_rights(path, path, RIGHTS, overwrite=True, options=REPLACE)
    told = receipt(before, snapshot(path))
    later = Rights(creators=("Later",))
    stamp.write_rights(path, path, later, overwrite=True, options=REPLACE)
    report = undo_rights(path, path, told["changes"], told["blocks"], overwrite=True)
    assert report.rights.creators == later.creators
    assert report.rights.licensors == ()
