"""`stamp check`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import click

from ..catalogue.policy import Policy
from ..catalogue.terms import ACTIONS, ANYWHERE, Use
from ..core.errors import KeyFileError
from ..core.verdict import CheckRecord
from ..jobs.catalogues import catalogue_of, catalogue_place
from ..jobs.keys import KeyFile, find_key, load_key
from ..jobs.tasks import CheckTask, Entry, taken_by
from . import ERROR, NOT_FOUND, OK, options
from .far import check_catalogue
from .help import CATALOGUE, Command, Decorator, option
from .run import run_over
from .screen import Screen

_HOW: Final = {
    "output": "a copy of it, byte for byte",
    "source": "its file",
    "essence": "its file with other metadata",
    "mark": "its mark",
    "identifier": "what the metadata name",
}
_REASONS: Final = {
    "no_licence": "the work of others, and no licence for it was acquired",
    "not_yet": "the licence begins on {}",
    "expires": "the licence ends on {}",
    "terminated": "the licence was ended on {}",
    "territory": "the licence does not cover {}",
    "online_not_granted": "the licence is not for use online",
    "prohibited": "prohibited: {}",
    "not_permitted": "the licence does not permit {}",
    "exclusive_licence": "given to somebody else alone, by licence {}",
    "withdrawn": "the work is withdrawn",
    "unknown": "not in the catalogue; `stamp works add` adds it, `stamp licence add` what was agreed",
    "mark_without_record": "marked with your key, and the catalogue does not know it; bring it in with "
    "`stamp works import report.json`",
    "channel_not_allowed": "the policy does not allow the channel {}",
    "notice_missing": "the policy asks for {} in the notice, which the file has not; `stamp embed` writes it",
    "responsible_missing": "the policy asks for a `responsible`, and names none",
}
"""What a reason says to people; `{}` is what comes after its colon."""
_NARROWING: Final = {
    "territory": ("territories", "all of the world was asked for, --territory asks for less"),
    "not_permitted": ("channel", "every channel was asked for, --channel asks for one"),
    "prohibited": ("channel", "every channel was asked for, --channel asks for one"),
    "online_not_granted": ("channel", "every channel was asked for, --channel asks for one"),
    "channel_not_allowed": ("channel", "every channel was asked for, --channel asks for one"),
    "exclusive_licence": ("channel", "every channel was asked for, --channel asks for one"),
}
"""Reason -> what was not said, and the option that says it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to do with the files; what is not said is asked in full."""

    channel: str | None
    territories: tuple[str, ...]
    action: str | None
    first: date | None
    until: date | None

    def use(self, policy: Policy) -> Use:
        """Return the use, with what the policy says where nothing else is said."""
        return Use(
            action=self.action or ACTIONS[0],
            channel=self.channel or policy.channel or ANYWHERE,
            territories=self.territories or policy.territories,
            on=self.first or date.today(),
            until=self.until,
        )


def _day(ctx: click.Context, param: click.Parameter, value: str | None) -> date | None:
    try:
        return None if value is None else date.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no day; write 2027-06-01") from error


def _date(name: str, field: str, help_: str) -> Decorator:
    return option(CATALOGUE, name, field, metavar="DATE", callback=_day, help=help_)


asked = options.as_one(
    "asked",
    Asked,
    option(
        CATALOGUE, "--channel", metavar="C", help="Where, such as youtube; else every channel is asked for."
    ),
    option(
        CATALOGUE,
        "--territory",
        "territories",
        metavar="CODE",
        multiple=True,
        help="For whom: KZ, US-CA, EU, an area of UN M49; may be repeated; else the world is asked for.",
    ),
    option(
        CATALOGUE,
        "--action",
        type=click.Choice(ACTIONS),
        metavar="A",
        help=f"What is done: {', '.join(ACTIONS)}.  [default: photos display, clips and songs play]",
    ),
    _date("--from", "first", "The first day.  [default: today]"),
    _date("--until", "until", "The last day; else one day is asked for."),
)


@click.command(cls=Command, short_help="Ask whether files may be published.")
@options.sources
@asked
@option(
    CATALOGUE, "--policy", "policy_file", type=options.Place(), metavar="FILE", help="What else you ask for."
)
@options.catalogue
@options.key_files(
    "The key whose marks are looked for; may be repeated. Else $STAMP_KEY_FILE, else your own key, if "
    "there is one."
)
@options.running(options.jobs, options.max_pixels, options.many)
@options.screen_options("stamp.check/1", "check")
@options.pass_screen
def command(
    screen: Screen,
    sources: tuple[str, ...],
    asked: Asked,
    policy_file: str | None,
    catalogue: str | None,
    key_files: tuple[str, ...],
    run: options.Run,
) -> int:
    """Ask before you publish: which work of your catalogue a photo, clip or song is, and whether its licences
    let you use it so. A file is recognised by its bytes, by what they show with other metadata, by its mark,
    or by what its metadata name.

    Exits with 0 if every file is clear, with 1 if one is refused, with 3 if one could not be read.
    """
    policy = Policy.load(policy_file) if policy_file else Policy()
    use = asked.use(policy)
    catalogue_of(catalogue, make=False).close()
    place = catalogue_place(catalogue)
    assert place is not None
    check_catalogue(place, run)
    task = CheckTask(place, use, asked.action is None, policy, _keys(key_files))
    open_ = {"channel": use.channel == ANYWHERE, "territories": not use.territories}
    refused = 0

    def show(entry: Entry) -> None:
        nonlocal refused
        assert isinstance(entry, CheckRecord)
        refused += not entry.clear
        _describe(screen, entry, open_)

    failed = run_over(screen, "check", task, sources, run, show, takes=taken_by(task))
    return ERROR if failed else NOT_FOUND if refused else OK


def _keys(files: tuple[str, ...]) -> tuple[KeyFile, ...]:
    """The keys whose marks are looked for; nobody needs one who marks nothing."""
    if files:
        return tuple({key: KeyFile.of(key, path) for path in files for key in [load_key(path)]}.values())
    try:
        return (find_key(),)
    except KeyFileError:
        return ()


def _describe(screen: Screen, entry: CheckRecord, open_: Mapping[str, bool]) -> None:
    """Print what was found, and a line a reason."""
    what = f"{entry.outcome}: {entry.verdict.replace('_', ' ')}"
    if entry.recognised_by:
        what += f", work #{entry.number} '{entry.title}' by {_HOW[entry.recognised_by]}"
    screen.line(f"{entry.path}: {what}")
    for reason in entry.reasons:
        screen.line(f"  {reason}: {_sentence(reason, open_)}")
    if entry.clear and entry.attribution:
        screen.line(f"  say beside it: {entry.attribution}")


def _sentence(reason: str, open_: Mapping[str, bool]) -> str:
    code, _, value = reason.partition(":")
    said = _REASONS[code].format(value)
    missing, remedy = _NARROWING.get(code, ("", ""))
    return f"{said}; {remedy}" if open_.get(missing) else said
