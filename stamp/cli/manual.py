"""`stamp manual`: the help pages as pages for man(1)."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from .._version import __version__
from ..core.errors import OutputError
from ..storage.atomic import write_whole
from . import OK, group, options
from .help import Command, sections
from .screen import Screen

_MARK = '.\\" Made by `stamp manual`.'
_CODES = "0 done or detected, 1 no or another mark, 2 usage, 3 error, 130 interrupted."


@click.command(cls=Command, short_help="Write the help pages as pages for man(1).")
@click.argument("folder", metavar="DIR", type=options.Place())
@options.screen_options("stamp.manual/1")
@options.pass_screen
def command(screen: Screen, folder: str) -> int:
    """Write a page for man(1) for each command into DIR, such as ~/.local/share/man/man1. Pages that were
    made here before are replaced."""
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    for name, text in pages():
        target = place / f"{name}.1"
        is_ours = target.is_file() and target.read_bytes().startswith(_MARK.encode())
        if target.exists() and not is_ours:
            raise OutputError("is there already, and was not made here; take it away first", path=target)
        with write_whole(target, overwrite=is_ours) as draft:
            draft.write_text(text, encoding="ascii")
        screen.line(str(target))
        screen.entry({"page": str(target), "error": None})
    return OK


def pages() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of the page of each command, in ASCII."""
    context = click.Context(group, info_name="stamp", **group.context_settings)
    yield from _pages(group, context)


def _pages(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    yield context.command_path.replace(" ", "-"), "\n".join(_page(command, context)) + "\n"
    if isinstance(command, click.Group):
        for name, child in _children(command, context):
            yield from _pages(child, click.Context(child, info_name=name, parent=context))


def _children(command: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield name, child


def _page(command: click.Command, context: click.Context) -> Iterator[str]:
    path = context.command_path
    yield _MARK
    yield f'.TH "{_line(path.replace(" ", "-").upper())}" 1 "" "stamp {__version__}" "stamp"'
    yield ".SH NAME"
    yield f"{_line(path.replace(' ', '-'))} \\- {_line(command.get_short_help_str(200))}"
    yield ".SH SYNOPSIS"
    yield f"\\fB{_line(path)}\\fR {_line(' '.join(command.collect_usage_pieces(context)))}"
    yield ".SH DESCRIPTION"
    for number, paragraph in enumerate(inspect.cleandoc(command.help or "").split("\n\n")):
        if number:
            yield ".PP"
        yield _line(" ".join(paragraph.split()))
    for title, records in sections(command, context).items():
        yield f'.SH "{_line(title.upper())}"'
        yield from _listed(records)
    if isinstance(command, click.Group):
        yield ".SH COMMANDS"
        yield from _listed(
            [(name, child.get_short_help_str(200)) for name, child in _children(command, context)]
        )
    yield ".SH EXIT STATUS"
    yield _line(_CODES)
    related = list(_related(command, context))
    if related:
        yield ".SH SEE ALSO"
        yield ", ".join(f"\\fB{_line(name)}\\fR(1)" for name in related)


def _listed(records: list[tuple[str, str]]) -> Iterator[str]:
    for term, text in records:
        yield ".TP"
        yield f"\\fB{_line(term)}\\fR"
        yield _line(text)


def _related(command: click.Command, context: click.Context) -> Iterator[str]:
    path = context.command_path.replace(" ", "-")
    if context.parent:
        yield context.parent.command_path.replace(" ", "-")
    if isinstance(command, click.Group):
        yield from (f"{path}-{name}" for name in command.list_commands(context))


def _line(text: str) -> str:
    """A line as roff takes it: no letter of it is a request, and those beyond ASCII have their names."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    named = "".join(each if each.isascii() else f"\\[u{ord(each):04X}]" for each in escaped)
    return f"\\&{named}" if named.startswith((".", "'")) else named
