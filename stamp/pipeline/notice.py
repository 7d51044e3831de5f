"""The rights notice of a file: read it, write it, or splice it into a file that is being made.

Whatever changes a notice goes through `rewrite_notice`, which verifies the result before anything is written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import CorruptFile, MediaError, RightsConflict, UnsupportedFormat
from ..core.limits import one_account
from ..core.options import NoticeOptions, OutputOptions
from ..core.reports import RightsReport
from ..core.rights import Rights, plain
from ..formats.reading import named
from ..formats.source import Patched
from ..metadata.document import Document
from ..metadata.essence import same_essence
from ..metadata.mapping.fields import COLUMNS, slots_in
from ..metadata.owners import lost, protected
from ..storage.digest import digest, traces
from ..storage.large import open_large
from ..storage.outputs import check_output, is_same, placing

if TYPE_CHECKING:
    from ..core.checks import Value
    from ..formats.source import Piece, Source
    from ..metadata.document import RightsFound

StrPath = str | os.PathLike[str]
_LONGEST = 100  # characters of a value in a message


@one_account
def write_rights(
    src: StrPath,
    dst: StrPath,
    rights: Rights,
    *,
    overwrite: bool = False,
    options: NoticeOptions | None = None,
    output: OutputOptions | None = None,
) -> RightsReport:
    """Write `src` to `dst` with the fields of `rights` set in every store that its container has; the rest
    stays byte for byte.

    `{year}` in a text stands for this year, `{{` and `}}` for the braces. Fields that `rights` leaves open
    are left as they are. `overwrite` allows `dst` to exist, and to be `src` itself, which is then not touched
    where it says all of it already. `options`: what may be done to a notice that is there already.
    `output`: how `dst` appears.

    Raises
    ------
    RightsError : a text has another word in braces.
    OutputError : `dst` exists, and `overwrite` is False.
    RightsConflict : `src` names another creator or copyright holder, who would be replaced.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or its container has no place for a
        notice.
    UnwritableFile : `dst` cannot be written.
    """
    filled = rights.filled(date.today().year)
    return write_notice(Path(src), Path(dst), filled, overwrite=overwrite, options=options, output=output)


def write_notice(
    src: Path,
    dst: Path,
    rights: Rights,
    *,
    overwrite: bool = False,
    options: NoticeOptions | None = None,
    output: OutputOptions | None = None,
) -> RightsReport:
    """`write_rights` of texts that are written as they are."""
    check_output(src, dst, overwrite)
    with named(src):
        return _write_rights(
            src, dst, rights, overwrite=overwrite, options=options or NoticeOptions(), output=output
        )


@one_account
def read_rights(src: StrPath) -> RightsReport:
    """Return the rights notice in `src`, and which stores hold each field; an empty record if there is none.

    Raises
    ------
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or is no container that can hold a
        notice.
    """
    src = Path(src)
    return report_on(find_rights(src), src)


def check_owners(path: Path, rights: Rights, options: NoticeOptions) -> None:
    """Raise RightsConflict where `rights` would replace what the file says of others, and `options` do not
    allow that. What else is wrong with the file is for its reader to say.
    """
    if options.replace_rights:
        return
    with suppress(MediaError), open_large(path) as file:
        if found := _replaced(Document(file), rights, options):
            raise _conflict(path, found)


def add_notice(draft: Path, rights: Rights, options: NoticeOptions | None = None) -> RightsReport:
    """Splice the notice into a file that is being made from one that `check_owners` has let pass; a container
    without a place for it is reported, not refused.

    Raises `CorruptFile`, which does not name the draft, and `UnwritableFile`; the draft is then as it was.
    """
    allowed = replace(options or NoticeOptions(), replace_rights=True)
    try:
        return _write_rights(draft, draft, rights, overwrite=True, options=allowed, traced=False)
    except UnsupportedFormat as error:
        reason = str(error).removeprefix(f"{draft}: ")
        unsupported = dict.fromkeys(rights.values(), reason)
        return RightsReport(draft, Rights(), unsupported=unsupported, notes=(f"no rights notice: {reason}",))


def find_rights(path: Path) -> RightsFound:
    """Return what the stores of a file say. Raises like `read_rights`."""
    with open_large(path) as file, named(path):
        return Document(file).found


def rewrite_notice(
    src: Path,
    dst: Path,
    change: Callable[[Document], Document],
    report: Callable[[Document, Document], RightsReport],
    *,
    overwrite: bool,
    output: OutputOptions | None = None,
    expected: Rights | None = None,
    traced: bool = True,
) -> RightsReport:
    """Write `src` to `dst` with what `change` makes of its notice, and return the `report` on the file before
    and after; `dst` is not touched where it is `src` itself and nothing differs.

    Before anything is written, the result is verified: raises CorruptFile where its essence is another, or
    where the `expected` notice cannot be read back from it. `traced`: the report has the hashes of both.
    """
    place = placing(src, dst, overwrite)
    with open_large(src) as file:
        before = Document(file)
        after = change(before)
        _verify(before, after, expected)
        result = report(before, after)
        if output and output.dry_run:
            return replace(result, planned=True)
        made = was = digest(src) if traced else None
        if after is not before or not is_same(src, dst):
            with place as draft:
                file.write(draft, _pieces_of(after.data))
                made = digest(draft) if traced else None
    return replace(result, **traces(was, made)) if was and made else result


def missing(path: Path, rights: Rights) -> tuple[Rights, tuple[str, ...]]:
    """Return `rights` as they are to be written into a file, and which of their fields it lacks, although it
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
    """Return `rights` as they may have been written into a file that has `present`: with each year of its
    notice in place of `{year}`, and, last, with this year."""
    years = re.findall(r"(?<!\d)\d{4}(?!\d)", present.copyright_notice or "")
    return [rights.for_writing(int(year)) for year in (*years, date.today().year)]


def structured_data(report: RightsReport, content_url: str) -> dict[str, Any]:
    """Return the schema.org description, for JSON-LD in a web page, of the file that was read."""
    from ..formats.sniff import kind_of
    from ..metadata.jsonld import jsonld

    return jsonld(report.rights, kind_of(report.path), content_url)


def _write_rights(
    src: Path,
    dst: Path,
    rights: Rights,
    *,
    overwrite: bool,
    options: NoticeOptions,
    output: OutputOptions | None = None,
    traced: bool = True,
) -> RightsReport:
    replaced: dict[str, dict[str, Value]] = {}

    def change(file: Document) -> Document:
        replaced.update(_replaced(file, rights, options))
        if replaced and not options.replace_rights:
            raise _conflict(src, replaced)
        return file.with_rights(rights)

    def report(before: Document, after: Document) -> RightsReport:
        written = _written(before, after, rights, dst)
        notes = [f"replaced what it said of others: {_listed(replaced)}"] if replaced else []
        return replace(written, notes=(*written.notes, *notes))

    return rewrite_notice(
        src, dst, change, report, overwrite=overwrite, output=output, expected=rights, traced=traced
    )


def _replaced(file: Document, rights: Rights, options: NoticeOptions) -> dict[str, dict[str, Value]]:
    """Store -> field -> what the file says of others, and would no longer say with `rights` in it."""
    places = protected(file.found, rights, options.mine)
    return lost(places, file.found, file.with_rights(rights).found) if places else {}


def _conflict(path: Path, found: dict[str, dict[str, Value]]) -> RightsConflict:
    what = f"it names somebody else, so nothing is written: {_listed(found)}"
    remedy = (
        "to replace it, --replace-rights, in Python NoticeOptions(replace_rights=True); "
        "if that is you, the name belongs into `mine` in stamp.toml, in Python NoticeOptions(mine=...)"
    )
    return RightsConflict(f"{what}; {remedy}", path=path, found=found)


def _listed(found: Mapping[str, Mapping[str, Value]]) -> str:
    """Each value of a field, and the stores that hold it."""
    stores: dict[str, list[str]] = {}
    for store, values in found.items():
        for name, value in values.items():
            stores.setdefault(f"{name} {_shown(value)}", []).append(COLUMNS[store].title)
    return ", ".join(f"{said} ({', '.join(where)})" for said, where in stores.items())


def _shown(value: Value) -> str:
    """A value in one line, of a length that can be read."""
    told = plain(value)
    text = repr(told[0] if isinstance(told, list) and len(told) == 1 else told)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _verify(before: Document, after: Document, expected: Rights | None) -> None:
    """Raise CorruptFile where the essence differs, or where a field of `expected` with a place in the file
    cannot be read back."""
    if after is not before and not same_essence(before, after):
        raise CorruptFile("the notice cannot be changed without touching the work itself: nothing is written")
    if expected:
        unsupported = _unsupported(before, expected)
        missing = [
            name for name in expected.values() if name not in unsupported and name not in after.found.sources
        ]
        if missing:
            raise CorruptFile(f"the notice cannot be read back from this file: {', '.join(missing)}")


def _pieces_of(result: Source) -> Sequence[Piece]:
    """The result of a change as `LargeFile.write` takes it."""
    if isinstance(result, bytes):
        return [result]
    return result.pieces if isinstance(result, Patched) else [(0, len(result))]


def _written(before: Document, after: Document, rights: Rights, dst: Path) -> RightsReport:
    """The report on a notice that was written."""
    values, old, new = rights.values(), before.found, after.found
    unsupported = _unsupported(before, rights)
    wanted = [name for name in values if name not in unsupported]
    same = [name for name in wanted if name in old.sources and by_store(old, name) == by_store(new, name)]
    notes = [
        f"{name} does not stand in {COLUMNS[store].title}: there is no room for it"
        for store in after.created
        for name in wanted
        if store not in new.sources[name] and (slot := slots_in(store).get(name)) and slot.held(values[name])
    ]
    report = report_on(new, dst)
    return replace(
        report,
        written=tuple(name for name in wanted if name not in same),
        unchanged=tuple(same),
        unsupported={name: unsupported[name] for name in values if name in unsupported},
        notes=(*report.notes, *notes),
    )


def _unsupported(file: Document, rights: Rights) -> dict[str, str]:
    """Field -> why the file has no place for it."""
    full = {
        name: f"{COLUMNS[store].title} has no room for it"
        for name, store in file.without_room(rights).items()
    }
    return {**file.unsupported, **full}


def by_store(found: RightsFound, name: str) -> dict[str, object]:
    """Return store -> its value of a field."""
    return {store: values[name] for store, values in found.values.items() if name in values}


def report_on(found: RightsFound, path: Path) -> RightsReport:
    """Return the report on a file in which this was found."""
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
