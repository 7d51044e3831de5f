"""The search in an accumulated picture: placed by matched filters, judged by its code words."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from ...core.detection import Detection
from ..common import null_law
from ..common.soft_decoding import Decoded
from ..image.align import Offset
from ..image.decode import code_energy, decode_payload
from ..image.search import Attempt, Plane, Search, Thresholds
from ..image.stages import whitened_inside
from ..image.warp import unwarp
from .pilots import climb, tile_offsets, zooms

_GEOMETRIES, _OFFSETS = 3, 2  # of an exhaustive search: from the constellation, and in each geometry


@dataclass(frozen=True, slots=True)
class VideoThresholds(Thresholds):
    """Those of every search, and what else must be reached, in standard deviations.

    energy : of the coded bits, from which they are decoded. exhaustive_decode, exhaustive_peak : as
        `decode_far` and `peak`, in an exhaustive search.
    """

    # An offset that a matched filter chooses promises more by itself.
    drift: float = 4.8
    peak: float = 4.5
    near_peak: float = -inf
    energy: float = 1.0
    exhaustive_decode: float = 3.0
    exhaustive_peak: float = 4.2


@dataclass(slots=True)
class VideoSearch(Search):
    """Places a picture by matched filters, and judges it by its code words, having no detection chips.

    budget, decodings : attempts whose coded bits are looked at, however often they are decoded. score : the
    highest of all frames that were decoded.
    """

    thresholds: VideoThresholds = VideoThresholds()

    def offsets(
        self, plane: Plane, white: Plane, near: int | None = None, about: Offset = (0, 0)
    ) -> list[tuple[float, Offset]]:
        return tile_offsets(white, plane, self.carriers, near, about)

    def decode_attempt(self, attempt: Attempt, *, promising: bool) -> Decoded | None:
        if not promising:
            return None
        self.decodings += 1
        layout, observation = self.carriers.layout, attempt.observation
        if code_energy(observation, layout) < self.thresholds.energy:
            return None
        decoded = decode_payload(observation, self.key, null_law.MAX_DECODINGS, layout)
        self.score = max(self.score, decoded.score)
        return decoded


def search_exhaustively(search: VideoSearch) -> Detection | None:
    """Climb to better geometries from those in which the constellation stands out most, and from the zooms in
    which the pilots do. A stage that comes after all others."""
    least, peak_least = search.thresholds.exhaustive_decode, search.thresholds.exhaustive_peak
    starts = [affine for _, affine in search.candidates[:_GEOMETRIES]]
    for affine in [*starts, *zooms(search.work, search.carriers)]:
        if (warped := unwarp(search.work, affine)) is None:
            continue
        for peak, offset in search.offsets(warped[0], whitened_inside(*warped))[:_OFFSETS]:
            if peak < peak_least:
                break
            attempt = search.attempt(*warped, offset, affine)
            if (found := search.decode(attempt, least)) is not None:
                return found
            better, nearby = climb(search.work, affine, offset, search.carriers)
            if (climbed := unwarp(search.work, better)) is None:
                continue
            attempt = search.attempt(*climbed, nearby, better)
            if (found := search.decode(attempt, least)) is not None:
                return found
    return None
