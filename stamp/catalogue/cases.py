"""Cases: finds, the notices that were written about them, and what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any, Final

from ..core.errors import ArgumentError, CatalogueError
from . import identity
from .database import Database, Row
from .documents import Documents
from .find_records import CaseRecord, DocumentRecord, NoticeRecord, ReplyRecord
from .references import find_id, uid_of

OUTCOMES: Final = ("removed", "licensed", "settled", "withdrawn", "lost", "abandoned")
REPLIES: Final = ("acknowledged", "complied", "rejected", "countered", "retracted", "note")
COUNTER_NOTICE_DAYS: Final = 10
"""Business days after a counter notice before which a host does not put the material back; it does by the
14th, unless an action was filed: 17 U.S.C. 512(g)(2)(C)."""
_NEXT: Final = {
    "draft": ("approved", "sent", "retracted", "lapsed"),
    "approved": ("sent", "retracted", "lapsed"),
    "sent": ("acknowledged", "complied", "rejected", "countered", "retracted", "lapsed"),
    "acknowledged": ("complied", "rejected", "countered", "retracted", "lapsed"),
    "rejected": ("complied", "countered", "retracted", "lapsed"),
    "countered": ("complied", "rejected", "retracted", "lapsed"),
    "complied": ("countered",),
}
_AWAITED: Final = ("sent", "acknowledged", "countered")
"""Of a notice in one of these states, something is due."""
_COLUMNS = "id, uid, title, respondent, opened_at, closed_at, outcome"


class Cases:
    """The cases of a catalogue. `connect` gives the connection of the thread that asks."""

    def __init__(self, connect: Callable[[], Database], documents: Documents) -> None:
        self._connect = connect
        self._documents = documents

    def open(
        self, finds: Iterable[str], *, title: str | None = None, respondent: str | None = None
    ) -> CaseRecord:
        """Open a case about some finds, and return it.

        title : the first find's work and page unless given. Raises ArgumentError without a find,
            CatalogueError where one is not there."""
        database = self._connect()
        with database.writing():
            numbers = list(dict.fromkeys(find_id(database, "find", each) for each in finds))
            if not numbers:
                raise ArgumentError("a case is about one or several finds: name them")
            uid = identity.uid7()
            number = database.insert(
                "case_file",
                uid=uid,
                title=title or _title(database, numbers[0]),
                respondent=respondent,
                opened_at=identity.now(),
            )
            for find in numbers:
                database.execute("INSERT INTO case_find (case_id, find_id) VALUES (?, ?)", (number, find))
            uids = [uid_of(database, "find", find) for find in numbers]
            database.log("case.opened", uid, {"finds": uids})
        return self.show(f"#{number}")

    def list(
        self,
        *,
        due: date | None = None,
        closed: bool = False,
        limit: int = 50,
        after: str | None = None,
    ) -> list[CaseRecord]:
        """Return cases, the newest first: the open ones, or with `closed` all of them. due : only those of
        which something is due by this day, the most urgent first. Raises CatalogueError."""
        database = self._connect()
        before = 2**62 if after is None else find_id(database, "case_file", after)
        where = "id < ?" if closed else "id < ? AND closed_at IS NULL"
        rows = database.execute(
            f"SELECT {_COLUMNS} FROM case_file WHERE {where} ORDER BY id DESC LIMIT ?",
            (before, 10_000 if due else limit),
        )
        found = [self._record(database, row) for row in rows]
        if due is None:
            return found
        urgent = [case for case in found if case.due_on and case.due_on <= due.isoformat()]
        return sorted(urgent, key=lambda case: case.due_on or "")[:limit]

    def show(self, reference: str) -> CaseRecord:
        """Return one case. Raises CatalogueError where there is none of this name."""
        database = self._connect()
        number = find_id(database, "case_file", reference)
        rows = database.execute(f"SELECT {_COLUMNS} FROM case_file WHERE id = ?", (number,))
        return self._record(database, rows[0])

    def of_find(self, reference: str) -> CaseRecord | None:
        """Return the newest open case about a find; None where there is none."""
        database = self._connect()
        rows = database.execute(
            "SELECT case_id FROM case_find JOIN case_file ON case_file.id = case_find.case_id"
            " WHERE find_id = ? AND closed_at IS NULL ORDER BY case_id DESC LIMIT 1",
            (find_id(database, "find", reference),),
        )
        return self.show(f"#{rows[0][0]}") if rows else None

    def of_notice(self, reference: str) -> CaseRecord:
        """Return the case of a notice. Raises CatalogueError."""
        database = self._connect()
        number = find_id(database, "notice", reference)
        return self.show(f"#{database.execute('SELECT case_id FROM notice WHERE id = ?', (number,))[0][0]}")

    def draft(
        self, reference: str, kind: str, language: str, text: str, find: str | None = None
    ) -> NoticeRecord:
        """Put a notice into an open case, as a draft, and return it. Raises CatalogueError."""
        database = self._connect()
        with database.writing():
            case = _open(database, reference)
            uid = identity.uid7()
            number = database.insert(
                "notice",
                uid=uid,
                case_id=case,
                find_id=None if find is None else find_id(database, "find", find),
                kind=kind,
                language=language,
                text=text,
                state="draft",
                added_at=identity.now(),
            )
            database.log("notice.drafted", uid, {"case": uid_of(database, "case_file", case), "kind": kind})
        return self._notice(database, number)

    def advance(
        self, notice: str, state: str, *, on: date | None = None, due: date | None = None
    ) -> NoticeRecord:
        """Write down what became of a notice, and return it.

        state : the next one, as in NoticeRecord. on : the day; today unless given. due : by when something
            has to be done; of a counter notice, the tenth business day after it unless given. Raises
            CatalogueError where that state does not follow."""
        database, on = self._connect(), on or date.today()
        with database.writing():
            number = find_id(database, "notice", notice)
            uid, had = database.execute("SELECT uid, state FROM notice WHERE id = ?", (number,))[0]
            if state not in _NEXT.get(had, ()):
                allowed = ", ".join(_NEXT.get(had, ())) or "nothing more"
                raise CatalogueError(f"notice #{number} is {had}; what may follow is {allowed}, not {state}")
            if state == "countered" and due is None:
                due = business_days_after(on, COUNTER_NOTICE_DAYS)
            database.execute(
                "UPDATE notice SET state = ?, due_on = ?, sent_on = coalesce(sent_on, ?) WHERE id = ?",
                (
                    state,
                    due.isoformat() if due else None,
                    on.isoformat() if state == "sent" else None,
                    number,
                ),
            )
            said = {"state": state, "on": on.isoformat(), "due": due.isoformat() if due else None}
            database.log("notice.advanced", uid, {name: value for name, value in said.items() if value})
        return self._notice(database, number)

    def reply(
        self,
        reference: str,
        kind: str,
        *,
        text: str | None = None,
        on: date | None = None,
        due: date | None = None,
        notice: str | None = None,
        document: DocumentRecord | None = None,
    ) -> CaseRecord:
        """Write down what came back in a case, and return it.

        kind : of REPLIES; all but "note" also change the state of `notice`, the only one that is out unless
        given. document : what came, kept. Raises ArgumentError, CatalogueError.
        """
        if kind not in REPLIES:
            raise ArgumentError(f"a reply is one of {', '.join(REPLIES)}, not {kind!r}")
        database, on = self._connect(), on or date.today()
        with database.writing():
            case = _open(database, reference)
            meant = None if kind == "note" and notice is None else _meant(database, case, notice)
            if kind != "note":
                self.advance(f"#{meant}", kind, on=on, due=due)
            database.insert(
                "reply",
                case_id=case,
                notice_id=meant,
                kind=kind,
                text=text,
                received_on=on.isoformat(),
                document_id=document.number if document else None,
                added_at=identity.now(),
            )
            body: dict[str, Any] = {"kind": kind, "on": on.isoformat()}
            body |= {"document": document.sha256} if document else {}
            database.log("case.replied", uid_of(database, "case_file", case), body)
        return self.show(f"#{case}")

    def close(self, reference: str, outcome: str) -> CaseRecord:
        """Close a case, and return it. outcome : of OUTCOMES. Raises ArgumentError, CatalogueError."""
        if outcome not in OUTCOMES:
            raise ArgumentError(f"an outcome is one of {', '.join(OUTCOMES)}, not {outcome!r}")
        database = self._connect()
        with database.writing():
            case = _open(database, reference)
            database.execute(
                "UPDATE case_file SET closed_at = ?, outcome = ? WHERE id = ?",
                (identity.now(), outcome, case),
            )
            database.log("case.closed", uid_of(database, "case_file", case), {"outcome": outcome})
        return self.show(f"#{case}")

    def _notice(self, database: Database, number: int) -> NoticeRecord:
        return _notices(database, "notice.id = ?", number)[0]

    def _record(self, database: Database, row: Row) -> CaseRecord:
        number, uid, title, respondent, opened, closed, outcome = row
        finds = database.execute(
            "SELECT find.uid FROM case_find JOIN find ON find.id = case_find.find_id"
            " WHERE case_find.case_id = ? ORDER BY find.id",
            (number,),
        )
        replies = database.execute(
            "SELECT reply.kind, notice.uid, reply.text, reply.received_on, reply.document_id FROM reply"
            " LEFT JOIN notice ON notice.id = reply.notice_id WHERE reply.case_id = ? ORDER BY reply.id",
            (number,),
        )
        notices = _notices(database, "notice.case_id = ?", number)
        due = [each.due_on for each in notices if each.due_on and each.state in _AWAITED]
        return CaseRecord(
            case=uid,
            number=number,
            title=title,
            respondent=respondent,
            opened_at=identity.text(opened) or "",
            closed_at=identity.text(closed),
            outcome=outcome,
            due_on=min(due) if due and closed is None else None,
            finds=tuple(find for (find,) in finds),
            notices=tuple(notices),
            replies=tuple(
                ReplyRecord(kind, notice, text, str(on), self._documents.of(document) if document else None)
                for kind, notice, text, on, document in replies
            ),
        )


def business_days_after(day: date, count: int) -> date:
    """Return the day that is `count` days from Monday to Friday after `day`; holidays, which make it later,
    are not counted out."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _notices(database: Database, where: str, number: int) -> list[NoticeRecord]:
    rows = database.execute(
        "SELECT notice.uid, notice.id, find.uid, notice.kind, notice.language, notice.text, notice.state,"
        " notice.sent_on, notice.due_on, notice.added_at FROM notice"
        f" LEFT JOIN find ON find.id = notice.find_id WHERE {where} ORDER BY notice.id",
        (number,),
    )
    return [
        NoticeRecord(
            *(uid, number, find, kind, language, text, state),
            sent_on=str(sent) if sent else None,
            due_on=str(due) if due else None,
            added_at=identity.text(added) or "",
        )
        for uid, number, find, kind, language, text, state, sent, due, added in rows
    ]


def _meant(database: Database, case: int, notice: str | None) -> int:
    """The notice that a reply is to."""
    if notice is not None:
        number = find_id(database, "notice", notice)
        if not database.execute("SELECT 1 FROM notice WHERE id = ? AND case_id = ?", (number, case)):
            raise CatalogueError(f"notice #{number} is not one of case #{case}")
        return number
    rows = database.execute(
        "SELECT id FROM notice WHERE case_id = ?"
        " AND state NOT IN ('draft', 'approved', 'retracted', 'lapsed')",
        (case,),
    )
    if len(rows) != 1:
        raise CatalogueError(f"case #{case} has {len(rows)} notices that were sent: say which (`notice`)")
    return int(rows[0][0])


def _open(database: Database, reference: str) -> int:
    number = find_id(database, "case_file", reference)
    if database.execute("SELECT 1 FROM case_file WHERE id = ? AND closed_at IS NOT NULL", (number,)):
        raise CatalogueError(f"case #{number} is closed; open a new one")
    return number


def _title(database: Database, find: int) -> str:
    title, name, url = database.execute(
        "SELECT work.title, document.name,"
        " (SELECT url FROM sighting WHERE find_id = find.id ORDER BY id LIMIT 1) FROM find"
        " JOIN document ON document.id = find.document_id LEFT JOIN work ON work.id = find.work_id"
        " WHERE find.id = ?",
        (find,),
    )[0]
    return " on ".join(part for part in (title or name, url) if part)
