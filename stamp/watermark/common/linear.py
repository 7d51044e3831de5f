"""Matrix products small enough that BLAS does not wake its threads.

One picture is marked in well under a second; threads that spin for it cost more CPU than they save (four
times, measured at 12 megapixels), and a pool of processes already uses every core.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SINGLE_THREAD = 200_000  # multiplications in one product; OpenBLAS starts threads above 262,144
_INNER = 64


def product(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a @ b for float32 matrices (m, k) and (k, n)."""
    m, k = a.shape
    n = b.shape[1]
    out = np.zeros((m, n), np.float32)
    rows = min(m, 64)
    columns = max(SINGLE_THREAD // (rows * min(k, _INNER)), 1)
    for inner in range(0, k, _INNER):
        part = a[:, inner : inner + _INNER]
        for row in range(0, m, rows):
            for column in range(0, n, columns):
                block = out[row : row + rows, column : column + columns]
                block += part[row : row + rows] @ b[inner : inner + _INNER, column : column + columns]
    return out
