"""What can be asked of an embedding beyond the mark itself; each kind of work takes what concerns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import ArgumentError, RightsError

CODECS = ("h264", "hevc", "av1", "vp9", "vp8", "prores", "ffv1", "mpeg2video", "mpeg4", "mjpeg", "dnxhd")
"""What clips can be encoded with, by FFmpeg's names for the codecs."""

OPTION_NAMES = {"copyright": "copyright_notice", "creator": "creators", "credit": "credit_line"}
"""Names of options that files may say for those of fields, since that is what a reader of `stamp embed
--help` would write."""
PLATFORMS = ("youtube", "tiktok", "instagram")
"""What clips can be prepared for."""

LEAST_RATE = 10_000  # bit/s; x264 counts in thousands, and takes 0 for no limit
_LEAST_SIZE = 50_000  # bytes

Progress = Callable[[int, int], None]
"""Called with the frames (of a song, the samples) that are done, and with those there are in all (0 where
that is unknown)."""

Register = Callable[[Path], None]
"""Called with the finished draft of an output, before it has its name; with the file itself where that stays,
and only its sidecars are new."""

RegisterSidecars = Callable[[Mapping[str, bytes] | None], None]
"""Called with what the XMP sidecars of an output will say, before they have their names; None where none is
written, nor removed."""


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """How an output appears.

    preserve_times : give it its source's time of the last change; None: where it replaces the source.
    register : what is written down there is known before anybody can see the output: a receipt, an entry in a
        catalogue. What it raises leaves everything as it was. An output may yet fail to appear afterwards, so
        that the content decides: a file with the draft's bytes is there, or it is not.
    sidecars : called before `register`, of one and the same file.
    dry_run : read the source, do all that is done before something is written, and report what would be
        written: nothing is.
    """

    preserve_times: bool | None = None
    register: Register | None = None
    sidecars: RegisterSidecars | None = None
    dry_run: bool = False

    def write_down(self, draft: Path, sidecars: Mapping[str, bytes] | None) -> None:
        """Call `sidecars` and `register` about a finished draft."""
        if self.sidecars:
            self.sidecars(sidecars)
        if self.register:
            self.register(draft)


@dataclass(frozen=True, slots=True)
class EmbedOptions:
    """codec : the codec of the marked clip, one of CODECS; its own unless given.
    crf : the encoder's scale of quality, lower is better; visually lossless unless given.
    preset : the encoder's own word for its speed.
    platform : prepare a clip for one of PLATFORMS, and say what it would like otherwise.
    lossy : write the work even if something in the file cannot be kept, and say so.
    audio : mark the sound of a clip, too.
    max_bit_rate : the most that the pictures may take, in bit/s, from 10,000; any stretch of a clip may have
        one second's worth more (AV1 some percent beyond). As it falls, so does the quality. None leaves the
        rate to the quality.
    fit_size : the most bytes that the marked clip may have, Content Credentials aside; the rate of the
        pictures follows from it.
    margin : measure what is left of the mark in a coarse copy of the finished file, and report it.
    """

    codec: str | None = None
    crf: float | None = None
    preset: str | None = None
    platform: str | None = None
    lossy: bool = False
    audio: bool = False
    max_bit_rate: int | None = None
    margin: bool = True
    fit_size: int | None = None

    def __post_init__(self) -> None:
        """Raise ArgumentError for a rate that no encoder could keep to, a size that no clip has."""
        if self.max_bit_rate is not None and not self.max_bit_rate >= LEAST_RATE:
            raise ArgumentError(f"`max_bit_rate` is {LEAST_RATE} or more, not {self.max_bit_rate}")
        if self.fit_size is not None and not self.fit_size >= _LEAST_SIZE:
            raise ArgumentError(f"`fit_size` is {_LEAST_SIZE} bytes or more, not {self.fit_size}")

    def idle(self, kind: str) -> tuple[str, ...]:
        """Return those of the options, as messages name them, that do nothing for a work of this kind:
        "image", "audio" or "video"."""
        if kind == "video":
            return ()
        words: dict[str, object] = {"`codec`": self.codec, "`crf`": self.crf, "`preset`": self.preset}
        words |= {"`platform`": self.platform, "`max_bit_rate`": self.max_bit_rate}
        words |= {"`fit_size`": self.fit_size}
        given = [word for word, value in words.items() if value is not None]
        return (*given, "`audio`") if self.audio and kind == "image" else tuple(given)

    def fitting(self, kind: str) -> EmbedOptions:
        """Return the options without those that do nothing for a work of this kind."""
        if kind == "video":
            return self
        return EmbedOptions(lossy=self.lossy, audio=self.audio and kind == "audio", margin=self.margin)


@dataclass(frozen=True, slots=True)
class CopyOptions:
    """What the catalogue writes down of a copy.

    work : which work it is a copy of: its uid, a unique prefix of that, or "#number"; None finds the work by
        the file's content, or adds it. title : of a work that is added; the file's name unless said.
    recipient : the party that gets the copy, by name or like `work`. channel : where it goes, such as
        "press". licence : under which licence, named like `work`.
    source, output : what the catalogue calls the files, where those that are worked on are copies: URLs of
        what was fetched, and of where the result will be put. Else their paths.
    """

    work: str | None = None
    title: str | None = None
    recipient: str | None = None
    channel: str | None = None
    licence: str | None = None
    source: str | None = None
    output: str | None = None


@dataclass(frozen=True, slots=True)
class SignOptions:
    """How a work is signed with Content Credentials (C2PA), after everything else.

    chain : PEM file of certificates, the signer's own first. key : PEM file with its private key.
    tsa : URL of a time-stamp authority (RFC 3161); None asks nobody, and the signature ends with the
        certificate. store : folder in which manifests are kept, so that the mark of a stripped copy leads
        back to them. sidecar : leave the work as it is, and write the manifest beside it (`photo.c2pa`), as
        is done with what has no place for one.
    """

    chain: Path
    key: Path
    tsa: str | None = None
    store: Path | None = None
    sidecar: bool = False

    def __post_init__(self) -> None:
        """Raise ArgumentError for what is no URL, make paths of texts."""
        if self.tsa is not None and not self.tsa.startswith(("http://", "https://")):
            raise ArgumentError(f"`tsa` is an http or https URL, not {self.tsa!r}")
        for name in ("chain", "key", "store"):
            if isinstance(value := getattr(self, name), str):
                object.__setattr__(self, name, Path(value))


@dataclass(frozen=True, slots=True)
class NoticeOptions:
    """How a notice is written, and into what.

    replace_rights : replace what a file says of another creator or copyright holder.
    mine : names that count as one's own, in any case; a notice that names nobody else may be replaced.
    sidecar : write what the file has no place for to an XMP sidecar beside the output, and bring a sidecar
        that is there up to date.
    optional : write the work even if there is no place for its notice, and report that.
    """

    replace_rights: bool = False
    mine: tuple[str, ...] = ()
    sidecar: bool = False
    optional: bool = False

    def __post_init__(self) -> None:
        """Raise RightsError where `mine` is no tuple or list of names."""
        is_several = isinstance(self.mine, tuple | list)
        if not is_several or not all(isinstance(name, str) and name.strip() for name in self.mine):
            raise RightsError(f"mine must be names, such as ('Ada Lovelace',), not {self.mine!r}")
        object.__setattr__(self, "mine", tuple(self.mine))
