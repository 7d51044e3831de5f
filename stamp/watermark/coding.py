"""The error-correcting code: tail-biting convolutional, rate 1/6, constraint length 15, decoded softly.

Generators: the K = 15 rate 1/6 code of NASA's deep-space missions (JPL TDA Progress Report 42-63, 1981; octal 46321 51271
63667 70535 73277 76513). Tail-biting saves the 14 tail bits, 13 % of the energy at this length. Decoding is the wrap-around
Viterbi algorithm (Shao, Lin, Fossorier, "Two decoding algorithms for tailbiting codes", IEEE Trans. Commun. 51(10), 2003,
doi:10.1109/TCOMM.2003.818084).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .payload import FRAME_BITS

CONSTRAINT = 15
GENERATORS = (0o46321, 0o51271, 0o63667, 0o70535, 0o73277, 0o76513)
RATE = len(GENERATORS)
CODED_BITS = RATE * FRAME_BITS
_STATES = 1 << (CONSTRAINT - 1)
_WRAP = 48  # extra steps before and after: about three constraint lengths, after which all survivors share one path


def encode(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """`FRAME_BITS` bits -> `CODED_BITS` bits. The register starts with the last bits, so that it ends where it began."""
    padded = np.concatenate([bits[-(CONSTRAINT - 1) :], bits]).astype(np.int64)
    taps = np.array([[(g >> i) & 1 for i in range(CONSTRAINT)] for g in GENERATORS])
    windows = np.lib.stride_tricks.sliding_window_view(padded, CONSTRAINT)[:, ::-1]
    return ((windows @ taps.T) & 1).astype(np.uint8).ravel()


@cache
def _labels() -> NDArray[np.uint8]:
    """(2, 2, states/2): the six output bits when the bit shifted in is b and the bit shifted out is a, for register middle m."""
    parity = np.array([bin(v).count("1") & 1 for v in range(256)], np.uint8)
    register = np.arange(1 << CONSTRAINT)
    label = np.zeros(register.size, np.uint8)
    for g in GENERATORS:
        masked = register & g
        label = (label << 1) | (parity[masked & 255] ^ parity[masked >> 8])
    return label.reshape(2, _STATES // 2, 2).transpose(2, 0, 1).copy()


@cache
def _signs() -> NDArray[np.float32]:
    """(64, 6): +1 for an output bit 0, -1 for 1."""
    v = np.arange(1 << RATE)[:, None] >> np.arange(RATE - 1, -1, -1)
    return (1 - 2 * (v & 1)).astype(np.float32)


def decode(soft: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Soft values, positive where a coded bit is more likely 0, shape (CODED_BITS,) -> the most likely `FRAME_BITS` bits."""
    steps = soft.reshape(FRAME_BITS, RATE).astype(np.float32)
    order = np.arange(-_WRAP, FRAME_BITS + _WRAP) % FRAME_BITS
    table = steps @ _signs().T
    labels = _labels()
    metric = np.zeros(_STATES, np.float32)
    decisions = np.empty((order.size, 2, _STATES // 2), bool)
    for t, step in enumerate(order):
        # a register is (bit out a, 13 middle bits m, bit in b): the old state is (a, m), the new one (m, b)
        branch = table[step][labels]
        old = metric.reshape(2, _STATES // 2)
        zero, one = old[0] + branch[:, 0], old[1] + branch[:, 1]
        np.greater(one, zero, out=decisions[t])
        metric = np.maximum(zero, one).T.reshape(_STATES)
    state = int(metric.argmax())
    bits = np.empty(order.size, np.uint8)
    for t in range(order.size - 1, -1, -1):
        b, m = state & 1, state >> 1
        bits[t] = b
        state = (int(decisions[t, b, m]) << (CONSTRAINT - 2)) | m
    return bits[_WRAP : _WRAP + FRAME_BITS]
