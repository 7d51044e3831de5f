"""64-bit payload <-> frame: the payload, followed by a keyed check.

The check is a truncated HMAC of scheme and payload, so that nobody without the key can make a frame that is
accepted, and a wrong decoding passes with probability 2**-32.
"""

from __future__ import annotations

import hmac

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ...core.payload import PAYLOAD_BYTES, Payload

CHECK_BYTES = 4
FRAME_BITS = 8 * (PAYLOAD_BYTES + CHECK_BYTES)


def check_bytes(payload: bytes, key: Key, scheme: str) -> bytes:
    """Return the first 32 bits of HMAC-SHA256(stream "<scheme>/check", payload); RFC 2104, truncated as its
    section 5 allows."""
    return hmac.digest(key.stream(f"{scheme}/check", 32), payload, "sha256")[:CHECK_BYTES]


def frame(payload: bytes, key: Key, scheme: str, bits: int = FRAME_BITS) -> NDArray[np.uint8]:
    """Return the first `bits` of payload and check, most significant first: what is coded.

    Raises
    ------
    PayloadError : `payload` is not 8 bytes.
    """
    payload = Payload(payload)
    whole = payload + check_bytes(payload, key, scheme)
    return np.unpackbits(np.frombuffer(whole, np.uint8))[:bits]


def unframe(bits: NDArray[np.uint8], key: Key, scheme: str) -> Payload | None:
    """Return the payload of a decoded frame, or None where the keyed check does not hold."""
    payload = Payload(np.packbits(bits[: 8 * PAYLOAD_BYTES]).tobytes())
    return payload if np.array_equal(bits, frame(payload, key, scheme, bits.size)) else None
