"""Extended XMP in JPEG (XMP part 3, section 1.1.3.1): what does not fit in the 64 KiB of the main packet.

The extended packet is an XMP packet of its own, cut into APP1 segments that begin with a namespace, the
packet's MD5 in 32 hexadecimal digits (its GUID), its whole length and the offset of the part. The main packet
names the GUID in the property xmpNote:HasExtendedXMP.
"""

from __future__ import annotations

import re
import struct
from typing import Final

PREFIX: Final = b"http://ns.adobe.com/xmp/extension/\0"
_HEADER = struct.Struct(">32sII")
_ROOM = 65_400
_NAMED = re.compile(rb"HasExtendedXMP\s*(?:=\s*[\"']|>\s*)([0-9A-Fa-f]{32})")


def guid_in(main: bytes) -> bytes | None:
    """The GUID that a main packet names, in any encoding."""
    named = _NAMED.search(main.replace(b"\0", b""))
    return named[1] if named else None


def joined(parts: list[bytes], guid: bytes) -> bytes | None:
    """The packet of these parts (segments without their prefix) that belong to `guid`; None where one is
    missing or does not fit.
    """
    packet = bytearray()
    ours = sorted(
        (part for part in parts if is_part(part, guid)), key=lambda part: _HEADER.unpack_from(part)[2]
    )
    held = sum(map(len, ours))
    for part in ours:
        _, size, offset = _HEADER.unpack_from(part)
        if offset != len(packet) or size > held:
            return None
        packet += part[_HEADER.size :]
        if len(packet) == size:
            return bytes(packet)
    return None


def is_part(part: bytes, guid: bytes) -> bool:
    return len(part) >= _HEADER.size and part[:32].upper() == guid.upper()


def cut(packet: bytes) -> list[bytes]:
    """The payloads of the segments that hold `packet`, prefix included."""
    guid = _guid(packet)
    return [
        PREFIX + _HEADER.pack(guid, len(packet), at) + packet[at : at + _ROOM]
        for at in range(0, len(packet), _ROOM)
    ]


def renamed(main: bytes, packet: bytes) -> bytes:
    """The main packet, naming this extended packet instead of the one it named."""
    old, new = guid_in(main), _guid(packet)
    if old is None:
        return main
    for codec in ("ascii", "utf-16-le", "utf-16-be"):
        main = main.replace(old.decode().encode(codec), new.decode().encode(codec))
    return main


def _guid(packet: bytes) -> bytes:
    import hashlib  # see `essence`

    return hashlib.md5(packet, usedforsecurity=False).hexdigest().upper().encode()
