"""Taking a rights notice out again: by what it says, or by the receipt of how it came in."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from ..core.errors import RightsError
from ..core.reports import RightsReport
from ..core.rights import Rights
from ..metadata.document import Document
from ..storage.outputs import check_output, is_same, named, output
from .notice import check_essence, pieces_of, report_on, standing, versions

if TYPE_CHECKING:
    from ..metadata.block_delta import Former
    from ..metadata.document import RightsFound
    from ..metadata.revert import Changes

StrPath = str | os.PathLike[str]


def remove_rights(src: StrPath, dst: StrPath, rights: Rights, *, overwrite: bool = False) -> RightsReport:
    """Write `src` to `dst` without the fields of `rights`, in each place that says exactly what `rights`
    says, and without the watermark's identifier; the rest stays byte for byte.

    `{year}` in a text stands for the year that the file's own notice gives. A field that says something else
    is somebody else's, stays, and is reported as `unchanged`.

    Raises
    ------
    OutputError, UnsupportedFormat, CorruptFile, MediaError, UnwritableFile : see `write_rights`.
    """

    def change(file: Document) -> tuple[Document, Iterable[str]]:
        present = file.found.rights
        ours = replace(_as_written(rights, present), identifier=present.identifier)
        return file.without_rights(ours), ours.values()

    return _changed(Path(src), Path(dst), overwrite, change)[0]


def undo_rights(
    src: StrPath,
    dst: StrPath,
    changes: Mapping[str, Mapping[str, Mapping[str, Any]]],
    blocks: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    *,
    overwrite: bool = False,
) -> RightsReport:
    """Write `src` to `dst` with the notice that was there before, by the `changes` and `blocks` of a receipt:
    what was put in goes, what was overwritten comes back and is reported as `written`. A place that says
    something else by now stays as it is.

    Raises
    ------
    RightsError : these are not the changes and blocks of a receipt.
    OutputError, UnsupportedFormat, CorruptFile, MediaError, UnwritableFile : see `write_rights`.
    """
    wanted, formers = _parsed(changes), _formers(blocks)

    def change(file: Document) -> tuple[Document, Iterable[str]]:
        return file.undone(wanted, formers), changes

    report, before, after = _changed(Path(src), Path(dst), overwrite, change)
    everything = dict.fromkeys((*after.sources, *before.sources))
    back = [name for name in everything if _says_more(standing(before, name), standing(after, name))]
    removed = [name for name in report.removed if name not in back]
    kept = [name for name in report.unchanged if name not in back]
    return replace(report, written=tuple(back), removed=tuple(removed), unchanged=tuple(kept))


def _says_more(before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    """Whether a store says something that it did not say before."""
    return any(before.get(store) != value for store, value in after.items())


def _changed(
    src: Path,
    dst: Path,
    overwrite: bool,
    change: Callable[[Document], tuple[Document, Iterable[str]]],
) -> tuple[RightsReport, RightsFound, RightsFound]:
    """The report, and what was found before and after. `change` gives the new file, and the fields that it
    was about.
    """
    from ..storage.large import open_large

    check_output(src, dst, overwrite)
    result_file = output(src, dst, overwrite)
    with open_large(src) as data:
        with named(src):
            file = Document(data)
            before = file.found
            result, names = change(file)
            check_essence(file, result)
            after = result.found
        if result is not file or not is_same(src, dst):
            with result_file as temp:
                data.write(temp, pieces_of(result.data))
    gone = [name for name in before.sources if standing(before, name) != standing(after, name)]
    left = [name for name in names if name in after.sources and name not in gone]
    report = replace(report_on(after, dst), removed=tuple(gone), unchanged=tuple(left))
    return report, before, after


def _as_written(rights: Rights, present: Rights) -> Rights:
    """`rights` with `{year}` replaced by the year of the notice in the file, else by this year; only a notice
    that is ours has marked the work as copyrighted.
    """
    possible = versions(rights, present)
    same = (version for version in possible if version.copyright_notice == present.copyright_notice)
    return next(same, replace(possible[-1], marked=rights.marked))


def _parsed(changes: Mapping[str, Mapping[str, Any]]) -> Changes:
    """Store -> field -> (value before, value after), None where it did not stand."""
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
        return {store: Former(told["before"], told["after_sha256"]) for store, told in blocks.items()}
    except (AttributeError, KeyError, TypeError) as error:
        raise RightsError(f"the blocks in the receipt cannot be read: {error!r}") from error


def _value(name: str, value: Any) -> Any:
    return None if value is None else Rights.from_dict({name: value}).values()[name]
