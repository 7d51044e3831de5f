"""What a detection says, in sentences for people who decide about rights.

Every sentence says what was measured and no more; the figures behind it are in the record, and in `figures`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from .comparison import AGREES
from .detection import Detection, Mark, Quad, area
from .reports import DetectReport

# What carries the mark, by the second part of its scheme's name.
_NOUNS = {"image": "photo", "video": "clip", "audio": "song"}
# Powers of ten by which `log10_p` is taken back. A photo's counts all that a call may try. A clip's and a
# song's counts what was tried until then; all moments at which a call may stop make it 1 + 1/2 + 1/3 + ...
# times as likely, and twice that where a clip's sound is heard, too: below 100, however long it is.
_MARGINS = {"image": 0, "video": 2, "audio": 2}
# Powers of ten that hold for whatever payload is reported (docs/scheme.md), a song's two looks together.
_SURE = {"image": 9, "video": 9, "audio": 8}

# What is less is not said; degrees and percent. The pitch is measured in steps of a band, the tempo finer.
_SAME_SIZE, _SAME_ASPECT, _SAME_ANGLE = 0.005, 0.005, 0.05
_SAME_TEMPO, _SAME_PITCH = 0.05, 1.0
_MEGA = 1_000_000
_WHOLE = 0.97  # of the original; more is said to be all of it


def kind(found: Detection) -> str:
    """Return what was looked at, as users call it: "photo", "clip" or "song"."""
    return _NOUNS[_medium(found)]


def sentence(found: DetectReport, expected: bytes | None = None) -> str:
    """Say what was found in a file, and how sure that is; `expected` is the payload that was hoped for."""
    if not found.present:
        parts = ["no mark found", *_named(found), _alike(found)]
        return "; ".join(part for part in parts if part)
    parts = [_carries(found, expected), _chance(found)]
    if found.payload is None:
        parts += _named(found)
        if _medium(found) == "image":  # docs/threat-model.md; nobody has tried it with songs
            parts.append("so much can be planted by somebody with some dozens of your photos")
    if found.known:
        parts.append(f"this is {found.known}")
    if found.is_unknown and found.payload:
        parts.append(without_record(found.payload))
    parts += [_when(found), _in_view(found), _alike(found), _moved(found), _played(found)]
    parts += [_also(other, expected) for other in found.others]
    return "; ".join(part for part in parts if part)


def without_record(payload: bytes) -> str:
    """Say that the catalogue knows nothing of a payload, and what to do."""
    remedy = "`stamp works import report.json` brings in what earlier runs reported"
    return f"mark without record: the catalogue does not know {payload.hex()}; {remedy}"


def figures(found: Detection) -> str:
    """Return the figures behind a sentence."""
    parts = [f"score {found.score:.1f}, needed {found.threshold:.1f}", f"log10_p {found.log10_p:.1f}"]
    if found.bits_corrected is not None:
        parts.append(f"{found.bits_corrected} coded bits corrected")
    if (turn := found.transform) is not None:
        mirrored = "mirrored" if turn.mirrored else "not mirrored"
        parts.append(
            f"scale {turn.scale:.4f}, turn {turn.rotation_deg:.2f}, {mirrored}, aspect {turn.aspect:.4f}"
        )
    if found.tempo is not None and found.pitch is not None:
        parts.append(f"tempo {found.tempo:.4f}, pitch {found.pitch:.4f}")
    if found.decided_after_s is not None:
        parts.append(f"read after {found.decided_after_s:.1f} s")
    return "; ".join([*parts, found.scheme])


def next_steps(kinds: Iterable[str]) -> list[str]:
    """Return what to try where no mark was found in works of these `kind`s."""
    every = {
        "photo": "photos: look at a larger copy; if it is small on its page or much is drawn over it, "
        "cut the photo out, roughly is enough, and look again; with the unmarked photo at hand smaller "
        "pieces are read",
        "clip": "clips: look at another excerpt, ten seconds or more, or at a better copy",
        "song": "songs: look at another excerpt, ten seconds or more, with no voices over it",
    }
    kinds = set(kinds)
    steps = [step for name, step in every.items() if name in kinds]
    keys = "other keys: give every key that it may have been marked with"
    return [*steps, keys, "a mark that is not found is no evidence that there was none"]


def _medium(found: Detection) -> str:
    return found.scheme.split(".")[1]


def _carries(found: DetectReport, expected: bytes | None) -> str:
    key = f"key {found.key_name}"
    if found.payload is None:
        unknown = f", so whether it is {expected.hex()} is not known" if expected else ""
        return f"carries a mark of your key that is too weak to be read ({key}){unknown}"
    if expected is None:
        return f"carries your mark {found.payload.hex()} ({key})"
    if expected == found.payload:
        return f"carries the expected mark {found.payload.hex()} ({key})"
    missed = "" if found.carries(expected) else f", not the expected {expected.hex()}"
    return f"carries your mark {found.payload.hex()} ({key}){missed}"


def chance_power(medium: str, log10_p: float, *, is_read: bool) -> int:
    """Return n of "below 1 in 10^n", the bound of the law rounded up to a power of ten.

    medium : "image", "video" or "audio". is_read : whether there is a payload.
    """
    power = math.floor(min(-log10_p - _MARGINS[medium], 999))
    return max(power, _SURE[medium]) if is_read else power


def _chance(found: Detection) -> str:
    power = chance_power(_medium(found), found.log10_p, is_read=found.payload is not None)
    return f"the chance that a {kind(found)} not marked with this key would say this is below 1 in 10^{power}"


def _named(found: DetectReport) -> list[str]:
    """What the notice says, where the work itself says nothing."""
    if found.noticed is None:
        return []
    return [f"its notice names the mark {found.noticed.hex()}: try the key of that time"]


def _when(found: Detection) -> str:
    if not found.spans:
        return ""
    return f"{'heard' if _medium(found) == 'audio' else 'seen'} {_spans(found.spans)}"


def _spans(spans: Iterable[tuple[float, float]]) -> str:
    return " and ".join(f"from {_clock(start)} to {_clock(end)}" for start, end in spans)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _in_view(found: Detection) -> str:
    """How much of the original is seen, and how large."""
    if found.share is None or found.size is None or found.whole_pixels is None or found.transform is None:
        return ""
    if found.correlation is not None and found.share < _WHOLE:
        share = _percent(found.share)
        text = f"about {share} of the original is seen, {_large(found.whole_pixels)}"
        return ", ".join([text, *_resized(found.whole_pixels, found.marked_pixels)])
    width, height = found.size
    if found.seen is not None and found.region is not None:
        is_all = area(found.region) >= width * height
        place = f"{width} x {height} pixels" if is_all else f"{_place(found.region)} of {width} x {height}"
        text = f"the whole frame of the original is seen, to within 2 %, in {place}"
    elif found.transform.scale > 1 + _SAME_SIZE:
        text = f"at most about {_percent(found.share)} of the original is seen, {_large(found.whole_pixels)}"
    elif found.transform.scale < 1 - _SAME_SIZE:
        room = _percent(found.transform.scale**2)
        text = f"the original takes up at most about {room} of this picture, {_large(found.whole_pixels)}"
    else:
        text = f"how much of the original is seen is not known; it is seen {_large(found.whole_pixels)}"
    if found.region is not None and found.seen is None:
        text += f", read in {_place(found.region)} of {width} x {height}"
    return ", ".join([text, *_resized(found.whole_pixels, found.marked_pixels)])


def _alike(found: Detection) -> str:
    """Whether the fine detail is that of the original that was at hand."""
    parts = []
    if found.correlation is not None:
        figure = f"({found.correlation:.2f})"
        if found.correlation >= AGREES:
            parts.append(f"its fine detail is that of the original {figure}, as in copies of it")
        else:
            carried = "a mark that was carried over to another picture looks like this"
            parts.append(f"its fine detail is not that of the original {figure}: {carried}")
    if found.original_payload:
        given = f"the original that was given carries the mark {found.original_payload.hex()} itself"
        parts.append(f"{given}: give the file as it was before it was marked")
    return "; ".join(parts)


def _large(whole_pixels: int) -> str:
    """How large the original is seen."""
    mega = whole_pixels / _MEGA
    size = f"{float(f'{mega:.2g}'):g} megapixels" if mega >= 0.01 else f"{whole_pixels} pixels"
    return f"at a size at which all of it has {size}"


def _resized(whole_pixels: int, marked_pixels: tuple[int, int | None] | None) -> list[str]:
    """What is certain of the size at which the original is seen, beside the size at which it was marked."""
    least, most = marked_pixels or (1, None)
    if whole_pixels < least * (1 - _SAME_SIZE):
        part = math.ceil(1000 * whole_pixels / least) / 10
        return [
            f"reduced to {part:.1f} % of its pixels or less (it had {least / _MEGA:g} megapixels or more)"
        ]
    if most is not None and whole_pixels > most * (1 + _SAME_SIZE):
        part = math.floor(1000 * whole_pixels / most) / 10
        had = f"less than {(most + 1) / _MEGA:g} megapixels"
        return [f"enlarged to {part:.1f} % of its pixels or more (it had {had})"]
    return []


def _percent(part: float) -> str:
    return f"{100 * part:.0f} %" if part >= 0.1 else f"{100 * part:.1f} %"


def _moved(found: Detection) -> str:
    """How the original was mirrored, turned and stretched."""
    turn = found.transform
    if turn is None:
        return ""
    angle, steps = round(abs(turn.rotation_deg), 1), []
    if turn.mirrored and angle == 180:
        steps.append("mirrored top to bottom")
    else:
        steps += ["mirrored left to right"] if turn.mirrored else []
        if angle > _SAME_ANGLE:
            side = "" if angle == 180 else " counter-clockwise" if turn.rotation_deg > 0 else " clockwise"
            steps.append(
                f"{'then ' if steps else ''}turned by {angle:g} degree{'' if angle == 1 else 's'}{side}"
            )
    if abs(turn.aspect - 1) > _SAME_ASPECT:
        change = f"{abs(100 * turn.aspect - 100):.1f} % {'wider' if turn.aspect > 1 else 'narrower'}"
        steps.append(f"{change} in proportion to its height")
    return ", ".join(steps)


def _played(found: Detection) -> str:
    """How a song plays now compared with how it was marked."""
    tempo, pitch = (100 * (factor or 1) - 100 for factor in (found.tempo, found.pitch))
    speed = f"{abs(tempo):.1f} % {'faster' if tempo > 0 else 'slower'}" if abs(tempo) >= _SAME_TEMPO else ""
    if speed and abs(tempo - pitch) < _SAME_PITCH:
        both = f"as much {'higher' if tempo > 0 else 'lower'}"
    elif abs(pitch) >= _SAME_PITCH:
        both = f"{abs(pitch):.1f} % {'higher' if pitch > 0 else 'lower'}"
    else:
        both = "at the same pitch" if speed else ""
    told = ", ".join(part for part in (speed, both) if part)
    return f"played {told}" if told else ""


def _also(mark: Mark, expected: bytes | None) -> str:
    whose = "the expected mark" if mark.payload == expected else "the mark"
    where = f" {_spans(mark.spans)}" if mark.spans else ""
    if mark.region is not None:
        where = f", {'the whole frame of it' if mark.seen else 'read'} in {_place(mark.region)}"
    return f"also carries {whose} {mark.payload.hex()} (key {mark.key_name}){where}"


def _place(region: Quad) -> str:
    """The size of a rectangle, upright or turned, and its top left corner."""
    across, down = (math.dist(region[0], corner) for corner in (region[1], region[3]))
    x, y = region[0]
    return f"{across:.0f} x {down:.0f} pixels at ({x:.0f}, {y:.0f})"
