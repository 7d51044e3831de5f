"""`stamp detect`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core import words
from ..core.reports import DetectReport
from ..jobs.catalogues import place_to_read
from ..jobs.keys import KeyFile, find_key, load_key
from ..jobs.tasks import DetectTask, Entry, taken_by
from . import ERROR, NOT_FOUND, OK, options
from .far import check_catalogue, check_reading
from .help import RESULTS, WATERMARK, Command, option
from .run import run_over
from .screen import Screen, printable

if TYPE_CHECKING:
    from ..core.key import Key


@click.command(cls=Command, short_help="Look for a mark.")
@options.sources
@options.key_files("The key; may be repeated. Else $STAMP_KEY_FILE, else your own key.")
@option(
    WATERMARK,
    "--expect",
    metavar="HEX16",
    callback=options.payload,
    help="Exit with 1 unless every file carries this payload.",
)
@option(
    WATERMARK,
    "--first",
    is_flag=True,
    help="Clips and songs: stop as soon as one mark is certain, and look for no more.",
)
@option(
    WATERMARK,
    "--original",
    type=options.Place(),
    metavar="FILE",
    help="What was marked, before it was. Reads far worse copies and stills, and says what of it they show.",
)
@option(
    RESULTS,
    "--picture",
    type=options.Place(),
    metavar="FILE|DIR",
    help="Draw where in a photo its marks are: PNG; of several photos, into a folder.",
)
@options.catalogue
@options.running(options.jobs, options.max_pixels, options.many)
@options.screen_options("stamp.detect/1", "detect")
@options.pass_screen
def command(
    screen: Screen,
    sources: tuple[str, ...],
    key_files: tuple[str, ...],
    expect: bytes | None,
    first: bool,
    original: str | None,
    picture: str | None,
    catalogue: str | None,
    run: options.Run,
) -> int:
    """Look for a mark in photos, clips and songs, whatever was done to them: recompressed, cropped, scaled,
    turned, mirrored; cut, played faster or higher. Where you have a catalogue, say which work, copy and
    recipient a mark means.

    Exits with 0 if every file has a mark of one of the keys, with 1 if one has none, with 3 if one could not
    be read.
    """
    keys = _told_apart(key_files) or (find_key(),)

    missed: list[str] = []
    others = cut_short = 0

    def show(entry: Entry) -> None:
        nonlocal others, cut_short
        assert isinstance(entry, DetectReport)
        others += not _as_wished(entry, expect)
        if not entry.present:
            missed.append(words.kind(entry))
        elif first and not _as_wished(entry, expect):
            cut_short += words.kind(entry) != "photo"
        screen.line(f"{entry.path}: {words.sentence(entry, expect)}")
        if screen.verbose:
            screen.line(f"  {words.figures(entry)}")

    check_reading(run, original=original, picture=picture)
    place = place_to_read(catalogue)
    check_catalogue(place, run)
    task = DetectTask(
        keys,
        first=first,
        expected=expect,
        catalogue=place,
        original=Path(original) if original else None,
        picture=_drawn_to(picture, sources),
    )
    failed = run_over(screen, "detect", task, sources, run, show, takes=taken_by(task))
    if screen.schema is None:
        _say_what_to_try(screen, missed, cut_short)
    return ERROR if failed else NOT_FOUND if others else OK


def _drawn_to(picture: str | None, sources: Sequence[str]) -> Path | None:
    """Where photos are drawn to: a folder, unless there is one only."""
    if picture is None:
        return None
    place = Path(picture)
    if not place.is_dir() and (len(sources) > 1 or any(Path(source).is_dir() for source in sources)):
        raise click.UsageError(f"--picture {picture} is no folder: several photos need one that is there")
    return place


def _say_what_to_try(screen: Screen, missed: Sequence[str], cut_short: int) -> None:
    """Advise, once a run, on works without a mark, whose kinds are `missed`, and on those that were not
    searched beyond a mark that was not the expected one."""
    if missed:
        screen.say("stamp: where no mark was found, try this:")
        for step in words.next_steps(missed):
            screen.say(f"  {step}")
    if cut_short:
        screen.say("stamp: --first ends at the first mark of a clip or a song; without it all are compared")


def _told_apart(files: Sequence[str]) -> tuple[KeyFile, ...]:
    """The keys of these files, each once. Those of one name, such as two of the same month, are shown with
    their files."""
    keys: dict[Key, str] = {}
    for path in files:
        key = load_key(path)
        for each in key.ring or (key,):
            keys.setdefault(each, path)
    names = Counter(key.name for key in keys)
    return tuple(
        KeyFile.of(
            replace(key, name=printable(f"{key.name}, {path}")[-64:]) if names[key.name] > 1 else key, path
        )
        for key, path in keys.items()
    )


def _as_wished(report: DetectReport, expect: bytes | None) -> bool:
    return report.present and (expect is None or report.carries(expect))
