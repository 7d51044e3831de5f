"""Find out when and where a clip shows another one, and whether its fine detail agrees.

Frames are luma (H, W) of 8 bits with their times; both clips are read twice, so each is given as a function
that begins again. Fingerprints of two frames a second show offset and speed; where they do not, because the
find is cropped or in a page, points of a few frames do. Then some frames of the find are laid onto the frames
of the work that were shown at the same moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.comparison import AGREES, Comparison
from . import detail
from .frame_prints import Course, Prints, course, fingerprint, picture_box
from .opencv import Matrix, luma, moving, reduced, resizing
from .registration import Registration, fitted, judged, moved_onto, placed, points_of, register, shrunk

Frame = tuple[float, NDArray[Any]]
Frames = Callable[[], Iterable[Frame]]

_EVERY = 0.5  # seconds between fingerprints
_LOOKS = 8  # frames that are laid onto the work
_SIDE = 960
_WINDOW, _CANDIDATES = 0.7, 6  # seconds around the expected moment; frames of it that are compared finely
_SOURCES, _PROBES = 60, 4  # frames of work and find whose points are tried against each other
_LEAST_POINTS = 12
_EXACT = 0.02  # seconds, half a frame
_CLEAR = 0.6  # a correlation below this may be due to a wrong place: another one is looked for


@dataclass(frozen=True)
class Kept:
    """A frame, no larger than it is compared; one of its pixels is so many of the clip's."""

    time: float
    frame: NDArray[np.uint8]
    pixels: float


@dataclass(frozen=True)
class Meeting:
    """A frame of the find, at `find_time` seconds, on that of the work at `work_time`.

    original, suspect : luma of both, as they were registered; a pixel of `suspect` is `pixels` of the find's.
    """

    find_time: float
    work_time: float
    original: NDArray[np.uint8]
    suspect: NDArray[np.uint8]
    registration: Registration
    pixels: float


@dataclass(frozen=True)
class ClipAlignment:
    """Which span of the find shows which span of the work, in seconds, and the frames that show it.

    correlation : the median over `meetings`. speed : seconds of the work in a second of the find.
    """

    find_span: tuple[float, float]
    work_span: tuple[float, float]
    speed: float
    correlation: float
    meetings: list[Meeting]

    def at(self, seconds: float) -> float:
        """Return the second of the work that a second of the find shows, by the frame whose detail agrees
        most: where an encoder has too few bits, others show what was there before."""
        return self.best.work_time + self.speed * (seconds - self.best.find_time)

    @property
    def best(self) -> Meeting:
        """The frame whose detail agrees most, to be drawn."""
        return max(self.meetings, key=lambda meeting: meeting.registration.correlation)


def align_clips(original: Frames, suspect: Frames, known: Course | None = None) -> ClipAlignment | None:
    """Lay a clip onto the one that it may show; None where no frame of it finds its place.

    original, suspect : each returns the frames anew, (seconds, luma of 8 bits), in order. A clip is read at
    most five times, and a second of frames is held at a time. known : the course that an index has found.

    Raises MissingDependency where OpenCV is not installed.
    """
    prints, length = _prints(suspect())
    found = known or course(_prints(original())[0], prints)
    made = _aligned(original, suspect, found, prints.times, length) if found else None
    if made is None or made.correlation < _CLEAR:
        found = _by_points(original, suspect, length)
        other = _aligned(original, suspect, found, prints.times, length) if found else None
        if made is None or (other is not None and other.correlation > made.correlation):
            return other
    return made


def compare_clips(
    original: Frames, suspect: Frames, known: Course | None = None
) -> tuple[Comparison, ClipAlignment | None]:
    """Return whether a clip shows another one, and which frames of it; arguments as of `align_clips`."""
    found = align_clips(original, suspect, known)
    if found is None:
        return Comparison("video", "unregistered"), None
    best = found.best.registration
    pixels = found.best.pixels
    return Comparison(
        kind="video",
        verdict="agrees" if found.correlation >= AGREES else "differs",
        correlation=found.correlation,
        needed=AGREES,
        method="points",
        overlap=best.coverage,
        mirrored=best.mirrored,
        region=tuple((pixels * x, pixels * y) for x, y in best.region),
        seen=best.seen,
        inliers=best.inliers,
        psnr_db=best.psnr_db,
        find_span=found.find_span,
        work_span=found.work_span,
        speed=found.speed,
    ), found


def _prints(frames: Iterable[Frame]) -> tuple[Prints, float]:
    """Fingerprints of a clip, and when its last frame is shown."""
    times, signs, due, last = [], [], -np.inf, 0.0
    for last, frame in frames:
        if last >= due:
            due = last + _EVERY
            if (found := fingerprint(frame)) is not None:
                times.append(last)
                signs.append(found)
    return Prints(np.array(times), np.array(signs, np.uint8).reshape(-1, 32)), last


def _spread(times: NDArray[np.float64], count: int) -> list[float]:
    """At most `count` of the times, evenly."""
    if not len(times):
        return []
    chosen = np.unique(np.linspace(0, len(times) - 1, count).round().astype(int))
    return [float(times[i]) for i in chosen]


def _at(frames: Iterable[Frame], times: list[float]) -> list[Kept]:
    """The frames at these times, no larger than they are compared."""
    kept: list[Kept] = []
    for time, frame in frames:
        if len(kept) == len(times):
            break
        if time >= times[len(kept)] - 1e-6:
            kept.append(small(time, frame))
    return kept


def small(time: float, frame: NDArray[Any]) -> Kept:
    """Return a frame, luma (H, W), no larger than it is compared."""
    less, back = reduced(luma(frame, "frame"), _SIDE)
    return Kept(time, less.copy(), float(back[0, 0]))


def _by_points(original: Frames, suspect: Frames, length: float) -> Course | None:
    """The course through the frames of work and find that share most points; its speed is taken to be 1."""
    probes = [
        (kept.time, points_of(kept.frame, 800))
        for kept in _at(suspect(), [length * (i + 0.5) / _PROBES for i in range(_PROBES)])
    ]
    best: tuple[int, float] | None = None
    for source in _sources(original):
        known = points_of(source.frame, 800)
        for moment, points in probes:
            for seen in (points, points.mirrored()):
                laid = fitted(known, seen, max(source.frame.shape))
                if laid and laid[1] >= _LEAST_POINTS and (best is None or laid[1] > best[0]):
                    best = laid[1], source.time - moment
    if best is None:
        return None
    return Course(best[1], 1.0, False, np.zeros(0))


def _sources(original: Frames) -> list[Kept]:
    """Frames of the work, evenly, however long it is: where there are too many, every other one goes."""
    kept: list[Kept] = []
    due, every = -np.inf, _EVERY
    for time, frame in original():
        if time >= due:
            due = time + every
            kept.append(small(time, frame))
            if len(kept) > _SOURCES:
                kept, every = kept[::2], 2 * every
    return kept


def _meetings(original: Frames, probes: list[Kept], found: Course) -> list[Meeting]:
    """The frames of the find, each on the frame of the work that it shows best."""
    made: list[Meeting] = []
    for probe, window in _windows(original(), probes, found):
        if window:
            wholly = _wholly(probe.frame, window[0].frame, found.mirrored)
            guesses = [wholly, *(meeting.registration.matrix for meeting in made[-1:])]
            meeting = _meeting(probe, window, found.at(probe.time), guesses)
            if meeting is not None:
                made.append(meeting)
    return made


def _windows(frames: Iterable[Frame], probes: list[Kept], found: Course) -> Iterator[tuple[Kept, list[Kept]]]:
    """Each frame of the find, with the frames of the work around the moment that it should show."""
    waiting, held = list(probes), list[Kept]()
    for time, frame in frames:
        while waiting and time > found.at(waiting[0].time) + _WINDOW:
            yield waiting.pop(0), held
            least = found.at(waiting[0].time) - _WINDOW if waiting else np.inf
            held = [kept for kept in held if kept.time >= least]
        if not waiting:
            return
        if time >= found.at(waiting[0].time) - _WINDOW:
            held.append(small(time, frame))
    for probe in waiting:
        yield probe, held


def _meeting(probe: Kept, window: list[Kept], expected: float, guesses: list[Matrix]) -> Meeting | None:
    """The frame on that of the window which agrees most.

    Of a camera that pans, frames show parts of their neighbours: where it lies as one of the guesses says,
    it is that of the same moment.
    """
    for guess in guesses:
        best, likeness = _most_alike(window, probe, guess)
        if likeness >= _CLEAR and (final := register(best.frame, probe.frame)) is not None:
            return Meeting(probe.time, best.time, best.frame, probe.frame, final, probe.pixels)
    nearest = sorted(window, key=lambda each: abs(each.time - expected))
    tried = ((each, placed(each.frame, probe.frame)) for each in nearest[:8:3])
    first = next(((each, laid) for each, laid in tried if laid is not None), None)
    if first is None:
        return None
    other, (matrix, inliers) = first
    best, _ = _most_alike(window, probe, matrix)
    final = register(best.frame, probe.frame) or judged(other.frame, probe.frame, matrix, inliers)
    return Meeting(probe.time, best.time, best.frame, probe.frame, final, probe.pixels)


def _wholly(suspect: NDArray[Any], original: NDArray[Any], mirrored: bool) -> Matrix:
    """The map (3, 3) from one frame to another that both show wholly, bars aside."""
    x0, y0, x1, y1 = picture_box(suspect)
    left, top, right, bottom = picture_box(original)
    laid = moving(left, top) @ resizing((x1 - x0, y1 - y0), (right - left, bottom - top)) @ moving(-x0, -y0)
    return np.diag([-1.0, 1, 1]) @ moving(1.0 - left - right, 0) @ laid if mirrored else laid


def _most_alike(window: list[Kept], probe: Kept, matrix: Matrix) -> tuple[Kept, float]:
    """The frame of the window that agrees most with one that lies on it by `matrix`, and how well: all are
    compared coarsely, the best of them finely."""
    coarse = _likeness(window, probe, matrix, _SIDE // 4)
    # Too little is seen at that size to tell them apart.
    best = window if not coarse.any() else [window[i] for i in np.argsort(-coarse)[:_CANDIDATES]]
    fine = _likeness(best, probe, matrix, _SIDE // 2)
    top = int(np.argmax(fine))
    return best[top], float(fine[top])


def _likeness(window: list[Kept], probe: Kept, matrix: Matrix, side: int) -> NDArray[np.float64]:
    """The correlation of the detail of frames of one shot, (n,), with one that lies on them by `matrix`."""
    moved, seen, _ = moved_onto(window[0].frame.shape, probe.frame, matrix, side)
    inner, suspect = detail.inner(seen), detail.fine(moved, seen)
    originals = (detail.fine(shrunk(kept.frame, seen.shape), seen) for kept in window)
    return np.array([detail.Bands(original, suspect, inner).correlation for original in originals])


def _aligned(
    original: Frames, suspect: Frames, found: Course, times: NDArray[np.float64], length: float
) -> ClipAlignment | None:
    """What frames of the find, of those at `times`, show on this course; None where none finds its place."""
    if 2 * len(found.times) >= len(times):
        times = found.times
    meetings = _meetings(original, _at(suspect(), _spread(times, _LOOKS)), found)
    if not meetings:
        return None
    agreed = [each for each in meetings if each.registration.agrees] or meetings
    speed = _speed(agreed, found.speed)
    start = float(np.median([each.work_time - speed * each.find_time for each in agreed]))
    steps = [b.find_time - a.find_time for a, b in pairwise(meetings)]
    around = max(min(steps, default=_EVERY), _EVERY) / 2
    seen = [*(each.find_time for each in agreed), *found.times]
    first, last = max(0.0, min(seen) - around), min(length, max(seen) + around)
    correlation = float(np.median([each.registration.correlation for each in meetings]))
    work = max(0.0, start + speed * first), start + speed * last
    return ClipAlignment((first, last), work, speed, correlation, meetings)


def _speed(agreed: list[Meeting], expected: float) -> float:
    """The median speed between frames at least two seconds apart, where it fits clearly better than the
    expected one."""
    found = [
        (b.work_time - a.work_time) / (b.find_time - a.find_time)
        for i, a in enumerate(agreed)
        for b in agreed[i + 1 :]
        if b.find_time - a.find_time >= 2
    ]
    if not found:
        return expected
    measured = float(np.median(found))
    return measured if _misfit(agreed, expected) > 2 * _misfit(agreed, measured) + _EXACT else expected


def _misfit(agreed: list[Meeting], speed: float) -> float:
    """Seconds by which the frames are off their course, on average."""
    starts = np.array([each.work_time - speed * each.find_time for each in agreed])
    return float(np.mean(np.abs(starts - np.median(starts))))
