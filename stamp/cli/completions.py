"""`stamp completions`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from . import OK, group, options
from .help import Command
from .screen import Screen

_SHELLS = ("bash", "zsh", "fish")
_VARIABLE = "_STAMP_COMPLETE"
"""Which click looks for in the environment: the script asks `stamp` itself what could come next."""


@click.command(cls=Command, short_help="Print what makes a shell complete commands and options.")
@click.argument("shell", type=click.Choice(_SHELLS))
@options.screen_options("stamp.completions/1")
@options.pass_screen
def command(screen: Screen, shell: str) -> int:
    """Print a script for SHELL: with it, the Tab key completes commands, options and names of files.

    bash: `eval "$(stamp completions bash)"` in ~/.bashrc. zsh: the same with zsh in ~/.zshrc, after compinit.
    fish: `stamp completions fish > ~/.config/fish/completions/stamp.fish`.
    """
    found = get_completion_class(shell)
    assert found is not None, "click knows all of _SHELLS"
    complete = found(group, {}, "stamp", _VARIABLE)
    # Not `source`, which asks a bash that may not be there how old it is.
    script = complete.source_template % complete.source_vars()
    if screen.schema is None:
        screen.text(script)
    screen.document([{"shell": shell, "script": script, "error": None}])
    return OK
