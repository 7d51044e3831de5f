"""Mark a photo, a clip or a song before it is published, and show later that it is yours.

The names below are the whole public surface. They are imported on first use, so that `import stamp` costs
next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .catalogue.policy import Policy
    from .catalogue.records import (
        CopyRecord,
        Erased,
        LicenceRecord,
        MarkRecord,
        PartyRecord,
        Proof,
        Recovered,
        SealRecord,
        Verification,
        WorkRecord,
    )
    from .catalogue.terms import Terms, Territory, Use, UseRule
    from .core.confirmation import Confirmation
    from .core.credentials import CredentialsReport
    from .core.detection import Detection, Transform
    from .core.errors import (
        AlreadyMarked,
        ArgumentError,
        CaseError,
        CatalogueError,
        ClusterError,
        CorruptFile,
        HostError,
        InternalError,
        KeyFileError,
        MediaError,
        MissingDependency,
        MissingElements,
        NoticeNotWritten,
        OutputError,
        PayloadError,
        RightsConflict,
        RightsError,
        StampError,
        UnsupportedFormat,
        UnwritableFile,
    )
    from .core.key import Key
    from .core.known import KnownMark
    from .core.limits import StampLimits, limited
    from .core.margin import Margin
    from .core.options import CopyOptions, EmbedOptions, NoticeOptions, OutputOptions, SignOptions
    from .core.party import Party
    from .core.payload import Payload
    from .core.reports import AuditReport, DetectReport, EmbedReport, Failure, RightsReport
    from .core.rights import Rights
    from .core.url import Url
    from .core.verdict import CheckRecord
    from .core.visible import VisibleNotice, VisibleReport
    from .jobs.keys import KeyFile
    from .jobs.plan import Job
    from .jobs.runner import run_jobs
    from .jobs.tasks import DetectTask, EmbedTask
    from .monitor.cataloguing import Catalogue
    from .pipeline.audit import audit_rights
    from .pipeline.credentials import read_credentials, sign_file
    from .pipeline.files import detect_file, embed_file
    from .pipeline.informed import confirm, detect
    from .pipeline.notice import read_rights, write_rights
    from .pipeline.removals import remove_rights
    from .watermark.image.embed import embed

_HOMES = {
    "pipeline.audit": "audit_rights",
    "core.errors": (
        "AlreadyMarked ArgumentError CaseError CatalogueError ClusterError CorruptFile HostError "
        "InternalError KeyFileError MediaError MissingDependency MissingElements NoticeNotWritten "
        "OutputError PayloadError RightsConflict RightsError StampError UnsupportedFormat UnwritableFile"
    ),
    "monitor.cataloguing": "Catalogue",
    "pipeline.credentials": "read_credentials sign_file",
    "core.credentials": "CredentialsReport",
    "catalogue.policy": "Policy",
    "core.verdict": "CheckRecord",
    "catalogue.records": (
        "CopyRecord Erased LicenceRecord MarkRecord PartyRecord Proof Recovered SealRecord Verification "
        "WorkRecord"
    ),
    "catalogue.terms": "Terms Territory Use UseRule",
    "core.known": "KnownMark",
    "core.margin": "Margin",
    "core.visible": "VisibleNotice VisibleReport",
    "pipeline.files": "detect_file embed_file",
    "pipeline.informed": "confirm detect",
    "core.confirmation": "Confirmation",
    "core.limits": "StampLimits limited",
    "core.party": "Party",
    "core.payload": "Payload",
    "core.rights": "Rights",
    "pipeline.notice": "read_rights write_rights",
    "core.options": "CopyOptions EmbedOptions NoticeOptions OutputOptions SignOptions",
    "pipeline.removals": "remove_rights",
    "core.reports": "AuditReport DetectReport EmbedReport Failure RightsReport",
    "core.url": "Url",
    "jobs.keys": "KeyFile",
    "jobs.plan": "Job",
    "jobs.runner": "run_jobs",
    "jobs.tasks": "DetectTask EmbedTask",
    "core.detection": "Detection Transform",
    "watermark.image.embed": "embed",
    "core.key": "Key",
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = [
    "AlreadyMarked",
    "ArgumentError",
    "AuditReport",
    "CaseError",
    "Catalogue",
    "CatalogueError",
    "CheckRecord",
    "ClusterError",
    "Confirmation",
    "CopyOptions",
    "CopyRecord",
    "CorruptFile",
    "CredentialsReport",
    "DetectReport",
    "DetectTask",
    "Detection",
    "EmbedOptions",
    "EmbedReport",
    "EmbedTask",
    "Erased",
    "Failure",
    "HostError",
    "InternalError",
    "Job",
    "Key",
    "KeyFile",
    "KeyFileError",
    "KnownMark",
    "LicenceRecord",
    "Margin",
    "MarkRecord",
    "MediaError",
    "MissingDependency",
    "MissingElements",
    "NoticeNotWritten",
    "NoticeOptions",
    "OutputError",
    "OutputOptions",
    "Party",
    "PartyRecord",
    "Payload",
    "PayloadError",
    "Policy",
    "Proof",
    "Recovered",
    "Rights",
    "RightsConflict",
    "RightsError",
    "RightsReport",
    "SealRecord",
    "SignOptions",
    "StampError",
    "StampLimits",
    "Terms",
    "Territory",
    "Transform",
    "UnsupportedFormat",
    "UnwritableFile",
    "Url",
    "Use",
    "UseRule",
    "Verification",
    "VisibleNotice",
    "VisibleReport",
    "WorkRecord",
    "__version__",
    "audit_rights",
    "confirm",
    "detect",
    "detect_file",
    "embed",
    "embed_file",
    "limited",
    "read_credentials",
    "read_rights",
    "remove_rights",
    "run_jobs",
    "sign_file",
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
