"""`stamp works`: `export` and `copy-to`."""

from __future__ import annotations

from pathlib import Path

import click

from ..jobs.catalogues import catalogue_of
from ..jobs.exports import FORMS, export, form_of
from . import NOT_FOUND, OK, options
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
        with screen.progress([file], "", unit="works") as bar:
            made = export(opened, path, wanted, force=force, seen=lambda done: bar.news(0, done, total))
    screen.line(f"{made.path}: {made.works} works, {made.rows} rows, {made.size} bytes")
    screen.document([made.to_dict()])


@click.command("copy-to", cls=Command, short_help="Copy the whole catalogue to another database.")
@click.argument("target", metavar="FILE|URL", type=options.Place())
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def copy_to(screen: Screen, target: str, catalogue: str | None) -> int:
    """Copy the whole catalogue to an empty database: from SQLite to PostgreSQL, or back. All that is in it
    stays what it is, numbers and the log too; the catalogue that is copied is not changed. Documents are
    files, and stay where they are. Exit code 1 if the chain of the copied log does not hold."""
    with catalogue_of(catalogue, make=False) as opened:
        folder = opened.documents.folder
        with screen.progress(["catalogue"], "", unit="rows") as bar:
            rows = opened.copy_to(target, seen=lambda done, total: bar.news(0, done, total))
    with catalogue_of(target, make=False) as made:
        found = made.verify()
        if folder.is_dir() and folder != made.documents.folder:
            screen.say(f"stamp: copy the documents, too: {folder} to {made.documents.folder}")
    screen.line(
        f"{rows} rows copied; {found.events} events hold" + (f"; {found.fault}" if found.fault else "")
    )
    screen.line("to use it from now on, name it in $STAMP_CATALOGUE, or as `catalogue` in stamp.toml")
    screen.document([{"rows": rows, "events": found.events, "fault": found.fault, "error": None}])
    return NOT_FOUND if found.fault else OK
