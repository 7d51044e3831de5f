"""`stamp selftest`."""

from __future__ import annotations

import click

from . import ERROR, OK, options
from .help import Command
from .screen import Screen


@click.command(cls=Command, short_help="Check this installation against the shipped vectors.")
@options.screen_options("stamp.selftest/1")
@options.pass_screen
def command(screen: Screen) -> int:
    """Check that this installation makes and reads marks bit for bit as it should, against the shipped
    vectors."""
    from ..watermark.vectors import selftest

    results = selftest()
    for name, passed, detail in results:
        screen.line(f"{'ok' if passed else 'FAILED':<7} {name}  {detail}".rstrip())
    screen.document(
        [{"vector": name, "passed": passed, "detail": detail} for name, passed, detail in results]
    )
    failed = [name for name, passed, _ in results if not passed]
    if failed or not results:
        screen.complain(
            f"{len(failed)} of {len(results)} vectors failed: marks made here may not be readable elsewhere"
        )
        return ERROR
    return OK
