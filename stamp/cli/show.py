"""`stamp show`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from ..core.reports import RightsReport
from ..core.rights import plain
from ..jobs.plan import inputs
from ..jobs.tasks import AuditTask, Entry, ShowTask
from ..pipeline.audit import AuditReport
from ..pipeline.notice import structured_data
from . import ERROR, NOT_FOUND, OK, options
from .run import run
from .screen import Screen

_WORDS = {"kept": "kept", "partly": "kept in part", "changed": "CHANGED", "lost": "LOST", "added": "new"}


@click.command(short_help="Show the rights notice in a file, and where it stands.")
@options.sources
@click.option(
    "--audit",
    "original",
    type=options.Place(),
    metavar="ORIGINAL",
    help="Compare with the file they were made from: which rights survived? Exit code 1 if any did not.",
)
@click.option(
    "--jsonld",
    is_flag=True,
    help="Print schema.org structured data (JSON-LD) for the web page that shows the file.",
)
@click.option(
    "--base-url",
    metavar="URL",
    default="",
    help="With --jsonld: the folder on the web in which the files will be.",
)
@options.screen_options("stamp.show/1")
@options.pass_screen
def command(
    screen: Screen, sources: tuple[str, ...], original: str | None, jsonld: bool, base_url: str
) -> int:
    """Show the rights notice in files, field by field, with the metadata standards that hold it, and where
    they contradict each other."""
    if jsonld and (original or screen.schema):
        raise click.UsageError("--jsonld excludes --audit and --json")
    if base_url and not jsonld:
        raise click.UsageError("--base-url goes with --jsonld")
    if original:
        return _audit(screen, sources, Path(original))

    structured: list[dict[str, Any]] = []

    def show(entry: Entry) -> None:
        assert isinstance(entry, RightsReport)
        if jsonld:
            structured.append(_structured(entry, base_url))
        else:
            _describe(screen, entry)
        for note in entry.notes:
            screen.say(f"{entry.path}: {note}")

    failed = run(screen, "show", ShowTask(), inputs(sources), 1, show)
    if jsonld:
        text = json.dumps(structured[0] if len(structured) == 1 else structured, indent=2)
        # It goes into a script element of a page, which must not end where a notice says so.
        screen.text(text.replace("<", "\\u003c"))
    return ERROR if failed else OK


def _describe(screen: Screen, entry: RightsReport) -> None:
    screen.line(f"{entry.path}:{'' if entry.sources else ' no rights notice'}")
    for name, value in entry.rights.to_dict().items():
        screen.line(f"  {name:<29} {_text(value)}  ({', '.join(entry.sources[name])})")
        for store in entry.conflicts.get(name, ()):
            screen.line(f"  {'':<29} but in {store}: {_text(plain(entry.values[store][name]))}")


def _structured(entry: RightsReport, base_url: str) -> dict[str, Any]:
    folder = base_url if not base_url or base_url.endswith("/") else f"{base_url}/"
    return structured_data(entry, folder + quote(entry.path.name))


def _audit(screen: Screen, sources: tuple[str, ...], original: Path) -> int:
    screen.schema = screen.schema and "stamp.audit/1"
    damaged = 0

    def show(entry: Entry) -> None:
        nonlocal damaged
        assert isinstance(entry, AuditReport)
        damaged += not entry.intact
        kept = sum(field.outcome in ("kept", "partly") for field in entry.fields.values())
        all_fields = sum(field.outcome != "added" for field in entry.fields.values())
        screen.line(f"{entry.path}: {kept} of {all_fields} rights fields survived")
        for name, field in entry.to_dict()["fields"].items():
            screen.line(f"  {name:<29} {_WORDS[field['outcome']]:<13} {_stores(field)}")
            if field["outcome"] == "changed":
                screen.line(f"  {'':<29} was: {_text(field['before'])}")
            if field["outcome"] in ("changed", "added"):
                screen.line(f"  {'':<29} is:  {_text(field['after'])}")
        for note in entry.notes:
            screen.say(f"{entry.path}: {note}")

    failed = run(screen, "audit", AuditTask(original), inputs(sources), 1, show)
    return ERROR if failed else NOT_FOUND if damaged else OK


def _stores(field: dict[str, Any]) -> str:
    before, after = (", ".join(field[name]) or "nowhere" for name in ("stores_before", "stores_after"))
    return before if before == after else f"{before} -> {after}"


def _text(value: Any) -> str:
    """A field's value in one line."""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {text}" for name, text in value.items()) + "}"
    return str(value)
