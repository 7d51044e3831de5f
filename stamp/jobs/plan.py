"""Which files a command works on, and where each output goes. Nothing here opens a file, but for those whose
suffix two kinds of files have."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from ..core.errors import MediaError, OutputError, StampError
from ..core.url import Place
from ..formats.sniff import sniff_path
from ..formats.suffixes import KNOWN, NOTED, RAW, SEARCHED, SUFFIXES, same_container, wrong_suffix
from ..formats.table import FORMATS
from ..storage.atomic import discard_leftovers
from ..storage.sidecars import Names
from .collisions import short, suspects
from .selection import Selection

_TYPESCRIPT = ".ts"
_STAMPED = ".stamped"
_ALL = Selection()
_DAY = 24 * 60 * 60.0  # seconds
_RECENT = 1000  # folders


Takes = Callable[[str, Names], bool]
"""Whether a walk picks up the file of this name, one of those in its folder."""


def works(name: str, names: Names) -> bool:
    """Take what can be marked, or carry a notice, but no raw photographs."""
    return _suffix(name) in SUFFIXES


def searchable(name: str, names: Names) -> bool:
    """Take what a mark can be looked for in."""
    return _suffix(name) in SEARCHED


def writable(name: str, names: Names) -> bool:
    """Take what a notice can be written into."""
    return _suffix(name) in SUFFIXES | NOTED


def noted(name: str, names: Names) -> bool:
    """Take what may have a notice, in it or beside it."""
    return _suffix(name) in SUFFIXES | RAW or (_suffix(name) in KNOWN and names.has_sidecar(name))


def known(name: str, names: Names) -> bool:
    """Take all that a notice can be written beside."""
    return _suffix(name) in KNOWN


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()


@dataclass(frozen=True, slots=True)
class Source:
    """One input: the file, and the folder it was found in by walking (None where it was named itself)."""

    path: Path
    root: Path | None = None

    @property
    def name(self) -> str:
        """By which it falls to a shard: below the folder, wherever that is on this machine."""
        return (self.path.relative_to(self.root) if self.root else self.path).as_posix()


@dataclass(frozen=True, slots=True)
class Sending:
    """What becomes of a job whose files are copies of those in a store.

    source, output : the places that are meant; output None where nothing is made. payload : of the mark,
        where nothing else says which. send : called with the finished draft and its payload, before it has
        its name. prints : whether fingerprints are to be taken.
    """

    source: Place
    output: Place | None
    payload: bytes | None
    send: Callable[[Path, bytes | None], None]
    prints: bool = True


@dataclass(frozen=True, slots=True)
class Job:
    """One input with its output; `error` says why it cannot be done, and then `output` is None. `sending` is
    set where they are copies of files in a store."""

    path: Path
    output: Path | None = None
    error: StampError | None = None
    sending: Sending | None = None


def find_sources(
    paths: Iterable[str | os.PathLike[str]],
    *,
    skip: Path | None = None,
    selection: Selection = _ALL,
    takes: Takes = works,
    follow_links: bool = True,
) -> Iterator[Source | Job]:
    """The files named by `paths`, folders walked in a stable order; a folder that cannot be read becomes a
    `Job` with an error.

    Walking leaves out hidden files and folders, links to folders, and what `selection` does not take. Of the
    rest it takes what `takes` says; with `follow_links` also links to files that lead out of the folder. All
    that it leaves out is reported to `selection`, but for the folder `skip` (where the outputs go) and the
    sidecars of other files.
    """
    skipped = _real(skip) if skip else None
    for path in map(Path, paths):
        if os.path.isdir(path):
            yield from _walk(path, skipped, selection, takes, follow_links)
        else:
            yield Source(path)


def _walk(
    root: Path, skipped: str | None, selection: Selection, takes: Takes, follow_links: bool
) -> Iterator[Source | Job]:
    troubles: list[OSError] = []
    found = False
    for folder, folders, files in os.walk(root, onerror=troubles.append):
        here = Path(folder)
        folders[:] = [
            name
            for name in sorted(folders)
            if (skipped is None or _real(here / name) != skipped) and _enters(here / name, root, selection)
        ]
        names = Names(files)
        for name in sorted(files):
            file = here / name
            if names.is_sidecar(name) or not _takes(file, root, selection, takes(name, names)):
                continue
            if not follow_links and file.is_symlink() and not _is_within(root, file):
                reason = "a link out of the folder; --follow-links follows it"
                selection.pass_over(file, "linked", reason, said=True)
                continue
            found = True
            yield Source(file, root)
    for trouble in troubles:
        path = Path(os.fsdecode(trouble.filename))
        yield Job(path, error=MediaError(f"cannot read this folder: {trouble.strerror}", path=path))
    if not found and not troubles:
        chosen = " that --include and --exclude let in" if selection.include or selection.exclude else ""
        yield Job(root, error=MediaError(f"no photo, clip or song in this folder{chosen}", path=root))


def _enters(folder: Path, root: Path, selection: Selection) -> bool:
    """Whether a walk looks into a folder; reports one that is left out."""
    if folder.name.startswith("."):
        selection.pass_over(folder, "hidden", "a hidden folder")
        return False
    if folder.is_symlink():
        selection.pass_over(folder, "linked", "a link to a folder, which is not followed")
        return False
    return not selection.excludes(folder, root)


def _takes(file: Path, root: Path, selection: Selection, fitting: bool) -> bool:
    """Whether a walk takes a file, which is `fitting` by its name; reports one that is left out."""
    suffix = file.suffix.lower()
    if file.name.startswith("."):
        selection.pass_over(file, "hidden", "a hidden file")
        return False
    if selection.excludes(file, root):
        return False
    if not fitting or (suffix == _TYPESCRIPT and not _is_transport_stream(file)):
        reason = "by its name it is nothing that this can be done with; name it to have it tried"
        selection.pass_over(file, suffix or "without a suffix", reason)
        return False
    return selection.includes(file, root)


def _is_within(folder: Path, path: Path) -> bool:
    """Whether a path is below a folder once all links are followed."""
    try:
        return os.path.commonpath((_real(folder), _real(path))) == _real(folder)
    except ValueError:  # another drive
        return False


def _is_transport_stream(path: Path) -> bool:
    """Not a program. What cannot be read counts, for its reader to say why."""
    if not path.is_file():  # a pipe would wait for ever
        return True
    try:
        return sniff_path(path) == FORMATS["mpegts"]
    except OSError:
        return True


class Jobs:
    """Jobs in a stream, which can be gone through more than once: none is kept.

    find : finds them anew; called with the selection, to which it reports what it passes over.
    """

    def __init__(self, find: Callable[[Selection], Iterator[Job]], selection: Selection = _ALL) -> None:
        self._find, self._selection = find, selection
        self._tidies = False

    def __iter__(self) -> Iterator[Job]:
        jobs = self._find(self._selection)
        return _tidied(jobs) if self._tidies else jobs

    def survey(self) -> int:
        """Go through all of them, report what is passed over, and not again later, and return how many there
        are."""
        count = sum(1 for _ in self._find(self._selection))
        self._selection = self._selection.quiet()
        return count

    def but(self, done: Container[Job]) -> Jobs:
        """Return the jobs that are not `done`."""
        return Jobs(lambda selection: (job for job in self if job not in done))

    def tidied(self) -> Self:
        """Return these jobs; from now on, before the first for a folder comes out, what runs that were killed
        have left there is removed; where there are no locks that tell, what is a day old or more."""
        self._tidies = True
        return self


def _tidied(jobs: Iterator[Job]) -> Iterator[Job]:
    @lru_cache(_RECENT)
    def tidy(folder: Path) -> None:
        discard_leftovers(folder, grace_s=_DAY)

    for job in jobs:
        if job.output:
            tidy(job.output.parent)
        yield job


def inputs(
    paths: Iterable[str | os.PathLike[str]], selection: Selection = _ALL, takes: Takes = works
) -> Jobs:
    """One job for each file to be read, earlier outputs among them."""
    paths = tuple(paths)

    def find(selection: Selection) -> Iterator[Job]:
        for each in find_sources(paths, selection=selection, takes=takes):
            if isinstance(each, Job):
                yield each
            elif selection.has(each.name):
                yield Job(each.path)

    return Jobs(find, selection)


def stamped_name(path: Path) -> Path:
    """`photo.jpg` -> `photo.stamped.jpg`, beside it."""
    return path.with_name(f"{path.stem}{_STAMPED}{path.suffix}")


def is_stamped(path: Path) -> bool:
    """Does the name say that this is an output: `photo.stamped.jpg`?"""
    return Path(path.stem).suffix.lower() == _STAMPED


def plan(
    paths: Sequence[str | os.PathLike[str]],
    *,
    output: str | None = None,
    in_place: bool = False,
    again: bool = False,
    selection: Selection = _ALL,
    takes: Takes = works,
    follow_links: bool = True,
) -> Jobs:
    """One job for each file to be stamped.

    `output` is a file for exactly one source that is a file, and a folder otherwise, or where it is one or
    ends in a slash. Inside an output folder the structure of a walked folder is kept. A walk leaves earlier
    outputs (`*.stamped.*`) alone, unless they are to be worked on `again`, and what `selection` does not
    take. Outputs that collide, and outputs that are somebody's source, are refused; without `follow_links`
    also those that a link leads out of the output folder.
    """
    folder = output_folder(paths, output)
    file = Path(output) if output and not folder else None

    def find(selection: Selection) -> Iterator[_Named]:
        walk = find_sources(paths, skip=folder, selection=selection, takes=takes, follow_links=follow_links)
        for source in walk:
            if isinstance(source, Job):
                yield source, None
            elif source.root and is_stamped(source.path) and not again:
                selection.pass_over(source.path, _STAMPED, "by its name it is an earlier output")
            else:
                job = _job(source, file, folder, in_place)
                yield _refuse_to_leave(folder, job) if folder and not follow_links else job, source.name

    return _Plan(find, selection, in_place)


def output_folder(paths: Sequence[str | os.PathLike[str]], output: str | None) -> Path | None:
    """The folder that `-o` names; None where there is no -o, or where it names a file.

    Raises OutputError where it has a file's name, and there is more than one file to come.
    """
    if output is None:
        return None
    separators = tuple(filter(None, (os.sep, os.altsep)))
    if output.endswith(separators) or os.path.isdir(output):
        return Path(output)
    if len(paths) == 1 and not os.path.isdir(paths[0]):
        return None
    if Path(output).suffix.lower() in SUFFIXES:
        raise OutputError(
            f"{output}: has the name of a file, and there are several to come; name a folder, with / at its "
            "end if it is to be called so"
        )
    return Path(output)


def _job(source: Source, file: Path | None, folder: Path | None, in_place: bool) -> Job:
    path = source.path
    if in_place:
        # Through a link the file is replaced, not the link to it.
        return Job(path, Path(_real(path)) if os.path.islink(path) else path)
    if file:
        if not same_container(path, file):
            return Job(path, error=OutputError(wrong_suffix(path, file)))
        return Job(path, file)
    if folder:
        return Job(path, folder / (path.relative_to(source.root) if source.root else path.name))
    return Job(path, stamped_name(path))


def _refuse_to_leave(folder: Path, job: Job) -> Job:
    if job.output is None or _is_within(folder, job.output):
        return job
    reason = f"{job.output}: a link leads this out of {folder}"
    return Job(
        job.path, error=OutputError(f"{reason}; remove the link, or follow it on purpose (--follow-links)")
    )


def _real(path: Path) -> str:
    # Unlike Path.resolve, this has an answer for circular links and names that are too long.
    return os.path.realpath(path)


def _is_same_file(one: Path, other: Path) -> bool:
    """Also by two names that differ in case, where that does not count, and by hard links."""
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False


_Named = tuple[Job, str | None]
"""A job, with the name by which it falls to a shard; None for trouble that all are told of."""


class _Plan(Jobs):
    """Jobs of which no two make one output. Before the first comes out, all have been gone through."""

    def __init__(
        self, find: Callable[[Selection], Iterator[_Named]], selection: Selection, in_place: bool
    ) -> None:
        super().__init__(self._checked, selection)
        self._named, self._in_place = find, in_place
        self._census: _Census | None = None

    def survey(self) -> int:
        """Go through all of them; see `Jobs.survey`."""
        self._census = self._counted(self._selection)
        self._selection = self._selection.quiet()
        return self._census.count

    def _counted(self, selection: Selection) -> _Census:
        ends = (
            (_real(job.path), _real(job.output) if job.output else None) for job, _ in self._named(selection)
        )
        count, suspected = suspects(ends, sources=not self._in_place)
        makers: dict[str, set[str]] = {}
        sources: set[str] = set()
        made = 0
        for job, _ in self._named(selection.quiet()) if suspected else ():
            if job.output and short(target := _real(job.output)) in suspected:
                makers.setdefault(target, set()).add(str(job.path))
                made += 1
            if short(source := _real(job.path)) in suspected:
                sources.add(source)
        return _Census(count - made + sum(map(len, makers.values())), makers, sources)

    def _checked(self, selection: Selection) -> Iterator[Job]:
        census = self._census = self._census or self._counted(selection.quiet())
        seen: set[Job] = set()
        for job, name in self._named(selection):
            if job.output is not None and (target := _real(job.output)) in census.makers:
                if job in seen:  # the same source, named twice
                    continue
                seen.add(job)
                job = self._refused(job, target, census)
            elif job.output is not None and not self._in_place and _is_same_file(job.output, job.path):
                job = _is_source(job)
            if name is None or selection.has(name):
                yield job

    def _refused(self, job: Job, target: str, census: _Census) -> Job:
        makers = census.makers[target]
        if len(makers) > 1:
            others = " and ".join(sorted(makers))
            return Job(job.path, error=OutputError(f"{job.output}: would be the output of {others}"))
        if not self._in_place and (
            target in census.sources or (job.output and _is_same_file(job.output, job.path))
        ):
            return _is_source(job)
        return job


@dataclass(frozen=True, slots=True)
class _Census:
    """What is to be known of all jobs before the first is begun.

    count : how many there are. makers : output that is in question -> the sources that would make it.
    sources : those that are the name of an output, too.
    """

    count: int
    makers: Mapping[str, Set[str]]
    sources: Set[str]


def _is_source(job: Job) -> Job:
    reason = f"{job.output}: is a source itself; choose another -o, or --in-place"
    return Job(job.path, error=OutputError(reason))
