"""The photographer's own defaults for the rights notice.

`stamp.toml` is looked for in the current folder and its parents, then in the user's config folder:

    [rights]
    copyright_notice = "© {year} Ada Lovelace"
    creators = ["Ada Lovelace"]
    web_statement = "https://example.org/licence"
"""

from __future__ import annotations

import os
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from ..core.errors import RightsError
from ..core.rights import Rights

CONFIG_FILE = "stamp.toml"
# The options' names are accepted beside the fields', since that is what a reader of `stamp embed --help`
# would write.
_OPTION_NAMES = {"copyright": "copyright_notice", "creator": "creators", "credit": "credit_line"}


def config_folder() -> Path | None:
    """The user's own config folder for this program; it need not exist. None for a user without a home: a key
    that is made wherever one happens to be is lost with the next change of folder."""
    from platformdirs import user_config_path

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


def load_rights(path: str | os.PathLike[str]) -> Rights:
    """Rights from a TOML file: its [rights] table, or its top level where it has no such table.

    Raises
    ------
    RightsError : the file cannot be read, is not TOML, or has a field or a value that is not known.
    """
    try:
        text = Path(path).read_text(
            encoding="utf-8-sig"
        )  # some editors begin a file with a mark of its encoding
        document = tomllib.loads(text)
    except OSError as error:
        raise RightsError(f"{path}: cannot read the rights: {error.strerror or error}") from error
    except ValueError as error:
        raise RightsError(f"{path}: not a TOML file in UTF-8: {error}") from error
    table = document.get("rights", document)
    if not isinstance(table, dict):
        raise RightsError(f"{path}: `rights` must be a table: write [rights], then one field a line")
    stray = next((key for key in document if table is not document and key != "rights"), None)
    if stray is not None:
        raise RightsError(f"{path}:{_line(text, stray)} {stray!r} stands outside [rights]: move it there")
    given: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        name = _OPTION_NAMES.get(name, name)
        try:
            if name in given:
                raise RightsError(f"{name} is given twice")
            Rights.from_dict({name: value})
        except RightsError as error:
            raise RightsError(f"{path}:{_line(text, key)} {error}") from error
        given[name] = value
    try:
        return Rights.from_dict(given)
    except RightsError as error:
        raise RightsError(f"{path}: {error}") from error


def _line(text: str, key: str) -> str:
    """Where a key of a TOML file is, as " line 3:"; "" for one that is written in an unusual way."""
    begins = re.compile(rf"""\s*(\[+\s*(rights\s*\.\s*)?)?["']?{re.escape(key)}["']?\s*[].=]""")
    found = (number for number, line in enumerate(text.splitlines(), 1) if begins.match(line))
    return next((f" line {number}:" for number in found), "")


def resolve_rights(given: Rights, file: str | os.PathLike[str] | None = None) -> Rights:
    """What is to be written: `given`, what it leaves open from `file`, and the rest from the nearest
    stamp.toml.

    `{year}` in a text becomes the current year; a copyright notice marks the work as copyrighted unless
    `marked` says otherwise.

    Raises
    ------
    RightsError : see `load_rights`.
    """
    return gather_rights(given, file).for_writing(date.today().year)


def gather_rights(given: Rights, file: str | os.PathLike[str] | None = None) -> Rights:
    """`resolve_rights` with `{year}` left as it is, and without what follows from a notice.

    Raises
    ------
    RightsError : see `load_rights`.
    """
    for path in (file, find_config()):
        if path is not None:
            given = given.over(load_rights(path))
    return given
