"""The catalogue as a file for others: JSON Lines with all of it, tables of its copies, names near those of
DDEX."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from ..core.errors import ArgumentError
from ..storage.atomic import write_whole
from . import tables

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue

Form = Literal["csv", "jsonl", "xlsx", "ddex"]
FORMS: Final = ("csv", "jsonl", "xlsx", "ddex")
_SUFFIXES: Final[dict[str, Form]] = {".csv": "csv", ".jsonl": "jsonl", ".xlsx": "xlsx"}
_SCHEMES: Final = {"isrc": "ISRC", "iswc": "ISWC", "isan": "ISAN", "upc": "ICPN", "doi": "DOI"}
_KINDS: Final = {"image": "Image", "video": "Video", "audio": "SoundRecording"}
DDEX: Final = (
    "ReferenceTitle",
    "DisplayArtistName",
    "ResourceType",
    *_SCHEMES.values(),
    "ProprietaryId",
    "FullName",
    "ContributorRole",
    "CreationDate",
)
_Works = Iterable[Mapping[str, Any]]
_Seen = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. works : of the catalogue. rows : of the file."""

    path: Path
    form: Form
    works: int
    rows: int
    size: int

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `stamp.works/1`."""
        counts = {"works": self.works, "rows": self.rows, "bytes": self.size}
        return {"output": str(self.path), "format": self.form, **counts, "error": None}


def form_of(path: Path, given: str | None = None) -> Form:
    """Return the format of an export: `given`, else what the file's name says. Raises ArgumentError."""
    found: Any = given or _SUFFIXES.get(path.suffix.lower())
    if found not in FORMS:
        raise ArgumentError(f"{path}: name it .jsonl, .csv or .xlsx, or give a format of {', '.join(FORMS)}")
    if found == "ddex" and path.suffix.lower() not in (".csv", ".json"):
        raise ArgumentError(f"{path}: with names of DDEX, an export is .csv or .json")
    form: Form = found
    return form


def export(
    catalogue: Catalogue, path: Path, form: Form, *, force: bool = False, seen: _Seen = lambda count: None
) -> Exported:
    """Write all works to a file that only its owner can read, whole or not at all; `seen` is called with how
    many works were written.

    Raises OutputError where the file exists, unless `force`; UnwritableFile, CatalogueError, ArgumentError
    where the format has no place for them, MissingDependency.
    """
    count = 0

    def works() -> Iterator[Mapping[str, Any]]:
        nonlocal count
        for work in catalogue.exported():
            yield work
            count += 1
            seen(count)

    with write_whole(path, overwrite=force) as draft:
        draft.chmod(0o600)
        rows = _write(draft, form, path.suffix.lower(), works())
        size = draft.stat().st_size
    return Exported(path, form, count, rows, size)


def _write(draft: Path, form: Form, suffix: str, works: _Works) -> int:
    if form == "jsonl":
        return _write_lines(draft, works)
    if form == "ddex":
        rows = map(_ddex, works)
        return _write_list(draft, rows) if suffix == ".json" else tables.write_csv(draft, DDEX, _flat(rows))
    write = tables.write_xlsx if form == "xlsx" else tables.write_csv
    return write(draft, tables.COLUMNS, (row for work in works for row in tables.rows_of(work)))


def _write_lines(draft: Path, works: _Works) -> int:
    count = 0
    with open(draft, "w", encoding="utf-8", newline="\n") as file:
        for work in works:
            file.write(json.dumps(work, ensure_ascii=False) + "\n")
            count += 1
    return count


def _write_list(draft: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    count = 0
    with open(draft, "w", encoding="utf-8", newline="\n") as file:
        for count, row in enumerate(rows, 1):
            file.write((",\n" if count > 1 else "[\n") + json.dumps(row, ensure_ascii=False))
        file.write("\n]\n" if count else "[]\n")
    return count


def _ddex(work: Mapping[str, Any]) -> dict[str, Any]:
    """A work under names of DDEX, and such as are near them; docs/catalogue.md says which is which."""
    people = [(each["party"]["name"], each["role"]) for each in work["contributions"]]
    values: dict[str, list[str]] = {}
    for each in work["identifiers"]:
        scheme, _, value = each.partition(":")
        values.setdefault(_SCHEMES.get(scheme, "ProprietaryId"), []).append(value)
    values.setdefault("ProprietaryId", []).insert(0, work["work"])
    return {
        "ReferenceTitle": work["title"],
        "DisplayArtistName": ", ".join(name for name, role in people if role == "author"),
        "ResourceType": _KINDS[work["kind"]],
        **{name: values.get(name, []) for name in (*_SCHEMES.values(), "ProprietaryId")},
        "FullName": [name for name, _ in people],
        "ContributorRole": [role.title().replace("_", "") for _, role in people],
        "CreationDate": work["created_on"] or "",
    }


def _flat(rows: Iterable[Mapping[str, str | Sequence[str]]]) -> Iterator[dict[str, str]]:
    for row in rows:
        yield {name: value if isinstance(value, str) else tables.joined(value) for name, value in row.items()}
