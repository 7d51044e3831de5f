"""Clips: mark the frames of a video file, and look for marks in one.

A video file without moving pictures is a song.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from . import songs
from .errors import HostError, MediaError
from .metadata.rights import Rights
from .notices import add_notice
from .options import EmbedOptions, Progress
from .outputs import named
from .reports import DetectReport, EmbedReport, Mark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .media.video.clip import Clip
    from .watermark.key import Key
    from .watermark.video import VideoDetection

_COMPARED_FRAMES = 8
_BAND_ROWS = 48


def embed(
    src: Path,
    dst: Path,
    payload: bytes,
    *,
    key: Key,
    rights: Rights | None,
    strength: float,
    output: AbstractContextManager[Path],
    options: EmbedOptions,
    progress: Progress,
) -> EmbedReport:
    """Mark the clip in `src`. `output` is entered when there is something to write, gives the temporary file
    to write it to, and makes it `dst` in the end.

    Raises
    ------
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or not written again in full.
    HostError : the clip cannot carry a mark that can be read back.
    UnwritableFile : `dst` cannot be written.
    """
    from .media.mp4_boxes import graft, layout
    from .media.source import refused
    from .media.video.clip import examine
    from .media.video.encoders import Settings, choose
    from .media.video.luma import has_luma_plane
    from .media.video.platforms import findings, platform, prepared, with_codec
    from .media.video.remux import rewrite
    from .watermark.video import Embedder

    clip = examine(src)
    if clip is None:
        return songs.embed(
            src,
            dst,
            payload,
            key=key,
            rights=rights,
            strength=strength,
            output=output,
            options=options,
            progress=progress,
        )
    if clip.losses and not options.lossy:
        raise refused(src, f"{' and '.join(clip.losses)} would be lost", "--force writes it without")
    if not has_luma_plane(clip.pix_fmt):
        raise refused(src, f"frames of {clip.pix_fmt} have no plane of luma", "convert them to YUV first")
    settings = Settings(options.codec, options.crf, options.preset)
    wanted = platform(options.platform) if options.platform else None
    encoder = choose(clip, with_codec(settings, clip, wanted) if wanted else settings)
    advice: tuple[str, ...] = ()
    if wanted:
        encoder = prepared(encoder, clip, wanted)
        advice = findings(clip, wanted, src.stat().st_size, layout(src))
    width, height = (clip.height, clip.width) if clip.turn.transposed else (clip.width, clip.height)
    with named(src):
        embedder = Embedder(
            payload,
            key=key,
            size=(height, width),
            depth=clip.depth,
            full_range=clip.full_range,
            strength=strength,
            aspect=clip.aspect,
        )
    fidelity = _Fidelity(clip)

    def mark(luma: NDArray[Any], seconds: float) -> None:
        before = fidelity.before(luma)
        embedder.mark(luma)
        fidelity.after(before, luma)

    sound = songs.Tracks(src, payload, key=key, strength=strength) if options.audio else None
    share: float | None = None
    heard: list[str] = []
    with output as temp, named(src):
        written = rewrite(
            clip,
            temp,
            encoder,
            mark,
            progress=lambda done: progress(done, max(done, clip.frames)),
            make_sound=sound.make if sound else None,
            edit_lists=wanted is None or wanted.edit_lists or clip.staggered,
            tolerant=options.lossy,
        )
        if clip.muxer in ("mp4", "mov"):
            graft(src, temp, written.track_ids)
        metadata = add_notice(temp, rights) if rights else None
        if sound:
            share, heard = sound.result(temp)
        if _read_back(temp, key) != payload:
            raise HostError(
                "the mark cannot be read back: the clip is too small, too flat or too coarsely coded; "
                "try a lower --crf or more --strength"
            )
    metadata = metadata and replace(metadata, path=dst)
    notes = (*(f"{what} was lost" for what in clip.losses), *encoder.notes, *written.notes, *heard, *advice)
    return EmbedReport(
        src,
        dst,
        payload,
        *fidelity.result(),
        metadata=metadata,
        notes=tuple(dict.fromkeys((*notes, *(metadata.notes if metadata else ())))),
        marked_share=share,
    )


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
        heard = songs.detect(src, keys=keys, search=search)
        return heard if heard.present else seen
    return seen


def _seen(
    src: Path | BinaryIO, *, keys: Sequence[Key], search: bool, first: bool, progress: Progress
) -> DetectReport | None:
    """Look for marks in the pictures of a clip; None where there are no pictures."""
    from .media.video.frames import watched
    from .watermark.video import Detector

    with watched(src, references_only=True) as watching:
        if watching is None:
            return None
        clip, looks = watching
        detector = Detector(keys, depth=clip.luma_depth, aspect=clip.aspect, search=search)
        for number, look in enumerate(looks):
            if detector.wants(look.seconds, key_frame=look.key):
                detector.push(look.luma, look.seconds, key_frame=look.key)
                progress(number, clip.frames)
            if first and detector.decided:
                break
    return _report(src if isinstance(src, Path) else None, detector.results())


def _report(path: Path | None, found: Sequence[VideoDetection]) -> DetectReport:
    best = found[0]
    return DetectReport(
        path=path,
        present=best.present,
        payload=best.payload,
        score=float(best.score),
        threshold=float(best.threshold),
        log10_p=float(best.log10_p),
        bits_corrected=best.bits_corrected,
        transform=best.transform,
        key_name=best.key_name,
        scheme=best.scheme,
        spans=best.spans,
        decided_after_s=best.decided_after_s,
        others=tuple(
            Mark(other.payload, other.key_name, float(other.log10_p), other.spans)
            for other in found[1:]
            if other.present and other.payload
        ),
    )


def _read_back(path: Path, key: Key) -> bytes | None:
    seen = _seen(path, keys=[key], search=False, first=True, progress=lambda done, total: None)
    return seen.payload if seen else None


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

        from .watermark.quality import ssim

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
