"""Receipts: what a run did to a file, told from the file before and after, not from what was intended."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import MediaError, RightsError

if TYPE_CHECKING:
    from .metadata.checks import Value

_SLICE = 1 << 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file at one moment.

    size, sha256 : of the whole file.
    container, essence_sha256 : None for a container that cannot hold a notice; the essence is the picture,
        sound or film without its metadata.
    values : store -> field -> value.
    """

    size: int
    sha256: str
    container: str | None
    essence_sha256: str | None
    values: dict[str, dict[str, Value]]


def snapshot(path: Path) -> Snapshot:
    """What is in the file now. Raises `MediaError` where it cannot be read at all."""
    from .media.large import open_large
    from .metadata import registry

    digest = hashlib.sha256()
    with open_large(path) as file:
        size = len(file)
        for start in range(0, size, _SLICE):
            digest.update(file[start : min(start + _SLICE, size)])
        try:
            found = registry.read_rights(file)
            essence = registry.essence_digest(file)
        except MediaError:
            return Snapshot(size, digest.hexdigest(), None, None, {})
    return Snapshot(size, digest.hexdigest(), found.container, essence, found.values)


def receipt(before: Snapshot, after: Snapshot) -> dict[str, Any]:
    """The `receipt` of an entry of `stamp.embed/1` and `stamp.receipt/1`.

    `changes` has each field, and each store, that is not as it was: {field: {store: {"before": value or null,
    "after": value or null}}}.
    """
    return {
        "container": {"before": before.container, "after": after.container},
        "size_bytes": {"before": before.size, "after": after.size},
        "sha256": {"before": before.sha256, "after": after.sha256},
        "essence_sha256": {"before": before.essence_sha256, "after": after.essence_sha256},
        "essence_unchanged": before.essence_sha256 == after.essence_sha256
        if before.essence_sha256 and after.essence_sha256
        else None,
        "changes": _changes(before.values, after.values),
    }


def changes_of(receipts: Path, path: Path) -> dict[str, Any]:
    """The changes that a file of receipts tells of `path`: of the very same content, else of the same name.

    Raises `RightsError` where it tells nothing, `MediaError` where `path` cannot be read.
    """
    try:
        document = json.loads(receipts.read_text(encoding="utf-8"))
        entries = [entry for entry in document["results"] if entry["receipt"]]
        digest = snapshot(path).sha256
        same = [entry for entry in entries if entry["receipt"]["sha256"]["after"] == digest]
        named = [entry for entry in entries if Path(entry["output"]).name == path.name]
        changes = [entry["receipt"]["changes"] for entry in (*same, *named)]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise RightsError(f"{receipts}: no receipt of `stamp embed --receipt`: {error}") from error
    if not changes or not isinstance(changes[0], dict):
        raise RightsError(f"{receipts}: has no receipt of {path}")
    return changes[0]


def _changes(before: dict[str, dict[str, Value]], after: dict[str, dict[str, Value]]) -> dict[str, Any]:
    from .metadata.fields import FIELD
    from .metadata.rights import plain

    changes: dict[str, Any] = {}
    for name in FIELD:
        for store in dict.fromkeys((*before, *after)):
            old, new = before.get(store, {}).get(name), after.get(store, {}).get(name)
            if old != new:
                changes.setdefault(name, {})[store] = {
                    "before": None if old is None else plain(old),
                    "after": None if new is None else plain(new),
                }
    return changes
