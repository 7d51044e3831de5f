"""A find beside its original: read, laid onto each other, and drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.comparison import Comparison
from ..core.detection import Transform
from ..core.errors import CatalogueError, OutputError
from ..core.key import Key
from ..formats.reading import named
from ..storage.atomic import write_whole
from ..storage.digest import digest
from .confirming import known_copy
from .finding import original_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..catalogue.catalogue import Catalogue
    from ..catalogue.find_records import FindRecord


@dataclass(frozen=True, slots=True)
class Compared:
    """A find that was compared.

    find : with its comparison. comparison : the same as a record. original : the file that it was compared
        with, which is the unmarked original or a marked copy. picture : the two beside each other, where the
        one lies in the other, and the difference, (H, W, 3) uint8; None where it was not asked for.
    """

    find: FindRecord
    comparison: Comparison
    original: Path
    picture: NDArray[Any] | None = None


def compare_find(
    catalogue: Catalogue,
    reference: str,
    *,
    original: Path | None = None,
    draw: bool = False,
    keys: Sequence[Key] = (),
) -> Compared:
    """Compare a find with the original of its work, and write down what was measured.

    original : the file; where the catalogue knows one to be, unless given. draw : draw the two side by side.
    keys : of the work's copies; where no mark was read, it is asked which of these the find is.

    Raises CatalogueError where find or original are not there or the original is of another kind, MediaError
    where one of the two cannot be read, MissingDependency without OpenCV.
    """
    find = catalogue.finds.show(reference)
    path = original_of(catalogue, find) if original is None else original
    capture = catalogue.documents.path(find.capture)
    comparison, picture = compare_files(find, path, capture, draw=draw)
    known = {sha256.hex() for _, sha256 in catalogue.finds.originals(find) if sha256}
    sha256 = digest(path).sha256
    said = comparison.to_dict() | {
        "original_sha256": sha256,
        "original_known": sha256 in known,
        "sentence": comparison.sentence(),
    }
    if copy := known_copy(catalogue, find, path, capture, keys):
        report = copy.report.to_dict() if copy.report else None
        catalogue.finds.identified(reference, copy.payload, copy.key.fingerprint, report=report)
        said["confirmed"] = copy.to_dict()
    return Compared(catalogue.finds.compared(reference, said), comparison, path, picture)


def compare_files(
    find: FindRecord, original: Path, capture: Path, *, draw: bool = False
) -> tuple[Comparison, NDArray[Any] | None]:
    """Return how a find compares with a file of its work, and the two drawn side by side, (H, W, 3) uint8, if
    it is asked for and the one was found in the other. Raises like `compare_find`."""
    from ..formats.sniff import kind_of

    with named(original):
        if kind_of(original) != find.kind:
            raise CatalogueError(f"{original}: is no {find.kind}, as find #{find.number} is")
    if find.kind == "image":
        return _pictures(original, capture, transform_in(find.report), draw)
    from . import spans

    if find.kind == "video":
        return spans.clips(original, capture, draw)
    return spans.songs(original, capture, marked=find.payload is not None), None


def _pictures(
    original: Path, capture: Path, transform: Transform | None, draw: bool
) -> tuple[Comparison, NDArray[Any] | None]:
    from ..matching.compare import compare_images
    from ..media.image.opening import read_shown

    whole, suspect = read_shown(original), read_shown(capture)
    comparison, registration = compare_images(whole, suspect, transform=transform)
    if registration is None or not draw:
        return comparison, None
    from ..matching.pictures import side_by_side

    return comparison, side_by_side(whole, suspect, registration)


def transform_in(report: dict[str, Any] | None) -> Transform | None:
    """Return the geometry in an entry of `stamp.detect/1`, None where there is none."""
    mark = (report or {}).get("watermark") or {}
    turn = mark.get("transform")
    return Transform(**turn) if turn else None


def covering(catalogue: Catalogue, find: FindRecord) -> list[str]:
    """Return the uids of licences that were granted for the work of a find and held when it was seen, the one
    of its copy first: they may cover it."""
    if find.work is None:
        return []
    seen = find.sightings[0].seen_at[:10] if find.sightings else find.added_at[:10]
    held = [
        licence.licence
        for licence in catalogue.licences.list(work=find.work, limit=1000)
        if licence.terms.direction == "granted"
        and licence.terms.valid_from.isoformat() <= seen
        and (licence.terms.valid_until is None or seen <= licence.terms.valid_until.isoformat())
        and (licence.terms.terminated_on is None or seen < licence.terms.terminated_on.isoformat())
    ]
    own = catalogue.finds.licence_of_copy(find)
    return sorted(held, key=lambda uid: uid != own)


def draw(done: Compared, target: Path) -> None:
    """Write the picture of a comparison, as PNG or JPEG by its name; one that is there is replaced. Raises
    OutputError for another name, UnwritableFile."""
    from PIL import Image

    form = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}.get(target.suffix.lower())
    if form is None:
        raise OutputError(f"{target}: a picture is .png or .jpg")
    if done.picture is not None:
        with write_whole(target, overwrite=True) as draft:
            Image.fromarray(done.picture).save(draft, form, quality=90)
