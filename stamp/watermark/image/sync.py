"""Geometry: the constellation search over rotation, scale, mirror and aspect.

The constellation is a keyed set of sinusoids. A translation does not move their magnitudes; a rotation, a
scale and a mirror move them together. In log-polar coordinates that motion is a shift, so a hypothesis is
scored by adding 32 shifted copies of one map (after Kutter 1998, doi:10.1117/12.337405, and Ó Ruanaidh and
Pun 1998, doi:10.1016/S0165-1684(98)00012-7).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..common.filters import box, whiten
from ..common.fourier import rfft2
from ..common.linear import product

Plane = NDArray[np.float32]
Affine = NDArray[np.float64]  # (2, 2): canonical frequency (fy, fx) -> frequency in the picture

_LONGEST = 2048  # pixels
STEP = 0.005  # log-polar resolution: radians, and the logarithm of the scale
SCALE_MIN, SCALE_MAX = 0.3, 4.8  # pixels of the working picture per canonical pixel
POWER_CAP = 16.0  # of one peak, in units of its neighbourhood: no single line of the host may decide
LEANING = np.radians(8)
_ANGLES = int(np.ceil(np.pi / STEP))
_BEYOND = 0.75  # cycles per pixel: where a hypothesis may look for a line, none being above 0.5
QUANTUM = 32  # of the power in searches: 16-bit integers add up twice as fast, and 32 of them fit
_SCALE_STEP = 0.004
# A search in many unknowns takes every second aspect and larger steps, and then smaller ones around the best.
_COARSER, _STARTS = 2, 16
_TURNED, _TURNED_SMALL, _TURNED_STARTS = 3, 2, 64  # times `STEP`
_FEWEST = 16  # points of a constellation as which fewer count
_CROP = 1.2  # pixels of the working picture per canonical pixel, above which a picture may be a small crop
_NEIGHBOURHOOD = 17
UPRIGHT = [
    np.array(m, float) for m in ([[1, 0], [0, 1]], [[1, 0], [0, -1]], [[0, 1], [-1, 0]], [[0, 1], [1, 0]])
]
MIRRORS = (np.eye(2), np.diag([1.0, -1.0]))
UPRIGHT_ASPECTS = np.exp(np.linspace(np.log(0.74), np.log(1.36), 59))
ASPECTS = np.exp(np.linspace(np.log(0.8), np.log(1.25), 38))


# What may have happened, from few unknowns to many. A zoom keeps the picture upright (quarter turns and
# mirrors included) and its proportions, a stretch keeps it upright, a similarity turns it, an affine map
# does anything.
Kind = Literal["zoom", "stretch", "similarity", "affine"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A geometry worth reading: its constellation score, the affine map of frequencies, and its kind."""

    score: float
    affine: Affine
    kind: Kind


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Power spectrum of the whitened picture on a square grid, (size, size // 2 + 1).

    raw : as it is. power : relative to its neighbourhood, capped, standardised.
    """

    raw: Plane
    power: Plane
    size: int


def window(length: int) -> NDArray[np.float32]:
    """Return the square root of a Hann window."""
    return np.sqrt(np.hanning(length + 2)[1:-1]).astype(np.float32)


def windowed(plane: Plane) -> Plane:
    """Whiten a plane and fade it towards the border; of a very long picture only the middle, so that its
    square spectrum stays small."""
    top, left = (max(n - _LONGEST, 0) // 2 for n in plane.shape)
    out = whiten(plane[top : top + _LONGEST, left : left + _LONGEST])
    out *= window(out.shape[0])[:, None]
    out *= window(out.shape[1])
    return out


def spectrum_at(plane: Plane, frequencies: NDArray[np.float64]) -> NDArray[np.complex64]:
    """Return the discrete-time Fourier transform of a plane at (n, 2) frequencies (fy, fx) in cycles per
    pixel."""
    y, x = np.arange(plane.shape[0]), np.arange(plane.shape[1])
    rows = np.exp(-2j * np.pi * np.outer(frequencies[:, 0], y))
    columns = np.exp(-2j * np.pi * np.outer(frequencies[:, 1], x)).astype(np.complex64)
    half = len(frequencies)
    both = product(np.vstack([rows.real, rows.imag]).astype(np.float32), plane)
    values: NDArray[np.complex64] = ((both[:half] + 1j * both[half:]) * columns).sum(1)
    return values


def spectrum(faded: Plane) -> Spectrum:
    """Return the normalised power spectrum of a `windowed` picture."""
    size = max(1 << int(np.ceil(np.log2(max(faded.shape)))), 512)
    transform = rfft2(faded, (size, size))
    raw = (transform.real**2 + transform.imag**2).astype(np.float32)
    ceiling = np.quantile(raw[::8, ::8], 0.999)
    # one row pair beyond the half plane on each side would be the mirror image; the edge value is near enough
    local = box(np.minimum(raw, ceiling), _NEIGHBOURHOOD)
    local += np.float32(1e-12)
    power = raw / local
    np.minimum(power, np.float32(POWER_CAP), out=power)
    return Spectrum(raw, _standardised(power), size)


def mean_spectrum(parts: Sequence[Spectrum]) -> Spectrum:
    """Return the mean of the spectra of parts of a picture, which have one shape.

    Where a picture is bent, its lines smear over fewer bins of a part's spectrum than of its own (Welch,
    doi:10.1109/TAU.1967.1161901).
    """
    raw, power = (sum(each) / len(parts) for each in zip(*((s.raw, s.power) for s in parts), strict=True))
    return Spectrum(raw, _standardised(power), parts[0].size)


def _standardised(power: Plane) -> Plane:
    sample = power[::4, ::4]
    return np.asarray((power - sample.mean()) / (sample.std() + np.float32(1e-9)))


def coarse(power: Plane) -> Plane:
    """The highest power of 3 x 3 neighbours, standardised: for steps that are too large to meet a peak."""
    out = power.copy()
    np.maximum(out[1:], power[:-1], out=out[1:])
    np.maximum(out[:-1], power[1:], out=out[:-1])
    rows = out.copy()
    np.maximum(out[:, 1:], rows[:, :-1], out=out[:, 1:])
    np.maximum(out[:, :-1], rows[:, 1:], out=out[:, :-1])
    return _standardised(out)


@dataclass(frozen=True, slots=True)
class Atlas:
    """Power on a grid of both signs of fy, zero beyond the spectrum, for quick look-ups.

    map : in units of 1 / `QUANTUM`, flattened. size : bins a cycle per pixel. origin, stride : the index of
        frequency (fy, fx), fx >= 0, is origin + stride * rint(size * fy) + rint(size * fx).
    """

    map: NDArray[np.int16]
    size: int
    origin: int
    stride: int

    def at(self, fy: Plane, fx: Plane) -> NDArray[np.int16]:
        """Return the power at frequencies, fx >= 0, to the nearest bin."""
        index = np.rint(fy * np.float32(self.size)).astype(np.int32)
        index *= self.stride
        index += np.rint(fx * np.float32(self.size)).astype(np.int32)
        index += self.origin
        found: NDArray[np.int16] = self.map.take(index)
        return found

    def between(self, fy: Plane, fx: Plane) -> Plane:
        """Return the power at frequencies, fx >= 0, interpolated: a maximum of it lies where a line is to a
        fraction of a bin."""
        y, x = fy * np.float32(self.size), fx * np.float32(self.size)
        top, left = np.floor(y).astype(np.int32), np.floor(x).astype(np.int32)
        y -= top
        x -= left
        index = self.origin + self.stride * top + left
        upper, lower = (
            self.map.take(below) * (1 - x) + self.map.take(below + 1) * x
            for below in (index, index + self.stride)
        )
        return np.asarray(upper * (1 - y) + lower * y)


def atlas_of(power: Plane, size: int) -> Atlas:
    half, reach = size // 2, int(np.ceil(_BEYOND * size))
    out = np.zeros((2 * reach + 1, reach + 1), np.int16)
    quantised = np.rint(power[:, :half] * np.float32(QUANTUM)).astype(np.int16)
    out[reach : reach + half, :half] = quantised[:half]
    out[reach - half + 1 : reach, :half] = quantised[half + 1 :]
    return Atlas(out.ravel(), size, reach * (reach + 1), reach + 1)


@dataclass(frozen=True, slots=True)
class _LogPolar:
    """Power over (angle, log radius), quantised; angles cover [0, 2 pi), since the spectrum repeats after
    pi."""

    map: NDArray[np.int16]
    log_min: float
    step: float


def _log_polar(atlas: Atlas, aspect: float, step: float) -> _LogPolar:
    """Return the map of a spectrum whose rows are taken `aspect` times further out (undoing a squeeze of the
    finished picture)."""
    log_min = np.log(0.035 / SCALE_MAX)
    radii = np.exp(np.arange(log_min, np.log(0.5) + step, step)).astype(np.float32)
    count = int(np.ceil(np.pi / step))
    angle = np.arange(count) * (np.pi / count)
    flip = np.where(np.cos(angle) < 0, -1, 1)
    sine = (flip * np.sin(angle) * aspect**0.5).astype(np.float32)
    cosine = (flip * np.cos(angle) * aspect**-0.5).astype(np.float32)
    values = atlas.at(np.outer(sine, radii), np.outer(cosine, radii))
    return _LogPolar(np.concatenate([values, values]), float(log_min), np.pi / count)


def _scores(lp: _LogPolar, points: NDArray[np.float64], step: float) -> tuple[Plane, NDArray[np.float64]]:
    """Return the score of every (angle, scale), (n, m), and the m scales."""
    angles = lp.map.shape[0] // 2
    scales = np.exp(np.arange(np.log(SCALE_MIN), np.log(SCALE_MAX), step))
    # a scale s moves a point of radius f to f / s: column of (log f - log s)
    total = np.zeros((angles, scales.size), np.int16)
    radius, theta = np.log(np.hypot(points[:, 0], points[:, 1])), np.arctan2(points[:, 0], points[:, 1])
    seen = np.zeros(scales.size)
    first = np.rint((radius - np.log(scales[-1]) - lp.log_min) / step).astype(int)
    turn = np.rint(theta / lp.step).astype(int) % angles
    width = lp.map.shape[1]
    for start, t in zip(first, turn, strict=True):
        end = min(start + scales.size, width)
        low = max(start, 0)
        total[:, low - start : end - start] += lp.map[t : t + angles, low:end]
        seen[low - start : end - start] += 1
    score = total * (1 / (QUANTUM * np.sqrt(np.maximum(seen, _FEWEST)))).astype(np.float32)
    return score[:, ::-1], scales


def _peaks(score: Plane, count: int, reach: int) -> list[tuple[float, int, int]]:
    score = score.copy()
    found = []
    for _ in range(count):
        i, j = np.unravel_index(int(score.argmax()), score.shape)
        found.append((float(score[i, j]), int(i), int(j)))
        score[max(i - reach, 0) : i + reach + 1, max(j - reach, 0) : j + reach + 1] = -9
    return found


def upright_candidates(
    s: Spectrum, frequencies: NDArray[np.float64], *, stretched: bool, count: int = 2, zooms: int = 6
) -> list[Candidate]:
    """Find the best geometries without a rotation: what most crops and most changes of the aspect ratio are.

    So few hypotheses reach a given score by chance much more rarely than all rotations do, and the small
    remains of a crop show a lower score. Of plain zooms, which a crop is, the best `zooms` count: the right
    one of a small crop is often not the first, and small remains are read quickly.
    """
    if stretched:
        return _stretched_candidates(s, frequencies)[:count]
    atlas, found = atlas_of(s.power, s.size), []
    for number, turn in enumerate(UPRIGHT):
        score, scales = _zoom_scores(atlas, frequencies @ turn.T, _SCALE_STEP)
        for rank, (value, _, j) in enumerate(_peaks(score, count if number else zooms, 3)):
            if rank < count or scales[j] >= _CROP:
                found.append(Candidate(value, turn / scales[j], "zoom"))
    return sorted(found, key=lambda c: -c.score)


def _stretched_candidates(s: Spectrum, frequencies: NDArray[np.float64]) -> list[Candidate]:
    """Those that may have other proportions, the best first: in large steps, and then around the best."""
    starts = []
    atlas = atlas_of(coarse(s.power), s.size)
    for turn, aspect in itertools.product(UPRIGHT, UPRIGHT_ASPECTS[::_COARSER]):
        stretched = _stretch(aspect) @ turn
        score, scales = _zoom_scores(atlas, frequencies @ stretched.T, _COARSER * _SCALE_STEP)
        starts += [(value, stretched / scales[j]) for value, _, j in _peaks(score, 1, 3)]
    starts.sort(key=lambda start: -start[0])
    step = UPRIGHT_ASPECTS[1] / UPRIGHT_ASPECTS[0]
    moves = [_stretch(step**a) * np.exp(z * _SCALE_STEP) for a, z in itertools.product((-1, 0, 1), repeat=2)]
    near = [[move @ affine for move in moves] for _, affine in starts[:_STARTS]]
    return _best_near(atlas_of(s.power, s.size), frequencies, near, "stretch")


def _zoom_scores(atlas: Atlas, points: NDArray[np.float64], step: float) -> tuple[Plane, NDArray[np.float64]]:
    """Return the score of every scale of points, (1, m), and the m scales."""
    scales = np.exp(np.arange(np.log(SCALE_MIN), np.log(SCALE_MAX), step))
    shrink = (1 / scales[:, None]).astype(np.float32)
    ends = np.where(points[:, 1:] < 0, -points, points)
    inside = np.abs(ends).max(1) * shrink < 0.5
    total = atlas.at(*(end.astype(np.float32) * shrink for end in ends.T)).sum(1, dtype=np.int32)
    score = total / (QUANTUM * np.sqrt(np.maximum(inside.sum(1), _FEWEST)))
    return score[None], scales


def _best_near(
    atlas: Atlas, frequencies: NDArray[np.float64], near: list[list[Affine]], kind: Kind
) -> list[Candidate]:
    """Return the best geometry of each list, the best first."""
    scores = scores_of(atlas, frequencies, np.asarray(near))
    best = scores.argmax(1)
    found = [
        Candidate(float(score[k]), some[k], kind) for score, some, k in zip(scores, near, best, strict=True)
    ]
    return sorted(found, key=lambda c: -c.score)


def scores_of(
    atlas: Atlas, frequencies: NDArray[np.float64], affines: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the score of each of (..., 2, 2) geometries."""
    ends = affines @ frequencies.T
    ends = np.where(ends[..., 1:, :] < 0, -ends, ends)
    inside = np.abs(ends).max(-2) < 0.5
    fy, fx = (np.where(inside, end, 0).astype(np.float32) for end in np.moveaxis(ends, -2, 0))
    total = np.where(inside, atlas.at(fy, fx), 0).sum(-1, dtype=np.int32)
    return np.asarray(total / (QUANTUM * np.sqrt(np.maximum(inside.sum(-1), _FEWEST))))


def leaning_candidates(s: Spectrum, frequencies: NDArray[np.float64], *, count: int = 2) -> list[Candidate]:
    """Find the best geometries that are turned by less than `LEANING` from upright, as a picture that was
    straightened: so few hypotheses that a lower score than of all turns shows one."""
    plain = _log_polar(atlas_of(s.power, s.size), 1.0, STEP)
    score, scales = _scores(plain, frequencies, STEP)
    few = int(LEANING / plain.step)
    score[few:-few] = -9
    found = []
    for value, i, j in _peaks(score, count, 3):
        found.append(Candidate(value, turn(i * plain.step) / scales[j], "similarity"))
    return found


def candidates(
    s: Spectrum, frequencies: NDArray[np.float64], *, squeezed: bool, count: int = 4
) -> list[Candidate]:
    """Find the best geometries, mirrored ones included; with `squeezed`, those whose aspect ratio changed
    before or after the turn."""
    if squeezed:
        return _squeezed_candidates(s, frequencies)[: count + 2]
    found = []
    plain = _log_polar(atlas_of(s.power, s.size), 1.0, STEP)
    for mirror in MIRRORS:
        score, scales = _scores(plain, frequencies @ mirror.T, STEP)
        for value, i, j in _peaks(score, count, 3):
            # lp angle i means: a point at angle t was found at t + i
            found.append(Candidate(value, turn(i * plain.step) @ mirror / scales[j], "similarity"))
    found.sort(key=lambda c: -c.score)
    return found[: count + 2]


def _squeezed_candidates(s: Spectrum, frequencies: NDArray[np.float64]) -> list[Candidate]:
    """Those whose aspect ratio changed before or after the turn, the best first: in large steps, and then
    around the best."""
    atlas = atlas_of(coarse(s.power), s.size)
    plain = _log_polar(atlas, 1.0, _TURNED * STEP)
    starts = []
    for aspect in ASPECTS[::_COARSER]:
        for last, lp in ((False, plain), (True, _log_polar(atlas, aspect, _TURNED * STEP))):
            for mirror in MIRRORS:
                first = mirror if last else _stretch(aspect) @ mirror
                score, scales = _scores(lp, frequencies @ first.T, _TURNED * STEP)
                ((value, i, j),) = _peaks(score, 1, 3)
                starts.append((value, last, aspect, i * lp.step, mirror / scales[j]))
    starts.sort(key=lambda start: -start[0])
    step = ASPECTS[1] / ASPECTS[0]
    near = []
    for _, last, aspect, angle, scaled in starts[:_TURNED_STARTS]:
        some = []
        for a, turned, zoomed in itertools.product((-1, 0, 1), repeat=3):
            stretch, leaning = _stretch(aspect * step**a), turn(angle + _TURNED_SMALL * turned * STEP)
            both = stretch @ leaning if last else leaning @ stretch
            some.append(both @ scaled * np.exp(_TURNED_SMALL * zoomed * STEP))
        near.append(some)
    return _best_near(atlas, frequencies, near, "affine")


def _stretch(aspect: float) -> Affine:
    """Return the map that changes the proportions, and leaves the area."""
    return np.diag([aspect**0.5, aspect**-0.5])


def turn(angle: float) -> Affine:
    """Return the map that adds `angle` to the polar angle of (fy, fx), measured from the x axis."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, s], [-s, c]])


def refine(s: Spectrum, frequencies: NDArray[np.float64], candidate: Candidate) -> Affine:
    """Fit the candidate's map, keeping its kind, by least squares to the highest bins next to where it puts
    the constellation.

    Bins are interpolated by a parabola through the logarithm of the power.
    """
    half, affine = s.size // 2, candidate.affine
    for reach in (2, 1, 1):
        f = frequencies @ affine.T
        inside = (np.abs(f) < 0.49).all(1)
        g, f = frequencies[inside], f[inside]
        flip = np.where(f[:, 1] < 0, -1.0, 1.0)[:, None]
        at = np.rint(f * flip * s.size).astype(int)

        def power(d: tuple[int, int] | NDArray[np.int64], at: NDArray[np.int64] = at) -> Plane:
            y, x = at[:, 0] + np.asarray(d)[..., 0], at[:, 1] + np.asarray(d)[..., 1]
            y = np.where(x < 0, -y, y)
            return np.asarray(s.raw[y % s.size, np.minimum(np.abs(x), half)])

        grid = [(i, j) for i in range(-reach, reach + 1) for j in range(-reach, reach + 1)]
        best = np.array(grid)[np.array([power(d) for d in grid]).argmax(0)]
        peak = power(best)
        offset = best.astype(float)
        for axis, unit in enumerate(np.eye(2, dtype=int)):
            low, mid, high = (np.log(power(best + k * unit) + 1e-9) for k in (-1, 0, 1))
            curve = low - 2 * mid + high
            offset[:, axis] += np.where(
                curve < -1e-6, np.clip(0.5 * (low - high) / np.minimum(curve, -1e-6), -0.6, 0.6), 0
            )
        measured = (at + offset) * flip / s.size
        median = np.median(peak)
        w = np.where(peak > 0.3 * median, np.minimum(peak, 6 * median), 0)[:, None]
        affine = _fit(candidate.kind, affine, g, measured, w)
    return affine


def _fit(
    kind: Kind, affine: Affine, g: NDArray[np.float64], f: NDArray[np.float64], w: NDArray[np.float64]
) -> Affine:
    """Return the map of this kind, near `affine`, that takes g to f with the least weighted squares: the
    fewer unknowns, the less noise."""
    if kind == "affine":
        return np.asarray(np.linalg.solve((g * w).T @ g + 1e-9 * np.eye(2), (g * w).T @ f).T)
    if kind == "similarity":
        mirror = np.diag([1.0, -1.0 if np.linalg.det(affine) < 0 else 1.0])
        g = g @ mirror
        energy = float((w * g * g).sum()) + 1e-9
        a = float((w * g * f).sum()) / energy
        b = float((w[:, 0] * (g[:, 1] * f[:, 0] - g[:, 0] * f[:, 1])).sum()) / energy
        return np.array([[a, b], [-b, a]]) @ mirror
    turn = np.sign(affine) * (np.abs(affine) > np.abs(affine).max() / 2)
    upright = g @ turn.T
    energies, products = (w * upright * upright).sum(0) + 1e-9, (w * upright * f).sum(0)
    scales = products / energies if kind == "stretch" else np.full(2, products.sum() / energies.sum())
    return np.asarray(np.diag(scales) @ turn)
