"""Unpacking the zlib data (RFC 1950) of metadata, within the limits of the call."""

from __future__ import annotations

import zlib

from ..core.errors import CorruptFile
from ..core.limits import metadata_left, spend_metadata


def inflated(data: bytes, most: int) -> bytes:
    """Return what `data` unpacks to, of at most `most` bytes.

    Raises CorruptFile for damaged data, for more bytes, and where the call has unpacked too much already.
    """
    decoder = zlib.decompressobj()
    allowed = min(most, metadata_left())
    try:
        # One byte more, since 0 would mean "no limit", and so that the end of the data is seen.
        text = decoder.decompress(data, allowed + 1)
    except zlib.error as error:
        raise CorruptFile(f"compressed metadata are damaged: {error}") from None
    spend_metadata(len(text))
    if len(text) > most:
        raise CorruptFile(f"compressed metadata unpack to more than {most >> 20} MiB")
    if not decoder.eof:
        raise CorruptFile("compressed metadata are cut off")
    return text
