"""What can be asked of an embedding beyond the mark itself; each kind of work takes what concerns it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .errors import RightsError

CODECS = ("h264", "hevc", "av1", "vp9", "vp8", "prores", "ffv1", "mpeg2video", "mpeg4", "mjpeg", "dnxhd")
"""What clips can be encoded with, by FFmpeg's names for the codecs."""

PLATFORMS = ("youtube", "tiktok", "instagram")
"""What clips can be prepared for."""

Progress = Callable[[int, int], None]
"""Called with the frames (of a song, the samples) that are done, and with those there are in all (0 where
that is unknown)."""


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """How an output appears.

    dry_run : read the source, do all that is done before something is written, and report what would be
        written: nothing is.
    """

    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class EmbedOptions:
    """codec : the codec of the marked clip, one of CODECS; its own unless told.
    crf : the encoder's scale of quality, lower is better; visually lossless unless told.
    preset : the encoder's own word for its speed.
    platform : prepare a clip for one of PLATFORMS, and say what it would like otherwise.
    lossy : write the work even if something in the file cannot be kept, and say so.
    audio : mark the sound of a clip, too.
    """

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    platform: str | None = None
    lossy: bool = False
    audio: bool = False


@dataclass(frozen=True, slots=True)
class NoticeOptions:
    """How a notice is written into a file that has one already.

    replace_rights : replace what a file says of another creator or copyright holder.
    mine : names that count as one's own, in any case; a notice that names nobody else may be replaced.
    """

    replace_rights: bool = False
    mine: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise RightsError where `mine` is no tuple or list of names."""
        is_several = isinstance(self.mine, tuple | list)
        if not is_several or not all(isinstance(name, str) and name.strip() for name in self.mine):
            raise RightsError(f"mine must be names, such as ('Ada Lovelace',), not {self.mine!r}")
        object.__setattr__(self, "mine", tuple(self.mine))
