"""The one table: which field of `Rights` is where in each store, or why it is not.

A *store* is a family of metadata (EXIF, XMP, IPTC-IIM, PNG text chunks), shared by several containers; a
container only lists the stores that it carries. The columns of the table, one for each store, are in
`columns`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from ...core.checks import Value, checked
from ...core.errors import RightsError
from .columns import images, music, video
from .slots import Column, Slot

COLUMNS: Final[Mapping[str, Column]] = MappingProxyType({**images.COLUMNS, **music.COLUMNS, **video.COLUMNS})
STORES: Final[Mapping[str, str]] = MappingProxyType({key: column.title for key, column in COLUMNS.items()})
"""Store key -> title."""

# The IPTC labels, where the standard has the field.
_LABELS: Final = {
    "copyright_notice": "Copyright Notice",
    "copyright_notice_translations": "Copyright Notice (other languages)",
    "creators": "Creator",
    "credit_line": "Credit Line",
    "source": "Source",
    "usage_terms": "Rights Usage Terms",
    "usage_terms_translations": "Rights Usage Terms (other languages)",
    "web_statement": "Web Statement of Rights",
    "marked": "Copyright Status",
    "copyright_owners": "Copyright Owner",
    "licensor_url": "Licensor URL",
    "licensors": "Licensor",
    "data_mining": "Data Mining",
    "other_constraints": "Other Constraints",
    "digital_source_type": "Digital Source Type",
    "creator_contact": "Creator's Contact Info",
    "editor_notice": "Editor's Copyright Notice",
    "isrc": "International Standard Recording Code",
    "iswc": "International Standard Musical Work Code",
    "upc": "Universal Product Code",
    "identifier": "Identifier (watermark payload)",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of `Rights`, its label, its slots (store -> place), and a reason for each other store."""

    name: str
    label: str
    slots: Mapping[str, Slot]
    absent: Mapping[str, str]


def _field(name: str, label: str) -> Field:
    slots = {store: column.slots[name] for store, column in COLUMNS.items() if name in column.slots}
    absent = {
        store: column.absent.get(name, column.otherwise)
        for store, column in COLUMNS.items()
        if name not in column.slots
    }
    return Field(name, label, MappingProxyType(slots), MappingProxyType(absent))


FIELDS: Final[tuple[Field, ...]] = tuple(_field(name, label) for name, label in _LABELS.items())
FIELD: Final[Mapping[str, Field]] = MappingProxyType({field.name: field for field in FIELDS})


@cache
def slots_in(store: str) -> Mapping[str, Slot]:
    """Field name -> its place in `store`, for the fields that have one, in the order of the record."""
    return MappingProxyType({field.name: field.slots[store] for field in FIELDS if store in field.slots})


def coverage(stores: Sequence[str], lacking: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return field -> {"homes": where it is in these stores, "absent": why it is not in others of them}.
    `lacking` are stores that one file cannot have, and why.
    """
    rows: dict[str, dict[str, str]] = {}
    for field in FIELDS:
        absent = {**field.absent, **lacking}
        rows[field.name] = {
            "homes": ", ".join(
                f"{STORES[store]} {field.slots[store]}" for store in stores if store not in absent
            ),
            "absent": "; ".join(f"{STORES[store]}: {absent[store]}" for store in stores if store in absent),
        }
    return rows


def agree(name: str, store: str, value: Value, first: Value) -> bool:
    """Whether `value`, in `store`, says what `first` does, as far as the field's place there can hold it."""
    held = FIELD[name].slots[store].held(first)
    if value == held:
        return True
    try:
        return checked(name, value) == checked(name, held)
    except RightsError:
        return False
