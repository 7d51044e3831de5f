"""Finds, where they were seen, and what is done about them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")


def upgrade() -> None:
    op.add_column("work", sa.Column("source", sa.Text(), nullable=True))
    op.create_table(
        "case_file",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("respondent", sa.Text(), nullable=True),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name=op.f("ck_case_file_closed")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
        sa.UniqueConstraint("uid", name=op.f("uq_case_file_uid")),
    )
    op.create_table(
        "find",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document_id", ID, nullable=False),
        sa.Column("work_id", ID, nullable=True),
        sa.Column("mark_id", ID, nullable=True),
        sa.Column("copy_id", ID, nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("log10_p", sa.Double(), nullable=True),
        sa.Column("comparison", sa.JSON(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("compared_at", INSTANT, nullable=True),
        sa.Column("compared_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("licence_id", ID, nullable=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "basis IN ('mark', 'mark_without_record', 'hand', 'none')", name=op.f("ck_find_basis_known")
        ),
        sa.CheckConstraint("kind IN ('image', 'video', 'audio')", name=op.f("ck_find_kind_known")),
        sa.CheckConstraint(
            "verdict = 'open' OR (comparison IS NOT NULL AND compared_at IS NOT NULL"
            " AND compared_by IS NOT NULL)",
            name=op.f("ck_find_compared"),
        ),
        sa.CheckConstraint(
            "verdict IN ('open', 'ours', 'licensed', 'not_ours', 'unclear')",
            name=op.f("ck_find_verdict_known"),
        ),
        sa.ForeignKeyConstraint(["copy_id"], ["copy.id"], name=op.f("fk_find_copy_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_find_document_id")),
        sa.ForeignKeyConstraint(["licence_id"], ["licence.id"], name=op.f("fk_find_licence_id")),
        sa.ForeignKeyConstraint(["mark_id"], ["mark.id"], name=op.f("fk_find_mark_id")),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name=op.f("fk_find_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_find")),
        sa.UniqueConstraint("document_id", name=op.f("uq_find_document_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_find_uid")),
    )
    op.create_index(op.f("ix_find_mark_id"), "find", ["mark_id"], unique=False)
    op.create_index(op.f("ix_find_work_id"), "find", ["work_id"], unique=False)
    op.create_table(
        "case_find",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("find_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_case_find_case_id")),
        sa.ForeignKeyConstraint(["find_id"], ["find.id"], name=op.f("fk_case_find_find_id")),
        sa.PrimaryKeyConstraint("case_id", "find_id", name=op.f("pk_case_find")),
    )
    op.create_index(op.f("ix_case_find_find_id"), "case_find", ["find_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("find_id", ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'sent', 'acknowledged', 'complied', 'rejected', 'countered',"
            " 'retracted', 'lapsed')",
            name=op.f("ck_notice_state_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_notice_case_id")),
        sa.ForeignKeyConstraint(["find_id"], ["find.id"], name=op.f("fk_notice_find_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("uid", name=op.f("uq_notice_uid")),
    )
    op.create_index(op.f("ix_notice_case_id"), "notice", ["case_id"], unique=False)
    op.create_index(op.f("ix_notice_due_on"), "notice", ["due_on"], unique=False)
    op.create_table(
        "sighting",
        sa.Column("id", ID, nullable=False),
        sa.Column("find_id", ID, nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("media_url", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("seen_by", sa.Text(), nullable=False),
        sa.Column("page_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["find_id"], ["find.id"], name=op.f("fk_sighting_find_id")),
        sa.ForeignKeyConstraint(["page_id"], ["document.id"], name=op.f("fk_sighting_page_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
    )
    op.create_index(op.f("ix_sighting_find_id"), "sighting", ["find_id"], unique=False)
    op.create_index(op.f("ix_sighting_url"), "sighting", ["url"], unique=False)
    op.create_table(
        "reply",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("notice_id", ID, nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("document_id", ID, nullable=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.CheckConstraint(
            "kind IN ('acknowledged', 'complied', 'rejected', 'countered', 'retracted', 'note')",
            name=op.f("ck_reply_kind_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["case_file.id"], name=op.f("fk_reply_case_id")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_reply_document_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notice.id"], name=op.f("fk_reply_notice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply")),
    )
    op.create_index(op.f("ix_reply_case_id"), "reply", ["case_id"], unique=False)
