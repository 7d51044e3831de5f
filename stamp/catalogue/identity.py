"""Identifiers and instants."""

from __future__ import annotations

import os
import re
import secrets
import time
import unicodedata
from datetime import UTC, datetime

from ..core.url import Place


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


_LETTERS = str.maketrans("әғқңөұүһіøłđðþıħ", "агкноуухиoldd" + "tih") | {ord("æ"): "ae", ord("œ"): "oe"}
"""What Unicode does not take apart: Kazakh letters become those of a Russian keyboard, Latin ones plain."""


def folded(*texts: str) -> str:
    """Return texts as they are searched: words in lower case, without marks above and below letters, so that
    ё is found by е, and Қазақ by казак."""
    plain = unicodedata.normalize("NFKD", " ".join(texts).casefold())
    bare = "".join(char for char in plain if not unicodedata.combining(char)).translate(_LETTERS)
    return " ".join(re.findall(r"[^\W_]+", bare))


def text(instant: datetime | str | None) -> str | None:
    """Return an instant that was read from a database as `written` has it: SQLite gives it back as it is,
    PostgreSQL as a datetime."""
    return written(instant) if isinstance(instant, datetime) else instant


def path_text(path: Place) -> str:
    """Return a path as text that any database takes; bytes that are no UTF-8 become escapes."""
    return os.fsencode(path).decode(errors="backslashreplace")
