"""The log: an append-only chain of hashes over all that was written to the catalogue.

An event's hash covers its number, time, actor, verb, subject, the hash of its body, and the hash of the
event before it. The body's hash is salted, so that a body can be blanked (erasure of personal data) or shown
alone, and the chain still holds. Bodies are canonical JSON (RFC 8785)."""

from __future__ import annotations

import getpass
import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

FIRST: Final = bytes(32)
"""What is taken for the hash of the event before the first."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log. `at` is ISO 8601 in UTC with microseconds and Z; salt and body are None once they
    are blanked."""

    seq: int
    at: str
    actor: str
    verb: str
    subject: str
    salt: bytes | None
    body: str | None
    body_sha256: bytes
    hash: bytes


def following(
    seq: int,
    before: bytes,
    at: str,
    verb: str,
    subject: str,
    body: Mapping[str, Any],
    actor: str | None = None,
) -> Event:
    """Return event number `seq`, chained to the hash of the one before it."""
    text, salt = rfc8785.dumps(dict(body)).decode(), secrets.token_bytes(16)
    digest = _digest(salt, text)
    who = actor or current_actor()
    return Event(
        seq, at, who, verb, subject, salt, text, digest, _hash(seq, before, at, who, verb, subject, digest)
    )


def first_fault(events: Iterable[Event]) -> tuple[int, str | None]:
    """Return how many events hold, in order, and what is wrong with the one after them; None where all do."""
    before, number = FIRST, 0
    for event in events:
        if event.seq != number + 1:
            return number, f"event {number + 1} is missing"
        if event.body is not None and _digest(event.salt or b"", event.body) != event.body_sha256:
            return number, f"event {event.seq}: its body was changed"
        expected = _hash(
            event.seq, before, event.at, event.actor, event.verb, event.subject, event.body_sha256
        )
        if expected != event.hash:
            return number, f"event {event.seq}: it was changed, or one before it was put in or swapped"
        before, number = event.hash, event.seq
    return number, None


def holds(event: Event, before: bytes) -> bool:
    """Return whether an event is as it was written, after the event with the hash `before`."""
    if event.body is not None and _digest(event.salt or b"", event.body) != event.body_sha256:
        return False
    said = event.at, event.actor, event.verb, event.subject, event.body_sha256
    return _hash(event.seq, before, *said) == event.hash


def line(event: Event, before: bytes) -> str:
    """Return the text whose SHA-256 is the hash of an event."""
    said = event.at, event.actor, event.verb, event.subject, event.body_sha256
    return _line(event.seq, before, *said).decode()


def current_actor() -> str:
    """Return who is at work, as the operating system knows him."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


def _digest(salt: bytes, body: str) -> bytes:
    return hashlib.sha256(salt + body.encode()).digest()


def _hash(seq: int, before: bytes, at: str, actor: str, verb: str, subject: str, body: bytes) -> bytes:
    return hashlib.sha256(_line(seq, before, at, actor, verb, subject, body)).digest()


def _line(seq: int, before: bytes, at: str, actor: str, verb: str, subject: str, body: bytes) -> bytes:
    return rfc8785.dumps(["stamp.event/1", seq, before.hex(), at, actor, verb, subject, body.hex()])
