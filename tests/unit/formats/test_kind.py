"""Which kind of work is in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from stamp.formats.sniff import kind, kind_of

HEADS = {
    b"\xff\xd8\xff\xe0\0\x10JFIF": "image",
    b"\x89PNG\r\n\x1a\n": "image",
    b"RIFF\0\0\0\0WEBPVP8 ": "image",
    b"RIFF\0\0\0\0WAVEfmt ": "audio",
    b"RF64\xff\xff\xff\xffWAVEds64": "audio",
    b"RIFF\0\0\0\0AVI LIST": "video",
    b"FORM\0\0\0\0AIFFCOMM": "audio",
    b"fLaC\0\0\0\x22": "audio",
    b"ID3\x04\0\0": "audio",
    b"\xff\xfb\x90\x64": "audio",
    b"\xff\xf1\x50\x80": "audio",
    b"OggS\0\x02" + bytes(22) + b"\x01\x1eOpusHead": "audio",
    b"OggS\0\x02" + bytes(22) + b"\x01\x2a\x80theora": "video",
    b"\0\0\0\x20ftypM4A \0\0\2\0": "audio",
    b"\0\0\0\x20ftypisom\0\0\2\0": "video",
    b"\0\0\0\x20ftypqt  \0\0\2\0": "video",
    b"\0\0\0\x08wide\0\0\0\0mdat": "video",
    b"\0\0\0\x20ftypavif\0\0\0\0": "image",
    b"\0\0\0\x20ftypheic\0\0\0\0": "image",
    b"\0\0\0\x20ftypcrx \0\0\0\0": "image",  # a raw photograph of Canon's
    b"\x1aE\xdf\xa3\x9f": "video",
    (b"G" + bytes(187)) * 2: "video",
    (bytes(4) + b"G" + bytes(187)) * 2: "video",
    b"GIF89a" + bytes(300): "image",
    b"\xff\x0a\xfa\x1f": "image",  # a bare JPEG XL codestream
    b"II*\0": "image",
    b"": "image",
    b"\xff": "image",
}


@pytest.mark.parametrize("head", HEADS)
def test_kinds_are_told_by_the_first_bytes(head: bytes, tmp_path: Path) -> None:
    assert kind(head) == HEADS[head]
    path = tmp_path / "misleading.jpg"
    path.write_bytes(head)
    assert kind_of(path) == HEADS[head]


def test_what_cannot_be_opened_is_left_to_the_picture_reader(tmp_path: Path) -> None:
    assert kind_of(tmp_path / "missing") == "image"
    assert kind_of(tmp_path) == "image"
    assert kind_of("bad\0name") == "image"
