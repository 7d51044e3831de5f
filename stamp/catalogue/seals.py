"""Seals: the Merkle root over the log up to an event, kept here and elsewhere, with a time stamp if one is
asked for. Whatever happens to the log before that event afterwards leads to another root."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from ..core.errors import CatalogueError, MissingDependency
from . import events, identity, merkle
from .database import Database
from .records import Proof, SealRecord, Verification

if TYPE_CHECKING:
    from .timestamps import Roots

_PAGE: Final = 100_000  # hashes that are in memory at once
_COLUMNS: Final = "seq, root, at, authority, token"


def make(
    database: Database, log: Iterable[events.Event], tsa: str | None = None, roots: Roots | None = None
) -> SealRecord:
    """Seal the log up to its last event, and return the seal; the last one, where nothing is new since. One
    without a time stamp gets it. Raises CatalogueError where the log does not hold, nothing is in it, or no
    right time stamp comes from `tsa`, and MissingDependency."""
    known = _all(database)
    survey = _Survey(known).over(log)
    if survey.fault:
        raise CatalogueError(f"{database.shown}: nothing is sealed, for {survey.fault}")
    if not survey.count:
        raise CatalogueError(f"{database.shown}: nothing is in the log that could be sealed")
    if known and known[-1].seq == survey.count and (tsa is None or known[-1].token):
        return known[-1]
    root, at, authority, token = survey.tree.root(), identity.now(), "", None
    if tsa is not None:
        from . import timestamps

        stamp = timestamps.request(tsa, root, roots)
        at, authority, token = identity.written(stamp.at), stamp.authority, stamp.bytes
    with database.writing():
        # Another program may have sealed the same meanwhile; a seal with a time stamp stays.
        database.execute("DELETE FROM seal WHERE seq = ? AND token IS NULL", (survey.count,))
        database.execute(
            f"INSERT INTO seal ({_COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (survey.count, root, at, authority, token),
        )
    return _all(database, "WHERE seq = ?", survey.count)[0]


def last(database: Database) -> SealRecord | None:
    """Return the last seal."""
    found = _all(database, "WHERE seq = (SELECT max(seq) FROM seal)")
    return found[0] if found else None


def verify(
    database: Database,
    log: Iterable[events.Event],
    roots: Roots | None = None,
    kept: Sequence[tuple[int, bytes]] = (),
) -> Verification:
    """Check the log and all seals of it, and `kept`: (seq, root) of seals that were kept elsewhere."""
    known = _all(database)
    survey = _Survey(known, kept).over(log)
    fault, checked, unchecked = survey.fault, 0, 0
    for seal in known:
        if fault is None and seal.token is not None:
            try:
                fault = _token_fault(seal, roots)
                checked += fault is None
            except _Unchecked:
                unchecked += 1
    return Verification(
        events=survey.count,
        fault=fault,
        seals=len(known),
        sealed=known[-1].seq if known else 0,
        stamps=checked,
        unchecked=unchecked,
    )


def prove(database: Database, seqs: Sequence[int]) -> list[Proof]:
    """Return the proofs that events are under a seal, each under the first one over it that has a time stamp,
    else the first one; the log is read once a seal. Raises CatalogueError where no seal is over one, or the
    log does not lead to it."""
    by_seal: dict[int, list[int]] = {}
    seals = {each.seq: each for each in _all(database)}
    for seq in seqs:
        over = [each for each in seals.values() if 0 < seq <= each.seq]
        if not over:
            raise CatalogueError(
                f"{database.shown}: no seal is over event {seq}; `stamp works seal` makes one"
            )
        by_seal.setdefault(next((each for each in over if each.token), over[0]).seq, []).append(seq)
    found: dict[int, Proof] = {}
    for sealed, under in by_seal.items():
        try:
            paths = merkle.paths(_hashes(database), [seq - 1 for seq in under], sealed)
        except ValueError as error:
            raise _broken(database) from error
        for seq, path in zip(under, paths, strict=True):
            own = bytes(database.execute("SELECT hash FROM event WHERE seq = ?", (seq,))[0][0])
            leaf = merkle.leaf_hash(own).hex()
            proof = Proof(seq=seq, leaf=leaf, path=tuple(each.hex() for each in path), seal=seals[sealed])
            if not holds(proof):
                raise _broken(database)
            found[seq] = proof
    return [found[seq] for seq in seqs]


def holds(proof: Proof) -> bool:
    """Return whether a proof leads to the root of its seal. That of an event of which more is known than the
    leaf is shown by `merkle.leaf_hash(event.hash)`; whose seal it is, by its time stamp."""
    leaf, path = bytes.fromhex(proof.leaf), [bytes.fromhex(each) for each in proof.path]
    try:
        return merkle.root_of(leaf, proof.seq - 1, proof.seal.seq, path).hex() == proof.seal.root
    except ValueError:
        return False


def _broken(database: Database) -> CatalogueError:
    return CatalogueError(f"{database.shown}: the log does not hold; `stamp works verify` says where")


class _Survey:
    """A walk over the log that compares the roots on the way.

    count : how many events hold. fault : the first thing that is wrong. tree : over all events.
    """

    def __init__(self, seals: Sequence[SealRecord], kept: Sequence[tuple[int, bytes]] = ()) -> None:
        self.count, self.tree = 0, merkle.Tree()
        self.fault: str | None = None
        self._expected = [
            *((seal.seq, bytes.fromhex(seal.root), f"was sealed on {seal.at[:10]}") for seal in seals),
            *((seq, root, "has a root that was kept elsewhere") for seq, root in kept),
        ]

    def over(self, log: Iterable[events.Event]) -> _Survey:
        wanted = {seq for seq, _, _ in self._expected}
        roots: dict[int, bytes] = {}

        def noted() -> Iterator[events.Event]:
            for event in log:
                self.tree.add(event.hash)
                if event.seq in wanted:
                    roots[event.seq] = self.tree.root()
                yield event

        self.count, self.fault = events.first_fault(noted())
        for seq, root, what in sorted(self._expected):
            if self.fault is None and seq not in roots:
                self.fault = f"event {seq} is missing, which {what}: the log was cut off at its end"
            elif self.fault is None and roots[seq] != root:
                self.fault = f"event {seq}, which {what}, has another root: the log was written anew"
        return self


class _Unchecked(Exception):
    """Nothing is at hand by which a time stamp could be checked."""


def _token_fault(seal: SealRecord, roots: Roots | None) -> str | None:
    """What is wrong with a seal's time stamp. Raises _Unchecked."""
    from . import timestamps

    assert seal.token is not None
    try:
        token = timestamps.verify_token(seal.token, bytes.fromhex(seal.root), roots)
    except MissingDependency as error:
        raise _Unchecked from error
    except timestamps.Untrusted as error:
        if roots is None:
            raise _Unchecked from error
        return f"the seal of event {seal.seq}: {error}"
    except CatalogueError as error:
        return f"the seal of event {seal.seq}: {error}"
    if identity.written(token.at) != seal.at:
        return f"the seal of event {seal.seq}: its date is not that of its time stamp, {token.at:%Y-%m-%d}"
    return None


def _all(database: Database, where: str = "", *values: int) -> list[SealRecord]:
    rows = database.execute(f"SELECT {_COLUMNS} FROM seal {where} ORDER BY seq", values)
    return [
        SealRecord(
            seq=seq,
            root=bytes(root).hex(),
            at=identity.text(at) or "",
            authority=authority or None,
            token=bytes(token) if token is not None else None,
        )
        for seq, root, at, authority, token in rows
    ]


def _hashes(database: Database) -> Iterator[bytes]:
    after = 0
    while rows := database.execute(
        "SELECT seq, hash FROM event WHERE seq > ? ORDER BY seq LIMIT ?", (after, _PAGE)
    ):
        for _, own in rows:
            yield bytes(own)
        after = rows[-1][0]
