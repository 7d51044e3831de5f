"""Fingerprints of pictures: which of a million works does this one show, and roughly where?

Two sorts. *Signs* are those of the 16 x 16 lowest frequencies of the whole picture, 256 bits: they are cheap,
survive whatever leaves the picture whole, and a mirror or a quarter turn only permutes them or turns some
round. *Points* are those of SIFT, each with 128 bits of what is around it: they survive crops and turns.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .frame_prints import FLAT, spectrum
from .opencv import opencv, reduced

Signs = NDArray[np.uint8]
WORK_SIDE, WORK_POINTS = 512, 300
"""Longest side, in pixels, at which points of a work are looked for, and how many are kept."""
_FINER = 2  # times that side, where the points are too few
_CELLS = 8  # of the longer side: of crops to a tenth, 0.66 instead of 0.52 were found with these
_CONTRAST = 0.005  # the strongest are kept, and smooth pictures have hardly any above 0.02
_ODD = np.arange(1, 17) % 2 == 1
# The mean of RootSIFT over 15,453 points of 55 photographs, in thousandths: of 4 x 4 histograms of 8
# directions the upper half; the lower one is its mirror image.
_MEANS = """
    71 58 48 51 60 43 36 47  120 79 51 50 60 47 48 77  119 69 42 46 60 55 59 85  69 44 35 43 61 55 52 61
    91 62 50 59 73 53 40 55  164 93 57 64 77 60 57 100  156 88 50 61 83 73 65 97  86 52 41 55 78 65 53 62
"""
_BACKWARDS = -np.arange(8) % 8


def _mean() -> NDArray[np.float32]:
    upper = np.array(_MEANS.split(), np.float32).reshape(2, 4, 8) / 1000
    return np.concatenate([upper, upper[::-1, :, _BACKWARDS]]).reshape(128)


def _rotation() -> NDArray[np.float32]:
    """A fixed rotation of 128 dimensions: signs, Hadamard's matrix, signs, Hadamard's matrix. What is in the
    files depends on it."""
    hadamard: NDArray[np.float32] = np.ones((1, 1), np.float32)
    while len(hadamard) < 128:
        hadamard = np.asarray(np.block([[hadamard, hadamard], [hadamard, -hadamard]]), np.float32)
    bits = (
        np.unpackbits(np.frombuffer(sha256(b"stamp.print/1").digest(), np.uint8)).astype(np.float32) * 2 - 1
    )
    turned = (hadamard * bits[:128]) @ (hadamard * bits[128:]) / 128
    return np.asarray(turned, np.float32)


@dataclass(frozen=True)
class PicturePoints:
    """Points of a picture.

    places : (n, 2) float32, x and y by the picture's longer side. scales : (n,) float32, binary logarithms of
        their sizes by that side. angles : (n,) float32, degrees. histograms : (n, 128) float32, RootSIFT.
        n may be 0.
    """

    places: NDArray[np.float32]
    scales: NDArray[np.float32]
    angles: NDArray[np.float32]
    histograms: NDArray[np.float32]

    @property
    def codes(self) -> NDArray[np.uint8]:
        """(n, 16) uint8."""
        return np.packbits(self.values > 0, axis=1)

    def joined(self, other: PicturePoints) -> PicturePoints:
        """These points, and then those of another."""
        pairs = ((getattr(one, each.name) for one in (self, other)) for each in fields(self))
        return PicturePoints(*(np.concatenate(tuple(pair)) for pair in pairs))

    def mirrored(self) -> PicturePoints:
        """The points of the mirror image, at the places where they are in this one."""
        histograms = self.histograms.reshape(-1, 4, 4, 8)[:, ::-1, :, _BACKWARDS].reshape(-1, 128)
        return replace(self, angles=-self.angles % 360, histograms=histograms)

    @property
    def values(self) -> NDArray[np.float32]:
        """(n, 128) float32, whose signs are the codes: the nearer to 0, the less certain."""
        return np.asarray((self.histograms - _MEAN) @ _ROTATION.T, np.float32)


def whole_signs(plane: NDArray[Any]) -> Signs | None:
    """Return the 32 bytes of a picture of luma (H, W); None of one that is flat."""
    waves, deviation = spectrum(plane)
    return None if deviation < FLAT else np.packbits(waves > 0)


def turns(signs: Signs) -> Signs:
    """Return the signs (8, 32) of a picture as it is, mirrored, and turned by quarters; those at odd places
    are mirror images."""
    square = np.unpackbits(signs).reshape(16, 16).astype(bool)
    found = []
    for upright in (square, square.T):
        for rows in (False, True):
            for columns in (False, True):
                turned = upright ^ (_ODD[:, None] & rows) ^ (_ODD[None] & columns)
                found.append((turned, (upright is not square) ^ rows ^ columns))
    ordered = (
        [turn for turn, mirrored in found if not mirrored],
        [turn for turn, mirrored in found if mirrored],
    )
    both = [each for pair in zip(*ordered, strict=True) for each in pair]
    return np.packbits(np.array(both).reshape(8, 256), axis=1)


def picture_points(plane: NDArray[Any], side: int, most: int, *, spread: bool = False) -> PicturePoints:
    """Return the strongest points of a picture of luma (H, W), at most `most`, found at `side` pixels.

    spread : the strongest of each part of it, so that crops of any part have some.
    """
    cv2 = opencv()
    small, _ = reduced(np.ascontiguousarray(plane), side)
    longest = max(small.shape)
    sift = cv2.SIFT_create(nfeatures=4 * most if spread else most, contrastThreshold=_CONTRAST)
    found, histograms = sift.detectAndCompute(small, None)
    if histograms is None:
        found, histograms = (), np.zeros((0, 128), np.float32)
    table = np.array([(*each.pt, each.size, each.angle, each.response) for each in found], np.float32)
    table = table.reshape(-1, 5)
    chosen = _spread(table[:, :2] / longest, table[:, 4])[:most] if spread else np.arange(len(table))[:most]
    table, histograms = table[chosen], histograms[chosen]
    return PicturePoints(
        places=table[:, :2] / np.float32(longest),
        scales=np.log2(table[:, 2] / np.float32(longest)),
        angles=table[:, 3],
        histograms=np.sqrt(histograms / np.maximum(histograms.sum(1, keepdims=True), 1e-9)),
    )


def work_points(plane: NDArray[Any]) -> PicturePoints:
    """Return the points of a work, a picture of luma (H, W), that are kept.

    Smooth pictures have few. Theirs are completed by finer ones, which crops show.
    """
    points = picture_points(plane, WORK_SIDE, WORK_POINTS, spread=True)
    if len(points.places) < WORK_POINTS and max(plane.shape) > WORK_SIDE:
        finer = picture_points(plane, _FINER * WORK_SIDE, WORK_POINTS - len(points.places), spread=True)
        points = points.joined(finer)
    return points


def suspect_points(plane: NDArray[Any], side: int, most: int) -> PicturePoints:
    """Return points of a suspect of luma (H, W): at most `most` found at `side` pixels or, if it has less, at
    its own size, and half as many at half of that.

    A piece of a work shows it larger than it was when its points were looked for, and most of the strongest
    points of the piece are too fine for these.
    """
    points = picture_points(plane, side, most)
    coarse = min(side, max(plane.shape)) // 2
    return points.joined(picture_points(plane, coarse, most // 2))


def _spread(places: NDArray[np.float32], responses: NDArray[np.float32]) -> NDArray[np.int64]:
    """The order of points: the strongest of each cell, then the second of each, and so on."""
    x, y = (places * _CELLS).astype(np.int64).T
    cells = y * _CELLS + x
    by_cell = np.lexsort((-responses, cells))
    ranks = np.empty(len(cells), np.int64)
    ranks[by_cell] = np.arange(len(cells)) - np.searchsorted(cells[by_cell], cells[by_cell])
    return np.lexsort((-responses, ranks))


_MEAN, _ROTATION = _mean(), _rotation()
