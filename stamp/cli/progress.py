"""How far a run is, whoever shows it."""

from __future__ import annotations


class Bar:
    """Progress that nobody sees, and what the one that is seen must offer."""

    def advance(self, index: int) -> None:
        """Count a file as done."""

    def news(self, index: int, done: int, total: int) -> None:
        """Take how many frames of a file are done, and how many there are (0 where unknown)."""
