"""Find and read the mark in a picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import stats
from .align import translations
from .carrier import SCHEME, Carriers, carriers
from .decode import Decoded, decode_payload, gains_from_pilots, pilot_scores, witness_score
from .filters import box
from .grid import CANONICAL_AREA, canonical_shape, resize
from .key import Key
from .luma import luma_plane
from .statistic import observe_plane
from .sync import refine, search, spectrum, windowed
from .warp import unwarp

Plane = NDArray[np.float32]
Affine = NDArray[np.float64]

_NEAR = 1  # pixels by which an uncropped copy may be displaced on the canonical grid
_PROMISING_NEAR, _PROMISING_FAR = 1.5, 3.2  # below this pilot score a decoding is not worth its time
_SCORE_PLAIN, _SCORE_SQUEEZED = 5.4, 7.0  # constellation scores that about one unmarked picture in ten reaches
_WORK_AREA = 1.6 * CANONICAL_AREA


@dataclass(frozen=True, slots=True)
class Transform:
    """What happened to the marked picture, as far as the mark shows it.

    scale : size of the content relative to an uncropped picture of the same dimensions; a crop to a quarter of the area shows as 2.
    rotation_deg : counter-clockwise turn of the content, -180 to 180.
    mirrored : whether the content was mirrored left to right before that turn.
    aspect : by how much the content was stretched horizontally relative to vertically.
    """

    scale: float
    rotation_deg: float
    mirrored: bool
    aspect: float


@dataclass(frozen=True, slots=True)
class Detection:
    """The answer of `detect`: whether the picture carries a mark of this key, which payload, and how sure that is.

    present : a mark of this key is there. payload : its 8 bytes; None where the mark is too weak to be read.
    score, threshold : the witness statistic in standard deviations, and what it must reach.
    log10_p : upper bound of log10 of the probability that a picture not marked with this key gives such evidence.
    bits_corrected : coded bits, of 576, that the error correction turned round; None without a payload.
    transform : the geometry found; None without a mark.
    """

    present: bool
    payload: bytes | None
    score: float
    threshold: float
    log10_p: float
    bits_corrected: int | None
    transform: Transform | None
    key_name: str
    scheme: str = SCHEME


@dataclass(slots=True)
class _Search:
    """The state of one call: what was spent, and the most promising geometry so far."""

    key: Key
    carriers: Carriers
    decodings: int = 0
    positions: int = 0
    promise: float = -np.inf
    score: float = 0.0
    affine: Affine | None = None

    def read(self, plane: Plane, valid: Plane | None, affine: Affine, *, near: bool) -> Detection | None:
        """Try one geometry: `plane` is on the canonical grid."""
        inside = None if valid is None else (box(valid, 11) > 0.999).astype(np.float32)
        offsets = translations(plane, self.carriers, inside, _NEAR if near else None)[:2]
        if near and (0, 0) not in offsets:
            offsets.append((0, 0))
        self.positions += 1
        seen = [observe_plane(plane, self.carriers, offset, valid) for offset in offsets]
        scored = sorted(((float(pilot_scores(o).max()), i) for i, o in enumerate(seen)), reverse=True)
        if scored[0][0] > self.promise:
            best = seen[scored[0][1]]
            self.promise, self.affine = scored[0][0], affine
            self.score = witness_score(best, gains_from_pilots(best))
        for promise, i in scored[:2]:
            if promise < (_PROMISING_NEAR if near else _PROMISING_FAR):
                break
            result = decode_payload(seen[i], self.key, stats.MAX_DECODINGS - self.decodings)
            self.decodings += result.decodings if isinstance(result, Decoded) else result
            if isinstance(result, Decoded) and result.score >= stats.THRESHOLD:
                return self._found(result, affine)
        return None

    def _found(self, decoded: Decoded, affine: Affine) -> Detection:
        return Detection(
            present=True,
            payload=decoded.payload,
            score=round(decoded.score, 2),
            threshold=stats.THRESHOLD,
            log10_p=round(stats.log10_p_report(decoded.score, self.decodings), 2),
            bits_corrected=decoded.bits_corrected,
            transform=transform_of(affine),
            key_name=self.key.name,
        )

    def verdict(self) -> Detection:
        """Nothing could be read: is there a mark all the same?"""
        present = self.score >= stats.THRESHOLD_ALONE
        return Detection(
            present=present,
            payload=None,
            score=round(self.score, 2),
            threshold=stats.THRESHOLD_ALONE if present else stats.THRESHOLD,
            log10_p=round(stats.log10_p_statistic(self.score, stats.MAX_POSITIONS), 2),
            bits_corrected=None,
            transform=transform_of(self.affine) if present and self.affine is not None else None,
            key_name=self.key.name,
        )


def transform_of(affine: Affine) -> Transform:
    """`affine` maps canonical frequencies to those of a picture of the canonical area."""
    content = np.linalg.inv(affine).T  # where the content's points went, (y, x)
    determinant = np.linalg.det(content)
    mirrored = bool(determinant < 0)
    m = content @ np.diag([1.0, -1.0]) if mirrored else content
    # image rows point down: a counter-clockwise turn by t sends (y, x) = (0, 1) to (-sin t, cos t)
    angle = np.degrees(np.arctan2(m[1, 0] - m[0, 1], m[0, 0] + m[1, 1]))
    scale = abs(determinant) ** 0.5
    stretch = np.hypot(*content[1]) / np.hypot(*content[0])
    return Transform(round(float(scale), 4), round(float(angle), 2) + 0.0, mirrored, round(float(stretch), 4))


def detect(image: NDArray[np.generic], *, key: Key, data_range: float | None = None) -> Detection:
    """Look for the mark of `key` in a picture, whatever was done to it.

    Parameters
    ----------
    image : (H, W), (H, W, 3) RGB or (H, W, 4) RGBA; uint8 or uint16, or floats with `data_range`.
    data_range : the value of white; required for floats.

    Returns
    -------
    Detection : "not found" is a value, not an error.

    Raises
    ------
    HostError : the array is no picture in the sense above.

    Notes
    -----
    Reads the picture as it stands first; then searches rotation, scale and mirroring, then changes of the aspect ratio as well.
    """
    state = _Search(key, carriers(key))
    work = luma_plane(image, data_range, _WORK_AREA)
    canonical = resize(work, canonical_shape(work.shape))
    to_canonical = np.diag([work.shape[0] / canonical.shape[0], work.shape[1] / canonical.shape[1]])
    found = state.read(canonical, None, np.eye(2), near=True)
    if found is not None:
        return found
    faded = windowed(work)
    s = spectrum(faded)
    for squeezed in (False, True):
        least = _SCORE_SQUEEZED if squeezed else _SCORE_PLAIN
        for candidate in search(s, state.carriers.frequencies, squeezed=squeezed):
            if candidate.score < least or state.positions >= stats.MAX_POSITIONS:
                break
            affine = refine(s, state.carriers.frequencies, candidate)
            for turned in (affine, -affine):
                warped = unwarp(work, turned)
                if warped is None:
                    continue
                found = state.read(*warped, to_canonical @ turned, near=False)
                if found is not None:
                    return found
    return state.verdict()
