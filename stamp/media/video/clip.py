"""What is in a video file, by its header and its first frame."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO

import av
from av import VideoFrame
from av.codec.context import ThreadType
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from ...core.errors import CorruptFile, StampError
from ...core.limits import check_pixels
from ...formats.ebml import SEGMENT, doc_type, element
from ...formats.reading import damaged, named, refused, regular_file, unreadable
from ...formats.table import FORMATS
from ..tolerance import AS_THEY_ARE
from .dynamic_hdr import is_whole
from .hdr import Static, side_data, static_metadata
from .luma import Turn, has_luma_plane, is_rgb, turn_of
from .timing import fraction

Source = str | os.PathLike[str] | BinaryIO

_DEMUXERS = ",".join(
    sorted({each.demuxer for each in FORMATS.values() if each.demuxer and "video" in each.kinds})
)
PICTURES = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
_DOLBY_VISION_TAGS = {"dvh1", "dvhe", "dvav", "dva1", "dav1", "dvc1"}
_FULL_RANGE = 2  # AVCOL_RANGE_JPEG
_FIELDS = {2: "top", 3: "bottom", 4: "top", 5: "bottom"}  # AV_FIELD_TT, BB, TB, BT: which is shown first
_FIRST_PACKETS = 600
_FIRST_BYTES, _ANYWHERE = 4096, 1 << 63
_TOGETHER = 0.005
_PATTERN = "an operational pattern other than 1a"
_PATTERN_1A = "060e2b34.04010101.0d010201.0101"  # SMPTE ST 378, but for its last two bytes
_TICK = 0.02  # of a frame, by which times in milliseconds are too short


@dataclass(frozen=True)
class Clip:
    """One video stream and the container around it.

    muxer : FFmpeg's name for the container, as a writer of it is called.
    brand : the major brand of an MP4 or QuickTime file, else "".
    index : the stream's number in the file.
    codec : FFmpeg's name for the codec, such as "h264"; `tag` is its four characters in the container.
    width, height : of the stored picture, in samples; `turn` makes it the displayed one.
    depth : bits in a luma sample. full_range : 0 is black and 2**depth - 1 is white.
    sample_aspect : width of a sample over its height, as stored.
    fps : mean frames a second; 0 where unknown. frames : an estimate, 0 where unknown. seconds : likewise.
    steady : all frames last equally long, as far as the header says.
    first_field : "top" or "bottom" where the frames are interlaced, else "".
    transfer : characteristics of ITU-T H.273, table 3: 16 is PQ, 18 is HLG.
    staggered : some sound starts at another time than the picture.
    timed_packets : a transport stream as camcorders write it, with a time before each packet.
    ahead : by how many frames coding may run ahead of showing; None where the container sets no limit.
    dynamic_hdr : the names of per-frame metadata that cannot be written again. carried_hdr : of those that
        can, as long as the codec stays.
    timecode : of its first frame, where the container says it. pattern : how an MXF file is laid out.
    """

    path: Path | None
    muxer: str
    brand: str
    index: int
    codec: str
    tag: str
    profile: str
    pix_fmt: str
    width: int
    height: int
    depth: int
    full_range: bool
    turn: Turn
    sample_aspect: Fraction
    fps: float
    frames: int
    seconds: float
    first_field: str
    alpha: bool
    hdr: Static
    dynamic_hdr: tuple[str, ...]
    display_matrix: bytes | None
    transfer: int
    other_videos: int
    staggered: bool
    audio_codec: str = ""
    audio_rate: int = 0
    audio_channels: int = 0
    timed_packets: bool = False
    steady: bool = False
    ahead: int | None = None
    carried_hdr: tuple[str, ...] = ()
    timecode: str = ""
    pattern: str = ""

    @property
    def luma_depth(self) -> int:
        """Bits of the luma that is read: what has no plane of luma is converted to 8 bits of gray."""
        return self.depth if has_luma_plane(self.pix_fmt) else 8

    @property
    def aspect(self) -> float:
        """Width by height as displayed."""
        width, height = self.shown_size
        return width / height

    @property
    def is_hdr(self) -> bool:
        return self.transfer in (16, 18)

    def losses(self, codec: str) -> tuple[str, ...]:
        """What of it cannot be written again in `codec`."""
        lost = () if codec == self.codec else self.carried_hdr
        laid_out = () if self.pattern.startswith(_PATTERN_1A) or not self.pattern else (_PATTERN,)
        return (*self.dynamic_hdr, *lost, *laid_out)

    def written(self, codec: str) -> Clip:
        """What becomes of it in `codec`: without what `losses` names."""
        return self if codec == self.codec else replace(self, carried_hdr=())

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height in square pixels, upright."""
        width = round(self.width * self.sample_aspect)
        return (self.height, width) if self.turn.transposed else (width, self.height)


def path_of(source: Source) -> Path | None:
    """None for a file object."""
    return Path(source) if isinstance(source, str | os.PathLike) else None


@contextmanager
def opened(source: Source) -> Iterator[InputContainer]:
    """A container open for reading.

    Raises MediaError (missing, unreadable), CorruptFile, UnsupportedFormat; these, and whatever is found
    wrong with the file while it is open, name it.
    """
    path = path_of(source)
    with named(path):
        if path is not None:
            with regular_file(path):
                pass  # or it says why not: a folder, a pipe that would wait for ever, an empty file
        with reading():
            container = av.open(
                # An absolute path: "http:x.mp4" is a file here, not an address.
                os.path.abspath(path) if path else source,
                mode="r",
                # Names and addresses inside a file are never followed.
                options={"format_whitelist": _DEMUXERS, "protocol_whitelist": "file"},
                **AS_THEY_ARE,
            )
        try:  # outside of `reading`: what goes wrong while the container is used has other reasons, too
            yield container
        finally:
            container.close()


@contextmanager
def reading() -> Iterator[None]:
    """Turn what demuxers and decoders raise into CorruptFile, UnsupportedFormat or MediaError."""
    try:
        yield
    except StampError:
        raise
    except (
        av.error.DemuxerNotFoundError,
        av.error.DecoderNotFoundError,
        av.error.PatchWelcomeError,
    ) as error:
        raise refused(f"nothing here can decode it ({error.strerror})", "convert it first") from error
    except (av.error.InvalidDataError, av.error.EOFError) as error:
        raise damaged(f"it cannot be decoded ({error.strerror})") from error
    except MemoryError as error:
        raise refused("not enough memory to decode it", "scale it down first") from error
    except OSError as error:
        # The file could be opened: this is how the Matroska demuxer says that something passes its end.
        if isinstance(error, av.error.FFmpegError) and error.errno == errno.EIO:
            raise damaged(f"it cannot be read to its end ({error.strerror})") from error
        raise unreadable(error) from error
    except av.error.FFmpegError as error:
        raise damaged(f"it cannot be decoded ({error.strerror or error})") from error


def main_video(container: InputContainer) -> VideoStream | None:
    """The stream that a player would show; cover pictures and thumbnails are not clips.

    Raises UnsupportedFormat where there is nothing in the file but pictures that FFmpeg does not know.
    """
    shown = [stream for stream in container.streams.video if not stream.disposition & PICTURES]
    moving = [stream for stream in shown if stream.codec_context is not None]
    if shown and not moving and not container.streams.audio:
        raise refused("nothing here can decode its picture", "convert it to H.264 or HEVC first")
    best = container.streams.best("video")
    return best if best in moving else moving[0] if moving else None


def decoder_for(stream: VideoStream) -> av.VideoCodecContext:
    """A decoder for the packets of `stream`, which uses all cores.

    FFmpeg's own VP8 and VP9 decoders leave the alpha channel out; those of libvpx do not.
    """
    codec = stream.codec_context.codec.canonical_name
    tags = {name.lower(): value for name, value in stream.metadata.items()}
    if codec in ("vp8", "vp9") and tags.get("alpha_mode") == "1":
        context = av.CodecContext.create("libvpx" if codec == "vp8" else "libvpx-vp9", "r")
        context.thread_count = 0
        return context
    stream.thread_type = ThreadType.AUTO  # frames, too: no reference is written to
    return stream.codec_context


def examine(source: Source) -> Clip | None:
    """Describe the clip in a file; None where the file has no moving picture (a song with a cover).

    Raises UnsupportedFormat, CorruptFile, MediaError.
    """
    path = path_of(source)
    with opened(source) as container:
        stream = main_video(container)
        if stream is None:
            return None
        check_pixels(stream.width, stream.height)
        with reading():
            frame = _first_frame(container, stream)
        if frame is None:
            raise damaged("no frame of it can be decoded")
        clip = describe(container, stream, frame, path)
    if clip.muxer == "matroska" and doc_type(_head(source)) == b"webm":
        return replace(clip, muxer="webm")
    if clip.muxer == "mpegts":
        return replace(clip, timed_packets=not _head(source).startswith(b"G"))
    return clip


def _head(source: Source) -> bytes:
    """The first bytes, where Matroska says whether it is WebM, and transport streams have their first sync
    byte."""
    if isinstance(source, str | os.PathLike):
        with regular_file(source) as file:
            return file.read(64)
    source.seek(0)
    return source.read(64)


def missing_bytes(path: Path) -> int:
    """How many bytes of a Matroska segment, by the size that it gives, are not in the file (RFC 9559, 5.1); 0
    where it gives none, as live streams do. Raises MediaError."""
    with regular_file(path) as file:
        head, size = file.read(_FIRST_BYTES), os.fstat(file.fileno()).st_size
    at = 0
    with suppress(CorruptFile):
        while at < len(head):
            part = element(head, at, _ANYWHERE)
            if part.id == SEGMENT:
                return max(0, part.end - size) if part.sized else 0
            at = part.end
    return 0


def _first_frame(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    decoder = decoder_for(stream)
    decoder.thread_type = ThreadType.NONE  # several threads would decode several frames
    for number, packet in enumerate(container.demux(stream)):
        if number > _FIRST_PACKETS:
            return None
        last = not packet.size and packet.dts is None
        if packet.size or last:
            with suppress(av.error.InvalidDataError):
                for frame in decoder.decode(None if last else packet):
                    return frame
    return None


def describe(container: InputContainer, stream: VideoStream, frame: VideoFrame, path: Path | None) -> Clip:
    blocks = side_data(frame)
    rate = stream.average_rate or stream.guessed_rate or Fraction(0)
    seconds = _seconds(container, stream)
    brand = container.metadata.get("major_brand", "")
    muxer = _muxer(container.format.name, brand)
    dynamic, carried = _dynamic(stream, blocks)
    format_ = frame.format
    sounds = container.streams.audio
    first = sounds[0].codec_context if sounds else None
    return Clip(
        path=path,
        muxer=muxer,
        brand=brand,
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        tag=stream.codec_context.codec_tag,
        profile=stream.profile or "",
        pix_fmt=format_.name,
        width=frame.width,
        height=frame.height,
        depth=format_.components[0].bits,
        full_range=frame.color_range == _FULL_RANGE
        or format_.name.startswith("yuvj")
        or is_rgb(format_.name),
        turn=turn_of(blocks.get("DISPLAYMATRIX")),
        sample_aspect=fraction(stream.sample_aspect_ratio or Fraction(1)),
        fps=float(rate),
        frames=stream.frames or round(seconds * rate),
        seconds=seconds,
        first_field=_FIELDS.get(stream.codec_context.field_order, "") if frame.interlaced_frame else "",
        alpha=any(component.is_alpha for component in format_.components),
        hdr=static_metadata(frame),
        dynamic_hdr=dynamic,
        carried_hdr=carried,
        display_matrix=blocks.get("DISPLAYMATRIX"),
        other_videos=sum(not other.disposition & PICTURES for other in container.streams.video) - 1,
        transfer=frame.color_trc,
        staggered=any(abs(_start(sound) - max(_start(stream), 0)) > _TOGETHER for sound in sounds),
        audio_codec=first.codec.canonical_name if first else "",
        audio_rate=first.sample_rate if first else 0,
        audio_channels=first.channels if first else 0,
        steady=rate != 0 and stream.base_rate == rate,
        ahead=_ahead(muxer, stream, fraction(rate)),
        timecode=container.metadata.get("timecode", "") or stream.metadata.get("timecode", ""),
        pattern=container.metadata.get("operational_pattern_ul", "") if muxer == "mxf" else "",
    )


def _dynamic(stream: VideoStream, blocks: Mapping[str, bytes]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of per-frame metadata that cannot be written again, and of those that can."""
    found = {"HDR10+": "DYNAMIC_HDR_PLUS" in blocks, "HDR Vivid": "DYNAMIC_HDR_VIVID" in blocks}
    tag = stream.codec_context.codec_tag
    found["Dolby Vision"] = (
        "DOVI_METADATA" in blocks or "DOVI_RPU_BUFFER" in blocks or tag in _DOLBY_VISION_TAGS
    )
    kept = set()
    if stream.codec_context.codec.canonical_name == "hevc":
        kept.add("HDR10+")
        if is_whole(blocks.get("DOVI_METADATA", b"")) and tag not in _DOLBY_VISION_TAGS:
            kept.add("Dolby Vision")
    names = [name for name, there in found.items() if there]
    return tuple(n for n in names if n not in kept), tuple(n for n in names if n in kept)


def _ahead(muxer: str, stream: VideoStream, rate: Fraction) -> int | None:
    """Where no time may be below 0 and no edit list moves them, all tracks would be moved instead."""
    if muxer == "avi":
        return stream.codec_context.reorder_depth  # it has no times that would show it
    if muxer not in ("flv", "mpegts", "vob"):
        return None
    return int(_start(stream) * rate + _TICK)


def _start(stream: Stream) -> float:
    """Seconds; before 0 lies what decoders leave out."""
    return max(0.0, float((stream.start_time or 0) * (stream.time_base or 0)))


def _seconds(container: InputContainer, stream: VideoStream) -> float:
    if stream.duration is not None and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _muxer(name: str, brand: str) -> str:
    """The writer for a container: FFmpeg's readers cover whole families."""
    if name.startswith("mov,"):
        return "mov" if brand.strip() in ("qt", "") else "mp4"
    return {"matroska,webm": "matroska", "mpeg": "vob"}.get(name, name)
