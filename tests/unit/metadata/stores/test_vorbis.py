"""Vorbis comments in FLAC and Ogg: blocks, padding, pages; everything else keeps its bytes."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import mutagen
import pytest

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.core.rights import Party, Rights
from stamp.formats import id3 as id3tag
from stamp.formats import ogg as oggpage
from stamp.metadata import containers
from stamp.metadata.stores import id3, vorbis
from tests.helpers import documents
from tests.media.audio_files import packets, sound

RIGHTS = Rights(copyright_notice="© 東京", creators=("A", "B"))
STREAMINFO = bytes(34)
FRAMES = b"\xff\xf8 frames"
COMMENTS, PADDING, PICTURE = 4, 1, 6


def comments(*texts: str | bytes, vendor: bytes = b"v", rest: bytes = b"") -> bytes:
    raw = [text if isinstance(text, bytes) else text.encode() for text in texts]
    body = b"".join(struct.pack("<I", len(text)) + text for text in raw)
    return struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(raw)) + body + rest


def texts(block: bytes) -> list[bytes]:
    """The comments of a block, read without the package."""
    at = 4 + struct.unpack_from("<I", block)[0]
    (count,) = struct.unpack_from("<I", block, at)
    found, at = [], at + 4
    for _ in range(count):
        (size,) = struct.unpack_from("<I", block, at)
        found.append(block[at + 4 : at + 4 + size])
        at += 4 + size
    return found


def flac(*blocks: tuple[int, bytes], front: bytes = b"") -> bytes:
    found = [(0, STREAMINFO), *blocks]
    body = b"".join(
        bytes([kind | (0x80 if at == len(found) - 1 else 0)]) + len(content).to_bytes(3, "big") + content
        for at, (kind, content) in enumerate(found)
    )
    return front + b"fLaC" + body + FRAMES


def flac_blocks(data: bytes) -> list[tuple[int, bytes]]:
    """Kind and content of the blocks behind STREAMINFO; only the last is said to be the last."""
    found, at = [], data.index(b"fLaC") + 4
    while True:
        first, size = data[at], int.from_bytes(data[at + 1 : at + 4], "big")
        found.append((first & 0x7F, data[at + 4 : at + 4 + size]))
        at += 4 + size
        if first & 0x80:
            assert data[at:] == FRAMES
            assert found[0] == (0, STREAMINFO)
            return found[1:]


def test_comments_of_others_keep_their_bytes_and_places() -> None:
    block = comments("TITLE=T", "Artist=Old", b"X=\xff\xfe", "no key", "=", "copyright=one", "COPYRIGHT=two")
    written = vorbis.write(block, RIGHTS.values())
    assert texts(written) == [
        b"TITLE=T",
        b"ARTIST=A",
        b"ARTIST=B",
        b"X=\xff\xfe",
        b"no key",
        b"=",
        "COPYRIGHT=© 東京".encode(),
    ]
    assert vorbis.read(written) == RIGHTS.values()
    assert vorbis.write(written, RIGHTS.values()) == written


def test_what_is_said_already_is_not_touched() -> None:
    block = comments("Copyright=© 東京", "copyright=more", rest=b"\1")
    assert vorbis.write(block, {"copyright_notice": "© 東京"}) == block
    assert vorbis.remove(block, {"copyright_notice": "© 東京"}) == comments("copyright=more", rest=b"\1")


def test_licences_contacts_and_identifiers_of_others_stay() -> None:
    block = comments("LICENSE=CC-BY", "CONTACT=1 Long Street", "IDENTIFIER=isbn:1")
    values = {
        "web_statement": "https://e.com/",
        "creator_contact": Party(url="https://e.com/me", email="a@e.com"),
        "identifier": "00ff00ff00ff00ff",
    }
    written = vorbis.write(block, values)
    assert texts(written) == [
        b"LICENSE=CC-BY",
        b"CONTACT=1 Long Street",
        b"IDENTIFIER=isbn:1",
        b"LICENSE=https://e.com/",
        b"CONTACT=https://e.com/me",
        b"CONTACT=a@e.com",
        b"IDENTIFIER=stamp:00ff00ff00ff00ff",
    ]
    assert vorbis.read(written) == values
    assert vorbis.remove(written, values) == block


def test_parties_are_legible_and_come_back() -> None:
    parties = (
        Party(name="Łabel", url="https://e.com/", email="a@e.com", id="7"),
        Party(name="https://name.example"),
        Party(name='"quoted"'),
        Party(email="b@e.com"),
    )
    written = vorbis.write(None, {"licensors": parties})
    assert texts(written) == [
        "LICENSOR=Łabel | https://e.com/ | a@e.com | id:7".encode(),
        b'LICENSOR="https://name.example"',
        b'LICENSOR="""quoted"""',
        b"LICENSOR=b@e.com",
    ]
    assert vorbis.read(written) == {"licensor_url": "https://e.com/", "licensors": parties}
    changed = vorbis.write(written, {"licensor_url": "https://new.example/"})
    assert texts(changed)[0] == "LICENSOR=Łabel | https://new.example/ | a@e.com | id:7".encode()
    assert texts(changed)[1:] == texts(written)[1:]


@pytest.mark.parametrize(
    ("text", "party"),
    [
        (
            "Smith | Partners | https://e.com/ | id:1 | 2",
            Party(name="Smith | Partners", url="https://e.com/", id="1 | 2"),
        ),
        ('""quoted"" | a@e.com', Party(name='"quoted"', email="a@e.com")),
        ('"id:A" B" | id:7', Party(name='id:A" B', id="7")),
        ("https://e.com/ | Label | a@e.com", Party(name="Label", url="https://e.com/", email="a@e.com")),
        ('"one" & two', Party(name='"one" & two')),
    ],
)
def test_parties_of_earlier_and_other_writers_are_read(text: str, party: Party) -> None:
    block = comments(f"LICENSOR={text}")
    assert vorbis.read(block)["licensors"] == (party,)
    assert vorbis.write(block, {"licensors": (party,)}) == block


@pytest.mark.parametrize(
    "block",
    [b"", b"\1\0\0\0", comments()[:-1], comments("A=B")[:-1], b"\0\0\0\0\xff\xff\xff\xff" + bytes(99)],
)
def test_damaged_comments_are_refused(block: bytes) -> None:
    with pytest.raises(CorruptFile):
        vorbis.read(block)


@pytest.mark.parametrize("size", [0, 3, 28, 32, 500])
def test_padding_takes_up_the_growth_where_it_can(size: int) -> None:
    old = comments("TITLE=T")
    new = vorbis.write(old, RIGHTS.values())
    source = flac((COMMENTS, old), (PICTURE, b"p"), (PADDING, bytes(size)))
    written = documents.write_rights(source, RIGHTS)
    left = size - (len(new) - len(old))
    assert flac_blocks(written) == [
        (COMMENTS, new),
        (PICTURE, b"p"),
        (PADDING, bytes(left if left >= 0 else size)),
    ]
    if left >= 0:
        assert len(written) == len(source)
        assert documents.remove_rights(written, RIGHTS) == source


@pytest.mark.parametrize(
    "blocks",
    [[], [(PADDING, bytes(200))], [(PADDING, b"")], [(PICTURE, b"p")], [(PICTURE, b"p"), (2, b"app!")]],
)
def test_a_new_comment_block_stands_behind_the_streaminfo(blocks: Sequence[tuple[int, bytes]]) -> None:
    source = flac(*blocks, front=b"ID3\4\0\0\0\0\0\3abc")
    written = documents.write_rights(source, RIGHTS)
    assert written.startswith(b"ID3\4\0\0\0\0\0\3abcfLaC")
    (kind, block), *others = flac_blocks(written)
    assert (kind, vorbis.read(block)) == (COMMENTS, RIGHTS.values())
    assert [kind for kind, _ in others] == [kind for kind, _ in blocks]
    assert [content for kind, content in others if kind != PADDING] == [
        content for kind, content in blocks if kind != PADDING
    ]
    removed = documents.remove_rights(written, RIGHTS)
    # Padding that was too small stays larger: the frames need not move again.
    assert removed == source or [kind for kind, _ in flac_blocks(removed)] == [PADDING]


@pytest.mark.parametrize("old", ["2020 Somebody", ""])
def test_an_id3_tag_in_front_of_a_flac_is_kept_up_to_date(old: str) -> None:
    title = id3tag.new().frame(b"TIT2", b"\3Song")
    front = id3tag.new().with_frames([title])
    front = id3.write(front, {"copyright_notice": old}) if old else front
    source = flac((COMMENTS, comments("TITLE=T")), front=front)
    assert documents.read_rights(source).rights == Rights(copyright_notice=old or None)
    written = documents.write_rights(source, RIGHTS)
    found = documents.read_rights(written)
    assert (found.rights, found.conflicts) == (RIGHTS, {})
    assert found.sources["copyright_notice"] == ["vorbis", "id3"]
    assert title in id3tag.parse(written[: written.index(b"fLaC")]).frames
    assert vorbis.read(dict(flac_blocks(written))[COMMENTS]) == RIGHTS.values()
    assert documents.write_rights(written, RIGHTS) is written
    assert documents.essence_digest(written) == documents.essence_digest(source)
    removed = documents.remove_rights(written, RIGHTS)
    assert title in id3tag.parse(removed[: removed.index(b"fLaC")]).frames
    assert documents.read_rights(removed).sources == {}


def test_the_last_block_may_be_the_comment() -> None:
    source = flac((PICTURE, b"p"), (COMMENTS, comments("TITLE=T")))
    written = documents.write_rights(source, RIGHTS)
    assert [kind for kind, _ in flac_blocks(written)] == [PICTURE, COMMENTS]
    assert documents.remove_rights(written, RIGHTS) == source


def test_a_comment_block_of_16_mb_is_refused() -> None:
    source = flac((COMMENTS, comments(b"X=" + bytes((1 << 24) - 40))))
    with pytest.raises(UnsupportedFormat, match="16 MB"):
        documents.write_rights(source, RIGHTS)


@pytest.mark.parametrize(
    "data",
    [
        b"fLaC",
        b"fLaC\x84\0\0\0",
        flac()[:-8] + b"no frame",
        flac((127, b"")),
        b"fLaC\0\0\0\x22" + STREAMINFO + b"\x84\xff\xff\xff",
    ],
)
def test_damaged_flac_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptFile):
        documents.write_rights(data, RIGHTS)


def bitwise_checksum(page: bytes) -> int:
    """RFC 3533, section 6, bit by bit."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1 ^ (0x04C11DB7 if register & 0x80000000 else 0)) & 0xFFFFFFFF
    return register


def ogg_pages(data: bytes) -> list[tuple[int, bytes, int, bytes]]:
    """Flags, position, number and content of each page; numbers and checksums are checked."""
    found, at = [], 0
    while at < len(data):
        count = data[at + 26]
        end = at + 27 + count + sum(data[at + 27 : at + 27 + count])
        (checksum,) = struct.unpack_from("<I", data, at + 22)
        assert bitwise_checksum(data[at : at + 22] + bytes(4) + data[at + 26 : end]) == checksum
        number = struct.unpack_from("<I", data, at + 18)[0]
        assert number == len(found)
        found.append((data[at + 5], data[at + 6 : at + 14], number, data[at + 27 + count : end]))
        at = end
    return found


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["vorbis", "opus", "oggflac"])
@pytest.mark.parametrize("size", [0, 40_000, 200_000])
def test_pages_are_renumbered_where_their_number_changes(kind: str, size: int) -> None:
    """The terms fill one page, or spread over several."""
    source = sound(kind, 0.1)
    rights = Rights(copyright_notice="© 東京", usage_terms="t" * min(size, 8000) or None)
    written = documents.write_rights(source, rights)
    if size:
        more = [f"X{number}={'x' * 9000}".encode() for number in range(size // 9000)]
        block = containers.load("ogg").extract(written)["vorbis"]
        (vendor,) = struct.unpack_from("<I", block)
        rest = block[len(comments(*texts(block), vendor=block[4 : 4 + vendor])) :]
        block = comments(*texts(block), *more, vendor=block[4 : 4 + vendor], rest=rest)
        written = bytes(containers.load("ogg").splice(written, {"vorbis": block})[0 : 1 << 30])
        assert texts(containers.load("ogg").extract(written)["vorbis"])[-1] == more[-1]
    before, after = ogg_pages(source), ogg_pages(written)
    assert after[0] == before[0]
    assert (len(after) > len(before)) == (size > 65_025)
    assert packets(written) == packets(source)
    assert documents.essence_digest(written) == documents.essence_digest(source)
    assert documents.read_rights(written).rights == rights
    back = documents.remove_rights(written, rights) if not size else source
    assert back == source


def test_what_follows_opus_comments_stays() -> None:
    source = sound("opus", 0.1)
    block = containers.load("ogg").extract(source)["vorbis"]
    padded = bytes(containers.load("ogg").splice(source, {"vorbis": block + b"\1binary"})[0 : 1 << 30])
    written = documents.write_rights(padded, RIGHTS)
    assert containers.load("ogg").extract(written)["vorbis"].endswith(b"\1binary")


def test_a_wrong_checksum_stays_wrong() -> None:
    """Renumbering must not make a damaged page look whole."""
    source = bytearray(sound("vorbis", 0.1))
    last = list(oggpage.pages(bytes(source)))[-1]
    source[-1] ^= 1
    page = list(oggpage.pages(bytes(source)))[-1]
    assert not oggpage.is_intact(bytes(source), page)
    number = oggpage.renumbered(bytes(source), page, page.sequence + 7)
    renumbered = bytes(source[: page.at + 18]) + number + bytes(source[page.at + 26 :])
    assert not oggpage.is_intact(renumbered, list(oggpage.pages(renumbered))[-1])
    renumbered = renumbered[:-1] + bytes([renumbered[-1] ^ 1])
    assert oggpage.is_intact(renumbered, list(oggpage.pages(renumbered))[-1])
    assert list(oggpage.pages(renumbered))[-1].sequence == last.sequence + 7


def test_several_streams_at_once_are_refused() -> None:
    vorbis_sound, opus = sound("vorbis", 0.1), sound("opus", 0.1)
    first = next(oggpage.pages(opus)).end
    mixed = vorbis_sound[: list(oggpage.pages(vorbis_sound))[-1].at] + opus[first:]
    for data in (opus[:first] + vorbis_sound, mixed):
        with pytest.raises(UnsupportedFormat, match="several streams at once"):
            documents.write_rights(data, RIGHTS)


@pytest.mark.parametrize("size", [10, 8_000])
def test_each_stream_of_a_chain_gets_the_notice_and_keeps_its_own_words(size: int, tmp_path: Path) -> None:
    """A creator that one of them names stays; mutagen reads each by itself."""
    rights = Rights(copyright_notice="c" * size, usage_terms="u" * size, creators=("Zoë",))
    parts = [sound("vorbis", 0.1, "one"), sound("opus", 0.1, "two"), sound("vorbis", 0.2, "three")]
    parts[1] = documents.write_rights(parts[1], Rights(creators=("Someone else",)))
    source = b"".join(parts)
    written = documents.write_rights(source, rights)
    assert documents.essence_digest(written) == documents.essence_digest(source)
    assert documents.read_rights(written).rights == rights
    pages = list(oggpage.pages(written))
    assert all(oggpage.is_intact(written, page) for page in pages)
    starts = [page.at for page in pages if page.flags & oggpage.FIRST] + [len(written)]
    found = []
    for start, end in pairwise(starts):
        link = tmp_path / "link.ogg"
        link.write_bytes(written[start:end])
        tags = mutagen.File(link).tags
        found.append((tags["title"], tags["artist"], tags["copyright"]))
        numbers = [page.sequence for page in oggpage.pages(written[start:end])]
        assert numbers == list(range(len(numbers)))
    notice = [rights.copyright_notice]
    assert found == [
        (["one"], ["Zoë"], notice),
        (["two"], ["Someone else"], notice),
        (["three"], ["Zoë"], notice),
    ]
    assert documents.remove_rights(written, rights) == source


def test_a_chain_of_absurdly_many_streams_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oggpage, "MOST_STREAMS", 2)
    link = sound("vorbis", 0.1)
    assert documents.read_rights(2 * link).rights == Rights()
    with pytest.raises(CorruptFile, match="absurd number of streams"):
        documents.read_rights(3 * link)


def test_damaged_ogg_is_refused() -> None:
    source = sound("vorbis", 0.1)
    header = bytearray(source)
    header[list(oggpage.pages(source))[1].start + 20] ^= 1
    first = next(oggpage.pages(source)).end
    for data, reason in (
        (bytes(header), "checksum"),
        (source[:-1], "cut off"),
        (source[:first], "ends within"),
        (source + b"x", "no page"),
        (b"OggS", "no page"),
    ):
        with pytest.raises(CorruptFile, match=reason):
            documents.write_rights(data, RIGHTS)


class Slices:
    """A file that is read a slice at a time, and notes the largest."""

    def __init__(self, data: bytes) -> None:
        self.data, self.largest = data, 0

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, span: slice, /) -> bytes:
        found = self.data[span]
        self.largest = max(self.largest, len(found))
        return found


@pytest.mark.parametrize("kind", ["opus", "flac", "mp3"])
def test_files_are_read_a_slice_at_a_time(kind: str) -> None:
    data = flac((PADDING, b"")) + bytes(1 << 21) if kind == "flac" else sound(kind, 12)
    source = Slices(data)
    assert len(source) > 130_000
    written = documents.write_rights(source, RIGHTS)
    assert source.largest <= 1 << 16
    assert written[0 : len(written)] == documents.write_rights(data, RIGHTS)
