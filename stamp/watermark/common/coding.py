"""The error-correcting code: tail-biting convolutional, rate 1/6, constraint length 15, decoded softly.

Generators: those of the K = 15 rate 1/6 code that NASA's Mars Pathfinder and Cassini flew (octal 46321 51271
63667 70535 73277 76513). Tail-biting saves the 14 tail bits, 13 % of the energy at this length.
Decoding is the wrap-around Viterbi algorithm (Shao, Lin, Fossorier, "Two decoding algorithms for tailbiting
codes", IEEE Trans. Commun. 51(10), 2003, doi:10.1109/TCOMM.2003.818084).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from .frame import FRAME_BITS

CONSTRAINT = 15
GENERATORS = (0o46321, 0o51271, 0o63667, 0o70535, 0o73277, 0o76513)
RATE = len(GENERATORS)
CODED_BITS = RATE * FRAME_BITS  # of a whole frame
_STATES = 1 << (CONSTRAINT - 1)
# extra steps before and after: nearly three constraint lengths, after which all survivors share one path
_WRAP = 40


def encode(bits: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Encode n bits to `RATE` n bits. The register starts with the last bits, so that it ends where it
    began."""
    padded = np.concatenate([bits[-(CONSTRAINT - 1) :], bits]).astype(np.int64)
    taps = np.array([[(g >> i) & 1 for i in range(CONSTRAINT)] for g in GENERATORS])
    windows = np.lib.stride_tricks.sliding_window_view(padded, CONSTRAINT)[:, ::-1]
    coded: NDArray[np.uint8] = ((windows @ taps.T) & 1).astype(np.uint8).ravel()
    return coded


@cache
def _labels() -> NDArray[np.intp]:
    """Return, (states / 2,), the six output bits of the register (0, m, 0), m being its thirteen middle bits.

    All generators begin and end with a one, so that another first or last bit turns all six round.
    """
    parity = np.array([bin(v).count("1") & 1 for v in range(256)], np.intp)
    register = np.arange(_STATES // 2) << 1
    label = np.zeros(register.size, np.intp)
    for g in GENERATORS:
        masked = register & g
        label = (label << 1) | (parity[masked & 255] ^ parity[masked >> 8])
    return label


@cache
def _signs() -> NDArray[np.float32]:
    """Return the signs of six output bits, (64, 6): +1 for 0, -1 for 1."""
    v = np.arange(1 << RATE)[:, None] >> np.arange(RATE - 1, -1, -1)
    return (1 - 2 * (v & 1)).astype(np.float32)


def decode(soft: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Decode soft values, (`RATE` n,), positive where a coded bit is more likely 0, to the most likely n
    bits."""
    steps = soft.reshape(-1, RATE).astype(np.float32)
    count = len(steps)
    order = np.arange(-_WRAP, count + _WRAP) % count
    table = steps @ _signs().T
    labels = _labels()
    metric, new = np.zeros((2, _STATES // 2, 2), np.float32)
    decisions = np.empty((order.size, 2, _STATES // 2), bool)
    for decision, step in zip(decisions, order, strict=True):
        # a register is (bit out a, middle bits m, bit in b): the old state is (a, m), the new one (m, b)
        old = metric.reshape(2, _STATES // 2)
        branch = table[step][labels]
        for b in (0, 1):
            zero, one = (old[0] + branch, old[1] - branch) if b == 0 else (old[0] - branch, old[1] + branch)
            np.greater(one, zero, out=decision[b])
            new[:, b] = np.maximum(zero, one, out=zero)
        metric, new = new, metric
    state = int(metric.argmax())
    bits = np.empty(order.size, np.uint8)
    for t in range(order.size - 1, -1, -1):
        b, m = state & 1, state >> 1
        bits[t] = b
        state = (int(decisions[t, b, m]) << (CONSTRAINT - 2)) | m
    return bits[_WRAP : _WRAP + count]
