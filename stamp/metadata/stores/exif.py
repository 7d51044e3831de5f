"""EXIF: the tags Copyright and Artist of IFD0.

Both are of type ASCII; the bytes are UTF-8, which every current reader shows (Exif 3.0 has a type UTF-8, 129,
which few readers know). Copyright may be in two parts, photographer and editor, divided by NUL (Exif 3.0,
section 4.6.5.4); each part is a field, and stays where only the other is written. Several artists are divided
by `; `; a name with a semicolon is in double quotes.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from ...core.checks import Value
from ...formats import tiffblock
from ..mapping.fields import slots_in
from ..mapping.slots import ExifTag
from .names import join_names, split_names

_YCBCR_POSITIONING = 0x0213
_SLOTS = {name: slot for name, slot in slots_in("exif").items() if isinstance(slot, ExifTag)}
TAGS: Final = tuple(dict.fromkeys(slot.tag for slot in _SLOTS.values()))
"""The tags in which they are."""


def read(block: bytes) -> dict[str, Value]:
    """The rights in an EXIF block or TIFF file. Raises `CorruptFile` if its directory cannot be read."""
    return _values(tiffblock.parse(block))


def _values(ifd: tiffblock.Ifd0) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, slot in _SLOTS.items():
        text = _decoded(_parts(ifd.value(slot.tag))[slot.part])
        if text:
            found[name] = split_names(text) if name == "creators" else text
    return found


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """`block`, or a new one, with the rights in `values` that EXIF has tags for; identical bytes where
    nothing differs.

    Raises `CorruptFile` as `read` does.
    """
    block = _begun() if block is None else block
    ifd = tiffblock.parse(block)
    present = _values(ifd)
    changes: dict[int, tuple[int, bytes]] = {}
    for tag in TAGS:
        old = _parts(ifd.value(tag))
        new = list(old)
        for name, slot in _SLOTS.items():
            if slot.tag == tag and name in values:
                same = values[name] == present.get(name) and _is_utf8(old[slot.part])
                new[slot.part] = old[slot.part] if same else join_names(values[name]).encode()
        if tuple(new) != old:
            changes[tag] = (tiffblock.ASCII, _joined(*new))
    return tiffblock.patch(block, changes) if changes else block


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """`block` without the fields in `values`, which are in it; b"" if nothing is left but what a new block
    begins with. Raises `CorruptFile` as `read` does.
    """
    ifd = tiffblock.parse(block)
    changes: dict[int, tuple[int, bytes]] = {}
    removed = set()
    for tag in {_SLOTS[name].tag for name in values}:
        gone = {slot.part for name, slot in _SLOTS.items() if slot.tag == tag and name in values}
        left = [b"" if part in gone else text for part, text in enumerate(_parts(ifd.value(tag)))]
        if any(left):
            changes[tag] = (tiffblock.ASCII, _joined(*left))
        else:
            removed.add(tag)
    result = tiffblock.patch(block, changes, removed)
    return b"" if result == _begun() else result


@cache
def _begun() -> bytes:
    # JFIF centres the chroma samples, and Exif requires the tag in every JPEG's IFD0.
    return tiffblock.patch(tiffblock.new_block(), {_YCBCR_POSITIONING: (tiffblock.SHORT, b"\0\1")})


def _parts(value: bytes | None) -> tuple[bytes, bytes]:
    """The photographer's and the editor's part; a lone space is how the standard writes "no photographer"."""
    photographer, _, rest = (value or b"").partition(b"\0")
    return photographer.strip(b" "), rest.split(b"\0")[0].strip(b" ")


def _joined(photographer: bytes, editor: bytes) -> bytes:
    return (photographer or b" ") + b"\0" + editor + b"\0" if editor else photographer + b"\0"


def _decoded(raw: bytes) -> str:
    """UTF-8 if it is, else Latin-1: old cameras and editors wrote their own code page."""
    return raw.decode("utf-8" if _is_utf8(raw) else "latin-1").strip()


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
