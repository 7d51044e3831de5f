"""What a visible notice would look like, without a mark."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ..core import arguments
from ..core.errors import ArgumentError, OutputError
from ..core.limits import one_account
from ..core.visible import Box, VisibleNotice, VisibleReport
from ..formats.reading import named
from ..formats.sniff import kind_of
from ..formats.suffixes import same_container
from ..media.image.canvas import Canvas
from ..media.image.opening import encode_picture, read_picture
from ..media.video.canvas import FrameCanvas
from ..media.video.clip import examine
from ..media.video.still import shown, still
from ..overlay.notice import Drawing
from ..storage.outputs import is_same, placing
from .visible import checked_visible, notes_on

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FORMATS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
_QUALITY = 92


@dataclass(frozen=True, slots=True)
class PreviewReport:
    """What was drawn into a picture that shows it. path, output : the work, and the picture."""

    path: Path
    output: Path
    visible: VisibleReport
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """An entry of `stamp.preview/1`."""
        return {
            "path": str(self.path),
            "output": str(self.output),
            "visible": self.visible.to_dict(),
            "notes": list(self.notes),
            "error": None,
        }


@one_account
def preview_file(
    src: Path, dst: Path, visible: VisibleNotice, *, at: float | None = None, overwrite: bool = False
) -> PreviewReport:
    """Write a picture (JPEG, PNG or WebP, by the name `dst`) that shows what `visible` would look like in the
    photo or clip `src`. A photo in its own container keeps profile and metadata. `at`: the second of a clip.

    Raises
    ------
    ArgumentError : the notice cannot be drawn, or `src` is a song. HostError : it does not fit.
    OutputError : `dst` exists, is `src` itself, or has another suffix.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read. UnwritableFile : no place for `dst`.
    """
    given = checked_visible(src, arguments.instance(visible, VisibleNotice, "visible"))
    assert given is not None
    written_as = _FORMATS.get(dst.suffix.lower())
    if written_as is None:
        raise OutputError(f"{dst}: a preview is a picture: name a .jpg, .png or .webp")
    if is_same(src, dst) or (dst.exists() and not overwrite):
        raise OutputError(f"{dst}: exists already; name another output, or allow it (`overwrite=True`)")
    with named(src), placing(None, dst, overwrite) as draft:
        if kind_of(src) == "video":
            report, data = _of_clip(src, given, at, written_as)
        else:
            report, data = _of_photo(src, dst, given, written_as)
        draft.write_bytes(data)
    return PreviewReport(src, dst, report, notes_on(given, report))


def _of_photo(src: Path, dst: Path, notice: VisibleNotice, written_as: str) -> tuple[VisibleReport, bytes]:
    canvas = Canvas(read_picture(src))
    drawing = Drawing(notice, canvas)
    drawing.draw(canvas)
    report = drawing.report(drawing.measured(canvas))
    if same_container(src, dst):
        picture = canvas.picture()
        return report, encode_picture(picture, picture.pixels)[0]
    signals = canvas.grounds(Box(0, 0, *canvas.size))[0]
    return report, _saved(np.rint(signals * 255).astype(np.uint8), written_as)


def _of_clip(
    src: Path, notice: VisibleNotice, at: float | None, written_as: str
) -> tuple[VisibleReport, bytes]:
    clip = examine(src)
    if clip is None:
        raise ArgumentError("a song shows nothing: leave out `visible`")
    begins, ends = notice.span or (0.0, 0.0)
    frame = still(src, (begins + ends) / 2 if at is None else at)
    canvas = FrameCanvas(frame, clip)
    drawing = Drawing(notice, canvas, steady=True)
    share = 1.0 if at is None else notice.share(at)
    drawing.draw(canvas, share)
    report = drawing.report(drawing.measured(canvas))
    return report, _saved(shown(frame, clip), written_as)


def _saved(pixels: NDArray[np.uint8], written_as: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, written_as, quality=_QUALITY)
    return buffer.getvalue()
