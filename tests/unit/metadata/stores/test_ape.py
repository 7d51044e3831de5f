"""APEv2 behind MPEG audio: kept up to date where it is, and everything else keeps its bytes."""

from __future__ import annotations

import struct

import pytest

from stamp.core.errors import CorruptFile
from stamp.core.rights import Rights
from stamp.formats import endtags
from stamp.metadata.stores import ape
from tests.helpers import documents

MPEG = (b"\xff\xfb\x90\x00" + bytes(413)) * 3
ID3V1 = b"TAG" + b"Old".ljust(125, b"\0")
RIGHTS = Rights(copyright_notice="© 2026 Zoë 東京", creators=("Zoë", "Ł"))
GAIN = (b"REPLAYGAIN_TRACK_GAIN", b"-3.2 dB", 0)


def item(key: bytes, value: bytes, flags: int = 0) -> bytes:
    return struct.pack("<II", len(value), flags) + key + b"\0" + value


def tag(*items: tuple[bytes, bytes, int], header: bool = True, version: int = 2000) -> bytes:
    body = b"".join(item(*each) for each in items)
    frame = struct.pack("<8sIII", b"APETAGEX", version, len(body) + 32, len(items))
    flags = 1 << 31 if header else 0
    footer = frame + struct.pack("<I8x", flags)
    return (frame + struct.pack("<I8x", flags | 1 << 29) if header else b"") + body + footer


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("behind", [b"", ID3V1])
def test_an_old_notice_gives_way_to_the_new_one(header: bool, behind: bytes) -> None:
    cover = (b"Cover Art (Front)", b"x.jpg\0\xff\xd8", 2)
    old = (GAIN, (b"COPYRIGHT", b"(c) old", 0), cover, (b"artist", b"Old\0Older", 0))
    source = MPEG + tag(*old, header=header) + behind
    assert documents.read_rights(source).rights == Rights(
        copyright_notice="(c) old", creators=("Old", "Older")
    )
    written = documents.write_rights(source, RIGHTS)
    found = documents.read_rights(written)
    assert (found.rights, found.conflicts) == (RIGHTS, {})
    assert found.sources["creators"] == ["id3", "xmp", "ape"]
    new = [(b"Copyright", "© 2026 Zoë 東京".encode(), 0), (b"Artist", "Zoë\0Ł".encode(), 0)]
    assert written.endswith(MPEG + tag(GAIN, new[0], cover, new[1], header=header) + behind)
    assert documents.write_rights(written, RIGHTS) is written
    assert documents.essence_digest(written) == documents.essence_digest(source)
    removed = documents.remove_rights(written, RIGHTS)
    assert removed.endswith(MPEG + tag(GAIN, cover, header=header) + behind)


def test_an_undone_notice_is_there_again() -> None:
    source = MPEG + tag((b"Artist", b"Old", 0)) + ID3V1
    written = documents.write_rights(source, Rights(creators=("New",)))
    changes = {store: {"creators": (None, ("New",))} for store in ("id3", "xmp")}
    changes["ape"] = {"creators": (("Old",), ("New",))}
    assert documents.undo_rights(written, changes) == source


@pytest.mark.parametrize("length", range(48, 53))
def test_the_mark_of_an_ape_tag_is_not_that_of_id3v1(length: int) -> None:
    source = MPEG + tag((b"Copyright", b"x" * length, 0))
    assert documents.read_rights(source).rights == Rights(copyright_notice="x" * length)
    written = documents.write_rights(source, RIGHTS)
    assert documents.read_rights(written).sources["creators"] == ["id3", "xmp", "ape"]
    assert [(tag.kind, tag.at) for tag in endtags.tags(source, 0)] == [("ape", len(MPEG))]


def test_no_tag_is_put_in_and_an_emptied_one_goes() -> None:
    assert b"APETAGEX" not in documents.write_rights(MPEG, RIGHTS)
    ours = tag((b"Copyright", RIGHTS.copyright_notice.encode(), 0))
    for source in (MPEG + ours + ID3V1, MPEG + ID3V1 + ours):
        removed = documents.remove_rights(source, RIGHTS)
        assert removed == MPEG + ID3V1
        assert documents.same_essence(source, removed)
        assert documents.essence_digest(source) == documents.essence_digest(MPEG)


def test_of_two_tags_the_last_counts() -> None:
    first, last = tag((b"Copyright", b"first", 0)), tag((b"Copyright", b"last", 0))
    source = MPEG + first + ID3V1 + last
    assert documents.read_rights(source).rights == Rights(copyright_notice="last")
    written = documents.write_rights(source, RIGHTS)
    assert first + ID3V1 in written
    assert documents.essence_digest(written) == documents.essence_digest(MPEG)


@pytest.mark.parametrize(
    "block",
    [
        tag((b"Copyright", b"old", 0), version=1000),
        tag((b"Copyright", b"old", 0))[:-32] + tag(GAIN)[-32:],
        tag((b"Copyright", b"old", 0)).replace(b"\3\0\0\0", b"\xff\0\0\0"),
        tag((b"Copyright", b"old", 0)).replace(b"old", b"").replace(b"Copyright\0", b"Copyright"),
    ],
)
def test_a_tag_that_cannot_be_read_is_passed_over(block: bytes) -> None:
    with pytest.raises(CorruptFile):
        ape.read(block)
    written = documents.write_rights(MPEG + block, RIGHTS)
    assert written.endswith(block)
    assert "ape" not in documents.read_rights(written).values
