"""Read a mark, or judge known payloads, in what is left of a song without the unmarked song.

What the original explains of every tile's contrast is taken away. What is left counts by how much of the
original's own contrast has survived there, and how much else is there. All of this comes from suspect and
original; the key's signs have no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ...core.key import Key
from ..common.coding import CODED_BITS, encode
from ..common.frame import FRAME_BITS, frame
from ..common.known import Judged, judged
from .bands import STEPS, STEPS_A_SLOT
from .carrier import SCHEME, start_slot
from .decode import observe
from .detector import answer
from .maps import Mapper, Stretch
from .reader import Reader
from .sync import PERIOD_ROWS, Alignment
from .tile_contrast import Map, smoothed

_AROUND = STEPS // 2  # rows to either side over which it is measured what the original explains
_PRIOR = np.float32(0.1)  # of the whole band, that counts everywhere


def contrasts(samples: NDArray[np.floating], sample_rate: int) -> Map:
    """Return the contrast of every tile, (rows, bands), of samples (n, channels) in -1..1.

    Raises HostError for a sample rate that cannot be marked.
    """
    mapper = Mapper(sample_rate, samples.shape[1], PERIOD_ROWS)
    return np.concatenate([part.rows for part in (*mapper.push(samples), *mapper.flush())])


def residue(suspect: Map, original: Map) -> Map:
    """Return what the original does not explain of a suspect that plays it from the same row on."""
    length = min(len(suspect), len(original))
    there, known = suspect[:length], original[:length]
    fitted = _around(there * known) / (_around(known * known) + np.float32(1e-6))
    left = np.asarray(there - fitted * known, np.float32)
    return np.asarray(left * np.clip(fitted, 0, 1) / (_around(left * left) + np.float32(1e-6)), np.float32)


def _around(rows: Map) -> Map:
    return np.asarray(smoothed(rows, min(_AROUND, len(rows) - 1)) + _PRIOR * rows.mean(0), np.float32)


def judge(left: Map, key: Key, payloads: Sequence[bytes], starts_s: float) -> list[Judged]:
    """Judge candidates by what is left of a song. starts_s : where in the song that was marked that begins.

    Raises PayloadError.
    """
    # Of one period, the signs are those of the key: each counts once, however often it is played.
    period = np.zeros((-(-len(left) // PERIOD_ROWS) * PERIOD_ROWS, left.shape[1]), np.float32)
    period[: len(left)] = left
    folded = period.reshape(-1, PERIOD_ROWS, left.shape[1]).sum(0)[: max(len(left), 2)]
    found = []
    for payload in payloads:
        offset = (start_slot(payload, key) * STEPS_A_SLOT + starts_s * STEPS) % PERIOD_ROWS
        seen = observe(folded, key, Alignment(0.0, offset))
        code = 1.0 - 2.0 * encode(frame(payload, key, SCHEME)).astype(np.float64)
        soft, energy = seen.soft[:, :CODED_BITS].sum(0), float(seen.energy[:, :CODED_BITS].sum())
        found.append(judged(soft, code, energy, FRAME_BITS))
    return found


def read(left: Map, key: Key) -> Detection:
    """Look for the mark of `key` in what is left of a song; "not found" is a value. Spans are from its first
    row on."""
    reader = Reader(key, search=False)
    for first in range(0, len(left), PERIOD_ROWS):
        reader.read(Stretch(first, left[first : first + PERIOD_ROWS], []))
    return answer(key.name, reader)
