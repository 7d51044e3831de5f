"""Options of a notice that is seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import click

from ..core.errors import ArgumentError
from ..core.url import is_url
from ..core.visible import PLACES, POSITIONS, VisibleNotice
from ..formats.sniff import known_kind
from ..jobs.plan import inputs
from .help import VISIBLE, option
from .options import Place, Run, as_one
from .spoken import spoken

_PICTURES = (".png", ".webp", ".jpg", ".jpeg", ".tif", ".tiff", ".gif", ".svg", ".svgz")


@dataclass(frozen=True, slots=True)
class Visible:
    """What is drawn, where and how."""

    visible: str | None
    visible_position: str | None
    visible_size: float | None
    visible_opacity: float | None
    visible_tile: bool
    visible_margin: float | None
    visible_colour: str | None
    visible_place: str | None
    visible_font: str | None
    visible_span: tuple[float, float] | None

    def notice(self) -> VisibleNotice | None:
        """Return what the options ask for; None where nothing is to be seen. Raises UsageError."""
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        what = given.pop("visible")
        details = {name.removeprefix("visible_"): value for name, value in given.items() if value}
        if what is None:
            if details:
                raise click.UsageError(
                    f"--visible-{next(iter(details))} says how --visible is drawn: give it, too"
                )
            return None
        kind = "logo" if Path(what).suffix.lower() in _PICTURES else "text"
        try:
            return VisibleNotice(**{kind: what}, **details)
        except ArgumentError as error:
            raise click.UsageError(spoken(str(error))) from error


def check_visible(sources: Sequence[str], run: Run) -> None:
    """Raise UsageError where there is no work that shows anything."""
    if any(map(is_url, sources)):  # each says so itself
        return
    kinds = {known_kind(job.path) for job in inputs(sources, run.selection())}
    if kinds == {"audio"}:
        raise click.UsageError("--visible: songs show nothing, and there is nothing else among these works")


def _span(ctx: click.Context, param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    """Callback for two times in seconds."""
    if value is None:
        return None
    number = r"(\d+(?:\.\d+)?)"
    found = re.fullmatch(f"{number}-{number}", value)
    if not found or float(found[1]) >= float(found[2]):
        raise click.BadParameter(f"{value!r} is no span of seconds; give one like 0-5")
    return float(found[1]), float(found[2])


visible = as_one(
    "visible",
    Visible,
    option(
        VISIBLE,
        "--visible",
        metavar="T|FILE",
        help="Draw this text, or this logo (PNG, WebP, TIFF, JPEG), into photos and clips; {year} becomes "
        "the current year.",
    ),
    option(
        VISIBLE,
        "--visible-position",
        type=click.Choice(POSITIONS),
        metavar="P",
        help=f"Where: {', '.join(POSITIONS)}.  [default: bottom-right]",
    ),
    option(
        VISIBLE,
        "--visible-size",
        type=click.FloatRange(0.005, 1),
        metavar="X",
        help="Height of letters (a logo: its height), relative to the shorter side.  [default: 0.04, a logo: "
        "0.12]",
    ),
    option(
        VISIBLE,
        "--visible-opacity",
        type=click.FloatRange(0.05, 1),
        metavar="X",
        help="1 hides what is below; from 0.8 on it can be read on any photo.  [default: 0.9, tiled: 0.4]",
    ),
    option(VISIBLE, "--visible-tile", is_flag=True, help="Repeat it, aslant, all over the picture."),
    option(
        VISIBLE,
        "--visible-margin",
        type=click.FloatRange(0, 0.4),
        metavar="X",
        help="Free space at the edge, relative to the shorter side.  [default: 0.03]",
    ),
    option(
        VISIBLE,
        "--visible-colour",
        metavar="C",
        help="auto (light or dark by what is under it, with a shade where that is needed), light, dark or "
        "'#rrggbb'.  [default: auto]",
    ),
    option(
        VISIBLE,
        "--visible-place",
        type=click.Choice(PLACES),
        metavar="P",
        help="fixed, or quiet: of all positions the one with the least detail.  [default: fixed]",
    ),
    option(
        VISIBLE, "--visible-font", type=Place(), metavar="FILE", help="A font with the letters of the text."
    ),
    option(
        VISIBLE,
        "--visible-span",
        metavar="A-B",
        callback=_span,
        help="In clips, from second A to second B only, such as 0-5.",
    ),
)
