"""Mark a photo, a clip or a song before it is published, and show later that it is yours.

The names below are the whole public surface. They are imported on first use, so that `import stamp` costs
next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .errors import (
        CorruptFile,
        HostError,
        KeyFileError,
        MediaError,
        MissingDependency,
        OutputError,
        PayloadError,
        RightsError,
        StampError,
        UnsupportedFormat,
        UnwritableFile,
    )
    from .files import (
        AuditReport,
        DetectReport,
        EmbedReport,
        RightsReport,
        audit_rights,
        detect_file,
        embed_file,
        read_rights,
        remove_rights,
        write_rights,
    )
    from .metadata.party import Party
    from .metadata.rights import Rights
    from .options import EmbedOptions
    from .watermark.detect import Detection, Transform, detect
    from .watermark.embed import embed
    from .watermark.key import Key

_HOMES = {
    "errors": (
        "CorruptFile HostError KeyFileError MediaError MissingDependency OutputError PayloadError "
        "RightsError StampError UnsupportedFormat UnwritableFile"
    ),
    "files": (
        "AuditReport DetectReport EmbedReport RightsReport audit_rights detect_file embed_file read_rights "
        "remove_rights write_rights"
    ),
    "metadata.party": "Party",
    "metadata.rights": "Rights",
    "options": "EmbedOptions",
    "watermark.detect": "Detection Transform detect",
    "watermark.embed": "embed",
    "watermark.key": "Key",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AuditReport",
    "CorruptFile",
    "DetectReport",
    "Detection",
    "EmbedOptions",
    "EmbedReport",
    "HostError",
    "Key",
    "KeyFileError",
    "MediaError",
    "MissingDependency",
    "OutputError",
    "Party",
    "PayloadError",
    "Rights",
    "RightsError",
    "RightsReport",
    "StampError",
    "Transform",
    "UnsupportedFormat",
    "UnwritableFile",
    "__version__",
    "audit_rights",
    "detect",
    "detect_file",
    "embed",
    "embed_file",
    "read_rights",
    "remove_rights",
    "write_rights",
]


def __getattr__(name: str) -> object:
    try:
        module = _HOME_OF[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(f".{module}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
