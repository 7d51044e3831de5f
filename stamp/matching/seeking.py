"""Find the place of a suspect whose points match nothing: a small piece, a thumbnail, a smooth sky.

Two things are tried that copies mostly are: all of the original at another size, and a part of it at its own.
One correlation of phases shows the place; it counts only where the fine detail agrees there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.detection import Transform
from .by_mark import located
from .opencv import luma
from .registration import Registration, judged, register

_AGREES = 0.5  # correlation of fine detail; right places had 0.68 and more, wrong ones 0.18 at most


def sought(original: NDArray[Any], suspect: NDArray[Any]) -> Registration | None:
    """Lay a suspect onto the original by its points or, where these do not match, by its shades; None where
    no place for it is found. Arguments and errors are those of `register`."""
    if (found := register(original, suspect)) is not None:
        return found
    whole, piece = luma(original, "original"), luma(suspect, "suspect")
    wider = piece.shape[1] / piece.shape[0] / (whole.shape[1] / whole.shape[0])
    guesses = (
        Transform(1.0, 0.0, mirrored=False, aspect=wider),
        Transform(float(np.sqrt(whole.size / piece.size)), 0.0, mirrored=False, aspect=1.0),
    )
    places = (judged(whole, piece, located(whole, piece, guess), 0) for guess in guesses)
    best = max(places, key=lambda place: place.correlation)
    return best if best.correlation >= _AGREES else None
