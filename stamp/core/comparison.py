"""What a comparison of a find with the original says: figures for programs, a sentence for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from .detection import Quad

VERDICTS = ("agrees", "differs", "unregistered")
AGREES = 0.3
"""Correlation of fine detail from which on a suspect shows the original; ADR 95 has what was measured."""
_WHOLE = 0.97  # of the work; more is said to be all of it


@dataclass(frozen=True, slots=True)
class Comparison:
    """Whether a find shows the work, by its fine detail, and which part of it.

    kind : "image", "video" or "audio".
    verdict : "agrees", the fine detail is that of the original, as in copies of it; "differs", it is not,
        although a place was found, or a mark says that there is one; "unregistered", no place was found.
    correlation : of fine detail, -1 to 1; None where nothing was compared. needed : what "agrees" takes.
    method : "points" of the pictures, the geometry of the "mark", or the "sound"; "" where unregistered.
    overlap : share of the work that is seen or heard, 0 to 1; of a clip, of the frame.
    mirrored : whether the find is a mirror image.
    region : corners of what shows the work in the find, (x, y) in pixels from its top left corner. seen : the
        same corners in the original, 0 to 1.
    inliers : matched points. psnr_db : of what is seen, after brightness and contrast are fitted.
    find_span, work_span : (start, end) in seconds, of clips and songs. speed : of the find, relative.
    """

    kind: str
    verdict: str
    correlation: float | None = None
    needed: float | None = None
    method: str = ""
    overlap: float = 0.0
    mirrored: bool = False
    region: Quad = ()
    seen: Quad = ()
    inliers: int = 0
    psnr_db: float | None = None
    find_span: tuple[float, float] | None = None
    work_span: tuple[float, float] | None = None
    speed: float = 1.0

    def to_dict(self) -> dict[str, object]:
        """Return it as plain values for JSON, numbers rounded to what they are worth."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    def sentence(self) -> str:
        """Say it to people who decide about rights, no more than was measured."""
        if self.verdict == "unregistered":
            return "No part of the work was found in the find: what it shows could not be compared"
        figure = f"({self.correlation:.2f})"
        if self.verdict == "differs":
            carried = "a mark carried over from another work looks like this"
            return f"The find's fine detail does not agree with the work's {figure}: {carried}"
        parts = [f"The find {self._shows()}", f"fine detail agrees {figure}: as in copies of it"]
        return "; ".join(parts)

    def _shows(self) -> str:
        verb = "plays" if self.kind == "audio" else "shows"
        parts = [f"{verb} {self._part()}"]
        if self.mirrored:
            parts.append("mirrored")
        if abs(self.speed - 1) > 0.005:
            change = 100 * self.speed - 100
            parts.append(f"{abs(change):.1f} % {'faster' if change > 0 else 'slower'}")
        return ", ".join(parts)

    def _part(self) -> str:
        share = "all" if self.overlap >= _WHOLE else f"about {max(1, round(100 * self.overlap))} %"
        if self.work_span is None:
            return f"{share} of the work"
        span = f"the work from {_clock(self.work_span[0])} to {_clock(self.work_span[1])}"
        if self.kind == "audio" or self.overlap >= _WHOLE:
            return span
        return f"{share} of the frame of {span}"


def _plain(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"
