"""RIFF's LIST INFO (Microsoft, 1991, chapter 2): Copyright (ICOP) and Artist (IART).

The standard has no encoding: ffmpeg reads UTF-8, ExifTool and MediaInfo the code page of Western Windows. So
we write ASCII, and the full text is in ID3 and XMP. Chunks of others are kept as they are.
"""

from __future__ import annotations

from ..mapping.columns.music import ChunkText
from ..mapping.fields import slots_in
from .chunktext import ChunkTexts

_SLOTS = {name: slot for name, slot in slots_in("info").items() if isinstance(slot, ChunkText)}
_INFO = ChunkTexts(_SLOTS, "<", b"\0", "cp1252")
read, write, remove = _INFO.read, _INFO.write, _INFO.remove
