"""Check a packet, without the catalogue and without the key of the mark: is it as it was made, by whom, when,
and does what it says of its files and of the log hold?"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import rfc8785

from ..catalogue import timestamps
from ..core.errors import CatalogueError, CorruptFile, MissingDependency
from . import archive, log, signing, sums
from .document import SCHEMA

OK: Final = "ok"
FAILED: Final = "failed"
ABSENT: Final = "absent"
UNCHECKED: Final = "unchecked"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. state : OK, FAILED, ABSENT (it is not in the packet, and need not be), or
    UNCHECKED (it is, and could not be checked). detail : what was found, for people."""

    name: str
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found in a packet. It is verified if nothing failed, and nothing was left unchecked."""

    path: Path
    checks: tuple[Check, ...]

    @property
    def is_verified(self) -> bool:
        return all(check.state in (OK, ABSENT) for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of the command's JSON."""
        return {
            "path": str(self.path),
            "status": "verified" if self.is_verified else "not_verified",
            "checks": [
                {"name": each.name, "state": each.state, "detail": each.detail} for each in self.checks
            ],
            "error": None,
        }


def verify_packet(path: Path, roots: timestamps.Roots | None = None) -> Verdict:
    """Check a packet, all of it.

    roots : a PEM file with the certificates of the time-stamp authorities to trust, or these; None for those
    of the system.

    Raises MediaError where the file cannot be read. What is wrong with a packet is in what comes back.
    """
    try:
        packet = archive.read(path)
    except CorruptFile as error:
        return Verdict(path, (Check("zip", FAILED, str(error)),))
    return Verdict(path, tuple(_checks(packet, roots)))


def _checks(packet: archive.Archive, roots: timestamps.Roots | None) -> Iterator[Check]:
    yield Check("zip", OK, f"{len(packet.names)} entries, byte by byte as they are written")
    yield _checked("files", lambda: _files(packet))
    try:
        said = dict(json.loads(packet.read(sums.EVIDENCE)))
        lines = log.read(packet.read(sums.LOG))
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        yield Check("evidence", FAILED, f"evidence.json or log.jsonl cannot be read ({error})")
        return
    yield _checked("evidence", lambda: _evidence(packet, said))
    yield _checked("signature", lambda: _signature(packet, said))
    yield _checked("time stamp", lambda: _stamp(packet, said, roots))
    yield _checked("log", lambda: _log(said, lines))
    yield _checked("seals", lambda: _seals(packet, said, roots))
    if said.get("kind") == "find":
        yield _checked("order", lambda: _order(said, lines))


class _Absent(Exception):
    """It is not in the packet, and need not be."""


def _checked(name: str, look: Callable[[], str]) -> Check:
    """Look at one thing. The packet is a stranger's: whatever its JSON holds instead of what is expected is
    a failure, not a crash."""
    try:
        return Check(name, OK, look())
    except _Absent as reason:
        return Check(name, ABSENT, str(reason))
    except (timestamps.Untrusted, MissingDependency) as error:
        return Check(name, UNCHECKED, str(error))
    except (CatalogueError, ValueError) as error:
        return Check(name, FAILED, str(error))
    except (KeyError, TypeError, AttributeError, IndexError, StopIteration, RecursionError) as error:
        return Check(name, FAILED, f"evidence.json is not as it should be ({type(error).__name__}: {error})")


def _files(packet: archive.Archive) -> str:
    if sums.SUMS not in packet.names:
        raise ValueError(f"{sums.SUMS} is missing")
    listed = sums.read(packet.read(sums.SUMS))
    here = set(packet.names) - sums.UNSUMMED
    if missing := sorted(set(listed) - here):
        raise ValueError(f"missing: {', '.join(missing)}")
    if extra := sorted(here - set(listed)):
        raise ValueError(f"not in {sums.SUMS}: {', '.join(extra)}")
    wrong = [name for name in listed if sums.sum_of_slices(packet.slices(name)) != listed[name]]
    if wrong:
        raise ValueError(f"changed: {', '.join(wrong)}")
    return f"{len(listed)} files have their hashes"


def _evidence(packet: archive.Archive, said: dict[str, Any]) -> str:
    if said["schema"] != SCHEMA:
        raise ValueError(f"its schema is {said['schema']!r}; this program knows {SCHEMA}")
    if rfc8785.dumps(said) != packet.read(sums.EVIDENCE):
        raise ValueError("evidence.json is not canonical JSON")
    made = datetime.fromisoformat(said["created"])
    if made != packet.at:
        raise ValueError(f"its date is {said['created']}, that of the files {packet.at.isoformat()}")
    listed = sums.read(packet.read(sums.SUMS))
    own = {sums.EVIDENCE, sums.REPORT, sums.GUIDE, sums.SIGNER}
    if set(said["files"]) != set(listed) - own:
        raise ValueError("evidence.json lists other files than are in the packet")
    wrong = [name for name, each in said["files"].items() if each["sha256"] != listed[name]]
    if said["kind"] == "find" and said["find"]["sha256"] != listed[said["find"]["file"]]:
        wrong.append(said["find"]["file"])
    if wrong:
        raise ValueError(f"evidence.json has other hashes of {', '.join(sorted(set(wrong)))}")
    return f"agrees with the files; made on {said['created']}"


def _signature(packet: archive.Archive, said: dict[str, Any]) -> str:
    there = {name for name in (sums.SIGNER, sums.SIGNATURE) if name in packet.names}
    if not there and said["signer"] is None:
        raise _Absent("it is not signed: nothing shows who made it")
    if len(there) < 2:
        raise ValueError("the signature, or the signer's key, is missing")
    fingerprint = signing.verify(
        packet.read(sums.SIGNER), packet.read(sums.SIGNATURE), packet.read(sums.SUMS)
    )
    if fingerprint != said["signer"]:
        raise ValueError("evidence.json names another signer")
    return f"signed with the key {fingerprint}; ask the signer whether it is his"


def _stamp(packet: archive.Archive, said: dict[str, Any], roots: timestamps.Roots | None) -> str:
    if sums.TOKEN not in packet.names:
        if said["is_stamped"]:
            raise ValueError(f"{sums.TOKEN} is missing")
        raise _Absent("it has no time stamp: nothing shows when it was made")
    if not said["is_stamped"]:
        raise ValueError("evidence.json knows of no time stamp")
    digest = hashlib.sha256(packet.read(sums.SUMS)).digest()
    token = timestamps.verify_token(packet.read(sums.TOKEN), digest, roots)
    return f"{token.at:%Y-%m-%d %H:%M:%S} UTC, {token.authority}"


def _log(said: dict[str, Any], lines: list[log.Line]) -> str:
    roots = {seal["seq"]: seal["root"] for seal in said["seals"]}
    for line in lines:
        if fault := line.fault(roots):
            raise ValueError(fault)
    former: log.Line | None = None
    for line in lines:
        if former is not None and line.seq <= former.seq:
            raise ValueError(f"event {line.seq} comes twice, or late")
        is_next = former is not None and line.seq == former.seq + 1
        if former is not None and is_next and line.entry.before != former.entry.event.hash:
            raise ValueError(f"event {line.seq} does not follow event {former.seq}")
        former = line
    sealed = sum(line.path is not None for line in lines)
    return f"{len(lines)} events as they were written, {sealed} of them under a seal"


def _seals(packet: archive.Archive, said: dict[str, Any], roots: timestamps.Roots | None) -> str:
    if not said["seals"]:
        raise _Absent("no seal is over the log")
    found = []
    for seal in said["seals"]:
        if seal["token"] is None:
            found.append(f"up to event {seal['seq']} without a time stamp")
            continue
        token = timestamps.verify_token(packet.read(seal["token"]), bytes.fromhex(seal["root"]), roots)
        if token.at != datetime.fromisoformat(seal["at"]):
            raise ValueError(f"the seal of event {seal['seq']} has another date than its time stamp")
        found.append(f"up to event {seal['seq']} on {token.at:%Y-%m-%d %H:%M:%S} UTC, {token.authority}")
    return "; ".join(found)


def _order(said: dict[str, Any], lines: list[log.Line]) -> str:
    """Whether what the packet says of what was first follows from what is in it."""
    order, find = said["sealed_before"], said["find"]
    seen = min([find["added_at"], *(each["seen_at"] for each in find["sightings"])])
    if find["first_seen"] != seen:
        raise ValueError("the find was seen at another time than the packet says")
    if order["state"] != "before":
        raise _Absent("nothing is said of what was first")
    seal = next(each for each in said["seals"] if each["seq"] == order["seal"])
    line = next(each for each in lines if each.seq == order["event"])
    if not line.gives(said["mark"]["payload"], said["work"]["work"]):
        raise ValueError(f"event {line.seq} does not give this mark to this work")
    is_under = line.sealed == seal["seq"] and line.seq <= seal["seq"]
    if not (is_under and seal["token"] and datetime.fromisoformat(seal["at"]) < datetime.fromisoformat(seen)):
        raise ValueError("the packet says that the mark was sealed before the find, and it was not")
    return (
        f"the mark was given to the work by event {line.seq}, sealed on {seal['at'][:10]}, before {seen[:10]}"
    )
