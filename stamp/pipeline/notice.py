"""The rights notice of a file: read it, write it, or splice it into a file that is being made."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import CorruptFile, UnsupportedFormat
from ..core.reports import RightsReport
from ..core.rights import Rights
from ..formats.source import Patched
from ..metadata.document import Document
from ..metadata.essence import same_essence
from ..metadata.mapping.fields import COLUMNS, slots_in
from ..storage.large import open_large
from ..storage.outputs import check_output, is_same, named, output

if TYPE_CHECKING:
    from ..formats.source import Piece, Source
    from ..metadata.document import RightsFound

StrPath = str | os.PathLike[str]


def write_rights(src: StrPath, dst: StrPath, rights: Rights, *, overwrite: bool = False) -> RightsReport:
    """Write `src` to `dst` with the fields of `rights` set in every store that its container has; the rest
    stays byte for byte.

    Fields that `rights` leaves open are left as they are. `overwrite` allows `dst` to exist, and to be `src`
    itself, which is then not touched where it says all of it already.

    Raises
    ------
    OutputError : `dst` exists, and `overwrite` is False.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or its container has no place for a
        notice.
    UnwritableFile : `dst` cannot be written.
    """
    src, dst = Path(src), Path(dst)
    check_output(src, dst, overwrite)
    result_file = output(src, dst, overwrite)
    with open_large(src) as file:
        with named(src):
            given = Document(file)
            changed, report = _spliced(given, rights, dst)
        if changed is not given or not is_same(src, dst):
            with result_file as temp:
                file.write(temp, pieces_of(changed.data))
    return report


def read_rights(src: StrPath) -> RightsReport:
    """The rights notice in `src`, and which stores hold each field. A file without one gives an empty record.

    Raises
    ------
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or is no container that can hold a
        notice.
    """
    src = Path(src)
    with open_large(src) as file, named(src):
        return report_on(Document(file).found, src)


def missing(path: Path, rights: Rights) -> tuple[Rights, tuple[str, ...]]:
    """`rights` as they are to be written into a file, and which of their fields it does not say, although it
    has a place for them.

    `{year}` is whatever year of the file's own notice fits best, else this year: what was written last year
    is not missing now. Raises like `read_rights`.
    """
    with open_large(path) as file, named(path):
        given = Document(file)
        found, unsupported = given.found, given.unsupported
        present = found.rights.values()

        def lacking(version: Rights) -> tuple[str, ...]:
            table = version.to_dict()
            wanted = Rights.from_dict({name: table[name] for name in table if name not in unsupported})
            then = wanted.onto(found.rights).values()
            return tuple(name for name in then if then[name] != present.get(name))

        nearest = min(versions(rights, found.rights), key=lambda version: len(lacking(version)))
        names = lacking(nearest)
        full = given.without_room(nearest) if names else {}
        return nearest, tuple(name for name in names if name not in full)


def versions(rights: Rights, present: Rights) -> list[Rights]:
    """`rights` as they may have been written into a file that says `present`: with each year that its notice
    gives in place of `{year}`, and, last, with this year."""
    from datetime import date

    years = re.findall(r"(?<!\d)\d{4}(?!\d)", present.copyright_notice or "")
    return [rights.for_writing(int(year)) for year in (*years, date.today().year)]


def structured_data(report: RightsReport, content_url: str) -> dict[str, Any]:
    """The schema.org description, for JSON-LD in a web page, of the file that was read."""
    from ..formats.sniff import kind_of
    from ..metadata.jsonld import jsonld

    return jsonld(report.rights, kind_of(report.path), content_url)


def with_notice(data: bytes, rights: Rights, path: Path) -> tuple[bytes, RightsReport]:
    """Splice the notice in; a container without a place for it is reported, not refused."""
    try:
        changed, report = _spliced(Document(data), rights, path)
        return changed.data[0 : len(changed.data)], report
    except UnsupportedFormat as error:
        return data, _without_place(rights, path, error)


def add_notice(temp: Path, rights: Rights) -> RightsReport:
    """Splice the notice into a file of any size that is being made; a container without a place for it is
    reported, not refused.

    Raises `CorruptFile`, `UnwritableFile`; `temp` is then as it was.
    """
    try:
        return write_rights(temp, temp, rights, overwrite=True)
    except UnsupportedFormat as error:
        return _without_place(rights, temp, error)


def _without_place(rights: Rights, path: Path, error: UnsupportedFormat) -> RightsReport:
    reason = str(error).removeprefix(f"{path}: ")
    unsupported = dict.fromkeys(rights.values(), reason)
    return RightsReport(path, Rights(), unsupported=unsupported, notes=(f"no rights notice: {reason}",))


def pieces_of(result: Source) -> Sequence[Piece]:
    """The result of a change as `LargeFile.write` takes it."""
    if isinstance(result, bytes):
        return [result]
    return result.pieces if isinstance(result, Patched) else [(0, len(result))]


def _spliced(file: Document, rights: Rights, dst: Path) -> tuple[Document, RightsReport]:
    """The file with the notice in it, read back, and the report on it."""
    values = rights.values()
    before = file.found
    changed = file.with_rights(rights)
    check_essence(file, changed)
    after = changed.found
    lacking = _unsupported(file, rights)
    wanted = [name for name in values if name not in lacking]
    missing = [name for name in wanted if name not in after.sources]
    if missing:
        raise CorruptFile(f"the notice cannot be read back from this file: {', '.join(missing)}")

    same = [
        name for name in wanted if name in before.sources and standing(before, name) == standing(after, name)
    ]
    written = tuple(name for name in wanted if name not in same)
    unsupported = {name: lacking[name] for name in values if name in lacking}
    notes = [
        f"{name} does not stand in {COLUMNS[store].title}: there is no room for it"
        for store in changed.created
        for name in wanted
        if store not in after.sources[name]
        and (slot := slots_in(store).get(name))
        and slot.held(values[name])
    ]
    report = report_on(after, dst)
    report = replace(
        report,
        written=written,
        unchanged=tuple(same),
        unsupported=unsupported,
        notes=(*report.notes, *notes),
    )
    return changed, report


def _unsupported(file: Document, rights: Rights) -> dict[str, str]:
    """Field -> why the file has no place for it."""
    full = {
        name: f"{COLUMNS[key].title} has no room for it" for name, key in file.without_room(rights).items()
    }
    return {**file.unsupported, **full}


def standing(found: RightsFound, name: str) -> dict[str, object]:
    """Store -> what it says of a field."""
    return {store: values[name] for store, values in found.values.items() if name in values}


def check_essence(file: Document, changed: Document) -> None:
    """Raises `CorruptFile` if a change of the notice has touched the work itself."""
    if changed is not file and not same_essence(file, changed):
        raise CorruptFile("the notice cannot be changed without touching the work itself: nothing is written")


def report_on(found: RightsFound, path: Path) -> RightsReport:
    conflicts = {name: tuple(stores) for name, stores in found.conflicts.items()}
    notes = [
        f"{name} differs between {' and '.join((found.sources[name][0], *stores))}"
        for name, stores in conflicts.items()
    ]
    return RightsReport(
        path,
        found.rights,
        {name: tuple(stores) for name, stores in found.sources.items()},
        found.values,
        conflicts,
        notes=(*found.warnings, *notes),
    )
