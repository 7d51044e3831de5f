"""A find on its way into the catalogue: read, kept, and compared with the original."""

from __future__ import annotations

import mimetypes
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import ArgumentError, CatalogueError, UnsupportedFormat
from ..core.key import Key
from ..formats.reading import regular_file
from ..formats.sniff import kind_of, sniff_path
from ..storage.digest import digest

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.find_records import FindRecord

StrPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """Where and when a file was found.

    url : of the page. media_url : of the file in it. account : whose page. at : when; now unless given; one
        without a time zone is in this computer's. by : who saw it; the user of this computer unless given.
    """

    url: str | None = None
    media_url: str | None = None
    account: str | None = None
    at: datetime | str | None = None
    by: str | None = None


def add_find(
    catalogue: Catalogue,
    path: StrPath,
    *,
    keys: Sequence[Key] = (),
    seen: Seen | None = None,
    work: str | None = None,
    page: StrPath | None = None,
    name: str | None = None,
) -> FindRecord:
    """Look for a mark in a file that was found elsewhere, keep the file, and write both down. The same bytes
    are one find, seen again.

    catalogue : where. keys : what is looked with; () looks for no mark, for a find that `work` names by hand.
    page : a capture of the page, such as a WARC or a PDF. name : of the file, for people; its own
    unless given.

    Raises MediaError where the file cannot be read, ArgumentError, CatalogueError where the work is not there
    or the mark is that of another one.
    """
    from ..catalogue.events import current_actor
    from ..catalogue.find_records import SightingRecord
    from ..catalogue.finds import instant
    from .files import detect_file

    path, seen = Path(path), seen or Seen()
    with regular_file(path):
        pass  # else what is no file would be no photo
    if sniff_path(path) is None:
        raise UnsupportedFormat("is no photo, clip or song", path=path)
    if not keys and work is None:
        raise ArgumentError("a find is looked at with a key, or its work is named")
    by = seen.by or current_actor()
    sighting = SightingRecord(seen.url, seen.media_url, seen.account, instant(seen.at), by)
    found = detect_file(path, keys=keys) if keys else None
    key = next((key for key in keys if found and found.payload and key.name == found.key_name), None)
    if found and found.payload and key:
        known = catalogue.lookup(found.payload, key)
        found = replace(found, known=known, is_unknown=known is None)
    report = found.to_dict() | {"path": name or path.name} if found else None
    capture = catalogue.documents.keep(path, media_type(path), name=name)
    if page is not None:
        kept = catalogue.documents.keep(Path(page), media_type(Path(page)))
        sighting = replace(sighting, page=kept)
    return catalogue.finds.add(
        capture,
        kind_of(path),
        sighting,
        report=report,
        payload=found.payload if found else None,
        key_fingerprint=key.fingerprint if key else None,
        work=work,
    )


def original_of(catalogue: Catalogue, find: FindRecord) -> Path:
    """Return a file of the work of a find: its original where that is still where it was, unchanged, else a
    marked copy of it. Raises CatalogueError where there is none."""
    if find.work is None:
        raise CatalogueError(f"find #{find.number} has no work: add it again with `work`")
    for path, sha256 in catalogue.finds.originals(find):
        if path.is_file() and (sha256 is None or digest(path).sha256 == sha256.hex()):
            return path
    raise CatalogueError(
        f"the original of work #{find.work_number} '{find.title}' is not where it was, or was changed; give"
        " `original`"
    )


def media_type(path: Path) -> str:
    """Return the media type of a file, by its content where it is a photo, a clip or a song."""
    if path.name.endswith((".warc", ".warc.gz")):  # which `mimetypes` does not know
        return "application/warc"
    found = sniff_path(path)
    name = f"x{found.names[0].split()[0]}" if found and found.names else path.name
    guessed, _ = mimetypes.guess_type(name)
    return guessed or "application/octet-stream"
