"""The tables of the catalogue as a picture, drawn from `stamp.catalogue.models`.

    python -m benchmarks.readme

writes docs/model.svg among the rest. Nothing is measured: columns of boxes, each table below those that it
names rows of, and a line for each foreign key."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import sqlalchemy as sa

from stamp.catalogue.models import Base, Instant

TARGET = Path(__file__).parents[1] / "docs" / "model.svg"
WIDTH, GAP, LINE, HEAD = 190, 70, 15, 24  # of a box, between columns, of a row, of a name
_KINDS: dict[type, str] = {
    Instant: "instant",
    sa.BigInteger: "integer",
    sa.Boolean: "yes or no",
    sa.Date: "date",
    sa.Double: "number",
    sa.Integer: "integer",
    sa.JSON: "JSON",
    sa.LargeBinary: "bytes",
    sa.Numeric: "decimal",
    sa.String: "text",
    sa.Text: "text",
}
_STYLE = (
    "text{font:11px sans-serif;fill:#222}.name{font-weight:bold}.type{fill:#777}"
    ".box{fill:#fff;stroke:#888}.head{fill:#e3ecf7;stroke:#888}.key{fill:none;stroke:#4a7ab5}"
)


def columns() -> list[list[sa.Table]]:
    """Return the tables in columns: each right of those whose rows it names."""
    level: dict[str, int] = {}
    for table in Base.metadata.sorted_tables:
        named = {key.column.table.name for key in table.foreign_keys} - {table.name}
        level[table.name] = 1 + max((level[name] for name in named), default=-1)
    found: list[list[sa.Table]] = [[] for _ in range(max(level.values()) + 1)]
    for table in sorted(Base.metadata.sorted_tables, key=lambda table: table.name):
        found[level[table.name]].append(table)
    return found


def drawn() -> str:
    """Return the picture, as SVG."""
    places: dict[str, tuple[int, int]] = {}
    lowest = 0
    for number, tables in enumerate(columns()):
        y = 10
        for table in tables:
            places[table.name] = (10 + number * (WIDTH + GAP), y)
            y += _height(table) + 20
        lowest = max(lowest, y)
    width = max(x for x, _ in places.values()) + WIDTH + 10
    tables = [table for each in columns() for table in each]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {lowest}" role="img">',
        f"<title>The tables of the catalogue</title><style>{_STYLE}</style>",
        f'<rect width="{width}" height="{lowest}" fill="#fafafa"/>',
        *(line for table in tables for line in _lines(table, places)),
        *(_box(table, *places[table.name]) for table in tables),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _height(table: sa.Table) -> int:
    return HEAD + LINE * len(table.columns) + 6


def _box(table: sa.Table, x: int, y: int) -> str:
    rows = [
        f'<rect class="box" x="{x}" y="{y}" width="{WIDTH}" height="{_height(table)}" rx="3"/>',
        f'<rect class="head" x="{x}" y="{y}" width="{WIDTH}" height="{HEAD}" rx="3"/>',
        f'<text class="name" x="{x + 8}" y="{y + 16}">{escape(table.name)}</text>',
    ]
    for number, column in enumerate(table.columns):
        below = y + HEAD + LINE * (number + 1)
        name = column.name if column.nullable else f"{column.name} *"
        rows.append(f'<text x="{x + 8}" y="{below}">{escape(name)}</text>')
        kind = "key" if column.primary_key else _kind(column)
        rows.append(
            f'<text class="type" x="{x + WIDTH - 8}" y="{below}" text-anchor="end">{escape(kind)}</text>'
        )
    return "".join(rows)


def _lines(table: sa.Table, places: dict[str, tuple[int, int]]) -> list[str]:
    """From each column that names a row to the head of its table, on the left."""
    x, y = places[table.name]
    found = []
    for number, column in enumerate(table.columns):
        for key in column.foreign_keys:
            to_x, to_y = places[key.column.table.name]
            start, end = y + HEAD + LINE * (number + 1) - 4, to_y + HEAD // 2
            right = to_x + WIDTH
            bend = GAP // 2
            found.append(
                f'<path class="key" d="M{x} {start} C{x - bend} {start} {right + bend} {end} {right} {end}"/>'
            )
    return found


def _kind(column: sa.Column[Any]) -> str:
    for key in column.foreign_keys:
        return f"→ {key.column.table.name}"
    return _KINDS[type(column.type)]


def main() -> None:
    """Write the picture."""
    TARGET.write_text(drawn(), "utf-8")
