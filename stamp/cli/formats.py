"""`stamp formats`."""

from __future__ import annotations

from typing import Any

import click

from ..formats import table
from ..formats.table import FORMATS, NOTICES, Format
from . import options
from .help import Command
from .screen import Screen

_BESIDE = "in an XMP sidecar beside it (--sidecar)"


def _format(ctx: click.Context, param: click.Parameter, value: str | None) -> Format | None:
    """Callback for NAME: a format's name, title or suffix."""
    if value is None:
        return None
    found = table.find(value)
    if found is None:
        raise click.BadParameter(f"{value!r} is no format that is known here; known are {', '.join(FORMATS)}")
    return found


@click.command(cls=Command, short_help="What each kind of file can carry.")
@click.argument("chosen", metavar="[NAME]", required=False, callback=_format)
@options.screen_options("stamp.formats/1")
@options.pass_screen
def command(screen: Screen, chosen: Format | None) -> None:
    """What each kind of file can carry, a line for each: a watermark, and a rights notice in the file itself
    or in a sidecar beside it.

    With the NAME of one (`jpeg`, `.jpg`): what of it can be marked, and each field of the rights notice with
    its place; with -v also the places that a field cannot go to, with the reason.
    """
    if chosen:
        _page(screen, chosen)
    else:
        _overview(screen)
    others = (name for name, each in FORMATS.items() if not each.notice)
    shown = [chosen] if chosen else [FORMATS[name] for name in (*NOTICES, *others)]
    screen.document(map(_entry, shown))


def _overview(screen: Screen) -> None:
    rows = [("", "", "watermark", "notice")]
    rows += [
        (
            each.title,
            " ".join(each.suffixes),
            "yes" if each.marked else "searched" if each.is_searchable else "no",
            "yes" if each.notice else "sidecar",
        )
        for each in FORMATS.values()
    ]
    wide, next_wide = (max(len(row[column]) for row in rows) for column in (0, 1))
    for title, suffixes, watermark, notice in rows:
        screen.line(f"{title:<{wide}}  {suffixes:<{next_wide}}  {watermark:<9}  {notice}")


def _page(screen: Screen, chosen: Format) -> None:
    screen.line(chosen.title)
    screen.line(f"  {'suffixes':<29} {' '.join(chosen.suffixes)}")
    screen.line(f"  {'watermark':<29} {chosen.marked or f'no: {chosen.not_marked}'}")
    if not chosen.notice:
        screen.line(f"  {'rights notice':<29} {_BESIDE}")
    for field, place in _fields(chosen).items():
        screen.line(f"  {field:<29} {place['homes'] or 'nowhere'}")
        if place["absent"] and (screen.verbose or not place["homes"]):
            screen.line(f"  {'':<29} not in {place['absent']}")


def _entry(each: Format) -> dict[str, Any]:
    return {
        "container": each.name,
        "title": each.title,
        "kind": each.kind,
        "suffixes": list(each.suffixes),
        "watermark": {
            "marked": each.marked,
            "not_marked": each.not_marked,
            "searched": each.is_searchable,
        },
        "notice": each.notice,
        "notice_in": "file" if each.notice else "sidecar",
        "fields": _fields(each),
    }


def _fields(each: Format) -> dict[str, dict[str, str]]:
    """Field -> {"homes": where it is, "absent": why not elsewhere}; empty for a format without notice."""
    from ..metadata import containers
    from ..metadata.mapping.fields import coverage

    return coverage(containers.load(each.name).STORES, {}) if each.notice else {}
