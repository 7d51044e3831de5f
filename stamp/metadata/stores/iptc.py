"""IPTC-IIM (IIM 4.2) inside a Photoshop image resource block (IRB; Adobe Photoshop File Formats, "Image
Resources").

IIM is kept up to date where it is, and never created (MWG 2.0, section 3.3). A text longer than its dataset
is cut on a character. As soon as a text is not ASCII the block becomes UTF-8: dataset 1:90 says so, and the
old texts, which were Latin-1, are encoded anew. Resource 0x0425 is the MD5 of the IIM: if it was right it is
made right again. One that was stale stays stale, since it shows readers that other fields of IIM and XMP have
gone apart.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from ...core.checks import Value
from ...core.errors import CorruptFile, UnsupportedFormat
from ..mapping.fields import slots_in
from ..mapping.slots import IptcDataset

IIM: Final = 0x0404
DIGEST: Final = 0x0425

_SLOTS = {name: slot for name, slot in slots_in("iptc").items() if isinstance(slot, IptcDataset)}
_UTF8 = b"\x1b%G"
_LATIN1 = (b"", b"\x1b.A", b"\x1b-A")
_CHARSET = (1, 90)
_BINARY = (0, 125, 200, 201, 202)
"""Datasets of record 2 that are not text: version, rasterized caption, previews."""


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource of an IRB; its data is irb[start:end], and `size_at` is where the length is."""

    number: int
    size_at: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Dataset:
    record: int
    number: int
    data: bytes

    @property
    def key(self) -> tuple[int, int]:
        return (self.record, self.number)

    def encoded(self) -> bytes:
        size = len(self.data)
        length = struct.pack(">H", size) if size < 0x8000 else struct.pack(">HI", 0x8004, size)
        return bytes((0x1C, self.record, self.number)) + length + self.data


def resource(irb: bytes, number: int) -> bytes | None:
    """The data of the first resource with `number`, None if there is none."""
    return next((irb[item.start : item.end] for item in _resources(irb) if item.number == number), None)


def with_resource(irb: bytes, number: int, data: bytes) -> bytes:
    """`irb` with the data of an existing resource replaced."""
    item = next(item for item in _resources(irb) if item.number == number)
    padded = data + bytes(len(data) % 2)
    end = item.end + (item.end - item.start) % 2
    return irb[: item.size_at] + struct.pack(">I", len(data)) + padded + irb[end:]


def irb_of(resources: dict[int, bytes]) -> bytes:
    """An IRB of these resources (number -> data), unnamed."""
    return b"".join(
        b"8BIM" + struct.pack(">HHI", number, 0, len(data)) + data + bytes(len(data) % 2)
        for number, data in resources.items()
    )


def with_iim(irb: bytes, new: bytes) -> bytes:
    """`irb` with its IIM, where it has one, replaced, and the digest if that was right."""
    old = resource(irb, IIM)
    if old is None:
        return irb
    result = with_resource(irb, IIM, new)
    return with_resource(result, DIGEST, digest(new)) if resource(irb, DIGEST) == digest(old) else result


def read(irb: bytes) -> dict[str, Value]:
    """The rights in the IIM of an IRB. Raises `CorruptFile` for damaged datasets."""
    datasets, _ = _datasets(resource(irb, IIM) or b"")
    charset = _charset(datasets)
    found: dict[str, Value] = {}
    for name, slot in _SLOTS.items():
        raw = [item.data for item in datasets if item.key == (2, slot.dataset)]
        texts = tuple(text for data in raw if (text := _decoded(data, charset).strip("\0 \t\r\n")))
        if texts:
            found[name] = texts if name == "creators" else texts[0]
    return found


def write(irb: bytes | None, values: dict[str, Value]) -> bytes:
    """`irb` with the rights in `values` that IIM has datasets for; identical bytes where nothing differs.

    Raises `CorruptFile` as `read` does, and `UnsupportedFormat` for text beyond ASCII in a block whose
    character set is not known.
    """
    iim = resource(irb or b"", IIM)
    if irb is None or iim is None:
        raise UnsupportedFormat("IPTC-IIM is only written where it is already")
    present = read(irb)
    held = {name: _SLOTS[name].held(value) for name, value in values.items()}
    datasets, rest = _datasets(iim)
    # Beyond ASCII, readers only agree on a text once its character set is declared.
    declared = _charset(datasets) == _UTF8
    changes = {
        _SLOTS[name].dataset: value
        for name, value in held.items()
        if present.get(name) != value or not (declared or _is_ascii(value))
    }
    if not changes:
        return irb
    if not all(_is_ascii(value) for value in changes.values()):
        datasets = _as_utf8(datasets)
    for number, value in changes.items():
        datasets = _with(datasets, [_Dataset(2, number, text.encode()) for text in _texts(value)])
    return with_iim(irb, b"".join(item.encoded() for item in datasets) + rest)


def remove(irb: bytes, values: dict[str, Value]) -> bytes:
    """`irb` without the datasets of the fields in `values`. Raises `CorruptFile` as `read` does."""
    datasets, rest = _datasets(resource(irb, IIM) or b"")
    gone = {(2, _SLOTS[name].dataset) for name in values}
    return with_iim(irb, b"".join(item.encoded() for item in datasets if item.key not in gone) + rest)


def _texts(value: Value) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else (str(value),)


def _is_ascii(value: Value) -> bool:
    return all(text.isascii() for text in _texts(value))


def digest(iim: bytes) -> bytes:
    """What resource 0x0425 holds for this IIM."""
    import hashlib  # see `essence`

    return hashlib.md5(iim, usedforsecurity=False).digest()


def _resources(irb: bytes) -> list[_Resource]:
    """The resources up to the first place that is not one; what follows is kept but not understood."""
    found: list[_Resource] = []
    position = 0
    while position + 12 <= len(irb) and irb[position : position + 4] in (
        b"8BIM",
        b"MeSa",
        b"PHUT",
        b"AgHg",
        b"DCSR",
    ):
        (number,) = struct.unpack_from(">H", irb, position + 4)
        name_size = 1 + irb[position + 6]
        size_at = position + 6 + name_size + name_size % 2
        if size_at + 4 > len(irb):
            break
        (size,) = struct.unpack_from(">I", irb, size_at)
        if size_at + 4 + size > len(irb):
            break
        found.append(_Resource(number, size_at, size_at + 4, size_at + 4 + size))
        position = size_at + 4 + size + size % 2
    return found


def _datasets(iim: bytes) -> tuple[list[_Dataset], bytes]:
    """The datasets, and the padding behind them."""
    found: list[_Dataset] = []
    position = 0
    while position + 5 <= len(iim) and iim[position] == 0x1C:
        record, number, size = struct.unpack_from(">BBH", iim, position + 1)
        position += 5
        if size & 0x8000:
            digits = size & 0x7FFF
            if digits > 4:
                raise CorruptFile("an IPTC dataset has an absurd length")
            size = int.from_bytes(iim[position : position + digits], "big")
            position += digits
        if position + size > len(iim):
            raise CorruptFile("an IPTC dataset does not fit in its block")
        found.append(_Dataset(record, number, iim[position : position + size]))
        position += size
    return found, iim[position:]


def _charset(datasets: list[_Dataset]) -> bytes:
    return next((item.data for item in datasets if item.key == _CHARSET), b"")


def _decoded(data: bytes, charset: bytes) -> str:
    """UTF-8 where it is declared or happens to fit (many writers forget 1:90), else Windows' Latin-1."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace") if charset == _UTF8 else data.decode("cp1252", "replace")


def _as_utf8(datasets: list[_Dataset]) -> list[_Dataset]:
    """All texts of record 2 in UTF-8, and 1:90 set."""
    charset = _charset(datasets)
    if charset == _UTF8:
        return datasets
    if charset not in _LATIN1 and not all(item.data.isascii() for item in datasets if item.record == 2):
        raise UnsupportedFormat(
            "the IPTC-IIM has a character set other than Latin-1 and UTF-8: only ASCII fits"
        )
    texts = [
        _Dataset(2, item.number, _decoded(item.data, charset).encode())
        if item.record == 2 and item.number not in _BINARY
        else item
        for item in datasets
    ]
    return _with(texts, [_Dataset(*_CHARSET, _UTF8)])


def _with(datasets: list[_Dataset], new: list[_Dataset]) -> list[_Dataset]:
    """`new` (all of one kind) in the place of the old ones, or in numerical order."""
    key = new[0].key
    kept = [item for item in datasets if item.key != key]
    first = next((at for at, item in enumerate(datasets) if item.key == key), None)
    if first is None:
        first = next((at for at, item in enumerate(kept) if item.key > key), len(kept))
    return [*kept[:first], *new, *kept[first:]]
