"""`stamp notice`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..core.errors import MissingElements
from ..jobs.case_files import load_case
from ..jobs.catalogues import catalogue_of
from ..notices.case import RELATIONS
from ..notices.letters import render
from ..notices.requirements import CONFIRMATIONS, KINDS, LANGUAGES, kind_of
from ..storage.atomic import write_whole
from . import NOT_FOUND, OK, options
from .help import CLAIMANT, NOTICE, OUTPUT, Command, option
from .screen import Screen

if TYPE_CHECKING:
    from ..notices.letters import Notice

SCHEMA = "stamp.notice/1"
_LAWS = ("dmca", "dsa")
_TO = tuple(kind for kind in KINDS if not kind.endswith("-dsa"))


@dataclass(frozen=True, slots=True)
class Letter:
    """Which notice is written of which case."""

    case_file: str | None
    elements: dict[str, str]
    to: str
    law: str | None
    language: str | None
    date: date
    confirm: tuple[str, ...]
    templates: str | None
    in_case: str | None

    @property
    def kind(self) -> str:
        """The kind of notice. Raises UsageError where --law goes with another one."""
        if self.law and self.to != "host":
            raise click.UsageError("--law goes with --to host")
        return "host-dsa" if self.law == "dsa" else self.to


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims, over what stamp.toml says."""

    name: str | None
    address: str | None
    phone: str | None
    email: str | None
    is_: str | None
    signature: str | None

    @property
    def given(self) -> dict[str, str]:
        named = {field.name.rstrip("_"): getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if value}


def _elements(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    if wrong := [value for value in values if "=" not in value]:
        raise click.BadParameter(
            f"{wrong[0]} is no CODE=TEXT, such as work_description=A photograph of a lake"
        )
    return dict(value.partition("=")[::2] for value in values)


letter = options.as_one(
    "letter",
    Letter,
    option(
        NOTICE,
        "--case-file",
        type=options.Place(),
        metavar="FILE",
        help="More of the case, or all of it: a TOML file of its elements (docs/notices.md).",
    ),
    option(
        NOTICE,
        "--set",
        "elements",
        multiple=True,
        callback=_elements,
        metavar="CODE=TEXT",
        help="One element of the case, over file and find; may be repeated.",
    ),
    option(NOTICE, "--to", type=click.Choice(_TO), required=True, metavar="K", help=f"{', '.join(_TO)}."),
    option(
        NOTICE,
        "--law",
        type=click.Choice(_LAWS),
        metavar="L",
        help="Of --to host: dmca, dsa.  [default: dmca]",
    ),
    option(
        NOTICE,
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        metavar="L",
        help=f"{', '.join(LANGUAGES)}.  [default: en; ru for infringer and ministry]",
    ),
    option(
        NOTICE,
        "--date",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="D",
        callback=lambda ctx, param, value: value.date() if value else date.today(),
        help="The date of the letter.  [default: today]",
    ),
    option(
        NOTICE,
        "--confirm",
        type=click.Choice([name.replace("_", "-") for name in CONFIRMATIONS]),
        multiple=True,
        metavar="S",
        help="The claimant confirms this statement: good-faith, accuracy, perjury; one each time.",
    ),
    option(
        NOTICE,
        "--templates",
        type=options.Place(),
        metavar="DIR",
        help="Your own templates, such as DIR/en/youtube.txt; they come before ours.",
    ),
    option(
        NOTICE,
        "--case",
        "in_case",
        metavar="CASE",
        help="The case that the notice is kept in, as a draft; of a FIND else its open case, or a new one.",
    ),
)

claimant = options.as_one(
    "claimant",
    Claimant,
    option(CLAIMANT, "--name", metavar="T", help="Who claims; this and the others else from stamp.toml."),
    option(CLAIMANT, "--address", metavar="T", help="The postal address."),
    option(CLAIMANT, "--phone", metavar="T", help="The telephone number."),
    option(CLAIMANT, "--email", metavar="E", help="The e-mail address."),
    option(CLAIMANT, "--is", "is_", type=click.Choice(RELATIONS), metavar="R", help="owner or agent."),
    option(CLAIMANT, "--signature", metavar="T", help="The full legal name, typed as a signature."),
)


@click.command(cls=Command, short_help="Write the letter that asks for a copy to be taken down.")
@click.argument("find", metavar="[FIND]", required=False)
@letter
@claimant
@option(
    OUTPUT,
    "--fields",
    "as_fields",
    is_flag=True,
    help="Print what goes into the platform's web form instead.",
)
@option(
    OUTPUT,
    "-o",
    "--output",
    type=options.Place(),
    metavar="FILE",
    help="A new file, .txt or .pdf, instead of stdout.",
)
@option(OUTPUT, "--force", is_flag=True, help="Replace FILE, if there is one.")
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def command(
    screen: Screen,
    /,
    find: str | None,
    letter: Letter,
    claimant: Claimant,
    as_fields: bool,
    output: str | None,
    force: bool,
    catalogue: str | None,
) -> int:
    """Write a notice of infringement: to a platform, a host, whoever uses the work, or the authority. It is
    made of a FIND that was compared with the original, and of what --case-file and stamp.toml say.

    It is refused, with exit code 1, while it lacks an element that such a notice must contain; each is named,
    with the way to give it. A statement is in it only if --confirm says that the claimant makes it.

    This is not legal advice, and no lawyer has reviewed the Russian and Kazakh texts.
    """
    suffix = Path(output or "a.txt").suffix.lower()
    if suffix not in (".txt", ".pdf"):
        raise click.UsageError(f"{output}: a notice is written as .txt or .pdf")
    kind, templates = letter.kind, Path(letter.templates) if letter.templates else None
    if not find and not letter.case_file:
        raise click.UsageError("give FIND, or --case-file")
    found = _found(find, catalogue) if find else None
    given = letter.elements
    case = load_case(letter.case_file, found, claimant.given, letter.confirm, kind=kind, given=given)
    language = letter.language or kind_of(kind).language
    try:
        made = render(kind, language, case, today=letter.date, templates=templates)
    except MissingElements as error:
        _refuse(screen, error, letter, kind, language)
        return NOT_FOUND
    if as_fields and not made.fields:
        raise click.UsageError(f"there is no form for {kind}: leave out --fields")
    with write_whole(output, overwrite=force) if output else nullcontext() as draft:
        if draft:
            draft.write_bytes(_data(made, suffix))
        kept = _kept(made, letter.in_case, found, catalogue)
    if output:
        screen.line(f"{output}: {made.title}")
    elif screen.schema is None:
        screen.text("\n".join(_pasted(made.fields)) if as_fields else made.text.rstrip("\n"))
    for warning in made.warnings:
        screen.say(f"stamp: {warning}")
    if kept["notice"]:
        number = kept["notice"]
        screen.say(
            f"stamp: notice #{number} is a draft in case #{kept['case']};"
            f" `stamp case sent {number}` when it is sent"
        )
    screen.document([made.to_dict() | kept | {"output": output, "error": None}])
    return OK


def _found(find: str, catalogue: str | None) -> dict[str, Any]:
    """A find, as an entry of `stamp.find/1`."""
    with catalogue_of(catalogue, make=False) as opened:
        return opened.finds.show(find).to_dict()


def _pasted(form: Iterable[tuple[str, str]]) -> Iterable[str]:
    for label, value in form:
        yield f"{label}:\n{value}\n"


def _data(made: Notice, suffix: str) -> bytes:
    if suffix != ".pdf":
        return made.text.encode()
    from ..notices.paper import pdf

    return pdf(made)


def _kept(
    made: Notice, case: str | None, found: Mapping[str, Any] | None, catalogue: str | None
) -> dict[str, int | None]:
    """Put the notice into the case that is named, or that of the find, and return the numbers of both."""
    if not case and not found:
        return {"case": None, "notice": None}
    find = found["find"] if found else None
    with catalogue_of(catalogue, make=False) as opened:
        if case:
            there = opened.cases.show(case)
        else:
            there = opened.cases.of_find(find or "") or opened.cases.open([find or ""])
        notice = opened.cases.draft(there.case, made.kind, made.language, made.text, find)
    return {"case": there.number, "notice": notice.number}


def _refuse(screen: Screen, error: MissingElements, letter: Letter, kind: str, language: str) -> None:
    screen.complain(f"{kind_of(kind).title} is not written, it lacks {len(error.missing)} elements:")
    for each in error.missing:
        screen.complain(f"{each['words']} ({each['code']}): {each['how']}")
    entry: dict[str, Any] = {"kind": kind, "language": language, "date": letter.date.isoformat()}
    entry |= {"title": None, "text": None, "fields": [], "missing": list(error.missing), "warnings": []}
    entry |= {"public": [], "sources": [], "case": None, "notice": None, "output": None}
    screen.document([entry | {"error": {"type": type(error).__name__, "message": str(error)}}])
