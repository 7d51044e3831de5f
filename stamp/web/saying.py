"""What an answer says to people, in their language, and what of its figures whom is shown.

Who may ask has no figures: with them a detector could be used to learn how to remove a mark."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from ..core.matches import FOUND
from ..core.words import chance_power

LANGUAGES: Final = ("en", "ru", "kk")
_OF_MARKS = ("score", "threshold", "log10_p", "bits_corrected", "decided_after_s")
_OF_LIKENESS = ("correlation", "psnr_db", "inliers", "sentence", "distance", "votes")
_FIGURES: Final = frozenset((*_OF_MARKS, *_OF_LIKENESS))
_HOLDS = ("ok", "absent")  # states of checks of a packet
_SAME_ANGLE = 0.5  # degrees; what is less is not said
_WHOLE = 0.97  # of the original; more is all of it
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

Entry = Mapping[str, Any]
Texts = Mapping[str, Any]


@cache
def texts(language: str) -> Texts:
    """Return what is said in a language, one of LANGUAGES."""
    path = files(__package__).joinpath("texts", f"{language}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))


def language(wanted: str) -> str:
    """Return the language of LANGUAGES that comes first in an Accept-Language header; English for none."""
    asked: list[tuple[float, str]] = []
    for part in wanted[:200].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            asked.append((-float(weight or 1), name.partition("-")[0].lower()))
        except ValueError:
            continue
    found = (name for _, name in sorted(asked, key=lambda each: each[0]) if name in LANGUAGES)
    return next(found, LANGUAGES[0])


def without_figures(entry: Entry) -> dict[str, Any]:
    """Return an entry without what tells how near a mark, or a likeness, is to being lost."""
    found: dict[str, Any] = _without_figures(entry)
    if "matches" in found:
        found["matches"] = [match for match in found["matches"] if match["verdict"] in FOUND]
    return found


def _without_figures(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: None if name in _FIGURES else _without_figures(each) for name, each in value.items()}
    return [_without_figures(each) for each in value] if isinstance(value, list) else value


def detected(entry: Entry, text: Texts, *, figures: bool) -> dict[str, Any]:
    """Return what an entry of `stamp.detect/1` says: `verdict` ("ours", "weak", "none", "cannot"), `say`,
    `sure` and `lines`."""
    if entry["error"]:
        return _cannot(entry, text)
    mark = entry["watermark"]
    medium = mark["scheme"].split(".")[1]
    verdict = "ours" if mark["payload"] else "weak" if entry["status"] == "detected" else "none"
    sure = text["sure"][verdict]
    if verdict == "ours":
        sure = text["sure"].get(f"ours_{medium}", sure).format(kinds=text["kinds"][medium])
    if figures and verdict != "none" and mark["log10_p"] is not None:
        power = chance_power(medium, mark["log10_p"], is_read=verdict == "ours")
        sure += " " + text["sure"]["figure"].format(power=str(power).translate(_RAISED))
    return _words(verdict, text, sure, list(_seen(entry, medium, verdict, text["line"])))


def _seen(entry: Entry, medium: str, verdict: str, line: Texts) -> Iterator[str]:
    mark, record = entry["watermark"], entry["record"]
    if verdict == "none":
        if entry["notice_payload"]:
            yield line["notice"]
        yield line["larger" if medium == "image" else "excerpt"]
        return
    if record:
        yield from _recorded(record, line)
    elif verdict == "ours":
        yield line["unknown"]
    yield from _moved(mark, line)
    if mark["others"]:
        yield line["others"].format(count=len(mark["others"]))
    yield line["compare"]


def _recorded(record: Entry, line: Texts) -> Iterator[str]:
    yield line["work"].format(number=record["number"], title=record["title"])
    if name := record["recipient"] or record["licensee"]:
        yield line["recipient"].format(name=name)
    if record["channel"]:
        yield line["channel"].format(channel=record["channel"])
    if record["withdrawn"]:
        yield line["withdrawn"]


def _moved(mark: Entry, line: Texts) -> Iterator[str]:
    if turn := mark["transform"]:
        if turn["mirrored"]:
            yield line["mirrored"]
        if abs(turn["rotation_deg"]) > _SAME_ANGLE:
            yield line["turned"].format(degrees=f"{abs(turn['rotation_deg']):.0f}")
    if mark["share"] is not None and mark["share"] < _WHOLE:
        yield line["share"].format(percent=max(1, round(100 * mark["share"])))
    if mark["spans"]:
        spans = ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in mark["spans"])
        yield line["spans"].format(spans=spans)


def checked(entry: Entry, text: Texts) -> dict[str, Any]:
    """Return what an entry of `stamp.check/1` says, like `detected`; its verdicts are "clear", "refused",
    "cannot"."""
    if entry["error"]:
        return _cannot(entry, text)
    line, lines = text["line"], []
    if entry["number"] is not None:
        lines.append(line["work"].format(number=entry["number"], title=entry["title"]))
    if entry["recognised_by"]:
        lines.append(line["recognised"].format(how=text["how"][entry["recognised_by"]]))
    for reason in entry["reasons"]:
        code, _, value = reason.partition(":")
        lines.append(text["reason"].get(code, "{}").format(value or code))
    if entry["clear"] and entry["attribution"]:
        lines.append(line["attribution"].format(text=entry["attribution"]))
    verdict = "clear" if entry["clear"] else "refused"
    sure = text["clear"].get(entry["verdict"], "") if entry["clear"] else ""
    return _words(verdict, text, sure, lines)


def embedded(entry: Entry, text: Texts) -> dict[str, Any]:
    """Return what an entry of `stamp.embed/1` says, like `detected`; its verdicts are "marked" and
    "cannot"."""
    if entry["error"]:
        return _cannot(entry, text)
    record = entry["record"]
    lines = list(_recorded(record, text["line"])) if record else []
    return _words("marked", text, "", [*lines, *entry["notes"]])


def found(entry: Entry, text: Texts) -> dict[str, Any]:
    """Return what an entry of `stamp.find/1` says, like `detected`; its verdicts are those of the find, and
    "cannot"."""
    if entry.get("error"):
        return _cannot(entry, text)
    line, lines = text["line"], []
    if entry["work"]:
        lines.append(line["work"].format(number=entry["work_number"], title=entry["title"]))
    elif entry["payload"]:
        lines.append(line["unknown"])
    if entry["recipient"]:
        lines.append(line["recipient"].format(name=entry["recipient"]))
    if entry["comparison"]:
        lines.append(text["compared"][entry["comparison"]["verdict"]])
    say, sure = text["say"]["ours" if entry["payload"] else "none"], ""
    if entry["basis"] == "fingerprint" and (match := entry["matched"]):
        say, sure = text["say"][match["verdict"]], text["sure_of_match"][match["verdict"]]
        lines += _shown_part(match, line)
    return {"verdict": entry["verdict"], "say": say, "sure": sure, "lines": lines}


def matched(entry: Entry, text: Texts, figures: bool) -> dict[str, Any]:
    """Return what an entry of `stamp.match/1` says, like `detected`; its verdicts are "ours", "copy",
    "scene", "no_work", "cannot"."""
    if entry["error"]:
        return _cannot(entry, text)
    line, lines = text["line"], []
    for match in entry["matches"]:
        if match["verdict"] in FOUND:
            lines.append(line["work"].format(number=match["number"], title=match["title"]))
            lines += _shown_part(match, line)
    if entry["watermark"]:
        lines.append(line["unknown"])
    verdict = {"mark": "ours", "copy": "copy", "scene": "scene"}.get(entry["verdict"], "no_work")
    if verdict != "no_work":
        lines.append(line["compare"])
    return _words(verdict, text, text["sure_of_match"][verdict], lines)


def _shown_part(match: Entry, line: Texts) -> Iterator[str]:
    if match["mirrored"]:
        yield line["mirrored"]
    if (share := match["overlap"]["work"]) is not None and share < _WHOLE:
        yield line["share"].format(percent=max(1, round(100 * share)))
    if span := match["work_span"]:
        yield line["work_span"].format(span=f"{_clock(span[0])}–{_clock(span[1])}")


def made(entry: Entry, text: Texts, figures: bool) -> dict[str, Any]:
    """Return what an entry of `stamp.evidence/1` says of a packet that was made; "made" or "cannot"."""
    return _cannot(entry, text) if entry["error"] else _words("made", text, "", [])


def verified(entry: Entry, text: Texts, figures: bool) -> dict[str, Any]:
    """Return what an entry of `stamp.evidence/1` says of a packet that was checked: "verified",
    "not_verified", "cannot"."""
    if entry["error"]:
        return _cannot(entry, text)
    wrong = [
        f"{check['name']}: {check['detail']}" for check in entry["checks"] if check["state"] not in _HOLDS
    ]
    return _words(entry["status"], text, "", wrong)


def _cannot(entry: Entry, text: Texts) -> dict[str, Any]:
    return _words("cannot", text, "", [entry["error"]["message"]])


def _words(verdict: str, text: Texts, sure: str, lines: list[str]) -> dict[str, Any]:
    return {"verdict": verdict, "say": text["say"][verdict], "sure": sure, "lines": lines}


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"
