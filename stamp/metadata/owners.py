"""Whose a file is by its notice, and what a write would take away from somebody else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Set
from typing import Final

from ..core.checks import Value
from ..core.party import Party
from ..core.rights import NO_AI_TERMS, Rights, terms_onto
from .document import RightsFound
from .mapping.fields import FIELD

Place = tuple[str, str]
"""A store, and a field in it."""

_NOTICES: Final = ("copyright_notice", "copyright_notice_translations", "editor_notice")
_HOLDERS: Final = (*_NOTICES, "copyright_owners", "creators")
_NAMING: Final = (*_HOLDERS, "credit_line")
# The names in these are those of the person who writes the notice. An editor, and who is to be credited, may
# well be somebody else.
_OURS: Final = ("copyright_notice", "copyright_notice_translations", "copyright_owners", "creators")

_SIGN = re.compile(r"©|℗|\([cp]\)|\bcopyright\b|\bcopr\b\.?")
_RESERVED = re.compile(
    r"\b(all rights reserved|alle rechte vorbehalten|tous droits réservés|todos los derechos reservados"
    r"|tutti i diritti riservati)\b"
)
_YEAR = r"(?<!\d)(?:1[89]|20)\d\d(?!\d)"
_YEARS = rf"{_YEAR}(?:\s*[-–—,/]\s*(?:{_YEAR}|\d\d(?!\d)|present))*"
_YEARS_FIRST, _YEARS_LAST = re.compile(rf"^\W*{_YEARS}"), re.compile(rf"{_YEARS}\W*$")
_EDGES = " .,;:-–—/|"


def holder(text: str, *, dated: bool = False) -> str:
    """Return the name in a notice, in the one form in which names are compared, "" where it names nobody:
    without signs and words for copyright, years, case, and differences of white space.

    dated : whether years are no part of the name, even where no such sign is there.
    """
    text, reserved = _RESERVED.subn(" ", unicodedata.normalize("NFKC", text).casefold())
    text, signs = _SIGN.subn(" ", text)
    if dated or signs or reserved:
        text, years = _YEARS_FIRST.subn(" ", text)
        text = text if years else _YEARS_LAST.sub(" ", text)
    name = " ".join(text.split()).strip(_EDGES)
    return name.removeprefix("by ") if signs else name


def protected(found: RightsFound, rights: Rights, mine: Iterable[str] = ()) -> Set[Place]:
    """Return the places that are not to be replaced when `rights` are written: those that name somebody who
    is neither in `rights` nor in `mine`; and all places of a file that names nobody else.
    """
    written = rights.values()
    own = {*mine}.union(*(_texts(written[name]) for name in _OURS if name in written))
    strange: set[Place] = set()
    ours = theirs = False
    for store, values in found.values.items():
        for name in (name for name in _NAMING if name in values):
            names = holders(values[name], dated=name in _NOTICES)
            known = _known(store, name, own.union(_texts(written.get(name, ()))))
            if names - known:
                strange.add((store, name))
            if name in _HOLDERS:
                ours, theirs = ours or bool(names & known), theirs or bool(names - known)
    if theirs and not ours:
        # The payload of a mark is not among them: a note says what it was.
        strange |= {(store, name) for store, values in found.values.items() for name in values}
        strange -= {(store, "identifier") for store in found.values}
    return strange


def holders(value: Value, *, dated: bool = False) -> Set[str]:
    """Return whom a value names; see `holder`."""
    return {holder(text, dated=dated) for text in _texts(value)} - {""}


def _known(store: str, name: str, own: Set[str]) -> Set[str]:
    """The names that are ours, also as the place holds them: cut, or in ASCII."""
    slot, dated = FIELD[name].slots[store], name in _NOTICES
    held = (slot.held(text) for text in own)
    texts = (*own, *(text for text in held if isinstance(text, str)))
    return {holder(text, dated=as_notice) for text in texts for as_notice in (False, dated)}


def _texts(value: Value) -> tuple[str, ...]:
    """The texts of a value that may name somebody."""
    if isinstance(value, str):
        return (value,)
    items = value if isinstance(value, tuple) else ()
    texts = (item.name or item.id if isinstance(item, Party) else item for item in items)
    return tuple(text[1] if isinstance(text, tuple) else text for text in texts if text)


def lost(places: Set[Place], before: RightsFound, after: RightsFound) -> dict[str, dict[str, Value]]:
    """Return store -> field -> value for those of the `places` whose value `after` no longer has."""
    gone: dict[str, dict[str, Value]] = {}
    for store, values in before.values.items():
        for name, value in values.items():
            if (store, name) in places and not _is_kept(store, name, value, after):
                gone.setdefault(store, {})[name] = value
    return gone


def _is_kept(store: str, name: str, value: Value, after: RightsFound) -> bool:
    """Whether a value is there still, or more: extended XMP moves into XMP."""
    now = after.values.get(store, {}).get(name)
    elsewhere = (values[name] for values in after.values.values() if name in values)
    return any(_has(there, value, name) for there in (elsewhere if now is None else (now,)))


def _has(there: Value, value: Value, name: str) -> bool:
    if isinstance(there, Party) and isinstance(value, Party):
        return value.values().items() <= there.values().items()
    if isinstance(there, tuple) and isinstance(value, tuple):
        return set(value) <= set(there)
    is_longer = name == "usage_terms" and there == terms_onto(NO_AI_TERMS, value)
    return is_longer or there == value
