"""Key -> carriers: which coded bit and which sign each wavelet coefficient of a tile has, and the frequencies
of the constellation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import RATE
from ..common.frame import FRAME_BITS
from ..common.null_law import CHECKED, CHOSEN
from ..common.streams import words as stream_words
from ..common.wavelet import LEVELS, synthesise

SCHEME = "stamp.image.1"
PERIOD = 256  # canonical pixels: a crop of about one tile carries the whole frame
PILOT, DETECTION = -2, -1  # columns of the two kinds of known chips, after those of the coded bits
CONSTELLATION = 32
F_MIN, F_MAX = 0.08, 0.19  # cycles per canonical pixel
_SPACING = 6 / PERIOD


@dataclass(frozen=True, slots=True)
class Layout:
    """What a scheme puts into a tile.

    scheme : its name, with which the purposes of its streams begin. frame_bits : of payload and check.
    pilots, detection_chips : shares of the coefficients that carry known chips. Pilots serve to find the mark
    and to measure the channel; detection chips serve only to judge what was found (`null_law`). Without any,
    the coded bits are judged by themselves.
    profiles : gains of the sub-bands, level 1 first, LH HL HH within a level, after what usually happens to a
    marked picture. filters : profiles under which the pilots become matched filters, which find where in its
    tile a picture begins; True for those that fine texture decides, which see the picture whitened.
    """

    scheme: str
    frame_bits: int
    pilots: float
    detection_chips: float
    profiles: tuple[tuple[float, ...], ...]
    filters: tuple[tuple[int, bool], ...] = ()

    @property
    def odds(self) -> float:
        """The factor of the statistic's probability that one decoding adds."""
        return CHECKED if self.detection_chips else CHOSEN

    @property
    def coded_bits(self) -> int:
        """The number of coded bits."""
        return RATE * self.frame_bits

    @property
    def symbols(self) -> int:
        """The number of coded bits and kinds of known chips."""
        return self.coded_bits + 2

    @property
    def pilot(self) -> int:
        """The index of the pilots."""
        return self.symbols + PILOT

    @property
    def detection(self) -> int:
        """The index of the detection chips."""
        return self.symbols + DETECTION


IMAGE = Layout(
    SCHEME,
    FRAME_BITS,
    pilots=0.12,
    detection_chips=0.08,
    profiles=(  # nothing; a mild filter; JPEG or WebP; a strong blur or a resize to a quarter
        (1, 1, 1, 1, 1, 1, 1, 1, 1, 0.4, 0.4, 0.4),
        (0.5, 0.5, 0.5, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5),
        (0.1, 0.1, 0.1, 0.45, 0.45, 0.45, 1, 1, 1, 0.5, 0.5, 0.5),
        (0, 0, 0, 0.15, 0.15, 0.15, 1, 1, 1, 0.5, 0.5, 0.5),
    ),
)


@dataclass(frozen=True, slots=True)
class Carriers:
    """What one key puts into one tile.

    layout : of the tile.
    index, sign : one array per level 1..4, shape (3, PERIOD >> level, PERIOD >> level), orientations in the
        order LH, HL, HH of `wavelet.analyse`; index is the coded bit that the coefficient carries, or the
        layout's `pilot` or `detection`; sign is -1 or +1.
    pilot_spectrum : conjugate FFT of the tile with only the pilots in it, (PERIOD, PERIOD // 2 + 1)
        complex64. filters : the same under each profile of the layout's `filters`.
    frequencies : (CONSTELLATION, 2) float64, (fy, fx) in cycles per canonical pixel, on the lattice k /
        PERIOD.
    """

    layout: Layout
    index: tuple[NDArray[np.int16], ...]
    sign: tuple[NDArray[np.float32], ...]
    pilot_spectrum: NDArray[np.complex64]
    filters: tuple[NDArray[np.complex64], ...]
    frequencies: NDArray[np.float64]


@lru_cache(maxsize=8)
def carriers(key: Key, layout: Layout = IMAGE) -> Carriers:
    """Derive the carriers of a key for a layout (cached: it takes some ten milliseconds)."""
    coded, scheme = layout.coded_bits, layout.scheme
    pilot, detection = layout.pilot, layout.detection
    index, sign = [], []
    for level in range(1, LEVELS + 1):
        side = PERIOD >> level
        count = 3 * side * side
        words = stream_words(key, f"{scheme}/carrier/{level}", count)
        pilots, known = round(layout.pilots * count), round(layout.detection_chips * count)
        known += pilots
        rank = np.empty(count, np.int64)
        rank[np.argsort(words, kind="stable")] = np.arange(count)
        bit = np.where(rank < known, detection, (rank - known) % coded)
        index.append(np.where(rank < pilots, pilot, bit).astype(np.int16).reshape(3, side, side))
        sign.append(np.where(words & np.uint64(1), np.float32(1), np.float32(-1)).reshape(3, side, side))
    pilots_only = [np.where(i == pilot, s, np.float32(0)) for i, s in zip(index, sign, strict=True)]
    filters = tuple(_spectrum(pilots_only, layout.profiles[profile]) for profile, _ in layout.filters)
    spectrum = _spectrum(pilots_only, (1.0,) * 3 * LEVELS)
    return Carriers(layout, tuple(index), tuple(sign), spectrum, filters, constellation(key, scheme))


def _spectrum(details: list[NDArray[np.float32]], gains: tuple[float, ...]) -> NDArray[np.complex64]:
    """Return the conjugate FFT of a tile whose sub-bands have these gains."""
    levels = np.array(gains, np.float32).reshape(LEVELS, 3, 1, 1)
    scaled = [detail * gain for detail, gain in zip(details, levels, strict=True)]
    tile = synthesise(np.zeros((PERIOD >> LEVELS,) * 2, np.float32), scaled)
    return np.conj(np.fft.rfft2(tile)).astype(np.complex64)


def constellation(key: Key, scheme: str) -> NDArray[np.float64]:
    """Draw the key's frequencies, log-uniform in radius and uniform in angle over half the plane, no two
    closer than 6 / PERIOD."""
    uniform = stream_words(key, f"{scheme}/constellation", 4096).astype(np.float64).reshape(-1, 2) * 2.0**-64
    points: list[NDArray[np.float64]] = []
    for u, v in uniform:
        radius, angle = F_MIN * (F_MAX / F_MIN) ** u, np.pi * v
        f = np.rint(np.array([np.sin(angle), np.cos(angle)]) * radius * PERIOD) / PERIOD
        if all(min(np.hypot(*(f - q)), np.hypot(*(f + q))) > _SPACING for q in points):
            points.append(f)
        if len(points) == CONSTELLATION:
            break
    return np.array(points)
