"""Manifests in a folder, by the mark that leads back to them: payload/key fingerprint/name of the manifest.

The same map is what a service for soft bindings answers from (C2PA 2.2, section 9.3). Neither part of it is
secret: of a key, the fingerprint finds and forges nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core.errors import UnwritableFile
from ..core.payload import Payload
from ..storage.atomic import write_whole

SUFFIX: Final = ".c2pa"
_PICTURE: Final = ".jpg"


@dataclass(frozen=True, slots=True)
class Store:
    """Manifests that are kept in a folder, each with the picture of the work that was signed."""

    folder: Path

    def keep(
        self, payload: Payload, fingerprint: str, identifier: str, manifest: bytes, thumbnail: bytes | None
    ) -> Path:
        """Keep a manifest, and return its file. Raises UnwritableFile."""
        place = self.folder / payload.hex() / fingerprint / f"{file_name(identifier)}{SUFFIX}"
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnwritableFile(
                f"cannot make this folder: {error.strerror or error}", path=place.parent
            ) from error
        if thumbnail is not None:
            with write_whole(place.with_suffix(_PICTURE), overwrite=True) as draft:
                draft.write_bytes(thumbnail)
        with write_whole(place, overwrite=True) as draft:
            draft.write_bytes(manifest)
        return place

    def find(self, payload: Payload, fingerprint: str | None = None) -> list[Path]:
        """Return the manifests of a mark, of any key unless one is named, the newest first."""
        found = self.folder.glob(f"{payload.hex()}/{fingerprint or '*'}/*{SUFFIX}")
        return sorted(found, key=lambda place: (place.stat().st_mtime_ns, place.name), reverse=True)

    def named(self, identifier: str) -> Path | None:
        """Return the manifest of this name, None where there is none."""
        return next(iter(self.folder.glob(f"*/*/{file_name(identifier)}{SUFFIX}")), None)

    @staticmethod
    def picture(place: Path) -> Path | None:
        """Return the picture that goes with a manifest, None where there is none."""
        found = place.with_suffix(_PICTURE)
        return found if found.is_file() else None


def file_name(identifier: str) -> str:
    """Return the name of a manifest as that of a file: `urn:c2pa:...` with `_` for `:`. What is in it that no
    name of a manifest has becomes `_`, too."""
    return re.sub(r"[^A-Za-z0-9-]", "_", identifier)[:200]
