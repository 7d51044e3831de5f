"""QuickTime metadata keys (QuickTime File Format, "Metadata"): a table of names, and an item list whose items
are named by their place in it.

A block is the boxes `keys` and `ilst`, one after the other. Every other entry and item keeps its bytes and
its order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from ...core.checks import Value
from ...core.errors import CorruptFile
from ...formats.isobmff import box, boxes
from ..mapping.columns.video import QuickTimeKey
from ..mapping.fields import slots_in
from .ilst import texts_in, values_of
from .names import join_names, split_names

_SLOTS = {name: slot for name, slot in slots_in("keys").items() if isinstance(slot, QuickTimeKey)}
_NAMESPACE: Final = b"mdta"


@dataclass(frozen=True, slots=True)
class _Keys:
    """`names` are (namespace, name); `items` are (number of the name, from 1; content of the item)."""

    names: tuple[tuple[bytes, bytes], ...] = ()
    items: tuple[tuple[int, bytes], ...] = ()

    def numbers(self, slot: QuickTimeKey) -> set[int]:
        """The places of the slot's names in the table."""
        ours = {(_NAMESPACE, name) for name in slot.names}
        return {at for at, entry in enumerate(self.names, 1) if entry in ours}

    def texts(self, slot: QuickTimeKey) -> list[str]:
        numbers = self.numbers(slot)
        return [text for at, content in self.items if at in numbers for text in texts_in(content, 0)]

    def put(self, slot: QuickTimeKey, text: str) -> _Keys:
        """One item with the text under each of the slot's names that are there, or under the first."""
        numbers = self.numbers(slot)
        names = self.names if numbers else (*self.names, (_NAMESPACE, slot.names[0]))
        missing = set(numbers) or {len(names)}
        items: list[tuple[int, bytes]] = []
        for number, content in self.items:
            if number not in numbers:
                items.append((number, content))
            elif number in missing:
                items.append((number, content if texts_in(content, 0) == [text] else values_of([text])))
                missing.discard(number)
        items += [(number, values_of([text])) for number in sorted(missing)]
        return _Keys(names, tuple(items))

    def without(self, slot: QuickTimeKey) -> _Keys:
        numbers = self.numbers(slot)
        names = tuple(entry for at, entry in enumerate(self.names, 1) if at not in numbers)
        below = list(accumulate((at in numbers for at in range(1, len(self.names) + 1)), initial=0))
        items = (
            (at - below[min(at, len(self.names))], content) for at, content in self.items if at not in numbers
        )
        return _Keys(names, tuple(items))

    def encoded(self) -> bytes:
        if not self.names and not self.items:
            return b""
        entries = (box(space, name) for space, name in self.names)
        items = (box(number.to_bytes(4, "big"), content) for number, content in self.items)
        table = box(b"keys", bytes(4), len(self.names).to_bytes(4, "big"), *entries)
        return table + box(b"ilst", *items)


def read(block: bytes) -> dict[str, Value]:
    """The rights under the keys. Raises `CorruptFile` for a table or boxes that do not fit."""
    keys = _parsed(block)
    found: dict[str, Value] = {}
    for name, slot in _SLOTS.items():
        if text := next(filter(None, map(str.strip, keys.texts(slot))), None):
            found[name] = split_names(text) if name == "creators" else text
    return found


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """`block`, or a new one, with the rights in `values`; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    before = keys = _parsed(block) if block else _Keys()
    for name, value in values.items():
        keys = keys.put(_SLOTS[name], join_names(value))
    return block if block and keys == before else keys.encoded()


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """`block` without these fields; empty if nothing is left in it."""
    before = keys = _parsed(block)
    for name in values:
        keys = keys.without(_SLOTS[name])
    return block if keys == before else keys.encoded()


def _parsed(block: bytes) -> _Keys:
    parts = {part.kind: part for part in reversed(boxes(block, 0, len(block)))}
    if parts.keys() != {b"keys", b"ilst"}:
        raise CorruptFile("QuickTime keys: a table without items, or items without a table")
    table, items = parts[b"keys"], parts[b"ilst"]
    # An entry has the form of a box: its size, four letters (the namespace), its content (the name).
    entries = boxes(block, table.content + 8, table.end)
    if len(entries) != int.from_bytes(block[table.content + 4 : table.content + 8], "big"):
        raise CorruptFile("QuickTime keys: the table has another number of entries than it says")
    return _Keys(
        tuple((entry.kind, block[entry.content : entry.end]) for entry in entries),
        tuple(
            (int.from_bytes(item.kind, "big"), block[item.content : item.end])
            for item in boxes(block, items.content, items.end)
        ),
    )
