"""What the detectors answer, whatever the mark was put into."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .payload import Payload

Quad = tuple[tuple[float, float], ...]  # four corners (x, y)


@dataclass(frozen=True, slots=True)
class Transform:
    """What happened to the marked picture, as far as the mark shows it.

    scale : square root of the area that the whole original has here, by the area of the picture that was
        looked at, whatever is in view of it: a crop to a quarter of the area shows as 2, a copy that was
        reduced as 1, an original that fills a quarter of a page as 0.5. The size of the original is not in
        the mark.
    rotation_deg : counter-clockwise turn of the content, -180 to 180.
    mirrored : whether the content was mirrored left to right before that turn.
    aspect : by how much the content was stretched horizontally relative to vertically.
    """

    scale: float
    rotation_deg: float
    mirrored: bool
    aspect: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that was found beside the surest one.

    spans : (start, end) in seconds. region, seen : where in a picture, as in `Detection`.
    """

    payload: Payload
    key_name: str
    log10_p: float
    spans: tuple[tuple[float, float], ...] = ()
    region: Quad | None = None
    seen: Quad | None = None


@dataclass(frozen=True, slots=True)
class Detection:
    """Whether a host carries a mark of one key, which payload, and how sure that is.

    present : a mark of this key is there.
    payload : its 8 bytes; None where the mark is too weak to be read.
    score, threshold : the detection statistic of the scheme, and what it must reach for this answer at a
        false positive rate of 1e-9 a call. With a payload it adds to the keyed check that the payload has
        passed (2.7 in a photo); without one it must suffice by itself (7.3). So scores of the two kinds are
        not to be compared, and neither is a measure of how nearly a host is marked.
    log10_p : upper bound of log10 of the probability that a host not marked with this key reaches this score,
        all that was tried included.
    bits_corrected : coded bits that the error correction turned round; None without a payload.
    transform : the geometry found in a picture; None in sound, and without a mark.
    scheme : the versioned algorithm.
    spans : (start, end) in seconds of the parts of a clip or a song that carry the mark, of those that were
        looked at; () in a picture.
    decided_after_s : seconds of a clip that had been seen when the payload was read; None without one.
    tempo, pitch : how many times as fast and as high a song plays as when it was marked; None without a mark.
    size : width and height, in pixels as displayed, of the picture that was looked at; None in sound.
    seen : where the corners of `region` lie in the marked original, (x, y) in 0..1 from its top left corner;
        None where the mark does not show it. It shows it of a whole copy only: the pattern repeats, and what
        proportions the original had is not in it.
    region : the corners of what shows the original, (x, y) in pixels, clockwise from the top left one; None
        where it is not known. On a page, the rectangle in which the mark was read: where `seen` is None, it
        may show more than the original, and the original may reach beyond it.
    correlation : of fine detail with the original that was at hand, -1 to 1: copies have 0.3 and more, other
        pictures that its mark was carried over to are near 0. None where none was, or it was not found in the
        picture. `seen` and `region` then are of the part of it that is seen.
    original_payload : the mark that the original which was at hand carries itself; None as it should be.
    marked_pixels : the least and the most pixels that the original had when it was marked, as far as the mark
        tells; the most is None where there is no limit. None where it does not tell.
    others : other marks in the same work, such as those of the other cells of a collage.
    """

    present: bool
    payload: Payload | None
    score: float
    threshold: float
    log10_p: float
    bits_corrected: int | None
    transform: Transform | None
    key_name: str
    scheme: str
    spans: tuple[tuple[float, float], ...] = ()
    decided_after_s: float | None = None
    tempo: float | None = None
    pitch: float | None = None
    size: tuple[int, int] | None = None
    seen: Quad | None = None
    region: Quad | None = None
    marked_pixels: tuple[int, int | None] | None = None
    correlation: float | None = None
    original_payload: Payload | None = None
    others: tuple[Mark, ...] = ()

    @property
    def share(self) -> float | None:
        """At most this part of the original's area is in view, above 0 to 1; less where something else is in
        the picture, too. None where no payload was read: its check shows which area the original has. With
        the original at hand, just this part."""
        if self.correlation is not None and self.seen is not None:
            return min(area(self.seen), 1.0)
        if self.payload is None or self.transform is None:
            return None
        room = 1.0
        if self.seen is not None and self.region is not None and self.size is not None:
            room = area(self.region) / math.prod(self.size)
        return min(room * self.transform.scale**-2, 1.0)

    @property
    def whole_pixels(self) -> int | None:
        """The pixels that the whole original would have at the size at which it is seen; None as `share`."""
        if self.payload is None or self.transform is None or self.size is None:
            return None
        return round(self.size[0] * self.size[1] * self.transform.scale**2)


def area(quad: Quad) -> float:
    """Return the area of a polygon without crossings, in squares of its unit."""
    beyond = (*quad[1:], quad[0])
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in zip(quad, beyond, strict=True))) / 2


def corners(left: float, top: float, right: float, bottom: float) -> Quad:
    """Return the corners of a rectangle, (x, y), clockwise from the top left one."""
    return (left, top), (right, top), (right, bottom), (left, bottom)
