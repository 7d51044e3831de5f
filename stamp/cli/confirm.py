"""`stamp confirm`."""

from __future__ import annotations

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


@click.command(cls=Command, short_help="Ask whether a file is a known copy, where no mark can be read.")
@click.argument("suspect", type=options.Place())
@option(
    WATERMARK,
    "--original",
    required=True,
    type=options.Place(),
    metavar="FILE",
    help="The photo, clip or song before it was marked; of a still, the clip.",
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
    """Ask which of some copies a photo, a clip, a still of a clip or a song is, where it is too small, too
    short or too damaged for its mark to be read. With original and key, all of a mark is known but its
    payload.

    Exits with 0 if a copy is confirmed, with 1 if none is.
    """
    from ..pipeline.files import confirm_file

    done = confirm_file(suspect, original=original, key=load_key(key_file), payloads=payloads)
    for each in done:
        screen.line(f"{suspect}: {each.sentence()}")
    screen.document([{"path": suspect, **each.to_dict(), "error": None} for each in done])
    return OK if any(each.confirmed for each in done) else NOT_FOUND
