"""`stamp works export`."""

from __future__ import annotations

from pathlib import Path

import click

from ..jobs.catalogues import catalogue_of
from ..jobs.exports import FORMS, export, form_of
from . import options
from .help import OUTPUT, Command, option
from .screen import Screen

SCHEMA = "stamp.works/1"


@click.command("export", cls=Command, short_help="Write the works to a file for others.")
@click.argument("file", type=options.Place())
@option(
    OUTPUT,
    "--format",
    "form",
    type=click.Choice(FORMS),
    metavar="F",
    help=f"{', '.join(FORMS)}; else as FILE is called.",
)
@option(OUTPUT, "--force", is_flag=True, help="Replace FILE.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def export_(screen: Screen, file: str, form: str | None, force: bool, catalogue: str | None) -> None:
    """Write all works with their marks and copies to FILE: .jsonl has everything that `stamp works import`
    needs to bring them in again, .csv and .xlsx a row a copy, and `--format ddex` names near those of DDEX
    (.csv or .json). Neither the secret of a key nor a folder of this computer is in any of them."""
    path = Path(file)
    wanted = form_of(path, form)
    with catalogue_of(catalogue, make=False) as opened:
        total = opened.works.count()
        with screen.progress([file], "exporting", unit="works") as bar:
            made = export(opened, path, wanted, force=force, seen=lambda done: bar.news(0, done, total))
    screen.line(f"{made.path}: {made.works} works, {made.rows} rows, {made.size} bytes")
    screen.document([made.to_dict()])
