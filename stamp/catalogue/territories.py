"""Where a licence holds: countries, parts of them, and areas of several.

Countries are the two letters of ISO 3166-1, their parts ISO 3166-2 ("US-CA"), areas the three digits of UN
M49 (https://unstats.un.org/unsd/methodology/m49/), and "EU". Which parts a country has is not listed here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

from ..core.errors import ArgumentError
from .terms import WORLD, Territory

_SMALLEST: Final = {
    "005": "AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE",
    "011": "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
    "013": "BZ CR GT HN MX NI PA SV",
    "014": "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TF TZ UG YT ZM ZW",
    "015": "DZ EG EH LY MA SD TN",
    "017": "AO CD CF CG CM GA GQ ST TD",
    "018": "BW LS NA SZ ZA",
    "021": "BM CA GL PM US",
    "029": "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    "030": "CN HK JP KP KR MN MO TW",
    "034": "AF BD BT IN IR LK MV NP PK",
    "035": "BN ID KH LA MM MY PH SG TH TL VN",
    "039": "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA",
    "053": "AU CC CX HM NF NZ",
    "054": "FJ NC PG SB VU",
    "057": "FM GU KI MH MP NR PW UM",
    "061": "AS CK NU PF PN TK TO TV WF WS",
    "143": "KG KZ TJ TM UZ",
    "145": "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    "151": "BG BY CZ HU MD PL RO RU SK UA",
    "154": "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ",
    "155": "AT BE CH DE FR LI LU MC NL",
    "EU": "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK",
}
_LARGER: Final = {
    "002": "011 014 015 017 018",
    "003": "013 021 029",
    "009": "053 054 057 061",
    "019": "005 013 021 029",
    "142": "030 034 035 143 145",
    "150": "039 151 154 155",
    "202": "011 014 017 018",
    "419": "005 013 029",
}
_NOWHERE: Final = "AQ"  # Antarctica is in no area but the world


def _areas() -> dict[str, frozenset[str]]:
    areas = {code: frozenset(members.split()) for code, members in _SMALLEST.items()}
    areas |= {code: frozenset().union(*map(areas.get, parts.split())) for code, parts in _LARGER.items()}  # type: ignore[arg-type]
    return areas | {WORLD: frozenset().union(*areas.values(), [_NOWHERE])}


AREAS: Final[Mapping[str, frozenset[str]]] = _areas()
"""Area -> the countries in it."""
COUNTRIES: Final = AREAS[WORLD]


def territory_code(text: str) -> str:
    """Return a code in capital letters. Raises ArgumentError where there is no such territory."""
    code = text.strip().upper()
    if code in COUNTRIES or code in AREAS:
        return code
    if re.fullmatch("[A-Z]{2}-[A-Z0-9]{1,3}", code) and code[:2] in COUNTRIES:
        return code
    meant = "; the United Kingdom is GB" if code[:2] == "UK" else ""
    raise ArgumentError(
        f"{text!r} is no territory: give two letters of ISO 3166-1 (KZ), a part of such a country (US-CA),"
        f" EU, or an area of UN M49 (150 is Europe, {WORLD} the world){meant}"
    )


def covers(territories: Iterable[Territory], asked: str) -> bool:
    """Return whether all of a territory is covered. What is left out wins over what is covered, of an area
    every member counts, and the world is only covered by itself with nothing left out. Raises
    ArgumentError where there is no such territory."""
    asked, given = territory_code(asked), list(territories)
    within = [each.code for each in given if not each.excluded]
    without = [each.code for each in given if each.excluded]
    if asked == WORLD:
        return WORLD in within and not without
    return all(
        any(_lies_in(part, code) for code in within) and not any(_meet(part, code) for code in without)
        for part in AREAS.get(asked, (asked,))
    )


def overlap(one: Iterable[Territory], other: Iterable[Territory]) -> bool:
    """Return whether there is a place that both cover."""
    ours, theirs = list(one), list(other)
    parts = {each.code for each in (*ours, *theirs) if "-" in each.code and not each.excluded}
    return any(_touches(ours, place) and _touches(theirs, place) for place in COUNTRIES | parts)


def _touches(territories: Iterable[Territory], place: str) -> bool:
    """Whether a country or a part of one is covered, if perhaps not all of it."""
    given = list(territories)
    return any(_lies_in(place, each.code) for each in given if not each.excluded) and not any(
        _lies_in(place, each.code) for each in given if each.excluded
    )


def _lies_in(place: str, code: str) -> bool:
    """Whether a country or a part of one lies in a territory."""
    return place == code or place[:2] == code or place[:2] in AREAS.get(code, ())


def _meet(place: str, code: str) -> bool:
    return _lies_in(place, code) or _lies_in(code, place)
