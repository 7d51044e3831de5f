"""Changes that parsers stumble over: lengths, counts, names, nesting, ends."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

_NAMES = re.compile(rb"[A-Za-z0-9 \xa9_]{4}")
_NUMBERS = (
    0,
    1,
    2,
    7,
    8,
    15,
    16,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0x8000,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    2**63 - 1,
    2**64 - 1,
)
_LARGEST = 400_000
Change = Callable[[random.Random, bytearray, int], None]


def mutated(dice: random.Random, data: bytes, others: Sequence[bytes]) -> bytes:
    """Return `data` after one to five changes; some put in a piece of one of the `others`."""
    result = bytearray(data)
    places = [found.start() for found in _NAMES.finditer(data)]
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 5))):
        if len(result) < 8:
            break
        change = dice.choice((*_CHANGES, None))
        if change:
            change(dice, result, _place(dice, len(result), places))
        else:
            other, at = dice.choice(others), _place(dice, len(result), places)
            start = dice.randrange(len(other))
            result[at:at] = other[start : start + dice.choice((8, 64, 500))]
    return bytes(result[:_LARGEST])


def _place(dice: random.Random, size: int, names: Sequence[int]) -> int:
    """Near a name, at the beginning, at the end, or anywhere."""
    choice = dice.random()
    if choice < 0.35 and names:
        return min(max(dice.choice(names) + dice.randint(-8, 12), 0), size - 1)
    if choice < 0.6:
        return dice.randrange(min(size, 400))
    if choice < 0.7:
        return size - 1 - dice.randrange(min(size, 300))
    return dice.randrange(size)


def _flip(dice: random.Random, data: bytearray, at: int) -> None:
    data[at] ^= 1 << dice.randrange(8)


def _bytes(dice: random.Random, data: bytearray, at: int) -> None:
    for place in range(at, min(len(data), at + dice.randint(1, 8))):
        data[place] = dice.choice((0, 255, 128, 127, dice.randrange(256)))


def _number(dice: random.Random, data: bytearray, at: int) -> None:
    size = dice.choice((1, 2, 2, 4, 4, 4, 8))
    order = "big" if dice.random() < 0.5 else "little"
    old = int.from_bytes(data[at : at + size], order)
    near = old + dice.choice((-16, -9, -8, -4, -2, -1, 1, 2, 4, 8, 16, 256))
    new = dice.choice((dice.choice(_NUMBERS), near, len(data), len(data) - at, at, old * 2))
    data[at : at + size] = (new % (1 << (8 * size))).to_bytes(size, order)


def _cut(dice: random.Random, data: bytearray, at: int) -> None:
    del data[max(4, at) :]


def _move(dice: random.Random, data: bytearray, at: int) -> None:
    """Double, remove, or move a piece."""
    end = min(at + dice.choice((1, 2, 8, 32, 200, 6000)), len(data))
    piece = bytes(data[at:end])
    what = dice.randrange(3)
    if what == 0:
        data[at:at] = piece * dice.choice((1, 1, 1, 2, 20))
    else:
        del data[at:end]
    if what == 2:
        there = dice.randrange(len(data) + 1)
        data[there:there] = piece


def _nest(dice: random.Random, data: bytearray, at: int) -> None:
    """Repeat a header, so that each of them begins a box in a box."""
    data[at:at] = bytes(data[at : at + dice.choice((8, 12, 16))]) * dice.choice((3, 50, 3000))


def _insert(dice: random.Random, data: bytearray, at: int) -> None:
    data[at:at] = dice.choice(
        (bytes(dice.choice((1, 2, 7, 100))), b"\xff" * 4, dice.randbytes(dice.randint(1, 9)))
    )


_CHANGES: tuple[Change, ...] = (
    _flip,
    _flip,
    _bytes,
    _number,
    _number,
    _number,
    _number,
    _cut,
    _move,
    _nest,
    _insert,
)
