"""Signals of pictures as light, and light as contrast.

A signal is R'G'B' from 0 to 1. Light is relative to white: that of sRGB (IEC 61966-2-1, as WCAG 2.2 defines
relative luminance), and 203 cd/m2 in HDR (ITU-R BT.2408), where light above 1 is brighter than paper.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Transfer = Literal["sdr", "pq", "hlg"]

WHITE_NITS: Final = 203.0
_PEAK_NITS: Final = 10_000.0
_FLARE: Final = 0.05
_WEIGHTS: Final = {
    "sdr": (0.2126, 0.7152, 0.0722),
    "pq": (0.2627, 0.678, 0.0593),
    "hlg": (0.2627, 0.678, 0.0593),
}
_TO_2020: Final = ((0.6274, 0.3293, 0.0433), (0.0691, 0.9195, 0.0114), (0.0164, 0.0880, 0.8956))
"""Linear Rec. 709 to Rec. 2020 (ITU-R BT.2087)."""
# SMPTE ST 2084
_M1, _M2, _C1, _C2, _C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
# ITU-R BT.2100: HLG, with the display of 1,000 cd/m2 that BT.2408 takes
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_HLG_GAMMA, _HLG_PEAK = 1.2, 1000.0


def light(signal: Plane, transfer: Transfer = "sdr") -> Plane:
    """Return the relative luminance (...) of signals (..., 3)."""
    weights = np.array(_WEIGHTS[transfer], np.float32)
    signal = np.clip(signal, 0, 1)
    if transfer == "pq":
        root = signal ** (1 / _M2)
        nits = _PEAK_NITS * (np.maximum(root - _C1, 0) / (_C2 - _C3 * root)) ** (1 / _M1)
        return np.asarray(nits @ weights / WHITE_NITS, np.float32)
    if transfer == "hlg":
        scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12)
        return np.asarray((scene @ weights) ** _HLG_GAMMA * _HLG_PEAK / WHITE_NITS, np.float32)
    linear = np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ weights, np.float32)


def in_space(colour: Plane, transfer: Transfer) -> Plane:
    """Return sRGB colours (..., 3) as signals of a picture; white is the white of paper there."""
    if transfer == "sdr":
        return colour
    linear = np.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    wide = np.clip(linear @ np.array(_TO_2020, np.float32).T, 0, 1)
    if transfer == "pq":
        power = (wide * WHITE_NITS / _PEAK_NITS) ** _M1
        return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2, np.float32)
    scene = (wide * WHITE_NITS / _HLG_PEAK) ** (1 / _HLG_GAMMA)
    signal = np.where(
        scene <= 1 / 12, np.sqrt(3 * scene), _A * np.log(np.maximum(12 * scene - _B, 1e-9)) + _C
    )
    return np.asarray(signal, np.float32)


def contrast(one: float, other: float) -> float:
    """Return the contrast ratio of two relative luminances, 1 to 21 (beyond, in HDR)."""
    return (max(one, other) + _FLARE) / (min(one, other) + _FLARE)
