"""Works as a table, a copy a row: CSV and XLSX, in and out."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from ..core.errors import ArgumentError, MissingDependency

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
    "work",
    "origin",
    "sha256",
    "key",
    "key_name",
    "copy",
    "state",
    "sha256_before",
    "sha256_after",
    "reserved_at",
)
"""In any order; creators and identifiers are separated by semicolons. A row with `work`, a uid, is one of an
export. sha256 : of the work's own file."""
_KINDS: Final = {"photo": "image", "clip": "video", "song": "audio"}
_NOUNS: Final = {kind: noun for noun, kind in _KINDS.items()}
_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")  # what spreadsheets run, or take for the beginning of it
_LONGEST, _MOST = 32_767, 1_048_576  # characters of a cell and rows of a sheet (ECMA-376, Excel's limits)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]|_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


def rows_of(work: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Yield the rows of a work of `stamp.work/1`: one a copy, one for a mark without, one for a work without
    marks."""
    same = {
        "title": work["title"],
        "kind": _NOUNS[work["kind"]],
        "creators": joined(
            each["party"]["name"] for each in work["contributions"] if each["role"] == "author"
        ),
        "identifiers": joined(work["identifiers"]),
        "work": work["work"],
        "origin": work["origin"],
        "sha256": work["source_sha256"],
    }
    for mark in work["marks"] or [{"copies": []}]:
        for copy in mark["copies"] or [{}]:
            found = same | {
                "payload": mark.get("payload"),
                "key": mark.get("key"),
                "key_name": mark.get("key_name"),
                "source": copy.get("source"),
                "output": copy.get("output"),
                "recipient": (copy.get("recipient") or {}).get("name"),
                "channel": copy.get("channel"),
                "copy": copy.get("copy"),
                "state": copy.get("state"),
                "sha256_before": copy.get("source_sha256"),
                "sha256_after": copy.get("output_sha256"),
                "reserved_at": copy.get("reserved_at"),
            }
            yield {name: found[name] or "" for name in COLUMNS}


def entry_of(values: Mapping[str, str]) -> dict[str, Any]:
    """Return the work of a row of an export. Raises ArgumentError."""
    copy: dict[str, Any] = {
        name: values.get(name) for name in ("copy", "state", "source", "output", "channel", "reserved_at")
    }
    recipient = {"name": values["recipient"]} if "recipient" in values else None
    hashes = {"source_sha256": values.get("sha256_before"), "output_sha256": values.get("sha256_after")}
    mark = {name: values.get(name) for name in ("payload", "key", "key_name")}
    copies = [copy | hashes | {"recipient": recipient}] if "copy" in values else []
    return {
        "work": values["work"],
        "title": values.get("title"),
        "kind": kind_of(values.get("kind", "")),
        "origin": values.get("origin"),
        "source_sha256": values.get("sha256"),
        "contributions": [{"party": {"name": name}} for name in several(values.get("creators"))],
        "identifiers": several(values.get("identifiers")),
        "marks": [mark | {"copies": copies}] if "payload" in values else [],
    }


def kind_of(noun: str) -> str:
    """Return the kind that a photo, a clip or a song is. Raises ArgumentError."""
    found = _KINDS.get(noun, noun)
    if found not in _NOUNS:
        raise ArgumentError(f"{noun or 'nothing'}: a kind is {', '.join((*_KINDS, *_NOUNS))}")
    return found


def joined(texts: Iterable[str]) -> str:
    """Return texts in one, separated by semicolons; those within one are escaped by a backslash."""
    return "; ".join(re.sub(r"([\\;])", r"\\\1", text) for text in texts)


def several(text: str | None) -> list[str]:
    """Return the texts that `joined`, or a person, has put together."""
    found = re.findall(r"(?:[^;\\]|\\.|\\$)+", text or "", re.DOTALL)
    return [re.sub(r"\\([\\;])", r"\1", part.strip()) for part in found if part.strip()]


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> int:
    """Write a table that spreadsheets open as it is, formulas neutralised, and return how many rows it
    has."""
    count = 0
    with open(path, "w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_neutral(row[name]) for name in columns])
            count += 1
    return count


def read_csv(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number and the filled cells of each row. Raises ValueError for another table."""
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, restkey="")
        try:
            _check(reader.fieldnames or [""])
            for line, row in enumerate(reader, 2):
                yield line, {name: _own(value) for name, value in row.items() if name and value}
        except csv.Error as error:  # a cell without end, for example
            raise ValueError(f"line {reader.line_num}: {error}") from error


def write_xlsx(path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> int:
    """Write a workbook of one sheet, all cells typed as text, and return how many rows it has.

    Raises ArgumentError where a sheet has no place for them, MissingDependency.
    """
    book = _openpyxl().Workbook(write_only=True)
    sheet, count = book.create_sheet("works"), 0
    sheet.freeze_panes = "A2"
    try:
        sheet.append(list(columns))
        for count, row in enumerate(rows, 1):
            if count == _MOST:
                raise ArgumentError(f"a sheet has at most {_MOST} rows; write .csv or .jsonl")
            sheet.append([_cell(sheet, row[name]) for name in columns])
    except BaseException:
        sheet.close()  # its rows are in a temporary file
        raise
    book.save(path)
    return count


def read_xlsx(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the number and the filled cells of each row of the first sheet. Raises ValueError for another
    table, MissingDependency."""
    openpyxl = _openpyxl()
    with path.open("rb") as file:  # which openpyxl would leave open where it fails
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        except (openpyxl.utils.exceptions.InvalidFileException, OSError, ValueError, LookupError):
            raise
        except Exception as error:  # of the ZIP file, or of XML in it
            raise ValueError(f"no workbook: {error}") from error
        yield from _rows(book.worksheets[0].iter_rows(values_only=True))


def _rows(rows: Iterator[tuple[object, ...]]) -> Iterator[tuple[int, dict[str, str]]]:
    names = [_text(value) for value in next(rows, ())]
    while names and not names[-1]:
        names.pop()
    _check(names or [""])
    for line, row in enumerate(rows, 2):
        cells = {name: _text(value) for name, value in zip(names, row, strict=False)}
        yield line, {name: value for name, value in cells.items() if value}


def _check(names: Sequence[str]) -> None:
    if unknown := set(names) - set(COLUMNS):
        raise ValueError(f"unknown column {', '.join(sorted(unknown))}")


def _neutral(text: str) -> str:
    """A cell that no spreadsheet takes for a formula; `_own` takes the apostrophe off again."""
    return f"'{text}" if _FORMULA.match(text) else text


def _own(cell: str) -> str:
    return cell[1:] if cell[0] == "'" and _FORMULA.match(cell) else cell


def _cell(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    # XML has no control characters; Excel writes them so (ECMA-376, part 1, 22.4.2.4, ST_Xstring)
    kept = _CONTROL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    if len(kept) > _LONGEST:
        raise ArgumentError(f"{text[:40]}...: a cell has at most {_LONGEST} characters; write .csv or .jsonl")
    cell = WriteOnlyCell(sheet, value=kept)
    if kept:
        cell.data_type = "s"  # and no formula, whatever it begins with
    return cell


def _text(value: Any) -> str:
    """What a cell says. A number that a spreadsheet made of digits has lost their leading zeros."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value))


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError as error:
        message = "XLSX needs openpyxl: pip install 'stamp-media[xlsx]'; or write .csv"
        raise MissingDependency(message, extra="xlsx") from error
    return openpyxl
