"""`stamp works index`."""

from __future__ import annotations

import re
from contextlib import nullcontext

import click

from ..jobs.catalogues import catalogue_of
from ..jobs.monitoring import IndexTask, place_of, rebuilding, to_index
from ..jobs.pool import Crash, run
from . import ERROR, OK, options
from .exchange import SCHEMA
from .help import CATALOGUE, Command, option
from .screen import Screen


def _part(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Callback for one of several parts: 1/2."""
    if value is None:
        return None
    found = re.fullmatch(r"([1-9]\d{0,3})/([1-9]\d{0,3})", value)
    if not found or int(found[1]) > int(found[2]):
        raise click.BadParameter(f"{value!r} is no part such as 1/2")
    return int(found[1]) - 1, int(found[2])


@click.command("index", cls=Command, short_help="Make the fingerprints of works that have none.")
@click.argument("works", metavar="[WORK]...", nargs=-1)
@option(CATALOGUE, "--rebuild", is_flag=True, help="Make all of them anew, from the files of the works.")
@option(
    CATALOGUE,
    "--shard",
    metavar="I/N",
    callback=_part,
    help="Only the works of part I of N, for a folder, or a computer, that has this part.",
)
@options.catalogue
@options.jobs
@options.screen_options(SCHEMA)
@options.pass_screen
def index(
    screen: Screen,
    works: tuple[str, ...],
    rebuild: bool,
    shard: tuple[int, int] | None,
    catalogue: str | None,
    jobs: int,
) -> int:
    """Make the fingerprints by which `stamp match` finds works, of those that were added or marked before
    there were any. They are made of the originals, which have to be where they were; of a work whose original
    is gone, of a marked copy. Works whose files are not at hand keep what they have. Where STAMP_FINGERPRINTS
    names several folders, as PATH does, each work is in one of them, by its uid.
    """
    if rebuild and works:
        raise click.UsageError("--rebuild is for all works: leave WORK out")
    place = place_of(catalogue)
    with catalogue_of(catalogue, make=False) as opened:
        items = to_index(place, works, again=rebuild, shard=shard)
        names = [f"#{opened.works.show(work, limit=1).number}" for work, _ in items]
    failed = 0
    with rebuilding(place) if rebuild else nullcontext() as made, screen.progress(names, "indexing") as bar:
        for number, done in run(IndexTask(place, made), items, jobs, bar.news):
            bar.advance(number)
            error = f"{names[number]}: {done.message}" if isinstance(done, Crash) else done.error
            if error is not None:
                failed += 1
                screen.complain(error)
            if not isinstance(done, Crash):
                screen.entry(done.to_dict())
    screen.say(f"stamp: {len(items) - failed} works indexed" + (f", {failed} failed" if failed else ""))
    screen.close()
    return ERROR if failed else OK
