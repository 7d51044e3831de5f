"""What of a folder a walk takes, and what becomes of the rest: it is passed over, with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from ..core.errors import ArgumentError
from ..core.url import Place, Url


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file or a folder that a walk leaves out.

    sort : in a word or two, for counting: a suffix, or "hidden". reason : for people. said : to be said in a
        line of its own, and not only counted.
    """

    path: Place
    sort: str
    reason: str
    said: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return an entry of `passed_over`."""
        return {"path": os.fspath(self.path), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Shard:
    """One of `count` parts of all files, number `index` from 0 on: each name is in one of them, always in the
    same.

    Raises ArgumentError where there is no such part.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count:
            raise ArgumentError(f"there is no part {self.index} of {self.count}: parts count from 0")

    def __contains__(self, name: str) -> bool:
        digest = blake2b(name.encode(errors="surrogateescape"), digest_size=8).digest()
        return int.from_bytes(digest) % self.count == self.index


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of the names below a walked folder are taken; files that are named themselves always are.

    include : patterns of which one must match; none: all. exclude : patterns of which none may.
    passed_over : called with each file that is left out, in the order of the walk; a folder that is left out
        counts as one.
    shard : which part of them is taken; None for all. What is left to others is not passed over.

    In a pattern, `*` is for any characters, `?` for one, `[ab]` for one of these; case does not matter. A
    pattern without `/` is compared with the name of the file and of each folder around it, one with `/` with
    their paths from the walked folder on, in which `*` is for `/`, too. What matches a folder holds for all
    that is in it.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    passed_over: Callable[[PassedOver], None] = lambda each: None
    shard: Shard | None = None

    def pass_over(self, path: Place, sort: str, reason: str, *, said: bool = False) -> None:
        """Report a file or a folder that is left out."""
        self.passed_over(PassedOver(path, sort, reason, said))

    def quiet(self) -> Selection:
        """Return the same, which reports nothing."""
        return replace(self, passed_over=lambda each: None)

    def has(self, name: str) -> bool:
        """Whether what is called so falls to this shard."""
        return self.shard is None or name in self.shard

    def excludes(self, path: Place, root: Place) -> bool:
        """Whether a file or folder below `root` is left out; reports one that is."""
        pattern = _match(self.exclude, _below(path, root))
        if pattern is not None:
            self.pass_over(path, "excluded", f"--exclude {pattern} leaves it out")
        return pattern is not None

    def includes(self, file: Place, root: Place) -> bool:
        """Whether a file below `root` is among those that are wanted; reports one that is not."""
        wanted = not self.include or _match(self.include, _below(file, root)) is not None
        if not wanted:
            self.pass_over(file, "not included", "no --include names it")
        return wanted


def _below(path: Place, root: Place) -> PurePath:
    if isinstance(path, Url) and isinstance(root, Url):
        return PurePosixPath(path.beyond(root))
    return Path(path).relative_to(root)


def _match(patterns: tuple[str, ...], path: PurePath) -> str | None:
    """The first pattern that matches a path or a folder above it."""
    for pattern in patterns:
        wanted = pattern.casefold().strip("/")
        for each in (path, *path.parents[:-1]):
            if fnmatchcase((each.as_posix() if "/" in wanted else each.name).casefold(), wanted):
                return pattern
    return None
