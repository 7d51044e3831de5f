"""`stamp case`: what is done about finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..jobs.catalogues import catalogue_of
from . import options
from .help import CATALOGUE, OUTPUT, RESULTS, Command, option
from .screen import Screen
from .works import paging

if TYPE_CHECKING:
    _DayType = click.ParamType[date]
else:
    _DayType = click.ParamType  # no generic before click 8.3

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.find_records import CaseRecord

SCHEMA = "stamp.case/1"
OUTCOMES = ("removed", "licensed", "settled", "withdrawn", "lost", "abandoned")
REPLIES = ("acknowledged", "complied", "rejected", "countered", "retracted", "note")


class Day(_DayType):
    """A day, such as 2026-11-27."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no day such as 2026-11-27", param, ctx)


@click.group(short_help="Follow what is done about finds.")
def command() -> None:
    """Cases: finds, the notices that were written about them, what came back, and what is due."""


@command.command("open", cls=Command, short_help="Open a case about finds.")
@click.argument("finds", metavar="FIND...", nargs=-1, required=True)
@option(CATALOGUE, "--title", metavar="T", help="What it is about; else the work and the page.")
@option(CATALOGUE, "--respondent", metavar="N", help="Who is asked to act.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def open_(
    screen: Screen, finds: tuple[str, ...], title: str | None, respondent: str | None, catalogue: str | None
) -> None:
    """Open a case about one or several finds."""
    _of(screen, catalogue, lambda opened: opened.cases.open(finds, title=title, respondent=respondent))


@command.command("list", cls=Command, short_help="List cases, or what is due.")
@option(OUTPUT, "--due", is_flag=True, help="Only those of which something is due today or before.")
@option(OUTPUT, "--by", type=Day(), metavar="D", help="With --due: by this day instead.")
@option(OUTPUT, "--all", "closed", is_flag=True, help="Closed ones, too.")
@paging("cases")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def list_(
    screen: Screen,
    due: bool,
    by: date | None,
    closed: bool,
    limit: int,
    after: str | None,
    catalogue: str | None,
) -> None:
    """List the open cases, the newest first; with --due, those that want something today, the most urgent
    first."""
    if by and not due:
        raise click.UsageError("--by goes with --due")
    with catalogue_of(catalogue, make=False) as opened:
        day = (by or date.today()) if due else None
        found = opened.cases.list(due=day, closed=closed, limit=limit, after=after)
    screen.page(found, line, limit)


@command.command("show", cls=Command, short_help="Show a case.")
@click.argument("case")
@option(OUTPUT, "--text", is_flag=True, help="With the texts of its notices.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def show(screen: Screen, case: str, text: bool, catalogue: str | None) -> None:
    """Show a case with its finds, notices and replies."""
    _of(screen, catalogue, lambda opened: opened.cases.show(case), with_text=text)


@command.command("sent", cls=Command, short_help="Note that a notice was sent, or approved.")
@click.argument("notice")
@option(CATALOGUE, "--on", type=Day(), metavar="D", help="The day.  [default: today]")
@option(CATALOGUE, "--due", type=Day(), metavar="D", help="By when you want an answer.")
@option(CATALOGUE, "--approved", is_flag=True, help="It was only approved; somebody else sends it.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def sent(
    screen: Screen, notice: str, on: date | None, due: date | None, approved: bool, catalogue: str | None
) -> None:
    """Note that NOTICE (its number, as `stamp case show` has it) was sent. stamp sends nothing by itself."""

    def done(opened: Catalogue) -> CaseRecord:
        opened.cases.advance(notice, "approved" if approved else "sent", on=on, due=due)
        return opened.cases.of_notice(notice)

    _of(screen, catalogue, done)


@command.command("reply", cls=Command, short_help="Note what came back.")
@click.argument("case")
@option(
    CATALOGUE,
    "--as",
    "kind",
    type=click.Choice(REPLIES),
    metavar="K",
    required=True,
    help=f"{', '.join(REPLIES)}.",
)
@option(CATALOGUE, "--notice", metavar="N", help="To which notice, if several were sent.")
@option(CATALOGUE, "--text", metavar="T", help="What it says.")
@option(CATALOGUE, "--on", type=Day(), metavar="D", help="The day it came.  [default: today]")
@option(CATALOGUE, "--due", type=Day(), metavar="D", help="By when something has to be done.")
@option(RESULTS, "--file", type=options.Place(), metavar="FILE", help="The letter; it is kept.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def reply(
    screen: Screen,
    /,
    case: str,
    kind: str,
    notice: str | None,
    text: str | None,
    on: date | None,
    due: date | None,
    file: str | None,
    catalogue: str | None,
) -> None:
    """Note what came back in a case. A counter notice starts its clock: a host may put the material back ten
    business days later, unless an action was filed (17 U.S.C. 512(g)(2)(C))."""

    def done(opened: Catalogue) -> CaseRecord:
        from ..pipeline.finding import media_type

        kept = opened.documents.keep(Path(file), media_type(Path(file))) if file else None
        return opened.cases.reply(case, kind, text=text, on=on, due=due, notice=notice, document=kept)

    _of(screen, catalogue, done)


@command.command("close", cls=Command, short_help="Close a case.")
@click.argument("case")
@option(
    CATALOGUE,
    "--outcome",
    type=click.Choice(OUTCOMES),
    metavar="O",
    required=True,
    help=f"{', '.join(OUTCOMES)}.",
)
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def close(screen: Screen, case: str, outcome: str, catalogue: str | None) -> None:
    """Close a case."""
    _of(screen, catalogue, lambda opened: opened.cases.close(case, outcome))


def _of(
    screen: Screen,
    catalogue: str | None,
    done: Callable[[Catalogue], CaseRecord],
    *,
    with_text: bool = False,
) -> None:
    """Do something about a case, and show it."""
    with catalogue_of(catalogue, make=False) as opened:
        case = done(opened)
        finds = [opened.finds.show(find) for find in case.finds]
    screen.line(line(case))
    screen.line(f"  case      {case.case}")
    for find in finds:
        parts = [f"#{find.number}", find.title or find.capture.name, find.verdict.replace("_", " "), find.url]
        screen.line(f"  find      {'  '.join(part for part in parts if part)}")
    for notice in case.notices:
        dates = [
            f"sent {notice.sent_on}" if notice.sent_on else "",
            f"due {notice.due_on}" if notice.due_on else "",
        ]
        parts = [f"#{notice.number}", f"to {notice.kind} ({notice.language})", notice.state, *dates]
        screen.line(f"  notice    {'  '.join(part for part in parts if part)}")
        if with_text:
            for each in notice.text.splitlines():
                screen.line(f"    {each}")
    for reply in case.replies:
        name = f"file {reply.document.name}" if reply.document else None
        parts = [reply.received_on, reply.kind, reply.text, name]
        screen.line(f"  reply     {'  '.join(part for part in parts if part)}")
    screen.document([case.to_dict()])


def line(case: CaseRecord) -> str:
    """One line on a case."""
    count = len(case.finds)
    state = f"closed: {case.outcome}" if case.outcome else f"due {case.due_on}" if case.due_on else "open"
    parts = [
        f"#{case.number}",
        case.title,
        case.respondent,
        f"{count} find{'' if count == 1 else 's'}",
        state,
    ]
    return "  ".join(part for part in parts if part)
