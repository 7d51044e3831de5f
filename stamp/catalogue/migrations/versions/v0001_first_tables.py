"""The tables of the first version"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.String(27).with_variant(sa.DateTime(timezone=True), "postgresql")

# What SQLAlchemy does not describe: the index of titles, and that no event is changed.
SQLITE = (
    "CREATE VIRTUAL TABLE work_text USING"
    " fts5(folded, content='work', content_rowid='id', tokenize='unicode61')",
    "CREATE TRIGGER work_text_insert AFTER INSERT ON work BEGIN"
    " INSERT INTO work_text(rowid, folded) VALUES (new.id, new.folded); END",
    "CREATE TRIGGER work_text_delete AFTER DELETE ON work BEGIN"
    " INSERT INTO work_text(work_text, rowid, folded) VALUES ('delete', old.id, old.folded); END",
    "CREATE TRIGGER work_text_update AFTER UPDATE OF folded ON work BEGIN"
    " INSERT INTO work_text(work_text, rowid, folded) VALUES ('delete', old.id, old.folded);"
    " INSERT INTO work_text(rowid, folded) VALUES (new.id, new.folded); END",
    "CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events stay'); END",
    # A body may be blanked, nothing else changed.
    "CREATE TRIGGER event_is_not_changed BEFORE UPDATE ON event"
    " WHEN new.body IS NOT NULL OR new.salt IS NOT NULL"
    " OR new.seq <> old.seq OR new.at <> old.at OR new.actor <> old.actor OR new.verb <> old.verb"
    " OR new.subject <> old.subject OR new.body_sha256 <> old.body_sha256 OR new.hash <> old.hash"
    " BEGIN SELECT RAISE(ABORT, 'events are not changed'); END",
)
POSTGRESQL = (
    "CREATE INDEX ix_work_text ON work USING gin (to_tsvector('simple', folded))",
    """
    CREATE FUNCTION event_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' AND new.body IS NULL AND new.salt IS NULL
            AND (new.seq, new.at, new.actor, new.verb, new.subject, new.body_sha256, new.hash)
              = (old.seq, old.at, old.actor, old.verb, old.subject, old.body_sha256, old.hash) THEN
            RETURN new;
        END IF;
        RAISE EXCEPTION 'events stay, and are not changed';
    END $$
    """,
    "CREATE TRIGGER event_stays BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION event_stays()",
    "CREATE TRIGGER event_is_not_emptied BEFORE TRUNCATE ON event EXECUTE FUNCTION event_stays()",
)


def upgrade() -> None:
    op.create_table(
        "document",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint("sha256", name=op.f("uq_document_sha256")),
    )
    op.create_table(
        "event",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("body_sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_event")),
    )
    op.create_table(
        "party",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("isni", sa.Text(), nullable=True),
        sa.Column("ipi", sa.Text(), nullable=True),
        sa.Column("tax_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('person', 'organisation', 'platform', 'authority')", name=op.f("ck_party_kind_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party")),
        sa.UniqueConstraint("uid", name=op.f("uq_party_uid")),
    )
    with op.batch_alter_table("party", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_party_name"), ["name"], unique=False)

    op.create_table(
        "seal",
        sa.Column("seq", ID, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(length=32), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_seal")),
    )
    op.create_table(
        "work",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created_on", sa.Text(), nullable=True),
        sa.Column("first_published_on", sa.Date(), nullable=True),
        sa.Column("first_published_in", sa.String(length=2), nullable=True),
        sa.Column("source_sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("essence_sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("rights", sa.JSON(), nullable=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.CheckConstraint("kind IN ('image', 'video', 'audio')", name=op.f("ck_work_kind_known")),
        sa.CheckConstraint("origin IN ('own', 'third_party')", name=op.f("ck_work_origin_known")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work")),
        sa.UniqueConstraint("uid", name=op.f("uq_work_uid")),
    )
    with op.batch_alter_table("work", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_essence_sha256"), ["essence_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_work_source_sha256"), ["source_sha256"], unique=False)

    op.create_table(
        "contribution",
        sa.Column("id", ID, nullable=False),
        sa.Column("work_id", ID, nullable=False),
        sa.Column("party_id", ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("share_ppm", sa.Integer(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name=op.f("ck_contribution_share")),
        sa.ForeignKeyConstraint(["party_id"], ["party.id"], name=op.f("fk_contribution_party_id")),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name=op.f("fk_contribution_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contribution")),
        sa.UniqueConstraint(
            "work_id", "party_id", "role", name=op.f("uq_contribution_work_id_party_id_role")
        ),
    )
    with op.batch_alter_table("contribution", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contribution_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_contribution_work_id"), ["work_id"], unique=False)

    op.create_table(
        "key",
        sa.Column("id", ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("first_seen_at", INSTANT, nullable=False),
        sa.Column("retired_on", sa.Date(), nullable=True),
        sa.Column("compromised_on", sa.Date(), nullable=True),
        sa.Column("custodian_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["custodian_id"], ["party.id"], name=op.f("fk_key_custodian_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_key_fingerprint")),
    )
    op.create_table(
        "licence",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("licensor_id", ID, nullable=False),
        sa.Column("licensee_id", ID, nullable=False),
        sa.Column("exclusivity", sa.Text(), nullable=False),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("sublicensable", sa.Boolean(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("terminated_on", sa.Date(), nullable=True),
        sa.Column("remuneration", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=14, scale=4), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("royalty_ppm", sa.Integer(), nullable=True),
        sa.Column("attribution", sa.Text(), nullable=True),
        sa.Column("liability", sa.Text(), nullable=True),
        sa.Column("governing_law", sa.Text(), nullable=True),
        sa.Column("dispute_resolution", sa.Text(), nullable=True),
        sa.Column("termination", sa.Text(), nullable=True),
        sa.Column("document_id", ID, nullable=True),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.CheckConstraint("direction IN ('granted', 'acquired')", name=op.f("ck_licence_direction_known")),
        sa.CheckConstraint(
            "exclusivity IN ('exclusive', 'sole', 'non_exclusive')", name=op.f("ck_licence_exclusivity_known")
        ),
        sa.CheckConstraint(
            "remuneration IN ('none', 'fixed', 'royalty', 'mixed')",
            name=op.f("ck_licence_remuneration_known"),
        ),
        sa.CheckConstraint("(amount IS NULL) = (currency IS NULL)", name=op.f("ck_licence_money")),
        sa.CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name=op.f("ck_licence_term")),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_licence_document_id")),
        sa.ForeignKeyConstraint(["licensee_id"], ["party.id"], name=op.f("fk_licence_licensee_id")),
        sa.ForeignKeyConstraint(["licensor_id"], ["party.id"], name=op.f("fk_licence_licensor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence")),
        sa.UniqueConstraint("uid", name=op.f("uq_licence_uid")),
    )
    op.create_table(
        "registration",
        sa.Column("id", ID, nullable=False),
        sa.Column("work_id", ID, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("document_id", ID, nullable=True),
        sa.ForeignKeyConstraint(["document_id"], ["document.id"], name=op.f("fk_registration_document_id")),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name=op.f("fk_registration_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registration")),
        sa.UniqueConstraint("authority", "number", name=op.f("uq_registration_authority_number")),
    )
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registration_work_id"), ["work_id"], unique=False)

    op.create_table(
        "work_identifier",
        sa.Column("id", ID, nullable=False),
        sa.Column("work_id", ID, nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "scheme IN ('isrc', 'iswc', 'isan', 'upc', 'doi', 'url', 'local')",
            name=op.f("ck_work_identifier_scheme_known"),
        ),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name=op.f("fk_work_identifier_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_identifier")),
        sa.UniqueConstraint("scheme", "value", name=op.f("uq_work_identifier_scheme_value")),
    )
    with op.batch_alter_table("work_identifier", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_work_identifier_work_id"), ["work_id"], unique=False)

    op.create_table(
        "licence_territory",
        sa.Column("licence_id", ID, nullable=False),
        sa.Column("territory", sa.String(length=8), nullable=False),
        sa.Column("excluded", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["licence_id"], ["licence.id"], name=op.f("fk_licence_territory_licence_id")),
        sa.PrimaryKeyConstraint("licence_id", "territory", name=op.f("pk_licence_territory")),
    )
    op.create_table(
        "licence_use",
        sa.Column("id", ID, nullable=False),
        sa.Column("licence_id", ID, nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.CheckConstraint("rule IN ('permission', 'prohibition')", name=op.f("ck_licence_use_rule_known")),
        sa.ForeignKeyConstraint(["licence_id"], ["licence.id"], name=op.f("fk_licence_use_licence_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_licence_use")),
        sa.UniqueConstraint(
            "licence_id",
            "rule",
            "action",
            "channel",
            name=op.f("uq_licence_use_licence_id_rule_action_channel"),
        ),
    )
    with op.batch_alter_table("licence_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licence_use_licence_id"), ["licence_id"], unique=False)

    op.create_table(
        "licence_work",
        sa.Column("licence_id", ID, nullable=False),
        sa.Column("work_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["licence_id"], ["licence.id"], name=op.f("fk_licence_work_licence_id")),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name=op.f("fk_licence_work_work_id")),
        sa.PrimaryKeyConstraint("licence_id", "work_id", name=op.f("pk_licence_work")),
    )
    with op.batch_alter_table("licence_work", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_licence_work_work_id"), ["work_id"], unique=False)

    op.create_table(
        "mark",
        sa.Column("id", ID, nullable=False),
        sa.Column("key_id", ID, nullable=False),
        sa.Column("payload", sa.LargeBinary(length=8), nullable=False),
        sa.Column("work_id", ID, nullable=False),
        sa.CheckConstraint("length(payload) = 8", name=op.f("ck_mark_eight")),
        sa.ForeignKeyConstraint(["key_id"], ["key.id"], name=op.f("fk_mark_key_id")),
        sa.ForeignKeyConstraint(["work_id"], ["work.id"], name=op.f("fk_mark_work_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mark")),
        sa.UniqueConstraint("payload", "key_id", name=op.f("uq_mark_payload_key_id")),
    )
    with op.batch_alter_table("mark", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mark_work_id"), ["work_id"], unique=False)

    op.create_table(
        "copy",
        sa.Column("id", ID, nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("mark_id", ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("output", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("output_sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("essence_sha256", sa.LargeBinary(length=32), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("program", sa.Text(), nullable=False),
        sa.Column("psnr_db", sa.Double(), nullable=True),
        sa.Column("recipient_id", ID, nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("licence_id", ID, nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("reserved_at", INSTANT, nullable=False),
        sa.Column("ready_at", INSTANT, nullable=True),
        sa.Column("placed_at", INSTANT, nullable=True),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.CheckConstraint(
            "state IN ('reserved', 'abandoned') OR output_sha256 IS NOT NULL", name=op.f("ck_copy_hashed")
        ),
        sa.CheckConstraint(
            "state IN ('reserved', 'ready', 'published', 'abandoned', 'withdrawn')",
            name=op.f("ck_copy_state_known"),
        ),
        sa.ForeignKeyConstraint(["licence_id"], ["licence.id"], name=op.f("fk_copy_licence_id")),
        sa.ForeignKeyConstraint(["mark_id"], ["mark.id"], name=op.f("fk_copy_mark_id")),
        sa.ForeignKeyConstraint(["recipient_id"], ["party.id"], name=op.f("fk_copy_recipient_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_copy")),
        sa.UniqueConstraint("uid", name=op.f("uq_copy_uid")),
    )
    with op.batch_alter_table("copy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_copy_essence_sha256"), ["essence_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_copy_mark_id"), ["mark_id"], unique=False)
        batch_op.create_index(
            "ix_copy_open",
            ["state"],
            unique=False,
            sqlite_where=sa.text("placed_at IS NULL"),
            postgresql_where=sa.text("placed_at IS NULL"),
        )
        batch_op.create_index(batch_op.f("ix_copy_output_sha256"), ["output_sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_copy_source_sha256"), ["source_sha256"], unique=False)

    bind = op.get_bind()
    for statement in POSTGRESQL if bind.dialect.name == "postgresql" else SQLITE:
        bind.exec_driver_sql(statement)
