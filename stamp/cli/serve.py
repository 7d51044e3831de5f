"""`stamp serve`."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import click

from ..catalogue.events import current_actor
from ..core.rights import Rights
from ..jobs.catalogues import catalogue_place
from ..jobs.config import gather_defaults
from ..jobs.keys import find_key
from ..web.access import ROLES, add_key
from ..web.server import serve
from ..web.settings import Settings
from . import OK, options
from .help import ACCESS, RUN, SERVICE, Command, option
from .screen import Screen

_MEGA = 1_000_000


@click.command(cls=Command, short_help="A page in the browser, and an HTTP API, for what the commands do.")
@option(SERVICE, "--host", default="127.0.0.1", metavar="ADDRESS", help="Listen there.  [default: 127.0.0.1]")
@option(
    SERVICE,
    "--port",
    type=click.IntRange(0, 65535),
    default=8321,
    metavar="N",
    help="And on this port; 0 takes any.  [default: 8321]",
)
@option(
    SERVICE,
    "--allow-host",
    "allowed",
    metavar="NAME",
    multiple=True,
    help="Another name that it is asked for by, such as that of a proxy; may be repeated.",
)
@option(
    ACCESS,
    "--access",
    type=options.Place(),
    metavar="FILE",
    help="Keys of programs, and roles of users: docs/serve.md.",
)
@option(ACCESS, "--new-key", metavar="NAME", help="Make a key in --access FILE, print it, and serve nothing.")
@option(
    ACCESS,
    "--role",
    type=click.Choice(ROLES),
    metavar="R",
    help=f"Of the new key: {', '.join(ROLES)}.  [default: {ROLES[0]}]",
)
@option(ACCESS, "--auth-header", "header", metavar="NAME", help="The header in which a proxy names the user.")
@option(ACCESS, "--trusted-proxy", "proxy", metavar="ADDRESS", help="The only peer whose header is believed.")
@option(
    ACCESS,
    "--rate",
    "per_minute",
    type=click.IntRange(min=1),
    default=60,
    metavar="N",
    help="Files a minute of one user.  [default: 60]",
)
@options.key_files(
    "The key; of several, the first marks, and all are looked with. Else $STAMP_KEY_FILE, else your own key."
)
@options.catalogue
@option(
    RUN,
    "-j",
    "--jobs",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Work on N files at once.  [default: one for each core]",
)
@option(
    RUN,
    "--max-upload",
    type=click.IntRange(min=1),
    default=1000,
    metavar="MB",
    help="Refuse larger files.  [default: 1000]",
)
@option(
    RUN,
    "--max-memory",
    type=click.IntRange(min=256),
    default=1024,
    metavar="MiB",
    help="Address space that a photo may take; a clip twice that.  [default: 1024]",
)
@option(
    RUN,
    "--max-seconds",
    type=click.IntRange(min=1),
    default=60,
    metavar="N",
    help="Time that a photo may take; a clip or a song ten times that, sixty to be marked.  [default: 60]",
)
@options.log_json
@options.screen_options("stamp.serve/1")
@options.pass_screen
def command(
    screen: Screen,
    /,
    access: str | None,
    new_key: str | None,
    role: str | None,
    key_files: tuple[str, ...],
    catalogue: str | None,
    jobs: int,
    max_upload: int,
    max_memory: int,
    max_seconds: int,
    **service: object,
) -> int:
    """Serve a page for whoever has no terminal: is it ours, may it be published, mark it, what was found.
    Programs ask the same over HTTP.

    It listens on this computer alone, and answers whoever has the address that it prints. Ctrl-C ends it.
    """
    if new_key or role:
        return _make_key(screen, access, new_key, role)
    settings = Settings(
        keys=tuple(find_key(file) for file in key_files or (None,)),
        catalogue=catalogue_place(catalogue),
        user=current_actor(),
        rights=gather_defaults(Rights()).rights,
        access=Path(access) if access else None,
        processes=jobs or os.cpu_count() or 1,
        most_bytes=max_upload * _MEGA,
        memory=max_memory << 20,
        seconds=float(max_seconds),
        log=screen.json_log.add if screen.json_log else None,
        **service,  # type: ignore[arg-type]  # the options of the same names
    )

    def ready(url: str) -> None:
        if not settings.is_local:
            screen.say("stamp: others can reach this, unencrypted: put a proxy with TLS in front of it")
        screen.line(url)
        screen.document([{"url": url, "error": None}])

    with suppress(KeyboardInterrupt):  # which is how it ends
        serve(settings, ready)
    return OK


def _make_key(screen: Screen, access: str | None, name: str | None, role: str | None) -> int:
    if not access or not name:
        raise click.UsageError("a key has a name and a file: --access FILE --new-key NAME")
    chosen = role or ROLES[0]
    key = add_key(Path(access), name, chosen)
    screen.say(f"stamp: a key for {name}, {chosen}; it is shown this once, {access} has its SHA-256")
    screen.line(key)
    screen.document([{"name": name, "role": chosen, "key": key, "error": None}])
    return OK
