"""What Content Credentials say, as they are read, and where they came from."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from .payload import Payload

Status = Literal["trusted", "valid", "invalid", "recovered", "none"]
Where = Literal["embedded", "sidecar", "store", "catalogue"]


@dataclass(frozen=True, slots=True)
class SoftBinding:
    """A mark that leads back to a manifest: the algorithm's name, and the payload in hexadecimal digits."""

    algorithm: str
    value: str


@dataclass(frozen=True, slots=True)
class Ingredient:
    """What a work was made of.

    manifest : names the credentials that it had itself, None where it had none. failures : codes of what of
        these did not hold already when it was used.
    """

    title: str | None
    relationship: str | None
    manifest: str | None
    failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManifestRecord:
    """What one manifest says.

    identifier : its name, unique in the world. signer, issuer : by the certificate. signed_at : by the time
    stamp, ISO 8601; None without one: nobody but the signer says when.
    generator : the program. actions : in order, such as "c2pa.opened". count : how many manifests are
    there, those of parents among them. failures : codes of what does not hold (C2PA 2.2, section 15.2),
    none where all does.
    """

    identifier: str
    title: str | None
    signer: str | None
    issuer: str | None
    signed_at: str | None
    generator: str | None
    actions: tuple[str, ...] = ()
    soft_bindings: tuple[SoftBinding, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()
    count: int = 1
    trusted: bool = False
    failures: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON has it."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }


@dataclass(frozen=True, slots=True)
class Signed:
    """How a file was signed.

    identifier : of the manifest. signer : by the certificate. sidecar : the file beside the work that has
    the manifest; None where it is in the work itself. stored : where it is kept; None without a store.
    """

    identifier: str
    signer: str
    sidecar: Path | None = None
    stored: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON has it."""
        places = {"sidecar": self.sidecar, "stored": self.stored}
        return {
            "manifest": self.identifier,
            "signer": self.signer,
            **{name: os.fspath(path) if path else None for name, path in places.items()},
        }


@dataclass(frozen=True, slots=True)
class CredentialsReport:
    """The Content Credentials of one file.

    status : "trusted": they are whole, and by a signer whom the reader trusts; "valid": whole, by somebody
        unknown; "invalid": they are there and do not hold; "recovered": the file has none, and its mark led
        to some that are kept elsewhere, which say nothing of what was done to this copy; "none".
    where : they were found. place : the file that they are in, beside the work or kept elsewhere. thumbnail :
        a picture of the work as it was signed, to be compared by eye; of recovered ones alone.
    payload : of the mark that was read. notes : what a person should know.
    """

    OUTCOMES: ClassVar = ("trusted", "valid", "invalid", "recovered", "none")

    path: Path
    status: Status
    where: Where | None = None
    manifest: ManifestRecord | None = None
    place: Path | None = None
    thumbnail: Path | None = None
    payload: Payload | None = None
    notes: tuple[str, ...] = ()

    @property
    def outcome(self) -> str:
        """What was found, one of OUTCOMES."""
        return self.status

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.credentials/1`."""
        return {
            "path": os.fspath(self.path),
            "status": self.status,
            "where": self.where,
            "place": os.fspath(self.place) if self.place else None,
            "manifest": self.manifest.to_dict() if self.manifest else None,
            "thumbnail": os.fspath(self.thumbnail) if self.thumbnail else None,
            "payload": self.payload.hex() if self.payload else None,
            "notes": list(self.notes),
            "error": None,
        }
