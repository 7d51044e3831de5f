"""What the detectors answer, whatever the mark was put into."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Transform:
    """What happened to the marked picture, as far as the mark shows it.

    scale : size of the content relative to an uncropped picture of the same dimensions; a crop to a quarter
        of the area shows as 2.
    rotation_deg : counter-clockwise turn of the content, -180 to 180.
    mirrored : whether the content was mirrored left to right before that turn.
    aspect : by how much the content was stretched horizontally relative to vertically.
    """

    scale: float
    rotation_deg: float
    mirrored: bool
    aspect: float


@dataclass(frozen=True, slots=True)
class Detection:
    """Whether a host carries a mark of one key, which payload, and how sure that is.

    present : a mark of this key is there.
    payload : its 8 bytes; None where the mark is too weak to be read.
    score, threshold : the detection statistic of the scheme, and what it must reach for a false positive rate
        of 1e-9 a call.
    log10_p : upper bound of log10 of the probability that a host not marked with this key reaches this score,
        all that was tried included.
    bits_corrected : coded bits that the error correction turned round; None without a payload.
    transform : the geometry found in a picture; None in sound, and without a mark.
    scheme : the versioned algorithm.
    spans : (start, end) in seconds of the parts of a clip or a song that carry the mark, of those that were
        looked at; () in a picture.
    decided_after_s : seconds of a clip that had been seen when the payload was read; None without one.
    tempo, pitch : how many times as fast and as high a song plays as when it was marked; None without a mark.
    """

    present: bool
    payload: bytes | None
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
