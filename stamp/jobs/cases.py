"""The case of a notice: from a file, from stamp.toml, and from what was asked for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..core.errors import CaseError
from ..notices.case import case_of, elements_of
from ..notices.requirements import kind_of
from .config import claimant_setting

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.find_records import FindRecord


def load_case(
    path: str | os.PathLike[str],
    claimant: Mapping[str, str],
    confirmed: Iterable[str],
    given: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Return the case in a TOML file of elements, with those `given` over them, and `claimant` over what
    stamp.toml has below [claimant].

    Raises
    ------
    CaseError   : the file cannot be read, or has what is no element of a case.
    RightsError : stamp.toml cannot be read.
    """
    return case_of({**read_elements(path), **given}, {**claimant_setting(), **claimant}, confirmed)


def find_case(
    catalogue: Catalogue,
    find: FindRecord,
    kind: str,
    given: Mapping[str, Any],
    claimant: Mapping[str, str],
    confirmed: Iterable[str],
) -> dict[str, Any]:
    """Return the case of a find for a notice of this kind: what the ledger knows, with the elements `given`
    over it, and `claimant` over what stamp.toml has. Raises like `load_case`."""
    return case_of({**_known(catalogue, find, kind), **given}, {**claimant_setting(), **claimant}, confirmed)


def _known(catalogue: Catalogue, find: FindRecord, kind: str) -> dict[str, Any]:
    """What the catalogue says of a find and its work, as elements."""
    pattern = kind_of(kind).url_pattern
    urls = [sighting.url for sighting in find.sightings if sighting.url]
    known: dict[str, Any] = {
        "infringing_urls": [url for url in urls if not pattern or pattern.fullmatch(url)] or urls
    }
    if find.work is not None:
        work = catalogue.works.show(find.work)
        known["work_title"] = work.title
        links = [value for scheme, value in work.identifiers if scheme == "url"]
        known |= {"work_url": links[0]} if links else {}
    if find.verdict != "open":
        judged = {"verdict": find.verdict, "by": find.compared_by, "on": (find.compared_at or "")[:10]}
        known["comparison"] = judged
    return known


def read_elements(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the elements in a TOML file, which are elements of a case. Raises CaseError."""
    given = _read(path)
    if "confirmed" in given:
        raise CaseError("what the claimant confirms is in no file: it is --confirm, each time", path=path)
    try:
        elements_of(given)
    except CaseError as error:
        raise CaseError(str(error), path=path) from error
    return given


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise CaseError(f"cannot read the case: {error.strerror or error}", path=path) from error
    except ValueError as error:
        raise CaseError(f"not a TOML file in UTF-8: {error}", path=path) from error
