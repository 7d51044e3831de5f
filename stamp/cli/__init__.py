"""The `stamp` command: parse, call `stamp.pipeline` and `stamp.jobs`, print.

Every command is a module of its own, loaded when it is called: `stamp --help` must not wait for NumPy.
"""

from __future__ import annotations

import io
import logging
import math
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TextIO

import click

from .._version import __version__
from ..core.errors import StampError
from .screen import Screen, StdoutError

OK, NOT_FOUND, USAGE, ERROR, INTERRUPTED = 0, 1, 2, 3, 130
_TIDYING_SECONDS = 6.0  # more than `pool.GRACE_SECONDS`, which is not imported here: it takes time to load

_COMMANDS = {
    "Watermarks": {
        "embed": "Mark works and write their rights notice.",
        "detect": "Look for a mark.",
        "confirm": "Ask whether a file is a known copy, where no mark can be read.",
        "preview": "Show what a visible notice would look like.",
        "demo": "Mark a photo, squeeze, crop and turn it, and read the mark back.",
    },
    "Rights notices": {
        "show": "Show the rights notice in a file, and where in it.",
        "rights": "Take notices out, bring them back, and see which survived.",
    },
    "Content Credentials": {
        "sign": "Sign works with Content Credentials (C2PA).",
        "credentials": "Read and check them, also those of a copy that has lost them.",
    },
    "Catalogue": {
        "works": "Add, list, search and keep the works of your catalogue.",
        "check": "Ask whether files may be published: what they are, and what licences say.",
        "party": "The people and organisations in it.",
        "licence": "Who may use which work, where and until when.",
    },
    "Finds": {
        "match": "Find which works suspects show or play, also works that were never marked.",
        "watch": "Look for works in lists of URLs and in folders, again and again.",
        "find": "Keep what was found elsewhere, and compare it with the original.",
        "evidence": "Make a packet on a find that a stranger can check; check one.",
        "notice": "Write the letter that asks for a copy to be taken down.",
        "case": "Follow what is done about finds.",
    },
    "Service": {
        "serve": "A page in the browser, and an HTTP API, for what the commands do.",
    },
    "Set up": {
        "key": "Make a key, show it, back it up on paper.",
        "formats": "What each kind of file can carry.",
        "selftest": "Check this installation against the shipped vectors.",
        "completions": "Print what makes a shell complete commands and options.",
        "manual": "Write the help pages as pages for man(1).",
    },
}


class _Commands(click.Group):
    """A group that imports a command's module when the command is used, and not to list its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for commands in _COMMANDS.values() for name in commands]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f".{name}", __name__).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from difflib import get_close_matches

            if not (near := get_close_matches(args[0], self.list_commands(ctx), n=1)):
                raise
            raise click.UsageError(f"{error.message} Did you mean {near[0]}?", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.list_commands(ctx)))
        for title, commands in _COMMANDS.items():
            with formatter.section(title):
                formatter.write_dl([(f"{name:<{width}}", text) for name, text in commands.items()])


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done or detected, 1 no or another mark, 2 usage, 3 error, 130 interrupted.",
)
@click.version_option(__version__, package_name="stamp-media", prog_name="stamp")
def group() -> None:
    """Mark photos, clips and songs before they are published, and show later that they are yours."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never raises.

    click's and Python's own exit code for a crash is 1, which here means "no mark": it must not leak out.
    """
    screen = Screen()
    with _prepared_process():
        code = _run(arguments, screen)
        _flushed(sys.stderr)  # news that nobody can read change nothing; results do
        return code if _flushed(sys.stdout) else ERROR


def _flushed(stream: TextIO) -> bool:
    """Whether `stream` took all that was printed."""
    try:
        stream.flush()
    except OSError:
        # What could not be written must not be tried again at exit, where Python would make it exit code 120.
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
        return False
    return True


def _run(arguments: Sequence[str] | None, screen: Screen) -> int:
    try:
        with _warnings_shown(screen):
            code = group.main(args=arguments, prog_name="stamp", standalone_mode=False, obj=screen)
        screen.end()
        return code if isinstance(code, int) else OK
    except click.ClickException as error:
        with suppress(OSError):
            error.show()
        return USAGE if isinstance(error, click.UsageError) else ERROR
    except (KeyboardInterrupt, click.Abort):
        screen.interrupted()
        return INTERRUPTED
    except StdoutError as lost:
        if not lost.nobody_listens:
            screen.complain(str(lost))
        return ERROR
    except SystemExit as ended:  # click's own: 0 after completions, 1 where nobody reads its help
        return ERROR if ended.code else OK
    except (StampError, OSError) as error:
        return screen.fail(error, traceback.format_exc())
    except Exception as error:
        what = f"internal error: {type(error).__name__}: {error} (a bug: please report it; -v shows where)"
        return screen.fail(RuntimeError(what), traceback.format_exc())


@contextmanager
def _warnings_shown(screen: Screen) -> Iterator[None]:
    """What the package warns of in its log is news, once each."""
    told: set[str] = set()

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            message = record.getMessage()
            if message not in told:
                told.add(message)
                screen.say(f"stamp: {message}")

    logger, handler = logging.getLogger("stamp"), Handler(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


@contextmanager
def _prepared_process() -> Iterator[None]:
    """Undecodable file names print as escapes; signals end a run cleanly; a standard stream that was closed
    leads nowhere."""
    # Otherwise the next file that is opened would take its number, and what libraries print would go there.
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for number, stream in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, stream) is None:
            setattr(sys, stream, os.fdopen(number, "w", closefd=False))
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    with _interruptible():
        yield


@contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C, SIGTERM and SIGHUP end a run. What follows while the run tidies up, from somebody impatient or
    from a service manager, would only break that off, and is passed over."""
    last = -math.inf

    def interrupt(number: int, frame: object) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > _TIDYING_SECONDS:
            last = now
            raise KeyboardInterrupt

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # What is ignored already, as SIGHUP is under nohup, stays so.
    before = {number: signal.getsignal(number) for number in numbers}
    ours = [number for number in numbers if before[number] != signal.SIG_IGN]
    for number in ours:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        if last == -math.inf:  # else the process is about to end, and there is still something to tidy up
            for number in ours:
                signal.signal(number, before[number])
