"""What sets a photo, a clip and a song apart on their way through the stages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, ClassVar, Protocol

from ..core.errors import ArgumentError
from ..core.margin import Margin
from ..core.options import Progress
from ..core.payload import Payload
from ..core.reports import DetectReport
from ..core.visible import VisibleNotice, VisibleReport
from ..formats.table import Kind
from .request import EmbedRequest

if TYPE_CHECKING:
    from ..core.key import Key


@dataclass(frozen=True, slots=True)
class Effort:
    """What is done beyond what was asked for, so that the mark can be read back.

    gain : how many times as strong the mark is. quality_floor : 1 to 100, the least quality of a lossy image;
        None keeps the file's own.
    """

    gain: float = 1.0
    quality_floor: int | None = None


class Work(ABC):
    """One work that was decoded, and what becomes of it. What is decoded, marked and encoded a little at a
    time, as video and audio are, runs through all three in `encode`.

    efforts : `mark` and `encode` are called with one after the other, until the mark can be read back.
    kind, psnr_db, ssim, marked_share, visible : see `EmbedReport`; set once the work is encoded.
    """

    kind: ClassVar[Kind]
    efforts: ClassVar[tuple[Effort, ...]] = (Effort(),)

    def __init__(self, request: EmbedRequest) -> None:
        self.request = request
        self.psnr_db: float | None = None
        self.ssim: float | None = None
        self.marked_share: float | None = None
        self.visible: VisibleReport | None = None

    @abstractmethod
    def former(self) -> Payload | None:
        """Return the payload of a mark of the key in the source, as far as a quick look finds it."""

    def draw(self, notice: VisibleNotice) -> None:
        """Draw a visible notice, or get ready to. Raises ArgumentError where nothing can be seen, or the
        notice cannot be drawn; HostError where it does not fit."""
        raise ArgumentError("a song shows nothing: leave out `visible`")

    @abstractmethod
    def mark(self, effort: Effort) -> None:
        """Put the mark in. Raises HostError where the work cannot carry one."""

    @abstractmethod
    def encode(self, draft: Path, effort: Effort) -> None:
        """Write the marked work to `draft`, in the container and with the metadata of the source.

        Raises UnsupportedFormat, CorruptFile, MediaError for the source; OSError for the draft.
        """

    @abstractmethod
    def read_back(self, draft: Path) -> bytes | None:
        """Return the payload that a detector reads from `draft`. Raises UnsupportedFormat where it is not
        all of the work."""

    def measure(self, draft: Path) -> Margin | None:
        """Return what is left of the mark in a coarse copy of `draft`, which was read back; None where that
        cannot be said."""
        return None

    def strengthen(self, margin: Margin) -> bool:
        """Provide for more mark where the margin is short; return whether there is more to give. `mark` and
        what follows are then run once more."""
        return False

    @abstractmethod
    def unreadable(self) -> str:
        """Say why the mark cannot be read back, and what to do."""

    @abstractmethod
    def notes(self) -> Sequence[str]:
        """Return what a person should know about the finished work."""


class Medium(Protocol):
    """What the module for one kind of work offers."""

    def decode(self, request: EmbedRequest) -> Work:
        """Open the work, and plan how it is written again. Raises UnsupportedFormat, CorruptFile, MediaError,
        HostError."""
        ...

    def detect(
        self, src: Path | BinaryIO, *, keys: Sequence[Key], search: bool, first: bool, progress: Progress
    ) -> DetectReport:
        """Look for marks of any of `keys`; see `files.detect_file`."""
        ...
