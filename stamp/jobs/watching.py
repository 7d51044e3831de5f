"""Lists of suspects and folders, watched: what is new is fetched here and looked at in processes."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalogue.identity import path_text
from ..core.errors import ArgumentError, MediaError, StampError
from ..core.key import Key
from ..core.limits import StampLimits, limited
from ..core.matches import WatchReport
from ..formats.sniff import known_kind
from .catalogues import opened
from .keys import KeyFile, adopt
from .plan import Job, inputs, searchable
from .pool import Crash, Pool
from .selection import Selection

if TYPE_CHECKING:
    from ..monitor.fetching import Fetcher
    from ..monitor.watching import Sighted

_SECONDS = 900.0  # that a suspect may take
_SCHEMES = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Watched:
    """A suspect on a list or in a folder. place : its URL or its path. page : URL of where it is shown, and
    whose `account` that is. error : why it cannot be looked at."""

    place: str
    path: Path | None = None
    page: str | None = None
    account: str | None = None
    error: str | None = None


def watched_in(sources: Sequence[str], selection: Selection) -> list[Watched]:
    """Return the suspects in folders, and on lists: text files with a URL a line, and behind tabs, where they
    are known, the URL of the page that shows it and the account. What is there twice is there once.

    Raises ArgumentError for a list that is none.
    """
    found: dict[str, Watched] = {}
    for source in sources:
        path = Path(source)
        is_list = path.is_file() and known_kind(path) is None
        for each in _listed(path) if is_list else map(_of_job, inputs([source], selection, searchable)):
            found.setdefault(each.place, each)
    return list(found.values())


def _of_job(job: Job) -> Watched:
    place = path_text(Path(os.path.abspath(job.path)))
    return Watched(place, job.path, error=str(job.error) if job.error else None)


def _listed(path: Path) -> Iterator[Watched]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ArgumentError(f"{path}: is no list of URLs: a text in UTF-8, one a line") from error
    for number, line in enumerate(lines, 1):
        place, *more = (part.strip() for part in line.split("\t"))
        if not place or place.startswith("#"):
            continue
        if not place.lower().startswith(_SCHEMES):
            raise ArgumentError(f"{path}, line {number}: {place[:100]!r} is no URL of http or https")
        page, account, *_ = (*more, "", "")
        yield Watched(place, None, page or None, account or None)


@dataclass(frozen=True, slots=True)
class WatchTask:
    """Look at a suspect that is at hand; see `monitor.watching.look`. adopted : keys that a worker cannot
    read itself."""

    catalogue: str
    keys: tuple[KeyFile, ...] = ()
    adopted: Mapping[KeyFile, Key] | None = None
    blind: bool = False
    again: bool = False
    limits: StampLimits | None = None

    def __call__(self, item: Sighted) -> WatchReport:
        from ..monitor.watching import look

        try:
            adopt(self.adopted or {})
            keys = [file.load() for file in self.keys]
            with limited(self.limits or StampLimits()):
                return look(opened(self.catalogue), item, keys=keys, blind=self.blind, again=self.again)
        except (StampError, OSError) as error:
            return _failed(item.place, _without(str(error), item.path))


def _without(message: str, path: Path) -> str:
    """A message about a file, which has a name of its own only while it is here."""
    return message.removeprefix(f"{path}: ")


def _failed(place: str, message: str) -> WatchReport:
    return WatchReport(place, "failed", error=message if message.startswith(place) else f"{place}: {message}")


def watch(
    suspects: Iterable[Watched], task: WatchTask, processes: int, fetcher: Fetcher | None = None
) -> Iterator[WatchReport]:
    """Look at suspects once, and yield what became of each as it is known. Those that are as they were are
    not fetched or read. `fetcher` fetches what is on lists.

    Raises ArgumentError for URLs without a fetcher.
    """
    if fetcher is not None:
        from ..monitor.fetching import host_of

        suspects = fetcher.pace.in_turn(suspects, lambda each: "" if each.path else host_of(each.place))
    under_way: deque[tuple[Sighted, Future[WatchReport | Crash]]] = deque()
    with Pool(processes, task) as pool:
        for each in suspects:
            made = _at_hand(each, task, fetcher)
            if isinstance(made, WatchReport):
                yield made
            else:
                under_way.append((made, pool.submit(made, seconds=_SECONDS)))
            while under_way and (len(under_way) > 2 * processes or under_way[0][1].done()):
                yield _settled(*under_way.popleft())
        while under_way:
            yield _settled(*under_way.popleft())


def _settled(item: Sighted, future: Future[WatchReport | Crash]) -> WatchReport:
    done = future.result()
    if item.exchanges:
        shutil.rmtree(item.path.parent, ignore_errors=True)
    return _failed(item.place, done.message) if isinstance(done, Crash) else done


def _at_hand(each: Watched, task: WatchTask, fetcher: Fetcher | None) -> Sighted | WatchReport:
    """A suspect that is to be looked at, or what is known of it without that."""
    from ..monitor.watching import Sighted, is_behind

    if each.error is not None:
        return _failed(each.place, each.error)
    known = None if task.again else opened(task.catalogue).suspects.at(each.place)
    if each.path is not None:
        version = None
        with suppress(OSError):  # whoever opens it says why
            stat = each.path.stat()
            version = f"{stat.st_size}-{stat.st_mtime_ns}"
        is_same = known and version and known.version == version
        if known and is_same and not is_behind(opened(task.catalogue), known):
            return WatchReport(each.place, sha256=known.sha256, find=known.find)
        return Sighted(each.place, each.path, version)
    if fetcher is None:
        raise ArgumentError(f"{each.place}: URLs are fetched only if you say so: --fetch")
    try:
        fetched = fetcher.fetch(each.place, known.version if known else None)
    except MediaError as error:
        return _failed(each.place, str(error))
    if fetched is None:
        assert known is not None
        return WatchReport(each.place, sha256=known.sha256, find=known.find)
    return Sighted(each.place, fetched.path, fetched.version, each.page, each.account, fetched.exchanges)
