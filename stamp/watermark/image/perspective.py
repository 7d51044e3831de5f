"""The constellation of a picture in perspective: photographed from a screen or from paper, at an angle.

Nowhere in such a picture is the constellation quite where it is elsewhere, so that its lines smear in the
spectrum of the whole. But where they are in each part follows from few unknowns: scales, turn and shear in
the middle, how these change down and across, and the bulge of the lens. So the parts are judged together: a
geometry of the whole says where the lines should be in the spectrum of each part, and what is found there is
added up. That shows geometries which no part shows by itself.

First all of them are tried in large steps, but for the bulge. A step in one of the unknowns moves, to first
order, the local geometry of a part by some steps. So each part has one table of scores, over its own local
geometry, and a geometry of the whole is scored by adding up the tables, shifted (a generalised Hough
transform, Ballard 1981, doi:10.1016/0031-3203(81)90009-1). Then the best are refined on the spectra.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .sync import QUANTUM, UPRIGHT, Atlas, Spectrum, atlas_of, coarse

Affine = NDArray[np.float64]
Points = NDArray[np.float64]  # (..., 2): rows and columns
_Geometries = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]  # as of `_slopes`

# The local geometry: logarithms of how much larger the picture is along each axis, and leans, which are turn
# and shear. A step is as much as a coarse spectrum bears. A picture that was marked on the standard grid may
# fill 0.7 of the sides, or be enlarged by up to 1.6; one that was marked on the large grid, only the latter.
_STEP = 0.035
_SCALES, _LEANS = np.arange(-10, 14), np.arange(-2, 3)
_MORE_SCALES, _MORE_LEANS = 4, 1  # steps beyond, to which the parts of a picture may reach
_TILT, _TILTS = 0.045, np.arange(-2, 3)
_FEWER = 8  # times fewer quanta: then 16-bit integers bear the sum over all parts, too
_STARTS = 24  # of each turn
# Steps of the refinement, twice as large for tilts; how many geometries are left after each; whether power is
# interpolated, which is slower and twice as exact.
_REFINED = (
    (0.012, 16, False),
    (0.006, 8, False),
    (0.003, 4, False),
    (0.003, 2, True),
    (0.0015, 2, True),
    (0.0007, 2, True),
)
_RISE = 1e-4  # by how much a step must raise the score: more than rounding, or two points raise each other's
_ALIKE = 0.02  # of a scale, by which geometries differ that are worth a look each
_UNKNOWNS = 7


@dataclass(frozen=True, slots=True)
class Perspective:
    """Where places z of a picture lie on the canonical plane: at `linear` x / (1 + `tilt` . x), where x is
    z (1 + `bulge` |z|^2), all in halves of the picture's longer side from its middle.

    score : of the constellation, in deviations of what one line has by chance in one part, per root of the
        lines. linear : (2, 2). tilt : (2,), by how much the scale changes from the middle to the end of the
        longer side.
    """

    score: float
    linear: NDArray[np.float64]
    tilt: NDArray[np.float64]
    bulge: float

    def __call__(self, points: Points) -> Points:
        """Return where (..., 2) places lie."""
        points = points * (1 + self.bulge * (points * points).sum(-1, keepdims=True))
        return np.asarray((points @ self.linear.T) / (1 + points @ self.tilt)[..., None])


def perspectives(
    spectra: Sequence[Spectrum], middles: Points, whole: Affine, frequencies: NDArray[np.float64]
) -> list[Perspective]:
    """Find the likeliest perspectives of a picture that is upright, turned by quarters or mirrored, the best
    first, at most two.

    spectra, middles : of its parts; (parts, 2), in halves of the picture's longer side from its middle.
    whole : (2, 2), canonical frequency -> frequency in the picture, were it whole and on the standard grid.
    frequencies : (n, 2), of the constellation.
    """
    blurred = [atlas_of(coarse(s.power), s.size) for s in spectra]
    linears, tilts = [], []
    for turn in UPRIGHT:
        base = whole @ turn
        local, tilt = _starts(_tables(blurred, frequencies @ base.T), middles)
        linears.append(base.T @ local)
        tilts.append(tilt)
    atlases = [atlas_of(s.power, s.size) for s in spectra]
    return _refined(atlases, middles, np.concatenate(linears), np.concatenate(tilts), frequencies)


def _tables(atlases: Sequence[Atlas], lines: NDArray[np.float64]) -> NDArray[np.int16]:
    """Return the score of each local geometry of each part: (parts, scales down, leans down, scales across,
    leans across), where a line (fy, fx) would be at s (fy + l fx) down and s (fx + l fy) across."""
    both = [_both_halves(atlas) for atlas in atlases]
    side, reach, size = len(both[0]), len(both[0]) // 2, atlases[0].size
    scales = np.arange(_SCALES[0] - _MORE_SCALES, _SCALES[-1] + _MORE_SCALES + 1)
    leans = np.arange(_LEANS[0] - _MORE_LEANS, _LEANS[-1] + _MORE_LEANS + 1)
    shrink, lean = np.exp(-_STEP * scales)[:, None], _STEP * leans

    def bins(along: float, other: float) -> NDArray[np.int32]:
        found = np.rint(shrink * (along + lean * other) * size).ravel()
        return (np.clip(found, -reach, reach) + reach).astype(np.int32)

    total = np.zeros((len(both), *(len(scales) * len(leans),) * 2), np.int16)
    for fy, fx in lines:
        index = (bins(fy, fx) * side)[:, None] + bins(fx, fy)
        for one, part in zip(total, both, strict=True):
            one += part.ravel().take(index, mode="clip")
    total //= _FEWER
    return total.reshape(-1, *(len(scales), len(leans)) * 2)


def _both_halves(atlas: Atlas) -> NDArray[np.int16]:
    """The spectrum around zero up to half a cycle; f and -f have the same power."""
    middle, most = atlas.stride - 1, atlas.size // 2
    half = atlas.map.reshape(-1, atlas.stride)[middle - most : middle + most + 1, : most + 1]
    return np.concatenate([half[::-1, :0:-1], half], 1)


def _starts(tables: NDArray[np.int16], middles: Points) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the geometries of the middle whose parts score most together: (starts, 2, 2), transposed as maps
    of places are, and their tilts (starts, 2)."""
    shape = (len(_SCALES), len(_LEANS)) * 2
    tilts = _TILT * np.array(list(itertools.product(_TILTS, repeat=2)))
    best, which = np.full(shape, np.iinfo(np.int16).min, np.int16), np.zeros(shape, np.int16)
    for k, tilt in enumerate(tilts):
        total = np.zeros(shape, np.int16)
        for table, middle in zip(tables, middles, strict=True):
            scales = tilt @ middle + tilt * middle
            moves = scales[0], -tilt[0] * middle[1], scales[1], -tilt[1] * middle[0]
            total += table[tuple(map(_moved, moves, shape, (_MORE_SCALES, _MORE_LEANS) * 2))]
        which[total > best] = k
        np.maximum(best, total, out=best)
    order = np.argpartition(-best.ravel(), _STARTS)[:_STARTS]
    down, lean_down, across, lean_across = np.unravel_index(order, shape)
    y, x = (np.exp(-_STEP * _SCALES[each]) for each in (down, across))
    u, v = (_STEP * _LEANS[each] for each in (lean_down, lean_across))
    return np.stack([np.stack([y, v * x], 1), np.stack([u * y, x], 1)], 1), tilts[which.ravel()[order]]


def _moved(by: float, length: int, most: int) -> slice:
    """The part of an axis of a table, which has `most` steps more at either end, that lies `by` further."""
    first = most + min(max(round(by / _STEP), -most), most)
    return slice(first, first + length)


def _refined(
    atlases: list[Atlas],
    middles: Points,
    linears: NDArray[np.float64],
    tilts: NDArray[np.float64],
    frequencies: NDArray[np.float64],
) -> list[Perspective]:
    """Climb from all starts at once, along one unknown at a time, in smaller and smaller steps; after each
    size a part of them is left."""
    moves = np.concatenate([np.zeros((1, _UNKNOWNS)), np.eye(_UNKNOWNS), -np.eye(_UNKNOWNS)])
    moves[:, 4:6] *= 2
    points, starts = np.zeros((len(linears), _UNKNOWNS)), np.arange(len(linears))

    def made(points: NDArray[np.float64], starts: NDArray[np.int64]) -> _Geometries:
        changed = np.eye(2) + points[:, :4].reshape(-1, 2, 2)
        return linears[starts] @ changed, tilts[starts] + points[:, 4:6], points[:, 6]

    def scores(
        points: NDArray[np.float64], starts: NDArray[np.int64], between: bool = False
    ) -> NDArray[np.float64]:
        return _scores(atlases, _slopes(middles, *made(points, starts)), frequencies, between)

    score = np.zeros(len(points))
    for size, left, between in _REFINED:
        climbing = np.arange(len(points))
        while len(climbing):
            near = points[climbing, None] + size * moves
            of = np.repeat(starts[climbing], len(moves))
            height = scores(near.reshape(-1, _UNKNOWNS), of, between).reshape(-1, len(moves))
            height[:, 0] += _RISE
            at = height.argmax(1)
            points[climbing] = near[np.arange(len(climbing)), at]
            climbing = climbing[at > 0]
        score = scores(points, starts, between)
        best = _different(_slopes(middles, *made(points, starts)), np.argsort(-score))[:left]
        points, starts, score = points[best], starts[best], score[best]
    found = zip(score, *made(points, starts), strict=True)
    return [Perspective(float(each), linear, tilt, float(bulge)) for each, linear, tilt, bulge in found]


def _different(slopes: NDArray[np.float64], order: NDArray[np.int64]) -> list[int]:
    """Return those of `order` that are not nearly the same as one before, by (n, parts, 2, 2) derivatives."""
    kept: list[int] = []
    for one in order:
        alike = _ALIKE * np.abs(slopes[one]).max()
        if all(np.abs(slopes[one] - slopes[other]).max() > alike for other in kept):
            kept.append(int(one))
    return kept


def _slopes(
    middles: Points, linears: NDArray[np.float64], tilts: NDArray[np.float64], bulges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the derivatives of (n, 2, 2) linear maps, (n, 2) tilts and (n,) bulges at the middles of parts:
    (n, parts, 2, 2). The bulge is small enough for the tilt to be what it is without one."""
    unit = np.eye(2)
    outward = middles[:, :, None] * middles[:, None, :]
    bulged = unit + bulges[:, None, None, None] * (
        2 * outward + np.trace(outward, axis1=1, axis2=2)[:, None, None] * unit
    )
    depth = (1 + tilts @ middles.T)[..., None, None]
    tilted = (depth * unit - middles[:, :, None] * tilts[:, None, None, :]) / depth**2
    return np.asarray(linears[:, None] @ tilted @ bulged)


def _scores(
    atlases: list[Atlas], slopes: NDArray[np.float64], frequencies: NDArray[np.float64], between: bool
) -> NDArray[np.float64]:
    """Score (n, parts, 2, 2) derivatives by what all lines have in all parts, in the nearest bins or between
    them."""
    ends = (np.swapaxes(slopes, -1, -2) @ frequencies.T).astype(np.float32)
    ends *= np.where(ends[..., 1:, :] < 0, np.float32(-1), np.float32(1))
    np.clip(ends, -0.5, 0.5, out=ends)  # there is no power from there on
    look = Atlas.between if between else Atlas.at
    found = [
        look(atlas, ends[:, k, 0], ends[:, k, 1]).sum(-1, dtype=np.float64) for k, atlas in enumerate(atlases)
    ]
    return np.asarray(np.sum(found, 0) / (QUANTUM * len(frequencies) ** 0.5))
