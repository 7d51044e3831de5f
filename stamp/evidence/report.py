"""The report for people: everything in evidence.json, in sentences that a lawyer reads in five minutes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from ..core.errors import ArgumentError
from ..core.words import chance_power
from ..print.typesetting import typeset
from . import guide
from .log import Line
from .words import Words, words

# What is not seen, or turns the order of what is, such as U+202E: names are strangers'.
_UNSEEN: Final = re.compile(
    r"[\x00-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"
)
# What the fonts of typst may lack, and the above.
_RARE: Final = re.compile(
    r"[^ -~\xa0-\xac\xae-\u052f\u2010-\u2027\u2030-\u2044\u2070-\u208e\u20a0-\u20bf\u2116\u2122\u2190-\u2193]"
)
_HIGHEST: Final = 11.5  # cm that pictures may take of page one
_TEMPLATE: Final = Path(__file__).with_name("report.typ")
Section = dict[str, Any]


def pdf(document: Mapping[str, Any], lines: Sequence[Line], pictures: Mapping[str, bytes]) -> bytes:
    """Return the report on a document as PDF/A-3b: the same bytes for the same document.

    Letters that the fonts lack are shown by their numbers. Raises MissingDependency without the extra
    `evidence`.
    """
    said = words(document["language"])
    title = said("title", document["kind"])
    values = {
        "title": title,
        "subtitle": document["work"]["title"],
        "head": said.section("head"),
        "footer": _footer(document, said),
        "warnings": [],
        "short": [],
        "pictures": [_picture(each, said) for each in document["pictures"]],
        "pictures_head": said("head", "pictures"),
        "highest": _HIGHEST / max(1, len(document["pictures"])),
    }
    parts = _find_parts if document["kind"] == "find" else _deposit_parts
    values |= parts(document, lines, said)
    try:
        return _typeset(_numbered(values, _UNSEEN), document, pictures)
    except ArgumentError:  # the fonts lack letters of strangers' names: these must not prevent a packet
        values["sections"][-1]["notes"] = [said("note", "letters")]
        return _typeset(_numbered(values, _RARE), document, pictures)


def _typeset(values: Mapping[str, Any], document: Mapping[str, Any], pictures: Mapping[str, bytes]) -> bytes:
    return typeset(
        _TEMPLATE.read_text("utf-8"),
        values,
        title=f"{values['title']}: {values['subtitle']}",
        language=document["language"],
        on=datetime.fromisoformat(document["created"]).date(),
        files={Path(name).name: data for name, data in pictures.items()},
    )


def _numbered(value: Any, letters: re.Pattern[str]) -> Any:
    """The same with these letters by their numbers."""
    if isinstance(value, str):
        return letters.sub(lambda letter: f"[U+{ord(letter[0]):04X}]", value)
    if isinstance(value, dict):
        return {name: _numbered(each, letters) for name, each in value.items()}
    return [_numbered(each, letters) for each in value] if isinstance(value, list | tuple) else value


def _find_parts(document: Mapping[str, Any], lines: Sequence[Line], said: Words) -> dict[str, Any]:
    find = document["find"]
    comparison = comparison_text(document, said)
    verdict = said("verdict", find["verdict"], by=find["compared_by"], when=_when(find["compared_at"]))
    is_open, is_doubtful = find["verdict"] == "open", _is_doubtful(document)
    return {
        "warnings": [verdict] * is_open + [comparison] * is_doubtful,
        "short": [
            _first_sight(find, said),
            *_carries(document, said),
            *[comparison] * (not is_doubtful),
            *[verdict] * (not is_open),
            *[seal_text(document, said)] * (document["sealed_before"]["state"] == "before"),
        ],
        "sections": [
            _whose(document, said),
            _where(find, said),
            _sure(document, said),
            _rights(document, said),
            {"head": said("head", "limits"), "items": said.lines("limits"), "notes": _review(said)},
            _hashes(document, said),
            _program(document, said),
            _custody(document, lines, said),
            {
                "head": said("head", "check"),
                "intro": [said("check", "intro")],
                "commands": guide.first_commands(document),
                "notes": [said("check", "stamp")],
            },
            _repeat(document, said),
        ],
    }


def _deposit_parts(document: Mapping[str, Any], lines: Sequence[Line], said: Words) -> dict[str, Any]:
    authority = document["authority"]
    asked = {
        "head": said("head", "asked"),
        "intro": [
            said("deposit", "authority", **{name: authority[name] for name in ("name", "read", "source")})
        ],
        "table": {
            "columns": [3, 1],
            "head": ["", said("name", "state")],
            "rows": [
                [each["what"], said("deposit", "have" if each["have"] else "missing")]
                for each in authority["asked"]
            ],
        },
        "notes": [said("deposit", "advice")],
    }
    check = {
        "head": said("head", "check"),
        "intro": [said("check", "intro")],
        "commands": guide.first_commands(document),
        "notes": [said("check", "stamp")],
    }
    return {
        "pictures_head": said("name", "thumbnail"),
        "highest": _HIGHEST / 2,
        "short": [
            said("deposit", "intro"),
            said("deposit", "hash", **document["work"]["original"]),
            said("deposit", "entered", seq=document["event"]) + " " + _deposited(document, said),
        ],
        "sections": [
            _whose(document, said),
            asked,
            {"head": said("head", "limits"), "items": said.lines("limits"), "notes": _review(said)},
            _hashes(document, said),
            _program(document, said),
            _custody(document, lines, said),
            check,
        ],
    }


def _deposited(document: Mapping[str, Any], said: Words) -> str:
    seal = document["seals"][-1]
    if not (seal["token"] and seal["is_checked"]):
        return said("deposit", "unstamped")
    return said("deposit", "sealed", when=_when(seal["at"]), authority=seal["authority"])


def comparison_text(document: Mapping[str, Any], said: Words) -> str:
    """Return what the comparison of a find with its original says."""
    found = document["comparison"]
    if found is None or found["verdict"] == "unregistered":
        what = "unregistered" if found else "none"
        return said("comparison", what if document["mark"] else f"{what}_unmarked")
    figures = {"correlation": f"{found['correlation']:.2f}", "needed": f"{found['needed']:g}"}
    if found["verdict"] == "differs":
        return said("comparison", "transplanted" if is_transplanted(document) else "differs", **figures)
    share = round(100 * found["overlap"])
    part = said("comparison", "all") if share >= 97 else said("comparison", "share", percent=max(1, share))
    parts = [
        said("comparison", f"agrees_{found['method']}", part=part, inliers=found["inliers"], **figures),
        *[said("comparison", "mirrored")] * bool(found["mirrored"]),
        *_spans(found, said),
    ]
    return " ".join(parts)


def is_transplanted(document: Mapping[str, Any]) -> bool:
    """Return whether a file carries the work's mark and does not show the work."""
    found = document["comparison"]
    return bool(document["mark"] and found and found["verdict"] == "differs")


def seal_text(document: Mapping[str, Any], said: Words) -> str:
    """Return what a seal over the log shows of what was first, and no more than was checked."""
    order = document["sealed_before"]
    seal = next((each for each in document["seals"] if each["seq"] == order["seal"]), None)
    if seal is None:
        return said("seal", "none")
    return said(
        "seal",
        order["state"],
        seq=order["event"],
        sealed=seal["seq"],
        when=_when(seal["at"]),
        authority=seal["authority"],
        seen=_when(document["find"]["first_seen"]),
    )


def _is_doubtful(document: Mapping[str, Any]) -> bool:
    return not document["comparison"] or document["comparison"]["verdict"] != "agrees"


def _first_sight(find: Mapping[str, Any], said: Words) -> str:
    first = min(find["sightings"], key=lambda each: each["seen_at"])
    name = "seen" if first["url"] else "seen_nowhere"
    return said("short", name, by=first["seen_by"], when=_when(first["seen_at"]), url=first["url"])


def _carries(document: Mapping[str, Any], said: Words) -> list[str]:
    title = document["work"]["title"]
    if document["mark"] is None:
        if _is_recognised(document):
            return [said("short", "fingerprint", title=title) + " " + matched_text(document["matched"], said)]
        return [said("short", "mark_by_hand", title=title)]
    return [said("short", "mark", payload=document["mark"]["payload"], title=title)]


def _is_recognised(document: Mapping[str, Any]) -> bool:
    return document["find"]["basis"] == "fingerprint" and document["matched"] is not None


def matched_text(found: Mapping[str, Any], said: Words) -> str:
    """Return what the program said of a file when it recognised it by its fingerprint."""
    if found["verdict"] == "scene":
        return said("fingerprint", "scene")
    if found["correlation"] is None:
        return said("fingerprint", "copy_whole")
    return said("fingerprint", "copy", correlation=f"{found['correlation']:.2f}")


def _whose(document: Mapping[str, Any], said: Words) -> Section:
    work = document["work"]
    rows = [
        ("work", work["title"]),
        ("kind", said("kind", work["kind"])),
        ("created_on", work["created_on"]),
        ("published", " ".join(filter(None, (work["first_published_on"], work["first_published_in"])))),
        ("identifiers", ", ".join(f"{scheme}: {value}" for scheme, value in work["identifiers"])),
        *(("contribution", each) for each in _contributions(work, said)),
        *(("registration", each) for each in _registrations(work, said)),
        *(("licence", each) for each in _licences(document, said)),
    ]
    return {"head": said("head", "whose"), "rows": _named(rows, said)}


def _contributions(work: Mapping[str, Any], said: Words) -> list[str]:
    found = []
    for each in work["contributions"]:
        text = said("contribution", "line", name=each["name"], role=said.known("role", each["role"]))
        share = each["share_ppm"]
        found.append(
            text if share is None else f"{text}, {said('contribution', 'share', percent=f'{share / 1e4:g}')}"
        )
    return found or [said("contribution", "none")]


def _registrations(work: Mapping[str, Any], said: Words) -> list[str]:
    found = []
    for each in work["registrations"]:
        line = said("registration", "line", authority=each["authority"], number=each["number"])
        day = each["registered_on"]
        found.append(said("registration", "on", line=line, day=day) if day else line)
    return found or [said("registration", "none")]


def _licences(document: Mapping[str, Any], said: Words) -> list[str]:
    found = []
    for each in document["work"]["licences"]:
        end = said("licence", "until", day=each["valid_until"]) if each["valid_until"] else ""
        if each["terminated_on"]:
            end += said("licence", "terminated", day=each["terminated_on"])
        kinds = {name: said("licence", each[name]) for name in ("exclusivity", "direction")}
        found.append(said("licence", "line", start=each["valid_from"], end=end, **kinds))
    found = found or [said("licence", "none")]
    covering = document.get("find", {}).get("licence")
    return [*found, *[said("licence", "covers", uid=covering)] * bool(covering)]


def _where(find: Mapping[str, Any], said: Words) -> Section:
    rows: list[tuple[str, str | None]] = []
    for each in find["sightings"]:
        rows += [
            ("page", each["url"]),
            ("media", each["media_url"]),
            ("account", each["account"]),
            ("when", _when(each["seen_at"])),
            ("by", each["seen_by"]),
            ("capture", each["page"]),
        ]
    rows += [("find", f"{find['file']} ({find['name']}, {find['size']} B)")]
    count = len(find["sightings"])
    notes = [said("note", "seen", count=count)] if count > 1 else []
    return {"head": said("head", "seen"), "rows": _named(rows, said), "notes": notes}


def _sure(document: Mapping[str, Any], said: Words) -> Section:
    mark, find = document["mark"], document["find"]
    if mark is None:
        texts = [said("sure", "hand")]
        if _is_recognised(document):
            texts = [said("sure", "fingerprint"), said("sure", "fingerprint_means")]
    else:
        figures = {
            "payload": mark["payload"],
            "key": mark["key"],
            "kind": said("kind", find["kind"]),
            "log10_p": f"{mark['log10_p']:.1f}",
            "power": _raised(chance_power(find["kind"], mark["log10_p"], is_read=True)),
        }
        spans = "; ".join(f"{_clock(start)}–{_clock(end)}" for start, end in mark["spans"] or ())
        read = said("sure", "mark", **figures)
        read += f" {said('sure', 'spans', spans=spans)}" if spans else ""
        texts = [read, said("sure", "means"), said("sure", "not_means")]
    rows = [("seal", seal_text(document, said))]
    notes = [said("sure", "correlation")]
    return {"head": said("head", "sure"), "intro": texts, "rows": _named(rows, said), "notes": notes}


def _rights(document: Mapping[str, Any], said: Words) -> Section:
    fields = document["rights"]
    section: Section = {"head": said("head", "rights")}
    had = [each for each in fields or () if each["outcome"] != "added"]
    if fields is None or not had:
        return section | {"intro": [said("rights", "unknown" if fields is None else "none")]}
    gone = [each for each in had if each["outcome"] in ("lost", "changed")]
    name = "lost" if gone else "kept"
    rows = [
        [
            said.known("label", each["field"]),
            _value(each["before"]),
            _value(each["after"]),
            said("outcome", each["outcome"]),
        ]
        for each in fields
    ]
    return section | {
        "intro": [said("rights", name, count=len(gone), all=len(had))],
        "table": {
            "columns": [4, 6, 6, 3],
            "head": [said("name", each) for each in ("field", "before", "after", "became")],
            "rows": rows,
        },
        "notes": [said("rights", "cause")] if gone else [],
    }


def _hashes(document: Mapping[str, Any], said: Words) -> Section:
    rows = [[name, each["sha256"]] for name, each in document["files"].items()]
    original = document["work"]["original"]
    if original:
        rows.append([f"{said('name', 'original')}: {original['name']}", original["sha256"]])
    return {"head": said("head", "files"), "hashes": rows}


def _program(document: Mapping[str, Any], said: Words) -> Section:
    program, mark = document["program"], document["mark"]
    libraries = ", ".join(f"{name} {version}" for name, version in program["libraries"].items())
    rows = [
        ("program", f"{program['name']} {program['version']}"),
        ("libraries", libraries),
        ("scheme", mark and mark["scheme"]),
        ("key", mark and said("note", "key_secret", key=mark["key"], fingerprint=mark["key_fingerprint"])),
        ("signer", _signature(document, said)),
        ("stamp", said("note", "stamped" if document["is_stamped"] else "unstamped")),
        ("made", _when(document["created"])),
    ]
    return {"head": said("head", "program"), "rows": _named(rows, said)}


def _signature(document: Mapping[str, Any], said: Words) -> str:
    if document["signer"] is None:
        return said("note", "unsigned")
    return said("note", "signed", fingerprint=document["signer"])


def _custody(document: Mapping[str, Any], lines: Sequence[Line], said: Words) -> Section:
    rows = []
    for line in lines:
        event = line.entry.event
        state = said("note", "proved") + f" ({line.sealed})" if line.sealed else ""
        hidden = "" if event.body is not None else said("note", "withheld")
        rows.append(
            [
                f"{event.seq}",
                _when(event.at),
                event.actor,
                said.known("verb", event.verb),
                " ".join(filter(None, (state, hidden))),
            ]
        )
    return {
        "head": said("head", "custody"),
        "table": {
            "columns": [1, 5, 3, 7, 4],
            "head": ["#", *(said("name", each) for each in ("at", "actor", "event", "state"))],
            "rows": rows,
        },
    }


def _repeat(document: Mapping[str, Any], said: Words) -> Section:
    find, work, mark = document["find"], document["work"], document["mark"]
    items = said.lines("repeat", version=document["program"]["version"])
    if mark:
        items.append(said("repeat", "detect", file=find["file"], payload=mark["payload"]))
    if _is_recognised(document):
        items.append(said("repeat", "match", file=find["file"], sha256=work["original"]["sha256"]))
    items.append(said("repeat", "compare", file=find["file"], sha256=work["original"]["sha256"]))
    return {"head": said("head", "repeat"), "items": items}


def _spans(found: Mapping[str, Any], said: Words) -> list[str]:
    texts = []
    if found["find_span"] and found["work_span"]:
        names = ("find_start", "find_end", "work_start", "work_end")
        times = map(_clock, (*found["find_span"], *found["work_span"]))
        texts.append(said("comparison", "spans", **dict(zip(names, times, strict=True))))
    if abs(found["speed"] - 1) > 0.005:
        texts.append(said("comparison", "speed", speed=f"{found['speed']:.3f}"))
    return texts


def _picture(picture: Mapping[str, Any], said: Words) -> dict[str, Any]:
    caption = said("caption", picture["caption"])
    return {"file": Path(picture["file"]).name, "caption": caption}


def _footer(document: Mapping[str, Any], said: Words) -> str:
    own = document["find"] if document["kind"] == "find" else document["work"]
    name = said("name", "find_number" if document["kind"] == "find" else "work_number")
    uid = own["find" if document["kind"] == "find" else "work"]
    return f"{name} {uid} · {_when(document['created'])}"


def _review(said: Words) -> list[str]:
    return [text] if (text := said("limits", "review")) else []


def _named(rows: Sequence[tuple[str, Any]], said: Words) -> list[list[str]]:
    """Rows with the names that people know; those with nothing in them are left out."""
    return [[said("name", name), str(text)] for name, text in rows if text]


def _value(value: Any) -> str:
    if value is None:
        return "—"
    if value is True:
        return "+"
    if isinstance(value, list):
        return "; ".join(map(_value, value))
    if isinstance(value, dict):
        return ", ".join(_value(each) for each in value.values() if each)
    return str(value)


def _raised(power: int) -> str:
    """A power of ten, raised."""
    return str(power).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _when(instant: str | None) -> str:
    """An instant in UTC to the second."""
    return "" if instant is None else f"{instant[:10]} {instant[11:19]} UTC"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)}:{rest:04.1f}"
