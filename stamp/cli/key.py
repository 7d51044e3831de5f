"""`stamp key`: `new`, `show`, `backup` and `restore`."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import Any

import click

from ..core.errors import KeyFileError
from ..core.key import Key
from ..core.key_backup import Sheet, backup_of, grouped, read_sheet
from ..core.key_file import FORMAT, OLD_FORMAT, RING_FORMAT, time_text
from ..core.key_words import WORDS, number_of
from ..core.private_files import named, read_private, write_private
from ..jobs.keys import KeyFile, examine_key, keep_key, key_path
from . import ERROR, OK, options
from .help import KEY, Command, option
from .screen import Screen

SCHEMA = "stamp.key/1"
_NO_BACKUP = "give the file that holds its words, or none, to be asked for them"


@click.group(short_help="Make a key, show it, back it up on paper.")
def command() -> None:
    """The key is what makes a mark yours: whoever has the file can find your marks, and forge them. Without
    it nobody finds them, not even you: `stamp key backup` prints it as words for a sheet of paper."""


@command.command("new", cls=Command, short_help="Make a key file.")
@click.argument("file", type=options.Place())
@option(KEY, "--name", metavar="N", help="What reports call the key.  [default: this month]")
@option(
    KEY,
    "--ring",
    type=options.Place(),
    metavar="MASTER",
    help="Derive it from this key file, under its name.",
)
@options.screen_options(SCHEMA)
@options.pass_screen
def new(screen: Screen, file: str, name: str | None, ring: str | None) -> None:
    """Make a new random 256-bit key in FILE, which only you can read. An existing file is never
    overwritten.

    With --ring it is one of many keys, of customers say, that are all looked for at once: `stamp detect
    --key-file MASTER` says whose mark it is. Whoever has one of them can neither read nor forge the marks of
    another.
    """
    key = _of_ring(file, ring, name) if ring else Key.generate(name)
    if not ring:
        key.save(file)
    screen.line(f"{file}: {_described(key)}")
    screen.document([_entry(file, key, RING_FORMAT if ring else FORMAT) | {"key": key.name}])
    if ring:
        screen.say(f"stamp: {ring} makes this key again: keep that one in a safe place")
        return
    screen.say(f"stamp: without the key no mark can be found: {_advice(file)}")


@command.command("show", cls=Command, short_help="Show name, fingerprint and date of keys.")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=options.Place())
@options.screen_options(SCHEMA)
@options.pass_screen
def show(screen: Screen, files: tuple[str, ...]) -> int:
    """Show the name of a key, its fingerprint and when it was made, never its secret. Without FILE it is the
    key in $STAMP_KEY_FILE, else your own.

    The fingerprint may be public: it tells which key is meant, and helps nobody to find or forge a mark.
    """
    failed = 0
    for file in files or (os.fspath(key_path()),):
        try:
            key, form = examine_key(file)
        except KeyFileError as error:
            failed += 1
            screen.complain(str(error))
            screen.entry(_failure(file, error))
            continue
        screen.line(f"{file}: {_described(key)}")
        if form == OLD_FORMAT:
            screen.say(f"{file}: an older key file, without date and checksum; it works as ever")
        screen.entry(_entry(file, key, form))
    screen.close()
    return ERROR if failed else OK


@command.command("backup", cls=Command, short_help="Write a key as words, to print.")
@click.argument("file", required=False, type=options.Place())
@option(KEY, "-o", "--output", type=options.Place(), metavar="FILE", help="A new file instead of stdout.")
@options.screen_options(SCHEMA)
@options.pass_screen
def backup(screen: Screen, file: str | None, output: str | None) -> None:
    """Write the key in FILE as 26 words, with its name, fingerprint and date, to print and keep on paper.
    Without FILE it is the key in $STAMP_KEY_FILE, else your own.

    Whoever reads the words has the key. `stamp key restore` makes a key file of them again.
    """
    if screen.schema and not output:
        raise click.UsageError("--json needs -o FILE: the words themselves are in no document")
    path = os.fspath(key_path(file))
    key, form = examine_key(file)
    if output:
        write_private(output, backup_of(key), "backup")
        screen.line(f"{output}: backup of {_described(key)}")
        screen.document([_entry(path, key, form) | {"output": output}])
    else:
        screen.text(backup_of(key).rstrip("\n"))
    screen.say("stamp: whoever reads these words has the key: print them, and leave no copy on the disk")


@command.command("restore", cls=Command, short_help="Make a key file of a backup's words.")
@click.argument("file", default="-", metavar="[BACKUP]", type=options.Place())
@option(
    KEY,
    "-o",
    "--output",
    type=options.Place(),
    metavar="FILE",
    help="The new key file; else $STAMP_KEY_FILE, else the place of your own key.",
)
@option(KEY, "--name", metavar="N", help="What reports call the key.  [default: as the backup says]")
@options.screen_options(SCHEMA)
@options.pass_screen
def restore(screen: Screen, file: str, output: str | None, name: str | None) -> None:
    """Make the key file again from the words of its backup. BACKUP is a file that holds them; without it they
    are asked for, or read from a pipe. An existing key file is never overwritten.

    Capitals, line breaks and numbers do not matter, and of each word four letters are enough. A wrong word is
    an error.
    """
    sheet = _sheet(file)
    name = name or sheet.name
    if not name and _is_typed(file):
        name = click.prompt("name of the key", err=True)
    if not name:
        raise click.UsageError("the backup says no name: give --name N")
    with named(_shown(file)):
        key = sheet.key(name)
    path = os.fspath(keep_key(key, output))
    screen.line(f"{path}: {_described(key)}")
    screen.document([_entry(path, key, FORMAT)])


def _of_ring(file: str, ring: str, name: str | None) -> Key:
    """Write a key of a ring, whose master then lists it."""
    if not name:
        raise click.UsageError("a key of a ring is derived from its name: give --name N")
    master = Key.load(ring)
    if master.finder:
        raise KeyFileError(
            "this is one of the keys of a ring; --ring takes its master, the key that they are derived from",
            path=ring,
        )
    key = master.member(name)
    key.save(file)
    if name not in master.members:
        replace(master, members=(*master.members, name)).save_again(ring)
    return key


def say_made(screen: Screen, key: Key | KeyFile, path: os.PathLike[str]) -> None:
    """Say that a first key was made, and what to do now."""
    where = f"stamp: made your key, {os.fspath(path)} (fingerprint {grouped(key.fingerprint)})"
    screen.say(f"{where}: without it no mark can be found; {_advice()}")


def _advice(file: str = "") -> str:
    return f"print `{' '.join(['stamp key backup', file]).strip()}` and keep the sheet in a safe place"


def _asked_words() -> tuple[str, ...]:
    """The words of a backup, asked for one by one; one that is in no backup is asked for again."""

    def known(word: str) -> str:
        if number_of(word.strip()) is None:
            raise click.UsageError("not in the list of words")
        return word.strip()

    ask = (f"word {at} of {WORDS}" for at in range(1, WORDS + 1))
    return tuple(click.prompt(each, err=True, value_proc=known) for each in ask)


def _is_typed(file: str) -> bool:
    return file == "-" and sys.stdin is not None and sys.stdin.isatty()


def _sheet(file: str) -> Sheet:
    if _is_typed(file):
        return Sheet(_asked_words())
    with named(_shown(file)):
        return read_sheet(_read_stdin() if file == "-" else read_private(file, "backup", _NO_BACKUP))


def _shown(file: str) -> str:
    return "the backup" if file == "-" else file


def _read_stdin() -> bytes:
    return sys.stdin.buffer.read() if sys.stdin else b""


def _described(key: Key) -> str:
    made = time_text(key.created)
    return f"key {key.name}  fingerprint {grouped(key.fingerprint)}  " + (
        f"made {made}" if made else "when made is not known"
    )


def _entry(path: str, key: Key, form: str) -> dict[str, Any]:
    return {
        "path": path,
        "name": key.name,
        "fingerprint": key.fingerprint,
        "created": time_text(key.created),
        "format": form,
        "error": None,
    }


def _failure(path: str, error: KeyFileError) -> dict[str, Any]:
    empty = dict.fromkeys(("name", "fingerprint", "created", "format"))
    return {"path": path, **empty, "error": {"type": type(error).__name__, "message": str(error)}}
