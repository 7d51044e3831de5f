"""Identifiers and instants."""

from __future__ import annotations

import secrets
import time
import unicodedata
from datetime import UTC, datetime, timedelta


def uid7() -> str:
    """Return a UUID of version 7 (RFC 9562, section 5.7): it sorts by the time at which it was made, and
    catalogues that are joined do not share one."""
    milliseconds = time.time_ns() // 1_000_000
    number = (
        (milliseconds << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
    )
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def now() -> str:
    """Return this instant as the catalogue writes it: ISO 8601 in UTC, with microseconds and Z."""
    return written(datetime.now(UTC))


def written(instant: datetime) -> str:
    """Return an instant as the catalogue writes it. Raises ValueError for one without a time zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant has a time zone")
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def written_ago(seconds: float) -> str:
    """Return the instant that was `seconds` ago."""
    return written(datetime.now(UTC) - timedelta(seconds=seconds))


def folded(text: str) -> str:
    """Return a text as it is searched: without case and without marks above and below letters, so that ё is
    found by е."""
    plain = unicodedata.normalize("NFD", text.casefold())
    return "".join(char for char in plain if not unicodedata.combining(char))
