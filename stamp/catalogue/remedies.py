"""What drivers of databases complain about, in words for people."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from ..core.errors import CatalogueError


@contextmanager
def said(shown: str) -> Iterator[None]:
    """Turn what a driver raises into a CatalogueError, which names the catalogue and the remedy."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise _error(shown, error) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] == "psycopg":
            raise _error(shown, error) from error
        raise


def _error(shown: str, error: Exception) -> CatalogueError:
    reason = " ".join(str(error).split())
    if "not a database" in reason or "malformed" in reason or "corrupt" in reason:
        remedy = "it is damaged or no catalogue; restore a backup (`stamp works backup` makes them)"
    elif isinstance(error, OSError) or "readonly" in reason or "unable to open" in reason:
        remedy = "check the file, its folder and their permissions"
    elif "locked" in reason:
        remedy = "another program has held it for half a minute; run it again"
    elif "full" in reason or "No space" in reason:
        remedy = "free some space, and run it again"
    elif "disk I/O" in reason:
        remedy = "see whether its disk is full, or going to fail, and run it again"
    elif re.search("no such |(index|relation|column) .* does not exist", reason):
        remedy = "its tables were changed by something else; restore a backup"
    else:
        remedy = "check that the catalogue can be reached, and run it again"
    return CatalogueError(f"{shown}: the catalogue cannot be used ({reason}); {remedy}")
