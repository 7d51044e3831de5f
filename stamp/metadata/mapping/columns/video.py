"""Apple's item list and keys, texts in a film's user data, and Matroska tags.

Mapping: QuickTime File Format (Apple), "Metadata" and "User Data Atoms"; 3GPP TS 26.244, section 8; Matroska
Media Container Tag Specifications (IETF cellar working group), whose official names are ARTIST, COPYRIGHT,
LICENSE, TERMS_OF_USE, ISRC and BARCODE.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..slots import Column, Slot
from . import music
from .music import Comment

MEAN: Final = "com.apple.iTunes"
"""The domain of the items that have a name of their own."""
_QUICKTIME: Final = "com.apple.quicktime."


@dataclass(frozen=True, slots=True)
class ListItem(Slot):
    """An item of `ilst`: the box `atom`, or an item of the domain `MEAN` with the comment's key as its
    name.
    """

    comment: Comment
    atom: bytes = b""

    @property
    def key(self) -> bytes:
        return self.atom or self.comment.key.encode()

    def __str__(self) -> str:
        return self.atom.decode("latin-1") or f"----:{MEAN}:{self.comment.key}"


@dataclass(frozen=True, slots=True)
class QuickTimeKey(Slot):
    """A name in the table `keys`. FFmpeg leaves the domain away."""

    key: str

    @property
    def names(self) -> tuple[bytes, bytes]:
        """The whole name, and the one without its domain."""
        return (_QUICKTIME + self.key).encode(), self.key.encode()

    def __str__(self) -> str:
        return _QUICKTIME + self.key


@dataclass(frozen=True, slots=True)
class UserText(Slot):
    """A text in the box `udta`; several names are divided by `; `."""

    kind: bytes

    def __str__(self) -> str:
        return self.kind.decode("latin-1")


_COMMENTS: Final = {
    name: slot for name, slot in music.COLUMNS["vorbis"].slots.items() if isinstance(slot, Comment)
}
_TAGS: Final = {**_COMMENTS, "usage_terms": Comment("TERMS_OF_USE")}
_ATOMS: Final = {"copyright_notice": b"cprt", "creators": b"\xa9ART"}
_FREEFORM: Final = (
    "credit_line",
    "source",
    "usage_terms",
    "web_statement",
    "marked",
    "data_mining",
    "isrc",
    "iswc",
    "upc",
    "identifier",
)
_IN_XMP: Final = "stands in the file's XMP, which has a form for it"
_EDITOR: Final = {"editor_notice": "only EXIF has the notices of photographer and editor apart"}
_ONLY_TWO: Final = "holds the notice and the author; the rest stands in the file's XMP"

COLUMNS: Final = {
    "ilst": Column(
        title="iTunes item list",
        slots={
            **{name: ListItem(_COMMENTS[name], atom) for name, atom in _ATOMS.items()},
            **{name: ListItem(_COMMENTS[name]) for name in _FREEFORM},
        },
        absent=_EDITOR,
        otherwise=_IN_XMP,
    ),
    "keys": Column(
        title="QuickTime keys",
        slots={"copyright_notice": QuickTimeKey("copyright"), "creators": QuickTimeKey("artist")},
        absent=_EDITOR,
        otherwise=_ONLY_TWO,
    ),
    "asset": Column(
        title="3GPP asset information",
        slots={"copyright_notice": UserText(b"cprt"), "creators": UserText(b"auth")},
        absent=_EDITOR,
        otherwise=_ONLY_TWO,
    ),
    "usertext": Column(
        title="QuickTime user data",
        slots={"copyright_notice": UserText(b"\xa9cpy"), "creators": UserText(b"\xa9ART")},
        absent=_EDITOR,
        otherwise=_ONLY_TWO,
        created=False,
    ),
    "tags": Column(
        title="Matroska tags",
        slots=_TAGS,
        absent=_EDITOR,
        otherwise="readers show one of several texts, and not that of their user's language",
    ),
}
"""QuickTime's user data is only kept up to date: most readers take it for text in the Macintosh encoding."""
