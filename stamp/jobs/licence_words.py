"""A licence on a page, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from ..catalogue.terms import ANYWHERE, WORLD

if TYPE_CHECKING:
    from ..catalogue.records import LicenceRecord
    from ..catalogue.terms import Terms

_HOW: Final = {
    "exclusive": "exclusive: nobody else may do this, not even {licensor}",
    "sole": "sole: nobody else may do this but {licensor}",
    "non_exclusive": "not exclusive: others may do the same",
}
_ACTIONS: Final = {"use": "any use", "present": "display, play or stream"}
_AREAS: Final = {
    WORLD: "the world",
    "002": "Africa",
    "003": "North America",
    "005": "South America",
    "009": "Oceania",
    "013": "Central America",
    "019": "the Americas",
    "021": "Northern America",
    "029": "the Caribbean",
    "142": "Asia",
    "143": "Central Asia",
    "145": "Western Asia",
    "150": "Europe",
    "419": "Latin America and the Caribbean",
    "EU": "the European Union",
}
_CLAUSES: Final = {
    "attribution": "Attribution",
    "liability": "Liability",
    "governing_law": "Law",
    "dispute_resolution": "Disputes",
    "termination": "Early end",
}


def in_words(licence: LicenceRecord, titles: Mapping[str, str]) -> list[str]:
    """Return the lines of the page. titles : uid -> title of each work."""
    terms, lines = licence.terms, [f"Licence #{licence.number}, {licence.licence}"]
    verb = "gives" if terms.direction == "granted" else "has given"
    said = {
        "Who": f"{terms.licensor} {verb} these rights to {terms.licensee}",
        "Works": ", ".join(titles.get(work, work) for work in terms.works),
        "How": _HOW[terms.exclusivity].format(licensor=terms.licensor),
        "Where": _where(terms),
        "When": _when(terms),
        "Allowed": _uses(terms, "permission"),
        "Forbidden": _uses(terms, "prohibition") or "nothing of what is allowed",
        "Online": "yes, use on the internet is granted" if terms.online else "no, not on the internet",
        "Further": f"{terms.licensee} {'may' if terms.sublicensable else 'may not'} grant it to others",
        "Money": _money(terms),
    }
    said |= {label: text for name, label in _CLAUSES.items() if (text := getattr(terms, name))}
    if unsaid := _unsaid(terms):
        said["Unsaid"] = ", ".join(unsaid)
    for label, text in said.items():
        first, *more = text.splitlines()
        lines += [f"  {label:<12}{first}", *(f"  {'':<12}{line}" for line in more)]
    return lines


def _where(terms: Terms) -> str:
    within = [_place(each.code) for each in terms.territories if not each.excluded]
    without = [_place(each.code) for each in terms.territories if each.excluded]
    return ", ".join(within) + (f", but not {', '.join(without)}" if without else "")


def _place(code: str) -> str:
    return f"{_AREAS[code]} ({code})" if code in _AREAS else code


def _when(terms: Terms) -> str:
    until = f"to {terms.valid_until}, that day included" if terms.valid_until else "on, with no last day"
    parts = [f"from {terms.valid_from} {until}"]
    parts += [f"signed on {terms.signed_on}"] if terms.signed_on else []
    parts += [f"ENDED: holds no longer from {terms.terminated_on} on"] if terms.terminated_on else []
    return "; ".join(parts)


def _uses(terms: Terms, rule: str) -> str:
    uses = (each for each in terms.uses if each.rule == rule)
    return "; ".join(
        f"{_ACTIONS.get(each.action, each.action)} "
        f"{'on every channel' if each.channel == ANYWHERE else f'on {each.channel}'}"
        for each in uses
    )


def _money(terms: Terms) -> str:
    parts = [f"{terms.amount} {terms.currency}"] if terms.amount is not None else []
    parts += [f"{terms.royalty_ppm / 10_000:g} % of the income"] if terms.royalty_ppm is not None else []
    if parts:
        return " and ".join(parts)
    return "nothing is said" if terms.remuneration == "none" else f"{terms.remuneration}, without a figure"


def _unsaid(terms: Terms) -> list[str]:
    named = {label.lower(): getattr(terms, name) for name, label in _CLAUSES.items()}
    named |= {"last day": terms.valid_until, "day of signing": terms.signed_on}
    named["money"] = None if terms.remuneration == "none" else terms.remuneration
    return [label for label, value in named.items() if value is None]
