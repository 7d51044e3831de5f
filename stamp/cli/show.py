"""`stamp show`."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any
from urllib.parse import quote

import click

from ..core.reports import RightsReport
from ..core.rights import Rights, plain
from ..jobs.catalogues import place_to_read
from ..jobs.plan import noted
from ..jobs.tasks import Entry, ShowTask
from ..pipeline.notice import structured_data
from . import ERROR, NOT_FOUND, OK, options
from .help import OUTPUT, Command, option
from .run import run_over, say_notes
from .screen import Screen


@click.command(cls=Command, short_help="Show the rights notice in a file, and where in it.")
@options.sources
@option(
    OUTPUT,
    "--jsonld",
    is_flag=True,
    help="Print schema.org structured data (JSON-LD) for the web page that shows the file.",
)
@option(
    OUTPUT,
    "--base-url",
    metavar="URL",
    default="",
    help="With --jsonld: the folder on the web in which the files will be.",
)
@option(
    OUTPUT,
    "--require",
    "required",
    type=click.Choice([each.name for each in fields(Rights)]),
    multiple=True,
    metavar="FIELD",
    help="A field that each notice must have, such as copyright_notice; exit code 1 where one lacks it. May "
    "be repeated.",
)
@options.catalogue
@options.running()
@options.screen_options("stamp.show/1", "show")
@options.pass_screen
def command(
    screen: Screen,
    sources: tuple[str, ...],
    jsonld: bool,
    base_url: str,
    required: tuple[str, ...],
    catalogue: str | None,
    run: options.Run,
) -> int:
    """Show the rights notice in files, field by field, with the metadata standards that hold it, and where
    they contradict each other. Where you have a catalogue, say what the payload in the notice means."""
    if jsonld and screen.schema:
        raise click.UsageError("--jsonld excludes --json and --json-lines")
    if base_url and not jsonld:
        raise click.UsageError("--base-url goes with --jsonld")

    structured: list[dict[str, Any]] = []
    lacking = 0

    def show(entry: Entry) -> None:
        nonlocal lacking
        assert isinstance(entry, RightsReport)
        missing = [name for name in required if name not in entry.rights.to_dict()]
        if missing:
            lacking += 1
            screen.complain(f"{entry.path}: the notice lacks {', '.join(missing)}")
        if jsonld:
            structured.append(_structured(entry, base_url))
        else:
            _describe(screen, entry)
        say_notes(screen, entry)

    task = ShowTask(place_to_read(catalogue))
    failed = run_over(screen, "show", task, sources, run, show, takes=noted)
    if jsonld:
        text = json.dumps(structured[0] if len(structured) == 1 else structured, indent=2)
        # It goes into a script element of a page, which must not end where a notice says so.
        screen.text(text.replace("<", "\\u003c"))
    return ERROR if failed else NOT_FOUND if lacking else OK


def _describe(screen: Screen, entry: RightsReport) -> None:
    screen.line(f"{entry.path}:{'' if entry.sources else ' no rights notice'}")
    if entry.known:
        screen.line(f"  {'catalogue':<29} {entry.known}")
    for name, value in entry.rights.to_dict().items():
        screen.line(f"  {name:<29} {value_text(value)}  ({', '.join(entry.sources[name])})")
        for store in entry.conflicts.get(name, ()):
            screen.line(f"  {'':<29} but in {store}: {value_text(plain(entry.values[store][name]))}")
    for store, path in entry.sidecars.items():
        screen.line(f"  {store:<29} {path}")


def _structured(entry: RightsReport, base_url: str) -> dict[str, Any]:
    folder = base_url if not base_url or base_url.endswith("/") else f"{base_url}/"
    return structured_data(entry, folder + quote(entry.path.name if entry.path else ""))


def value_text(value: Any) -> str:
    """A field's value in one line."""
    if isinstance(value, list):
        return ", ".join(map(value_text, value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {text}" for name, text in value.items()) + "}"
    return str(value)
