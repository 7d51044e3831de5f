"""How much each tile may be changed unheard: steadiness, attacks, and how far down the ear does not go.

A steady tone shows any wobble, a rustle none: the amplitude follows the deviation that the band shows by
itself, up to a ceiling. That is tonality without a tonality estimator: a tonal masker hides about 20 dB less
than a noisy one (H. Fastl and E. Zwicker, "Psychoacoustics", 3rd edition, chapters 4 and 10), and a band of
noise deviates by 5 dB where a tone does by less than half.

A narrow band rings. What is changed in a click would ring before it, where nothing masks it for longer than
some milliseconds (ibid., section 4.4): so a tile's mark is lowered by what the tile rises above its quietest
neighbourhood.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bands import BANDS, LOW_BANDS, STEPS_A_SLOT, edges
from .tile_contrast import KINDS, Map, contrast, deviation, log_energy, smoothed

_DECIBEL = np.log(10) / 20
_CEILING_LOW, _CEILING_HIGH, _CEILING_EDGE = 1.05, 0.36, 4800.0  # dB below and above so many Hz
_SHARE = 1.0  # dB of mark a dB of the band's own deviation
_LEAST = 0.05  # of the ceiling: less is nothing
_AROUND = 12  # rows over which deviations are smoothed once more
# by band: rows on either side into which it rings
_REACH = ((slice(0, 14), 12), (slice(14, 28), 8), (slice(28, 44), 4), (slice(44, BANDS), 2))
_DECAY = 10.0  # dB that ringing has lost there
_MARGIN = 3.0  # dB by which a tile may exceed its neighbourhood freely
_QUIET = 1e-9  # energy of a row (-90 dB of full scale) below which nothing is marked


def ceiling() -> NDArray[np.float32]:
    """Return the (BANDS,) largest amplitudes in nepers."""
    edge = edges()
    centre = np.sqrt(edge[1:] * edge[:-1])
    decibels = np.where(centre < _CEILING_EDGE, _CEILING_LOW, _CEILING_HIGH)
    return np.asarray(decibels * _DECIBEL, np.float32)


def _across(rows: Map) -> Map:
    """Add a little of the neighbouring bands to each."""
    padded = np.pad(rows, ((0, 0), (1, 1)), mode="edge")
    out: Map = 0.25 * (padded[:, :-2] + padded[:, 2:]) + 0.5 * padded[:, 1:-1]
    return out


def _excess(rows: Map, level: Map) -> Map:
    """Return the dB by which each tile rises above the quietest moment that its mark would ring into."""
    around = 10 * np.log10(smoothed(rows, 1) + np.float32(1e-14))
    out = np.empty_like(level)
    for part, reach in _REACH:
        quietest = around[:, part].copy()
        for distance in range(1, reach + 1):
            decay = np.float32(_DECAY * distance / reach)
            np.minimum(quietest[distance:], around[:-distance, part] + decay, out=quietest[distance:])
            np.minimum(quietest[:-distance], around[distance:, part] + decay, out=quietest[:-distance])
        tile = 2 * STEPS_A_SLOT if part.start < LOW_BANDS else STEPS_A_SLOT
        out[:, part] = level[:, part] - np.float32(10 * np.log10(tile)) - quietest
    out -= _MARGIN
    return np.maximum(out, 0, out=out)


def amplitudes(rows: Map) -> NDArray[np.float32]:
    """Return the amplitudes, (n / STEPS_A_SLOT, bands) in nepers, for the energies of all channels together,
    (n, bands).

    Energies are those of samples in -1..1. What is computed for a row depends on the rows within a third of a
    second only.
    """
    level = log_energy(rows)
    own = _across(smoothed(deviation(contrast(level)), _AROUND))
    top = ceiling()[: rows.shape[1]]
    allowed = np.minimum(own * np.float32(_SHARE * _DECIBEL), top)
    allowed *= np.exp(_excess(rows, level) * np.float32(-_DECIBEL))
    allowed[rows < _QUIET] = 0
    allowed[allowed < _LEAST * top] = 0
    out: NDArray[np.float32] = allowed[::STEPS_A_SLOT].copy()
    for part, length in KINDS:
        if length > STEPS_A_SLOT:  # the whole of a long tile is changed alike
            out[0::2, part] = np.minimum(out[0::2, part], out[1::2, part])
            out[1::2, part] = out[0::2, part]
    return out
