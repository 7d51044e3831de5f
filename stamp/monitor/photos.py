"""A photo: searched in the index, laid onto the originals that it may show, and its mark read there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..core.detection import Detection, Quad
from ..core.errors import CatalogueError, MediaError
from ..core.key import Key
from ..core.matches import FOUND, MatchedWork, MatchReport, MatchVerdict
from ..matching.opencv import Matrix, luma
from ..matching.registration import Registration, would_match
from ..media.image.opening import read_shown
from ..pipeline.informed import Pair, detect
from ..storage.atomic import write_whole
from .indexing import file_of
from .marks import ORDER, meaning, with_mark
from .place import index_of, picture_in, prints_for
from .search import POINTS_SURE, Hit, Index, is_alike, overlap
from .store import KINDS

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.records import WorkRecord

_WORKS = 5  # that a suspect is laid onto


@dataclass(frozen=True)
class Suspect:
    """A picture that is looked at: as it is shown, and its luma."""

    path: Path
    pixels: NDArray[Any]
    plane: NDArray[np.uint8]


@dataclass(frozen=True)
class Laid:
    """A match, and how the suspect lies on the original, where that is at hand."""

    match: MatchedWork
    original: NDArray[Any] | None = None
    registration: Registration | None = None


def matched(catalogue: Catalogue, path: Path, keys: Sequence[Key], pictures: Path | None) -> MatchReport:
    """Return which works a photo shows; see `match_file`."""
    pixels = read_shown(path)
    suspect = Suspect(path, pixels, luma(pixels, "suspect"))
    index = index_of(prints_for(catalogue))
    found = _works(catalogue, index, suspect)
    laid = [_laid(catalogue, index, suspect, hit, work, keys) for work, hit in found]
    laid.sort(key=_rank)
    drawn = () if pictures is None else tuple(_drawn(suspect, laid, pictures))
    return MatchReport(path, "image", tuple(each.match for each in laid), pictures=drawn)


def _works(catalogue: Catalogue, index: Index, suspect: Suspect) -> list[tuple[WorkRecord, Hit]]:
    """The best hit of each work that the catalogue has: fingerprints may be left of others."""
    best: dict[str, Hit] = {}
    for hit in index.search(suspect.plane):
        best.setdefault(str(index.view.work(hit.head)), hit)
    found = []
    for uid, hit in best.items():
        with suppress(CatalogueError):
            found.append((catalogue.works.show(uid, limit=1), hit))
        if len(found) == _WORKS:
            break
    return found


def _rank(laid: Laid) -> tuple[float, ...]:
    match = laid.match
    return (
        ORDER.index(match.verdict),
        -(match.correlation or 0.0) if match.verdict == "scene" else 0.0,
        -match.inliers,
        match.distance or 0,
    )


def _laid(
    catalogue: Catalogue, index: Index, suspect: Suspect, hit: Hit, work: WorkRecord, keys: Sequence[Key]
) -> Laid:
    """What a hit comes to: laid onto the original, and the mark read there."""
    head = index.view.heads[hit.head]
    size = suspect.plane.shape[1], suspect.plane.shape[0]
    of_work, of_suspect, quad, seen = overlap(hit, size, (int(head["width"]), int(head["height"])))
    match = MatchedWork(
        work=work.work,
        number=work.number,
        title=work.title,
        verdict=_by_hit(hit),
        stage="whole" if hit.stage == "whole" else "points",
        distance=hit.distance,
        inliers=hit.inliers,
        of_work=of_work,
        of_suspect=of_suspect,
        quad_suspect=_plain(quad),
        quad_work=_plain(seen),
        mirrored=hit.mirrored,
        work_span=(float(head["time"]),) * 2 if head["kind"] == KINDS.index("video") else None,
    )
    file = file_of(catalogue, work.work)
    pair = None if file is None else _pair(suspect, file, hit)
    found = pair.found and _moved(pair.found, hit, suspect) if pair else None
    if found is not None:
        match = _compared(match, found, size)
    elif pair:
        match = replace(match, verdict=_unlaid(hit, pair.original, suspect))
    for key in keys:
        read = _mark(suspect, hit, pair, key)
        if read.payload is not None:
            match = with_mark(match, meaning(catalogue, read, key))
            break
    return Laid(match, pair.original if pair else None, found)


def _by_hit(hit: Hit) -> MatchVerdict:
    """The verdict where the suspect was not laid onto the original: points alone may be another shot."""
    if hit.is_whole:
        return "copy"
    return "scene" if hit.is_sure else "candidate"


def _unlaid(hit: Hit, original: NDArray[Any], suspect: Suspect) -> MatchVerdict:
    """The verdict where no points lay the suspect onto the original: what is smooth can be a copy still."""
    gray = luma(original, "original")
    if not is_alike(hit, gray, suspect.plane):
        return "scene" if hit.inliers >= POINTS_SURE else "candidate"
    return "scene" if would_match(gray, suspect.plane) else "copy"


def _pair(suspect: Suspect, original: Path, hit: Hit) -> Pair | None:
    """The part of a suspect that was found and the original, laid onto each other; None where the original
    cannot be read."""
    try:
        whole = read_shown(original)
    except MediaError:
        return None
    return Pair.of(_part(suspect, hit), whole)


def _part(suspect: Suspect, hit: Hit) -> NDArray[Any]:
    """The pixels in which a work was found: those of a page around them only are in the way."""
    x0, y0, x1, y1 = hit.box
    return np.ascontiguousarray(suspect.pixels[y0:y1, x0:x1])


def _moved(found: Registration, hit: Hit, suspect: Suspect) -> Registration:
    """A registration of the part of a suspect as one of all of it."""
    x0, y0 = hit.box[:2]
    back = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
    matrix = found.matrix @ back
    return replace(
        found,
        matrix=matrix,
        affine=np.asarray(np.vstack([found.affine, [0, 0, 1]]) @ back)[:2],
        quad_suspect=found.quad_suspect + np.array([x0, y0]),
        suspect_size=(suspect.plane.shape[1], suspect.plane.shape[0]),
    )


def _compared(match: MatchedWork, found: Registration, size: tuple[int, int]) -> MatchedWork:
    """A match with what the original says."""
    return replace(
        match,
        verdict="copy" if found.agrees else "scene",
        inliers=max(match.inliers, found.inliers),
        of_work=found.coverage,
        of_suspect=min(1.0, _area(found.quad_suspect) / (size[0] * size[1])),
        quad_suspect=found.region,
        quad_work=found.seen,
        mirrored=found.mirrored,
        correlation=found.correlation,
    )


def _mark(suspect: Suspect, hit: Hit, pair: Pair | None, key: Key) -> Detection:
    """What the reader says of the part of a suspect that shows a work: with the original if it is at hand."""
    if pair is None:
        return detect(_part(suspect, hit), key=key)
    return pair.detect(key, search=pair.found is None)


def _drawn(suspect: Suspect, laid: list[Laid], folder: Path) -> list[Path]:
    """The pictures of all that was found and laid onto its original."""
    from PIL import Image

    from ..matching.pictures import side_by_side

    made = []
    for each in laid:
        if each.registration is None or each.original is None or each.match.verdict not in FOUND:
            continue
        folder.mkdir(parents=True, exist_ok=True)
        target = picture_in(folder, suspect.path, each.match.number)
        picture = side_by_side(each.original, suspect.pixels, each.registration)
        with write_whole(target, overwrite=True) as draft:
            Image.fromarray(picture).save(draft, "JPEG", quality=90)
        made.append(target)
    return made


def _plain(quad: Matrix) -> Quad:
    return tuple((float(x), float(y)) for x, y in quad)


def _area(quad: Matrix) -> float:
    x, y = quad.T
    return 0.5 * abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
