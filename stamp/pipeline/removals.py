"""Taking a rights notice out again: by what it says, or by the receipt of how it came in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..core import arguments
from ..core.errors import RightsError, UnsupportedFormat
from ..core.limits import one_account
from ..core.options import OutputOptions
from ..core.reports import RightsReport
from ..core.rights import Rights
from ..formats.reading import named
from ..storage.outputs import check_output
from ..storage.sidecars import STORES as SIDECARS
from ..storage.sidecars import Beside
from .notice import by_store, checked, report_on, rewrite_notice, versions

if TYPE_CHECKING:
    from ..metadata.block_delta import Former
    from ..metadata.document import Document
    from ..metadata.file_delta import FormerFile
    from ..metadata.revert import Changes

StrPath = str | os.PathLike[str]


@one_account
def remove_rights(
    src: StrPath,
    dst: StrPath,
    rights: Rights,
    *,
    overwrite: bool = False,
    output: OutputOptions | None = None,
) -> RightsReport:
    """Write `src` to `dst` without the fields of `rights`, in each place that says exactly what `rights`
    says, and without the watermark's identifier; the rest stays byte for byte. So do its XMP sidecars, one of
    which goes where nothing else is in it.

    `{year}` in a text stands for the year that the file's own notice gives. A field that says something else
    is somebody else's, stays, and is reported as `unchanged`.

    Raises
    ------
    ArgumentError : `src` or `dst` is no path.
    RightsError : `rights` is no Rights.
    OutputError, UnsupportedFormat, CorruptFile, MediaError, UnwritableFile : see `write_rights`.
    """
    source, target = arguments.path(src, "src"), arguments.path(dst, "dst")
    rights = checked(rights)

    def ours(file: Document) -> Rights:
        present = file.found.rights
        return replace(_as_written(rights, present), identifier=present.identifier)

    def report(before: Document, after: Document) -> RightsReport:
        return _removed(before, after, ours(before).values(), target, beside)

    def change(file: Document) -> Document:
        if not file.stores:
            raise UnsupportedFormat("such a file has no place for a notice, and no sidecar is beside it")
        return (file.with_sidecars() if file.sidecars else file).without_rights(ours(file))

    check_output(source, target, overwrite)
    with named(source):
        beside = Beside(source, target)
        return rewrite_notice(
            source, target, change, report, overwrite=overwrite, beside=beside, output=output
        )


@one_account
def undo_rights(
    src: StrPath,
    dst: StrPath,
    changes: Mapping[str, Mapping[str, Mapping[str, Any]]],
    blocks: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    file: Mapping[str, Any] | None = None,
    *,
    overwrite: bool = False,
    output: OutputOptions | None = None,
) -> RightsReport:
    """Write `src` to `dst` with the notice that was there before, by the `changes` and `blocks` of a receipt:
    what was put in goes, what was overwritten comes back and is reported as `written`. A place that says
    something else by now stays as it is. With `file`, which holds for the very file that the run left, all is
    as it was, byte for byte.

    Raises
    ------
    RightsError : these are not the changes, blocks and pieces of a receipt, or the pieces not of this file.
    OutputError, UnsupportedFormat, CorruptFile, MediaError, UnwritableFile : see `write_rights`.
    """
    wanted, formers, former = _parsed(changes), _formers(blocks), _former_file(file)

    def change(document: Document) -> Document:
        from ..metadata.document import Document

        if former is None:
            return document.with_sidecars().undone(wanted, formers)
        # The pieces are those of the file; what is beside it is brought back by what it says.
        inside = Document(former.of(document.data), document.sidecars, beside=True)
        return inside.undone({store: wanted[store] for store in SIDECARS if store in wanted}, formers)

    def report(before: Document, after: Document) -> RightsReport:
        old, new = before.found, after.found
        result = _removed(before, after, changes, Path(dst), beside)
        everything = dict.fromkeys((*new.sources, *old.sources))
        back = [name for name in everything if _says_more(by_store(old, name), by_store(new, name))]
        removed = tuple(name for name in result.removed if name not in back)
        unchanged = tuple(name for name in result.unchanged if name not in back)
        return replace(result, written=tuple(back), removed=removed, unchanged=unchanged)

    src, dst = Path(src), Path(dst)
    check_output(src, dst, overwrite)
    with named(src):
        beside = Beside(src, dst)
        return rewrite_notice(src, dst, change, report, overwrite=overwrite, beside=beside, output=output)


def _says_more(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether a store says something that it did not say before."""
    return any(before.get(store) != value for store, value in after.items())


def _removed(
    before: Document, after: Document, names: Iterable[str], dst: Path, beside: Beside
) -> RightsReport:
    """The report on a file from which the fields `names` were to go."""
    old, new = before.found, after.found
    gone = tuple(name for name in old.sources if by_store(old, name) != by_store(new, name))
    left = tuple(name for name in names if name in new.sources and name not in gone)
    sidecars = {store: beside.paths[store] for store in after.sidecars}
    return replace(report_on(new, dst, sidecars), removed=gone, unchanged=left)


def _as_written(rights: Rights, present: Rights) -> Rights:
    """`rights` with `{year}` replaced by the year of the notice in the file, else by this year; only a notice
    that is ours has marked the work as copyrighted.
    """
    possible = versions(rights, present)
    same = (version for version in possible if version.copyright_notice == present.copyright_notice)
    return next(same, replace(possible[-1], marked=rights.marked))


def _parsed(changes: Mapping[str, Mapping[str, Any]]) -> Changes:
    """Store -> field -> (value before, value after), None where there was none."""
    from ..metadata.mapping.fields import STORES

    found: dict[str, dict[str, Any]] = {}
    try:
        for name, stores in changes.items():
            for store, values in stores.items():
                if store not in STORES:
                    raise RightsError(f"the receipt names a store that is not known: {store!r}")
                pair = tuple(_value(name, values[when]) for when in ("before", "after"))
                found.setdefault(store, {})[name] = pair
    except (AttributeError, KeyError, TypeError) as error:
        raise RightsError(f"the changes in the receipt cannot be read: {error!r}") from error
    return found


def _formers(blocks: Mapping[str, Mapping[str, str]]) -> dict[str, Former]:
    from ..metadata.block_delta import Former

    try:
        return {store: Former(block["before"], block["after_sha256"]) for store, block in blocks.items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise RightsError(f"the blocks in the receipt cannot be read: {error!r}") from error


def _former_file(file: Mapping[str, Any] | None) -> FormerFile | None:
    from ..metadata.file_delta import FormerFile

    try:
        return FormerFile(file["before"], file["sha256"]) if file else None
    except (LookupError, TypeError) as error:
        raise RightsError(f"the pieces of the file in the receipt cannot be read: {error!r}") from error


def _value(name: str, value: Any) -> Any:
    return None if value is None else Rights.from_dict({name: value}).values()[name]
