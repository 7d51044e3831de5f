"""AIFF's text chunks (AIFF 1.3, section "Text Chunks"): Copyright (`(c) `) and Author (AUTH).

The standard says ASCII, and so do we; older texts are in the Macintosh's own encoding. The full text is
in ID3 and XMP.
"""

from __future__ import annotations

from ..mapping.columns.music import ChunkText
from ..mapping.fields import slots_in
from .chunktext import ChunkTexts

_SLOTS = {name: slot for name, slot in slots_in("iff").items() if isinstance(slot, ChunkText)}
_IFF = ChunkTexts(_SLOTS, ">", b"", "mac_roman")
read, write, remove = _IFF.read, _IFF.write, _IFF.remove
