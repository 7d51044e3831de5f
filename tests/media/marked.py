"""A marked photo, for tests of what is done to one."""

from __future__ import annotations

from functools import cache

from PIL import Image

from stamp.core.key import Key
from stamp.watermark.image.embed import embed
from tests.media.pixels import photo

KEY, OTHER = Key(bytes(range(32)), "tests"), Key(bytes(range(1, 33)), "other")
PAYLOAD = bytes.fromhex("00ff12345678abcd")
HEIGHT, WIDTH = 512, 768


@cache
def marked_photo() -> Image.Image:
    """`photo(HEIGHT, WIDTH, 1)` with `PAYLOAD` under `KEY`."""
    return Image.fromarray(embed(photo(HEIGHT, WIDTH, 1), PAYLOAD, key=KEY))
