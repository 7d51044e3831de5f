"""Places of files in stores that are no disks: `s3://bucket/key`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")  # two letters at least: one is a drive


@dataclass(frozen=True, slots=True, order=True)
class Url:
    """The place of a file in a store. It has the parts of a path that names are made of; unlike a `Path` it
    keeps every character: `a//b` and `a/./b` are different keys.

    Raises ValueError from `beyond` only.
    """

    text: str

    def __str__(self) -> str:
        return self.text

    def __fspath__(self) -> str:
        return self.text

    @property
    def name(self) -> str:
        """What follows the last slash."""
        return self.text.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The suffix with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def scheme(self) -> str:
        """Which kind of store: "s3"."""
        return self.text.partition("://")[0].lower()

    @property
    def is_folder(self) -> bool:
        """Whether it names all that begins so: it ends in a slash, or has no key."""
        return self.text.endswith("/") or "/" not in self.text.partition("://")[2]

    def as_folder(self) -> Url:
        """Return the same with a slash at its end."""
        return self if self.text.endswith("/") else Url(f"{self.text}/")

    def beyond(self, folder: Url) -> str:
        """Return what follows the text of a folder. Raises ValueError where this does not begin so."""
        if not self.text.startswith(folder.text):
            raise ValueError(f"{self} is not below {folder}")
        return self.text[len(folder.text) :]


Place = Path | Url
"""Where a file is: on a disk, or in a store."""


def is_url(given: str | os.PathLike[str]) -> bool:
    """Whether a text names a place in a store."""
    return _URL.match(os.fspath(given)) is not None


def is_file(given: str | os.PathLike[str]) -> bool:
    """Whether a text names a file as a URL: `file:///home/a.jpg`."""
    return os.fspath(given).lower().startswith("file://")


def path_text(given: str) -> str:
    """Return what names a file on this machine: what follows `file://`, all of anything else."""
    return given[len("file://") :] if is_file(given) else given


def place(given: str | os.PathLike[str]) -> Place:
    """Return the place that a text names; `file://` is a path."""
    text = os.fspath(given)
    return Url(text) if is_url(text) and not is_file(text) else Path(path_text(text))
