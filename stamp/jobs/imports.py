"""What was marked before there was a catalogue: read from reports, receipts and tables."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ..catalogue.copies import Reservation
from ..core.errors import CatalogueError, MediaError, StampError
from ..core.key import Key
from ..core.options import CopyOptions
from ..core.payload import Payload
from ..formats import table
from ..formats.table import Kind
from ..pipeline.receipts import entries
from ..storage.digest import digest

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue

COLUMNS: Final = (
    "payload",
    "title",
    "kind",
    "creators",
    "identifiers",
    "source",
    "output",
    "recipient",
    "channel",
)
"""Of a CSV file, in any order; creators and identifiers are separated by semicolons."""
_KINDS: Final[dict[str, Kind]] = {
    "photo": "image",
    "clip": "video",
    "song": "audio",
    "image": "image",
    "video": "video",
    "audio": "audio",
}
_BATCH = 200  # rows of a transaction: others can write in between


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what is brought in. line : its number, from 1. values : by COLUMNS, "key" for its
    fingerprint, "before" and "after" for the SHA-256 of source and output; only what is known."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row. status : "imported", "known" (it was there already) or "error"."""

    path: Path
    row: Row
    status: Literal["imported", "known", "error"]
    work: str | None = None
    error: StampError | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.works/1`."""
        error = self.error and {"type": type(self.error).__name__, "message": str(self.error)}
        return {
            "path": os.fspath(self.path),
            "line": self.row.line,
            "status": self.status,
            "payload": self.row.values.get("payload"),
            "work": self.work,
            "error": error,
        }


def bring_in(catalogue: Catalogue, path: Path, key: Key | None) -> Iterator[Outcome]:
    """Bring in a report (`stamp.embed/1`), a journal of receipts or a CSV file, and yield what became of each
    row. `key` is the one that its payloads were marked with. What is there already is left as it is.

    Raises CatalogueError where the file is none of these.
    """
    rows = _rows(path)
    while batch := [row for _, row in zip(range(_BATCH), rows, strict=False)]:
        with catalogue.writing():
            outcomes = [_outcome(catalogue, path, row, key) for row in batch]
        yield from outcomes


def _rows(path: Path) -> Iterator[Row]:
    try:
        yield from _table(path) if path.suffix.lower() == ".csv" else _report(path)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        columns = ", ".join(COLUMNS)
        what = f"no report of `stamp embed`, no receipts, and no CSV file with columns of {columns}"
        raise CatalogueError(f"{what} ({error})", path=path) from error


def _report(path: Path) -> Iterator[Row]:
    for line, (folder, entry) in enumerate(entries(path), 1):
        if not entry.get("payload"):  # a notice alone, or an error
            continue
        made = entry.get("receipt") or {}
        hashes = made.get("sha256") or {}
        values = {
            "payload": entry["payload"],
            "source": os.path.join(folder, entry["path"]),
            "output": os.path.join(folder, entry["output"]),
            "before": hashes.get("before") or entry.get("sha256_before"),
            "after": hashes.get("after") or entry.get("sha256_after"),
            "key": entry.get("key_fingerprint"),
        }
        yield Row(line, {name: value for name, value in values.items() if value})


def _table(path: Path) -> Iterator[Row]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restkey="")
        unknown = set(reader.fieldnames or [""]) - set(COLUMNS)
        if unknown:
            raise ValueError(f"unknown column {', '.join(sorted(unknown))}")
        for line, row in enumerate(reader, 2):
            yield Row(line, {name: value.strip() for name, value in row.items() if value and value.strip()})


def _outcome(catalogue: Catalogue, path: Path, row: Row, key: Key | None) -> Outcome:
    try:
        with catalogue.writing():
            return _brought_in(catalogue, path, row, key)
    except StampError as error:
        return Outcome(path, row, "error", error=error)


def _brought_in(catalogue: Catalogue, path: Path, row: Row, key: Key | None) -> Outcome:
    values = row.values
    source, output = values.get("source"), values.get("output")
    if "payload" not in values:
        return Outcome(path, row, "imported", _added(catalogue, values))
    payload = Payload.fromhex(values["payload"])
    if key is None:
        raise CatalogueError(
            "a payload means nothing without its key; name the key that these are marked with"
        )
    if values.get("key", key.fingerprint) != key.fingerprint:
        raise CatalogueError(f"marked with the key of fingerprint {values['key']}; give that --key-file")
    if known := catalogue.lookup(payload, key):
        return Outcome(path, row, "known", known.work)
    details = {"creators", "identifiers"} & values.keys()
    recipient = values.get("recipient")
    wanted = Reservation(
        kind=_kind(values),
        source=Path(os.path.abspath(source or output or payload.hex())),
        output=Path(os.path.abspath(output or payload.hex())),
        source_sha256=_digest(values.get("before"), source),
        key_name=key.name,
        key_fingerprint=key.fingerprint,
        payload=payload,
        options=CopyOptions(
            work=_added(catalogue, values) if details else None,
            title=values.get("title"),
            recipient=catalogue.parties.ensure(recipient).party if recipient else None,
            channel=values.get("channel"),
        ),
    )
    after = _digest(values.get("after"), output)
    if after:
        size = os.path.getsize(output) if output and os.path.isfile(output) else None
        catalogue.adopt(wanted, after, size)
    else:
        catalogue.remember(wanted)
    made = catalogue.lookup(payload, key)
    return Outcome(path, row, "imported", made.work if made else None)


def _added(catalogue: Catalogue, values: Mapping[str, str]) -> str:
    """The uid of the work that a row is about, which is added."""
    source = values.get("source")
    return catalogue.works.add(
        source if source and os.path.isfile(source) else None,
        title=values.get("title") or (Path(source).stem if source else None),
        kind=_kind(values),
        creators=_several(values.get("creators")),
        identifiers=_several(values.get("identifiers")),
    ).work


def _several(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").split(";") if part.strip()]


def _kind(values: Mapping[str, str]) -> Kind:
    """The kind of work: as the row says, or as the names of its files do. Raises CatalogueError."""
    if given := values.get("kind"):
        if given not in _KINDS:
            raise CatalogueError(f"{given}: a kind is {', '.join(_KINDS)}")
        return _KINDS[given]
    named = values.get("output") or values.get("source") or ""
    found = table.find(Path(named).suffix) if Path(named).suffix else None
    return found.kind if found else "image"


def _digest(known: str | None, path: str | None) -> bytes | None:
    """The SHA-256 that is known of a file, or that of the file, if it is there."""
    if known and re.fullmatch("[0-9a-f]{64}", known):
        return bytes.fromhex(known)
    with suppress(MediaError):
        return bytes.fromhex(digest(Path(path)).sha256) if path else None
    return None
