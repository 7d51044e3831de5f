"""Deposits: what shows later that a file was there before it was published. Its hash is written into the log,
the log is sealed, and a bundle has all that a stranger needs to check that; the work itself is not in it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import CatalogueError
from ..storage.digest import Digest, digest
from . import archive, document, log, sums
from .authorities import asked_by
from .facts import is_checked
from .likeness import thumbnail
from .options import PacketOptions
from .packet import Made, moment, seal_up
from .signing import Signer
from .words import words

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.dossiers import Dossier
    from ..catalogue.records import WorkRecord

EVENT = "deposit.begun"
_SIDE = 400  # pixels: enough to tell which work it is


def make_deposit(
    catalogue: Catalogue,
    reference: str,
    target: Path,
    options: PacketOptions | None = None,
    *,
    authority: str = "niip",
) -> Made:
    """Write the hash of a work into the log, seal the log, and write the bundle on both.

    reference : of the work. authority : the register whose list of what it asks for is in the bundle, one of
    `authorities.AUTHORITIES`.

    Raises like `make_packet`; CatalogueError where the file is not that of the work.
    """
    wanted = options or PacketOptions()
    words(wanted.language)
    at = moment(wanted.at)
    signer = Signer.load(wanted.sign) if wanted.sign else None
    work = catalogue.works.show(reference)
    known = catalogue.dossier(work.work)
    original, found = _original(catalogue, work, known, wanted.original)
    pictures = {"pictures/work.jpg": thumbnail(original, _SIDE)} if work.kind == "image" else {}
    catalogue.log(EVENT, work.work, {"sha256": found.sha256, "size": found.size})
    catalogue.seal(wanted.tsa, roots=wanted.tsa_root)
    lines, seals = log.lines_of(catalogue, [work.work])
    files: dict[str, archive.Content] = {**pictures, sums.LOG: log.written(lines)}
    files |= {document.token_name(seal): seal.token for seal in seals if seal.token}
    said = _document(catalogue, work, known, at, wanted, original, found)
    said |= {
        "event": lines[-1].seq,
        "seals": [document.seal_entry(seal, is_checked(seal, wanted.tsa_root)) for seal in seals],
        "authority": asked_by(authority, wanted.language, said["work"]),
        "pictures": [{"file": name, "caption": "thumbnail"} for name in pictures],
        "files": document.file_entries(files),
    }
    return seal_up(target, said, files, lines, pictures, at, signer, wanted)


def _original(
    catalogue: Catalogue, work: WorkRecord, known: Dossier, given: Path | None
) -> tuple[Path, Digest]:
    """The file of a work, and its hash. Raises CatalogueError where it is another one, or not at hand."""
    places = [given] if given else [path for path, _ in catalogue.finds.originals_of(work.work)]
    for path in places:
        if given is None and not path.is_file():
            continue
        found = digest(path)
        if known.sha256 in (None, found.sha256):
            return path, found
        if given:
            raise CatalogueError(f"{path}: is not the file that work #{work.number} was added with")
    raise CatalogueError(
        f"the file of work #{work.number} '{work.title}' is not where it was, or was changed; give `original`"
    )


def _document(
    catalogue: Catalogue,
    work: WorkRecord,
    known: Dossier,
    at: datetime,
    wanted: PacketOptions,
    original: Path,
    found: Digest,
) -> dict[str, Any]:
    licences = catalogue.licences.of_work(work.number)
    return {
        "schema": document.SCHEMA,
        "kind": "deposit",
        "created": document.instant(at),
        "language": wanted.language,
        "program": document.program(),
        "work": document.work_entry(work, known, licences) | {"original": document.named(original, found)},
        "mark": None,
    }
