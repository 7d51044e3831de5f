"""The case of a notice: from a find, a file, stamp.toml, and what was asked for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..core.errors import CaseError
from ..notices.case import case_of, elements_of, of_find
from ..notices.requirements import kind_of
from .config import claimant_setting


def load_case(
    path: str | os.PathLike[str] | None,
    find: Mapping[str, Any] | None,
    claimant: Mapping[str, str],
    confirmed: Iterable[str],
    *,
    kind: str,
    given: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the case of a find for a notice of this kind, with the elements of a TOML file and those `given`
    over it, and with `claimant` over what stamp.toml has below [claimant].

    find : an entry of `stamp.find/1`. Its comparison counts, whatever file and `given` say; of its pages
        those
        that such a notice takes, or all where there are none.

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
    if find and (pattern := kind_of(kind).url_pattern):
        pages = [page for page in found["infringing_urls"] if pattern.fullmatch(page)]
        found["infringing_urls"] = pages or found["infringing_urls"]
    compared = {"comparison": found["comparison"]} if find else {}
    return case_of({**found, **written, **given, **compared}, {**claimant_setting(), **claimant}, confirmed)


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CaseError(f"cannot read the case: {error.strerror or error}", path=path) from error
    except ValueError as error:
        raise CaseError(f"not a TOML file in UTF-8: {error}", path=path) from error
