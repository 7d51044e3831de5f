"""The index of a multi-picture JPEG (CIPA DC-007-2009): APP2 `MPF`, a small TIFF structure.

Each further picture (a preview, an Ultra HDR gain map) is found at an offset counted from the index's own
header, and the entry of the first picture holds that picture's size; both are corrected when bytes are
spliced in.
"""

from __future__ import annotations

import struct
from typing import Final

from .ifd import first_ifd, layout_of

PREFIX: Final = b"MPF\0"
_MP_ENTRY = 0xB002


def shifted(index: bytes, *, before: int, total: int) -> bytes:
    """`index` (from its byte order mark on) for a file whose first picture has grown by `total` bytes,
    `before` of them ahead of the index.

    An index that cannot be understood comes back as it is.
    """
    layout = layout_of(index[:16])
    ifd = first_ifd(index, layout) if layout and not layout.big else None
    if ifd is None or total == before == 0:
        return index
    changed = bytearray(index)
    entries = ifd.entries(index)
    try:
        for tag, raw in entries:
            if tag == _MP_ENTRY:
                size, at = ifd.layout.unpack("II", raw, 4)
                for picture in range(at, at + size, 16):
                    length, offset = ifd.layout.unpack("II", index, picture + 4)
                    new = (length, offset + total - before) if offset else (length + total, 0)
                    changed[picture + 4 : picture + 12] = ifd.layout.pack("II", *new)
    except struct.error:
        return index
    return bytes(changed) if len(entries) == ifd.count else index
