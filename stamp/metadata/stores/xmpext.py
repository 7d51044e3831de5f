"""The extended XMP packet of a JPEG, which takes what the main packet has no room for.

Rights belong in the main packet, since few readers join the two: they are read from here, but written there,
and taken out of here so that the two do not contradict each other.
"""

from __future__ import annotations

from ...core.checks import Value
from . import xmp


def read(packet: bytes) -> dict[str, Value]:
    """The rights in the packet. Raises `CorruptFile` as `xmp.read` does."""
    return xmp.read(packet)


def write(packet: bytes | None, values: dict[str, Value]) -> bytes:
    """The packet without the fields in `values`, whatever they say in it. Raises `CorruptFile`."""
    packet = xmp.EMPTY if packet is None else packet
    present = xmp.read(packet)
    gone = {name: present[name] for name in values if name in present}
    return remove(packet, gone) if gone else packet


def remove(packet: bytes, values: dict[str, Value]) -> bytes:
    """The packet without the fields in `values`, which are in it. Raises `CorruptFile`."""
    return xmp.remove(packet, values) or xmp.EMPTY
