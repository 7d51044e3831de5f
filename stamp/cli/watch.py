"""`stamp watch`."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from ..core.errors import StampError
from ..core.matches import FOUND, WatchReport
from ..jobs.keys import keys_without_file
from ..jobs.monitoring import place_of
from ..jobs.selection import Selection
from ..jobs.watching import WatchTask, watch, watched_in
from . import ERROR, NOT_FOUND, OK, options
from .help import FETCH, RUN, Command, option
from .match import keys_of, reading_marks, said
from .screen import Screen

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def _seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """Callback for a span of time: 90s, 30m, 6h, 1d."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d{1,6})([smhd])", value.strip().lower())
    if not found or int(found[1]) == 0:
        raise click.BadParameter(f"{value!r} is no span such as 30m, 6h or 1d")
    return float(int(found[1]) * _UNITS[found[2]])


@click.command(cls=Command, short_help="Look for works in lists of URLs and in folders, again and again.")
@options.paths("LIST|FOLDER...")
@option(FETCH, "--fetch", is_flag=True, help="Fetch the URLs on lists. Else only folders are watched.")
@option(
    FETCH,
    "--pause",
    type=click.FloatRange(min=0),
    default=2.0,
    metavar="S",
    help="Seconds between two requests to one host; its robots.txt may ask for more.  [default: 2]",
)
@option(
    FETCH,
    "--most",
    type=click.IntRange(min=1),
    default=256,
    metavar="MB",
    help="Fetch no file that is larger.  [default: 256]",
)
@option(
    FETCH,
    "--longest",
    type=click.FloatRange(min=1),
    default=120.0,
    metavar="S",
    help="Seconds that a file may take.  [default: 120]",
)
@option(FETCH, "--allow-private", is_flag=True, help="Fetch from hosts of your own network, too.")
@reading_marks
@options.catalogue
@option(RUN, "--every", metavar="SPAN", callback=_seconds, help="Do it again and again: every 30m, 6h, 1d.")
@option(
    RUN,
    "--again",
    is_flag=True,
    help="Fetch, and look at, what was seen before, too, also where no works were added since.",
)
@options.running(options.jobs, options.max_pixels)
@options.screen_options("stamp.watch/1", "watch")
@options.pass_screen
def command(
    screen: Screen,
    /,
    sources: tuple[str, ...],
    fetch: bool,
    pause: float,
    most: int,
    longest: float,
    allow_private: bool,
    blind: bool,
    key_files: tuple[str, ...],
    catalogue: str | None,
    every: float | None,
    again: bool,
    run: options.Run,
) -> int:
    """Find which works of your catalogue are shown or played by what is on lists of URLs, and in folders, and
    add that to the ledger of finds. A list is a text file with a URL of a photo, a clip or a song a line and,
    behind tabs, the page that shows it and the account. What was seen before is not looked at again,
    except where nothing was found and works were added since; a run that was killed is done to its end by
    the next one.

    Exits with 0 if something was found, with 1 if nothing was, with 3 if something could not be looked at.
    With --every it goes on until it is stopped, and exits with 0.
    """
    if every and screen.schema and not screen.in_lines:
        raise click.UsageError("with --every there is no end of a document: --json-lines instead of --json")
    keys = keys_of(key_files, needed=blind)
    task = WatchTask(place_of(catalogue), keys, keys_without_file(), blind, again, run.limits)
    screen.begin("watch")

    def once() -> int:
        suspects = watched_in(sources, Selection(run.include, run.exclude, screen.pass_over))
        if not fetch and any(each.path is None and each.error is None for each in suspects):
            raise click.UsageError("these lists have URLs, which are fetched only if you say so: --fetch")
        found = failed = 0
        with ExitStack() as stack:
            fetcher = None
            if fetch:
                from ..monitor.fetching import Fetcher, Manners

                manners = Manners(pause, most << 20, longest, allow_private)
                folder = stack.enter_context(TemporaryDirectory(prefix="stamp-watch-"))
                fetcher = Fetcher(Path(folder), manners)
            bar = stack.enter_context(screen.progress([each.place for each in suspects], "watch"))
            for number, report in enumerate(watch(suspects, task, run.jobs, fetcher)):
                bar.advance(number)
                failed += report.error is not None
                found += report.find is not None and report.outcome != "unchanged"
                _show(screen, report)
        screen.say(f"stamp: {screen.summary.line()}")
        return ERROR if failed else OK if found else NOT_FOUND

    if every is None:
        return once()
    with suppress(KeyboardInterrupt):  # which is how it ends
        while True:
            began = time.monotonic()
            try:
                once()
            except (StampError, OSError) as error:  # a list that is being written, a database that is away
                screen.complain(str(error))
            screen.begin("watch")
            time.sleep(max(0.0, began + every - time.monotonic()))
    return OK


def _show(screen: Screen, report: WatchReport) -> None:
    """Print what became of a suspect, where that is news."""
    screen.summary.add(report.outcome)
    if report.error is not None:
        screen.complain(report.error)
    else:
        screen.write_down("INFO", f"{report.place}: {report.outcome.replace('_', ' ')}")
    if report.outcome == "found" and report.match:
        matches = [match for match in report.match.matches if match.verdict in FOUND]
        for match in matches:
            screen.line(f"{report.place}: {said(match)}")
        if not matches:
            screen.line(f"{report.place}: carries a mark of yours, without a record")
    elif report.outcome == "seen_again":
        screen.line(f"{report.place}: seen again: find {report.find}")
    elif report.outcome == "not_found" and screen.verbose:
        screen.line(f"{report.place}: no work was found")
    screen.entry(report.to_dict())
