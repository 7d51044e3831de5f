"""Catalogues of earlier schemas, with rows: `tests/golden/catalogue_REVISION.json` has those that version
wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config

from stamp.catalogue import schema

GOLDEN = Path(__file__).parents[1] / "golden"


def make_earlier(place: str, revision: str) -> None:
    """Make the catalogue at `place` as the version of `revision` left it."""
    engine = schema.engine_of(place)
    configuration = Config()
    configuration.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    written = json.loads((GOLDEN / f"catalogue_{revision}.json").read_text(encoding="utf-8"))
    with engine.begin() as connection:
        configuration.attributes["connection"] = connection
        command.upgrade(configuration, revision)
        for table, rows in written.items():
            for row in rows:
                columns = ", ".join(row)
                places = ", ".join(["?" if place_is_file(place) else "%s"] * len(row))
                values = tuple(map(_value, row.values()))
                connection.exec_driver_sql(f"INSERT INTO {table} ({columns}) VALUES ({places})", values)
            if not place_is_file(place) and rows and "id" in rows[0]:
                connection.exec_driver_sql(
                    f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
                )
    engine.dispose()


def place_is_file(place: str) -> bool:
    """Whether a catalogue is an SQLite file."""
    return "://" not in place


def _value(value: Any) -> Any:
    """A value of the JSON file; bytes are written as hex:..."""
    is_blob = isinstance(value, str) and value.startswith("hex:")
    return bytes.fromhex(value.removeprefix("hex:")) if is_blob else value
