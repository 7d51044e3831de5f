"""Key -> carriers: which coded bit and which sign each wavelet coefficient of a tile has, and the frequencies
of the constellation."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import RATE
from ..common.null_law import CHOSEN, CHOSEN_PICTURE
from ..common.streams import words as stream_words
from ..common.wavelet import LEVELS, synthesise

SCHEME = "stamp.image.2"
PERIOD = 256  # canonical pixels: a crop of about one tile carries the whole frame
PILOT = -1  # the column of the known chips, after those of the coded bits
CONSTELLATION = 32
F_MIN, F_MAX = 0.08, 0.19  # cycles per canonical pixel
_SPACING = 6 / PERIOD


@dataclass(frozen=True, slots=True)
class Layout:
    """What a scheme puts into a tile.

    scheme : its name, with which the purposes of its streams begin. frame_bits : of payload and check.
    pilots : the share of the coefficients that carry known chips, which serve to find the mark and to measure
        the channel.
    profiles : gains of the sub-bands, level 1 first, LH HL HH within a level, after what usually happens to a
        marked work. filters : profiles under which the pilots become matched filters, which find where in its
        tile a picture begins; True for those that fine texture decides, which see the picture whitened.
    variants : the number of patterns of signs that coded bits may have; the payload chooses one. With more
        than one, the pilots' stream is apart from that of the coded bits.
    odds : the factor of the statistic's probability that one attempt adds; see `null_law`.
    """

    scheme: str
    frame_bits: int
    pilots: float
    profiles: tuple[tuple[float, ...], ...]
    filters: tuple[tuple[int, bool], ...] = ()
    variants: int = 1
    odds: float = CHOSEN

    @property
    def coded_bits(self) -> int:
        """The number of coded bits."""
        return RATE * self.frame_bits

    @property
    def symbols(self) -> int:
        """The number of coded bits and kinds of known chips."""
        return self.coded_bits + 1

    @property
    def pilot(self) -> int:
        """The index of the pilots."""
        return self.coded_bits


IMAGE = Layout(
    SCHEME,
    frame_bits=84,
    pilots=0.14,
    # what maximal-ratio weights of pictures came to after 27 attacks: twelve centres of 270
    profiles=(
        (0.0, 0.1, 0.0, 0.2, 0.2, 0.4, 1.0, 0.9, 0.9, 0.7, 0.0, 0.25),
        (0.45, 0.45, 0.6, 0.55, 0.6, 0.9, 0.7, 0.65, 1.0, 0.3, 0.3, 0.45),
        (0.1, 0.1, 0.05, 0.2, 0.25, 0.2, 0.65, 0.7, 1.0, 0.25, 0.4, 0.7),
        (0.25, 0.35, 0.55, 0.2, 0.3, 0.65, 1.0, 0.9, 0.9, 0.7, 0.0, 0.25),
        (0.2, 0.2, 0.15, 0.5, 0.5, 0.6, 0.75, 0.65, 1.0, 0.4, 0.3, 0.5),
        (0.0, 0.0, 0.0, 0.2, 0.2, 0.1, 1.0, 1.0, 0.85, 0.7, 0.85, 0.7),
        (0.0, 0.0, 0.0, 0.3, 0.2, 0.25, 0.85, 0.7, 1.0, 0.3, 0.2, 0.4),
        (0.05, 0.05, 0.1, 0.25, 0.3, 0.4, 0.75, 0.4, 1.0, 0.3, 0.0, 0.65),
        (0.05, 0.05, 0.05, 0.45, 0.5, 0.6, 0.75, 0.7, 1.0, 0.35, 0.35, 0.5),
        (0.05, 0.05, 0.05, 0.3, 0.35, 0.3, 0.75, 1.0, 0.9, 0.55, 0.6, 0.6),
        (0.0, 0.0, 0.0, 0.15, 0.1, 0.15, 0.75, 0.4, 1.0, 0.6, 0.0, 0.65),
        (0.1, 0.2, 0.15, 0.2, 0.3, 0.55, 1.0, 0.95, 0.9, 0.75, 0.1, 0.25),
    ),
    variants=16,
    odds=CHOSEN_PICTURE,
)


@dataclass(frozen=True, slots=True)
class Carriers:
    """What one key puts into one tile.

    layout : of the tile.
    index, sign : one array per level 1..4, shape (3, PERIOD >> level, PERIOD >> level), orientations in the
        order LH, HL, HH of `wavelet.analyse`; index is the coded bit that the coefficient carries, or the
        layout's `pilot`; sign is -1 or +1.
    flips : (variants, coefficients of a tile) int8, -1 where a variant turns the sign, else +1; levels one
        after another. band : (coefficients,) the number of the sub-band times the layout's `symbols`, and the
        index.
    pilot_spectrum : conjugate FFT of the tile with only the pilots in it, (PERIOD, PERIOD // 2 + 1)
        complex64. filters : the same under each profile of the layout's `filters`.
    frequencies : (CONSTELLATION, 2) float64, (fy, fx) in cycles per canonical pixel, on the lattice k /
        PERIOD.
    """

    layout: Layout
    index: tuple[NDArray[np.int16], ...]
    sign: tuple[NDArray[np.float32], ...]
    flips: NDArray[np.int8]
    band: NDArray[np.int64]
    pilot_spectrum: NDArray[np.complex64]
    filters: tuple[NDArray[np.complex64], ...]
    frequencies: NDArray[np.float64]

    def of(self, variant: int) -> Carriers:
        """Return the carriers whose `sign` is that of one variant."""
        ends = np.cumsum([sign.size for sign in self.sign])[:-1]
        flips = np.split(self.flips[variant], ends)
        signs = (sign * flip.reshape(sign.shape) for sign, flip in zip(self.sign, flips, strict=True))
        return replace(self, sign=tuple(signs))


@lru_cache(maxsize=64)
def carriers(key: Key, layout: Layout = IMAGE) -> Carriers:
    """Derive the carriers of a key for a layout (cached: it takes some ten milliseconds)."""
    index, sign, band = [], [], []
    for level in range(1, LEVELS + 1):
        i, s = _level(key, layout, level)
        index.append(i)
        sign.append(s)
        number = 3 * (level - 1) + np.arange(3)[:, None, None]
        band.append((number * layout.symbols + i).ravel())
    pilots_only = [np.where(i == layout.pilot, s, np.float32(0)) for i, s in zip(index, sign, strict=True)]
    filters = tuple(_spectrum(pilots_only, layout.profiles[profile]) for profile, _ in layout.filters)
    return Carriers(
        layout,
        tuple(index),
        tuple(sign),
        _flips(key, layout, np.concatenate([i.ravel() for i in index]) == layout.pilot),
        np.concatenate(band),
        _spectrum(pilots_only, (1.0,) * 3 * LEVELS),
        filters,
        constellation(key.geometry, layout.scheme),
    )


def variant_of(payload: bytes, key: Key, layout: Layout = IMAGE) -> int:
    """Return the variant that a payload chooses."""
    if layout.variants == 1:
        return 0
    return hmac.digest(key.stream(f"{layout.scheme}/variant", 32), payload, "sha256")[0] % layout.variants


def _level(key: Key, layout: Layout, level: int) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Return index and sign of one level."""
    side = PERIOD >> level
    count = 3 * side * side
    words = stream_words(key, f"{layout.scheme}/carrier/{level}", count)
    pilots = round(layout.pilots * count)
    leading = words
    if layout.variants > 1:
        leading = stream_words(key.geometry, f"{layout.scheme}/pilot/{level}", count)
    known = np.zeros(count, bool)
    known[np.argsort(leading, kind="stable")[:pilots]] = True
    order = np.argsort(words, kind="stable")
    index = np.full(count, layout.pilot, np.int16)
    data = order[~known[order]]
    index[data] = np.arange(len(data)) % layout.coded_bits
    odd = (np.where(known, leading, words) & np.uint64(1)).astype(bool)
    sign = np.where(odd, np.float32(1), np.float32(-1))
    return index.reshape(3, side, side), sign.reshape(3, side, side)


def _flips(key: Key, layout: Layout, pilots: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return the signs of each variant; those of the pilots are the same in all."""
    flips = np.ones((layout.variants, pilots.size), np.int8)
    for variant in range(layout.variants if layout.variants > 1 else 0):
        drawn = key.stream(f"{layout.scheme}/variant/{variant}", pilots.size // 8)
        turned = np.unpackbits(np.frombuffer(drawn, np.uint8)).astype(bool)
        flips[variant, turned & ~pilots] = -1
    return flips


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
