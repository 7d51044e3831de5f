"""Less room for a work, and quicker search

The hash of a copy's source is written only where it is not that of its work, hashes are indexed only where
they are known, and when a copy was ready is in the log alone. The index of words keeps which words a work has
and not where in it, and the beginnings of two and three letters."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

HASHES = (
    ("work", "source"),
    ("work", "essence"),
    ("copy", "source"),
    ("copy", "output"),
    ("copy", "essence"),
)
# Every word of `folded` is one token, also in letters that are newer than SQLite's table of them: without
# places there are no phrases.
WORDS = (
    "DROP TABLE work_text",
    "CREATE VIRTUAL TABLE work_text USING fts5(folded, content='work', content_rowid='id',"
    " tokenize='unicode61 categories ''L* N* Co Cn''', detail=none, columnsize=0, prefix='2 3')",
    "INSERT INTO work_text(work_text) VALUES ('rebuild')",
)


def upgrade() -> None:
    bind = op.get_bind()
    for table, name in HASHES:
        bind.exec_driver_sql(f"DROP INDEX ix_{table}_{name}_sha256")
    bind.exec_driver_sql(
        "UPDATE copy SET source_sha256 = NULL WHERE source_sha256 = (SELECT work.source_sha256 FROM mark"
        " JOIN work ON work.id = mark.work_id WHERE mark.id = copy.mark_id)"
    )
    # Both databases do this in place: a table that is built anew would lose its triggers.
    bind.exec_driver_sql("ALTER TABLE copy DROP COLUMN ready_at")
    for table, name in HASHES:
        column = f"{name}_sha256"
        bind.exec_driver_sql(
            f"CREATE INDEX ix_{table}_{column} ON {table} ({column}) WHERE {column} IS NOT NULL"
        )
    if bind.dialect.name == "sqlite":
        for statement in WORDS:
            bind.exec_driver_sql(statement)
