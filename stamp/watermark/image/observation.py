"""The detector's statistic: how every coded bit is seen in a picture, sub-band by sub-band.

Embedder and detector share it: the embedder brings just this statistic to its target.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..common.filters import box
from ..common.wavelet import LEVELS, MARGIN, Detail, analyse
from .carrier import PERIOD, Carriers

BANDS = 3 * LEVELS


@dataclass(frozen=True, slots=True)
class Measure:
    """How a coefficient is measured by its surroundings.

    floor : grey levels that are added to the activity. clip : activities that a coefficient counts as, at
        most. exponent : of the activity, with which a coefficient counts beside others.
    """

    floor: float
    clip: float
    exponent: float


PICTURE = Measure(floor=1.0, clip=2.0, exponent=0.7)
_OFFSET = 1.5


def activity(detail: NDArray[np.float32], measure: Measure = PICTURE) -> NDArray[np.float32]:
    """Return the local activity in grey levels, (h, w), at least the floor, of (3, h, w) detail coefficients.

    The square of the mean root: next to a lone edge it stays low, where a mean or a deviation would not, and
    the flat side of an edge is where a mark is seen first.
    """
    out = box(np.sqrt(np.abs(detail)).mean(0, dtype=np.float32), 3)
    out *= out
    out += np.float32(measure.floor)
    return out


def weight(act: NDArray[np.float32], measure: Measure = PICTURE) -> NDArray[np.float32]:
    """Return how much a coefficient counts in surroundings of this activity."""
    return (act + np.float32(_OFFSET)) ** np.float32(measure.exponent) / act


def pad_to_tiles(plane: NDArray[np.float32], offset: tuple[int, int] = (0, 0)) -> NDArray[np.float32]:
    """Reflect the picture outwards: by the margin and `offset` at the top left, to a multiple of 16 at the
    bottom right."""
    h, w = plane.shape
    top, left = MARGIN + offset[0], MARGIN + offset[1]
    block = 1 << LEVELS
    bottom, right = MARGIN + -(top + h + MARGIN) % block, MARGIN + -(left + w + MARGIN) % block
    return np.pad(plane, ((top, bottom), (left, right)), mode="symmetric")


def coverage(
    shape: tuple[int, int], offset: tuple[int, int], valid: NDArray[np.float32] | None
) -> list[NDArray[np.float32]]:
    """Return, per level, which coefficients of a padded picture belong to the picture itself (0 or 1)."""
    h, w = shape
    top, left = MARGIN + offset[0], MARGIN + offset[1]
    block = 1 << LEVELS
    height = top + h + MARGIN + -(top + h + MARGIN) % block
    width = left + w + MARGIN + -(left + w + MARGIN) % block
    full = np.zeros((height, width), np.float32)
    full[top : top + h, left : left + w] = 1 if valid is None else valid
    out = []
    for _ in range(LEVELS):
        full = 0.25 * (full[::2, ::2] + full[1::2, ::2] + full[::2, 1::2] + full[1::2, 1::2])
        out.append((full > 0.7).astype(np.float32))
    return out


def fold(plane: NDArray[np.float32], side: int, origin: int) -> NDArray[np.float32]:
    """Add up the tiles of `side`, the first tile starting at (origin, origin): (n, h, w) -> (n, side,
    side)."""
    lead = -origin % side
    h, w = plane.shape[-2:]
    rows, columns = -(-(h + lead) // side), -(-(w + lead) // side)
    out = np.zeros((len(plane), rows * side, columns * side), np.float32)
    out[:, lead : lead + h, lead : lead + w] = plane
    tiles: NDArray[np.float32] = out.reshape(len(plane), rows, side, columns, side).sum((1, 3))
    return tiles


@dataclass(frozen=True, slots=True)
class Observation:
    """What is seen of a mark in a picture, by sub-band (level 1 first, LH HL HH within a level).

    soft : (BANDS, symbols) float64, correlation with the carrier of each coded bit, in the first variant, and
        of the pilots.
    variance : (BANDS,) mean square of the normalised coefficients.
    pilot_count : (BANDS,) number of pilot coefficients seen.
    coded_energy, pilot_energy : (BANDS,) sum of the squares of a tile's coefficients, all tiles added up, at
        the coded bits, at the pilots.
    tile : (coefficients of a tile,) those sums times their signs in the first variant; levels one after
        another.
    """

    soft: NDArray[np.float64]
    variance: NDArray[np.float64]
    pilot_count: NDArray[np.float64]
    coded_energy: NDArray[np.float64]
    pilot_energy: NDArray[np.float64]
    tile: NDArray[np.float32]


def normalise(
    detail: NDArray[np.float32], act: NDArray[np.float32], measure: Measure = PICTURE
) -> NDArray[np.float32]:
    """Return the coefficients in units of their surroundings, clipped and weighted."""
    y = detail / act
    np.clip(y, -measure.clip, measure.clip, out=y)
    y *= weight(act, measure)
    return y


def observe(
    details: Detail, cover: list[NDArray[np.float32]], carriers: Carriers, measure: Measure = PICTURE
) -> Observation:
    """Observe every coded bit in the details of a padded picture, whose tiles start at the margin."""
    measured = (normalise(detail, activity(detail, measure), measure) for detail in details)
    return gathered(measured, cover, carriers)


def gathered(
    measured: Iterable[NDArray[np.float32]], cover: list[NDArray[np.float32]], carriers: Carriers
) -> Observation:
    """Gather what was measured at every coefficient, level by level, bit by bit."""
    variance, count, energy, tiles = [], [], [], []
    for level, (each, seen) in enumerate(zip(measured, cover, strict=True), start=1):
        side, origin = PERIOD >> level, MARGIN >> level
        index, sign = carriers.index[level - 1], carriers.sign[level - 1]
        y = each * seen
        total = max(float(seen.sum()), 1.0)
        tile = fold(y, side, origin)
        tiles.append((tile * sign).ravel())
        seen_tile = fold(seen[None], side, origin)[0]
        for o in range(3):
            pilots = index[o] == carriers.layout.pilot
            variance.append(float(np.vdot(y[o], y[o])) / total + 1e-12)
            count.append(max(float(seen_tile[pilots].sum()), 1.0))
            square = tile[o] ** 2
            at_pilots = float(square[pilots].sum())
            energy.append((float(square.sum()) - at_pilots, at_pilots))
    signed = np.concatenate(tiles)
    soft = _by_symbol(signed, carriers)
    coded, known = np.array(energy).T
    return Observation(soft, np.array(variance), np.array(count), coded, known, signed)


def under(o: Observation, carriers: Carriers, other: Carriers) -> Observation:
    """Return what is seen of the coded bits if the signs and places are those of `other`, a key that shares
    the pilots with `carriers`."""
    if other is carriers:
        return o
    turned = np.concatenate([(a * b).ravel() for a, b in zip(carriers.sign, other.sign, strict=True)])
    tile = o.tile * turned
    return replace(o, tile=tile, soft=_by_symbol(tile, other))


def in_variant(o: Observation, carriers: Carriers, variant: int) -> Observation:
    """Return what is seen of the coded bits if their signs are those of a variant."""
    return replace(o, soft=_by_symbol(o.tile * carriers.flips[variant], carriers))


def _by_symbol(signed: NDArray[np.float32], carriers: Carriers) -> NDArray[np.float64]:
    """Add up the signed coefficients of a tile by sub-band and symbol."""
    symbols = carriers.layout.symbols
    return np.bincount(carriers.band, signed, BANDS * symbols).reshape(BANDS, symbols)


def observe_plane(
    plane: NDArray[np.float32],
    carriers: Carriers,
    offset: tuple[int, int] = (0, 0),
    valid: NDArray[np.float32] | None = None,
    measure: Measure = PICTURE,
) -> Observation:
    """Observe a canonical luma plane whose first pixel lies at `offset` within the tile."""
    _, details = analyse(pad_to_tiles(plane, offset))
    return observe(details, coverage(plane.shape, offset, valid), carriers, measure)
