"""Media of others, which lie beside the project and are no part of it: ../shared/media."""

from __future__ import annotations

from pathlib import Path

from tests.helpers.places import ROOT


def shared_files(*patterns: str) -> list[Path]:
    """The files that match one of the patterns below ../shared/media, sorted; none where it is not there."""
    folder = ROOT.resolve().parent / "shared" / "media"
    return sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
