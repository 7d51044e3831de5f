"""Identifiers and instants."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime


def uid7() -> str:
    """Return a UUID of version 7 (RFC 9562, section 5.7): it sorts by the time at which it was made, and catalogues that
    are joined do not share one."""
    milliseconds = time.time_ns() // 1_000_000
    number = (milliseconds << 80) | (7 << 76) | (secrets.randbits(12) << 64) | (2 << 62) | secrets.randbits(62)
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
