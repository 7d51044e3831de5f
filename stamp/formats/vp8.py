"""The quality of a lossy WebP, from the header of its VP8 key frame (RFC 6386, sections 7, 9 and 19.2)."""

from __future__ import annotations


def quality_of(frame: bytes) -> int:
    """libwebp's quality (0 to 100) that leads to this frame's base quantiser.

    libwebp (quant_enc.c, QualityToCompression) turns quality / 100 = c into a quantiser 127 * (1 - v), where
    v cubed is 2/3 c below c = 0.75 and 2c - 1 above; this is its inverse.
    """
    linear = (1 - _base_quantiser(frame) / 127) ** 3
    return round(100 * (1.5 * linear if linear <= 0.5 else (linear + 1) / 2))


def _base_quantiser(frame: bytes) -> int:
    """y_ac_qi, 0 to 127."""
    bits = _BoolDecoder(frame[10:])
    bits.number(2)  # colour space, clamping
    if bits.number(1):  # segmentation
        map_changes, data_changes = bits.number(1), bits.number(1)
        if data_changes:
            bits.number(1)  # absolute or relative
            for width in (7, 7, 7, 7, 6, 6, 6, 6):
                bits.optional(width + 1)
        if map_changes:
            for _ in range(3):
                bits.optional(8)
    bits.number(10)  # loop filter: type, level, sharpness
    if bits.number(1) and bits.number(1):
        for _ in range(8):
            bits.optional(7)
    bits.number(2)  # partitions
    return bits.number(7)


class _BoolDecoder:
    """The arithmetic decoder of RFC 6386, section 7.3, for even odds only. Past the end it reads zeros."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._value = int.from_bytes(data[:2].ljust(2, b"\0"), "big")
        self._at = 2
        self._range = 255
        self._shifted = 0

    def number(self, width: int) -> int:
        """An unsigned number of `width` bits."""
        value = 0
        for _ in range(width):
            value = 2 * value + self._bit()
        return value

    def optional(self, width: int) -> None:
        """Skip a number of `width` bits (sign included) that is there if a flag says so."""
        if self._bit():
            self.number(width)

    def _bit(self) -> int:
        split = 1 + ((self._range - 1) >> 1)
        bit = int(self._value >= split << 8)
        if bit:
            self._value -= split << 8
            self._range -= split
        else:
            self._range = split
        while self._range < 128:
            self._value <<= 1
            self._range <<= 1
            self._shifted += 1
            if self._shifted == 8:
                self._shifted = 0
                self._value |= self._data[self._at] if self._at < len(self._data) else 0
                self._at += 1
        return bit
