"""`stamp works`: `add`, `list`, `show`, `search`, `import`, `recover`, `verify`, `seal` and `backup`; the
others are in `exchange`."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..catalogue.works import KINDS
from ..core.errors import CatalogueError, KeyFileError, StampError
from ..jobs.catalogues import catalogue_of
from ..jobs.keys import load_key
from ..jobs.monitoring import Fingerprints
from . import ERROR, NOT_FOUND, OK, exchange, indexing, options
from .deposit import command as deposit
from .help import CATALOGUE, OUTPUT, WATERMARK, Command, Decorator, option
from .screen import Screen

if TYPE_CHECKING:
    from ..catalogue.records import WorkRecord

SCHEMA = exchange.SCHEMA
_NOUNS = {"image": "photo", "video": "clip", "audio": "song"}


@click.group(short_help="Add, list, search and keep the works of your catalogue.")
def command() -> None:
    """The catalogue is the record of your works and of every marked copy: which payload is which work, and
    who got which copy. `stamp embed` writes it by itself; `stamp detect` asks it."""


command.add_command(exchange.export_)
command.add_command(exchange.copy_to)
command.add_command(indexing.index)


def paging(of: str) -> Decorator:
    """Give a command `limit` and `after`."""
    return options.together(
        option(
            OUTPUT,
            "--limit",
            type=click.IntRange(1, 10_000),
            default=50,
            metavar="N",
            help=f"At most so many {of}, the newest first.  [default: 50]",
        ),
        option(
            OUTPUT, "--after", metavar="REF", help="Continue after this one, the last of the page before."
        ),
    )


@command.command("add", cls=Command, short_help="Add works.")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=options.Place())
@option(CATALOGUE, "--title", metavar="T", help="The title; else the file's name.")
@option(CATALOGUE, "--creator", "creators", metavar="T", multiple=True, help="Who made it; may be repeated.")
@option(
    CATALOGUE,
    "--id",
    "identifiers",
    metavar="SCHEME:VALUE",
    multiple=True,
    help="Such as isrc:KZ-AB1-26-00001; may be repeated.",
)
@option(CATALOGUE, "--kind", type=click.Choice(KINDS), metavar="K", help=f"Without FILE: {', '.join(KINDS)}.")
@option(CATALOGUE, "--third-party", is_flag=True, help="It is somebody else's work.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def add(
    screen: Screen,
    files: tuple[str, ...],
    title: str | None,
    creators: tuple[str, ...],
    identifiers: tuple[str, ...],
    kind: str | None,
    third_party: bool,
    catalogue: str | None,
) -> int:
    """Add works to the catalogue, by their files or, without FILE, by title and kind. `stamp embed`
    recognises the files later, also under other names."""
    if not files and not (title and kind):
        raise click.UsageError("give FILE, or --title and --kind")
    if len(files) > 1 and (title or identifiers):
        raise click.UsageError("--title and --id are those of one work: give one FILE")
    failed = 0
    with catalogue_of(catalogue) as opened:
        for file in files or (None,):
            try:
                work = opened.works.add(
                    file,
                    title=title,
                    kind=kind,
                    creators=creators,
                    identifiers=identifiers,
                    origin="third_party" if third_party else "own",
                )
                if file is not None:
                    Fingerprints(Path(file)).add(opened, work.work)
            except StampError as error:
                failed += 1
                screen.miss(error, {"work": None}, file)
                continue
            screen.line(_line(work))
            screen.entry(work.to_dict())
    screen.close()
    return ERROR if failed else OK


@command.command("list", cls=Command, short_help="List works, the newest first.")
@paging("works")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def list_(screen: Screen, limit: int, after: str | None, catalogue: str | None) -> None:
    """List the works of the catalogue, the newest first."""
    with catalogue_of(catalogue, make=False) as opened:
        screen.page(opened.works.list(limit=limit, after=after), _line, limit)


@command.command("search", cls=Command, short_help="Search titles, creators and identifiers.")
@click.argument("text", nargs=-1, required=True)
@paging("works")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def search(
    screen: Screen, text: tuple[str, ...], limit: int, after: str | None, catalogue: str | None
) -> int:
    """Search works by the beginnings of words in their titles, creators and identifiers, in whatever case and
    with whatever accents: `stamp works search казак` finds Қазақ. Exit code 1 if there is none."""
    with catalogue_of(catalogue, make=False) as opened:
        found = opened.works.search(" ".join(text), limit=limit, after=after)
    screen.page(found, _line, limit)
    return OK if found else NOT_FOUND


@command.command("show", cls=Command, short_help="Show a work with its marks and copies.")
@click.argument("references", metavar="WORK...", nargs=-1, required=True)
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def show(screen: Screen, references: tuple[str, ...], catalogue: str | None) -> int:
    """Show works with their marks and copies. WORK is a number, a uid or the beginning of one."""
    failed = 0
    with catalogue_of(catalogue, make=False) as opened:
        for reference in references:
            try:
                work = opened.works.show(reference)
            except CatalogueError as error:
                failed += 1
                screen.miss(error, {"work": None})
                continue
            _describe(screen, work)
            screen.entry(work.to_dict())
    screen.close()
    return ERROR if failed else OK


@command.command("import", cls=Command, short_help="Bring in what earlier runs reported.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=options.Place())
@option(
    WATERMARK,
    "--key-file",
    type=options.Place(),
    metavar="FILE",
    help="The key that these were marked with; else $STAMP_KEY_FILE, else your own key.",
)
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def import_(screen: Screen, files: tuple[str, ...], key_file: str | None, catalogue: str | None) -> int:
    """Bring in what was marked before: exports of a catalogue, reports of `stamp embed --json`, receipts, or
    CSV and XLSX files with columns payload, title, kind, creators, identifiers, source, output, recipient,
    channel; some of them will do.

    Paths in a report count from the current folder. What the catalogue knows already is left as it is.
    """
    from ..jobs.imports import bring_in, length

    try:
        key = load_key(key_file)
    except KeyFileError:
        if key_file:
            raise
        key = None  # a table of works needs none
    failed = 0
    with catalogue_of(catalogue) as opened, screen.progress(files, "bringing in", unit="lines") as bar:
        for number, file in enumerate(files):
            counts: Counter[str] = Counter()
            total = length(Path(file))
            try:
                for outcome in bring_in(opened, Path(file), key):
                    counts[outcome.status] += 1
                    bar.news(number, outcome.row.line, total)
                    if outcome.error:
                        screen.complain(f"{file}, {outcome.row.line}: {outcome.error}")
                    screen.entry(outcome.to_dict())
            except CatalogueError as error:
                counts["error"] += 1
                screen.miss(error, {"work": None}, file)
            bar.advance(number)
            failed += counts["error"]
            screen.line(f"{file}: {counts['imported']} brought in, {counts['known']} known already")
    screen.close()
    return ERROR if failed else OK


@command.command("recover", cls=Command, short_help="Tidy up after runs that were killed.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def recover(screen: Screen, catalogue: str | None) -> None:
    """Bring copies that a killed run on this machine has left half-way to their end, by the hashes of their
    files. No payload is lost or forgotten in between; this only says which files there are."""
    with catalogue_of(catalogue, make=False) as opened:
        done = opened.recover()
    screen.line(f"{done.finished} copies are there, {done.abandoned} never appeared")
    if done.open:
        screen.line(f"{done.open} were moved or changed since, and are left as they are")
    counts = {"finished": done.finished, "abandoned": done.abandoned, "open": done.open}
    screen.document([counts | {"error": None}])


tsa_root = option(
    CATALOGUE,
    "--tsa-root",
    type=options.Place(),
    metavar="FILE.pem",
    help="The root certificates of time-stamp authorities that you trust; else those of the system.",
)


@command.command("verify", cls=Command, short_help="Check the log of the catalogue and its seals.")
@tsa_root
@option(CATALOGUE, "--root", metavar="HEX", callback=options.root, help="A root that you kept; with --seq.")
@option(CATALOGUE, "--seq", type=click.IntRange(1), metavar="N", help="The event that it was of.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def verify(
    screen: Screen, tsa_root: str | None, root: bytes | None, seq: int | None, catalogue: str | None
) -> int:
    """Check the chain of hashes over all that was written to the catalogue, and its seals: an event that was
    altered, taken out or swapped is named, and what was cut off or written anew since it was sealed. Exit
    code 1 if something was. Nothing is asked on the network."""
    if (root is None) != (seq is None):
        raise click.UsageError("--root and --seq belong together: `stamp works seal` has printed both")
    kept = () if root is None or seq is None else ((seq, root),)
    with catalogue_of(catalogue, make=False) as opened, screen.progress(["log"], "", unit="events") as bar:
        found = opened.verify(roots=tsa_root, kept=kept, seen=lambda done, total: bar.news(0, done, total))
    said = [_counted(found.events, "event") + (" holds" if found.events == 1 else " hold")]
    if found.seals:
        said.append(f"{_counted(found.seals, 'seal')}, up to event {found.sealed}")
    if found.stamps:
        said.append(f"{_counted(found.stamps, 'time stamp')} checked")
    if kept and not found.fault:
        said.append(f"event {seq} has the root that you kept")
    screen.line("; ".join([*said, *([found.fault] if found.fault else [])]))
    if found.unchecked:
        stamps = _counted(found.unchecked, "time stamp")
        screen.say(f"stamp: {stamps} not checked: --tsa-root FILE.pem names the authority's root certificate")
    screen.document([asdict(found) | {"error": None}])
    return NOT_FOUND if found.fault else OK


@command.command("seal", cls=Command, short_help="Seal the log, with a time stamp if you name an authority.")
@option(
    CATALOGUE,
    "--tsa",
    metavar="URL",
    help="Ask this time-stamp authority (RFC 3161); it gets the root, a hash, and nothing else.",
)
@tsa_root
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def seal(screen: Screen, tsa: str | None, tsa_root: str | None, catalogue: str | None) -> None:
    """Check the log, and print one hash over all of it, the root. Keep root and number where nobody can
    change them: an e-mail to somebody, paper, a notary. Later `stamp works verify --root HEX --seq N` shows
    that nothing before was changed.

    With --tsa an authority signs the root and the time; without it, nothing is sent anywhere.
    """
    if tsa_root and not tsa:
        raise click.UsageError("--tsa-root is for the answer of an authority: name one with --tsa")
    with catalogue_of(catalogue, make=False) as opened:
        before = opened.last_seal()
        made = opened.seal(tsa, roots=tsa_root)
    if made == before:
        screen.say(f"stamp: nothing is new since the last seal, of {before.at[:10]}")
    screen.line(f"seq   {made.seq}")
    screen.line(f"root  {made.root}")
    if made.authority:
        screen.line(f"time  {made.at[:19].replace('T', ' ')} UTC, signed by {made.authority}")
    if made != before:
        screen.say("stamp: keep seq and root elsewhere: an e-mail, paper, a notary")
    screen.document([made.to_dict() | {"new": made != before}])


@command.command("backup", cls=Command, short_help="Copy the catalogue to a file.")
@click.argument("file", type=options.Place())
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def backup(screen: Screen, file: str, catalogue: str | None) -> None:
    """Copy the catalogue to a new FILE that only you can read, while others may keep writing to it. To
    restore it, put it in the catalogue's place."""
    with catalogue_of(catalogue, make=False) as opened, screen.progress([file], "", unit="pages") as bar:
        made = opened.backup(file, seen=lambda done, total: bar.news(0, done, total))
    size = os.path.getsize(made)
    screen.line(f"{made}: {size} bytes")
    screen.document([{"output": os.fspath(made), "bytes": size, "error": None}])


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" + ("" if count == 1 else "s")


def _line(work: WorkRecord) -> str:
    """One line on a work."""
    parts = [f"#{work.number}", work.title, _NOUNS[work.kind]]
    parts += [", ".join(work.creators)] if work.creators else []
    parts += [f"{scheme}:{value}" for scheme, value in work.identifiers]
    parts.append(f"{work.copy_count} {'copy' if work.copy_count == 1 else 'copies'}")
    return "  ".join([*parts, work.added_at[:10]])


def _describe(screen: Screen, work: WorkRecord) -> None:
    screen.line(_line(work))
    screen.line(f"  work      {work.work}")
    for mark in work.marks or ():
        screen.line(f"  mark      {mark.payload}  key {mark.key}, fingerprint {mark.key_fingerprint}")
    for copy in work.copies or ():
        whom = [f"for {copy.recipient}"] if copy.recipient else []
        whom += [copy.channel] if copy.channel else []
        parts = [copy.payload, copy.state, copy.output, *whom, copy.reserved_at[:19].replace("T", " ")]
        screen.line(f"  copy      {'  '.join(parts)}")


command.add_command(deposit)
