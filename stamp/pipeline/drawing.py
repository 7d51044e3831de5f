"""Draw a photo with the places of the marks that were found in it."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import OutputError
from ..core.reports import DetectReport
from ..storage.atomic import write_whole
from ..storage.outputs import is_same


def draw_marks(found: DetectReport, target: Path) -> None:
    """Write the photo of a report to `target`, a PNG, with a line around each mark whose place is known.

    Raises OutputError where the target is not named .png, is the photo itself or cannot be written,
    MediaError where the photo cannot be read.
    """
    from ..media.image.opening import read_shown
    from ..media.image.outlines import outlined_png

    if target.suffix.lower() != ".png":
        raise OutputError(f"{target}: pictures are drawn as PNG; give it a name that ends with .png")
    assert isinstance(found.path, Path)
    assert found.size is not None
    if is_same(found.path, target):
        raise OutputError(f"{target}: is the photo itself, which is not replaced; give another name")
    places = [place for place in (found.region, *(mark.region for mark in found.others)) if place is not None]
    pixels = read_shown(found.path)
    # A large JPEG is looked at in half its size.
    zoom = pixels.shape[1] / found.size[0]
    data = outlined_png(pixels, [[(x * zoom, y * zoom) for x, y in place] for place in places])
    with write_whole(target, overwrite=True) as draft:
        draft.write_bytes(data)
