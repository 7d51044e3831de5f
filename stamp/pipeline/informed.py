"""Look for a mark with the unmarked original at hand: laid onto it, and without it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..core.confirmation import Confirmation
from ..core.detection import Detection, Transform
from ..core.key import Key
from ..core.payload import Payload
from ..media.image.opening import read_luma
from ..watermark.common.known import Judged, either
from ..watermark.common.null_law import MAX_DECODINGS
from ..watermark.image import informed, quantised
from ..watermark.image.carrier import carriers
from ..watermark.image.confirm import judge
from ..watermark.image.detect import detect as detect_blindly
from ..watermark.image.detect import glance
from ..watermark.image.grid import Grid, canonical_shape, grid_for, resize
from ..watermark.image.luma import luma_plane
from ..watermark.image.search import transform_of
from .pairing import Pairing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..matching.laying import Laid
    from ..matching.registration import Registration

_LARGE = 1_500_000  # pixels
_EVERY = 1 << 62  # pixels: none are left out where two pictures are laid onto each other


def detect(
    image: NDArray[np.generic],
    *,
    key: Key,
    data_range: float | None = None,
    search: bool = True,
    original: NDArray[np.generic] | None = None,
) -> Detection:
    """Look for the mark of `key` in a picture, whatever was done to it.

    Parameters
    ----------
    image : (H, W), (H, W, 3) RGB or (H, W, 4) RGBA; uint8 or uint16, or floats with `data_range`.
    data_range : the value of white; required for floats.
    search : also look for turned, cropped, scaled and mirrored pictures.
    original : the picture before it was marked: where the two can be laid onto each other, much less is
        enough to read the mark, and `correlation`, `region` and `seen` say what of it is there. Needs OpenCV.

    Returns
    -------
    Detection : "not found" is a value, not an error.

    Raises
    ------
    HostError : an array is no picture in the sense above.
    KeyFileError : `key` is no Key.
    MissingDependency : an original without OpenCV (`pip install 'stamp-media[match]'`).

    Notes
    -----
    Reads the picture as it is first; then searches rotation, scale and mirroring, then changes of the aspect
    ratio as well. With an original, what is left of the picture without it comes first.
    """
    if original is None:
        return detect_blindly(image, key=key, data_range=data_range, search=search)
    return Pair.of(image, original, data_range).detect(key, search=search)


def confirm(
    image: NDArray[np.generic],
    *,
    original: NDArray[np.generic],
    key: Key,
    payloads: Iterable[bytes],
    data_range: float | None = None,
) -> list[Confirmation]:
    """Say which of some payloads the mark in a picture has, also where no mark can be read: on thumbnails and
    after the hardest compression. Whoever has the original and the key knows all of the mark but its payload.

    Parameters
    ----------
    image : the suspect; as in `detect`.
    original : the picture before it was marked.
    key : the key of the marks.
    payloads : 8 bytes each: those of the copies that there are.
    data_range : the value of white; required for floats.

    Returns
    -------
    A Confirmation for each payload, in their order.

    Raises
    ------
    ArgumentError : there are no payloads, or the original carries a mark of the key itself.
    PayloadError, KeyFileError : a payload is not 8 bytes; `key` is no Key.
    HostError : an array is no picture.
    MissingDependency : OpenCV is not installed (`pip install 'stamp-media[match]'`).
    """
    return Pair.of(image, original, data_range).confirm(Key.checked(key), list(payloads))


@dataclass(frozen=True)
class Pair(Pairing):
    """A suspect and the original, both of them pictures.

    found : how the one lies on the other; None where that was not found. plane : the original's luma in the
    frame in which it was marked. laid : the two in that frame.
    """

    suspect: NDArray[np.generic]
    original: NDArray[np.generic]
    data_range: float | None
    found: Registration | None
    plane: NDArray[np.float32]
    laid: Laid | None

    @classmethod
    def of(
        cls, suspect: NDArray[np.generic], original: NDArray[np.generic], data_range: float | None = None
    ) -> Pair:
        """Lay a suspect onto the original. Raises HostError, MissingDependency."""
        from ..matching.laying import laid
        from ..matching.seeking import sought

        there, full = _shades(suspect, data_range), _luma(original, data_range)
        shape = full.shape[0], full.shape[1]
        plane = resize(full, canonical_shape(shape, grid_for(shape)))
        found = sought(_rounded(full), there)
        return cls(
            suspect, original, data_range, found, plane, laid(plane, there, found, resize) if found else None
        )

    def detect(self, key: Key, *, search: bool = True) -> Detection:
        # In what is left without the original, in the suspect laid onto it, and in the suspect as it is.
        marked = self.marked(key)
        tried = []
        for found, is_laid in self._looks(key, marked is None, search):
            tried.append(self._placed(found, is_laid))
            if found.payload is not None:
                break
        best = min(tried, key=lambda each: (each.payload is None, not each.present, each.log10_p))
        return replace(best, original_payload=marked)

    def marked(self, key: Key) -> Payload | None:
        return glance(self.original, key=key, data_range=_range(self.original, self.data_range))

    @property
    def correlation(self) -> float | None:
        return None if self.found is None else self.found.correlation

    def judge(self, key: Key, payloads: Sequence[Payload]) -> list[Judged]:
        made = carriers(key)
        found = judge(self.residue.observe(made), key, self.grid, payloads)
        if self.score is None:
            return found
        plane, seen = self.score
        by_score = judge(informed.observe_score(self.plane, plane, seen, made), key, self.grid, payloads)
        return [either(pair) for pair in zip(found, by_score, strict=True)]

    def _looks(self, key: Key, is_unmarked: bool, search: bool) -> Iterator[tuple[Detection, bool]]:
        """What is found in one look after another, and whether that was in the frame of the original."""
        spent = informed.DECODINGS + MAX_DECODINGS
        if self.laid is not None:
            if is_unmarked:  # else it takes a mark of the suspect away instead of what hides it
                yield informed.read(self.residue, key, self.grid, spent=2 * MAX_DECODINGS), True
            shown = np.where(self.laid.seen, self.laid.suspect, self.laid.suspect[self.laid.seen].mean())
            yield detect_blindly(shown, key=key, data_range=255.0, search=False, spent=spent), True
        yield (
            detect_blindly(
                self.suspect,
                key=key,
                data_range=_range(self.suspect, self.data_range),
                search=search,
                spent=spent,
            ),
            False,
        )

    def _placed(self, found: Detection, is_laid: bool) -> Detection:
        """What was found, with the place that the original shows."""
        size = self.suspect.shape[1], self.suspect.shape[0]
        there = self.found
        if there is None and found.transform is not None:  # the mark of another picture may have led there
            from ..matching.registration import register

            whole, shades = _shades(self.original, self.data_range), _shades(self.suspect, self.data_range)
            there = register(whole, shades, transform=found.transform)
        if there is None:
            return replace(found, size=size)
        placed = replace(
            found, size=size, region=there.region, seen=there.seen, correlation=there.correlation
        )
        if not is_laid or not found.present:
            return placed
        return replace(placed, transform=transform_by(there), marked_pixels=self.grid.marked_pixels)

    @property
    def grid(self) -> Grid:
        """The grid on which the original is marked."""
        return grid_for((self.original.shape[0], self.original.shape[1]))

    @cached_property
    def score(self) -> tuple[NDArray[np.float32], NDArray[np.bool_]] | None:
        """The score of the suspect's pixels in the frame of the original, and where it is; None of what is no
        JPEG, not only cut and resized, or so large that it shows the mark anyway."""
        from .resized import cut_of, in_frame, likes

        if self.found is None or self.suspect.shape[0] * self.suspect.shape[1] > _LARGE:
            return None
        if (cut := cut_of(self.found)) is None:
            return None
        if (coded := quantised.coded(_shades(self.suspect, self.data_range))) is None:
            return None
        full = _luma(self.original, self.data_range)
        size = self.suspect.shape[1], self.suspect.shape[0]
        judged = [(*quantised.likelihood(coded, like), like, box) for like, box in likes(full, cut, size)]
        _, deviation, like, box = max(judged, key=lambda each: each[0])
        score = quantised.score(coded, like, deviation)
        return in_frame(
            score, box, (full.shape[1], full.shape[0]), (self.plane.shape[0], self.plane.shape[1])
        )

    @cached_property
    def residue(self) -> informed.Residue:
        """What the original does not explain."""
        assert self.laid is not None
        residue = informed.Residue()
        residue.add(informed.Sight(self.plane, self.laid.original, self.laid.suspect, self.laid.seen))
        return residue


def pair_of(suspect: Path, original: Path) -> Pair:
    """Read a suspect and the original, and lay the one onto the other. Raises UnsupportedFormat, CorruptFile,
    MediaError, MissingDependency."""
    there, whole = (read_luma(path, max_pixels_hint=_EVERY) for path in (suspect, original))
    return Pair.of(there, whole)


def transform_by(found: Registration) -> Transform:
    """Return what happened to the original, by how it lies."""
    content = np.linalg.inv(found.affine[:, :2])[::-1, ::-1]  # where its points went, (y, x)
    areas = [width * height for width, height in (found.original_size, found.suspect_size)]
    return transform_of(np.linalg.inv(content.T) * np.sqrt(areas[1] / areas[0]))


def _range(image: NDArray[np.generic], data_range: float | None) -> float | None:
    """The value of white of one of two pictures, of which the other may be of integers."""
    return data_range if np.issubdtype(np.asarray(image).dtype, np.floating) else None


def _shades(image: NDArray[np.generic], data_range: float | None) -> NDArray[np.uint8]:
    """The luma of every pixel, uint8. Raises HostError."""
    return _rounded(_luma(image, data_range))


def _luma(image: NDArray[np.generic], data_range: float | None) -> NDArray[np.float32]:
    return luma_plane(image, _range(image, data_range), np.inf)


def _rounded(plane: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.clip(np.rint(plane), 0, 255).astype(np.uint8)
