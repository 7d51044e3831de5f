"""The one table: every field has a home or a reason in every store of every container."""

from __future__ import annotations

import dataclasses

import pytest

from stamp.core.rights import Rights
from stamp.metadata import document as registry
from stamp.metadata.mapping.fields import COLUMNS, FIELDS, STORES
from stamp.metadata.mapping.slots import Home


def test_the_table_has_the_fields_of_the_record() -> None:
    assert [field.name for field in FIELDS] == [field.name for field in dataclasses.fields(Rights)]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_each_store_has_a_home_or_a_reason(field) -> None:  # type: ignore[no-untyped-def]
    assert set(field.homes) | set(field.absent) == set(STORES)
    assert not set(field.homes) & set(field.absent)
    assert all(len(reason) > 10 for reason in field.absent.values())
    assert all(isinstance(home, Home) and str(home) for home in field.homes.values())


@pytest.mark.parametrize("store", STORES)
def test_a_column_knows_only_fields_of_the_record(store: str) -> None:
    column = COLUMNS[store]
    names = {field.name for field in FIELDS}
    assert column.homes
    assert set(column.homes) | set(column.absent) <= names
    assert not set(column.homes) & set(column.absent)


def test_no_two_fields_share_a_home() -> None:
    for store in STORES:
        homes = [str(field.homes[store]) for field in FIELDS if store in field.homes]
        assert len(homes) == len(set(homes))


@pytest.mark.parametrize("container", registry.containers())
def test_formats_says_something_of_every_field(container: str) -> None:
    table = registry.formats()[container]
    assert list(table) == [field.name for field in FIELDS]
    for row in table.values():
        assert row["homes"] or row["absent"]
        stores = registry._module(container).STORES
        named = [key for key in stores if STORES[key] in row["homes"] or STORES[key] in row["absent"]]
        assert named == list(stores)


def test_supported() -> None:
    assert all(registry.supported(name) for name in registry.containers())
    assert not registry.supported("txt")
    assert not registry.supported(None)


def test_formats_spells_out_homes() -> None:
    row = registry.formats()["jpeg"]["copyright_notice"]
    assert row["homes"] == (
        "XMP dc:rights, EXIF Copyright (0x8298), IPTC-IIM CopyrightNotice (2:116), extended XMP dc:rights"
    )
    assert registry.formats()["png"]["licensor_url"]["homes"] == "XMP plus:Licensor/plus:LicensorURL"
