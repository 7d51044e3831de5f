"""The 64 bits that a mark carries."""

from __future__ import annotations

import os

from .errors import PayloadError

PAYLOAD_BYTES = 8


class Payload(bytes):
    """8 bytes that show themselves as 16 hexadecimal digits, as the command line does. Equal to the same
    `bytes`.

    Raises PayloadError where it is made of anything but 8 bytes.
    """

    __slots__ = ()

    def __new__(cls, value: object) -> Payload:
        if not isinstance(value, bytes | bytearray) or len(value) != PAYLOAD_BYTES:
            digits = f"Payload.fromhex({value!r})" if isinstance(value, str) else "16 hexadecimal digits"
            raise PayloadError(f"a payload is {PAYLOAD_BYTES} bytes ({digits}), not {value!r}")
        return super().__new__(cls, value)

    @classmethod
    def fromhex(cls, string: str, /) -> Payload:
        """Make one of 16 hexadecimal digits. Raises PayloadError."""
        try:
            return cls(bytes.fromhex(string) if len(string) == 2 * PAYLOAD_BYTES else b"")
        except (ValueError, TypeError):
            raise PayloadError(f"a payload is 16 hexadecimal digits, not {string!r}") from None

    @classmethod
    def random(cls) -> Payload:
        """Draw one from the operating system's random source."""
        return cls(os.urandom(PAYLOAD_BYTES))

    def __str__(self) -> str:
        return self.hex()

    def __repr__(self) -> str:
        return f"Payload({self.hex()!r})"
