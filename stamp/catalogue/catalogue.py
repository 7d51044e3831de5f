"""The catalogue, as callers see it."""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ..core.errors import CatalogueError, OutputError
from ..core.key import Key
from ..core.known import KnownMark
from ..core.options import CopyOptions
from ..core.payload import Payload
from ..storage.atomic import write_whole
from . import copies, erasing, events, exchange, intake, seals
from .cases import Cases
from .database import Database
from .documents import Documents
from .dossiers import Dossier, LoggedEvent, dossier_of, excerpt_of
from .finds import Finds
from .licences import Licences
from .parties import Parties
from .place import CATALOGUE_VARIABLE, default_place
from .recognition import Recognition
from .records import Erased, Proof, Recovered, SealRecord, Verification
from .references import find_id
from .suspects import Suspects
from .works import Works

if TYPE_CHECKING:
    from .timestamps import Roots

_PAGE = 10_000  # events that are in memory at once
Seen = Callable[[int, int], None]


def _unseen(done: int, total: int) -> None:
    """Show nobody how far something is."""


class Catalogue:
    """The record of works, marked copies, parties and licences.

        with stamp.Catalogue.open() as catalogue:
            known = catalogue.lookup(payload, key)

    Any thread may use it, each by a connection of its own; so may a process that was handed it, for it
    pickles as its place. Errors are CatalogueError.

    url : the place, a path or a database URL. works, parties, licences, finds, cases, documents, suspects :
        what is in it.
    """

    def __init__(self, url: str, *, make: bool = True) -> None:
        """Like `open`, of a place that is known."""
        self.url = url
        self.works = Works(self._database, self._essence, self._added)
        self.parties = Parties(self._database)
        self.documents = Documents(self._database)
        self.finds = Finds(self._database, self.documents)
        self.cases = Cases(self._database, self.documents)
        self.suspects = Suspects(self._database)
        self.licences = Licences(self._database)
        self.recognition = Recognition(self._database)
        self._make = make
        self._local = threading.local()
        self._opened: list[Database] = []
        self._database()

    @classmethod
    def open(cls, url: str | os.PathLike[str] | None = None, *, make: bool = True) -> Self:
        """Open a catalogue: an SQLite file, or PostgreSQL by `postgresql://user@host/name`. None is the one
        that `STAMP_CATALOGUE` names, else the file in the user's data folder. One that is not there is made,
        unless `make` is False.

        Raises CatalogueError where it cannot be used, MissingDependency where PostgreSQL's driver is not
        installed.
        """
        place = default_place() if url is None else os.fspath(url)
        if place is None:
            raise CatalogueError(
                f"no catalogue: {CATALOGUE_VARIABLE} switches it off, or there is no home; name one"
            )
        return cls(place, make=make)

    def close(self) -> None:
        """Close all connections."""
        while self._opened:
            self._opened.pop().close()
        self._local = threading.local()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.url,)

    def lookup(self, payload: bytes, key: Key | None = None) -> KnownMark | None:
        """Return what a payload means, under `key` if one is given; None where nothing is known."""
        return copies.lookup(self._database(), Payload(payload), key.fingerprint if key else None)

    def resolved(self, options: CopyOptions) -> CopyOptions:
        """Return `options` with the uids of what they name. Raises CatalogueError where it is not there."""
        database = self._database()

        def uid(table: str, reference: str | None) -> str | None:
            if reference is None:
                return None
            number = find_id(database, table, reference)
            return str(database.execute(f"SELECT uid FROM {table} WHERE id = ?", (number,))[0][0])

        return replace(
            options,
            work=uid("work", options.work),
            recipient=uid("party", options.recipient),
            licence=uid("licence", options.licence),
        )

    def reserve(self, wanted: copies.Reservation) -> ReservedCopy:
        """Reserve a copy before its file is made. Raises CatalogueError where its payload belongs to another
        work, or its options name something that is not there."""
        copy = ReservedCopy(self, copies.reserve(self._database(), wanted))
        known = copies.lookup(self._database(), wanted.payload, wanted.key_fingerprint)
        if known and isinstance(wanted.source, Path):
            self._added(known.work, wanted.source)
        return copy

    def adopt(
        self, wanted: copies.Reservation, digest: bytes, size: int | None, essence: bytes | None = None
    ) -> KnownMark:
        """Write down a copy that is there already, by the SHA-256 and the bytes of its file, and the SHA-256
        of its essence. Raises like `reserve`."""
        database = self._database()
        with database.writing():
            copy = copies.reserve(database, wanted)
            copies.complete(database, copy, digest, size, essence)
            copies.placed(database, copy)
        known = copies.lookup(database, wanted.payload, wanted.key_fingerprint)
        assert known is not None
        return known

    def remember(self, wanted: copies.Reservation) -> None:
        """Write down what a payload means, of whose copies nothing is known. Raises like `reserve`."""
        copies.remember(self._database(), wanted)

    def writing(self) -> AbstractContextManager[None]:
        """Return a context in which all that this thread writes is written at its end, or not at all. Others
        wait meanwhile; one inside of another is written or not by itself."""
        return self._database().writing()

    def dossier(self, work: str, payload: str | None = None) -> Dossier:
        """Return what is known of a work for strangers, and which copies carry `payload`, 16 hexadecimal
        digits. Raises CatalogueError where there is no such work."""
        return dossier_of(self._database(), work, payload)

    def excerpt(self, subjects: Sequence[str]) -> list[LoggedEvent]:
        """Return the events of the log that are about these subjects, such as uids, in order."""
        return excerpt_of(self._database(), subjects)

    def keep_manifest(self, file: Path, identifier: str, known: KnownMark) -> None:
        """Keep the manifest (Content Credentials) of a copy among the documents. Raises CatalogueError,
        MediaError, UnwritableFile."""
        with self.writing():
            document = self.documents.keep(file, "application/c2pa", name=f"{identifier}.c2pa")
            body = {"manifest": identifier, "sha256": document.sha256, "work": known.work}
            self.log("manifest.kept", known.copy or known.work, body)

    def manifests(self, known: KnownMark) -> list[Path]:
        """Return the files of the manifests of the copy, or of the work, that a mark means, the newest first.
        Raises CatalogueError where one is gone, or was changed."""
        found = []
        for logged in self.excerpt([known.copy or known.work]):
            if logged.event.verb == "manifest.kept" and logged.event.body:
                sha256 = json.loads(logged.event.body)["sha256"]
                found.append(self.documents.file(sha256))
        return found[::-1]

    def log(self, verb: str, subject: str, body: Mapping[str, Any], actor: str | None = None) -> None:
        """Append an event to the log. actor : who did it; the user of this computer unless given."""
        database = self._database()
        with database.writing():
            database.log(verb, subject, body, actor)

    def exported(self) -> Iterator[dict[str, Any]]:
        """Yield each work with its marks and copies (`stamp.work/1`), the oldest first, as `take_in` takes
        it: the catalogue as it is when the first one is asked for. Neither a key's secret nor a folder is in
        it.
        """
        return exchange.entries(self._database())

    def take_in(self, entry: Mapping[str, Any]) -> tuple[str, bool]:
        """Add a work as `exported` gave it, or the marks and copies of it that are not here; return its uid,
        and whether anything was added. What is here already is left as it is.

        Raises ArgumentError where a value means nothing, CatalogueError where something of it belongs to
        another work.
        """
        return intake.take_in(self._database(), entry)

    def recover(self) -> Recovered:
        """Bring the copies that interrupted runs on this machine have left half-way to their end."""
        return copies.recover(self._database())

    def verify(
        self,
        *,
        roots: Roots | None = None,
        kept: Sequence[tuple[int, bytes]] = (),
        seen: Seen = _unseen,
    ) -> Verification:
        """Check the log, event by event, against its chain of hashes and its seals: what was altered, taken
        out or swapped is named, and what was cut off its end or written anew since it was sealed.

        roots : a PEM file with the certificates of the time-stamp authorities to trust, or these; None for
        those of the system. kept : (seq, root) of seals that were kept elsewhere. seen : called with how many
        events are done, and how many there are.
        """
        return seals.verify(self._database(), self._events(seen), roots, kept)

    def seal(self, tsa: str | None = None, *, roots: Roots | None = None) -> SealRecord:
        """Seal the log up to its last event: check it, and keep the Merkle root over it. Keep root and number
        elsewhere, too. Where nothing is new, the last seal comes back.

        tsa : the URL of an RFC 3161 time-stamp authority, which gets the root, a hash, and signs it with the
        time. roots : as in `verify`.

        Raises CatalogueError where the log does not hold or is empty, or no right time stamp comes,
        ArgumentError for a URL that is none, MissingDependency without the extra `evidence`.
        """
        return seals.make(self._database(), self._events(), tsa, roots)

    def last_seal(self) -> SealRecord | None:
        """Return the last seal; None where there is none."""
        return seals.last(self._database())

    def proof(self, seq: int) -> Proof:
        """Return what shows that event `seq` is under a seal, and nothing of other events. Raises
        CatalogueError where no seal is over it."""
        return seals.prove(self._database(), [seq])[0]

    def proofs(self, seqs: Sequence[int]) -> list[Proof]:
        """Return the proofs of several events, as `proof` does of one; the log is read once a seal."""
        return seals.prove(self._database(), seqs)

    def backup(self, path: str | os.PathLike[str], *, seen: Seen = _unseen) -> Path:
        """Copy the catalogue to a new file, which only its owner can read, while others may write to it.
        `seen` is called with how many pages of it are done, and how many there are.

        Raises OutputError where the file exists, UnwritableFile, and CatalogueError for PostgreSQL, which has
        programs of its own for it.
        """
        database, target = self._database(), Path(path)
        if database.path is None:
            raise CatalogueError(f"{database.shown}: PostgreSQL is backed up by its own pg_dump")
        if os.path.lexists(target):
            raise OutputError(f"{target}: exists already; choose another name")
        with write_whole(target) as draft:
            draft.chmod(0o600)
            with closing(sqlite3.connect(draft)) as copy:
                database.copy_to(copy, seen)
        target.chmod(0o600)
        return target

    def erase_party(self, reference: str) -> Erased:
        """Take a party's data out, for good: its row keeps its number and uid, and the events that name it
        lose their bodies; the chain of the log holds. Raises CatalogueError where there is none."""
        return erasing.erase(self._database(), reference)

    def copy_to(self, url: str, *, seen: Seen = _unseen) -> int:
        """Copy all of it to an empty database, a file or PostgreSQL, and return how many rows it has:
        numbers, uids and the log stay what they are; documents stay where they are. Others cannot write
        meanwhile. `seen` is called with how many rows are done, and how many there are.

        Raises CatalogueError where the target has something in it; nothing of this is in it then, nor after
        any other error.
        """
        from . import moving

        return moving.copy_to(self._database(), url, seen=seen)

    def _added(self, work: str, source: Path) -> None:
        """Look at the file of a work that is there from now on, if somebody can: see
        `monitor.cataloguing`."""

    def _essence(self, path: Path) -> bytes | None:
        """The SHA-256 of a file's essence, where somebody can read it: see `pipeline.cataloguing`."""
        return None

    def _events(self, seen: Seen = _unseen) -> Iterator[events.Event]:
        database, after = self._database(), 0
        total = database.execute("SELECT max(seq) FROM event")[0][0] or 0
        while rows := database.execute(
            "SELECT seq, at, actor, verb, subject, salt, body, body_sha256, hash FROM event"
            " WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, _PAGE),
        ):
            for seq, at, actor, verb, subject, salt, body, digest, own in rows:
                blob = bytes(salt) if salt is not None else None
                yield events.Event(seq, at, actor, verb, subject, blob, body, bytes(digest), bytes(own))
            after = rows[-1][0]
            seen(after, total)

    def _database(self) -> Database:
        """The connection of this thread, in this process: those of a parent must not be used by its fork."""
        mine: tuple[int, Database] | None = getattr(self._local, "mine", None)
        if mine is None or mine[0] != os.getpid() or mine[1].is_lost:
            mine = os.getpid(), Database(self.url, make=self._make)
            self._local.mine = mine
            self._opened.append(mine[1])
        return mine[1]


@dataclass(frozen=True, slots=True)
class ReservedCopy:
    """A copy whose file is being made."""

    catalogue: Catalogue
    uid: str

    def complete(self, digest: bytes, size: int, essence: bytes | None = None) -> None:
        """Write down the finished draft, which may appear afterwards."""
        copies.complete(self.catalogue._database(), self.uid, digest, size, essence)

    def placed(self) -> None:
        """Write down that the file has appeared."""
        copies.placed(self.catalogue._database(), self.uid)

    def settle(self) -> None:
        """Find out what became of the file where something went wrong."""
        copies.settle(self.catalogue._database(), self.uid)
