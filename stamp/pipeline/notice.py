"""The rights notice of a file: read it, write it, or splice it into a file that is being made.

Whatever changes a notice goes through `rewrite_notice`, which verifies the result before anything is written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import arguments, log
from ..core.errors import CorruptFile, NoticeNotWritten, RightsConflict, RightsError
from ..core.limits import one_account
from ..core.options import NoticeOptions, OutputOptions
from ..core.reports import RightsReport
from ..core.rights import Rights, plain
from ..formats.reading import named
from ..formats.source import Pieced
from ..metadata.document import Document
from ..metadata.essence import same_essence
from ..metadata.mapping.fields import COLUMNS, agree, slots_in
from ..metadata.owners import lost, protected
from ..storage.digest import traces
from ..storage.large import open_large
from ..storage.outputs import check_output, is_same, placing
from ..storage.sidecars import Beside, blocks_beside, sidecars

if TYPE_CHECKING:
    from ..core.checks import Value
    from ..formats.source import Piece, Source
    from ..metadata.document import RightsFound

StrPath = str | os.PathLike[str]
_CORE = ("copyright_notice", "creators")  # without these, a notice does not say whose the work is
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
    where it says all of it already. `options`: what may be done to a notice that is there already, and
    whether an XMP sidecar is written for what has no place for one. `output` says how `dst` appears.

    Raises
    ------
    ArgumentError : `src` or `dst` is no path.
    RightsError : `rights` is no Rights, or a text in it has another word in braces.
    OutputError : `dst` exists, and `overwrite` is False.
    RightsConflict : `src` names another creator or copyright holder, who would be replaced.
    NoticeNotWritten : `src` has no place for the notice, and `options` have no remedy.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read.
    UnwritableFile : `dst` cannot be written.
    """
    src, dst = arguments.path(src, "src"), arguments.path(dst, "dst")
    filled = checked(rights).filled(date.today().year)
    report = write_notice(src, dst, filled, overwrite=overwrite, options=options, output=output)
    log.files.info("%s: wrote %s as %s", src, ", ".join(report.written) or "nothing new", dst)
    return report


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
        options, beside = options or NoticeOptions(), Beside(src, dst)
        return _write_rights(
            src, dst, rights, overwrite=overwrite, options=options, beside=beside, output=output
        )


@one_account
def read_rights(src: StrPath) -> RightsReport:
    """Return the rights notice in `src`, and in its XMP sidecars, and which stores hold each field; an empty
    record if there is none.

    Raises
    ------
    ArgumentError : `src` is no path.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or is no container that can hold a
        notice, and has no sidecar.
    """
    src = arguments.path(src, "src")
    return report_on(find_rights(src), src, {store: each.path for store, each in sidecars(src).items()})


def checked(rights: object) -> Rights:
    """Return what was given as rights. Raises RightsError where it is something else."""
    if not isinstance(rights, Rights):
        raise RightsError(
            f"the rights are a Rights, not {rights!r}; make one with Rights(copyright_notice=...)"
        )
    return rights


def check_notice(path: Path, rights: Rights, options: NoticeOptions) -> None:
    """Raise RightsConflict where `rights` would replace what the file says of others, NoticeNotWritten where
    it has no place for them, and `options` do not allow that. What else is wrong with the file is for its
    reader to say.
    """
    found: dict[str, dict[str, Value]] = {}
    with suppress(CorruptFile), open_large(path) as file, named(path):
        document = prepared(Document(file, blocks_beside(path)), rights, options)
        found = {} if options.replace_rights else _against(document, rights, options)
    if found:
        raise _conflict(path, found)


def add_notice(
    draft: Path, rights: Rights, options: NoticeOptions, *, beside: Beside, placed: ExitStack
) -> RightsReport:
    """Splice the notice into a file that is being made from one that `check_notice` has let pass; its
    sidecars appear when `placed` is closed.

    Raises `NoticeNotWritten` and `CorruptFile`, which do not name the draft, and `UnwritableFile`; the draft
    is then as it was.
    """
    allowed = replace(options, replace_rights=True)
    return _write_rights(draft, draft, rights, overwrite=True, options=allowed, beside=beside, placed=placed)


def find_rights(path: Path) -> RightsFound:
    """Return what the stores of a file say. Raises like `read_rights`."""
    with open_large(path) as file, named(path):
        return Document(file, blocks_beside(path) or None).found


def prepared(document: Document, rights: Rights, options: NoticeOptions) -> Document:
    """Return the file as `rights` are written into it: with its sidecars, if that is asked for, and there are
    some, or it has no place itself.

    Raises NoticeNotWritten where it has no place, and nothing else is allowed.
    """
    unplaced = _unplaced(document, rights)
    if options.sidecar and (unplaced or document.sidecars):
        return document.with_sidecars()
    if unplaced and not options.optional:
        raise _not_written(unplaced)
    return document


def _unplaced(file: Document, rights: Rights) -> dict[str, str]:
    """Field -> why it has no place in the file, where a notice that is written would say nothing: neither
    whose the work is, if that was asked for, nor any other field."""
    wanted = [name for name in rights.values() if name != "identifier"]
    core = [name for name in wanted if name in _CORE] or wanted
    unsupported = _unsupported(file, rights)
    if not all(name in unsupported for name in core):
        return {}
    return {name: unsupported[name] for name in wanted if name in unsupported}


def _not_written(unplaced: Mapping[str, str]) -> NoticeNotWritten:
    reasons: dict[str, list[str]] = {}
    for name, reason in unplaced.items():
        reasons.setdefault(reason, []).append(name)
    told = "; ".join(f"no place for {', '.join(names)}: {reason}" for reason, names in reasons.items())
    remedy = "a sidecar beside it can hold it (`sidecar=True`), or it may be left out (`optional=True`)"
    return NoticeNotWritten(f"{told}, so nothing is written; {remedy}", unsupported=unplaced)


def rewrite_notice(
    src: Path,
    dst: Path,
    change: Callable[[Document], Document],
    report: Callable[[Document, Document], RightsReport],
    *,
    overwrite: bool,
    beside: Beside,
    output: OutputOptions | None = None,
    expected: Rights | None = None,
    placed: ExitStack | None = None,
) -> RightsReport:
    """Write `src` to `dst`, and the sidecars beside it, with what `change` makes of the notice, and return
    the `report` on the file before and after; `dst` is not touched where it is `src` itself and nothing in it
    differs.

    Before anything is written, the result is verified: raises CorruptFile where its essence is another, or
    where the `expected` notice cannot be read back from it. Sidecars appear before the work does, which would
    be without its notice if theirs failed; or when `placed` is closed, where that is given: then `src` is a
    draft, and its hashes are nothing to be reported.
    """
    notes: list[str] = []
    place = placing(src, dst, overwrite, output, notes)
    with open_large(src) as file:
        before = Document(file, beside.blocks)
        after = change(before)
        _verify(before, after, expected)
        if not (after.beside or beside.is_there):
            after = after.without_sidecars()
        result = report(before, after)
        if output and output.dry_run:
            return replace(result, planned=True)
        with ExitStack() as drafts:
            draft, changes = src, after.data is not before.data or not is_same(src, dst)
            if changes:
                draft = drafts.enter_context(place)
                file.write(draft, _pieces_of(after.data))
            if placed is None:
                result = replace(result, **traces(src, draft))
            if not (changes or (after.beside and beside.differs(after.sidecars))):
                return result
            if after.beside:
                beside.write(after.sidecars, placed or drafts)
            if output:
                output.write_down(draft, beside.after)
        beside.clear()
    return replace(result, notes=(*result.notes, *notes))


def missing(
    path: Path, rights: Rights, options: NoticeOptions | None = None
) -> tuple[Rights, tuple[str, ...]]:
    """Return `rights` as they are to be written into a file, and which of their fields it lacks, although it
    has a place for them.

    `{year}` is whatever year of the file's own notice fits best, else this year: what was written last year
    is not missing now. Raises like `read_rights`.
    """
    with open_large(path) as file, named(path):
        given = prepared(Document(file, blocks_beside(path)), rights, options or NoticeOptions())
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

    assert report.path is not None, "a notice is read from a path"
    return jsonld(report.rights, kind_of(report.path), content_url)


def _write_rights(
    src: Path,
    dst: Path,
    rights: Rights,
    *,
    overwrite: bool,
    options: NoticeOptions,
    beside: Beside,
    output: OutputOptions | None = None,
    placed: ExitStack | None = None,
) -> RightsReport:
    replaced: dict[str, dict[str, Value]] = {}

    def change(file: Document) -> Document:
        given = prepared(file, rights, options)
        if not options.replace_rights and (found := _against(given, rights, options)):
            raise _conflict(src, found)
        replaced.update(_replaced(given, rights, options))
        return given.with_rights(rights)

    def report(before: Document, after: Document) -> RightsReport:
        written = _written(before, after, rights, dst, beside)
        notes = [f"replaced what it said of others: {_listed(replaced)}"] if replaced else []
        return replace(written, notes=(*written.notes, *notes))

    return rewrite_notice(
        src,
        dst,
        change,
        report,
        overwrite=overwrite,
        beside=beside,
        output=output,
        expected=rights,
        placed=placed,
    )


def _against(file: Document, rights: Rights, options: NoticeOptions) -> dict[str, dict[str, Value]]:
    """Store -> field -> what the file says of others, and `rights` would replace, or contradict where nothing
    is written: in a raw file beside which a sidecar is, in a sidecar that is left as it is."""
    found = _replaced(file, rights, options)
    written = rights.values() if file.written else {}
    for store, name in protected(file.found, rights, options.mine):
        value = file.found.values[store][name]
        if store not in file.written and name in written and not agree(name, store, value, written[name]):
            found.setdefault(store, {})[name] = value
    return found


def _replaced(file: Document, rights: Rights, options: NoticeOptions) -> dict[str, dict[str, Value]]:
    """Store -> field -> what the file says of others, and would no longer say with `rights` in it."""
    places = protected(file.found, rights, options.mine)
    return lost(places, file.found, file.with_rights(rights).found) if places else {}


def _conflict(path: Path, found: dict[str, dict[str, Value]]) -> RightsConflict:
    what = f"it names somebody else, so nothing is written: {_listed(found)}"
    remedy = "to replace it, say `replace_rights=True`; your own name belongs into `NoticeOptions(mine=...)`"
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
    if after.data is not before.data and not same_essence(before, after):
        raise CorruptFile("the notice cannot be changed without touching the work itself: nothing is written")
    if expected:
        unsupported = _unsupported(after, expected)
        missing = [
            name for name in expected.values() if name not in unsupported and name not in after.found.sources
        ]
        if missing:
            raise CorruptFile(f"the notice cannot be read back from this file: {', '.join(missing)}")


def _pieces_of(result: Source) -> Sequence[Piece]:
    """The result of a change as `LargeFile.write` takes it."""
    if isinstance(result, bytes):
        return [result]
    return result.pieces if isinstance(result, Pieced) else [(0, len(result))]


def _written(before: Document, after: Document, rights: Rights, dst: Path, beside: Beside) -> RightsReport:
    """The report on a notice that was written."""
    values, old, new = rights.values(), before.found, after.found
    unsupported = _unsupported(after, rights)
    wanted = [name for name in values if name not in unsupported]
    same = [name for name in wanted if name in old.sources and by_store(old, name) == by_store(new, name)]
    notes = [
        f"{name} does not stand in {COLUMNS[store].title}: there is no room for it"
        for store in after.created
        for name in wanted
        if store not in new.sources[name] and (slot := slots_in(store).get(name)) and slot.held(values[name])
    ]
    report = report_on(new, dst, {store: beside.paths[store] for store in after.sidecars})
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


def report_on(found: RightsFound, path: Path, sidecars: Mapping[str, Path]) -> RightsReport:
    """Return the report on a file in which, and in whose sidecars, this was found."""
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
        sidecars=dict(sidecars),
    )
