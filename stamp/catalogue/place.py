"""Where the catalogue is."""

from __future__ import annotations

import os
from pathlib import Path

CATALOGUE_VARIABLE = "STAMP_CATALOGUE"
NONE = "none"
"""What switches the catalogue off, in the variable and in stamp.toml."""


def default_place() -> str | None:
    """Return `$STAMP_CATALOGUE`, else the file in the user's data folder, which need not exist; None where
    the catalogue is switched off, or the user has no home."""
    given = os.environ.get(CATALOGUE_VARIABLE)
    if given:
        return None if given == NONE else given
    folder = data_folder()
    return os.fspath(folder / "catalogue.sqlite") if folder else None


def sqlite_path(url: str) -> Path:
    """Return the file that an SQLite catalogue is in; `url` may be a plain path."""
    return Path(url.removeprefix("sqlite:///")).expanduser()


def data_folder() -> Path | None:
    """Return the user's data folder, which need not exist; None where there is no home."""
    from platformdirs import user_data_path

    if os.name == "posix" and not (os.environ.get("HOME") or os.environ.get("XDG_DATA_HOME")):
        return None
    try:
        folder = user_data_path("stamp", appauthor=False)
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None
