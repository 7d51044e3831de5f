"""The tables, for SQLAlchemy: what is listed, searched and migrated. `database` and `copies` write the same
ones in plain SQL.

Integers are keys inside, `uid` (UUIDv7) outside. Instants are UTC. Vocabularies are CHECK constraints. The
glossary is in docs/catalogue.md."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from . import identity


class Instant(sa.TypeDecorator[datetime]):
    """timestamptz in PostgreSQL, ISO 8601 text with Z in SQLite; an instant without a time zone is
    refused."""

    impl = sa.String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        kind = sa.DateTime(timezone=True) if dialect.name == "postgresql" else sa.String(27)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = identity.written(value)
        return value if dialect.name == "postgresql" else text

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return datetime.fromisoformat(value) if isinstance(value, str) else value


class Base(DeclarativeBase):
    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        dict[str, Any]: sa.JSON,
        Decimal: sa.Numeric(14, 4),
        str: sa.Text,
    }


Id = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _id() -> Any:
    return mapped_column(Id, primary_key=True)


def _uid() -> Any:
    return mapped_column(sa.String(36), unique=True, default=identity.uid7)


def _to(table: str, **more: Any) -> Any:
    return mapped_column(ForeignKey(f"{table}.id"), **more)


def _hash(**more: Any) -> Any:
    return mapped_column(sa.LargeBinary(32), **more)


def _indexed(table: str, column: str) -> Index:
    """An index of what is known, for a column that is mostly empty."""
    known = sa.text(f"{column} IS NOT NULL")
    return Index(f"ix_{table}_{column}", column, sqlite_where=known, postgresql_where=known)


def _one_of(column: str, *values: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(map(repr, values))})", name=f"{column}_known")


class Party(Base):
    """A person or an organisation: author, licensee, platform, register. country : ISO 3166-1, two
    letters."""

    __tablename__ = "party"
    id: Mapped[int] = _id()
    uid: Mapped[str] = _uid()
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(sa.Text, index=True)
    email: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    country: Mapped[str | None] = mapped_column(sa.String(2))
    isni: Mapped[str | None]
    ipi: Mapped[str | None]
    tax_id: Mapped[str | None]
    __table_args__ = (_one_of("kind", "person", "organisation", "platform", "authority"),)


class Work(Base):
    """A work. created_on : ISO 8601, also reduced (2026, 2026-05). folded : the title as it is searched.
    source : where its file was, if no copy says it. rights : as in `Rights.to_dict`."""

    __tablename__ = "work"
    id: Mapped[int] = _id()
    uid: Mapped[str] = _uid()
    kind: Mapped[str]
    origin: Mapped[str]
    title: Mapped[str]
    folded: Mapped[str]
    language: Mapped[str | None]
    created_on: Mapped[str | None]
    first_published_on: Mapped[date | None]
    first_published_in: Mapped[str | None] = mapped_column(sa.String(2))
    source: Mapped[str | None]
    source_sha256: Mapped[bytes | None] = _hash()
    essence_sha256: Mapped[bytes | None] = _hash()
    rights: Mapped[dict[str, Any] | None]
    added_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        _one_of("kind", "image", "video", "audio"),
        _one_of("origin", "own", "third_party"),
        _indexed("work", "source_sha256"),
        _indexed("work", "essence_sha256"),
    )


class WorkIdentifier(Base):
    __tablename__ = "work_identifier"
    id: Mapped[int] = _id()
    work_id: Mapped[int] = _to("work", index=True)
    scheme: Mapped[str]
    value: Mapped[str]
    __table_args__ = (
        UniqueConstraint("scheme", "value"),
        _one_of("scheme", "isrc", "iswc", "isan", "upc", "doi", "url", "local"),
    )


class Contribution(Base):
    """What a party has to do with a work. share_ppm : of the rights, in parts per million. basis : creation,
    assignment, employment."""

    __tablename__ = "contribution"
    id: Mapped[int] = _id()
    work_id: Mapped[int] = _to("work", index=True)
    party_id: Mapped[int] = _to("party", index=True)
    role: Mapped[str]
    share_ppm: Mapped[int | None]
    basis: Mapped[str | None]
    __table_args__ = (
        UniqueConstraint("work_id", "party_id", "role"),
        CheckConstraint("share_ppm BETWEEN 0 AND 1000000", name="share"),
    )


class Registration(Base):
    """An entry in a register of works."""

    __tablename__ = "registration"
    id: Mapped[int] = _id()
    work_id: Mapped[int] = _to("work", index=True)
    authority: Mapped[str]
    number: Mapped[str]
    registered_on: Mapped[date | None]
    document_id: Mapped[int | None] = _to("document")
    __table_args__ = (UniqueConstraint("authority", "number"),)


class Key(Base):
    """A key that has marked; only its public fingerprint."""

    __tablename__ = "key"
    id: Mapped[int] = _id()
    fingerprint: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str]
    first_seen_at: Mapped[datetime]
    retired_on: Mapped[date | None]
    compromised_on: Mapped[date | None]
    custodian_id: Mapped[int | None] = _to("party")


class Mark(Base):
    """What a payload means: under one key one work, for good."""

    __tablename__ = "mark"
    id: Mapped[int] = _id()
    key_id: Mapped[int] = _to("key")
    payload: Mapped[bytes] = mapped_column(sa.LargeBinary(8))
    work_id: Mapped[int] = _to("work", index=True)
    __table_args__ = (
        UniqueConstraint("payload", "key_id"),
        CheckConstraint("length(payload) = 8", name="eight"),
    )


class Copy(Base):
    """A marked file: what was made, for whom, where it went; see `copies`. source_sha256 : None where it is
    that of the work."""

    __tablename__ = "copy"
    id: Mapped[int] = _id()
    uid: Mapped[str] = _uid()
    mark_id: Mapped[int] = _to("mark", index=True)
    state: Mapped[str]
    source: Mapped[str]
    output: Mapped[str]
    source_sha256: Mapped[bytes | None] = _hash()
    output_sha256: Mapped[bytes | None] = _hash()
    essence_sha256: Mapped[bytes | None] = _hash()
    size: Mapped[int | None] = mapped_column(sa.BigInteger)
    scheme: Mapped[str | None]
    program: Mapped[str]
    psnr_db: Mapped[float | None]
    recipient_id: Mapped[int | None] = _to("party")
    channel: Mapped[str | None]
    url: Mapped[str | None]
    licence_id: Mapped[int | None] = _to("licence")
    host: Mapped[str]
    reserved_at: Mapped[datetime]
    placed_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    __table_args__ = (
        _one_of("state", "reserved", "ready", "published", "abandoned", "withdrawn"),
        CheckConstraint("state IN ('reserved', 'abandoned') OR output_sha256 IS NOT NULL", name="hashed"),
        _indexed("copy", "source_sha256"),
        _indexed("copy", "output_sha256"),
        _indexed("copy", "essence_sha256"),
        Index(
            "ix_copy_open",
            "state",
            sqlite_where=sa.text("placed_at IS NULL"),
            postgresql_where=sa.text("placed_at IS NULL"),
        ),
    )


class Licence(Base):
    """Rights that were granted to others, or acquired from them. `online` is said explicitly. Money is in
    `currency` (ISO 4217); royalty_ppm in parts per million of the income. odrl : the same as ODRL 2.2."""

    __tablename__ = "licence"
    id: Mapped[int] = _id()
    uid: Mapped[str] = _uid()
    direction: Mapped[str]
    licensor_id: Mapped[int] = _to("party")
    licensee_id: Mapped[int] = _to("party")
    exclusivity: Mapped[str]
    online: Mapped[bool]
    sublicensable: Mapped[bool]
    signed_on: Mapped[date | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    terminated_on: Mapped[date | None]
    remuneration: Mapped[str]
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None] = mapped_column(sa.String(3))
    royalty_ppm: Mapped[int | None]
    attribution: Mapped[str | None]
    liability: Mapped[str | None]
    governing_law: Mapped[str | None]
    dispute_resolution: Mapped[str | None]
    termination: Mapped[str | None]
    document_id: Mapped[int | None] = _to("document")
    added_at: Mapped[datetime]
    __table_args__ = (
        _one_of("direction", "granted", "acquired"),
        _one_of("exclusivity", "exclusive", "sole", "non_exclusive"),
        _one_of("remuneration", "none", "fixed", "royalty", "mixed"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="term"),
        CheckConstraint("(amount IS NULL) = (currency IS NULL)", name="money"),
    )


class LicenceWork(Base):
    __tablename__ = "licence_work"
    licence_id: Mapped[int] = _to("licence", primary_key=True)
    work_id: Mapped[int] = _to("work", primary_key=True, index=True)


class LicenceUse(Base):
    """A permission or a prohibition of an action on a channel; "*" is every channel, "use" every action."""

    __tablename__ = "licence_use"
    id: Mapped[int] = _id()
    licence_id: Mapped[int] = _to("licence", index=True)
    rule: Mapped[str]
    action: Mapped[str]
    channel: Mapped[str]
    __table_args__ = (
        UniqueConstraint("licence_id", "rule", "action", "channel"),
        _one_of("rule", "permission", "prohibition"),
    )


class LicenceTerritory(Base):
    """ISO 3166-1 or -2, or an area of UN M49: "001" is the world."""

    __tablename__ = "licence_territory"
    licence_id: Mapped[int] = _to("licence", primary_key=True)
    territory: Mapped[str] = mapped_column(sa.String(8), primary_key=True)
    excluded: Mapped[bool]


class Document(Base):
    """A file beside the catalogue, named by its hash."""

    __tablename__ = "document"
    id: Mapped[int] = _id()
    sha256: Mapped[bytes] = _hash(unique=True)
    media_type: Mapped[str]
    size: Mapped[int] = mapped_column(sa.BigInteger)
    name: Mapped[str]
    added_at: Mapped[datetime]


class Find(Base):
    """Something that was found elsewhere: a capture, what was read in it, and what a person says of it.

    report : as in `stamp.detect/1`. comparison : as in `stamp.find/1`.
    """

    __tablename__ = "find"
    id: Mapped[int] = _id()
    uid: Mapped[str] = _uid()
    kind: Mapped[str]
    document_id: Mapped[int] = _to("document", unique=True)
    work_id: Mapped[int | None] = _to("work", index=True)
    mark_id: Mapped[int | None] = _to("mark", index=True)
    copy_id: Mapped[int | None] = _to("copy")
    basis: Mapped[str]
    report: Mapped[dict[str, Any] | None]
    log10_p: Mapped[float | None]
    comparison: Mapped[dict[str, Any] | None]
    verdict: Mapped[str]
    compared_at: Mapped[datetime | None]
    compared_by: Mapped[str | None]
    note: Mapped[str | None]
    licence_id: Mapped[int | None] = _to("licence")
    added_at: Mapped[datetime]
    __table_args__ = (
        _one_of("kind", "image", "video", "audio"),
        _one_of("basis", "mark", "mark_without_record", "fingerprint", "hand", "none"),
        _one_of("verdict", "open", "ours", "licensed", "not_ours", "unclear"),
        CheckConstraint(
            "verdict = 'open' OR (comparison IS NOT NULL AND compared_at IS NOT NULL"
            " AND compared_by IS NOT NULL)",
            name="compared",
        ),
    )


class Sighting(Base):
    """Where and when a find was seen, and by whom. page_id : a capture of the page, such as a WARC."""

    __tablename__ = "sighting"
    id: Mapped[int] = _id()
    find_id: Mapped[int] = _to("find", index=True)
    url: Mapped[str | None] = mapped_column(sa.Text, index=True)
    media_url: Mapped[str | None]
    account: Mapped[str | None]
    seen_at: Mapped[datetime]
    seen_by: Mapped[str]
    page_id: Mapped[int | None] = _to("document")


class Suspect(Base):
    """What `stamp watch` has looked at: where it is (a URL or a path) and on which page, as hashes, which
    version of it that was (an ETag or a date, or size and time of a file), its bytes, and what came of it.
    signs : of a photo, by which it is known again. prints : how many bytes of fingerprints there were when
    it was compared with them; NULL of what an earlier version looked at."""

    __tablename__ = "suspect"
    id: Mapped[int] = _id()
    place_sha256: Mapped[bytes] = _hash(unique=True)
    place: Mapped[str]
    page_sha256: Mapped[bytes | None] = _hash(index=True)
    version: Mapped[str | None]
    sha256: Mapped[bytes] = _hash(index=True)
    signs: Mapped[bytes | None] = _hash()
    outcome: Mapped[str]
    find_id: Mapped[int | None] = _to("find")
    looked_at: Mapped[datetime]
    prints: Mapped[int | None] = mapped_column(sa.BigInteger)
    __table_args__ = (
        _one_of("outcome", "found", "not_found", "unreadable"),
        CheckConstraint("(outcome = 'found') = (find_id IS NOT NULL)", name="found"),
    )


class CaseFile(Base):
    """What is done about one or several finds. respondent : who is asked to act."""

    __tablename__ = "case_file"
    id: Mapped[int] = _id()
    uid: Mapped[str] = _uid()
    title: Mapped[str]
    respondent: Mapped[str | None]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    __table_args__ = (CheckConstraint("(closed_at IS NULL) = (outcome IS NULL)", name="closed"),)


class CaseFind(Base):
    __tablename__ = "case_find"
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), primary_key=True)
    find_id: Mapped[int] = _to("find", primary_key=True, index=True)


class Notice(Base):
    """A notice and what became of it. kind : whom it is for, as in notices.toml. due_on : the day by which
    something has to be done."""

    __tablename__ = "notice"
    id: Mapped[int] = _id()
    uid: Mapped[str] = _uid()
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    find_id: Mapped[int | None] = _to("find")
    kind: Mapped[str]
    language: Mapped[str]
    text: Mapped[str]
    state: Mapped[str]
    sent_on: Mapped[date | None]
    due_on: Mapped[date | None] = mapped_column(sa.Date, index=True)
    added_at: Mapped[datetime]
    __table_args__ = (
        _one_of(
            "state",
            "draft",
            "approved",
            "sent",
            "acknowledged",
            "complied",
            "rejected",
            "countered",
            "retracted",
            "lapsed",
        ),
    )


class Reply(Base):
    """What came back, or was noted, in a case."""

    __tablename__ = "reply"
    id: Mapped[int] = _id()
    case_id: Mapped[int] = mapped_column(ForeignKey("case_file.id"), index=True)
    notice_id: Mapped[int | None] = _to("notice")
    kind: Mapped[str]
    text: Mapped[str | None]
    received_on: Mapped[date]
    document_id: Mapped[int | None] = _to("document")
    added_at: Mapped[datetime]
    __table_args__ = (
        _one_of("kind", "acknowledged", "complied", "rejected", "countered", "retracted", "note"),
    )


class Event(Base):
    """A line of the log; see `events`. Triggers on both databases keep it from being changed."""

    __tablename__ = "event"
    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[str]
    actor: Mapped[str]
    verb: Mapped[str]
    subject: Mapped[str]
    salt: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    body: Mapped[str | None]
    body_sha256: Mapped[bytes] = _hash()
    hash: Mapped[bytes] = _hash()


class Seal(Base):
    """A time stamp over the Merkle root of the log up to `seq`."""

    __tablename__ = "seal"
    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = _hash()
    authority: Mapped[str]
    token: Mapped[bytes | None]
    at: Mapped[datetime]
