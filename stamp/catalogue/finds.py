"""Finds: what was seen elsewhere, kept, compared with the original by a person, and judged."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal

from ..core.errors import ArgumentError, CatalogueError
from ..core.payload import Payload
from . import identity
from .database import Database, Row
from .documents import Documents
from .find_records import DocumentRecord, FindRecord, SightingRecord
from .references import find_id, uid_of

VERDICTS: Final = ("ours", "licensed", "not_ours", "unclear")
Originals = list[tuple[Path, bytes | None]]
Parameters = list[Any]
_COLUMNS = (
    "find.id, find.uid, find.kind, work.uid, work.id, work.title, copy.uid, party.name, find.basis,"
    " mark.payload, find.log10_p, find.report, find.comparison, find.verdict, find.compared_at,"
    " find.compared_by, find.note, licence.uid, find.added_at, find.document_id"
)
_FROM = (
    "find LEFT JOIN work ON work.id = find.work_id LEFT JOIN mark ON mark.id = find.mark_id"
    " LEFT JOIN copy ON copy.id = find.copy_id LEFT JOIN party ON party.id = copy.recipient_id"
    " LEFT JOIN licence ON licence.id = find.licence_id"
)


class Finds:
    """The finds of a catalogue. `connect` gives the connection of the thread that asks."""

    def __init__(self, connect: Callable[[], Database], documents: Documents) -> None:
        self._connect = connect
        self._documents = documents

    def add(
        self,
        capture: DocumentRecord,
        kind: str,
        sighting: SightingRecord,
        *,
        report: Mapping[str, Any] | None = None,
        payload: Payload | None = None,
        key_fingerprint: str | None = None,
        work: str | None = None,
        by: Literal["hand", "fingerprint"] = "hand",
    ) -> FindRecord:
        """Add a find, and return it. The same bytes are one find: where they are there already, only the
        sighting is added, and what was not known of them is completed.

        capture : what was found, kept. kind : "image", "video" or "audio". report : of the detection, or of
            the match. payload, key_fingerprint : what was read in it. work, by : which work it is where no
            mark says it, and whether a person named it or its fingerprint was recognised.
        Raises CatalogueError where the work is not there, or is another one than the mark's.
        """
        database = self._connect()
        with database.writing():
            mark_id, copy_id, work_id = _meaning(database, payload, key_fingerprint)
            basis = "none" if payload is None else "mark" if mark_id else "mark_without_record"
            if work is not None:
                named = find_id(database, "work", work)
                if work_id is not None and work_id != named:
                    raise CatalogueError(f"its mark is that of work #{work_id}, not of #{named}")
                basis, work_id = ("mark" if work_id else by), named
            known = database.execute("SELECT id FROM find WHERE document_id = ?", (capture.number,))
            if known:
                number = int(known[0][0])
                self._complete(database, number, basis, mark_id, copy_id, work_id, report)
            else:
                number = database.insert(
                    "find",
                    uid=identity.uid7(),
                    kind=kind,
                    document_id=capture.number,
                    work_id=work_id,
                    mark_id=mark_id,
                    copy_id=copy_id,
                    basis=basis,
                    report=_dumped(report),
                    log10_p=report and (report.get("watermark") or {}).get("log10_p"),
                    verdict="open",
                    added_at=identity.now(),
                )
            self._see(database, number, sighting, is_new=not known)
        return self.show(f"#{number}")

    def seen_again(self, reference: str, sighting: SightingRecord) -> FindRecord:
        """Add a sighting to a find, unless it was seen there already, and return it. Raises
        CatalogueError."""
        database = self._connect()
        with database.writing():
            number = find_id(database, "find", reference)
            self._see(database, number, sighting, is_new=False)
        return self.show(f"#{number}")

    def list(
        self,
        *,
        verdict: str | None = None,
        work: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> list[FindRecord]:
        """Return finds, the newest first; `after` is the last one of the page before. Raises
        CatalogueError."""
        database = self._connect()
        where = ["find.id < ?"]
        values: Parameters = [2**62 if after is None else find_id(database, "find", after)]
        if verdict is not None:
            where, values = [*where, "find.verdict = ?"], [*values, verdict]
        if work is not None:
            where, values = [*where, "find.work_id = ?"], [*values, find_id(database, "work", work)]
        rows = database.execute(
            f"SELECT {_COLUMNS} FROM {_FROM} WHERE {' AND '.join(where)} ORDER BY find.id DESC LIMIT ?",
            (*values, limit),
        )
        return [self._record(database, row) for row in rows]

    def show(self, reference: str) -> FindRecord:
        """Return one find. Raises CatalogueError where there is none of this name."""
        database = self._connect()
        number = find_id(database, "find", reference)
        rows = database.execute(f"SELECT {_COLUMNS} FROM {_FROM} WHERE find.id = ?", (number,))
        return self._record(database, rows[0])

    def of_file(self, sha256: str) -> FindRecord | None:
        """Return the find with these bytes, by their hexadecimal digits; None where there is none."""
        rows = self._connect().execute(
            "SELECT find.id FROM find JOIN document ON document.id = find.document_id"
            " WHERE document.sha256 = ?",
            (bytes.fromhex(sha256),),
        )
        return self.show(f"#{rows[0][0]}") if rows else None

    def compared(self, reference: str, comparison: Mapping[str, Any]) -> FindRecord:
        """Write down how a find compares with the original, and return it. Raises CatalogueError."""
        database = self._connect()
        with database.writing():
            number = find_id(database, "find", reference)
            database.execute("UPDATE find SET comparison = ? WHERE id = ?", (_dumped(comparison), number))
            database.log("find.measured", uid_of(database, "find", number), dict(comparison))
        return self.show(f"#{number}")

    def candidates(self, find: FindRecord, fingerprint: str) -> dict[Payload, str | None]:
        """Return the payloads that the work of a find was marked with under a key, each with the uid of the
        newest copy that has it, None where there is none."""
        rows = self._connect().execute(
            "SELECT mark.payload, copy.uid FROM mark JOIN key ON key.id = mark.key_id"
            " JOIN work ON work.id = mark.work_id LEFT JOIN copy ON copy.mark_id = mark.id"
            " WHERE work.uid = ? AND key.fingerprint = ?"
            " ORDER BY mark.id, coalesce(copy.state, '') <> 'abandoned', copy.id",
            (find.work, fingerprint),
        )
        return {Payload(bytes(payload)): copy for payload, copy in rows}

    def identified(
        self,
        reference: str,
        payload: Payload,
        fingerprint: str,
        *,
        report: Mapping[str, Any] | None = None,
    ) -> FindRecord:
        """Write down which mark of its work a find has, and return it.

        report : of the detector, where the mark was read; then the mark is what the find goes by from now on.
        Else the payload was confirmed, and the find still goes by what named the work.
        Raises CatalogueError where the find is not there or the mark is none of its work.
        """
        database = self._connect()
        with database.writing():
            number = find_id(database, "find", reference)
            mark_id, copy_id, work_id = _meaning(database, payload, fingerprint)
            had_work = database.execute("SELECT work_id FROM find WHERE id = ?", (number,))[0][0]
            if mark_id is None or work_id != had_work:
                raise CatalogueError(f"{payload.hex()} is no mark of the work of find #{number}")
            if report is not None:
                self._complete(database, number, "mark", mark_id, copy_id, work_id, report)
                log10_p = (report.get("watermark") or {}).get("log10_p")
                database.execute("UPDATE find SET log10_p = ? WHERE id = ?", (log10_p, number))
            else:
                database.execute(
                    "UPDATE find SET mark_id = ?, copy_id = ? WHERE id = ?", (mark_id, copy_id, number)
                )
                basis = database.execute("SELECT basis FROM find WHERE id = ?", (number,))[0][0]
                body = {"basis": basis, "payload": payload.hex()}
                database.log("find.completed", uid_of(database, "find", number), body)
        return self.show(f"#{number}")

    def judge(
        self, reference: str, verdict: str, by: str, *, note: str | None = None, licence: str | None = None
    ) -> FindRecord:
        """Write down what a person says of a find, and return it.

        verdict : one of VERDICTS. by : who looked at the two. licence : which one covers it, where the
            verdict is "licensed".
        Raises ArgumentError, and CatalogueError where the find has not been compared with the original.
        """
        if verdict not in VERDICTS:
            raise ArgumentError(f"a verdict is one of {', '.join(VERDICTS)}, not {verdict!r}")
        if not by.strip():
            raise ArgumentError("a verdict has a name: who looked at the find and at the original?")
        if licence is not None and verdict != "licensed":
            raise ArgumentError(f"a licence goes with the verdict licensed, not with {verdict}")
        database = self._connect()
        with database.writing():
            number = find_id(database, "find", reference)
            uid, comparison = database.execute("SELECT uid, comparison FROM find WHERE id = ?", (number,))[0]
            if comparison is None:
                remedy = f"`stamp find compare {number}` compares it with the original"
                raise CatalogueError(f"find #{number} has no comparison yet; {remedy}")
            licence_id = None if licence is None else find_id(database, "licence", licence)
            database.execute(
                "UPDATE find SET verdict = ?, compared_by = ?, compared_at = ?, note = ?, licence_id = ?"
                " WHERE id = ?",
                (verdict, by.strip(), identity.now(), note, licence_id, number),
            )
            said = {"verdict": verdict, "by": by.strip(), "note": note, "licence": licence}
            database.log("find.judged", uid, {name: value for name, value in said.items() if value})
        return self.show(f"#{number}")

    def originals(self, find: FindRecord) -> Originals:
        """Return where files of the work of a find were, as `originals_of` does."""
        return self.originals_of(find.work)

    def originals_of(self, work: str | None) -> Originals:
        """Return where files of the work of this uid were when they were added or marked, with the SHA-256
        that they had: originals, and marked copies of it last."""
        database = self._connect()
        rows = database.execute(
            "SELECT source, source_sha256 FROM work WHERE uid = ? AND source IS NOT NULL", (work,)
        )
        for column, sha256 in (
            ("source", "coalesce(copy.source_sha256, work.source_sha256)"),
            ("output", "copy.output_sha256"),
        ):
            rows += database.execute(
                f"SELECT copy.{column}, {sha256} FROM copy JOIN mark ON mark.id = copy.mark_id"
                " JOIN work ON work.id = mark.work_id WHERE work.uid = ? AND copy.state <> 'abandoned'"
                " ORDER BY copy.id LIMIT 100",
                (work,),
            )
        known: dict[str, Any] = dict(rows)
        return [(Path(path), bytes(sha256) if sha256 else None) for path, sha256 in known.items()]

    def licence_of_copy(self, find: FindRecord) -> str | None:
        """Return the uid of the licence that the copy of a find was made for; None where there is none."""
        rows = self._connect().execute(
            "SELECT licence.uid FROM copy JOIN licence ON licence.id = copy.licence_id WHERE copy.uid = ?",
            (find.copy,),
        )
        return rows[0][0] if rows else None

    def _complete(
        self,
        database: Database,
        number: int,
        basis: str,
        mark_id: int | None,
        copy_id: int | None,
        work_id: int | None,
        report: Mapping[str, Any] | None,
    ) -> None:
        """Write down what is known of a find only now: the key was missing, or the record, or the name. What
        its report has and the new one has not stays."""
        had, had_work, said = database.execute(
            "SELECT basis, work_id, report FROM find WHERE id = ?", (number,)
        )[0]
        if had_work is not None and work_id not in (None, had_work):
            raise CatalogueError(f"this file is find #{number}, of work #{had_work}, already")
        if _CERTAINTY[basis] <= _CERTAINTY[had]:
            return
        both = (_loaded(said) or {}) | dict(report or {})
        database.execute(
            "UPDATE find SET basis = ?, mark_id = ?, copy_id = ?, work_id = ?, report = ? WHERE id = ?",
            (basis, mark_id, copy_id, work_id, _dumped(both or None), number),
        )
        database.log("find.completed", uid_of(database, "find", number), {"basis": basis})

    def _see(self, database: Database, number: int, sighting: SightingRecord, *, is_new: bool) -> None:
        where = "find_id = ? AND coalesce(url, '') = ? AND coalesce(media_url, '') = ?"
        place = (number, sighting.url or "", sighting.media_url or "")
        if not is_new and database.execute(f"SELECT 1 FROM sighting WHERE {where}", place):
            return
        database.insert(
            "sighting",
            find_id=number,
            url=sighting.url,
            media_url=sighting.media_url,
            account=sighting.account,
            seen_at=sighting.seen_at,
            seen_by=sighting.seen_by,
            page_id=sighting.page.number if sighting.page else None,
        )
        find = self.show(f"#{number}")
        body = {"sha256": find.capture.sha256, "work": find.work, "payload": find.payload}
        seen = {"url": sighting.url, "account": sighting.account, "seen_at": sighting.seen_at}
        database.log(
            "find.added" if is_new else "find.seen_again",
            find.find,
            {name: value for name, value in (body | seen | {"seen_by": sighting.seen_by}).items() if value},
        )

    def _record(self, database: Database, row: Row) -> FindRecord:
        (
            number,
            uid,
            kind,
            work,
            work_number,
            title,
            copy,
            recipient,
            basis,
            payload,
            log10_p,
            report,
            comparison,
            verdict,
            compared_at,
            compared_by,
            note,
            licence,
            added_at,
            document,
        ) = row
        return FindRecord(
            find=uid,
            number=number,
            kind=kind,
            work=work,
            work_number=work_number,
            title=title,
            copy=copy,
            recipient=recipient,
            basis=basis,
            payload=bytes(payload).hex() if payload else _unknown_payload(report),
            log10_p=log10_p,
            report=_loaded(report),
            comparison=_loaded(comparison),
            verdict=verdict,
            compared_at=identity.text(compared_at),
            compared_by=compared_by,
            note=note,
            licence=licence,
            added_at=identity.text(added_at) or "",
            capture=self._documents.of(document),
            sightings=self._sightings(database, number),
        )

    def _sightings(self, database: Database, number: int) -> tuple[SightingRecord, ...]:
        rows = database.execute(
            "SELECT url, media_url, account, seen_at, seen_by, page_id FROM sighting WHERE find_id = ?"
            " ORDER BY id",
            (number,),
        )
        return tuple(
            SightingRecord(
                url,
                media_url,
                account,
                identity.text(at) or "",
                by,
                self._documents.of(page) if page else None,
            )
            for url, media_url, account, at, by, page in rows
        )


_CERTAINTY: Final = {"none": 0, "mark_without_record": 1, "hand": 2, "fingerprint": 3, "mark": 4}


def instant(given: str | datetime | None) -> str:
    """Return an instant as the catalogue writes it; None is now. Raises ArgumentError for a text that is no
    ISO 8601 instant; one without a time zone is in the computer's."""
    if given is None:
        return identity.now()
    try:
        when = datetime.fromisoformat(given) if isinstance(given, str) else given
    except ValueError as error:
        raise ArgumentError(f"{given}: no instant such as 2026-11-27T14:30+05:00") from error
    return identity.written(when if when.tzinfo else when.astimezone())


def _meaning(
    database: Database, payload: Payload | None, fingerprint: str | None
) -> tuple[int | None, int | None, int | None]:
    """The mark, the newest copy and the work of a payload; None for what the catalogue does not know."""
    if payload is None or fingerprint is None:
        return None, None, None
    marks = database.execute(
        "SELECT mark.id, mark.work_id FROM mark JOIN key ON key.id = mark.key_id"
        " WHERE mark.payload = ? AND key.fingerprint = ?",
        (bytes(payload), fingerprint),
    )
    if not marks:
        return None, None, None
    copies = database.execute(
        "SELECT id FROM copy WHERE mark_id = ? ORDER BY state = 'abandoned', id DESC LIMIT 1", (marks[0][0],)
    )
    return marks[0][0], copies[0][0] if copies else None, marks[0][1]


def _unknown_payload(report: Any) -> str | None:
    found = _loaded(report)
    mark = (found or {}).get("watermark") or {}
    payload = mark.get("payload")
    return str(payload) if payload else None


def _dumped(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else json.dumps(dict(value), ensure_ascii=False)


def _loaded(value: Any) -> dict[str, Any] | None:
    """JSON as it was: SQLite gives the text back, PostgreSQL the value."""
    found: dict[str, Any] | None = json.loads(value) if isinstance(value, str) else value
    return found
