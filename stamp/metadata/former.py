"""What a store's block was before a run, kept in a receipt where the values alone do not bring it back: a
text in an encoding that is not ours, further texts under one key, what stood inside of one that was replaced.
"""

from __future__ import annotations

import base64
import zlib
from dataclasses import dataclass
from typing import Final

from ..errors import RightsError

_WINDOW: Final = 1 << 15
"""How far back zlib refers."""
_MAX_BLOCK: Final = 1 << 20
_MAX_PACKED: Final = 1 << 14
"""There may be many thousands of receipts in one file; what is larger, such as a cover, is not kept."""


@dataclass(frozen=True, slots=True)
class Former:
    """A block that was there.

    before        zlib data in Base64, with the end of the block that the run left as its dictionary
    after_sha256  hex, of the block that the run left
    """

    before: str
    after_sha256: str

    def block(self, now: bytes) -> bytes | None:
        """The block as it was, None where `now` is not what the run has left. Raises `RightsError` for data
        that are none.
        """
        if _sha256(now) != self.after_sha256:
            return None
        unpacker = zlib.decompressobj(zdict=now[-_WINDOW:])
        try:
            block = unpacker.decompress(base64.b64decode(self.before, validate=True), _MAX_BLOCK)
        except (TypeError, ValueError, zlib.error) as error:
            raise RightsError(f"a block in the receipt cannot be read: {error}") from error
        if not unpacker.eof:
            raise RightsError("a block in the receipt is cut off, or too large")
        return block


def former(before: bytes, after: bytes) -> Former | None:
    """What brings `before` back where `after` stands; None where that would be too large."""
    if len(before) > _MAX_BLOCK:
        return None
    packer = zlib.compressobj(zdict=after[-_WINDOW:])
    packed = packer.compress(before) + packer.flush()
    return Former(base64.b64encode(packed).decode(), _sha256(after)) if len(packed) <= _MAX_PACKED else None


def _sha256(block: bytes) -> str:
    import hashlib  # see `registry`

    return hashlib.sha256(block).hexdigest()
