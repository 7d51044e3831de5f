"""Slots: the places in which the stores keep the fields, each described by a small record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...core.checks import Value


class Slot:
    """A place in a store. `str(slot)` is its name in the standard."""

    __slots__ = ()

    def held(self, value: Value) -> Value:
        """`value` as this place can hold it: cut or folded where it is limited, else unchanged."""
        return value


@dataclass(frozen=True, slots=True)
class Column:
    """What one store holds.

    slots      field -> its place
    absent     field -> why it has none
    otherwise  the reason for every other field
    created    False: kept up to date where it is, never put in
    """

    title: str
    slots: Mapping[str, Slot]
    otherwise: str
    absent: Mapping[str, str] = field(default_factory=dict)
    created: bool = True


@dataclass(frozen=True, slots=True)
class XmpProperty(Slot):
    """`prefix:name`; `kind` is its form. Several fields may be parts of one property.

    text, boolean    a simple value
    seq              an array of texts
    default          the x-default item of an alternative; `translations`: its other languages
    member           one `member` of the first structure of an array (same namespace)
    structs, struct  an array of structures, one structure; `members`: (of `Party`, of the structure)
    bag-item         the item of an array that begins with `stored_as`

    `stored_as` comes before the value in the file: a vocabulary's URI, or what marks our item in an array
    from everybody else's.
    """

    prefix: str
    name: str
    kind: Literal[
        "text", "boolean", "seq", "default", "translations", "member", "structs", "struct", "bag-item"
    ]
    member: str = ""
    members: tuple[tuple[str, str], ...] = ()
    stored_as: str = ""

    @property
    def property(self) -> tuple[str, str]:
        return (self.prefix, self.name)

    def __str__(self) -> str:
        place = f"{self.prefix}:{self.name}"
        match self.kind:
            case "member":
                return f"{place}/{self.prefix}:{self.member}"
            case "translations":
                return f"{place} (other languages)"
            case "bag-item":
                return f"{place} ({self.stored_as}...)"
            case "structs" | "struct":
                return f"{place} ({', '.join(name for _, name in self.members)})"
        return place


@dataclass(frozen=True, slots=True)
class ExifTag(Slot):
    """A tag of IFD0 of type ASCII, holding UTF-8; `part` counts the texts that NUL divides."""

    tag: int
    name: str
    part: int = 0

    def __str__(self) -> str:
        return f"{self.name} (0x{self.tag:04X})" + (", editor's part" if self.part else "")


@dataclass(frozen=True, slots=True)
class IptcDataset(Slot):
    """A dataset of IIM record 2; `limit` is its length in bytes."""

    dataset: int
    name: str
    limit: int

    def __str__(self) -> str:
        return f"{self.name} (2:{self.dataset})"

    def held(self, value: Value) -> Value:
        """Cut on a character."""
        if isinstance(value, tuple):
            return tuple(_cut(str(text), self.limit) for text in value)
        return _cut(str(value), self.limit)


@dataclass(frozen=True, slots=True)
class TextKeyword(Slot):
    """A keyword of a PNG tEXt or iTXt chunk."""

    keyword: str

    def __str__(self) -> str:
        return self.keyword


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore").strip()
