"""What became of the files of a run, in numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..core.reports import outcomes

# How an outcome is said of a number of files; the others are said as they are called.
_WORDS = {
    "noticed": "with a notice only",
    "done_before": "done before",
    "planned": "to be done",
    "detected": "with a mark",
    "not_detected": "without",
    "not_found": "not found",
    "seen_again": "seen again",
}
_MOST_SORTS = 6


class Summary:
    """The counts of a run of `command`, None for a document of another kind.

    entries : of the JSON document.
    """

    def __init__(self, command: str | None = None) -> None:
        self.entries = 0
        self._names = outcomes(command) if command else None
        self._counts: Counter[str] = Counter()
        self._passed_over: Counter[str] = Counter()

    def add(self, outcome: str) -> None:
        """Count a file, whose `outcome` is that of its report, or "failed"."""
        self._counts[outcome] += 1

    def pass_over(self, sort: str) -> None:
        """Count a file, or a folder, that was left out."""
        self._passed_over[sort] += 1

    @property
    def of_run(self) -> bool:
        """Whether files are counted."""
        return self._names is not None

    @property
    def failed(self) -> int:
        """How many files could not be done."""
        return self._counts["failed"]

    @property
    def has_passed_over(self) -> bool:
        """Whether a file was left out."""
        return bool(self._passed_over)

    def to_dict(self) -> dict[str, Any]:
        """Return the `summary` of a JSON document."""
        if self._names is None:
            return {"results": self.entries}
        counts = {name: self._counts[name] for name in (*self._names, "failed")}
        return {"results": self.entries, **counts, "passed_over": self._passed_over.total()}

    def line(self) -> str:
        """Return the counts in words; what is none is left out."""
        said = [
            f"{count} {_WORDS.get(name, name)}" for name in self._names or () if (count := self._counts[name])
        ]
        if self._passed_over:
            said.append(f"{self._passed_over.total()} passed over ({self._sorts()})")
        if self.failed:
            said.append(f"{self.failed} failed")
        return ", ".join(said) or "nothing to do"

    def _sorts(self) -> str:
        most = sorted(self._passed_over.items(), key=lambda each: (-each[1], each[0]))[:_MOST_SORTS]
        more = ", ..." if len(self._passed_over) > _MOST_SORTS else ""
        return ", ".join(f"{count} {sort}" for sort, count in most) + more
