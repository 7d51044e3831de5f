"""XMP sidecars: files beside a work that say about it what cannot be said, or is not to be said, in it.

Two conventions are known. Adobe's programs put `photo.xmp` beside `photo.CR2`, and do so for raw photographs
and for what holds no XMP; darktable, digiKam and others `photo.CR2.xmp`, for everything, so that a raw
photograph and the JPEG of the same name have one each. Whatever is there is read, and brought up to date. A
new one is called `photo.xmp` for a raw photograph, since that is the only name that Lightroom and Camera Raw
look for, and darktable takes it over; and `clip.avi.xmp` for all else, since of `clip.avi` and `clip.mpg` in
one folder each needs its own (ADR 81).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core.errors import CorruptFile, OutputError
from ..core.options import OutputOptions
from ..formats.reading import read_source
from ..formats.suffixes import KNOWN, NOTED, RAW
from .atomic import unwritable
from .outputs import placing

SUFFIX: Final = ".xmp"
STORES: Final[tuple[str, ...]] = ("sidecar", "sidecar2")
"""What the stores are called that are sidecars."""
_NEW_TIMES: Final = OutputOptions(preserve_times=False)
"""By the time of a sidecar, other programs see that there is something new in it."""
_EXTENSION = re.compile(rb"photoshop:SidecarForExtension\s*(?:=\s*[\"']|>)\s*([^\"'<\s]{1,16})")


@dataclass(frozen=True, slots=True)
class Sidecar:
    """A sidecar that is there, and what it says."""

    path: Path
    content: bytes


def sidecars(path: Path) -> dict[str, Sidecar]:
    """Return store -> sidecar of a work, the one of the more usual name first.

    One that says that it belongs to a file of another suffix does. Raises MediaError where one cannot be
    read.
    """
    found: list[Sidecar] = []
    for place in filter(os.path.isfile, _places(path)):
        each = Sidecar(place, _content(place))
        # Where names differ in case only, two of them may be one file.
        if _is_for(path, each.content) and not any(os.path.samefile(place, other.path) for other in found):
            found.append(each)
    return dict(zip(STORES, found, strict=False))


def blocks_beside(path: Path) -> dict[str, bytes]:
    """Return store -> what that sidecar of a work says. Raises as `sidecars` does."""
    return {store: each.content for store, each in sidecars(path).items()}


def new_sidecar(path: Path) -> Path:
    """Return the name of the sidecar that is made for a work without one."""
    return _short(path) if path.suffix.lower() in RAW else _long(path)


class Names:
    """The names of the files in one folder, and which of them belong together."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(names)
        parts = map(os.path.splitext, self._names)
        self._stems = frozenset(stem for stem, suffix in parts if suffix.lower() in KNOWN)

    def is_sidecar(self, name: str) -> bool:
        """Whether a file is, by its name, the sidecar of another one."""
        stem, suffix = os.path.splitext(name)
        return suffix.lower() == SUFFIX and (stem in self._names or stem in self._stems)

    def has_sidecar(self, name: str) -> bool:
        """Whether a file has, by its name, a sidecar."""
        return any(place.name in self._names for place in _places(Path(name)))


def _places(path: Path) -> list[Path]:
    """Where sidecars of a work may be. `photo.xmp` is not that of what has room for XMP itself."""
    suffix = path.suffix.lower()
    names = [_long(path)]
    if suffix in RAW:
        names.insert(0, _short(path))
    elif suffix and suffix not in NOTED:
        names.append(_short(path))
    return [each for name in names for each in (name, _short(name, SUFFIX.upper()))]


def _short(path: Path, suffix: str = SUFFIX) -> Path:
    return Path(os.path.splitext(path)[0] + suffix)


def _long(path: Path) -> Path:
    return Path(os.fspath(path) + SUFFIX)


def _content(path: Path) -> bytes:
    try:
        return read_source(path)
    except CorruptFile:  # it is empty, which its reader will say
        return b""


def _is_for(path: Path, content: bytes) -> bool:
    said = _EXTENSION.search(content)
    return said is None or said[1].lower() == os.fsencode(path.suffix[1:].lower())


class Beside:
    """The sidecars of one work that is worked on, and where they go: beside the output.

    blocks : store -> what is there now; beside the output, else beside the source.
    paths : store -> where it is, or will be, beside the output.
    is_there : they are beside the output already.
    after : store -> what is written there; None where they are not written.

    To be made before the source is read: one that has changed since is not replaced, which raises MediaError.
    """

    def __init__(self, src: Path, dst: Path) -> None:
        there = sidecars(dst)
        found = there or sidecars(src)
        self.is_there = bool(there)
        self.blocks: Mapping[str, bytes] = {store: each.content for store, each in found.items()}
        self.paths = {STORES[0]: new_sidecar(dst)}
        for store, each in found.items():
            self.paths[store] = each.path if there else _renamed(each.path, src, dst)
        self._placing = {
            store: placing(path if store in there else None, path, store in there, _NEW_TIMES)
            for store, path in self.paths.items()
        }
        self.after: Mapping[str, bytes] | None = None
        self._drafts: dict[str, Path] = {}

    def differs(self, after: Mapping[str, bytes]) -> bool:
        """Whether the sidecars beside the output are not as `after` has them."""
        return (self.blocks if self.is_there else {}) != after

    def write(self, after: Mapping[str, bytes], placed: ExitStack) -> None:
        """Write the sidecars that are not beside the output as `after` has them; they appear when `placed` is
        closed. To be called again with what is to be there instead.

        Raises OutputError for one that is a link, UnwritableFile.
        """
        self.after = after
        now = self.blocks if self.is_there else {}
        for store, block in after.items():
            if now.get(store) == block and store not in self._drafts:
                continue
            if os.path.islink(self.paths[store]):
                what = "is a link, which is not followed; put the sidecar itself there"
                raise OutputError(what, path=self.paths[store])
            if store not in self._drafts:
                self._drafts[store] = placed.enter_context(self._placing[store])
            self._drafts[store].write_bytes(block)

    def clear(self) -> None:
        """Remove the sidecars in which nothing is left, unless somebody has written to them since.

        Raises UnwritableFile.
        """
        gone = self.blocks.keys() - self.after.keys() if self.is_there and self.after is not None else ()
        for store in gone:
            path = self.paths[store]
            try:
                if path.read_bytes() == self.blocks[store]:
                    path.unlink()
            except OSError as error:
                raise unwritable(path, error) from error


def _renamed(sidecar: Path, src: Path, dst: Path) -> Path:
    """The place of a source's sidecar beside the output, by the same convention."""
    return _long(dst) if sidecar.name.lower() == f"{src.name}{SUFFIX}".lower() else _short(dst)
