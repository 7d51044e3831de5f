"""MP4, M4V and M4A (ISO/IEC 14496-12 and -14): an iTunes item list, and XMP in a `uuid` box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...formats.source import Patched, Source
from . import movie
from .movie import extract, has_c2pa, spans

__all__ = ["KEPT", "STORES", "extract", "has_c2pa", "spans", "splice"]

STORES: Final = ("ilst", "keys", "asset", "usertext", "xmp")
KEPT: Final = ("keys", "asset")


def splice(data: Source, blocks: Mapping[str, bytes]) -> Patched:
    """As `movie.splice`."""
    return movie.splice(data, blocks, xmp_in_udta=False)
