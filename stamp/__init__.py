"""Mark a photo, a clip or a song before it is published, and show later that it is yours.

The names below are the whole public surface. They are imported on first use, so that `import stamp` costs
next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .audit import AuditReport, audit_rights
    from .errors import (
        CorruptFile,
        HostError,
        InternalError,
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
    from .files import detect_file, embed_file
    from .metadata.party import Party
    from .metadata.rights import Rights
    from .notices import read_rights, write_rights
    from .options import EmbedOptions
    from .removals import remove_rights
    from .reports import DetectReport, EmbedReport, RightsReport
    from .watermark.detect import Detection, Transform, detect
    from .watermark.embed import embed
    from .watermark.key import Key

_HOMES = {
    "audit": "AuditReport audit_rights",
    "errors": (
        "CorruptFile HostError InternalError KeyFileError MediaError MissingDependency OutputError "
        "PayloadError RightsError StampError UnsupportedFormat UnwritableFile"
    ),
    "files": "detect_file embed_file",
    "metadata.party": "Party",
    "metadata.rights": "Rights",
    "notices": "read_rights write_rights",
    "options": "EmbedOptions",
    "removals": "remove_rights",
    "reports": "DetectReport EmbedReport RightsReport",
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
    "InternalError",
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
