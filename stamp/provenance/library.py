"""The c2pa library: loaded when it is first needed, and always with settings of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Final

from ..core.errors import MediaError, MissingDependency, UnsupportedFormat

OPAQUE: Final = "application/octet-stream"
"""What the library hashes as a whole, and can put nothing into."""
USAGES: Final = (
    "1.3.6.1.4.1.62558.2.1",  # C2PA claim signing
    "1.3.6.1.5.5.7.3.36",  # document signing
    "1.3.6.1.5.5.7.3.4",  # e-mail protection
    "1.3.6.1.5.5.7.3.8",  # time stamps
    "1.3.6.1.5.5.7.3.9",  # OCSP answers
)
"""Extended key usages that a signer may have. The library takes none of the first two unless they are named
to it."""
_MIMES: Final = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "heif": "image/heif",
    "gif": "image/gif",
    "jxl": "image/jxl",
    "dng": "image/x-adobe-dng",
    "mp4": "video/mp4",
    "quicktime": "video/quicktime",
    "avi": "video/avi",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
}
_NOT_SUPPORTED: Final = "NotSupported"
_NONE_THERE: Final = "ManifestNotFound"


def library() -> ModuleType:
    """Return the module `c2pa`. Raises MissingDependency with the remedy where it is not installed."""
    try:
        import c2pa
    except (ImportError, OSError, RuntimeError) as error:  # also where its binary does not fit this system
        message = (
            f"credentials need the optional package c2pa-python ({error}): pip install stamp-media[c2pa]"
        )
        raise MissingDependency(message, extra="c2pa") from error
    module: ModuleType = c2pa
    return module


def context(anchors: str | None = None) -> Any:
    """Return the library's settings: no network, the usages of C2PA 2, no thumbnails of its own, which
    would show the unmarked original; `anchors` are roots in PEM that are trusted."""
    trust = {"trust_config": "\n".join(USAGES), **({"user_anchors": anchors} if anchors else {})}
    return library().Context.from_dict(
        {
            "trust": trust,
            "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
            "builder": {"thumbnail": {"enabled": False}},
        }
    )


def mime(name: str | None) -> str:
    """Return what the library calls a format of `formats.table`; OPAQUE where it cannot put anything into
    it."""
    return _MIMES.get(name or "", OPAQUE)


@contextmanager
def refusals(doing: str) -> Iterator[None]:
    """Turn what the library raises into MediaError; `doing` is what it did."""
    try:
        yield
    except library().C2paError as error:
        message = str(error)
        if _NOT_SUPPORTED in message:
            raise UnsupportedFormat(
                f"{doing}: the c2pa library does not handle this file ({message})"
            ) from error
        raise MediaError(f"{doing}: {message}") from error


def is_absence(error: Exception) -> bool:
    """Whether an error of the library says that a file has no manifest, or no place for one."""
    name, message = type(error).__name__, str(error)
    return any(word in name or word in message for word in (_NONE_THERE, _NOT_SUPPORTED))
