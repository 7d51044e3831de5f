"""The part of the catalogue's log that is about one work and one find, as lines that a stranger can check.

Each line has an event, the hash of the event before it, and the proof that it is under a seal. Bodies that
may say what is nobody else's business, such as a note beside a verdict, are kept back: the hash of the event
covers a salted hash of its body only, and so holds without it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import rfc8785

from ..catalogue import events, merkle
from ..catalogue.dossiers import LoggedEvent
from ..core.errors import CatalogueError

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.records import SealRecord

_SHOWN: Final = frozenset(
    {
        "work.added",
        "mark.added",
        "copy.ready",
        "document.added",
        "find.added",
        "find.seen_again",
        "find.completed",
        "find.measured",
        "find.judged",
        "deposit.begun",
    }
)
"""Events whose bodies are shown, as long as they have no note."""
ASSIGNING: Final = ("copy.ready", "mark.added")
"""Events that give a mark to a work."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log. path : hashes from the event up to the root of the seal over event `sealed`; None
    where no seal is over it."""

    entry: LoggedEvent
    sealed: int | None = None
    path: tuple[str, ...] | None = None

    @property
    def seq(self) -> int:
        return self.entry.event.seq

    def gives(self, payload: str | None, work: str | None) -> bool:
        """Whether the event gives this mark to this work."""
        event = self.entry.event
        if event.verb not in ASSIGNING or event.body is None:
            return False
        body = json.loads(event.body)
        return body.get("payload") == payload and work in (event.subject, body.get("work"))

    def text(self) -> bytes:
        """Return it as canonical JSON."""
        said = asdict(self.entry.event) | {"before": self.entry.before}
        plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in said.items()}
        path = None if self.path is None else list(self.path)
        return rfc8785.dumps({"event": plain, "sealed": self.sealed, "path": path})

    def fault(self, roots: dict[int, str]) -> str | None:
        """Return what is wrong with it; roots : number of the last event under a seal -> the seal's root."""
        event = self.entry.event
        if not events.holds(event, self.entry.before):
            return f"event {self.seq} was changed"
        if self.sealed is None or self.path is None:
            is_whole = self.sealed is None and self.path is None
            return None if is_whole else f"event {self.seq} has half a proof"
        try:
            proof = [bytes.fromhex(each) for each in self.path]
            root = merkle.root_of(merkle.leaf_hash(event.hash), self.seq - 1, self.sealed, proof).hex()
        except ValueError:
            root = ""
        return None if root and root == roots.get(self.sealed) else f"event {self.seq} is not under its seal"


def lines_of(catalogue: Catalogue, subjects: Sequence[str]) -> tuple[list[Line], list[SealRecord]]:
    """Return what the log has on these subjects, with proofs, and the seals that these lead to. Raises
    CatalogueError where the log does not hold."""
    entries = catalogue.excerpt(subjects)
    for entry in entries:
        if not events.holds(entry.event, entry.before):
            raise CatalogueError(f"event {entry.event.seq} was changed; `stamp works verify` says more")
    last = catalogue.last_seal()
    sealed = [entry.event.seq for entry in entries if last is not None and entry.event.seq <= last.seq]
    proofs = {proof.seq: proof for proof in catalogue.proofs(sealed)}
    seals = {proof.seal.seq: proof.seal for proof in proofs.values()}
    found = []
    for entry in entries:
        line = Line(_without_secrets(entry))
        if (proof := proofs.get(line.seq)) is not None:
            line = replace(line, sealed=proof.seal.seq, path=proof.path)
        found.append(line)
    return found, [seals[seq] for seq in sorted(seals)]


def written(lines: Iterable[Line]) -> bytes:
    """Return lines as a file."""
    return b"".join(line.text() + b"\n" for line in lines)


def read(data: bytes) -> list[Line]:
    """Return the lines of a file. Raises ValueError where it is none that `written` has made."""
    found = [_line(json.loads(text)) for text in data.decode().split("\n")[:-1]]
    if written(found) != data:
        raise ValueError("the log is not written as it should be")
    return found


def _without_secrets(entry: LoggedEvent) -> LoggedEvent:
    event = entry.event
    if event.body is None:
        return entry
    if event.verb in _SHOWN and not json.loads(event.body).get("note"):
        return entry
    return replace(entry, event=replace(event, body=None, salt=None))


def _line(said: Any) -> Line:
    try:
        event = dict(said["event"])
        before = bytes.fromhex(event.pop("before"))
        for name in ("salt", "body_sha256", "hash"):
            event[name] = None if event[name] is None else bytes.fromhex(event[name])
        path = None if said["path"] is None else tuple(said["path"])
        return Line(LoggedEvent(events.Event(**event), before), said["sealed"], path)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("the log has a line that is none") from error
