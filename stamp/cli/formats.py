"""`stamp formats`."""

from __future__ import annotations

import click

from . import options
from .screen import Screen


@click.command(short_help="What each kind of file can carry.")
@options.screen_options("stamp.formats/1")
@options.pass_screen
def command(screen: Screen) -> None:
    """For each container: where each field of the rights notice goes, and where it cannot go, with the
    reason."""
    from ..metadata import registry

    table = registry.formats()
    screen.document([{"container": name, "fields": homes} for name, homes in table.items()])
    for container, homes in table.items():
        screen.line(container)
        for name, place in homes.items():
            absent = f"  (not in {place['absent']})" if place["absent"] and screen.verbose else ""
            screen.line(f"  {name:<17} {place['homes'] or 'nowhere'}{absent}")
