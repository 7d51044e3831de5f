"""The index of a multi-picture JPEG (CIPA DC-007-2009): APP2 `MPF`, a small TIFF structure.

Each further picture (a preview, an Ultra HDR gain map) is found at an offset counted from the index's own
header, and the entry of the first picture holds that picture's size; both are corrected when bytes are
spliced in.
"""

from __future__ import annotations

import struct
from typing import Final

PREFIX: Final = b"MPF\0"
_MP_ENTRY = 0xB002


def shifted(index: bytes, *, before: int, total: int) -> bytes:
    """`index` (from its byte order mark on) for a file whose first picture has grown by `total` bytes,
    `before` of them ahead of the index.

    An index that cannot be understood comes back as it is.
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(index[:4])
    if order is None or total == 0:
        return index
    changed = bytearray(index)
    try:
        (ifd,) = struct.unpack_from(order + "I", index, 4)
        (count,) = struct.unpack_from(order + "H", index, ifd)
        for entry in range(ifd + 2, ifd + 2 + 12 * count, 12):
            tag, _, size, at = struct.unpack_from(order + "HHII", index, entry)
            if tag == _MP_ENTRY:
                for picture in range(at, at + size, 16):
                    length, offset = struct.unpack_from(order + "II", index, picture + 4)
                    new = (length, offset + total - before) if offset else (length + total, 0)
                    struct.pack_into(order + "II", changed, picture + 4, *new)
    except struct.error:
        return index
    return bytes(changed)
