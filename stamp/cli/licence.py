"""`stamp licence`: `add`, `list`, `show` and `end`."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import click

from ..core.errors import CatalogueError
from ..core.rights import Rights
from ..jobs.catalogues import catalogue_of
from ..jobs.config import gather_defaults
from . import ERROR, OK, options
from .help import CATALOGUE, LICENCE, Command, option
from .screen import Screen
from .works import paging

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.records import LicenceRecord

SCHEMA = "stamp.licence/1"


@click.group(short_help="Who may use which work: licences granted and acquired.")
def command() -> None:
    """Licences say who may use which work, where, until when and how. `stamp embed --licence` says that
    copies belong to one."""


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no day such as 2026-12-31") from error


def _said(*names: str, **attributes: Any) -> Any:
    return option(LICENCE, *names, **attributes)


_terms = options.together(
    _said("--work", "works", metavar="REF", multiple=True, help="Of which work; may be repeated."),
    _said("--granted-to", metavar="PARTY", help="Who gets these rights from you."),
    _said("--acquired-from", metavar="PARTY", help="Who gives them to you."),
    _said("--as", metavar="PARTY", help="Who you are; else the first under `mine` in stamp.toml."),
    _said("--exclusive", "exclusivity", flag_value="exclusive", help="Nobody else may, not even the giver."),
    _said("--sole", "exclusivity", flag_value="sole", help="Nobody else may but the giver."),
    _said("--non-exclusive", "exclusivity", flag_value="non_exclusive", help="Others may, too."),
    _said("--online/--offline", default=None, help="Whether the internet is granted; has to be said."),
    _said("--from", metavar="D", callback=_day, help="The first day, such as 2026-01-31."),
    _said("--until", metavar="D", callback=_day, help="The last day; else for as long as the right lasts."),
    _said("--signed", metavar="D", callback=_day, help="When it was signed."),
    _said(
        "--territory",
        "territories",
        metavar="CC",
        multiple=True,
        help="Where: KZ, US-CA, EU, 150 (Europe), 001 (the world); may be repeated.",
    ),
    _said("--except", metavar="CC", multiple=True, help="Where not; wins, and may be repeated."),
    _said(
        "--permit",
        metavar="ACTION@CHANNEL",
        multiple=True,
        help="Such as display@web; use@* is everything; may be repeated.",
    ),
    _said(
        "--prohibit",
        metavar="ACTION@CHANNEL",
        multiple=True,
        help="Such as modify@*; wins, and may be repeated.",
    ),
    _said("--sublicensable", is_flag=True, default=None, help="The other party may grant it further."),
    _said("--fee", metavar="MONEY", help='Such as "120 EUR".'),
    _said("--royalty", metavar="P%", help="Of the income, such as 12%."),
    _said("--attribution", metavar="T", help="What has to be written beside the work."),
    _said("--liability", metavar="T", help="Who is liable for what."),
    _said("--governing-law", metavar="T", help="Which law holds."),
    _said("--disputes", metavar="T", help="Who decides about disputes."),
    _said("--termination", metavar="T", help="How it ends before its time."),
)


@command.command("add", cls=Command, short_help="Add a licence.")
@click.argument("file", required=False, type=options.Place())
@_terms
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def add(screen: Screen, /, file: str | None, catalogue: str | None, **given: Any) -> None:
    """Add a licence, from a TOML FILE, from options, or from both: options win.

    Parties and works are named by number, uid or the beginning of one, parties also by name, and have to be
    in the catalogue. How FILE is written: docs/catalogue.md.
    """
    from ..jobs.licences import joined, read_terms, terms_of

    given = {name: value for name, value in given.items() if value is not None and value != ()}
    said = joined(read_terms(file), given) if file is not None else given
    terms = terms_of(said, () if "as" in said else gather_defaults(Rights()).mine)
    with catalogue_of(catalogue) as opened:
        licence = opened.licences.add(terms)
        clashes = opened.licences.clashes(licence.licence)
    screen.line(_line(licence))
    for other in clashes:
        screen.say(
            f"stamp: licence #{other.number} grants {other.terms.licensee} some of the same:"
            f" {other.terms.exclusivity.replace('_', '-')}, {_term(other)}; one of the two cannot hold"
        )
    screen.document([licence.to_dict() | {"clashes": [other.licence for other in clashes]}])


@command.command("list", cls=Command, short_help="List licences, the newest first.")
@option(CATALOGUE, "--work", metavar="REF", help="Only those of this work.")
@paging("licences")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def list_(screen: Screen, work: str | None, limit: int, after: str | None, catalogue: str | None) -> None:
    """List the licences of the catalogue, the newest first."""
    with catalogue_of(catalogue, make=False) as opened:
        found = opened.licences.list(work=work, limit=limit, after=after)
    screen.page(found, _line, limit)


@command.command("show", cls=Command, short_help="Show a licence in plain words.")
@click.argument("references", metavar="LICENCE...", nargs=-1, required=True)
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def show(screen: Screen, references: tuple[str, ...], catalogue: str | None) -> int:
    """Show who gave what to whom, where and until when, what is allowed and what is forbidden, and what was
    left unsaid. LICENCE is a number, a uid or the beginning of one. With --json also as a policy of ODRL."""
    failed = 0
    with catalogue_of(catalogue, make=False) as opened:
        for reference in references:
            try:
                licence = opened.licences.show(reference)
            except CatalogueError as error:
                failed += 1
                screen.complain(str(error))
                said = {"type": type(error).__name__, "message": str(error)}
                screen.entry({"licence": None, "error": said})
                continue
            for line in _page(opened, licence):
                screen.line(line)
            screen.entry(licence.to_dict())
    screen.close()
    return ERROR if failed else OK


@command.command("end", cls=Command, short_help="End a licence before its time.")
@click.argument("reference", metavar="LICENCE")
@option(LICENCE, "--on", metavar="D", callback=_day, help="The first day without it.  [default: today]")
@option(LICENCE, "--reason", metavar="T", help="Why; for the log.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def end(screen: Screen, reference: str, on: date | None, reason: str | None, catalogue: str | None) -> None:
    """End a licence before its time. It stays in the catalogue, with the day on which it ended."""
    with catalogue_of(catalogue, make=False) as opened:
        licence = opened.licences.end(reference, on, reason)
    screen.line(_line(licence))
    screen.document([licence.to_dict()])


def _line(licence: LicenceRecord) -> str:
    """One line on a licence."""
    terms = licence.terms
    parts = [f"#{licence.number}", f"{terms.licensor} to {terms.licensee}"]
    parts += [terms.exclusivity.replace("_", "-"), "online" if terms.online else "offline"]
    count = len(terms.works)
    return "  ".join([*parts, f"{count} {'work' if count == 1 else 'works'}", _term(licence)])


def _term(licence: LicenceRecord) -> str:
    terms = licence.terms
    until = f" until {terms.valid_until}" if terms.valid_until else ""
    ended = f", ended on {terms.terminated_on}" if terms.terminated_on else ""
    return f"from {terms.valid_from}{until}{ended}"


def _page(catalogue: Catalogue, licence: LicenceRecord) -> list[str]:
    from ..jobs.licence_words import in_words

    titles = {}
    for uid in licence.terms.works:
        work = catalogue.works.show(uid, limit=1)
        titles[uid] = f"#{work.number} '{work.title}'"
    return in_words(licence, titles)
