"""`stamp rights`: `remove`, `undo` and `audit`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..core.reports import AuditReport, RemovalReport
from ..jobs.plan import noted
from ..jobs.tasks import AuditTask, Entry, RemoveTask, UndoTask
from ..pipeline.receipts import Receipts
from . import ERROR, NOT_FOUND, OK, options
from .embed import changes
from .help import Command
from .run import run_over, run_writing, say_notes
from .screen import Screen
from .show import value_text

SCHEMA = "stamp.rights/1"
_OUTCOMES = {"kept": "kept", "partly": "kept in part", "changed": "CHANGED", "lost": "LOST", "added": "new"}


@click.group(short_help="Take notices out, bring them back, and see which survived.")
def command() -> None:
    """Take rights notices out of files, bring back what was there before, and see which rights survived in
    copies. `stamp embed` writes notices, `stamp show` shows them."""


@command.command("remove", cls=Command, short_help="Take a rights notice out.")
@options.sources
@options.results(force="Overwrite outputs that exist.")
@options.notice
@options.running(options.jobs, options.dry_run)
@options.screen_options(SCHEMA, "remove")
@options.pass_screen
def remove(
    screen: Screen,
    sources: tuple[str, ...],
    results: options.Results,
    notice: options.Notice,
    run: options.Run,
) -> int:
    """Take the notice out again, where it says what the options, the TOML file or stamp.toml say; the
    watermark stays.

    Without -o, photo.jpg becomes photo.stamped.jpg beside it. A folder is walked: hidden files are left
    alone, and its structure is kept under -o DIR. The sources are never changed, unless with --in-place.
    """
    results.check()
    rights = notice.gather().rights
    if not rights.values():
        raise click.UsageError("no rights to remove: give --copyright, --rights FILE, or a stamp.toml")
    overwrite = results.force or results.in_place
    task = RemoveTask(rights, overwrite, results.journal, results.keeps_times, run.dry_run)
    return run_writing(screen, "remove", task, sources, results, run, _describe, again=True)


@command.command("undo", cls=Command, short_help="Bring back the notice that was there before.")
@click.argument("receipts", metavar="RECEIPT", type=options.Place())
@options.sources
@options.results(force="Overwrite outputs that exist.")
@options.running(options.jobs, options.dry_run)
@options.screen_options(SCHEMA, "undo")
@options.pass_screen
def undo(
    screen: Screen, receipts: str, sources: tuple[str, ...], results: options.Results, run: options.Run
) -> int:
    """Bring back the notice that was there before, by the receipt of the run that changed it (--receipt).

    A file is known by its content, wherever it is now, else by its place, if the work in it is still the
    same. Without -o, photo.jpg becomes photo.stamped.jpg beside it. A folder is walked: hidden files are left
    alone, and its structure is kept under -o DIR. The sources are never changed, unless with --in-place.
    """
    results.check()
    overwrite = results.force or results.in_place
    receipt = Receipts(Path(receipts))
    task = UndoTask(receipt, overwrite, results.journal, results.keeps_times, run.dry_run)
    return run_writing(screen, "undo", task, sources, results, run, _describe, again=True)


def _describe(report: RemovalReport) -> str:
    """One line on a file whose notice was changed."""
    place = f"{report.path} -> {report.output}: to be done:" if report.planned else f"{report.output}:"
    return "  ".join((place, *changes(report.metadata)))


@command.command("audit", cls=Command, short_help="See which rights survived in copies.")
@click.argument("original", type=options.Place())
@options.paths("COPY...")
@options.running()
@options.screen_options(SCHEMA, "audit")
@options.pass_screen
def audit(screen: Screen, original: str, sources: tuple[str, ...], run: options.Run) -> int:
    """Compare copies with the file they were made from: which rights survived? Exit code 1 if any did not."""
    damaged = 0

    def show(entry: Entry) -> None:
        nonlocal damaged
        assert isinstance(entry, AuditReport)
        damaged += not entry.intact
        kept = sum(field.outcome in ("kept", "partly") for field in entry.fields.values())
        all_fields = sum(field.outcome != "added" for field in entry.fields.values())
        screen.line(f"{entry.path}: {kept} of {all_fields} rights fields survived")
        for name, field in entry.to_dict()["fields"].items():
            screen.line(f"  {name:<29} {_OUTCOMES[field['outcome']]:<13} {_stores(field)}")
            if field["outcome"] == "changed":
                screen.line(f"  {'':<29} was: {value_text(field['before'])}")
            if field["outcome"] in ("changed", "added"):
                screen.line(f"  {'':<29} is:  {value_text(field['after'])}")
        say_notes(screen, entry)

    task = AuditTask(Path(original))
    failed = run_over(screen, "audit", task, sources, run, show, takes=noted)
    return ERROR if failed else NOT_FOUND if damaged else OK


def _stores(field: dict[str, Any]) -> str:
    before, after = (", ".join(field[name]) or "nowhere" for name in ("stores_before", "stores_after"))
    return before if before == after else f"{before} -> {after}"
