"""Which objects of stores a run works on, and where each result goes: a stream of jobs; none is kept."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ..core.errors import MediaError, OutputError, StampError
from ..core.url import Place, Url, place
from ..storage import remote as store
from ..storage.remote import Stored
from ..storage.sidecars import Names
from .plan import Job, Takes, find_sources, is_stamped, works
from .remote import RemoteJob
from .selection import Selection


class Planner:
    """The jobs of a run over stores, in a stream; nothing is kept of them.

    sources : URLs, and paths. output : where results go, a folder if it ends in a slash or there is more than
        one source to come; None where nothing is made. secret : payloads are drawn from it; None draws none.
    selection, takes, again, follow_links : see `plan`.
    """

    def __init__(
        self,
        sources: Iterable[str],
        output: str | None = None,
        *,
        secret: bytes | None = None,
        selection: Selection | None = None,
        takes: Takes = works,
        again: bool = False,
        follow_links: bool = True,
    ) -> None:
        self._sources = [place(each) for each in sources]
        self._secret, self._takes, self._again = secret, takes, again
        self._follow_links = follow_links
        self._selection = selection or Selection()
        self._output = place(output) if output is not None else None

    def __iter__(self) -> Iterator[RemoteJob]:
        for source in self._sources:
            try:
                yield from self._below(source)
            except StampError as error:
                yield RemoteJob(source, error=error)

    def survey(self) -> int:
        """Go through all of them; see `Jobs.survey`. The stores are asked twice."""
        count = sum(1 for _ in self)
        self._selection = self._selection.quiet()
        return count

    def _below(self, source: Place) -> Iterator[RemoteJob]:
        if isinstance(source, Path):
            yield from self._files(source)
        elif not source.is_folder and (found := store.look(source)):
            yield self._job(found, None if len(self._sources) == 1 else source.name)
        else:
            yield from self._objects(source.as_folder())

    def _objects(self, folder: Url) -> Iterator[RemoteJob]:
        is_empty = True
        for found in store.listing(folder):
            if self._takes_object(found.url, folder):
                is_empty = False
                below = found.url.beyond(folder)
                if self._selection.has(below):
                    yield self._job(found, below)
        if is_empty:
            raise MediaError("no photo, clip or song there", path=folder)

    def _takes_object(self, url: Url, folder: Url) -> bool:
        """Whether an object is worked on; reports one that is not."""
        selection = self._selection
        if any(part.startswith(".") for part in url.beyond(folder).split("/")):
            selection.pass_over(url, "hidden", "a hidden file, or in a hidden folder")
        elif selection.excludes(url, folder):
            pass
        elif not self._takes(url.name, Names(())):
            reason = "by its name it is nothing that this can be done with; name it to have it tried"
            selection.pass_over(url, url.suffix.lower() or "without a suffix", reason)
        elif self._output is not None and not self._again and is_stamped(Path(url.name)):
            selection.pass_over(url, ".stamped", "by its name it is an earlier output")
        else:
            return selection.includes(url, folder)
        return False

    def _files(self, path: Path) -> Iterator[RemoteJob]:
        found = find_sources(
            [path], selection=self._selection, takes=self._takes, follow_links=self._follow_links
        )
        for each in found:
            if isinstance(each, Job):
                yield RemoteJob(each.path, error=each.error)
            elif self._output is not None and each.root and not self._again and is_stamped(each.path):
                self._selection.pass_over(each.path, ".stamped", "by its name it is an earlier output")
            elif self._selection.has(each.name):
                named = each.name if each.root else each.path.name
                alone = len(self._sources) == 1 and not each.root
                yield self._to(each.path, None if alone else named)

    def _job(self, found: Stored, below: str | None) -> RemoteJob:
        return replace(self._to(found.url, below), version=found.version)

    def _to(self, source: Place, below: str | None) -> RemoteJob:
        """The job of a source, which is called so `below` the folder that was named; None for one that was
        named alone."""
        if self._output is None:
            return RemoteJob(source)
        output = _output(self._output, below, source.name)
        if output is None:
            reason = "its key leads out of the folder of the outputs; give it another one"
            return RemoteJob(source, error=OutputError(f"{source}: {reason}"))
        return RemoteJob(source, output, payload=self._drawn(source, output))

    def _drawn(self, source: Place, output: Place) -> bytes | None:
        if self._secret is None:
            return None
        return hmac.digest(self._secret, f"{source}\0{output}".encode(errors="surrogateescape"), "sha256")[:8]


def _output(target: Place, below: str | None, name: str) -> Place | None:
    """Where a source goes; None where a file of its name would lie elsewhere. `below` is None for the only
    source there is, which may go to a file."""
    if isinstance(target, Url):
        if below is None and not target.is_folder:
            return target
        return Url(f"{target.as_folder()}{name if below is None else below}")
    if below is None and not target.is_dir():
        return target
    parts = (below or name).split("/")
    if any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts):
        return None
    return target.joinpath(*parts)
