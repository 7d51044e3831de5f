"""Clips: mark the frames of a video file, and look for marks in one.

A video file without moving pictures is a song.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ..core.detection import Mark
from ..core.errors import HostError, MediaError
from ..core.margin import Margin
from ..core.options import LEAST_RATE, Progress
from ..core.payload import Payload
from ..core.reports import DetectReport
from ..core.visible import VisibleNotice, VisibleReport
from ..formats.reading import refused
from ..media.audio.opening import open_song
from ..media.video.canvas import FrameCanvas
from ..media.video.clip import Clip, examine
from ..media.video.difficulty import difficulty, later_scenes
from ..media.video.fitting import rate_within, too_large
from ..media.video.forecast import growth
from ..media.video.frames import watched
from ..media.video.luma import is_rgb
from ..media.video.mp4_index import carry_over_boxes
from ..media.video.remux import rewrite
from ..media.video.rung import rung_for
from ..media.video.still import still
from ..media.video.transcode import plan_transcode
from ..overlay.notice import Drawing
from ..watermark.video import USUAL, Detector, Embedder, allocation
from . import audio
from .fidelity import VideoFidelity
from .margins import clip_margin
from .request import EmbedRequest
from .work import Effort, Work

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

    from ..core.key import Key

_DOUBLED = 2.0  # times the bytes
_NOTICE = 16_000  # bytes, at most
_TRIES, _CLOSER = 3, 0.95  # of a clip that did not fit, and how much closer each aims
_MOST_GAIN = 1.5  # that a margin which is short is worth
_RESERVE = 1.1
_BETWEEN = 1.0  # seconds between two frames whose visible notice is measured
_GLANCE = 2  # seconds: most clips are read from their first frame


class VideoWork(Work):
    """A clip: its frames are marked while it is written, with more strength if they are small, flat or
    noisy; its sound, too, if asked for."""

    kind = "video"
    efforts = (Effort(), Effort(gain=1.6), Effort(gain=2.5))

    def __init__(self, request: EmbedRequest, clip: Clip) -> None:
        super().__init__(request)
        self._source, self._options = clip, request.options
        self._room = _room(request)
        if self._room:
            rate = rate_within(self._room, request.src, clip)
            self._options = replace(self._options, max_bit_rate=min(rate, self._options.max_bit_rate or rate))
        self._plan = plan_transcode(clip, self._options)
        self._clip = self._plan.clip
        self._scenes = later_scenes(request.src, clip.seconds)
        self._gain = 1.0
        self._more = 1.0  # where the margin was short
        self._written: list[str] = []
        self._drawn: _DrawnFrames | None = None
        self._growth = 1.0

    def former(self) -> Payload | None:
        path, key = self.request.src, self.request.key
        if seen := glance(path, key=key):
            return seen
        if self.request.options.audio:
            with suppress(HostError, MediaError):  # without sound, or with sound that cannot be read
                return audio.glance(open_song(path), key=key)
        return None

    def draw(self, notice: VisibleNotice) -> None:
        if is_rgb(self._clip.pix_fmt):
            raise refused("a visible notice is drawn on luma and chroma", "convert the clip to YUV first")
        self._drawn = _DrawnFrames(notice, self.request.src, self._clip)
        self.visible = self._drawn.report()

    def mark(self, effort: Effort) -> None:
        self._gain = effort.gain
        self._marking = self._marked(effort.gain * self._more)
        self._tracks = audio.Tracks(self.request) if self.request.options.audio else None

    def _marked(self, gain: float) -> _Marking:
        return _Marking(self.request, self._clip, self._scenes, gain)

    def encode(self, draft: Path, effort: Effort) -> None:
        self._write(draft)
        for _ in range(_TRIES if self._room else 0):
            if (there := draft.stat().st_size) <= self._room:
                return
            # A rate that was not reached limits nothing, nor would one that is a little lower.
            rate = min(self._options.max_bit_rate or LEAST_RATE, 8 * there / max(self._source.seconds, 0.04))
            lower = max(int(rate * _CLOSER * self._room / there), LEAST_RATE)
            self._options = replace(self._options, max_bit_rate=lower)
            self._plan = plan_transcode(self._source, self._options)
            self.mark(effort)
            self._write(draft)
        if self._room and draft.stat().st_size > self._room:
            raise too_large(self.request.options.fit_size or 0)

    def _write(self, draft: Path) -> None:
        clip, progress = self._clip, self.request.progress
        written = rewrite(
            self._plan,
            draft,
            self._marking.mark,
            preview=self._marking.preview,
            progress=lambda done: progress(done, max(done, clip.frames)),
            make_sound=self._tracks.make if self._tracks else None,
            draw=self._drawn.draw if self._drawn else None,
        )
        if clip.muxer in ("mp4", "mov"):
            told = "Dolby Vision" in clip.carried_hdr
            carry_over_boxes(self.request.src, draft, written.track_ids, dolby_vision=told)
        self._written = list(written.notes)
        self._growth = draft.stat().st_size / self.request.src.stat().st_size
        self.psnr_db, self.ssim = self._marking.fidelity.result()
        if self._drawn:
            self.visible = self._drawn.report()

    def read_back(self, draft: Path) -> bytes | None:
        payload = payload_of(draft, key=self.request.key)
        if self._tracks and payload == self.request.payload:
            self.marked_share, notes = self._tracks.result(draft)
            self._written += notes
        return payload

    def measure(self, draft: Path) -> Margin | None:
        return clip_margin(
            draft,
            self.request.payload,
            key=self.request.key,
            aspect=self._clip.aspect,
            rung=rung_for(self.request.options.platform),
            gain=self._more,
        )

    def strengthen(self, margin: Margin) -> bool:
        # More mark is seen sooner: it is given only where it brings the margin about.
        if margin.score * _MOST_GAIN < margin.threshold:
            return False
        self._more = min(_RESERVE * margin.threshold / margin.score, _MOST_GAIN)
        return True

    def unreadable(self) -> str:
        limit = self._options.max_bit_rate
        finer = "a lower `crf`" if limit is None else f"a higher `max_bit_rate` than {limit}, a lower `crf`"
        return (
            "the mark cannot be read back: the clip is too small, too flat or too coarsely coded; "
            f"try {finer} or more `strength`"
        )

    def notes(self) -> Sequence[str]:
        others = self._clip.other_videos
        notes = [*(f"{what} was lost" for what in self._plan.losses), *self._written]
        if others:
            notes.append(f"{others} more tracks of pictures were copied without a mark")
        if self._gain > 1:
            notes.append(f"{self._gain:g} times the strength was needed for a mark that can be read back")
        return (*notes, *self._size(), *self._plan.advice)

    def _size(self) -> Sequence[str]:
        """Whether the clip has grown far beyond what the source was content with, unless somebody asked for
        it; in a dry run, whether it will."""
        options = self.request.options
        if options.codec or options.crf is not None or options.max_bit_rate or options.fit_size:
            return ()
        dry, grown = self.request.output.dry_run, self._growth
        if dry:
            marking = self._marked(1.0)
            grown = growth(self._plan, marking.mark, marking.preview) or 1.0
        if grown < _DOUBLED:
            return ()
        what = f"{'it will take about' if dry else 'it takes'} {grown:.1f} times the bytes"
        remedy = "a higher `crf`, a `max_bit_rate` or a `fit_size` makes it smaller"
        return (f"{what}, since the source was coded at a low rate; {remedy}",)


def decode(request: EmbedRequest) -> Work:
    """Examine the clip, and decide how it is written again. Raises UnsupportedFormat, CorruptFile,
    MediaError."""
    clip = examine(request.src)
    return audio.decode(request) if clip is None else VideoWork(request, clip)


def _room(request: EmbedRequest) -> int:
    """The bytes that a draft may have without its notice; 0 for any."""
    size = request.options.fit_size or 0
    return size - min(_NOTICE, size // 50) if request.rights else size


class _DrawnFrames:
    """Draws a visible notice into the frames of one clip, at the place that the first of them has for it."""

    def __init__(self, notice: VisibleNotice, path: Path, clip: Clip) -> None:
        self._notice, self._clip = notice, clip
        canvas = FrameCanvas(still(path, notice.span[0] if notice.span else 0.0), clip)
        self._drawing = Drawing(notice, canvas, steady=True)
        self._drawing.draw(canvas)
        self._contrast = self._drawing.measured(canvas)
        self._due = 0.0

    def draw(self, frame: VideoFrame, seconds: float) -> None:
        """Draw it as far as it is seen at this time."""
        share = self._notice.share(seconds)
        if share:
            canvas = FrameCanvas(frame, self._clip)
            self._drawing.draw(canvas, share)
            if share == 1 and seconds >= self._due:
                self._due = seconds + _BETWEEN
                self._contrast = min(self._contrast, self._drawing.measured(canvas))

    def report(self) -> VisibleReport:
        """Return how it was drawn, with the least contrast so far."""
        return self._drawing.report(self._contrast)


class _Marking:
    """Marks the frames of one clip, and measures how near they stay to what they were.

    scenes : when the later scenes begin, in seconds, and how hard they are to code; see `later_scenes`.
    """

    def __init__(
        self, request: EmbedRequest, clip: Clip, scenes: Sequence[tuple[float, float]], gain: float
    ) -> None:
        self._size = (clip.width, clip.height) if clip.turn.transposed else (clip.height, clip.width)
        self._embedder = Embedder(
            request.payload,
            key=request.key,
            size=self._size,
            depth=clip.depth,
            full_range=clip.full_range,
            strength=request.strength * gain,
            aspect=clip.aspect,
        )
        self.fidelity = VideoFidelity(clip.frames, clip.depth)
        self._begins = [-math.inf, *(start for start, _ in scenes)]
        self._allocations = [USUAL, *(allocation(bits, self._size) for _, bits in scenes)]

    def preview(self, frames: list[VideoFrame]) -> None:
        """Measure the first scene by its first frames."""
        bits = difficulty(frames)
        if bits is not None:
            self._allocations[0] = allocation(bits, self._size)

    def mark(self, luma: NDArray[Any], seconds: float) -> None:
        """Mark the upright luma of a frame in place."""
        before = self.fidelity.before(luma)
        self._embedder.mark(luma, self._allocations[bisect(self._begins, seconds) - 1])
        self.fidelity.after(before, luma)


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
        return audio.detect(src, keys=keys, search=search, first=first, progress=progress)
    if seen.present or not isinstance(src, Path):
        return seen
    with suppress(HostError, MediaError):  # without sound, or with sound that cannot be read
        heard = audio.detect(src, keys=keys, search=search, first=first)
        return heard if heard.present else seen
    return seen


def glance(path: Path, *, key: Key) -> Payload | None:
    """Return the payload that is read from the first pictures of a clip that was left as it is."""
    seen = _seen(path, keys=[key], search=False, first=True, until_s=_GLANCE)
    return seen.payload if seen else None


def payload_of(path: Path, *, key: Key) -> Payload | None:
    """Return the payload of a clip that was marked and left as it is; of its sound only where it has no
    pictures."""
    seen = _seen(path, keys=[key], search=False, first=True)
    return seen.payload if seen else audio.payload_of(path, key=key)


def _seen(
    src: Path | BinaryIO,
    *,
    keys: Sequence[Key],
    search: bool,
    first: bool,
    progress: Progress = lambda done, total: None,
    until_s: float = math.inf,
) -> DetectReport | None:
    """Look for marks in the pictures of a clip, up to this time; None where there are no pictures."""
    with watched(src, references_only=True) as watching:
        if watching is None:
            return None
        clip, looks = watching
        detector = Detector(keys, depth=clip.luma_depth, aspect=clip.aspect, search=search)
        for number, look in enumerate(looks):
            if detector.wants(look.seconds, size=look.size):
                detector.push(look.luma, look.seconds, key_frame=look.key, size=look.size)
                progress(number, clip.frames)
            if (first and detector.decided) or look.seconds >= until_s:
                break
    best, *further = detector.results()
    others = (
        Mark(other.payload, other.key_name, float(other.log10_p), other.spans)
        for other in further
        if other.present and other.payload
    )
    return DetectReport.of(src if isinstance(src, Path) else None, best, others)
