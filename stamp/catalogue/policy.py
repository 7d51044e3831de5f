"""What a house asks for beside licences, before something is published: a TOML file.

unknown = "refuse"
required = ["copyright", "creator"]
responsible = "Ada Lovelace <ada@example.org>"
responsible_required = true
channels = ["web", "youtube"]
channel = "web"
territories = ["KZ", "EU"]
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Self

from ..core.errors import ArgumentError
from ..core.options import OPTION_NAMES
from ..core.rights import Rights
from ..core.verdict import Verdict
from .terms import ANYWHERE, Use
from .territories import territory_code

_UNKNOWN: Final = ("refuse", "pass")
_FIELDS: Final = tuple(each.name for each in fields(Rights))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is asked for beside licences.

    unknown : "refuse" or "pass", of a file that is not recognised. required : the fields of the notice that a
        file has to carry, see `Rights`; "copyright", "creator" and "credit" will do. responsible : who
        answers for what is published; responsible_required : refuse everything where nobody does. channels :
        those that are allowed, none for all. channel, territories : what is asked for where nothing else is.

    Raises ArgumentError where one has no such value.
    """

    unknown: str = "refuse"
    required: tuple[str, ...] = ()
    responsible: str | None = None
    responsible_required: bool = False
    channels: tuple[str, ...] = ()
    channel: str | None = None
    territories: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            try:
                object.__setattr__(self, name, check(getattr(self, name)))
            except ArgumentError as error:
                raise ArgumentError(f"`{name}`: {error}") from None

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Return what a TOML file says. Raises ArgumentError where it cannot be read, or says something that
        is not known."""
        try:
            given = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except OSError as error:
            raise ArgumentError(f"{path}: cannot read the policy: {error.strerror or error}") from error
        except ValueError as error:
            raise ArgumentError(f"{path}: not a TOML file in UTF-8: {error}") from error
        if strange := [name for name in given if name not in _CHECKS]:
            raise ArgumentError(f"{path}: {strange[0]!r} is not known; a policy has {', '.join(_CHECKS)}")
        try:
            return cls(**given)
        except ArgumentError as error:
            raise ArgumentError(f"{path}: {error}") from error

    def applied(self, verdict: Verdict, use: Use, carried: Collection[str]) -> Verdict:
        """Return the verdict under this policy. carried : the fields of the notice in the file."""
        channel = use.channel.strip().casefold()
        more = []
        if self.channels and not {channel, ANYWHERE} & set(self.channels):
            more.append(f"channel_not_allowed:{channel}")
        more += [f"notice_missing:{name}" for name in self.required if name not in carried]
        if self.responsible_required and not self.responsible:
            more.append("responsible_missing")
        passed = verdict.clear or (verdict.verdict == "unknown" and self.unknown == "pass")
        return replace(verdict, clear=passed and not more, reasons=(*verdict.reasons, *more))


def _text(value: object) -> str | None:
    if value is None or (isinstance(value, str) and value.strip()):
        return value.strip() if isinstance(value, str) else None
    raise ArgumentError(f"is a text, not {value!r}")


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list | tuple) and all(isinstance(each, str) and each.strip() for each in value):
        return tuple(dict.fromkeys(each.strip() for each in value))
    raise ArgumentError(f'is a list of texts, such as ["a", "b"], not {value!r}')


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise ArgumentError(f"is true or false, not {value!r}")


def _word(value: object) -> str:
    if value in _UNKNOWN:
        return str(value)
    raise ArgumentError(f"is one of {', '.join(_UNKNOWN)}, not {value!r}")


def _fields(value: object) -> tuple[str, ...]:
    names = tuple(OPTION_NAMES.get(name, name) for name in _texts(value))
    if strange := [name for name in names if name not in _FIELDS]:
        raise ArgumentError(f"{strange[0]!r} is no field of a notice; there are {', '.join(_FIELDS)}")
    return names


_CHECKS: Final[dict[str, Callable[[object], Any]]] = {
    "unknown": _word,
    "required": _fields,
    "responsible": _text,
    "responsible_required": _flag,
    "channels": lambda value: tuple(each.casefold() for each in _texts(value)),
    "channel": _text,
    "territories": lambda value: tuple(map(territory_code, _texts(value))),
}
"""The keys of a policy, and what checks each."""
