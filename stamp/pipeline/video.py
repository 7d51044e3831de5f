"""Clips: mark the frames of a video file, and look for marks in one.

A video file without moving pictures is a song.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..core.errors import HostError, MediaError
from ..core.options import Progress
from ..core.reports import DetectReport, EmbedReport, Mark, RightsReport
from ..storage.outputs import named
from . import audio as songs
from .notice import add_notice
from .request import Order

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from ..core.key import Key
    from ..media.video.clip import Clip
    from ..media.video.encoders import Encoder

# Small, flat and noisy clips need more than others: the first of these at which the mark is read back.
_GAINS = (1.0, 1.6, 2.5)
_COMPARED_FRAMES = 8
_BAND_ROWS = 48


def embed(order: Order) -> EmbedReport:
    """Mark the clip in a file.

    Raises
    ------
    UnsupportedFormat, CorruptFile, MediaError : it cannot be read, or not written again in full.
    HostError : the clip cannot carry a mark that can be read back.
    UnwritableFile : the output cannot be written.
    """
    from ..formats.reading import refused
    from ..media.video.clip import examine
    from ..media.video.difficulty import later_scenes
    from ..media.video.encoders import Settings, choose
    from ..media.video.luma import has_luma_plane
    from ..media.video.mp4_index import layout
    from ..media.video.platforms import findings, platform, prepared, sampled, with_codec

    src, options = order.src, order.options
    clip = examine(src)
    if clip is None:
        return songs.embed(order)
    settings = Settings(options.codec, options.crf, options.preset)
    wanted = platform(options.platform) if options.platform else None
    if wanted:
        settings = with_codec(settings, clip, wanted)
    codec = settings.codec or clip.codec
    losses, clip = clip.losses(codec), clip.written(codec)
    if losses and not options.lossy:
        raise refused(src, f"{' and '.join(losses)} would be lost", "--force writes it without")
    if not has_luma_plane(clip.pix_fmt):
        raise refused(src, f"frames of {clip.pix_fmt} have no plane of luma", "convert them to YUV first")
    encoder = choose(sampled(clip, codec) if wanted else clip, settings)
    advice: tuple[str, ...] = ()
    if wanted:
        encoder = prepared(encoder, clip, wanted)
        advice = findings(clip, wanted, src.stat().st_size, layout(src))
    with order.output as temp, named(src):
        scenes = later_scenes(src, clip.seconds)
        for gain in _GAINS:
            made = _write(
                clip,
                temp,
                order,
                scenes=scenes,
                gain=gain,
                encoder=encoder,
                edit_lists=wanted is None or wanted.edit_lists or clip.staggered,
            )
            if payload_of(temp, key=order.key) == order.payload:
                break
        else:
            raise HostError(
                "the mark cannot be read back: the clip is too small, too flat or too coarsely coded; "
                "try a lower --crf or more --strength"
            )
    others = (f"{clip.other_videos} more tracks of pictures were copied without a mark",)
    stronger = (f"{gain:g} times the strength was needed for a mark that can be read back",)
    metadata = made.metadata and replace(made.metadata, path=order.dst)
    notes = (
        *(f"{what} was lost" for what in losses),
        *made.notes,
        *(others if clip.other_videos else ()),
        *(stronger if gain > 1 else ()),
        *advice,
        *(metadata.notes if metadata else ()),
    )
    return EmbedReport(
        src,
        order.dst,
        order.payload,
        *made.fidelity,
        metadata=metadata,
        notes=tuple(dict.fromkeys(notes)),
        marked_share=made.marked_share,
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """What is to be said about a clip that was written; see `EmbedReport`."""

    fidelity: tuple[float, float]
    metadata: RightsReport | None
    marked_share: float | None
    notes: tuple[str, ...]


def _write(
    clip: Clip,
    temp: Path,
    order: Order,
    *,
    scenes: Sequence[tuple[float, float]],
    gain: float,
    encoder: Encoder,
    edit_lists: bool,
) -> _Made:
    """Write the marked clip, with its notice, to `temp`; `gain` is for the picture alone. `scenes`: see
    `later_scenes`."""
    from ..media.video.difficulty import difficulty
    from ..media.video.mp4_index import carry_over_boxes
    from ..media.video.remux import rewrite
    from ..watermark.video import USUAL, Embedder, allocation

    assert clip.path is not None
    size = (clip.width, clip.height) if clip.turn.transposed else (clip.height, clip.width)
    embedder = Embedder(
        order.payload,
        key=order.key,
        size=size,
        depth=clip.depth,
        full_range=clip.full_range,
        strength=order.strength * gain,
        aspect=clip.aspect,
    )
    fidelity = _Fidelity(clip)
    begins = [-math.inf, *(start for start, _ in scenes)]
    needed = [USUAL, *(allocation(bits, size) for _, bits in scenes)]

    def preview(frames: list[VideoFrame]) -> None:
        bits = difficulty(frames)
        if bits is not None:
            needed[0] = allocation(bits, size)

    def mark(luma: NDArray[Any], seconds: float) -> None:
        before = fidelity.before(luma)
        embedder.mark(luma, needed[bisect(begins, seconds) - 1])
        fidelity.after(before, luma)

    sound = songs.Tracks(order) if order.options.audio else None
    written = rewrite(
        clip,
        temp,
        encoder,
        mark,
        preview=preview,
        progress=lambda done: order.progress(done, max(done, clip.frames)),
        make_sound=sound.make if sound else None,
        edit_lists=edit_lists,
        tolerant=order.options.lossy,
    )
    if clip.muxer in ("mp4", "mov"):
        carry_over_boxes(clip.path, temp, written.track_ids)
    metadata = add_notice(temp, order.rights) if order.rights else None
    share, heard = sound.result(temp) if sound else (None, [])
    return _Made(fidelity.result(), metadata, share, (*written.notes, *heard))


def detect(
    src: Path | BinaryIO,
    *,
    keys: Sequence[Key],
    search: bool,
    first: bool = True,
    progress: Progress = lambda done, total: None,
) -> DetectReport:
    """Look for marks of any of `keys` in a clip, and in its sound where the picture has none; see
    `files.detect_file`."""
    seen = _seen(src, keys=keys, search=search, first=first, progress=progress)
    if seen is None:
        return songs.detect(src, keys=keys, search=search, first=first, progress=progress)
    if seen.present or not isinstance(src, Path):
        return seen
    with suppress(HostError, MediaError):  # without sound, or with sound that cannot be read
        heard = songs.detect(src, keys=keys, search=search, first=first)
        return heard if heard.present else seen
    return seen


def payload_of(path: Path, *, key: Key) -> bytes | None:
    """The payload of a clip that was marked and left as it is; of its sound only where it has no pictures."""
    seen = _seen(path, keys=[key], search=False, first=True, progress=lambda done, total: None)
    return (seen or songs.detect(path, keys=[key], search=False, first=True)).payload


def _seen(
    src: Path | BinaryIO, *, keys: Sequence[Key], search: bool, first: bool, progress: Progress
) -> DetectReport | None:
    """Look for marks in the pictures of a clip; None where there are no pictures."""
    from ..media.video.frames import watched
    from ..watermark.video import Detector

    with watched(src, references_only=True) as watching:
        if watching is None:
            return None
        clip, looks = watching
        detector = Detector(keys, depth=clip.luma_depth, aspect=clip.aspect, search=search)
        for number, look in enumerate(looks):
            if detector.wants(look.seconds, size=look.size):
                detector.push(look.luma, look.seconds, key_frame=look.key, size=look.size)
                progress(number, clip.frames)
            if first and detector.decided:
                break
    best, *further = detector.results()
    others = (
        Mark(other.payload, other.key_name, float(other.log10_p), other.spans)
        for other in further
        if other.present and other.payload
    )
    return DetectReport.of(src if isinstance(src, Path) else None, best, others)


class _Fidelity:
    """PSNR and SSIM of the marked luma, over a few frames spread over the clip.

    Every fourth row counts for the PSNR and a band in the middle for the SSIM: in full they would cost a
    tenth of a fast encoding.
    """

    def __init__(self, clip: Clip) -> None:
        self._every = max(1, clip.frames // _COMPARED_FRAMES)
        self._white = float((1 << clip.depth) - 1)
        self._seen = 0
        self._errors: list[float] = []
        self._similar: list[float] = []

    def before(self, luma: NDArray[Any]) -> NDArray[Any] | None:
        """A copy of the frame, if it is one of those to be compared."""
        self._seen += 1
        return luma.copy() if (self._seen - 1) % self._every == 0 else None

    def after(self, before: NDArray[Any] | None, luma: NDArray[Any]) -> None:
        if before is None:
            return
        import numpy as np

        from ..watermark.common.quality import ssim

        one, two = (plane[::4].astype(np.float32) for plane in (before, luma))
        self._errors.append(float(np.square(one - two).mean()))
        top = max(0, luma.shape[0] // 2 - _BAND_ROWS // 2)
        bands = (plane[top : top + _BAND_ROWS].astype(np.float32) for plane in (before, luma))
        self._similar.append(ssim(*bands, data_range=self._white))

    def result(self) -> tuple[float, float]:
        """PSNR in dB, infinite where nothing differs, and SSIM."""
        error = sum(self._errors) / len(self._errors)
        psnr = 10 * math.log10(self._white**2 / error) if error else math.inf
        return psnr, sum(self._similar) / len(self._similar)
