"""What the terms of a licence may say: each is brought into its one form, or refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ..core.errors import ArgumentError
from .currencies import CURRENCIES
from .terms import ACTIONS, ANYWHERE, DIRECTIONS, EXCLUSIVITIES, REMUNERATIONS, Terms, Territory, UseRule
from .territories import territory_code
from .uses import is_online

TEXTS: Final = ("attribution", "liability", "governing_law", "dispute_resolution", "termination")
_DAYS: Final = ("signed_on", "valid_from", "valid_until", "terminated_on")
_LONGEST: Final = 8000  # characters
_MOST: Final = Decimal("9999999999.9999")  # what the column takes
_OF_MONEY: Final = {
    (False, False): "none",
    (True, False): "fixed",
    (False, True): "royalty",
    (True, True): "mixed",
}


def checked(terms: Terms) -> Terms:
    """Return terms in their one form. Raises ArgumentError where something means nothing, is left out, or
    contradicts something else."""
    _check_words(terms)
    _check_days(terms)
    if not terms.works:
        raise ArgumentError("a licence is of works: name one at least")
    uses = tuple(dict.fromkeys(map(_use, terms.uses)))
    _check_uses(uses, terms.online)
    territories = tuple(
        dict.fromkeys(Territory(territory_code(each.code), bool(each.excluded)) for each in terms.territories)
    )
    _check_territories(territories)
    texts: dict[str, Any] = {name: _text(name, getattr(terms, name)) for name in TEXTS}
    return replace(terms, uses=uses, territories=territories, remuneration=_remuneration(terms), **texts)


def _check_words(terms: Terms) -> None:
    for name, known in (
        ("direction", DIRECTIONS),
        ("exclusivity", EXCLUSIVITIES),
        ("remuneration", REMUNERATIONS),
    ):
        if getattr(terms, name) not in known:
            raise ArgumentError(f"{name} is one of {', '.join(known)}, not {getattr(terms, name)!r}")
    for name in ("online", "sublicensable"):
        if not isinstance(getattr(terms, name), bool):
            raise ArgumentError(f"{name} is said explicitly, yes or no, not {getattr(terms, name)!r}")


def _check_days(terms: Terms) -> None:
    for name in _DAYS:
        day = getattr(terms, name)
        if type(day) is not date and (day is not None or name == "valid_from"):
            raise ArgumentError(f"{name} is a day, such as 2026-12-31, not {day!r}")
    if terms.valid_until is not None and terms.valid_until < terms.valid_from:
        raise ArgumentError(f"the licence would end on {terms.valid_until}, before {terms.valid_from}")


def _use(use: UseRule) -> UseRule:
    channel = use.channel.strip().lower()
    if use.rule not in ("permission", "prohibition"):
        raise ArgumentError(f"a rule is a permission or a prohibition, not {use.rule!r}")
    if use.action not in ACTIONS:
        raise ArgumentError(f"an action is one of {', '.join(ACTIONS)}, not {use.action!r}")
    if channel != ANYWHERE and not re.fullmatch(r"[^\W_][\w.-]{0,99}", channel):
        raise ArgumentError(f"a channel is a word, such as web or print, or *, not {use.channel!r}")
    return replace(use, channel=channel)


def _check_uses(uses: Sequence[UseRule], online: bool) -> None:
    permitted = [use for use in uses if use.rule == "permission"]
    if not permitted:
        raise ArgumentError("a licence permits something: use@* is everything, display@web one thing")
    for use in permitted:
        shown = f"{use.action}@{use.channel}"
        if replace(use, rule="prohibition") in uses:
            raise ArgumentError(f"{shown} is both permitted and prohibited")
        if not online and is_online(use.action, use.channel):
            raise ArgumentError(f"{shown} is use on the internet, which the licence says is not granted")


def _check_territories(territories: Sequence[Territory]) -> None:
    if all(each.excluded for each in territories):
        raise ArgumentError("a licence holds somewhere: name territories, such as KZ, or 001 for the world")
    for each in territories:
        if not each.excluded and replace(each, excluded=True) in territories:
            raise ArgumentError(f"{each.code} is both covered and left out")


def _remuneration(terms: Terms) -> str:
    """What kind of remuneration the money makes it, where that was not said."""
    amount, currency, royalty = terms.amount, terms.currency, terms.royalty_ppm
    if (amount is None) != (currency is None):
        raise ArgumentError("an amount has a currency, and a currency an amount: such as 120 EUR")
    if currency is not None and currency not in CURRENCIES:
        raise ArgumentError(f"{currency!r} is no currency of ISO 4217, such as EUR, KZT or USD")
    if amount is not None and not _is_payable(amount):
        raise ArgumentError(f"an amount is above 0 and at most {_MOST}, in steps of 0.0001, not {amount}")
    if royalty is not None and (type(royalty) is not int or not 0 < royalty <= 1_000_000):
        raise ArgumentError(f"a royalty is above 0 % and at most 100 %, not {royalty} millionths")
    found = _OF_MONEY[amount is not None, royalty is not None]
    if terms.remuneration in ("none", found):
        return found
    if found != "none" and terms.remuneration != "mixed":
        raise ArgumentError(f"the remuneration is {found} by its amounts, and not {terms.remuneration}")
    return terms.remuneration


def _is_payable(amount: object) -> bool:
    return (
        isinstance(amount, Decimal)
        and amount.is_finite()
        and 0 < amount <= _MOST
        and amount == round(amount, 4)
    )


def _text(name: str, value: object) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ArgumentError(f"{name} is text, not {value!r}")
    text = value.strip()
    if len(text) > _LONGEST or re.search("[\x00-\x08\x0b-\x1f\x7f]", text):
        raise ArgumentError(f"{name} is text without control characters, of at most {_LONGEST} characters")
    return text or None
