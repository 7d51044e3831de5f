"""`stamp party`: `add`, `list`, `show` and `erase`."""

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


@command.command("show", cls=Command, short_help="Show a party.")
@click.argument("references", metavar="PARTY...", nargs=-1, required=True)
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def show(screen: Screen, references: tuple[str, ...], catalogue: str | None) -> None:
    """Show parties, and with how many works and copies they have to do. PARTY is a name, a number, a uid or
    the beginning of one."""
    with catalogue_of(catalogue, make=False) as opened:
        for reference in references:
            party = opened.parties.show(reference)
            screen.line(_line(party))
            screen.line(f"  party     {party.party}")
            screen.line(f"  works     {party.work_count}")
            screen.line(f"  copies    {party.copy_count}")
            screen.entry(party.to_dict())
    screen.close()


@command.command("erase", cls=Command, short_help="Take a party's data out, for good.")
@click.argument("reference", metavar="PARTY")
@option(CATALOGUE, "--yes", is_flag=True, help="Yes, for good: this cannot be undone.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def erase(screen: Screen, reference: str, yes: bool, catalogue: str | None) -> None:
    """Take the name of PARTY, how to reach it and its numbers out of the catalogue: its row keeps its number
    and becomes "erased party", works are searched without the name, and events of the log that name it lose
    what they said. `stamp works verify` still holds. What stays: paths of files, titles, notices."""
    if not yes:
        raise click.UsageError("this cannot be undone: give --yes")
    with catalogue_of(catalogue, make=False) as opened:
        done = opened.erase_party(reference)
        server = "://" in opened.url
    screen.line(f"party {done.party}: {done.events} events blanked, {done.works} works searched without it")
    if not done.is_gone and not server:
        screen.say("stamp: the file may still have traces: run it again, by uid, when nothing else uses it")
    screen.document([done.to_dict()])


def _line(party: PartyRecord) -> str:
    parts = [f"#{party.number}", party.name, party.kind, party.email, party.country]
    return "  ".join(part for part in parts if part)
