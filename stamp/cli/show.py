"""`stamp show`."""

from __future__ import annotations

from typing import Any

import click

from ..batch import Entry, ShowTask
from ..folders import inputs
from ..reports import Failure, RightsReport
from . import ERROR, OK, options
from .run import run
from .screen import Screen


@click.command(short_help="Show the rights notice in a file, and where it stands.")
@options.sources
@options.screen_options("stamp.show/1")
@options.pass_screen
def command(screen: Screen, sources: tuple[str, ...]) -> int:
    """Show the rights notice in files, field by field, with the metadata standards that hold it."""

    def show(entry: Entry) -> None:
        assert isinstance(entry, RightsReport)
        screen.line(f"{entry.path}:{'' if entry.sources else ' no rights notice'}")
        for name, value in entry.rights.to_dict().items():
            screen.line(f"  {name:<20} {_text(value)}  ({', '.join(entry.sources[name])})")
        for note in entry.notes:
            screen.say(f"{entry.path}: {note}")

    entries = run(screen, "show", ShowTask(), inputs(sources), 1, show)
    return ERROR if any(isinstance(entry, Failure) for entry in entries) else OK


def _text(value: Any) -> str:
    """A field's value in one line."""
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {text}" for name, text in value.items()) + "}"
    return str(value)
