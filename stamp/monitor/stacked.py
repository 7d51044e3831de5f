"""Arrays one behind the other, without a copy: those of several folders, each mapped into memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Stacked:
    """Rows of several arrays, of one dtype and width, numbered through."""

    def __init__(self, parts: Sequence[NDArray[Any]]) -> None:
        self._parts = list(parts)
        self.starts = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def __getitem__(self, rows: slice | NDArray[np.int64]) -> NDArray[Any]:
        """Return rows by their numbers, or from one to another."""
        if isinstance(rows, slice):
            return self.take(np.arange(*rows.indices(len(self))))
        return self.take(rows)

    def take(self, rows: NDArray[np.int64], axis: int = 0) -> NDArray[Any]:
        """Return rows by their numbers; `axis` is 0."""
        found = np.empty((len(rows), *self._parts[0].shape[1:]), self._parts[0].dtype)
        part_of = np.searchsorted(self.starts, rows, side="right") - 1
        for number, part in enumerate(self._parts):
            own = part_of == number
            found[own] = part[rows[own] - self.starts[number]]
        return found


Rows = NDArray[Any] | Stacked
