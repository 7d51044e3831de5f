"""`stamp sign`."""

from __future__ import annotations

from pathlib import Path

import click

from ..jobs.catalogues import place_to_read
from ..jobs.keys import KeyFile, find_key, has_key
from ..jobs.tasks import SignTask
from . import options
from .embed import describe
from .help import CREDENTIALS, Command, option
from .run import run_writing
from .screen import Screen
from .signing import Signing, signing_options


@click.command(cls=Command, short_help="Sign works with Content Credentials (C2PA).")
@options.sources
@options.results(force="Overwrite outputs that exist, and manifests beside them.")
@options.key_files(
    "The key that works were marked with, so that the mark leads back to the manifest; may be repeated. "
    "Else $STAMP_KEY_FILE, else your own."
)
@signing_options
@option(
    CREDENTIALS,
    "--parent",
    type=options.Place(),
    metavar="FILE",
    help="What the work was made of: its credentials go with the new ones. Else those of the work itself do.",
)
@options.catalogue
@options.running(options.jobs, options.dry_run, options.max_pixels)
@options.screen_options("stamp.sign/1", "sign")
@options.pass_screen
def command(
    screen: Screen,
    sources: tuple[str, ...],
    results: options.Results,
    key_files: tuple[str, ...],
    signing: Signing,
    parent: str | None,
    catalogue: str | None,
    run: options.Run,
) -> int:
    """Sign finished works with Content Credentials: who says so, which mark is in them, what may be done
    with them. Any later change breaks the signature, so it comes last; `stamp embed --sign` marks and signs
    at once.

    Picture, sound and metadata stay as they are, which is checked of each file. What has no place for a
    manifest (Ogg, Matroska, AIFF, TIFF with several pages, animated PNG) gets one beside it. Where you
    have a catalogue that knows the mark, it keeps the manifest, too.
    """
    results.check()
    sign = signing.options()
    if sign is None:
        raise click.UsageError("give --sign CHAIN.pem and --sign-key KEY.pem")
    if parent and len(sources) != 1:
        raise click.UsageError("--parent is that of one work")
    task = SignTask(
        sign,
        _keys(key_files),
        parent=Path(parent) if parent else None,
        catalogue=place_to_read(catalogue),
        overwrite=results.force,
        in_place=results.in_place,
        journal=results.journal,
        preserve_times=results.keeps_times,
        dry_run=run.dry_run,
    )
    return run_writing(screen, "sign", task, sources, results, run, describe, again=True)


def _keys(files: tuple[str, ...]) -> tuple[KeyFile, ...]:
    """The keys with which marks are looked for; none where there is none at all."""
    if not files and not has_key():
        return ()
    return tuple(map(find_key, files)) or (find_key(),)
