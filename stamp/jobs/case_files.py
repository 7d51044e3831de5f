"""The case of a notice: from a file, from stamp.toml, and from what was asked for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..core.errors import CaseError
from ..notices.case import case_of, elements_of
from .config import claimant_setting


def load_case(
    path: str | os.PathLike[str], claimant: Mapping[str, str], confirmed: Iterable[str]
) -> dict[str, Any]:
    """Return the case in a TOML file of elements, with `claimant` over what stamp.toml has below [claimant].

    Raises
    ------
    CaseError   : the file cannot be read, or has what is no element of a case.
    RightsError : stamp.toml cannot be read.
    """
    given = _read(path)
    if "confirmed" in given:
        raise CaseError("what the claimant confirms is in no file: it is --confirm, each time", path=path)
    try:
        elements_of(given)
    except CaseError as error:
        raise CaseError(str(error), path=path) from error
    return case_of(given, {**claimant_setting(), **claimant}, confirmed)


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CaseError(f"cannot read the case: {error.strerror or error}", path=path) from error
    except ValueError as error:
        raise CaseError(f"not a TOML file in UTF-8: {error}", path=path) from error
