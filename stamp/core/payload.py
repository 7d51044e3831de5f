"""The 64 bits that a mark carries."""

from __future__ import annotations

import os

from .errors import PayloadError

PAYLOAD_BYTES = 8


class Payload(bytes):
    """8 bytes that show themselves as 16 hexadecimal digits, as the command line does.

    Made of 8 bytes, or of the digits: `Payload("00ff00ff00ff00ff")`. Equal to the same `bytes`.

    Raises PayloadError where it is neither.
    """

    __slots__ = ()

    def __new__(cls, value: object) -> Payload:
        if isinstance(value, str):
            try:
                given = bytes.fromhex(value) if len(value) == 2 * PAYLOAD_BYTES else b""
            except ValueError:
                given = b""
        else:
            given = bytes(value) if isinstance(value, bytes | bytearray | memoryview) else b""
        if len(given) != PAYLOAD_BYTES:
            shown = value if isinstance(value, str) else repr(value)
            raise PayloadError(f"a payload is {PAYLOAD_BYTES} bytes (16 hexadecimal digits), not {shown}")
        return super().__new__(cls, given)

    @classmethod
    def random(cls) -> Payload:
        """Draw one from the operating system's random source."""
        return cls(os.urandom(PAYLOAD_BYTES))

    def __str__(self) -> str:
        return self.hex()

    def __repr__(self) -> str:
        return f"Payload({self.hex()!r})"
