"""The rights notice of a file: read it, write it, or splice it into a file that is being made."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, overload

from .errors import CorruptFile, UnsupportedFormat
from .metadata.rights import Rights
from .outputs import check_output, named, output
from .reports import RightsReport

if TYPE_CHECKING:
    from .metadata.registry import RightsFound
    from .metadata.source import Piece, Source

StrPath = str | os.PathLike[str]


def write_rights(src: StrPath, dst: StrPath, rights: Rights, *, overwrite: bool = False) -> RightsReport:
    """Write `src` to `dst` with the fields of `rights` set in every store that its container has; the rest
    stays byte for byte.

    Fields that `rights` leaves open are left as they are. `overwrite` allows `dst` to exist, and to be `src`
    itself.

    Raises
    ------
    OutputError : `dst` exists, and `overwrite` is False.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or its container has no place for a
        notice.
    UnwritableFile : `dst` cannot be written.
    """
    from .media.large import open_large
    from .metadata import registry

    src, dst = Path(src), Path(dst)
    check_output(src, dst, overwrite)
    with open_large(src) as file:
        with named(src):
            changed, report = _spliced(registry.at_hand(file), rights, dst)
        with output(src, dst, overwrite) as temp:
            file.write(temp, _pieces(changed))
    return report


def read_rights(src: StrPath) -> RightsReport:
    """The rights notice in `src`, and which stores hold each field. A file without one gives an empty record.

    Raises
    ------
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or is no container that can hold a
        notice.
    """
    from .media.large import open_large
    from .metadata import registry

    src = Path(src)
    with open_large(src) as file, named(src):
        return _found(registry.read_rights(file), src)


def with_notice(data: bytes, rights: Rights, path: Path) -> tuple[bytes, RightsReport]:
    """Splice the notice in; a container without a place for it is reported, not refused."""
    try:
        return _spliced(data, rights, path)
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


def _pieces(result: Source) -> Sequence[Piece]:
    """The result of a change as `LargeFile.write` takes it."""
    from .metadata.source import Patched

    if isinstance(result, bytes):
        return [result]
    return result.pieces if isinstance(result, Patched) else [(0, len(result))]


@overload
def _spliced(data: bytes, rights: Rights, dst: Path) -> tuple[bytes, RightsReport]: ...
@overload
def _spliced(data: Source, rights: Rights, dst: Path) -> tuple[Source, RightsReport]: ...
def _spliced(data: Source, rights: Rights, dst: Path) -> tuple[Source, RightsReport]:
    """The file with the notice in it, read back, and the report on it."""
    from .metadata import registry

    before = registry.read_rights(data)
    changed = registry.write_rights(data, rights)
    after = registry.read_rights(changed)
    homeless = registry.homeless(after.container)
    wanted = [name for name in rights.values() if name not in homeless]
    missing = [name for name in wanted if name not in after.sources]
    if missing:
        raise CorruptFile(f"the notice cannot be read back from this file: {', '.join(missing)}")

    def stands(found: RightsFound, name: str) -> dict[str, object]:
        return {store: values[name] for store, values in found.values.items() if name in values}

    same = [name for name in wanted if stands(before, name) == stands(after, name)]
    written = tuple(name for name in wanted if name not in same)
    unsupported = {name: homeless[name] for name in rights.values() if name in homeless}
    report = replace(_found(after, dst), written=written, unchanged=tuple(same), unsupported=unsupported)
    return changed, report


def _found(found: RightsFound, path: Path) -> RightsReport:
    conflicts = [f"{name} differs between {' and '.join(stores)}" for name, stores in found.conflicts.items()]
    sources = {name: tuple(stores) for name, stores in found.sources.items()}
    return RightsReport(path, found.rights, sources, notes=(*found.warnings, *conflicts))
