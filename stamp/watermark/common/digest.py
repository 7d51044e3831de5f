"""Arrays as one number, for vectors that would be too long to be stored."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray


def digest(array: NDArray[Any], dtype: str) -> str:
    """Return the SHA-256, in hexadecimal digits, of the values of an array as `dtype`, row by row."""
    return hashlib.sha256(np.ascontiguousarray(array.astype(dtype)).tobytes()).hexdigest()
