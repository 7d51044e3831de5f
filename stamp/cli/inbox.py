"""`stamp embed --watch`: what may be watched."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click

from ..core.url import path_text
from .options import Results, Run
from .screen import Screen


def check_watch(screen: Screen, sources: Sequence[str], results: Results, run: Run) -> None:
    """Raise UsageError where folders cannot be watched so."""
    if run.is_far(*sources, results.output):
        raise click.UsageError("--watch is for folders of this machine, not for stores and --scheduler")
    for source in sources:
        if not os.path.isdir(path_text(source)):
            raise click.UsageError(f"--watch is for folders, and {source} is none")
    if results.in_place:
        raise click.UsageError("--watch and --in-place exclude each other: what is watched stays as it comes")
    if run.dry_run:
        raise click.UsageError("--watch and --dry-run exclude each other")
    if screen.schema and not screen.in_lines:
        raise click.UsageError("--json would print nothing before the watch ends: --json-lines")
