"""Help pages on which the options are in groups."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


class Decorator(Protocol):
    """What adds an option to any command."""

    def __call__(self, command: Function, /) -> Function: ...


RESULTS = "Sources and results"
RIGHTS = "Rights"
WATERMARK = "Watermark"
KEY = "Key"
VISIBLE = "Visible notice"
CLIPS = "Clips"
LICENCE = "Licence"
CATALOGUE = "Catalogue"
CREDENTIALS = "Content Credentials"
EVIDENCE = "Evidence"
NOTICE = "Notice"
CLAIMANT = "Claimant"
SERVICE = "Service"
ACCESS = "Who may ask"
FETCH = "Fetching"
RUN = "Run"
OUTPUT = "Output"
_ORDER = (
    *(
        SERVICE,
        ACCESS,
        RESULTS,
        FETCH,
        RIGHTS,
        WATERMARK,
        VISIBLE,
        KEY,
        CLIPS,
        LICENCE,
        CREDENTIALS,
        CATALOGUE,
        EVIDENCE,
    ),
    *(NOTICE, CLAIMANT, RUN),
    OUTPUT,
)

_WIDEST = 30  # columns; click puts the text that belongs to a longer name on the next line


class Option(click.Option):
    """An option that knows its group."""

    def __init__(self, *names: Any, group: str = OUTPUT, **attributes: Any) -> None:
        super().__init__(*names, **attributes)
        self.group = group


def option(group: str, *names: str, **attributes: Any) -> Decorator:
    """Decorate a command with an option of this group; the rest is that of `click.option`."""
    return click.option(*names, cls=Option, group=group, **attributes)


class Command(click.Command):
    """A command whose help page has a section for each group of options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        found = sections(self, ctx)
        names = [name for records in found.values() for name, _ in records]
        width = max(len(name) for name in names if len(name) <= _WIDEST)
        for title, records in found.items():
            with formatter.section(title):  # all of one width, so that the texts are below each other
                formatter.write_dl([(f"{name:<{width}}", text) for name, text in records])


def sections(command: click.Command, ctx: click.Context) -> dict[str, list[tuple[str, str]]]:
    """Return the options of a command with their texts, by group, in the order of the help page."""
    found: dict[str, list[tuple[str, str]]] = {title: [] for title in _ORDER}
    for parameter in command.get_params(ctx):
        record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if record:
            found[getattr(parameter, "group", OUTPUT)].append(record)  # click's own --help has none
    return {title: records for title, records in found.items() if records}
