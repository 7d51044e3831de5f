"""Finds that were recognised by their fingerprint, and what suspects were compared with

What `stamp match --keep` and `stamp watch` have added without a mark was called named by hand; what matched
is in its report, by which it is told from what a person named."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

NAME = "ck_find_basis_known"
BEFORE = "basis IN ('mark', 'mark_without_record', 'hand', 'none')"
AFTER = "basis IN ('mark', 'mark_without_record', 'fingerprint', 'hand', 'none')"
MATCHED = {
    "sqlite": "json_array_length(report, '$.matches') > 0",
    "postgresql": "json_array_length(report -> 'matches') > 0",
}


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name == "sqlite":
        _made_anew(bind)
    else:
        bind.exec_driver_sql(f"ALTER TABLE find DROP CONSTRAINT {NAME}")
        bind.exec_driver_sql(f"ALTER TABLE find ADD CONSTRAINT {NAME} CHECK ({AFTER})")
    matched = MATCHED[bind.dialect.name]
    bind.exec_driver_sql(f"UPDATE find SET basis = 'fingerprint' WHERE basis = 'hand' AND {matched}")
    bind.exec_driver_sql("ALTER TABLE suspect ADD COLUMN prints BIGINT")


def _made_anew(bind: sa.Connection) -> None:
    """Make the table of finds with the new constraint: SQLite changes none in place. Until the end of the
    transaction other tables may name rows that are not there; then it checks that they are."""
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'find' AND sql IS NOT NULL ORDER BY type DESC"
    table, *indexes = [sql for (sql,) in bind.exec_driver_sql(made)]
    if BEFORE not in table:
        raise ValueError(f"the table of finds is another one: {table}")
    bind.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    bind.exec_driver_sql("CREATE TEMP TABLE finds_before AS SELECT * FROM find")
    for statement in ("DROP TABLE find", table.replace(BEFORE, AFTER), *indexes):
        bind.exec_driver_sql(statement)
    bind.exec_driver_sql("INSERT INTO find SELECT * FROM finds_before")
    bind.exec_driver_sql("DROP TABLE finds_before")
