"""The notice and the artist in an APEv2 tag (the specification is that of the Hydrogenaudio wiki): items with
a key and texts in UTF-8, divided by NUL.

A block is a whole tag, with the header that it may have and the footer. Keys are compared without regard to
case, and every item that is not ours keeps its bytes and its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ...core.checks import Value
from ...formats import ape
from ...formats.ape import Tag
from ..mapping.columns.music import Comment
from ..mapping.fields import slots_in

_SLOTS = {name: slot for name, slot in slots_in("ape").items() if isinstance(slot, Comment)}


def read(block: bytes) -> dict[str, Value]:
    """The rights in a tag. Raises `CorruptFile` where a length does not fit."""
    tag = ape.parse(block)
    found = {name: slot.value(_texts(tag, slot)) for name, slot in _SLOTS.items()}
    return {name: value for name, value in found.items() if value is not None}


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """`block`, or a new one, with the rights in `values`; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    tag = before = Tag(ape.HAS_HEADER, ()) if block is None else ape.parse(block)
    for name, value in values.items():
        slot = _SLOTS[name]
        texts = slot.texts(value)
        if len(_places(tag, slot)) != 1 or slot.value(_texts(tag, slot)) != slot.value(texts):
            tag = _put(tag, slot, texts)
    return block if block is not None and tag == before else tag.encoded()


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """`block` without these fields; empty if no item is left."""
    tag = ape.parse(block)
    for name in values:
        tag = _put(tag, _SLOTS[name], ())
    return tag.encoded()


def _places(tag: Tag, slot: Comment) -> list[int]:
    """The places of the items that are the slot's."""
    return [at for at, (key, _) in enumerate(tag.items) if key == slot.key.upper().encode()]


def _texts(tag: Tag, slot: Comment) -> list[str]:
    """The texts of the first of them."""
    return next((ape.texts(tag.items[at]) for at in _places(tag, slot)), [])


def _put(tag: Tag, slot: Comment, texts: Sequence[str]) -> Tag:
    """The tag with these texts where the first of them is, or at the end."""
    places = _places(tag, slot)
    first = min(places, default=len(tag.items))
    rest = [item for at, item in enumerate(tag.items[first:], first) if at not in places]
    new = [ape.item(slot.key, texts)] if texts else []
    return replace(tag, items=(*tag.items[:first], *new, *rest))
