"""PNG text chunks with the keywords Copyright and Author (PNG specification, 3rd edition, section 11.3.3).

A block here is a run of whole chunks, length and checksum included. Latin-1 text goes into tEXt, which every
viewer shows; other text into an uncompressed iTXt without a language. An iTXt in some language other than the
default is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ...core.checks import Value
from ...core.errors import CorruptFile
from ...formats.inflating import inflated
from ...formats.png import chunks, packed
from ..mapping.fields import slots_in
from ..mapping.slots import TextKeyword
from .names import join_names, split_names

_SLOTS = {name: slot for name, slot in slots_in("text").items() if isinstance(slot, TextKeyword)}
KEYWORDS: Final = tuple(slot.keyword.encode() for slot in _SLOTS.values())
MAX_TEXT: Final = 1 << 24


def read(block: bytes) -> dict[str, Value]:
    """The rights in a run of text chunks. Raises `CorruptFile` for a chunk that cannot be decoded."""
    texts: dict[str, str] = {}
    for kind, data in _chunks(block):
        keyword, text = _decoded(kind, data)
        if text is not None:
            texts.setdefault(keyword, text)
    found: dict[str, Value] = {}
    for name, slot in _SLOTS.items():
        if text := texts.get(slot.keyword, "").strip():
            found[name] = split_names(text) if name == "creators" else text
    return found


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """The run with the rights in `values` that have a keyword; identical bytes where nothing differs."""
    block = block or b""
    present = read(block)
    new = {
        slot.keyword: encode(slot.keyword, join_names(values[name]))
        for name, slot in _SLOTS.items()
        if name in values and values[name] != present.get(name)
    }
    pieces = []
    for kind, data in _chunks(block):
        keyword, text = _decoded(kind, data)
        if text is None or keyword not in new:
            pieces.append(packed(kind, data))
        elif new[keyword]:
            pieces.append(new[keyword])
            new[keyword] = b""
    return b"".join((*pieces, *new.values()))


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """The run without the chunks of the fields in `values`; b"" if none is left. Texts in other languages
    stay.
    """
    gone = {_SLOTS[name].keyword for name in values}
    kept = []
    for kind, data in _chunks(block):
        keyword, text = _decoded(kind, data)
        if text is None or keyword not in gone:
            kept.append(packed(kind, data))
    return b"".join(kept)


def encode(keyword: str, text: str) -> bytes:
    """A whole chunk with the text."""
    try:
        return packed(b"tEXt", keyword.encode() + b"\0" + text.encode("latin-1"))
    except UnicodeEncodeError:
        return packed(b"iTXt", keyword.encode() + bytes(5) + text.encode())


def latin(kind: bytes, data: bytes) -> tuple[bytes, bytes]:
    """(keyword, Latin-1 text) of a tEXt or zTXt chunk. Raises `CorruptFile`."""
    keyword, _, rest = data.partition(b"\0")
    return keyword, inflated(rest[1:], MAX_TEXT) if kind == b"zTXt" else rest


def itxt(data: bytes) -> tuple[bytes, bytes, bytes]:
    """(keyword, language, UTF-8 text) of an iTXt chunk. Raises `CorruptFile`."""
    keyword, _, rest = data.partition(b"\0")
    pieces = rest[2:].split(b"\0", 2)
    if len(pieces) < 3:
        raise CorruptFile("a PNG iTXt chunk is cut off")
    return keyword, pieces[0], inflated(pieces[2], MAX_TEXT) if rest[0] else pieces[2]


def _decoded(kind: bytes, data: bytes) -> tuple[str, str | None]:
    """(keyword, text); no text for a chunk in some other language."""
    if kind != b"iTXt":
        keyword, text = latin(kind, data)
        return keyword.decode("latin-1"), text.decode("latin-1")
    keyword, language, text = itxt(data)
    return keyword.decode("latin-1"), None if language else text.decode(errors="replace")


def _chunks(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Type and content of each chunk."""
    return ((chunk.kind, block[chunk.start : chunk.end]) for chunk in chunks(block, 0))
