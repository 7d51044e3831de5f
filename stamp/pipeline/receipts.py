"""Receipts: what a run did to a file, by the file before and after, not by what was intended."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import MediaError, RightsError
from ..core.limits import one_account

if TYPE_CHECKING:
    from ..core.checks import Value
    from ..metadata.revert import Changes

_SLICE = 1 << 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file at one moment.

    size, sha256 : of the whole file.
    container, essence_sha256 : None for a container that cannot hold a notice; the essence is the picture,
        sound or film without its metadata.
    values : store -> field -> value.
    blocks : store -> its bytes.
    """

    size: int
    sha256: str
    container: str | None
    essence_sha256: str | None
    values: dict[str, dict[str, Value]]
    blocks: Mapping[str, bytes]


@one_account
def snapshot(path: Path) -> Snapshot:
    """Return what is in the file now. Raises `MediaError` where it cannot be read at all."""
    from ..metadata.document import Document
    from ..metadata.essence import essence_digest
    from ..storage.large import open_large
    from ..storage.sidecars import blocks_beside

    digest = hashlib.sha256()
    with open_large(path) as file:
        size = len(file)
        for start in range(0, size, _SLICE):
            digest.update(file[start : min(start + _SLICE, size)])
        try:
            opened = Document(file, blocks_beside(path) or None)
            found, blocks = opened.found, opened.blocks
            essence = essence_digest(opened)
        except MediaError:
            return Snapshot(size, digest.hexdigest(), None, None, {}, {})
    return Snapshot(size, digest.hexdigest(), found.container, essence, found.values, blocks)


def receipt(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """Return the `receipt` of an entry of `stamp.embed/1` and `stamp.receipt/1`.

    `changes` has each field, and each store, that is not as it was: {field: {store: {"before": value or null,
    "after": value or null}}}. `blocks` has the stores that these values alone do not bring back byte for
    byte: {store: {"before": ..., "after_sha256": ...}}, see `metadata.block_delta`.
    """
    changes = _changes(before.values, after.values)
    is_same = bool(before.essence_sha256) and before.essence_sha256 == after.essence_sha256
    return {
        "container": {"before": before.container, "after": after.container},
        "size_bytes": {"before": before.size, "after": after.size},
        "sha256": {"before": before.sha256, "after": after.sha256},
        "essence_sha256": {"before": before.essence_sha256, "after": after.essence_sha256},
        "essence_unchanged": is_same if before.essence_sha256 and after.essence_sha256 else None,
        "changes": _plain(changes),
        "blocks": _blocks(before, after, changes, is_same),
    }


@dataclass(frozen=True, slots=True)
class ReceiptEntry:
    """One output in a file of receipts: its path, its essence then, and what was changed (`changes` and
    `blocks`), in JSON: there may be many thousands."""

    path: str
    essence_sha256: str | None
    changes: str


class Receipts:
    """A file of receipts, `stamp.receipt/1`, read once for any number of files.

    Raises `RightsError` where it is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._by_content: dict[str, list[ReceiptEntry]] = {}
        self._by_path: dict[str, ReceiptEntry] = {}
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            folder = document.get("folder", "")
            for entry in document["results"]:
                if (made := entry["receipt"]) is None:
                    continue
                # Outputs have the names that they were given, from the folder in which the run was started.
                output = os.path.realpath(os.path.join(folder, entry["output"]))
                changes = json.dumps({"changes": made["changes"], "blocks": made.get("blocks", {})})
                kept = ReceiptEntry(output, made["essence_sha256"]["after"], changes)
                self._by_content.setdefault(made["sha256"]["after"], []).append(kept)
                self._by_path[output] = kept
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise RightsError(f"{path}: no receipt of a run with --receipt: {error}") from error

    def receipt_for(self, path: Path) -> dict[str, Any]:
        """Return the `changes` and `blocks` of the receipt of `path`: that of the very same content, wherever
        it is now, else that of the same path, if the essence there is still the same.

        Raises `RightsError` where there is none, `MediaError` where `path` cannot be read.
        """
        now, output = snapshot(path), os.path.realpath(path)
        same = self._by_content.get(now.sha256, [])
        here = [entry for entry in same if entry.path == output]
        if len({entry.changes for entry in here or same}) > 1:
            raise RightsError(
                f"{path}: {self.path} tells different things of files with this content; undo it where it was"
            )
        if same:
            return _parsed((here or same)[0])
        there = self._by_path.get(output)
        if there is None:
            raise RightsError(f"{path}: {self.path} has no receipt of this content, nor of this place")
        if there.essence_sha256 is None or there.essence_sha256 != now.essence_sha256:
            raise RightsError(f"{path}: {self.path} tells of another work in this place")
        return _parsed(there)


def _parsed(entry: ReceiptEntry) -> dict[str, Any]:
    changes: dict[str, Any] = json.loads(entry.changes)
    return changes


def _changes(
    before: Mapping[str, Mapping[str, Value]], after: Mapping[str, Mapping[str, Value]]
) -> dict[str, dict[str, tuple[Value | None, Value | None]]]:
    """Store -> field -> (value before, value after)."""
    from ..metadata.mapping.fields import FIELD

    changes: dict[str, dict[str, tuple[Value | None, Value | None]]] = {}
    for name in FIELD:
        for store in dict.fromkeys((*before, *after)):
            old, new = before.get(store, {}).get(name), after.get(store, {}).get(name)
            if old != new:
                changes.setdefault(store, {})[name] = old, new
    return changes


def _plain(changes: Changes) -> dict[str, Any]:
    """Field -> store -> both values, as JSON knows them."""
    from ..core.rights import plain
    from ..metadata.mapping.fields import FIELD

    found: dict[str, Any] = {}
    for name in FIELD:
        for store, values in changes.items():
            if name in values:
                before, after = (None if value is None else plain(value) for value in values[name])
                found.setdefault(name, {})[store] = {"before": before, "after": after}
    return found


def _blocks(before: Snapshot, after: Snapshot, changes: Changes, notice_only: bool) -> dict[str, Any]:
    from ..metadata.revert import formers

    found = formers(before.blocks, after.blocks, changes, notice_only=notice_only)
    return {store: asdict(found[store]) for store in sorted(found)}
