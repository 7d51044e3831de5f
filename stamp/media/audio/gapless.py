"""iTunes' own gapless information: a comment called iTunSMPB, in a tag of MP3 or in a box of MP4."""

from __future__ import annotations

import re

GAPLESS = re.compile(rb" 00000000 ([0-9A-F]{8}) ([0-9A-F]{8}) ([0-9A-F]{16})", re.IGNORECASE)
"""iTunes' own gapless information: delay, padding, and the length between them."""
_GAPLESS_UTF16 = re.compile(
    rb" \0(?:0\0){8}(?: \0(?:[0-9A-F]\0){8}){2} \0(?:[0-9A-F]\0){15}[0-9A-F]", re.IGNORECASE
)


def with_gapless(tags: bytes, delay: int, padding: int, frames: int) -> bytes:
    """`tags` with the numbers in iTunes' own gapless information replaced, where there is any: a comment
    called iTunSMPB, in Latin-1, UTF-8 or UTF-16, which keeps its length.

    delay, padding : samples before and behind the sound that a player leaves out. frames : those between.
    """
    new = f" 00000000 {delay:08X} {padding:08X} {frames:016X}".encode()
    tags = GAPLESS.sub(new, tags)
    return _GAPLESS_UTF16.sub(b"\0".join(new[i : i + 1] for i in range(len(new))), tags)
