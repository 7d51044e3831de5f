"""Which format is this? Told by the content alone; names and suffixes do not count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from .signatures import film, sound
from .source import Source


def _score_jpeg(head: bytes) -> int:
    return 100 if head[:3] == b"\xff\xd8\xff" else 0


def _score_png(head: bytes) -> int:
    return 100 if head[:8] == b"\x89PNG\r\n\x1a\n" else 0


def _score_webp(head: bytes) -> int:
    return 100 if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else 0


def _score_tiff(head: bytes) -> int:
    big = head[:8] in (b"II+\0\x08\0\0\0", b"MM\0+\0\x08\0\0")
    return 90 if big or head[:4] in (b"II*\0", b"MM\0*") else 0


def _score_gif(head: bytes) -> int:
    return 100 if head[:6] in (b"GIF87a", b"GIF89a") else 0


def _score_jxl(head: bytes) -> int:
    if head[:12] == b"\0\0\0\x0cJXL \r\n\x87\n":
        return 100
    return 60 if head[:2] == b"\xff\x0a" else 0


_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif", b"MA1A", b"MA1B")


def _score_heif(head: bytes) -> int:
    return 100 if head[4:8] == b"ftyp" and head[8:12] in _HEIF_BRANDS else 0


SOUNDS: Final = ("aiff", "flac", "mp3", "ogg", "wav")
STILLS: Final[Mapping[str, Callable[[bytes], int]]] = MappingProxyType(
    {
        "gif": _score_gif,
        "heif": _score_heif,
        "jpeg": _score_jpeg,
        "jxl": _score_jxl,
        "png": _score_png,
        "tiff": _score_tiff,
        "webp": _score_webp,
    }
)


def identify(data: Source) -> str | None:
    """The container's name ("jpeg", "png", ...) from the content alone, or None. The best score wins, ties go
    to the first name.
    """
    head = data[0:64]
    scores = {name: score(head) for name, score in STILLS.items()}
    best = max(sorted(scores), key=scores.__getitem__)
    return best if scores[best] else film(head) or sound(data)
