"""`stamp match`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from ..core.errors import CatalogueError, KeyFileError
from ..core.matches import FOUND, MatchedWork, MatchReport
from ..jobs.keys import KeyFile, find_key, load_key
from ..jobs.matched import Matched
from ..jobs.monitoring import MatchTask, place_of, what_no_match_finds
from ..jobs.plan import Jobs
from ..jobs.selection import Selection
from ..jobs.tasks import Entry
from . import ERROR, NOT_FOUND, OK, options
from .far import check_catalogue, check_reading
from .help import RESULTS, RUN, WATERMARK, Command, option
from .run import Found, find_inputs, run_over
from .screen import Screen

_WORDS = {
    "mark": "carries the mark of",
    "copy": "is a copy of",
    "scene": "shows the scene of",
    "candidate": "may show",
}
reading_marks = options.together(
    option(WATERMARK, "--blind", is_flag=True, help="Look for a mark also where no work was found: slow."),
    options.key_files(
        "The key whose marks are read; may be repeated. Else $STAMP_KEY_FILE, else your own key, if "
        "there is one."
    ),
)
_resume = option(
    RUN, "--resume", is_flag=True, help="Go on with the same run that was broken off: look at the rest."
)


@click.command(cls=Command, short_help="Find which works suspects show or play.")
@options.paths("SUSPECT...")
@option(
    RESULTS,
    "--picture",
    "pictures",
    type=options.Place(),
    metavar="DIR",
    help="Draw each match here: original, suspect, where the one lies in the other, and the difference.",
)
@option(RESULTS, "--keep", is_flag=True, help="Add what is found to the ledger of finds.")
@reading_marks
@options.catalogue
@options.running(options.jobs, _resume, options.max_pixels, options.many)
@options.screen_options("stamp.match/1", "match")
@options.pass_screen
def command(
    screen: Screen,
    sources: tuple[str, ...],
    pictures: str | None,
    keep: bool,
    blind: bool,
    key_files: tuple[str, ...],
    catalogue: str | None,
    run: options.Run,
) -> int:
    """Find which works of your catalogue photos and clips show, and songs play, also works that were never
    marked: whole or cropped, turned, mirrored, filtered, on a page or in a collage, cut, faster. Works are
    found by fingerprints (`stamp works index`), laid onto their original, and their mark is read there.
    A run that was broken off goes on with --resume: what it has found out already is in the JSON document
    too, and lines are those of the rest.

    Exits with 0 if something was found, with 1 if nothing was, with 3 if a file could not be read.
    """
    check_reading(run, picture=pictures)
    place = place_of(catalogue)
    check_catalogue(place, run)
    found = 0
    folder = Path(pictures) if pictures else None
    keys = keys_of(key_files, needed=blind)
    is_far = run.is_far(*sources)
    if run.resume and is_far:
        raise click.UsageError("--resume is for files of this machine, not for stores and --scheduler")
    journal = None if is_far else Matched.of(list(sources), place, keys, blind, keep, folder)
    if run.resume and journal is None:
        raise CatalogueError("no folder for what is unfinished: there is no home")

    def missing(sources: Sequence[str], selection: Selection) -> Found:
        nonlocal found
        jobs = find_inputs(sources, selection, run)
        if journal is None or not isinstance(jobs, Jobs):
            return jobs
        count = jobs.survey()  # what is passed over comes before what is known
        done = journal.entries(jobs) if run.resume else {}
        if not done and count > 1:
            journal.begin()
        for entry in done.values():
            found += entry["status"] == "found"
            screen.summary.add(entry["status"])
            if not screen.in_lines:
                screen.entry(entry)
        return jobs.but(done)

    def show(entry: Entry) -> None:
        nonlocal found
        assert isinstance(entry, MatchReport)
        found += entry.outcome == "found"
        _describe(screen, entry)

    task = MatchTask(place, keys, blind, folder, keep, journal)
    failed = run_over(screen, "match", task, sources, run, show, missing)
    if journal:
        journal.end()
    if not found and not is_far:
        _say_what_is_missing(screen, place)
    return ERROR if failed else OK if found else NOT_FOUND


def _say_what_is_missing(screen: Screen, place: str) -> None:
    """Say why nothing can be found, where works have no fingerprints."""
    missing, works = what_no_match_finds(place)
    if not works:
        screen.say("stamp: the catalogue has no works; 'stamp embed' and 'stamp works add' make them")
    elif missing:
        have = "has" if missing == 1 else "have"
        screen.say(
            f"stamp: {missing} of {works} works {have} no fingerprint and cannot be found;"
            " 'stamp works index' makes it"
        )


def keys_of(files: tuple[str, ...], *, needed: bool) -> tuple[KeyFile, ...]:
    """Return the keys whose marks are read; nobody needs one whose works were never marked. Raises
    KeyFileError."""
    if files:
        return tuple({key: KeyFile.of(key, path) for path in files for key in [load_key(path)]}.values())
    try:
        return (find_key(),)
    except KeyFileError:
        if needed:
            raise
        return ()


def _describe(screen: Screen, entry: MatchReport) -> None:
    """Print what was found, a line a work."""
    shown = [match for match in entry.matches if screen.verbose or match.verdict in FOUND]
    if entry.watermark:
        mark = entry.watermark
        screen.line(f"{entry.path}: carries the mark {mark.payload} of key {mark.key_name}, without a record")
    elif not shown:
        more = f"; {len(entry.matches)} candidates (-v)" if entry.matches else ""
        screen.line(f"{entry.path}: no work was found{more}")
    for match in shown:
        screen.line(f"{entry.path}: {said(match)}")
    for path in entry.pictures:
        screen.say(f"stamp: drawn as {path}")


def said(match: MatchedWork) -> str:
    """Return a match in words that follow the name of the suspect."""
    return f"{_WORDS[match.verdict]} work #{match.number} '{match.title}'{_more(match)}"


def _more(match: MatchedWork) -> str:
    """What else is to be said of a match."""
    parts = []
    if match.work_span and match.work_span[1] > match.work_span[0]:
        parts.append("from {:.1f} to {:.1f} s".format(*match.work_span))
    if match.verdict == "scene":
        parts.append("a part of it, or another shot of it")
    parts += measured(match.to_dict())
    if match.watermark and match.verdict == "mark":
        parts.append(f"payload {match.watermark.payload}")
    return ": " + ", ".join(parts) if parts else ""


def measured(match: Mapping[str, Any]) -> list[str]:
    """Return what was measured of an entry of `matches`, in words."""
    parts = [
        f"{_percent(share)} of the {name}"
        for name, share in zip(("work", "file"), match["overlap"].values(), strict=True)
        if share is not None
    ]
    if match["mirrored"]:
        parts.append("mirrored")
    if match["correlation"] is not None:
        parts.append(f"fine detail {match['correlation']:.2f}")
    return parts


def _percent(share: float) -> str:
    return f"{max(1, round(100 * share))} %"
