"""Works in binary file objects: through temporary files, since most readers and all writers need a path."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import wraps
from inspect import signature
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, ParamSpec, TypeVar, cast

from ..core.errors import ArgumentError, CorruptFile, MediaError, StampError, UnwritableFile
from ..core.options import NoticeOptions
from ..core.reports import EmbedReport
from ..core.url import Place
from ..formats.sniff import sniff_path

StrPath = str | os.PathLike[str]
Given = ParamSpec("Given")
Report = TypeVar("Report")


def taking_objects(work: Callable[Given, Report]) -> Callable[Given, Report]:
    """Let a function of `src`, and perhaps `dst`, that takes paths take binary file objects, too.

    A source is read from its beginning if it can seek, else from where it is. A target is written to, from
    where it is, once all of the work is done, and not at all where that fails. Errors and report have no path
    for them.

    Raises ArgumentError for what is neither a path nor a binary file object, MediaError for an object that
    cannot be read, UnwritableFile for one that cannot be written to.
    """

    names = [name for name in signature(work).parameters if name in ("src", "dst")]

    @wraps(work)
    def through_files(*given: Given.args, **more: Given.kwargs) -> Report:
        places: dict[str, Any] = dict(zip(names, given, strict=False))
        places |= {name: more[name] for name in names if name in more}
        objects = {name for name, place in places.items() if not isinstance(place, str | os.PathLike)}
        if not objects:
            return work(*given, **more)
        with ExitStack() as stack:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="stamp-")))
            stack.enter_context(_nameless(folder))
            paths = dict(places)
            if "src" in objects:
                paths["src"] = _taken(_file_object(places["src"], "src"), folder)
            if "dst" in objects:
                if any(isinstance(each, NoticeOptions) and each.sidecar for each in (*given, *more.values())):
                    raise ArgumentError("a sidecar is written beside a file; give a path as `dst`")
                target = _file_object(places["dst"], "dst")
                paths["dst"] = folder / f"target{Path(paths['src']).suffix}"
            rest = {name: value for name, value in more.items() if name not in places}
            arguments = [*(paths[name] for name in names if name in paths), *given[len(names) :]]
            report = cast(Callable[..., Report], work)(*arguments, **rest)
            if "dst" in objects and not getattr(report, "planned", False):
                _given_back(paths["dst"], target)
            return _without_paths(report, folder)

    return through_files


def _file_object(place: object, name: str) -> BinaryIO:
    if not hasattr(place, "read" if name == "src" else "write"):
        what = f"not {place!r}" if place is None else f"not a {type(place).__name__}"
        raise ArgumentError(f"`{name}` is a path or a binary file object, {what}")
    return cast(BinaryIO, place)


def _taken(file: BinaryIO, folder: Path) -> Path:
    """Copy what is in the object to a file in `folder`, whose suffix is that of its format."""
    path = folder / "source"
    with suppress(OSError, ValueError):  # it cannot seek, or is closed, which shows when it is read
        file.seek(0)
    try:
        with open(path, "wb") as copy:
            shutil.copyfileobj(file, copy)
    except TypeError as error:
        raise ArgumentError("`src` gives text, not bytes; open the file with mode 'rb'") from error
    except (OSError, ValueError) as error:  # ValueError: it is closed
        raise MediaError(f"the file object cannot be read from its beginning ({error})") from error
    if not path.stat().st_size:
        raise CorruptFile("the file object is empty; was it written to the end?")
    found = sniff_path(path)
    return path.rename(path.with_suffix(found.suffixes[0])) if found and found.suffixes else path


def _given_back(path: Path, target: BinaryIO) -> None:
    try:
        with open(path, "rb") as result:
            shutil.copyfileobj(result, target)
    except TypeError as error:
        raise ArgumentError("`dst` takes text, not bytes; open the file with mode 'wb'") from error
    except (OSError, ValueError) as error:
        raise UnwritableFile(f"the file object cannot be written to ({error})") from error


@contextmanager
def _nameless(folder: Path) -> Iterator[None]:
    """Errors do not name the temporary files."""
    try:
        yield
    except StampError as error:
        if error.path is not None and Path(error.path).parent == folder:
            error.path = None
        raise


def _without_paths(report: Report, folder: Path) -> Report:
    def known(path: Place | None) -> Place | None:
        return None if isinstance(path, Path) and path.parent == folder else path

    if isinstance(report, EmbedReport):
        notice = report.metadata and replace(report.metadata, path=known(report.metadata.path))
        report = replace(report, path=known(report.path), output=known(report.output), metadata=notice)
    elif hasattr(report, "path"):
        report = replace(cast(Any, report), path=known(cast(Any, report).path))
    return report
