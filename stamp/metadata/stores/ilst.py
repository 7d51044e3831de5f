"""Apple's item list (`ilst`; QuickTime File Format, "Metadata"): items with values in boxes `data`.

A block is the content of the box. An item is a box named after what it holds (`cprt`, `©ART`), or `----` with
a domain (`mean`) and a name. A value begins with its type (1: UTF-8, 2: UTF-16) and locale. Every item that
is not ours keeps its bytes and its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...core.caching import lru_cached
from ...core.checks import Value
from ...formats.isobmff import box, boxes
from ..mapping.columns.video import MEAN, ListItem
from ..mapping.fields import slots_in
from .names import divided, joined

_SLOTS = {name: slot for name, slot in slots_in("ilst").items() if isinstance(slot, ListItem)}
_CODECS: Final = {0: "utf-8", 1: "utf-8", 2: "utf-16-be"}
_FREEFORM = b"----"


@dataclass(frozen=True, slots=True)
class _Item:
    """`key` is the box's name or, of an item with domain and name, the name in capitals."""

    key: bytes
    raw: bytes


def read(block: bytes) -> dict[str, Value]:
    """The rights in an item list. Raises `CorruptFile` for boxes that do not fit."""
    return dict(_values(block))


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """`block`, or a new one, with the rights in `values`; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    items = _items(block or b"")
    present = read(block or b"")
    for name, value in values.items():
        if value != present.get(name):
            items = _put(items, _SLOTS[name], joined(_SLOTS[name].comment, value))
    return b"".join(item.raw for item in items)


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """`block` without these fields; empty if nothing is left in it."""
    items = _items(block)
    for name in values:
        items = _put(items, _SLOTS[name], ())
    return b"".join(item.raw for item in items)


def texts_in(item: bytes, start: int = 8) -> list[str]:
    """The texts of an item, given as a whole box. Raises `CorruptFile`."""
    texts = []
    for part in boxes(item, start, len(item)):
        kind = int.from_bytes(item[part.content : part.content + 4], "big")
        if part.kind == b"data" and kind in _CODECS:
            texts.append(item[part.content + 8 : part.end].decode(_CODECS[kind], errors="replace"))
    return texts


def values_of(texts: Sequence[str]) -> bytes:
    """Boxes `data` with the texts in UTF-8, in no particular language."""
    return b"".join(box(b"data", b"\0\0\0\1", bytes(4), text.encode()) for text in texts)


@lru_cached
def _values(block: bytes) -> Mapping[str, Value]:
    items = _items(block)
    found = {
        name: slot.comment.value(divided(slot.comment, _texts(items, slot))) for name, slot in _SLOTS.items()
    }
    return {name: value for name, value in found.items() if value is not None}


def _items(block: bytes) -> list[_Item]:
    items = []
    for part in boxes(block, 0, len(block)):
        raw = block[part.start : part.end]
        items.append(
            _Item(_name(block[part.content : part.end]) if part.kind == _FREEFORM else part.kind, raw)
        )
    return items


def _name(content: bytes) -> bytes:
    """The name of an item with domain and name in capitals; empty in a domain that is not ours."""
    parts = {part.kind: content[part.content + 4 : part.end] for part in boxes(content, 0, len(content))}
    return parts.get(b"name", b"").upper() if parts.get(b"mean") == MEAN.encode() else b""


def _texts(items: Sequence[_Item], slot: ListItem) -> list[str]:
    return [text for item in items if item.key == slot.key for text in texts_in(item.raw)]


def _put(items: list[_Item], slot: ListItem, texts: tuple[str, ...]) -> list[_Item]:
    """In the place of the first item that is the slot's, or at the end."""
    ours = (at for at, item in enumerate(items) if _is_ours(item, slot))
    first = next(ours, len(items))
    new = [_Item(slot.key, _encoded(slot, texts))] if texts else []
    return [*items[:first], *new, *(item for item in items[first:] if not _is_ours(item, slot))]


def _is_ours(item: _Item, slot: ListItem) -> bool:
    return item.key == slot.key and any(slot.comment.claims(text.strip()) for text in texts_in(item.raw))


def _encoded(slot: ListItem, texts: tuple[str, ...]) -> bytes:
    if slot.atom:
        return box(slot.key, values_of(texts))
    names = (box(b"mean", bytes(4), MEAN.encode()), box(b"name", bytes(4), slot.key))
    return box(_FREEFORM, *names, values_of(texts))
