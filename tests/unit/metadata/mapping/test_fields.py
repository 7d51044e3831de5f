"""The one table: every field has a slot or a reason in every store of every container."""

from __future__ import annotations

import dataclasses

import pytest

from stamp.core.rights import Rights
from stamp.formats.table import NOTICES
from stamp.metadata import containers
from stamp.metadata.mapping.columns.images import XMP_NAMESPACES
from stamp.metadata.mapping.fields import COLUMNS, FIELDS, STORES, coverage
from stamp.metadata.mapping.slots import Slot, XmpProperty


def test_the_table_has_the_fields_of_the_record() -> None:
    assert [field.name for field in FIELDS] == [field.name for field in dataclasses.fields(Rights)]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_store_has_a_slot_or_a_reason(field) -> None:  # type: ignore[no-untyped-def]
    assert set(field.slots) | set(field.absent) == set(STORES)
    assert not set(field.slots) & set(field.absent)
    assert all(len(reason) > 10 for reason in field.absent.values())
    assert all(isinstance(slot, Slot) and str(slot) for slot in field.slots.values())


@pytest.mark.parametrize("store", STORES)
def test_a_column_knows_only_fields_of_the_record(store: str) -> None:
    column = COLUMNS[store]
    names = {field.name for field in FIELDS}
    assert column.slots
    assert set(column.slots) | set(column.absent) <= names
    assert not set(column.slots) & set(column.absent)


def test_no_two_fields_share_a_slot() -> None:
    for store in STORES:
        slots = [str(field.slots[store]) for field in FIELDS if store in field.slots]
        assert len(slots) == len(set(slots))


@pytest.mark.parametrize("container", NOTICES)
def test_formats_says_something_of_every_field(container: str) -> None:
    stores = containers.load(container).STORES
    table = coverage(stores, {})
    assert list(table) == [field.name for field in FIELDS]
    for row in table.values():
        assert row["homes"] or row["absent"]
        named = [key for key in stores if STORES[key] in row["homes"] or STORES[key] in row["absent"]]
        assert named == list(stores)


@pytest.mark.parametrize("slot", COLUMNS["xmp"].slots.values(), ids=str)
def test_each_property_is_in_a_known_namespace(slot: Slot) -> None:
    assert isinstance(slot, XmpProperty)
    assert slot.prefix in XMP_NAMESPACES


def test_coverage_spells_out_slots() -> None:
    row = coverage(containers.load("jpeg").STORES, {})["copyright_notice"]
    assert row["homes"] == (
        "XMP dc:rights, EXIF Copyright (0x8298), IPTC-IIM CopyrightNotice (2:116), extended XMP dc:rights"
    )
    row = coverage(containers.load("png").STORES, {})["licensor_url"]
    assert row["homes"] == "XMP plus:Licensor/plus:LicensorURL"
