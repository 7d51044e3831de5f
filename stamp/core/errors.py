"""Every error that `stamp` raises on purpose.

    StampError                             `.path` is the file that it is about, None where there is none
    ├── KeyFileError (ValueError)          a key file or its backup is missing, damaged, or already there
    ├── ArgumentError (ValueError)         an argument that a function cannot take, such as a strength below 0
    ├── PayloadError (ValueError)          a payload is not 64 bits
    ├── HostError (ValueError)             a host that cannot carry the mark: too small, flat, clipped
    │   └── AlreadyMarked (`.path`)        it carries a mark of this key; `.payload` says which
    ├── RightsError (ValueError)           a rights field that no standard allows, or a wrong file of defaults
    │   └── RightsConflict (`.path`)       a file names somebody else; `.found` says whom, and where
    ├── CatalogueError (RuntimeError)      the catalogue cannot be used, or forbids what is asked for
    ├── CaseError (ValueError)             a case of which no notice can be written; see `stamp.notices`
    │   └── MissingElements                it lacks elements; `.missing` names them
    ├── ClusterError (RuntimeError)        what works for us on other machines cannot be used, or gave up
    ├── OutputError (FileExistsError)      an output that is there already, or is the input itself
    ├── MissingDependency (ImportError)    an optional package is not installed; `.extra` names the extra
    ├── InternalError (RuntimeError)       a mistake of this package, to be reported
    └── MediaError                         anything wrong with one file
        ├── UnsupportedFormat (ValueError) the container, or what is in it, is not handled
        │   └── NoticeNotWritten           no place for the notice that was asked for; `.unsupported` says why
        ├── CorruptFile (ValueError)       damaged, truncated or hostile
        └── UnwritableFile (OSError)       the target's disk or folder does not take it

Leaves also subclass the builtin that fits, so `except ValueError` works where somebody expects it to.
A message names the file or the value and says what to do. What reads bytes or pixels raises without a path:
`formats.reading.named` gives it, once, where the file is opened.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType


class StampError(Exception):
    """Base of all errors raised on purpose by this package; `path` comes first in the text."""

    def __init__(self, message: str, *, path: str | os.PathLike[str] | None = None) -> None:
        super().__init__(message)
        self.path = path

    def __str__(self) -> str:
        message = super().__str__()
        return message if self.path is None else f"{os.fspath(self.path)}: {message}"


class KeyFileError(StampError, ValueError):
    """A key file or its backup is missing, unreadable, damaged, or would be overwritten."""


class ArgumentError(StampError, ValueError):
    """An argument is not of the kind that a function takes, or its value means nothing."""


class PayloadError(StampError, ValueError):
    """A payload is not 64 bits (8 bytes, 16 hexadecimal digits)."""


class HostError(StampError, ValueError):
    """The host (picture, clip, song) cannot carry a mark that could be read back."""


class AlreadyMarked(HostError):
    """The work carries a mark of the key already: `path` is the file, `payload` the 8 bytes of that mark."""

    def __init__(
        self, message: str, *, path: str | os.PathLike[str] | None = None, payload: bytes | None = None
    ) -> None:
        super().__init__(message, path=path)
        self.payload = payload


class RightsError(StampError, ValueError):
    """A rights field or a file of rights defaults is invalid."""


class RightsConflict(RightsError):
    """A file names another creator or copyright holder, whom the notice would have replaced.

    path : the file. found : store -> field -> the value that would have been lost.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | os.PathLike[str] | None = None,
        found: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
    ) -> None:
        super().__init__(message, path=path)
        self.found = found


class CatalogueError(StampError, RuntimeError):
    """The catalogue cannot be used, or what is in it forbids what is asked for."""


class CaseError(StampError, ValueError):
    """Of a case no notice can be written: an element of it, or a template, cannot be used."""


class MissingElements(CaseError):
    """A case lacks elements that a notice must contain.

    missing : of each its `code`, what it is called (`words`), and `how` to give it.
    """

    def __init__(self, message: str, *, missing: tuple[Mapping[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.missing = missing


class ClusterError(StampError, RuntimeError):
    """What works for us on other machines cannot be used, or has given up."""


class OutputError(StampError, FileExistsError):
    """An output exists already, or would overwrite its own source."""


class MissingDependency(StampError, ImportError):  # type: ignore[misc]  # `path` of ImportError is text
    """An optional package is needed; `extra` is the name to install, as in `stamp-media[extra]`."""

    def __init__(self, message: str, *, extra: str) -> None:
        super().__init__(message)
        self.extra = extra


class InternalError(StampError, RuntimeError):
    """A mistake of this package, to be reported; `path` is the file where it came up, if there is one."""

    @classmethod
    def of(cls, error: Exception) -> InternalError:
        """The error to raise for an unexpected `error` while working on a file."""
        what = f"internal error: {type(error).__name__}: {error}"
        advice = "the file need not be damaged; this is a bug, please report it, with the file if you can"
        return cls(f"{what}; {advice}")


class MediaError(StampError):
    """Something is wrong with one file; `path` is that file, None where bytes came from memory."""


class UnsupportedFormat(MediaError, ValueError):
    """The container, or what is inside it, is not handled; nothing was written."""


class NoticeNotWritten(UnsupportedFormat):
    """The file has no place for the notice that was asked for; nothing was written.

    unsupported : field -> why it has no place.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | os.PathLike[str] | None = None,
        unsupported: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(message, path=path)
        self.unsupported = unsupported


class CorruptFile(MediaError, ValueError):
    """The file is damaged, truncated or hostile; nothing was written."""


class UnwritableFile(MediaError, OSError):
    """The target could not be written: full disk, read-only folder, missing permission."""
