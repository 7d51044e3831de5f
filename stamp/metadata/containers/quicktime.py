"""QuickTime (Apple, QuickTime File Format): metadata keys, and XMP in the user data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...formats.source import Patched, Source
from . import movie
from .movie import extract, has_c2pa, spans

__all__ = ["KEPT", "STORES", "extract", "has_c2pa", "spans", "splice"]

STORES: Final = ("keys", "usertext", "ilst", "asset", "xmp")
KEPT: Final = ("ilst", "asset")


def splice(data: Source, blocks: Mapping[str, bytes]) -> Patched:
    """As `movie.splice`."""
    return movie.splice(data, blocks, xmp_in_udta=True)
