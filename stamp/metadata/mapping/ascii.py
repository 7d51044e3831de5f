"""Text in ASCII, for places whose encoding no two readers agree on."""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import Final

_SPELLED: Final = MappingProxyType(
    {
        "©": "(C)",
        "®": "(R)",
        "℗": "(P)",
        "Æ": "AE",
        "æ": "ae",
        "Œ": "OE",
        "œ": "oe",
        "ß": "ss",
        "ẞ": "SS",
        "Ø": "O",
        "ø": "o",
        "Ł": "L",
        "ł": "l",
        "Đ": "D",
        "đ": "d",
        "Ð": "D",
        "ð": "d",
        "Þ": "Th",
        "þ": "th",
        "ı": "i",
        "‐": "-",
        "–": "-",
        "—": "-",
        "−": "-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "×": "x",
        "·": "-",
    }
)


def folded(text: str) -> str:
    """`text` in ASCII: letters without their accents, `©` as `(C)`, and `?` for what has no spelling."""
    spelled = unicodedata.normalize("NFKD", "".join(_SPELLED.get(character, character) for character in text))
    kept = (character for character in spelled if not unicodedata.combining(character))
    return "".join(character if " " <= character <= "~" else "?" for character in kept).strip()
