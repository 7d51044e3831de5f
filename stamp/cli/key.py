"""`stamp key new`."""

from __future__ import annotations

import click

from . import options
from .help import KEY, Command, option
from .screen import Screen


@click.group(short_help="Make a key.")
def command() -> None:
    """The key is what makes a mark yours: whoever has the file can find your marks, and forge them."""


@command.command("new", cls=Command, short_help="Make a key file.")
@click.argument("file", type=options.Place())
@option(KEY, "--name", metavar="N", help="What reports call the key.  [default: this month]")
@options.screen_options("stamp.key/1")
@options.pass_screen
def new(screen: Screen, file: str, name: str | None) -> None:
    """Make a new random 256-bit key in FILE, which only you can read. An existing file is never
    overwritten."""
    from ..core.key import Key

    key = Key.generate(name)
    key.save(file)
    screen.line(f"{file}: key {key.name}")
    screen.document([{"path": file, "key": key.name, "error": None}])
    screen.say("stamp: keep a copy in a safe place; without the key no mark can be found")
