"""`stamp party`: `add` and `list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..catalogue.parties import KINDS
from ..jobs.catalogues import catalogue_of
from . import options
from .help import CATALOGUE, Command, option
from .screen import Screen
from .works import paging

if TYPE_CHECKING:
    from ..catalogue.records import PartyRecord

SCHEMA = "stamp.party/1"


@click.group(short_help="The people and organisations of your catalogue.")
def command() -> None:
    """Those who make works, get copies or have rights in them. `stamp embed --recipient` names one."""


@command.command("add", cls=Command, short_help="Add a party.")
@click.argument("name")
@option(
    CATALOGUE,
    "--kind",
    type=click.Choice(KINDS),
    default="person",
    metavar="K",
    help=f"{', '.join(KINDS)}.  [default: person]",
)
@option(CATALOGUE, "--email", metavar="E", help="How to reach them.")
@option(CATALOGUE, "--country", metavar="CC", help="Two letters, such as KZ.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def add(
    screen: Screen, name: str, kind: str, email: str | None, country: str | None, catalogue: str | None
) -> None:
    """Add a person, an organisation, a platform or an authority."""
    with catalogue_of(catalogue) as opened:
        party = opened.parties.add(name, kind=kind, email=email, country=country)
    screen.line(_line(party))
    screen.document([party.to_dict()])


@command.command("list", cls=Command, short_help="List parties, the newest first.")
@paging("parties")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def list_(screen: Screen, limit: int, after: str | None, catalogue: str | None) -> None:
    """List the parties of the catalogue, the newest first."""
    with catalogue_of(catalogue, make=False) as opened:
        found = opened.parties.list(limit=limit, after=after)
    screen.page(found, _line, limit)


def _line(party: PartyRecord) -> str:
    parts = [f"#{party.number}", party.name, party.kind, party.email, party.country]
    return "  ".join(part for part in parts if part)
