"""Makers' raw files that are built on TIFF: Canon CR2, Nikon NEF, Sony ARW, Pentax PEF and their like. What
they say is read where a TIFF file has it.

They are not written to: their makers document no more than TIFF, and their programs expect things in places
that only they know. Everybody else leaves them alone, too, and keeps what there is to say in a sidecar.
"""

from __future__ import annotations

from .raw import READ_ONLY, spans, splice
from .tiff import STORES, extract, has_c2pa

__all__ = ["READ_ONLY", "STORES", "extract", "has_c2pa", "spans", "splice"]
