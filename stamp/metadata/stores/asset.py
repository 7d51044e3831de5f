"""3GPP asset information (3GPP TS 26.244, section 8), which the ISO base media file format has too (ISO/IEC
14496-12, section 8.10.2): the boxes `cprt` and `auth` in a film's user data.

A block is a run of such boxes. Each holds a language and one text in UTF-8 or UTF-16; the first of a kind is
ours, and those in further languages stay.
"""

from __future__ import annotations

import codecs

from ...core.checks import Value
from ...formats.isobmff import Box, box, boxes
from ..mapping.columns.video import UserText
from ..mapping.fields import slots_in
from .names import join_names, split_names

UNDETERMINED = b"\x55\xc4"
"""ISO 639-2/T "und" as three times five bits."""
_SLOTS = {name: slot for name, slot in slots_in("asset").items() if isinstance(slot, UserText)}


def read(block: bytes) -> dict[str, Value]:
    """The rights in a run of boxes. Raises `CorruptFile` for boxes that do not fit."""
    parts = boxes(block, 0, len(block))
    found: dict[str, Value] = {}
    for name, slot in _SLOTS.items():
        part = _first(parts, slot)
        if part and (text := _text(block, part).strip()):
            found[name] = split_names(text) if name == "creators" else text
    return found


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """The run, or a new one, with the rights in `values`; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    block = block or b""
    for name, value in values.items():
        part = _first(boxes(block, 0, len(block)), _SLOTS[name])
        text = join_names(value)
        if part is None:
            block += _box(_SLOTS[name], UNDETERMINED, text)
        elif _text(block, part) != text:
            language = block[part.content + 4 : part.content + 6]
            block = block[: part.start] + _box(_SLOTS[name], language, text) + block[part.end :]
    return block


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """The run without these fields; empty if nothing is left in it."""
    for name in values:
        if part := _first(boxes(block, 0, len(block)), _SLOTS[name]):
            block = block[: part.start] + block[part.end :]
    return block


def _first(parts: list[Box], slot: UserText) -> Box | None:
    return next((part for part in parts if part.kind == slot.kind and part.end - part.content >= 6), None)


def _text(block: bytes, part: Box) -> str:
    raw = block[part.content + 6 : part.end]
    if raw.startswith((codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)):
        return raw.decode("utf-16", errors="replace").partition("\0")[0]
    return raw.partition(b"\0")[0].decode(errors="replace")


def _box(slot: UserText, language: bytes, text: str) -> bytes:
    return box(slot.kind, bytes(4), language, text.encode() + b"\0")
