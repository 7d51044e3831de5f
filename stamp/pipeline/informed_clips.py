"""Look for the mark of a clip with the unmarked clip at hand: in a copy of it, or in a still.

Each frame of the suspect is laid onto the frame of the original that was shown at the same moment. What the
original does not explain is added up over the frames, and read or judged as that of one picture.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..core.detection import Detection
from ..core.errors import UnsupportedFormat
from ..core.key import Key
from ..core.payload import Payload
from ..formats.reading import named
from ..formats.sniff import kind_of
from ..media.image.opening import read_luma
from ..media.video.frames import watched
from ..watermark.common.known import Judged
from ..watermark.common.null_law import MAX_DECODINGS
from ..watermark.image import informed
from ..watermark.image.carrier import carriers
from ..watermark.image.confirm import judge
from ..watermark.image.grid import STANDARD, resize
from ..watermark.video.detect import RATE, SIZE_EXPONENT, Detector
from ..watermark.video.scheme import CLIP, displayed
from . import video
from .informed import transform_by
from .pairing import Pairing
from .spans import frames_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..matching.clips import ClipAlignment, Frame, Frames

_MOST = 120  # frames of a find that are laid; more add little


@dataclass(frozen=True, slots=True)
class _Shown:
    """A frame of the find, luma (H, W) of 8 bits, that was coded in `size` bytes."""

    seconds: float
    luma: NDArray[np.uint8]
    size: int


@dataclass(frozen=True)
class ClipPair(Pairing):
    """A clip, or a still of one, and the original.

    is_still : the suspect is a picture. size : its width and height as displayed. found : when and where it
    shows the original; None where that was not found. residue : what the original does not explain.
    """

    suspect: Path
    original: Path
    is_still: bool
    size: tuple[int, int]
    found: ClipAlignment | None
    residue: informed.Residue

    @classmethod
    def of(cls, suspect: Path, original: Path) -> ClipPair:
        """Lay a suspect onto the original. Raises UnsupportedFormat, CorruptFile, MediaError,
        MissingDependency."""
        from ..matching.clips import align_clips

        is_still = kind_of(suspect) == "image"
        frames = _still(suspect) if is_still else frames_of(suspect)
        size = next(((luma.shape[1], luma.shape[0]) for _, luma in frames()), (0, 0))
        found = align_clips(frames_of(original), frames)
        residue = informed.Residue()
        if found is not None:
            taken = [_Shown(0.0, luma, 1) for _, luma in frames()] if is_still else _taken(suspect, found)
            _fill(residue, taken, original, found)
        return cls(suspect, original, is_still, size, found if residue.frames else None, residue)

    @property
    def correlation(self) -> float | None:
        return None if self.found is None else self.found.correlation

    def marked(self, key: Key) -> Payload | None:
        return video.glance(self.original, key=key)

    def judge(self, key: Key, payloads: Sequence[Payload]) -> list[Judged]:
        return judge(self.residue.observe(carriers(key, CLIP)), key, STANDARD, payloads, CLIP)

    def detect(self, key: Key, *, search: bool = True) -> Detection:
        marked = self.marked(key)
        tried = []
        if self.found is not None and marked is None:
            # One look more than a blind call has; like the first hundred of these.
            spent = MAX_DECODINGS - informed.DECODINGS
            found = informed.read(self.residue, key, STANDARD, spent=spent, layout=CLIP)
            tried.append(self._placed(replace(found, marked_pixels=None), is_laid=True))
        if not tried or tried[0].payload is None:
            tried.append(self._placed(self._blind(key, search), is_laid=False))
        best = min(tried, key=lambda each: (each.payload is None, not each.present, each.log10_p))
        return replace(best, original_payload=marked)

    def _blind(self, key: Key, search: bool) -> Detection:
        """What is found without the original."""
        if not self.is_still:
            return video.detect(self.suspect, keys=[key], search=search)
        detector = Detector(key, search=search)
        for _, luma in _still(self.suspect)():
            detector.push(luma, 0.0, key_frame=True)
        return replace(detector.result(), spans=(), decided_after_s=None)

    def _placed(self, found: Detection, *, is_laid: bool) -> Detection:
        """What was found, with the place and the span that the original shows."""
        if self.found is None:
            return replace(found, size=self.size)
        there, by = self.found.best.registration, self.found.best.pixels
        region = tuple((by * x, by * y) for x, y in there.region)
        placed = replace(found, size=self.size, region=region, seen=there.seen, correlation=self.correlation)
        if not is_laid or not found.present:
            return placed
        spans = () if self.is_still else (self.found.find_span,)
        return replace(placed, transform=transform_by(there), spans=spans)


def _still(path: Path) -> Frames:
    """A picture as a clip of one frame."""

    def read() -> Iterator[Frame]:
        luma = read_luma(path)
        deep = luma.dtype != np.uint8
        yield 0.0, (luma >> 8).astype(np.uint8) if deep else luma

    return read


def _taken(path: Path, found: ClipAlignment) -> Iterator[_Shown]:
    """The frames of a find that are laid: of each twelfth of a second, or of longer ones, the one that was
    coded in most bytes."""
    first, last = found.find_span
    every = max(1 / RATE, (last - first) / _MOST)
    held: _Shown | None = None
    with named(path), watched(path) as opened:
        if opened is None:
            raise UnsupportedFormat("has no moving picture")
        clip, looks = opened
        for look in looks:
            if not first <= look.seconds <= last:
                continue
            is_new = held is not None and look.seconds // every != held.seconds // every
            if held is not None and is_new:
                yield held
            if held is None or is_new or look.size > held.size:
                luma = look.luma >> (clip.luma_depth - 8) if look.luma.dtype != np.uint8 else look.luma
                held = _Shown(look.seconds, luma.astype(np.uint8), look.size)
    if held is not None:
        yield held


def _fill(
    residue: informed.Residue,
    taken: Sequence[_Shown] | Iterator[_Shown],
    original: Path,
    found: ClipAlignment,
) -> None:
    """Lay frames of a find, in order, each onto the frame of the original at its moment."""
    from ..matching.clips import small
    from ..matching.laying import Way

    with named(original), watched(original) as opened:
        if opened is None:
            raise UnsupportedFormat("has no moving picture")
        aspect = opened[0].aspect
    best = found.best
    way: Way | None = None
    for shown, luma in _met(taken, frames_of(original)(), found):
        shape = displayed((luma.shape[0], luma.shape[1]), aspect)
        plane = resize(luma.astype(np.float32), shape)
        if way is None:
            way = Way(
                resize(best.original.astype(np.float32), shape), best.suspect, best.registration, resize
            )
        laid = way.lay(plane, small(shown.seconds, shown.luma).frame)
        residue.add(informed.Sight(plane, laid.original, laid.suspect, laid.seen), shown.size**SIZE_EXPONENT)


def _met(
    taken: Sequence[_Shown] | Iterator[_Shown], frames: Iterator[Frame], found: ClipAlignment
) -> Iterator[tuple[_Shown, NDArray[Any]]]:
    """Each frame of the find, with the frame of the original that is shown nearest to its moment."""
    before: Frame | None = None
    after = next(frames, None)
    for shown in taken:
        moment = found.at(shown.seconds)
        while after is not None and after[0] < moment:
            before, after = (after[0], after[1].copy()), next(frames, None)
        nearest = min(
            (each for each in (before, after) if each is not None),
            key=lambda each: abs(each[0] - moment),
            default=None,
        )
        if nearest is None or not math.isclose(nearest[0], moment, abs_tol=1 / RATE):
            continue  # beyond an end of the original
        yield shown, nearest[1]
