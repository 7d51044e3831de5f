"""`Party`: a person or an organisation, as copyright owners, licensors and contacts are given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who somebody is and how to reach them; None says nothing. `Rights` checks the texts.

    name, url, email
    id    the party's identifier in a registry, such as an ISNI or a PLUS-ID
    """

    name: str | None = None
    url: str | None = None
    email: str | None = None
    id: str | None = None

    def values(self) -> dict[str, str]:
        """The members that say something."""
        members: dict[str, Any] = asdict(self)
        return {member: text for member, text in members.items() if text}

    def onto(self, present: Party) -> Party:
        """This party, with what it leaves open taken from `present`."""
        return Party(**{**present.values(), **self.values()})

    @classmethod
    def of(cls, value: object) -> Party | None:
        """The party of a table from JSON or TOML, or of a bare name; None for anything else."""
        if isinstance(value, str):
            return cls(name=value)
        if isinstance(value, Mapping) and set(value) <= set(cls.__slots__):
            return cls(**value)
        return value if isinstance(value, cls) else None
