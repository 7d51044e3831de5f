"""Conformance vectors of all schemes: what `stamp selftest` checks."""

from __future__ import annotations

from .audio import vectors as audio
from .image import vectors as image
from .video import vectors as video


def selftest() -> list[tuple[str, bool, str]]:
    """Return (name, passed, detail) of every vector of every scheme."""
    return [*image.selftest(), *audio.selftest(), *video.selftest()]
