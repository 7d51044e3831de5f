"""What the terms of a licence are, from a TOML file and from options, which have the same names."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from ..catalogue.terms import Terms, Territory, UseRule
from ..core.errors import ArgumentError

LISTS: Final = ("works", "territories", "except", "permit", "prohibit")
DAYS: Final = ("from", "until", "signed")
CLAUSES: Final = {
    "attribution": "attribution",
    "liability": "liability",
    "governing_law": "governing_law",
    "disputes": "dispute_resolution",
    "termination": "termination",
}
"""What is said in sentences -> its field of `Terms`."""
_EXAMPLES: Final = {
    "exclusivity": ('"non-exclusive"', "--exclusive, --sole or --non-exclusive"),
    "online": ("true", "--online or --offline"),
    "from": ("2026-01-31", "--from"),
}
_OTHERS: Final = ("granted_to", "acquired_from")
_ALONE: Final = ("as", "exclusivity", "online", "sublicensable", "fee", "royalty")
KEYS: Final = (*_OTHERS, *_ALONE, *LISTS, *DAYS, *CLAUSES)


def read_terms(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a TOML file says of a licence. Raises ArgumentError where it cannot be read, or says
    something that is not known."""
    try:
        said = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ArgumentError(f"cannot read the licence: {error.strerror or error}", path=path) from error
    except ValueError as error:
        raise ArgumentError(f"is no TOML file in UTF-8: {error}", path=path) from error
    for key in said:
        if key not in KEYS:
            raise ArgumentError(f"{key!r} is not known; there are {', '.join(KEYS)}", path=path)
    return said


def joined(file: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what options say, and what they leave open as the file has it."""
    if any(key in given for key in _OTHERS):
        file = {key: value for key, value in file.items() if key not in _OTHERS}
    return {**file, **given}


def terms_of(said: Mapping[str, Any], mine: Sequence[str] = ()) -> Terms:
    """Return the terms that `KEYS` say. mine : names of our own, the first of which is used unless `as` names
    one. Raises ArgumentError where something is left out, or is not what its key takes."""
    direction, other = _other_party(said)
    own = _text(said, "as") or next(iter(mine), None)
    if own is None:
        raise ArgumentError("who are you? name your own party: `as` (--as), or `mine` in stamp.toml")
    amount, currency = _fee(said)
    clauses: dict[str, Any] = {name: _text(said, key) for key, name in CLAUSES.items()}
    return Terms(
        direction=direction,
        licensor=own if direction == "granted" else other,
        licensee=other if direction == "granted" else own,
        exclusivity=str(_required(said, "exclusivity")).replace("-", "_"),
        online=_required(said, "online"),
        valid_from=_day("from", _required(said, "from")),
        valid_until=_day("until", said["until"]) if "until" in said else None,
        signed_on=_day("signed", said["signed"]) if "signed" in said else None,
        works=_list(said, "works"),
        uses=(
            *(UseRule("permission", *_use(text)) for text in _list(said, "permit")),
            *(UseRule("prohibition", *_use(text)) for text in _list(said, "prohibit")),
        ),
        territories=(
            *(Territory(code) for code in _list(said, "territories")),
            *(Territory(code, excluded=True) for code in _list(said, "except")),
        ),
        sublicensable=said.get("sublicensable", False),
        amount=amount,
        currency=currency,
        royalty_ppm=_royalty(said),
        **clauses,
    )


def _other_party(said: Mapping[str, Any]) -> tuple[str, str]:
    """The direction, and the party at its other end."""
    names = {"granted": _text(said, "granted_to"), "acquired": _text(said, "acquired_from")}
    given = [(direction, name) for direction, name in names.items() if name]
    if len(given) != 1:
        raise ArgumentError(
            "name the other party: granted_to (--granted-to) or acquired_from (--acquired-from), one of both"
        )
    return given[0]


def _required(said: Mapping[str, Any], key: str) -> Any:
    if said.get(key) is None:
        example, options = _EXAMPLES[key]
        raise ArgumentError(f"{key} has to be said: {key} = {example} in the file, or {options}")
    return said[key]


def _text(said: Mapping[str, Any], key: str) -> str | None:
    value = said.get(key)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)  # the number of a party
    raise ArgumentError(f"{key} is text, not {value!r}")


def _list(said: Mapping[str, Any], key: str) -> tuple[str, ...]:
    values = said.get(key, [])
    values = values if isinstance(values, list | tuple) else [values]
    if any(isinstance(each, bool) or not isinstance(each, str | int) for each in values):
        raise ArgumentError(f"{key} is a list of texts, not {said[key]!r}")
    return tuple(map(str, values))


def _day(key: str, value: Any) -> date:
    if type(value) is date:
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{key} is a day, such as 2026-12-31, not {value!s}") from error


def _use(text: str) -> tuple[str, str]:
    action, at, channel = text.strip().partition("@")
    if not at:
        raise ArgumentError(f"{text!r} is no use: give ACTION@CHANNEL, such as display@web or use@*")
    return action.strip().lower(), channel.strip()


def _fee(said: Mapping[str, Any]) -> tuple[Decimal | None, str | None]:
    text = _text(said, "fee")
    if text is None:
        return None, None
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]{3})", text.strip())
    if not found:
        raise ArgumentError(f"a fee is an amount and a currency of ISO 4217, such as 120 EUR, not {text!r}")
    return Decimal(found[1]), found[2].upper()


def _royalty(said: Mapping[str, Any]) -> int | None:
    text = _text(said, "royalty")
    if text is None:
        return None
    found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]{1,4})?) ?%", text.strip())
    if not found:
        raise ArgumentError(f"a royalty is a part of the income, such as 12% or 7.5%, not {text!r}")
    return int(Decimal(found[1]) * 10_000)
