"""QuickTime's texts in a film's user data (QuickTime File Format, "User Data Text Strings"): `©cpy`, `©ART`.

A block is a run of such boxes. Each holds texts with their length and language; a language code below 0x400
stands for text in a Macintosh encoding, and one from there on for Unicode. Ours is the first text, in UTF-8
and no particular language; the others stay.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from ...core.checks import Value
from ...core.errors import CorruptFile
from ...formats.isobmff import box, boxes
from ..mapping.columns.video import UserText
from ..mapping.fields import slots_in
from .asset import UNDETERMINED
from .names import join_names, split_names

_SLOTS = {name: slot for name, slot in slots_in("usertext").items() if isinstance(slot, UserText)}
_FIRST_UNICODE = 0x400


@dataclass(frozen=True, slots=True)
class _Texts:
    """A box: its kind, its first text with language, and the bytes of the further ones."""

    kind: bytes
    language: bytes
    raw: bytes
    rest: bytes

    @property
    def text(self) -> str:
        """Writers put UTF-8 under Macintosh languages too."""
        try:
            return self.raw.decode()
        except UnicodeDecodeError:
            pass
        return self.raw.decode("utf-16" if self.is_unicode else "mac_roman", errors="replace")

    @property
    def is_unicode(self) -> bool:
        return int.from_bytes(self.language, "big") >= _FIRST_UNICODE

    def says(self, text: bytes) -> bool:
        """Whether every reader takes it for this text, which is in UTF-8."""
        return self.raw == text and (self.is_unicode or text.isascii())

    def encoded(self) -> bytes:
        return box(self.kind, struct.pack(">H", len(self.raw)), self.language, self.raw, self.rest)


def read(block: bytes) -> dict[str, Value]:
    """The rights in a run of boxes. Raises `CorruptFile` for boxes or texts that do not fit."""
    found: dict[str, Value] = {}
    for part in reversed(_parsed(block)):
        text = part.text.strip("\0 ")
        for name in (name for name, slot in _SLOTS.items() if slot.kind == part.kind and text):
            found[name] = split_names(text) if name == "creators" else text
    return found


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """The run with the rights in `values`, each in all boxes of its kind; identical bytes where nothing
    differs. A kind that is not there is not put in. Raises `CorruptFile` as `read` does.
    """
    new = {_SLOTS[name].kind: join_names(value).encode() for name, value in values.items()}
    parts = _parsed(block or b"")
    return b"".join(
        replace(part, language=UNDETERMINED, raw=new[part.kind]).encoded()
        if part.kind in new and not part.says(new[part.kind])
        else part.encoded()
        for part in parts
    )


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """The run without these fields; empty if nothing is left in it."""
    kinds = [_SLOTS[name].kind for name in values]
    kept = []
    for part in _parsed(block):
        if part.kind not in kinds:
            kept.append(part.encoded())
        elif part.rest:
            kept.append(box(part.kind, part.rest))
    return b"".join(kept)


def _parsed(block: bytes) -> list[_Texts]:
    found = []
    for part in boxes(block, 0, len(block)):
        content = block[part.content : part.end]
        size = 4 + int.from_bytes(content[:2], "big")
        if len(content) < size or size < 4:
            raise CorruptFile("a text in QuickTime's user data does not fit in its box")
        found.append(_Texts(part.kind, content[2:4], content[4:size], content[size:]))
    return found
