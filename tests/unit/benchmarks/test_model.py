"""The picture of the catalogue's tables is that of the models."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from benchmarks import model
from stamp.catalogue.models import Base


def test_the_picture_is_current() -> None:
    assert model.TARGET.read_text("utf-8") == model.drawn(), "run `python -m benchmarks.readme`"


def test_every_table_and_column_is_in_it() -> None:
    drawn = ET.fromstring(model.drawn())
    texts = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    for table in Base.metadata.sorted_tables:
        assert table.name in texts
        for column in table.columns:
            assert {column.name, f"{column.name} *"} & set(texts)
    lines = list(drawn.iter("{http://www.w3.org/2000/svg}path"))
    keys = [key for table in Base.metadata.sorted_tables for key in table.foreign_keys]
    assert len(lines) == len(keys)


def test_tables_are_right_of_those_that_they_name() -> None:
    place = {table.name: number for number, tables in enumerate(model.columns()) for table in tables}
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            assert place[key.column.table.name] < place[table.name] or key.column.table is table
