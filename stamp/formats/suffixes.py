"""What the names of files say: which suffixes are picked up, and which may name the same container."""

from __future__ import annotations

from pathlib import Path

_PICTURES = ".jpg .jpeg .jpe .jfif .png .webp .tif .tiff .avif .heic .heif .hif"
_PICTURES_FOR_NOTICES = ".gif .jxl"
_CLIPS = ".mp4 .m4v .mov .qt .mkv .webm .avi .mpg .mpeg .flv .ogv .3gp .mts .m2ts .ts .vob"
_SONGS = ".wav .wave .bwf .rf64 .aif .aiff .aifc .flac .mp3 .m4a .m4b .ogg .oga .opus .mka"

SUFFIXES = frozenset(" ".join((_PICTURES, _PICTURES_FOR_NOTICES, _CLIPS, _SONGS)).split())
"""What a walk through a folder picks up; a file that is named itself is tried whatever its name."""

_SAME_CONTAINER = (
    {".jpg", ".jpeg", ".jpe", ".jfif"},
    {".tif", ".tiff"},
    {".heic", ".heif", ".hif"},
    {".mp4", ".m4v"},
    {".mov", ".qt"},
    {".mpg", ".mpeg"},
    {".wav", ".wave", ".bwf", ".rf64"},
    {".aif", ".aiff", ".aifc"},
    {".m4a", ".m4b"},
    {".ogg", ".oga"},
    {".opus", ".oga"},
)


def wrong_suffix(path: Path, output: Path) -> str:
    return f"{output}: the container is kept, so the output of {path} must end in {path.suffix}"


def same_container(path: Path, other: Path) -> bool:
    """Whether the suffixes of a source and its output may name the same kind of file."""
    one, two = path.suffix.lower(), other.suffix.lower()
    return one == two or one not in SUFFIXES or any({one, two} <= same for same in _SAME_CONTAINER)
