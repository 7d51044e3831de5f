"""Manifests beside a work: `song.c2pa` for `song.ogg`, since that is where other programs look;
`song.ogg.c2pa` is read, too."""

from __future__ import annotations

from pathlib import Path

from .store import SUFFIX


def sidecar_of(path: Path) -> Path:
    """Return where the manifest of a work is written that is not in the work."""
    return path.with_suffix(SUFFIX)


def sidecar_there(path: Path) -> Path | None:
    """Return the manifest that is beside a work, None where there is none."""
    places = (path.with_name(f"{path.name}{SUFFIX}"), sidecar_of(path))
    return next((place for place in places if place != path and place.is_file()), None)
