"""What `stamp watch` has looked at"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "suspect",
        sa.Column("id", ID, nullable=False),
        sa.Column("place_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("page_sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signs", sa.LargeBinary(length=32), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("find_id", ID, nullable=True),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "outcome IN ('found', 'not_found', 'unreadable')", name=op.f("ck_suspect_outcome_known")
        ),
        sa.CheckConstraint("(outcome = 'found') = (find_id IS NOT NULL)", name=op.f("ck_suspect_found")),
        sa.ForeignKeyConstraint(["find_id"], ["find.id"], name=op.f("fk_suspect_find_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspect")),
        sa.UniqueConstraint("place_sha256", name=op.f("uq_suspect_place_sha256")),
    )
    op.create_index(op.f("ix_suspect_page_sha256"), "suspect", ["page_sha256"], unique=False)
    op.create_index(op.f("ix_suspect_sha256"), "suspect", ["sha256"], unique=False)
