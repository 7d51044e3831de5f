"""Judge known payloads by what is left of a photo, or of the frames of a clip, without the original; see
`common.known`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...core.key import Key
from ..common.known import Judged, judged
from .carrier import IMAGE, PILOT, Layout, carriers, variant_of
from .decode import code_of
from .grid import Grid
from .observation import BANDS, Observation, in_variant


def judge(
    observation: Observation, key: Key, grid: Grid, payloads: Sequence[bytes], layout: Layout = IMAGE
) -> list[Judged]:
    """Judge candidates that were marked with `key` on `grid`. Raises PayloadError."""
    made = carriers(key, layout)
    energy = float(observation.coded_energy.sum())
    found = []
    for payload in payloads:
        own = in_variant(observation, made, variant_of(payload, key, layout))
        soft = np.ones(BANDS) @ own.soft[:, :PILOT]
        found.append(judged(soft, code_of(payload, key, grid, layout), energy, layout.frame_bits))
    return found
