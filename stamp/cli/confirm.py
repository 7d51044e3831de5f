"""`stamp confirm`."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.payload import Payload
from ..jobs.keys import load_key
from . import NOT_FOUND, OK, options
from .help import WATERMARK, Command, option
from .screen import Screen


def _several(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[Payload, ...]:
    """Callback for several payloads, each once."""
    found = (options.payload(ctx, param, value) for value in dict.fromkeys(values))
    return tuple(each for each in found if each)


@click.command(cls=Command, short_help="Ask whether a photo is a known copy, where no mark can be read.")
@click.argument("suspect", type=options.Place())
@option(
    WATERMARK,
    "--original",
    required=True,
    type=options.Place(),
    metavar="FILE",
    help="The photo before it was marked.",
)
@option(
    WATERMARK,
    "--payload",
    "payloads",
    required=True,
    multiple=True,
    metavar="HEX16",
    callback=_several,
    help="Of a copy that it may be; may be repeated.",
)
@option(
    WATERMARK,
    "--key-file",
    type=options.Place(),
    metavar="FILE",
    help="The key of the marks. Else $STAMP_KEY_FILE, else your own key.",
)
@options.screen_options("stamp.confirm/1")
@options.pass_screen
def command(
    screen: Screen,
    suspect: str,
    original: str,
    payloads: tuple[Payload, ...],
    key_file: str | None,
) -> int:
    """Ask which of some copies a photo is, where it is too small or too damaged for its mark to be read. With
    original and key, all of a mark is known but its payload.

    Exits with 0 if a copy is confirmed, with 1 if none is.
    """
    from ..pipeline.informed import pair_of

    done = pair_of(Path(suspect), Path(original)).confirm(load_key(key_file), payloads)
    for each in done:
        screen.line(f"{suspect}: {each.sentence()}")
    screen.document([{"path": suspect, **each.to_dict(), "error": None} for each in done])
    return OK if any(each.confirmed for each in done) else NOT_FOUND
