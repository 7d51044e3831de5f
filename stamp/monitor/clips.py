"""A clip: its frames searched in the index, the works that many of them meet compared with it.

Two frames a second are looked for by their signs, as they are, mirrored, and as pictures on a page; works
whose frames meet them in one order are what it may show. Some frames are looked for by their points, too, for
clips that were cropped.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..core.comparison import Comparison
from ..core.errors import CatalogueError, MediaError
from ..core.key import Key
from ..core.matches import FOUND, MatchedWork, MatchReport, MatchVerdict
from ..matching.frame_prints import Course, Prints, course, fingerprint, mirrored
from ..matching.opencv import reduced
from ..pipeline.spans import clips, sampled
from ..storage.atomic import write_whole
from ..watermark.image.regions import regions
from .indexing import file_of
from .marks import ORDER, read, with_mark
from .place import index_of, picture_in, prints_for
from .search import POINTS_SURE, Index
from .store import KINDS

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.records import WorkRecord

_NEAR = 60  # bits of 256
_SIDE = 640  # of a frame that is kept
_PROBES = 8  # frames that are looked for by their points
_VOTES, _SURE = 3, 6  # frames that meet a work in one order: worth a look; certain without the original
_WORKS = 3
_VIDEO = KINDS.index("video")


@dataclass
class Frames:
    """What is kept of a clip: times and signs of its frames and of the pictures on them; some frames."""

    times: list[float] = field(default_factory=list)
    signs: list[NDArray[np.uint8]] = field(default_factory=list)
    probes: list[tuple[float, NDArray[np.uint8]]] = field(default_factory=list)

    @property
    def prints(self) -> Prints:
        return Prints(np.array(self.times), np.array(self.signs, np.uint8).reshape(-1, 32))


@dataclass(frozen=True)
class Seen:
    """How a clip meets a work: so many frames in one order, by signs, and points of its best frame."""

    votes: int = 0
    course: Course | None = None
    inliers: int = 0
    moment: tuple[float, float] = (0.0, 0.0)  # of that frame, in the suspect and in the work

    @property
    def followed(self) -> Course:
        """Its course through the work, by signs or by the points of its best frame."""
        here, there = self.moment
        return self.course or Course(there - here, 1.0, False, np.zeros(0))

    @property
    def weight(self) -> tuple[int, int]:
        return max(self.votes, self.inliers // 4), self.inliers


def matched(catalogue: Catalogue, path: Path, keys: Sequence[Key], pictures: Path | None) -> MatchReport:
    """Return which works a clip shows; see `match_file`."""
    index = index_of(prints_for(catalogue))
    kept = _kept(path)
    seen = _by_signs(index, kept)
    for work, by_points in _by_points(index, kept).items():
        known = seen.get(work, Seen())
        seen[work] = replace(known, inliers=by_points.inliers, moment=by_points.moment)
    found = []
    for work in sorted(seen, key=lambda work: seen[work].weight, reverse=True):
        with suppress(CatalogueError):  # fingerprints may be left of works that are gone
            found.append((catalogue.works.show(work, limit=1), seen[work]))
        if len(found) == _WORKS:
            break
    drawn: list[Path] = []
    matches = [_compared(catalogue, path, work, each, pictures, drawn) for work, each in found]
    if any(match.verdict in FOUND for match in matches) and (mark := read(catalogue, path, keys)):
        matches = [with_mark(match, mark) if match.verdict in FOUND else match for match in matches]
    matches.sort(key=lambda match: (ORDER.index(match.verdict), -match.votes, -match.inliers))
    return MatchReport(path, "video", tuple(matches), pictures=tuple(drawn))


def _kept(path: Path) -> Frames:
    """Signs of the frames of a clip, and frames for their points: however long it is, a few."""
    kept, every = Frames(), 1
    for number, (time, frame) in enumerate(sampled(path)):
        boxes = [region.box for region in regions(frame, limit=2)]
        for part in (frame, *(frame[y0:y1, x0:x1] for x0, y0, x1, y1 in boxes)):
            if (signs := fingerprint(part)) is not None:
                kept.times.append(time)
                kept.signs.append(signs)
        if number % every == 0:
            kept.probes.append((time, np.ascontiguousarray(reduced(frame, _SIDE)[0])))
            if len(kept.probes) > 2 * _PROBES:
                kept.probes, every = kept.probes[::2], 2 * every
    kept.probes = kept.probes[:: max(1, len(kept.probes) // _PROBES)]
    return kept


def _by_signs(index: Index, kept: Frames) -> dict[str, Seen]:
    """The works whose frames meet those of the clip in one order."""
    meeting: Counter[str] = Counter()
    heads = index.view.heads
    for time in sorted(set(kept.times)):
        works = set()
        for signs in (each for at, each in zip(kept.times, kept.signs, strict=True) if at == time):
            for turned in (signs, mirrored(signs)):
                near, _ = index.nearest(turned, _NEAR)
                works |= {str(index.view.work(head)) for head in near if heads["kind"][head] == _VIDEO}
        meeting.update(works)
    found = {}
    for work, count in meeting.most_common(4 * _WORKS):
        if count >= _VOTES and (run := course(index.prints(work), kept.prints)) is not None:
            found[work] = Seen(votes=len(run.times), course=run)
    return found


def _by_points(index: Index, kept: Frames) -> dict[str, Seen]:
    """The works of which a frame, or a photo, has points in common with one of the clip."""
    best: dict[str, Seen] = {}
    for time, frame in kept.probes:
        for hit in index.search(frame, quick=True):
            work = str(index.view.work(hit.head))
            if hit.inliers >= POINTS_SURE and hit.inliers > best.get(work, Seen()).inliers:
                moment = time, float(index.view.heads["time"][hit.head])
                best[work] = Seen(inliers=hit.inliers, moment=moment)
    return best


def _compared(
    catalogue: Catalogue, path: Path, work: WorkRecord, seen: Seen, pictures: Path | None, drawn: list[Path]
) -> MatchedWork:
    """What a work comes to: compared with the original, where that is at hand."""
    run = seen.course
    match = MatchedWork(
        work=work.work,
        number=work.number,
        title=work.title,
        verdict=_by_frames(seen),
        stage="whole" if run else "points",
        inliers=seen.inliers,
        votes=seen.votes,
        mirrored=bool(run and run.mirrored),
    )
    if run:
        first, last = float(run.times.min()), float(run.times.max())
        match = replace(
            match, find_span=(first, last), work_span=(run.at(first), run.at(last)), speed=run.speed
        )
    elif work.kind == "video":
        match = replace(match, find_span=(seen.moment[0],) * 2, work_span=(seen.moment[1],) * 2)
    original = file_of(catalogue, work.work) if work.kind == "video" else None
    if original is None:
        return match
    try:
        comparison, picture = clips(original, path, pictures is not None, seen.followed)
    except MediaError:
        return match
    match = _with(match, comparison)
    if picture is not None and pictures is not None and match.verdict in FOUND:
        drawn.append(_drawn(picture, picture_in(pictures, path, work.number)))
    return match


def _by_frames(seen: Seen) -> MatchVerdict:
    """The verdict without the original: frames alone may be those of another take."""
    return "scene" if seen.votes >= _SURE or seen.inliers >= POINTS_SURE else "candidate"


def _with(match: MatchedWork, said: Comparison) -> MatchedWork:
    """A match with what the comparison with the original says."""
    if said.verdict == "unregistered":
        return match
    return replace(
        match,
        verdict="copy" if said.verdict == "agrees" else "scene",
        of_work=said.overlap,
        quad_suspect=said.region,
        quad_work=said.seen,
        mirrored=said.mirrored,
        correlation=said.correlation,
        inliers=max(match.inliers, said.inliers),
        find_span=said.find_span,
        work_span=said.work_span,
        speed=said.speed,
    )


def _drawn(picture: NDArray[Any], target: Path) -> Path:
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    with write_whole(target, overwrite=True) as draft:
        Image.fromarray(picture).save(draft, "JPEG", quality=90)
    return target
