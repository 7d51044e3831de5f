"""What was marked before there was a catalogue: read from reports, receipts and tables."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..catalogue.copies import Reservation
from ..catalogue.exchange import SCHEMA
from ..core.errors import ArgumentError, CatalogueError, MediaError, MissingDependency, StampError
from ..core.key import Key
from ..core.options import CopyOptions
from ..core.payload import Payload
from ..formats import table
from ..pipeline.receipts import entries
from ..storage.digest import digest
from . import tables

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue

_EXPORT = re.compile(r'\s*\{\s*"schema"\s*:\s*"stamp\.work/')  # how a line of an export begins
_BATCH = 200  # rows of a transaction: others can write in between


@dataclass(frozen=True, slots=True)
class Row:
    """One line of what is brought in. line : its number, from 1. values : by COLUMNS, only what is known.
    text : a work of `stamp.work/1`."""

    line: int
    values: Mapping[str, str]
    text: str | None = None


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
    """Bring in an export (`stamp.work/1`), a report (`stamp.embed/1`), a journal of receipts, or a table
    (CSV, XLSX), and yield what became of each row. `key` is the one that payloads of reports and of tables
    made by hand were marked with. What is there already is left as it is.

    Raises CatalogueError where the file is none of these, MissingDependency where XLSX cannot be read.
    """
    rows = _rows(path)
    while batch := [row for _, row in zip(range(_BATCH), rows, strict=False)]:
        with catalogue.writing():
            outcomes = [_outcome(catalogue, path, row, key) for row in batch]
        yield from outcomes


def length(path: Path) -> int:
    """Return about how many lines a file has; 0 where that would take long to say."""
    if path.suffix.lower() not in (".csv", ".jsonl"):
        return 0
    try:
        with open(path, "rb") as file:
            return sum(1 for _ in file)
    except OSError:
        return 0


def _rows(path: Path) -> Iterator[Row]:
    try:
        if path.suffix.lower() in (".csv", ".xlsx"):
            yield from _table(path)
        elif _is_export(path):
            yield from _export(path)
        else:
            yield from _report(path)
    except MissingDependency:
        raise
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        columns = ", ".join(tables.COLUMNS)
        what = "no export, no report of `stamp embed`, no receipts, and no CSV or XLSX file with columns of"
        raise CatalogueError(f"{what} {columns} ({error})", path=path) from error


def _is_export(path: Path) -> bool:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        return bool(_EXPORT.match(file.read(100)))


def _export(path: Path) -> Iterator[Row]:
    with open(path, encoding="utf-8-sig") as file:
        for line, text in enumerate(file, 1):
            if text.strip():
                yield Row(line, {}, text)


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
            "sha256_before": hashes.get("before") or entry.get("sha256_before"),
            "sha256_after": hashes.get("after") or entry.get("sha256_after"),
            "key": entry.get("key_fingerprint"),
        }
        yield Row(line, {name: value for name, value in values.items() if value})


def _table(path: Path) -> Iterator[Row]:
    read = tables.read_xlsx if path.suffix.lower() == ".xlsx" else tables.read_csv
    for line, values in read(path):
        if "work" not in values:  # written by people, who leave spaces
            values = {name: value.strip() for name, value in values.items() if value.strip()}
        if values:
            yield Row(line, values)


def _outcome(catalogue: Catalogue, path: Path, row: Row, key: Key | None) -> Outcome:
    try:
        with catalogue.writing():
            if row.text is None and "work" not in row.values:
                return _brought_in(catalogue, path, row, key)
            entry = tables.entry_of(row.values) if row.text is None else _parsed(row.text)
            work, is_new = catalogue.take_in(entry)
            return Outcome(path, row, "imported" if is_new else "known", work)
    except StampError as error:
        return Outcome(path, row, "error", error=error)


def _parsed(text: str) -> dict[str, Any]:
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"no JSON ({error}); was the file cut off?") from error
    if not isinstance(entry, dict) or entry.get("schema") != SCHEMA:
        raise ArgumentError(f"no work of {SCHEMA}; a later version of stamp may read it")
    return entry


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
        source_sha256=_digest(values.get("sha256_before"), source),
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
    after = _digest(values.get("sha256_after"), output)
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
        creators=tables.several(values.get("creators")),
        identifiers=tables.several(values.get("identifiers")),
    ).work


def _kind(values: Mapping[str, str]) -> str:
    """The kind of work: as the row says, or as the names of its files do. Raises ArgumentError."""
    if given := values.get("kind"):
        return tables.kind_of(given)
    named = values.get("output") or values.get("source") or ""
    found = table.find(Path(named).suffix) if Path(named).suffix else None
    return found.kind or "image" if found else "image"


def _digest(known: str | None, path: str | None) -> bytes | None:
    """The SHA-256 that is known of a file, or that of the file, if it is there."""
    if known and re.fullmatch("[0-9a-f]{64}", known):
        return bytes.fromhex(known)
    with suppress(MediaError):
        return bytes.fromhex(digest(Path(path)).sha256) if path else None
    return None
