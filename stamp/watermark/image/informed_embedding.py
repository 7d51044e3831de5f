"""Informed embedding: each coded bit gets just the amplitude that the detector's own statistic lacks.

The host is known when embedding, so that its interference can be cancelled instead of drowned (Cox, Miller
and McKellips, "Watermarking as communications with side information", Proc. IEEE 87(7), 1999,
doi:10.1109/5.771068). Three statistics are brought to their targets at once, since nobody knows what will be
done to the picture: that of all levels, that of levels 2 to 4 (what JPEG and a resize to half leave), and
that of levels 3 and 4 (a resize to a quarter).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..common.wavelet import LEVELS, MARGIN, Detail
from .carrier import PERIOD, PILOT, Carriers
from .mask import Mask, Plane
from .observation import PICTURE, activity, fold, normalise, weight

Levels = NDArray[np.float64]  # (LEVELS, symbols)

# share of the mean amplitude that every bit gets anyway: a crop does not see the host that was cancelled
FLOOR = 0.8
TARGETS = np.array([1.0, 0.8, 0.5])
_SEES = np.array([[1, 1, 1, 1], [0, 1, 1, 1], [0, 0, 1, 1]])
_SWEEPS, _HALVINGS = 3, 9
_SYNTHESIS_GAIN = np.array([1.04, 0.98, 1.085, 1.145])  # energy of a unit coefficient in the picture, bior4.4


@dataclass(frozen=True, slots=True)
class _Response:
    """Per level and symbol: what a unit amplitude adds to the statistic, what it costs in energy, the
    statistic's null variance."""

    gain: Levels
    energy: Levels
    variance: Levels
    inverse: list[NDArray[np.float32]]


def _response(
    details: Detail, activities: list[Plane], cover: Detail, mask: Mask, carriers: Carriers
) -> _Response:
    gain, energy, variance, inverse = [], [], [], []
    symbols = carriers.layout.symbols
    for level in range(LEVELS):
        side, origin = PERIOD >> (level + 1), MARGIN >> (level + 1)
        index, detail, seen, m = (
            carriers.index[level].ravel(),
            details[level],
            cover[level],
            mask.levels[level],
        )
        act = activities[level]
        y = normalise(detail, act)
        y *= seen
        inv = (float(seen.sum()) / ((y * y).sum((1, 2)) + 1e-12)).astype(np.float32)
        linear = (np.abs(detail) < PICTURE.clip * act) * (seen * m * weight(act) / act)
        scale = inv[:, None, None]
        tiles = fold(np.stack([m * m * seen, seen]), side, origin)
        gain.append(np.bincount(index, (fold(linear, side, origin) * scale).ravel(), symbols))
        energy.append(
            np.bincount(index, np.broadcast_to(tiles[0], (3, side, side)).ravel(), symbols)
            * _SYNTHESIS_GAIN[level]
        )
        variance.append(np.bincount(index, (tiles[1] * scale).ravel(), symbols))
        inverse.append(inv)
    return _Response(np.array(gain), np.array(energy) + 1e-9, np.array(variance, np.float64) + 1e-9, inverse)


def _chips(
    amplitude: Levels, signs: NDArray[np.float32], shapes: list[tuple[int, ...]], carriers: Carriers
) -> Detail:
    """Return the signed amplitudes of every coefficient of a padded picture."""
    out = []
    for level, shape in enumerate(shapes):
        side = PERIOD >> (level + 1)
        tile = (amplitude[level] * signs).astype(np.float32)[carriers.index[level]] * carriers.sign[level]
        lead = -(MARGIN >> (level + 1)) % side
        rows, columns = (lead + shape[1] - 1) // side + 1, (lead + shape[2] - 1) // side + 1
        out.append(np.tile(tile, (1, rows, columns))[:, lead : lead + shape[1], lead : lead + shape[2]])
    return out


def _statistic(
    details: Detail,
    cover: Detail,
    signs: NDArray[np.float32],
    carriers: Carriers,
    inverse: list[NDArray[np.float32]],
) -> Levels:
    """Return the detector's statistic of every symbol, positive where it agrees with `signs`."""
    out, symbols = [], carriers.layout.symbols
    for level, detail in enumerate(details):
        side, origin = PERIOD >> (level + 1), MARGIN >> (level + 1)
        y = normalise(detail, activity(detail))
        y *= cover[level]
        tile = fold(y, side, origin) * carriers.sign[level] * inverse[level][:, None, None]
        out.append(np.bincount(carriers.index[level].ravel(), tile.ravel(), symbols) * signs)
    return np.array(out)


def coefficients(
    host: Detail,
    activities: list[Plane],
    cover: Detail,
    mask: Mask,
    signs: NDArray[np.float32],
    carriers: Carriers,
    mean_square: float,
) -> Detail:
    """Compute the mark's wavelet coefficients.

    host : details of the padded host. activities : of each level of it. signs : (symbols,) +-1, the code and
        the known chips. mean_square : energy a pixel that the mark may spend.
    """
    r = _response(host, activities, cover, mask, carriers)
    budget = mean_square * float(cover[0].sum()) * 4
    mean = (budget / r.energy.sum()) ** 0.5
    per_level = r.gain.sum(1) / r.variance.sum(1)
    seen_by = _SEES * per_level  # (3, LEVELS): weights of the three statistics
    response = seen_by[:, :, None] * r.gain
    step = response / (2 * r.energy)
    curvature = (response * step).sum(1) + 1e-12  # a narrow strip never shows some bits in coarse levels
    target = TARGETS[:, None] * np.sqrt(seen_by**2 @ r.variance)
    shapes = [d.shape for d in host]

    def solve(interference: Levels, height: float) -> Levels:
        """Find the least energy above the floor that brings all three statistics to `height` targets; dual
        coordinate ascent."""
        base = seen_by @ (interference + r.gain * (FLOOR * mean))
        dual = np.zeros_like(base)
        extra = np.zeros_like(r.gain)
        for _ in range(_SWEEPS):
            for c in range(len(TARGETS)):
                lacking = height * target[c] - base[c] - (response[c] * extra).sum(0)
                raised = np.maximum(dual[c] + lacking / curvature[c], 0)
                extra += (raised - dual[c]) * step[c]
                dual[c] = raised
        # the known chips get the mean amplitude, and what cancels a host that happens to be against them
        against = np.maximum(-(seen_by[0] @ interference[:, PILOT:]), 0) / curvature[0, PILOT:]
        extra[:, PILOT:] = extra[:, :PILOT].mean(1, keepdims=True) + against * step[0, :, PILOT:]
        return np.asarray(FLOOR * mean + extra)

    amplitude = np.full_like(r.gain, mean)
    mark = [m * c for m, c in zip(mask.levels, _chips(amplitude, signs, shapes, carriers), strict=True)]
    marked = [h + m for h, m in zip(host, mark, strict=True)]
    interference = _statistic(marked, cover, signs, carriers, r.inverse) - r.gain * amplitude
    low, high = 0.0, 40.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        spent = float((r.energy * solve(interference, middle) ** 2).sum())
        low, high = (low, middle) if spent > budget else (middle, high)
    amplitude = solve(interference, low)
    amplitude *= (budget / float((r.energy * amplitude**2).sum())) ** 0.5
    return [m * c for m, c in zip(mask.levels, _chips(amplitude, signs, shapes, carriers), strict=True)]
