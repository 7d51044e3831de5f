"""`stamp demo`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from ..core.errors import RightsConflict
from ..core.key import Key
from ..core.options import NoticeOptions
from ..core.reports import EmbedReport
from ..core.rights import Rights
from ..jobs.config import gather_defaults
from ..jobs.demo import Reading, find_photo, mistreat
from ..jobs.keys import load_or_make_key
from ..jobs.plan import stamped_name
from ..pipeline.files import embed_file
from . import ERROR, OK, options
from .embed import describe
from .help import Command
from .key import say_made
from .screen import Screen


@click.command(cls=Command, short_help="Mark a photo, squeeze, crop and turn it, and read the mark back.")
@click.argument("photo", required=False, type=options.Place())
@options.key_file
@options.screen_options("stamp.demo/1")
@options.pass_screen
def command(screen: Screen, photo: str | None, key_file: str | None) -> int:
    """Mark a photo, mistreat copies of it, and read the mark back from each.

    PHOTO is one of yours, or one from sample_media/. The marked photo stays, beside the original, as
    photo.stamped.jpg, unless there is one already; the mistreated copies do not.
    """
    source = Path(photo) if photo else find_photo()
    key, made = load_or_make_key(key_file)
    if made:
        say_made(screen, key, made)
    target = stamped_name(source)
    readings: list[Reading] = []
    with TemporaryDirectory() as elsewhere:
        # What was made of one's own photo before may be published by now: it is not overwritten.
        spared = photo is not None and os.path.lexists(target)
        output = Path(elsewhere, target.name) if spared else target
        report = _marked(source, output, key)
        assert report.payload is not None
        assert isinstance(report.output, Path)
        screen.line(describe(report))
        for note in report.notes:
            screen.say(f"{report.path}: {note}")
        for reading in mistreat(report.output, report.payload, key):
            readings.append(reading)
            width, height = reading.size
            read = reading.report.payload.hex() if reading.report.payload else "not read"
            verdict = (
                f"{'ok' if reading.passed else 'FAILED':<7} {reading.attack:<42} {f'{width}x{height}':>9}"
            )
            screen.line(f"  {verdict}  {read}  score {reading.report.score:.1f}")
    passed = sum(reading.passed for reading in readings)
    where = f"{target} was there before and is as it was" if spared else f"the marked photo is {target}"
    screen.line(f"{passed} of {len(readings)} read back; {where}")
    screen.document(
        [
            {
                "attack": reading.attack,
                "passed": reading.passed,
                "watermark": reading.report.to_dict()["watermark"],
            }
            for reading in readings
        ],
        embed=report.to_dict(),
    )
    return OK if passed == len(readings) else ERROR


def _marked(source: Path, output: Path, key: Key) -> EmbedReport:
    """Mark the photo, with the user's own notice or one that says where it is from; a photo of somebody else
    keeps the notice that it has."""
    found = gather_defaults(Rights())
    rights = found.rights
    if not rights.copyright_notice:
        rights = Rights(copyright_notice="© {year}, marked by stamp demo").over(rights)
    notice = NoticeOptions(mine=found.mine)
    try:
        return embed_file(source, output, key=key, rights=rights.claimed(), notice=notice, overwrite=True)
    except RightsConflict:
        report = embed_file(source, output, key=key, overwrite=True)
        return replace(report, notes=(*report.notes, "it names somebody else: its notice stays as it is"))
