"""The photographer's own defaults for the rights notice.

`stamp.toml` is looked for in the current folder and its parents, then in the user's config folder:

    mine = ["Ada Lovelace", "A. Lovelace"]
    catalogue = "works.sqlite"

    [rights]
    copyright_notice = "© {year} Ada Lovelace"
    creators = ["Ada Lovelace"]
    web_statement = "https://example.org/licence"

    [claimant]
    name = "Ada Lovelace"
    email = "ada@example.org"
    is = "owner"
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..core.errors import CaseError, RightsError
from ..core.options import OPTION_NAMES, NoticeOptions
from ..core.rights import Rights
from ..notices.case import CLAIMANT, elements_of

CONFIG_FILE = "stamp.toml"
_CATALOGUE = "catalogue"
_CLAIMANT = "claimant"
_FINGERPRINTS = "fingerprints"


def config_folder() -> Path | None:
    """The user's own config folder for this program; it need not exist. None for a user without a home, or
    whose environment names none: a key that is made wherever one happens to be is lost with the next change
    of folder, and one in the account's home is not the one that the user knows of."""
    from platformdirs import user_config_path

    if os.name == "posix" and not (os.environ.get("HOME") or os.environ.get("XDG_CONFIG_HOME")):
        return None
    try:
        folder = user_config_path("stamp", appauthor=False)
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None  # older versions of platformdirs give "~/..."


def find_config(start: str | os.PathLike[str] = ".") -> Path | None:
    """The nearest stamp.toml from `start` upwards, else the one in the user's config folder, else None."""
    here = Path(start).resolve()
    folders = filter(None, (here, *here.parents, config_folder()))
    candidates = [folder / CONFIG_FILE for folder in folders]
    # A folder that this user may not look into, such as root's under sudo, has nothing for him.
    return next((path for path in candidates if os.path.isfile(path)), None)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a TOML file says. mine : the names that count as one's own; see `NoticeOptions`."""

    rights: Rights
    mine: tuple[str, ...] = ()


def load_defaults(path: str | os.PathLike[str]) -> Defaults:
    """Rights from a TOML file: its [rights] table, or its top level where it has no such table; `mine` stands
    in either.

    Raises
    ------
    RightsError : the file cannot be read, is not TOML, or has a field or a value that is not known.
    """
    text, document = _parsed(path)
    document.pop(_CATALOGUE, None)  # see catalogue_setting
    document.pop(_CLAIMANT, None)  # see claimant_setting
    document.pop(_FINGERPRINTS, None)  # see fingerprints_setting
    table = document.get("rights", document)
    if not isinstance(table, dict):
        raise RightsError(f"{path}: `rights` must be a table: write [rights], then one field a line")
    outside = {"rights", "mine"}
    stray = next((key for key in document if table is not document and key not in outside), None)
    if stray is not None:
        raise RightsError(f"{path}:{_line(text, stray)} {stray!r} stands outside [rights]: move it there")
    given: dict[str, Any] = {}
    mine = _names(path, text, {**document, **table}.get("mine", []))
    for key, value in table.items():
        if key == "mine":
            continue
        name = key.replace("-", "_")
        name = OPTION_NAMES.get(name, name)
        try:
            if name in given:
                raise RightsError(f"{name} is given twice")
            Rights.from_dict({name: value}).filled(date.today().year)
        except RightsError as error:
            raise RightsError(f"{path}:{_line(text, key)} {error}") from error
        given[name] = value
    try:
        return Defaults(Rights.from_dict(given), mine)
    except RightsError as error:
        raise RightsError(f"{path}: {error}") from error


def catalogue_setting() -> str | None:
    """Return what the nearest stamp.toml says under `catalogue`: a database URL, "none", or a file, which is
    looked for beside it. None where it says nothing.

    Raises
    ------
    RightsError : it says something else, or cannot be read.
    """
    path = find_config()
    if path is None:
        return None
    value = _parsed(path)[1].get(_CATALOGUE)
    if value is None or (isinstance(value, str) and ("://" in value or value == "none")):
        return value
    if not isinstance(value, str) or not value.strip():
        raise RightsError(f'{path}: `{_CATALOGUE}` must be a file, a database URL or "none", not {value!r}')
    return os.path.join(path.parent, os.path.expanduser(value))


def fingerprints_setting() -> bool:
    """Return whether works get fingerprints when they are added or marked: unless the nearest stamp.toml has
    `fingerprints = false`. Raises RightsError where it says something else, or cannot be read."""
    path = find_config()
    value = True if path is None else _parsed(path)[1].get(_FINGERPRINTS, True)
    if not isinstance(value, bool):
        raise RightsError(f"{path}: `{_FINGERPRINTS}` must be true or false, not {value!r}")
    return value


def claimant_setting() -> dict[str, str]:
    """Return who claims in notices, as the nearest stamp.toml has it below [claimant], by the names of
    `CLAIMANT`. Empty where it has nothing there.

    Raises
    ------
    RightsError : it has something else there, or cannot be read.
    """
    path = find_config()
    if path is None:
        return {}
    text, document = _parsed(path)
    table = document.get(_CLAIMANT, {})
    if not isinstance(table, dict):
        raise RightsError(f"{path}: `{_CLAIMANT}` must be a table: write [{_CLAIMANT}], then one name a line")
    for name, value in table.items():
        if name not in CLAIMANT:
            raise RightsError(
                f"{path}:{_line(text, name)} {name!r} is nothing of a claimant: {', '.join(CLAIMANT)}"
            )
        try:
            elements_of({CLAIMANT[name]: value})
        except CaseError as error:
            raise RightsError(f"{path}:{_line(text, name)} {error}") from error
    return table


def _parsed(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any]]:
    """The text of a TOML file, and what it says. Raises RightsError."""
    try:
        # Some editors begin a file with a mark of its encoding.
        text = Path(path).read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as error:
        raise RightsError(f"{path}: cannot read the rights: {error.strerror or error}") from error
    except ValueError as error:
        raise RightsError(f"{path}: not a TOML file in UTF-8: {error}") from error


def _names(path: str | os.PathLike[str], text: str, value: Any) -> tuple[str, ...]:
    try:
        return NoticeOptions(mine=value).mine
    except RightsError as error:
        raise RightsError(f"{path}:{_line(text, 'mine')} {error}") from error


def _line(text: str, key: str) -> str:
    """Where a key of a TOML file is, as " line 3:"; "" for one that is written in an unusual way."""
    begins = re.compile(rf"""\s*(\[+\s*(rights\s*\.\s*)?)?["']?{re.escape(key)}["']?\s*[].=]""")
    found = (number for number, line in enumerate(text.splitlines(), 1) if begins.match(line))
    return next((f" line {number}:" for number in found), "")


def gather_defaults(given: Rights, file: str | os.PathLike[str] | None = None) -> Defaults:
    """What is to be written: `given`, what it leaves open from `file`, and the rest from the nearest
    stamp.toml, `{year}` left as it is; and the names under `mine` of both files.

    Raises
    ------
    RightsError : see `load_defaults`.
    """
    found = Defaults(given)
    for path in (file, find_config()):
        if path is not None:
            more = load_defaults(path)
            found = Defaults(found.rights.over(more.rights), (*found.mine, *more.mine))
    return found
