"""A case: what the claimant knows and confirms, brought into one form, and what a notice still lacks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from ..core.errors import CaseError
from .requirements import CONFIRMATIONS, Element, elements, kind_of

RELATIONS: Final = ("owner", "agent")
CLAIMANT: Final[Mapping[str, str]] = {
    "name": "claimant_name",
    "address": "claimant_address",
    "phone": "claimant_phone",
    "email": "claimant_email",
    "is": "claimant_is",
    "signature": "signature",
    "owner": "owner_name",
    "authority": "authority",
}
"""What [claimant] in stamp.toml says -> the element."""
VERDICTS: Final = ("open", "ours", "licensed", "not_ours", "unclear")

_LISTS = ("infringing_urls", "enclosures")
_OF_LINES = ("claimant_address", "addressee", "work_description", "explanation", "demand", "court_act")
_MAX_TEXT, _MAX_ITEMS = 8000, 500
# Control characters, halves of pairs, and what changes the direction of a line: no letter needs them.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Comparison:
    """Who found, on which day, by looking at both, that the material is taken from the work."""

    by: str
    on: date


def case_of(
    given: Mapping[str, Any], claimant: Mapping[str, str] | None = None, confirmed: Iterable[str] = ()
) -> dict[str, Any]:
    """Return the case of its parts, as `elements_of` takes it.

    given     : elements by their codes, such as what is known of a work and its find; they win.
    claimant  : who claims, by the names that [claimant] in stamp.toml has.
    confirmed : good_faith, accuracy, perjury, each because the claimant confirmed it.
    """
    of_claimant = {CLAIMANT[name]: value for name, value in (claimant or {}).items()}
    return {**of_claimant, **given, "confirmed": list(confirmed)}


def of_find(find: Mapping[str, Any]) -> dict[str, Any]:
    """Return the elements that a find gives, an entry of `stamp.find/1`: title of the work, the pages that it
    was seen on (where none is known, the files on them), and the comparison, on the day that it was here."""
    sightings = find.get("sightings") or ()
    pages = [sighting["url"] for sighting in sightings if sighting.get("url")]
    files = [sighting["media_url"] for sighting in sightings if sighting.get("media_url")]
    at = find.get("compared_at")
    compared = {"verdict": find.get("verdict") or "open", "by": find.get("compared_by")}
    return {
        "work_title": find.get("title"),
        "infringing_urls": list(dict.fromkeys(pages or files)),
        "comparison": compared | {"on": datetime.fromisoformat(at).astimezone().date() if at else None},
    }


def elements_of(case: Mapping[str, Any]) -> dict[str, Any]:
    """Return the elements that a case gives, each in its one form; what is empty is left out.

    Texts are `str`; infringing_urls and enclosures tuples of them; deadline a `date`; comparison a
    `Comparison`, only where its verdict is `ours`; good_faith, accuracy and perjury True. An owner who
    claims is the right holder.

    Raises CaseError for an element that is not known, and for a value that is none.
    """
    found: dict[str, Any] = {}
    for code, value in case.items():
        if code == "confirmed":
            found |= dict.fromkeys(_confirmed(value), True)
        elif code not in elements() or code in CONFIRMATIONS:
            names = [name for name in elements() if name not in CONFIRMATIONS]
            raise CaseError(f"{code} is no element of a case: {', '.join(names)}")
        elif (element := _element(code, value)) not in (None, "", ()):
            found[code] = element
    if found.get("claimant_is") == "owner" and "claimant_name" in found:
        found.setdefault("owner_name", found["claimant_name"])
    return found


def missing(kind: str, case: Mapping[str, Any]) -> list[Element]:
    """Return the elements without which this kind of notice is not written, and that the case lacks, in the
    order of `notices.toml`. Raises CaseError."""
    wanted, given = kind_of(kind), elements_of(case)
    required = {*wanted.required, *(need for statement in wanted.statements for need in statement.needs)}
    if given.get("claimant_is") == "agent":
        required.add("authority")
    else:
        required.discard("owner_name")  # it is the claimant
    if wanted.addressee:
        required.discard("addressee")
    return [element for code, element in elements().items() if code in required and code not in given]


def check_addresses(kind: str, urls: Iterable[str]) -> None:
    """Raise CaseError for an address that this kind of notice does not take."""
    wanted = kind_of(kind)
    for url in urls:
        if wanted.url_pattern and not wanted.url_pattern.fullmatch(url):
            known = wanted.url_sign.search(url) if wanted.url_sign else None
            remedy = f"; this one may be {wanted.url_base}{known[1]}" if known else ""
            raise CaseError(f"{url}: {wanted.title} takes addresses as {wanted.url_form}{remedy}")


def _element(code: str, value: object) -> Any:
    if value is None:
        return None
    if code == "comparison":
        return _comparison(value)
    if code == "deadline":
        return _day(code, value)
    if code in _LISTS:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or len(items) > _MAX_ITEMS:
            raise CaseError(f"{code} must be a list of at most {_MAX_ITEMS} texts, not {value!r}")
        texts = tuple(dict.fromkeys(text for item in items if (text := _text(code, item))))
        for url in texts if code == "infringing_urls" else ():
            _check_url(code, url)
        return texts
    text = _text(code, value)
    if code == "claimant_is" and text and text not in RELATIONS:
        raise CaseError(f"{code} must be {' or '.join(RELATIONS)}, not {text!r}")
    if code == "work_url" and text:
        _check_url(code, text)
    return text


def _text(code: str, value: object) -> str:
    """A value as a text: one line, or of some elements lines without gaps between them."""
    if not isinstance(value, str):
        raise CaseError(f"{code} must be a text, not {value!r}")
    lines = [line.strip() for line in value.replace("\r\n", "\n").replace("\t", " ").split("\n")]
    text = "\n".join(line for line in lines if line)
    if "\n" in text and code not in _OF_LINES:
        raise CaseError(f"{code} must be one line, not {value!r}")
    if _FORBIDDEN.search(text.replace("\n", "")):
        raise CaseError(f"{code} has characters that no letter can hold: {value!r}")
    if len(text) > _MAX_TEXT:
        raise CaseError(f"{code} has {len(text)} characters, more than {_MAX_TEXT}")
    return text


def _check_url(code: str, url: str) -> None:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise CaseError(f"{code}: {url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or re.search(r"\s", url):
        raise CaseError(f"{code}: {url!r} is no exact address: give one that begins with https://")


def _comparison(value: object) -> Comparison | None:
    if not isinstance(value, Mapping) or not set(value) <= {"verdict", "by", "on"}:
        raise CaseError(f"comparison must be a table of verdict, by and on, not {value!r}")
    verdict = value.get("verdict", "open")
    if verdict not in VERDICTS:
        raise CaseError(f"comparison: {verdict!r} is no verdict: {', '.join(VERDICTS)}")
    by, on = _text("comparison", value.get("by") or ""), value.get("on")
    if verdict != "ours" or not by or on is None:
        return None
    return Comparison(by, _day("comparison", on))


def _day(code: str, value: object) -> date:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    elif isinstance(value, datetime):
        return value.date()
    elif isinstance(value, date):
        return value
    raise CaseError(f"{code} must have a date such as 2026-11-27, not {value!r}")


def _confirmed(value: object) -> list[str]:
    names = (
        [str(name).replace("-", "_") for name in value] if isinstance(value, list | tuple) else [str(value)]
    )
    for name in names:
        if name not in CONFIRMATIONS:
            raise CaseError(f"{name!r} cannot be confirmed: {', '.join(CONFIRMATIONS)}")
    return names
