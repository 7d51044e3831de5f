"""`stamp works deposit`."""

from __future__ import annotations

from pathlib import Path

import click

from ..evidence.authorities import AUTHORITIES
from ..evidence.options import PacketOptions
from ..jobs.catalogues import catalogue_of
from . import options
from .evidence import SCHEMA, output, packet_options, say_made
from .help import EVIDENCE, Command, option
from .screen import Screen


@click.command("deposit", cls=Command, short_help="Seal a work before it is published, in a bundle.")
@click.argument("work")
@output
@packet_options
@option(
    EVIDENCE,
    "--authority",
    type=click.Choice(AUTHORITIES),
    default=AUTHORITIES[0],
    metavar="A",
    help=f"The register whose list of what it asks for is in the bundle: {', '.join(AUTHORITIES)}.",
)
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def command(
    screen: Screen, work: str, output: str, wanted: PacketOptions, authority: str, catalogue: str | None
) -> None:
    """Write the hash of WORK into the log, seal the log, and make a bundle that shows later, with --tsa, that
    the file was there before it was published. `stamp evidence verify` checks it. The work itself is not in
    it, a thumbnail of a photo is."""
    from ..evidence.deposit import make_deposit

    with catalogue_of(catalogue, make=False) as opened:
        say_made(screen, make_deposit(opened, work, Path(output), wanted, authority=authority))
