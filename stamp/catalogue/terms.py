"""What a licence says, and what is asked of it: plain records without a database.

Actions are those of ODRL 2.2 (https://www.w3.org/TR/odrl-vocab/#actions) that publishing is made of.
Territories are ISO 3166-1 or -2 codes, or areas of UN M49; "001" is the world."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal

DIRECTIONS: Final = ("granted", "acquired")
EXCLUSIVITIES: Final = ("exclusive", "sole", "non_exclusive")
REMUNERATIONS: Final = ("none", "fixed", "royalty", "mixed")
ACTIONS: Final = (
    "use",
    "present",
    "display",
    "play",
    "stream",
    "reproduce",
    "distribute",
    "sell",
    "print",
    "modify",
    "derive",
    "translate",
)
"""All that is done with a work: "use" is any of them, "present" is display, play or stream."""
ANYWHERE: Final = "*"
"""Every channel."""
WORLD: Final = "001"


@dataclass(frozen=True, slots=True)
class UseRule:
    """A permission or a prohibition of one action on one channel. action : of ACTIONS. channel : such as
    "youtube", "web", "print"; "*" is every one."""

    rule: Literal["permission", "prohibition"]
    action: str
    channel: str


@dataclass(frozen=True, slots=True)
class Territory:
    """An area that a licence covers, or that it leaves out of one it covers."""

    code: str
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a licence says.

    direction : "granted" by us, or "acquired" from others. licensor, licensee : names, numbers or uids of
        parties. exclusivity : "exclusive" (the licensor keeps none of it), "sole" (he alone may use it, too)
        or "non_exclusive". online : whether use on the internet is granted; said explicitly. valid_until :
        the last day; None for as long as the right lasts. terminated_on : the first day on which it holds no
        longer. amount, currency : ISO 4217, both or neither. royalty_ppm : of the income, in parts per
        million.
    """

    direction: str
    licensor: str
    licensee: str
    exclusivity: str
    online: bool
    valid_from: date
    works: tuple[str, ...]
    uses: tuple[UseRule, ...]
    territories: tuple[Territory, ...]
    sublicensable: bool = False
    signed_on: date | None = None
    valid_until: date | None = None
    terminated_on: date | None = None
    remuneration: str = "none"
    amount: Decimal | None = None
    currency: str | None = None
    royalty_ppm: int | None = None
    attribution: str | None = None
    liability: str | None = None
    governing_law: str | None = None
    dispute_resolution: str | None = None
    termination: str | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """What somebody wants to do with a work.

    action : of ACTIONS. channel : "*" asks for every one. territories : all of them have to be covered. on,
        until : the first and the last day; None for one day.
    """

    action: str
    channel: str
    territories: tuple[str, ...]
    on: date
    until: date | None = None
