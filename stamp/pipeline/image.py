"""Photos: mark the image in a file, and look for a mark in one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.detection import Detection
from ..core.errors import HostError
from ..core.margin import Margin
from ..core.options import Progress
from ..core.payload import Payload
from ..core.reports import DetectReport
from ..core.visible import VisibleNotice
from ..media.image.canvas import Canvas
from ..media.image.opening import encode_picture, read_luma, read_picture
from ..overlay.notice import Drawing
from ..watermark.image.detect import detect as detect_in
from ..watermark.image.detect import glance, look_closer
from ..watermark.image.embed import embed as embed_in
from .fidelity import image_fidelity
from .margins import photo_margin
from .request import EmbedRequest
from .work import Effort, Work

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ..core.key import Key


_ALL = 2**62  # pixels: more than any picture has
_BELOW_TILES = 1.2
"""Times the strength: a notice all over a picture takes two powers of ten from the evidence of its mark,
which this gives back (ADR 102)."""


class ImageWork(Work):
    """An image: its pixels are marked once, and encoded again more finely where the file's own settings would
    kill the mark."""

    kind = "image"
    efforts = (Effort(), *(Effort(quality_floor=floor) for floor in (75, 85, 92, 96)))

    def __init__(self, request: EmbedRequest) -> None:
        super().__init__(request)
        self._picture = read_picture(request.src)
        self._strength = request.strength
        self._former: Payload | None = None
        self._marked: NDArray[Any] | None = None
        self._encoded = b""
        self._notes: list[str] = []
        self._coding: list[str] = []

    def draw(self, notice: VisibleNotice) -> None:
        canvas = Canvas(self._picture)
        drawing = Drawing(notice, canvas)
        drawing.draw(canvas)
        self.visible = drawing.report(drawing.measured(canvas))
        self._picture = canvas.picture()
        if notice.tile:
            self._strength *= _BELOW_TILES
        if notice.logo is not None and canvas.is_gray:
            self._notes.append("the logo is drawn in gray: there is no colour that could be changed")

    def former(self) -> Payload | None:
        self._former = glance(self._picture.pixels, key=self.request.key)
        return self._former

    def mark(self, effort: Effort) -> None:
        if self._marked is not None:
            return
        pixels, request = self._picture.pixels, self.request
        self._marked = embed_in(
            pixels,
            request.payload,
            key=request.key,
            strength=self._strength,
            verify=False,
            former=None if self._former == request.payload else self._former,
        )
        self.psnr_db, self.ssim = image_fidelity(pixels, self._marked)

    def encode(self, draft: Path, effort: Effort) -> None:
        assert self._marked is not None
        encoded, self._coding = encode_picture(
            self._picture, self._marked, quality_floor=effort.quality_floor
        )
        if encoded == self._encoded:  # a lossless container: more quality changes nothing
            raise HostError(self.unreadable())
        self._encoded = encoded
        draft.write_bytes(encoded)

    def read_back(self, draft: Path) -> bytes | None:
        self._luma = read_luma(draft)
        return detect_in(self._luma, key=self.request.key, search=False).payload

    def measure(self, draft: Path) -> Margin:
        height, width = self._picture.pixels.shape[:2]
        request = self.request
        return photo_margin(self._luma, request.payload, key=request.key, marked_at=(height, width))

    def unreadable(self) -> str:
        why = "the picture is too small, flat, clipped or noisy to carry it"
        remedy = "try a larger version, a higher strength, or a lossless file such as PNG"
        return f"the mark cannot be read back, so nothing was written: {why}; {remedy}"

    def notes(self) -> Sequence[str]:
        return (*self._picture.notes, *self._notes, *self._coding)


def _closer(src: Path, looked_at: tuple[int, ...], keys: Sequence[Key]) -> list[Detection]:
    """What is found on a large page in full size that was looked at in less."""
    luma = read_luma(src, max_pixels_hint=_ALL)
    if luma.shape == looked_at:
        return []
    found = (look_closer(luma, key=key) for key in keys)
    return [each for each in found if each is not None][:1]


def decode(request: EmbedRequest) -> ImageWork:
    """Read the image in full. Raises UnsupportedFormat, CorruptFile, MediaError."""
    return ImageWork(request)


def detect(
    src: Path,
    *,
    keys: Sequence[Key],
    search: bool,
    first: bool = True,
    progress: Progress = lambda done, total: None,
) -> DetectReport:
    """Look for a mark of any of `keys` in the image of `src`; see `files.detect_file`."""
    luma = read_luma(src)
    look = partial(detect_in, luma, search=search)
    tried = []
    for key, *ring in _rings(keys):
        tried.append(look(key=key, ring=ring) if ring else look(key=key))
        if tried[-1].payload is not None:
            break  # a picture without a mark takes the whole search, for every key
    else:
        tried += _closer(src, luma.shape, keys) if search else []
    best = min(tried, key=lambda found: (found.payload is None, not found.present, found.log10_p))
    return DetectReport.of(src, best)


def _rings(keys: Sequence[Key]) -> list[list[Key]]:
    """The keys, those of one ring together."""
    rings: dict[bytes, list[Key]] = {}
    for number, key in enumerate(keys):
        rings.setdefault(key.finder or str(number).encode(), []).append(key)
    return list(rings.values())
