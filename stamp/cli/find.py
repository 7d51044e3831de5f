"""`stamp find`: what was found elsewhere, kept and compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.errors import CatalogueError, KeyFileError, StampError
from ..jobs.catalogues import catalogue_of
from ..jobs.keys import load_key
from . import ERROR, OK, options
from .help import CATALOGUE, OUTPUT, RESULTS, Command, option
from .match import measured
from .screen import Screen
from .works import paging

if TYPE_CHECKING:
    from ..catalogue.find_records import FindRecord
    from ..core.key import Key

SCHEMA = "stamp.find/1"
VERDICTS = ("ours", "licensed", "not_ours", "unclear")


@click.group(short_help="Keep what was found elsewhere, and compare it with the original.")
def command() -> None:
    """The ledger of finds: captures of your works on other people's pages, each compared with the original
    before anybody says whose it is."""


@command.command("add", cls=Command, short_help="Add files that were found elsewhere.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.Place())
@option(RESULTS, "--url", metavar="U", help="The page that it was found on.")
@option(RESULTS, "--media-url", metavar="U", help="The file itself, where the page shows it from.")
@option(RESULTS, "--account", metavar="A", help="Whose page it is.")
@option(RESULTS, "--seen-at", metavar="T", help="When, such as 2026-11-27T14:30+05:00.  [default: now]")
@option(RESULTS, "--seen-by", metavar="N", help="Who saw it.  [default: you]")
@option(
    RESULTS, "--page", type=options.Place(), metavar="FILE", help="A capture of the page: WARC, PDF, picture."
)
@option(CATALOGUE, "--work", metavar="REF", help="Of which work it is, where no mark says it.")
@options.key_files("The key; may be repeated. Else $STAMP_KEY_FILE, else your own key.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def add(
    screen: Screen,
    /,
    files: tuple[str, ...],
    work: str | None,
    key_files: tuple[str, ...],
    page: str | None,
    catalogue: str | None,
    **where: str | None,
) -> int:
    """Look for a mark in files that were found elsewhere, keep them, and write down where they were seen. The
    same file is one find, however often it is seen."""
    from ..pipeline.finding import Seen, add_find

    keys = _keys(key_files, needed=work is None)
    at, by = where.pop("seen_at"), where.pop("seen_by")
    failed = 0
    with catalogue_of(catalogue) as opened:
        for file in files:
            try:
                found = add_find(
                    opened, file, keys=keys, seen=Seen(at=at, by=by, **where), work=work, page=page
                )
            except StampError as error:
                failed += 1
                screen.miss(error, {"find": None}, file)
                continue
            describe(screen, found)
            screen.entry(found.to_dict())
    screen.close()
    return ERROR if failed else OK


@command.command("list", cls=Command, short_help="List finds, the newest first.")
@option(
    OUTPUT,
    "--verdict",
    type=click.Choice(("open", *VERDICTS)),
    metavar="V",
    help=f"Only these: open, {', '.join(VERDICTS)}.",
)
@option(OUTPUT, "--work", metavar="REF", help="Only those of this work.")
@paging("finds")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def list_(
    screen: Screen,
    verdict: str | None,
    work: str | None,
    limit: int,
    after: str | None,
    catalogue: str | None,
) -> None:
    """List the finds, the newest first."""
    with catalogue_of(catalogue, make=False) as opened:
        found = opened.finds.list(verdict=verdict, work=work, limit=limit, after=after)
    screen.page(found, line, limit)


@command.command("show", cls=Command, short_help="Show a find.")
@click.argument("finds", metavar="FIND...", nargs=-1, required=True)
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def show(screen: Screen, finds: tuple[str, ...], catalogue: str | None) -> int:
    """Show finds: what was read in them, where they were seen, how they compare, and the verdict."""
    failed = 0
    with catalogue_of(catalogue, make=False) as opened:
        for reference in finds:
            try:
                found = opened.finds.show(reference)
            except CatalogueError as error:
                failed += 1
                screen.miss(error, {"find": None})
                continue
            describe(screen, found)
            screen.entry(found.to_dict())
    screen.close()
    return ERROR if failed else OK


@command.command("compare", cls=Command, short_help="Compare a find with the original, and judge it.")
@click.argument("find")
@option(
    RESULTS,
    "--original",
    type=options.Place(),
    metavar="FILE",
    help="The original, where it is not where it was.",
)
@option(
    RESULTS, "--picture", type=options.Place(), metavar="FILE", help="Draw the two side by side: PNG or JPEG."
)
@options.key_files("The key of the copies, to tell which one it is, where no mark was read. Else your own.")
@option(CATALOGUE, "--verdict", type=click.Choice(VERDICTS), metavar="V", help=f"{', '.join(VERDICTS)}.")
@option(CATALOGUE, "--by", metavar="NAME", help="Who looked at the two.")
@option(CATALOGUE, "--note", metavar="T", help="What he says of it.")
@option(CATALOGUE, "--licence", metavar="REF", help="With --verdict licensed: which one covers it.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def compare(
    screen: Screen,
    /,
    find: str,
    original: str | None,
    picture: str | None,
    verdict: str | None,
    by: str | None,
    note: str | None,
    licence: str | None,
    key_files: tuple[str, ...],
    catalogue: str | None,
) -> None:
    """Lay a find onto the original, measure whether its fine detail agrees, and draw the two side by side. A
    verdict is a person's: say it, and who looked, once you have looked."""
    from ..pipeline.comparing import compare_find, covering, draw

    if verdict and not by:
        raise click.UsageError("a verdict has a name: --by")
    if not verdict and (by or note or licence):
        raise click.UsageError("--by, --note and --licence go with --verdict")
    with catalogue_of(catalogue, make=False) as opened:
        done = compare_find(
            opened,
            find,
            original=Path(original) if original else None,
            draw=bool(picture),
            keys=_keys(key_files, needed=False),
        )
        if picture:
            draw(done, Path(picture))
        found, licences = done.find, covering(opened, done.find)
        if verdict and by:
            found = opened.finds.judge(find, verdict, by, note=note, licence=licence)
        numbers = [f"#{opened.licences.show(uid).number}" for uid in licences]
    describe(screen, found)
    if not found.comparison or not found.comparison["original_known"]:
        screen.say(f"stamp: {done.original} is no file of this work that the catalogue knows")
    if picture:
        screen.say(f"stamp: drew {picture}")
    if numbers and found.verdict == "open":
        screen.say(f"stamp: licences that may cover it: {', '.join(numbers)}")
    screen.document([found.to_dict() | {"licences": licences, "picture": picture}])


def line(find: FindRecord) -> str:
    """One line on a find."""
    work = f"work #{find.work_number} '{find.title}'" if find.work else _BASES.get(find.basis)
    parts = [f"#{find.number}", find.capture.name, work, find.verdict.replace("_", " "), find.url]
    return "  ".join(part for part in parts if part)


_BASES = {"mark_without_record": "mark without record", "none": "no mark"}
_STAGES = {
    "whole": "by the whole of it",
    "points": "by points in it",
    "sound": "by its sound",
    "mark": "by its mark",
}
_NAMED = {"hand": "the work was named by hand", "fingerprint": "the work was recognised by its fingerprint"}


def describe(screen: Screen, find: FindRecord) -> None:
    """Some lines on a find."""
    screen.line(line(find))
    screen.line(f"  find      {find.find}")
    screen.line(f"  capture   sha256 {find.capture.sha256}, {find.capture.size} bytes")
    mark = (find.report or {}).get("watermark")
    if find.payload and mark:
        screen.line(f"  mark      {find.payload}  key {mark['key']}  log10_p {mark['log10_p']:.1f}")
    if named := _NAMED.get(find.basis):
        confirmed = find.payload and f"{find.payload}, confirmed with the original"
        screen.line(f"  mark      {confirmed or 'none'}; {named}")
    if match := find.matched:
        screen.line(f"  matched   {', '.join((match['verdict'], _STAGES[match['stage']], *measured(match)))}")
    if find.recipient:
        screen.line(f"  copy      for {find.recipient}")
    for sighting in find.sightings:
        parts = [
            sighting.url or sighting.media_url,
            sighting.account,
            f"seen {sighting.seen_at[:16].replace('T', ' ')} by",
        ]
        screen.line(f"  seen      {'  '.join(part for part in parts if part)} {sighting.seen_by}")
    if find.comparison:
        screen.line(f"  compared  {find.comparison['sentence']}")
        if sure := find.comparison.get("confirmed"):
            how = f"by {sure['z']:.1f} deviations" if sure["z"] is not None else "as it was read"
            screen.line(
                f"  copy is   {sure['payload']}  key {sure['key']}  log10_p {sure['log10_p']:.1f}, {how}"
            )
    if find.verdict == "open":
        more = (
            " --verdict V --by NAME` says whose it is"
            if find.comparison
            else "` compares it with the original"
        )
        screen.line(f"  verdict   open: `stamp find compare {find.number}{more}")
    else:
        when = (find.compared_at or "")[:10]
        screen.line(f"  verdict   {find.verdict.replace('_', ' ')}, {find.compared_by}, {when}")


def _keys(files: tuple[str, ...], *, needed: bool) -> list[Key]:
    """The keys that finds are looked at with; none where there is none, if the work is named."""
    try:
        return [load_key(file) for file in files or (None,)]
    except KeyFileError:
        if files or needed:
            raise
        return []
