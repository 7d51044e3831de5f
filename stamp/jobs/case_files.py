"""The case of a notice: from a find, a file, stamp.toml, and what was asked for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core.errors import CaseError
from ..notices.case import case_of, elements_of, of_find
from .config import claimant_setting


def load_case(
    path: str | os.PathLike[str] | None,
    find: Mapping[str, Any] | None,
    claimant: Mapping[str, str],
    confirmed: Iterable[str],
) -> dict[str, Any]:
    """Return the case of a find, with the elements of a TOML file over it, and with `claimant` over what
    stamp.toml has below [claimant].

    find : an entry of `stamp.find/1`. Its comparison counts, whatever the file says.

    Raises
    ------
    CaseError   : the file cannot be read, or has what is no element of a case.
    RightsError : stamp.toml cannot be read.
    """
    written = {} if path is None else _read(path)
    if "confirmed" in written:
        raise CaseError("what the claimant confirms is in no file: it is --confirm, each time", path=path)
    try:
        elements_of(written)
    except CaseError as error:
        raise CaseError(str(error), path=path) from error
    found = of_find(find) if find else {}
    compared = {"comparison": found["comparison"]} if find else {}
    return case_of({**found, **written, **compared}, {**claimant_setting(), **claimant}, confirmed)


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CaseError(f"cannot read the case: {error.strerror or error}", path=path) from error
    except ValueError as error:
        raise CaseError(f"not a TOML file in UTF-8: {error}", path=path) from error
