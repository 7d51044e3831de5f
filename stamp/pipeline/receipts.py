"""Receipts: what a run did to a file, by the file before and after, not by what was intended.

A file of receipts is a journal, `stamp.receipt/2`, of JSON on lines: the first one of a run has `schema`,
`stamp` and `folder`, each further one is an entry with `path`, `output`, `payload` and `receipt`. An entry is
on the disk before its output appears; whether it did appear, its content says. `stamp.receipt/1` was one JSON
document, with the entries as `results`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import MediaError, RightsError
from ..core.limits import one_account
from ..storage.journal import lines
from ..storage.sidecars import blocks_beside

if TYPE_CHECKING:
    from ..core.checks import Value
    from ..metadata.revert import Changes

SCHEMA = "stamp.receipt/2"
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
def snapshot(path: Path, sidecars: Mapping[str, bytes] | None = None) -> Snapshot:
    """Return what is in the file now, and in its `sidecars`; None for those without any.

    Raises `MediaError` where it cannot be read at all.
    """
    from ..metadata.document import Document
    from ..metadata.essence import essence_digest
    from ..storage.large import open_large

    digest = hashlib.sha256()
    with open_large(path) as file:
        size = len(file)
        for start in range(0, size, _SLICE):
            digest.update(file[start : min(start + _SLICE, size)])
        try:
            opened = Document(file, sidecars)
            found, blocks = opened.found, opened.blocks
            essence = essence_digest(opened)
        except MediaError:
            return Snapshot(size, digest.hexdigest(), None, None, {}, {})
    return Snapshot(size, digest.hexdigest(), found.container, essence, found.values, blocks)


def receipt(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """Return the `receipt` of an entry of `stamp.embed/1`, `stamp.rights/1` and `stamp.receipt/2`, but for
    `file`: see `receipt_of`.

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


def receipt_of(src: Path, draft: Path, sidecars: Mapping[str, bytes] | None = None) -> dict[str, Any]:
    """Return the receipt of a draft that was made of `src`, and whose sidecars, if there are to be any, say
    `sidecars`. `file` has what makes the source of the draft,
    byte for byte: {"before": pieces, see `metadata.file_delta`}; null where the work itself has changed, and
    where that would be too large. Raises `MediaError`.
    """
    from ..metadata.file_delta import former_file
    from ..storage.large import open_large

    former = None if sidecars is None else blocks_beside(src)
    made = receipt(snapshot(src, former), snapshot(draft, sidecars))
    pieces = None
    if made["essence_unchanged"]:
        with open_large(src) as before, open_large(draft) as after:
            pieces = former_file(before, after)
    return made | {"file": None if pieces is None else {"before": pieces}}


@dataclass(frozen=True, slots=True)
class ReceiptEntry:
    """One output in a file of receipts: its path, its source's hash, its essence then, and what was changed,
    in JSON, for there may be many thousands: `changes` has `changes` and `blocks`, `file` the pieces and the
    hash of the file as it was."""

    path: str
    before_sha256: str
    essence_sha256: str | None
    changes: str
    file: str


class Receipts:
    """A file of receipts, read once for any number of files, also one that a run did not live to end.

    Raises `RightsError` where it is none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._by_content: dict[str, list[ReceiptEntry]] = {}
        self._by_path: dict[str, ReceiptEntry] = {}
        try:
            for folder, entry in entries(path):
                if (made := entry["receipt"]) is None:
                    continue
                # Outputs have the names that they were given, from the folder in which the run was started.
                output = os.path.realpath(os.path.join(folder, entry["output"]))
                changes = json.dumps({"changes": made["changes"], "blocks": made.get("blocks", {})})
                before, essence = made["sha256"]["before"], made["essence_sha256"]["after"]
                file = made.get("file") and made["file"] | {"sha256": before}
                kept = ReceiptEntry(output, before, essence, changes, json.dumps(file))
                self._by_content.setdefault(made["sha256"]["after"], []).append(kept)
                self._by_path[output] = kept
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise RightsError(f"{path}: no file of receipts: {error}") from error

    def receipt_for(self, path: Path) -> dict[str, Any]:
        """Return `changes`, `blocks` and `file` of the receipt of `path`: that of the very same content,
        wherever it is now, else, without `file`, that of the same path, if the essence there is still the
        same. A file that is what it was before, since the run did not live to replace it, has no changes.

        Raises `RightsError` where there is none, `MediaError` where `path` cannot be read.
        """
        now, output = snapshot(path, blocks_beside(path) or None), os.path.realpath(path)
        same = self._by_content.get(now.sha256, [])
        # Of several in one place, the last run left this content there; what came of the others is no longer.
        here = [entry for entry in same if entry.path == output][-1:]
        if len({(entry.changes, entry.file) for entry in here or same}) > 1:
            raise RightsError(
                f"{path}: {self.path} tells different things of files with this content; undo it where it was"
            )
        if same:
            entry = (here or same)[0]
            return {**_parsed(entry), "file": json.loads(entry.file)}
        there = self._by_path.get(output)
        if there and there.before_sha256 == now.sha256:
            return {"changes": {}}
        if there is None:
            raise RightsError(f"{path}: {self.path} has no receipt of this content, nor of this place")
        if there.essence_sha256 is None or there.essence_sha256 != now.essence_sha256:
            raise RightsError(f"{path}: {self.path} tells of another work in this place")
        return _parsed(there)


def is_journal(line: str) -> bool:
    """Whether this is the first line of a journal of receipts."""
    try:
        return bool(json.loads(line)["schema"] == SCHEMA)
    except (ValueError, LookupError, TypeError):
        return False


def entries(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the folder of its run, and the entry, for each entry of a file of receipts, or of a report that
    has `results`. Raises OSError, ValueError and LookupError where it is none."""
    found = lines(path)
    first = next(found, "")
    if not is_journal(first):
        document = json.loads(first + "".join(found))
        for entry in document["results"]:
            yield document.get("folder", ""), entry
        return
    folder = json.loads(first)["folder"]
    for line in found:
        try:
            entry = json.loads(line)
        except ValueError:  # broken off by a kill or a full disk
            continue
        if "schema" in entry:
            folder = entry["folder"]
        else:
            yield folder, entry


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
