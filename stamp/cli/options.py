"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ..core.options import CODECS, PLATFORMS
from .screen import Screen

Command = TypeVar("Command", bound=Callable[..., Any])

pass_screen = click.make_pass_decorator(Screen, ensure=True)


def screen_options(schema: str) -> Callable[[Command], Command]:
    """--json, -q and -v; they set up the `Screen` and are no arguments of the command."""

    def set_json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            ctx.ensure_object(Screen).schema = schema

    def set_flag(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            setattr(ctx.ensure_object(Screen), str(param.name), True)

    def decorate(command: Command) -> Command:
        for option in (
            _flag("-v", "--verbose", callback=set_flag, help="Say more: reasons, and where an error arose."),
            _flag("-q", "--quiet", callback=set_flag, help="Only results and errors, no progress, no notes."),
            _flag("--json", callback=set_json, help=f"Print one JSON document ({schema}) instead of lines."),
        ):
            command = option(command)
        return command

    return decorate


def _flag(*names: str, **attributes: Any) -> Callable[[Command], Command]:
    return click.option(*names, is_flag=True, expose_value=False, is_eager=True, **attributes)


def payload(ctx: click.Context, param: click.Parameter, value: str | None) -> bytes | None:
    """Callback for a payload: 16 hexadecimal digits."""
    if value is None:
        return None
    try:
        data = bytes.fromhex(value) if len(value) == 16 else b""
    except ValueError:
        data = b""
    if len(data) != 8:
        raise click.BadParameter(
            f"{value!r} is not a payload: give 16 hexadecimal digits, such as 00ff00ff00ff00ff"
        )
    return data


def strength(ctx: click.Context, param: click.Parameter, value: float) -> float:
    """Callback for a strength: above 0 and at most 4."""
    if not 0 < value <= 4:  # click.FloatRange lets "nan" through
        raise click.BadParameter(f"{value} is not above 0 and at most 4")
    return value


def clip_options(command: Command) -> Command:
    """How a marked clip is encoded: --platform, --codec, --crf, --preset, --audio."""
    for option in (
        click.option("--audio", is_flag=True, help="Clips: mark the sound, too, with the same payload."),
        click.option("--preset", metavar="P", help="Clips: the encoder's own word for its speed."),
        click.option(
            "--crf",
            type=click.FloatRange(min=0, max=63),
            metavar="Q",
            help="Clips: the encoder's scale of quality, lower is better; visually lossless without it.",
        ),
        click.option(
            "--codec",
            type=click.Choice(CODECS),
            metavar="C",
            help=f"Clips: another codec than the clip's own ({', '.join(CODECS)}).",
        ),
        click.option(
            "--platform",
            type=click.Choice(PLATFORMS),
            metavar="NAME",
            help=f"Clips: prepare them for {', '.join(PLATFORMS)}, and say what it would like otherwise.",
        ),
    ):
        command = option(command)
    return command


class Place(click.Path):
    """A path that is not empty: `""`, which a shell makes of an unset variable, would be taken for the
    current folder, or for no option at all. Whether it can be read is asked when its turn comes: one such
    file must not keep a thousand others from being worked on."""

    def __init__(self) -> None:
        super().__init__(readable=False)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":
            self.fail("the name is empty: give a file or a folder, `.` for this one", param, ctx)
        return super().convert(value, param, ctx)


sources = click.argument("sources", metavar="SRC...", nargs=-1, required=True, type=Place())

jobs = click.option(
    "-j",
    "--jobs",
    type=click.IntRange(min=0),
    default=1,
    metavar="N",
    help="Work on N files at once; 0 means one for each core.  [default: 1]",
    callback=lambda ctx, param, value: value or os.cpu_count() or 1,
)

key_file = click.option(
    "--key-file",
    type=Place(),
    metavar="FILE",
    help="The key; else $STAMP_KEY_FILE, else the user's own key.",
)
