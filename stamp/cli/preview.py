"""`stamp preview`."""

from __future__ import annotations

from pathlib import Path

import click

from . import options
from .help import RESULTS, VISIBLE, Command, option
from .screen import Screen
from .spoken import spoken
from .visible import Visible, visible


@click.command(cls=Command, short_help="Show what a visible notice would look like.")
@click.argument("source", metavar="FILE", type=options.Place())
@option(
    RESULTS,
    "-o",
    "--output",
    type=options.Place(),
    metavar="FILE",
    help="Where the picture goes (.jpg, .png, .webp).  [default: FILE.preview.jpg]",
)
@option(RESULTS, "--force", is_flag=True, help="Overwrite an output that exists.")
@visible
@option(
    VISIBLE,
    "--at",
    type=click.FloatRange(min=0),
    metavar="S",
    help="The second of a clip that is shown.  [default: its first frame, or the middle of --visible-span]",
)
@options.screen_options("stamp.preview/1")
@options.pass_screen
def command(
    screen: Screen, source: str, output: str | None, force: bool, visible: Visible, at: float | None
) -> None:
    """Write a picture of what a photo or a clip would look like with a visible notice. Nothing is marked, and
    nothing written down."""
    notice = visible.notice()
    if notice is None:
        raise click.UsageError("what is to be seen? Give --visible")
    from ..pipeline.preview import preview_file

    src = Path(source)
    dst = Path(output) if output else src.with_name(f"{src.stem}.preview.jpg")
    report = preview_file(src, dst, notice, at=at, overwrite=force)
    screen.line(f"{report.output}: contrast {report.visible.contrast:.1f}")
    for note in report.notes:
        screen.say(f"{report.path}: {spoken(note)}", "WARNING")
    screen.document([report.to_dict()])
