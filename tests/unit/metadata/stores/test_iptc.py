"""IPTC-IIM: character set, cutting, digest."""

from __future__ import annotations

import hashlib

import pytest

from stamp.core.errors import CorruptFile, UnsupportedFormat
from stamp.metadata.stores import iptc


def dataset(record: int, number: int, data: bytes) -> bytes:
    return bytes((0x1C, record, number)) + len(data).to_bytes(2, "big") + data


OLD = dataset(2, 0, b"\0\x04") + dataset(2, 90, "Köln".encode("latin-1")) + dataset(2, 116, b"old")


def irb(iim: bytes, digest: bytes | None = None) -> bytes:
    resources = {0x03ED: b"resolution"[:9], iptc.IIM: iim}
    return iptc.irb_of(resources | ({iptc.DIGEST: digest} if digest else {}) | {0x0BB7: b"tail"})


def test_old_latin_texts_become_utf8_with_the_first_text_that_needs_it() -> None:
    changed = iptc.write(irb(OLD), {"copyright_notice": "© 東京", "creators": ("A", "B")})
    assert iptc.resource(changed, iptc.IIM) == (
        dataset(1, 90, b"\x1b%G")
        + dataset(2, 0, b"\0\x04")
        + dataset(2, 80, b"A")
        + dataset(2, 80, b"B")
        + dataset(2, 90, "Köln".encode())
        + dataset(2, 116, "© 東京".encode())
    )
    assert iptc.read(changed) == {"copyright_notice": "© 東京", "creators": ("A", "B")}
    assert iptc.resource(changed, 0x03ED) == b"resoluti" + b"o"
    assert iptc.resource(changed, 0x0BB7) == b"tail"


def test_ascii_leaves_the_character_set_alone() -> None:
    changed = iptc.write(irb(OLD), {"credit_line": "ASCII"})
    assert iptc.resource(changed, iptc.IIM) == OLD[:-8] + dataset(2, 110, b"ASCII") + OLD[-8:]


@pytest.mark.parametrize("codec", ["latin-1", "utf-8"])
def test_a_text_whose_character_set_is_not_declared_is_written_anew(codec: str) -> None:
    old = irb(dataset(2, 116, "© Zoë".encode(codec)))
    changed = iptc.write(old, {"copyright_notice": "© Zoë"})
    assert iptc.resource(changed, iptc.IIM) == dataset(1, 90, b"\x1b%G") + dataset(2, 116, "© Zoë".encode())
    assert iptc.write(changed, {"copyright_notice": "© Zoë"}) is changed


def test_long_texts_are_cut_on_a_character_and_then_count_as_equal() -> None:
    notice = "©" * 100
    changed = iptc.write(irb(OLD), {"copyright_notice": notice, "credit_line": "東" * 20})
    assert iptc.read(changed) == {"copyright_notice": "©" * 64, "credit_line": "東" * 10}
    assert iptc.write(changed, {"copyright_notice": notice, "credit_line": "東" * 20}) is changed


def test_a_right_digest_stays_right_and_a_stale_one_stale() -> None:
    right = iptc.write(irb(OLD, hashlib.md5(OLD).digest()), {"source": "S"})
    assert iptc.resource(right, iptc.DIGEST) == hashlib.md5(iptc.resource(right, iptc.IIM) or b"").digest()
    stale = iptc.write(irb(OLD, b"0" * 16), {"source": "S"})
    assert iptc.resource(stale, iptc.DIGEST) == b"0" * 16


def test_unknown_character_sets_take_only_what_is_safe() -> None:
    japanese = dataset(1, 90, b"\x1b$B") + dataset(2, 90, b"\x8c\x9e")
    assert iptc.read(iptc.write(irb(japanese), {"source": "S"})) == {"source": "S"}
    with pytest.raises(UnsupportedFormat, match="character set"):
        iptc.write(irb(japanese), {"source": "Ł"})


def test_it_is_never_created() -> None:
    for block in (None, b"", iptc.irb_of({1000: b"x"})):
        with pytest.raises(UnsupportedFormat):
            iptc.write(block, {"source": "S"})


def test_extended_lengths_and_padding() -> None:
    long = bytes((0x1C, 2, 120, 0x80, 0x04)) + (40_000).to_bytes(4, "big") + b"x" * 40_000
    changed = iptc.resource(iptc.write(irb(long + bytes(3)), {"source": "S"}), iptc.IIM)
    assert changed == dataset(2, 115, b"S") + long + bytes(3)


@pytest.mark.parametrize("iim", [dataset(2, 80, b"abc")[:-1], bytes((0x1C, 2, 80, 0xFF, 0xFF)) + b"x" * 9])
def test_damaged_datasets_are_refused(iim: bytes) -> None:
    with pytest.raises(CorruptFile):
        iptc.read(irb(iim))


@pytest.mark.parametrize("cut", range(1, 60, 3))
def test_a_damaged_resource_block_never_crashes(cut: int) -> None:
    assert isinstance(iptc.resource(irb(OLD)[:-cut], iptc.IIM), bytes | None)
