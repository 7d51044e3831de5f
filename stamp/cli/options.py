"""Options that several commands share, in groups.

A group is a section of the help page and, where a command needs several of its options, a record: click has
one argument for each option, and a command with thirty arguments cannot be read.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date
from functools import wraps
from pathlib import Path
from typing import Any, cast

import click

from ..core.errors import ArgumentError, PayloadError, RightsError
from ..core.limits import StampLimits
from ..core.payload import Payload
from ..core.rights import Rights
from ..core.url import is_file, is_url
from ..jobs.config import Defaults, gather_defaults
from ..jobs.journal import Journal
from ..jobs.selection import PassedOver, Selection, Shard
from .help import CATALOGUE, OUTPUT, RESULTS, RIGHTS, RUN, WATERMARK, Decorator, Function, option
from .log import JsonLog, Log
from .screen import Screen
from .summary import Summary

pass_screen = click.make_pass_decorator(Screen, ensure=True)


def screen_options(schema: str, command: str | None = None) -> Decorator:
    """Give a command --json, -q and -v; they set up the `Screen` and are no arguments of it. A `command` that
    runs over files, as `screen.begin` has it, gets --json-lines, --progress and the logs, too."""

    def set_json(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if not value:
            return
        screen = ctx.ensure_object(Screen)
        if screen.schema:
            raise click.UsageError("--json and --json-lines exclude each other")
        screen.schema, screen.summary = schema, Summary(command)
        screen.in_lines = param.name == "json_lines"

    def set_flag(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value:
            setattr(ctx.ensure_object(Screen), str(param.name), True)

    def set_progress(ctx: click.Context, param: click.Parameter, value: str) -> None:
        ctx.ensure_object(Screen).progress_in = value

    def set_log(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
        if value:
            ctx.ensure_object(Screen).log = Log(value)

    of_runs = (
        _flag(
            "--json-lines", callback=set_json, help="Print a JSON object a line: each entry when it is done."
        ),
        option(
            OUTPUT,
            "--log-file",
            type=Place(),
            metavar="FILE",
            expose_value=False,
            callback=set_log,
            help="Add a line a file to this log, with what became of it; also notes and errors.",
        ),
        log_json,
        option(
            OUTPUT,
            "--progress",
            type=click.Choice(["auto", "json", "none"]),
            default="auto",
            metavar="HOW",
            expose_value=False,
            callback=set_progress,
            help="How far it is, on stderr: `auto`, bars on a terminal; `json`, an object a line "
            "(stamp.progress/1); `none`.  [default: auto]",
        ),
    )
    return together(
        _flag("--json", callback=set_json, help=f"Print one JSON document ({schema}) instead of lines."),
        *(of_runs if command else ()),
        _flag("-q", "--quiet", callback=set_flag, help="Only results and errors, no progress, no notes."),
        _flag("-v", "--verbose", callback=set_flag, help="Say more: reasons, and where an error arose."),
    )


def _set_json_log(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        ctx.ensure_object(Screen).json_log = JsonLog(value)


def _flag(*names: str, **attributes: Any) -> Decorator:
    return option(OUTPUT, *names, is_flag=True, expose_value=False, is_eager=True, **attributes)


def together(*options: Decorator) -> Decorator:
    """Options in the order in which the help page has them."""

    def decorate(command: Function) -> Function:
        for each in reversed(options):
            command = each(command)
        return command

    return decorate


def as_one(name: str, record: type, *options: Decorator) -> Decorator:
    """Options that the command gets as one argument, a `record`; its fields have their names."""

    def decorate(command: Function) -> Function:
        @wraps(command)
        def call(*arguments: Any, **values: Any) -> Any:
            given = [field.name for field in fields(record) if field.name in values]
            values[name] = record(**{each: values.pop(each) for each in given})
            return command(*arguments, **values)

        return cast(Function, together(*options)(call))

    return decorate


def payload(ctx: click.Context, param: click.Parameter, value: str | None) -> Payload | None:
    """Callback for a payload: 16 hexadecimal digits."""
    if value is None:
        return None
    try:
        return Payload.fromhex(value)
    except PayloadError as error:
        raise click.BadParameter(f"{error}, such as 00ff00ff00ff00ff") from error


def root(ctx: click.Context, param: click.Parameter, value: str | None) -> bytes | None:
    """Callback for the root of a seal: 64 hexadecimal digits, also in groups, as on paper."""
    if value is None:
        return None
    try:
        found = bytes.fromhex(value)
    except ValueError:
        found = b""
    if len(found) != 32:
        raise click.BadParameter("a root has 64 hexadecimal digits")
    return found


def strength(ctx: click.Context, param: click.Parameter, value: float) -> float:
    """Callback for a strength: above 0 and at most 4."""
    if not 0 < value <= 4:  # click.FloatRange lets "nan" through
        raise click.BadParameter(f"{value} is not above 0 and at most 4")
    return value


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


def paths(metavar: str) -> Decorator:
    """Give a command the argument `sources`, one or more files and folders."""
    return click.argument("sources", metavar=metavar, nargs=-1, required=True, type=Place())


sources = paths("SRC...")


log_json = option(
    OUTPUT,
    "--log-json",
    type=Place(),
    metavar="FILE|-",
    expose_value=False,
    callback=_set_json_log,
    help="Add a JSON object a file, or a request, to this log (stamp.log/1), without names and payloads; "
    "- is stderr.",
)


@dataclass(frozen=True, slots=True)
class Run:
    """How a command goes over its files; what it has no option for stays as it is here. watch, settle : see
    `Inbox`."""

    jobs: int = 1
    resume: bool = False
    dry_run: bool = False
    limits: StampLimits | None = None
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    read_back: bool = False
    scheduler: str | None = None
    shard: Shard | None = None
    watch: bool = False
    settle: int = 5

    @property
    def resumes(self) -> bool:
        """Whether what is done is left as it is."""
        return self.resume or self.read_back

    def selection(self, passed_over: Callable[[PassedOver], None] = lambda each: None) -> Selection:
        """Return which files are taken."""
        return Selection(self.include, self.exclude, passed_over, self.shard)

    def is_far(self, *places: str | None) -> bool:
        """Whether there is more to a run over these sources and outputs than files of this machine."""
        return self.scheduler is not None or any(
            is_url(each) and not is_file(each) for each in places if each
        )


def running(*options: Decorator) -> Decorator:
    """Give a command `run: Run`, with some of the options below, and those that choose files."""
    return as_one(
        "run",
        Run,
        *options,
        option(
            RUN,
            "--include",
            metavar="GLOB",
            multiple=True,
            help="Of the files in folders, take those with such a name only; may be repeated.",
        ),
        option(
            RUN,
            "--exclude",
            metavar="GLOB",
            multiple=True,
            help="Leave out files and folders in folders that have such a name (drafts, '*.png', 'raw/*'); "
            "case does not matter; may be repeated.",
        ),
    )


dry_run = option(
    RUN,
    "--dry-run",
    is_flag=True,
    help="Read the files, and say what would be done; write nothing, but for --log-file.",
)

jobs = option(
    RUN,
    "-j",
    "--jobs",
    type=click.IntRange(min=0),
    default=1,
    metavar="N",
    help="Work on N files at once; 0 means one for each core.  [default: 1]",
    callback=lambda ctx, param, value: value or os.cpu_count() or 1,
)

resume = option(
    RUN,
    "--resume",
    is_flag=True,
    help="Skip what is done: outputs that carry the mark and the notice already. Receipts are added to those "
    "that are in --receipt.",
)

watch = together(
    option(
        RUN,
        "--watch",
        is_flag=True,
        help="Stay, and do what comes into the folders SRC, by the rules of --resume; Ctrl-C ends it.",
    ),
    option(
        RUN,
        "--settle",
        type=click.IntRange(1, 3600),
        default=5,
        metavar="SECONDS",
        help="With --watch: how long a file must not have changed to be taken for whole.  [default: 5]",
    ),
)

max_pixels = option(
    RUN,
    "--max-pixels",
    "limits",
    type=click.IntRange(min=1),
    metavar="N",
    help="Refuse pictures of more pixels before they are decoded.  [default: 300000000, and fewer of files "
    "that are small for that]",
    callback=lambda ctx, param, value: StampLimits(value, None) if value else StampLimits(),
)


def _shard(ctx: click.Context, param: click.Parameter, value: str | None) -> Shard | None:
    if value is None:
        return None
    found = re.fullmatch(r"(\d+)/(\d+)", value)
    try:
        return (
            Shard(int(found[1]), int(found[2]))
            if found
            else param.type.fail(f"{value}: write 0/20", param, ctx)
        )
    except ArgumentError as error:
        raise click.BadParameter(str(error)) from error


resume_read = option(
    RUN,
    "--resume-read",
    "read_back",
    is_flag=True,
    help="Like --resume; outputs in stores are fetched and read, and not believed by what was said of them.",
)

many = together(
    option(
        RUN,
        "--scheduler",
        metavar="URL",
        help="Have the workers of this Dask scheduler do it, such as tcp://host:8786.",
    ),
    option(
        RUN,
        "--shard",
        metavar="I/N",
        callback=_shard,
        help="Of all files, do part I of N only, counted from 0: for N machines that do not know each other.",
    ),
)

key_file = option(
    WATERMARK,
    "--key-file",
    type=Place(),
    metavar="FILE",
    help="The key; else $STAMP_KEY_FILE, else the user's own key.",
)


def key_files(help: str) -> Decorator:
    """Return the option of the key files, of which there may be several; `help` says what for."""
    return option(
        WATERMARK, "--key-file", "key_files", type=Place(), multiple=True, metavar="FILE", help=help
    )


@dataclass(frozen=True, slots=True)
class Results:
    """Where results go."""

    output: str | None
    in_place: bool
    force: bool
    follow_links: bool
    preserve_times: bool
    no_preserve_times: bool
    receipt: str | None

    @property
    def journal(self) -> Journal | None:
        """The file of receipts."""
        return Journal(Path(self.receipt)) if self.receipt else None

    @property
    def keeps_times(self) -> bool | None:
        """Whether results get the times of their sources; None for what is usual."""
        return self.preserve_times or (False if self.no_preserve_times else None)

    def check(self) -> None:
        """Raise UsageError where the options contradict each other."""
        if self.in_place and self.output:
            raise click.UsageError("--in-place and -o exclude each other")
        if self.preserve_times and self.no_preserve_times:
            raise click.UsageError("--preserve-times and --no-preserve-times exclude each other")


def results(force: str) -> Decorator:
    """Give a command `results: Results`; `force` is the help of --force."""
    return as_one(
        "results",
        Results,
        option(
            RESULTS,
            "-o",
            "--output",
            type=Place(),
            metavar="FILE|DIR|URL",
            help="Where results go; a DIR, or a URL that ends in /, keeps the names.",
        ),
        option(RESULTS, "--in-place", is_flag=True, help="Replace the sources themselves."),
        option(RESULTS, "--force", is_flag=True, help=force),
        option(
            RESULTS,
            "--follow-links",
            is_flag=True,
            help="Follow links that lead out of the folders that are walked, and out of DIR.",
        ),
        option(
            RESULTS,
            "--preserve-times",
            is_flag=True,
            help="Give results the time of their sources' last change, as --in-place does.",
        ),
        option(
            RESULTS,
            "--no-preserve-times",
            is_flag=True,
            help="Give them the time at which they are made, also with --in-place.",
        ),
        option(
            RESULTS,
            "--receipt",
            type=Place(),
            metavar="FILE",
            help="Write down, as JSON on lines, what is changed where, each file before it is.",
        ),
    )


@dataclass(frozen=True, slots=True)
class Notice:
    """What a rights notice says."""

    copyright_notice: str | None
    creators: tuple[str, ...]
    credit_line: str | None
    web_statement: str | None
    usage_terms: str | None
    licensor_url: str | None
    no_ai: bool
    rights_file: str | None

    def rights(self) -> Rights:
        """Return what the options say, without the file and --no-ai. Raises UsageError where one has no such
        value."""
        try:
            rights = Rights(
                copyright_notice=self.copyright_notice,
                creators=self.creators,
                credit_line=self.credit_line,
                web_statement=self.web_statement,
                usage_terms=self.usage_terms,
                licensor_url=self.licensor_url,
            )
            rights.filled(date.today().year)  # a slip is found before any file is worked on
            return rights
        except RightsError as error:
            raise click.UsageError(str(error)) from error

    def gather(self) -> Defaults:
        """Return what the options, the file and stamp.toml say. Raises UsageError, RightsError."""
        rights = self.rights()
        return gather_defaults(rights.without_ai() if self.no_ai else rights, self.rights_file)


notice = as_one(
    "notice",
    Notice,
    option(
        RIGHTS,
        "--copyright",
        "copyright_notice",
        metavar="T",
        help="Copyright notice; {year} becomes the current year.",
    ),
    option(
        RIGHTS, "--creator", "creators", metavar="T", multiple=True, help="A creator's name; may be repeated."
    ),
    option(RIGHTS, "--credit", "credit_line", metavar="T", help="How to credit the work."),
    option(RIGHTS, "--web-statement", metavar="URL", help="Page with the licence or the rights."),
    option(RIGHTS, "--usage-terms", metavar="T", help="What may be done with the work."),
    option(RIGHTS, "--licensor-url", metavar="URL", help="Page where a licence can be had."),
    option(RIGHTS, "--no-ai", is_flag=True, help="Say that the work must not be used to train AI models."),
    option(
        RIGHTS,
        "--rights",
        "rights_file",
        type=Place(),
        metavar="FILE",
        help="Rights from a TOML file; options win.",
    ),
)


catalogue = option(
    CATALOGUE,
    "--catalogue",
    type=Place(),
    metavar="FILE|URL",
    help="The catalogue; else $STAMP_CATALOGUE, stamp.toml, your own; `none` does without.",
)
