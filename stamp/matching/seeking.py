"""Find the place of a suspect whose points match nothing: a small piece, a thumbnail, a smooth sky.

Two things are tried that copies mostly are: all of the original at another size, and a part of it at its own,
which is wherever its shades fit best. Either counts only where the fine detail agrees there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.detection import Transform
from .by_mark import located
from .opencv import Matrix, luma, opencv, reduced, resizing
from .registration import Registration, judged, register

_AGREES = 0.5  # correlation of fine detail; right places had 0.59 and more, most wrong ones below 0.1
_SIDE = 1600  # longest side at which a piece is sought


def sought(original: NDArray[Any], suspect: NDArray[Any]) -> Registration | None:
    """Lay a suspect onto the original by its points or, where these do not match, by its shades; None where
    no place for it is found. Arguments and errors are those of `register`."""
    if (found := register(original, suspect)) is not None:
        return found
    whole, piece = luma(original, "original"), luma(suspect, "suspect")
    places = [judged(whole, piece, matrix, 0) for matrix in _guesses(whole, piece)]
    best = max(places, key=lambda place: place.correlation)
    return best if best.correlation >= _AGREES else None


def _guesses(whole: NDArray[np.uint8], piece: NDArray[np.uint8]) -> Iterator[Matrix]:
    """Maps from pixels of the piece to the original's."""
    wider = piece.shape[1] / piece.shape[0] / (whole.shape[1] / whole.shape[0])
    yield located(whole, piece, Transform(1.0, 0.0, mirrored=False, aspect=wider))
    if piece.shape[0] <= whole.shape[0] and piece.shape[1] <= whole.shape[1]:
        yield _piece(whole, piece)


def _piece(whole: NDArray[np.uint8], piece: NDArray[np.uint8]) -> Matrix:
    """The place in the original at which a piece of its own size fits best."""
    cv2 = opencv()
    small, back = reduced(whole, _SIDE)
    height, width = (max(1, round(side * small.shape[0] / whole.shape[0])) for side in piece.shape)
    size = min(width, small.shape[1]), min(height, small.shape[0])
    less = cv2.resize(piece, size, interpolation=cv2.INTER_AREA)
    *_, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(small, less, cv2.TM_CCOEFF_NORMED))
    there = resizing((piece.shape[1], piece.shape[0]), size)
    there[:2, 2] += x, y
    placed: Matrix = back @ there
    return placed
