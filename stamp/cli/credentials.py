"""`stamp credentials`: what files say of where they come from, and `new-cert`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from ..core.credentials import CredentialsReport
from ..core.errors import KeyFileError
from ..jobs.catalogues import place_to_read
from ..jobs.keys import KeyFile, find_key
from ..jobs.tasks import CredentialsTask, Entry
from ..provenance.certificates import new_chain
from . import ERROR, NOT_FOUND, OK, options
from .help import CREDENTIALS, Command, option
from .run import run_over, say_notes
from .screen import Screen

_WORDS = {
    "trusted": "signed, by somebody whom you trust",
    "valid": "signed, by somebody unknown to you (--trust ROOT.pem says whom you trust)",
    "invalid": "credentials that do not hold",
    "recovered": "no credentials in this copy; its mark leads to kept ones",
    "none": "no credentials",
}
_LISTED = (
    "Nobody else trusts this chain: programs that check credentials will call it unknown. For them to show "
    "your name, the certificate has to be from an authority on the C2PA trust list, which checks who you are "
    "and what you sign with (https://c2pa.org/conformance/). Signing works the same with either."
)


class _Credentials(click.Group):
    """A group of which `show` is what is done with files that are named without a command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Credentials, short_help="Read and check Content Credentials, and recover lost ones.")
def command() -> None:
    """Content Credentials (C2PA) say who vouches for a work and what it was made of, signed. `stamp
    credentials FILE...` shows and checks them (it is short for `stamp credentials show`); `new-cert` makes
    certificates to try signing with."""


@command.command("show", cls=Command, short_help="Show and check the credentials of files.")
@options.sources
@option(
    CREDENTIALS,
    "--trust",
    type=options.Place(),
    metavar="ROOT.pem",
    help="Whom you trust: roots of certificates. Without it, nobody.",
)
@option(
    CREDENTIALS,
    "--store",
    type=options.Place(),
    metavar="DIR",
    help="Where manifests are kept (--sign-store): a copy that has lost its own is looked up by its mark.",
)
@options.key_files(
    "The key of the mark that leads to kept manifests; may be repeated. Else $STAMP_KEY_FILE, else your "
    "own key."
)
@options.catalogue
@options.running(options.jobs, options.max_pixels)
@options.screen_options("stamp.credentials/1", "credentials")
@options.pass_screen
def show(
    screen: Screen,
    sources: tuple[str, ...],
    trust: str | None,
    store: str | None,
    key_files: tuple[str, ...],
    catalogue: str | None,
    run: options.Run,
) -> int:
    """Show what files say of where they come from, and whether it holds: what is in the file, else a
    manifest beside it, else the manifest that its mark leads to, in your catalogue or --store. Nothing is
    fetched from the network.

    Exits with 0 if every file has credentials that hold, with 1 if one has none or broken ones, with 3 if
    one could not be read.
    """
    place = place_to_read(catalogue)
    if key_files and not (store or place):
        raise click.UsageError("--key-file goes with --store, or a catalogue")
    keys = _keys(key_files, needed=store is not None) if store or place else ()
    without: list[str] = []

    def show_one(entry: Entry) -> None:
        assert isinstance(entry, CredentialsReport)
        if entry.status in ("none", "invalid"):
            without.append(entry.status)
        screen.line(f"{entry.path}: {entry.status}: {_WORDS[entry.status]}")
        for line in _described(entry):
            screen.line(f"  {line}")
        say_notes(screen, entry)

    task = CredentialsTask(Path(trust) if trust else None, Path(store) if store else None, keys, place)
    failed = run_over(screen, "credentials", task, sources, run, show_one)
    return ERROR if failed else NOT_FOUND if without else OK


def _keys(files: tuple[str, ...], *, needed: bool) -> tuple[KeyFile, ...]:
    """The keys whose marks are read; who has none and names no store is not asked for one."""
    try:
        return tuple(map(find_key, files)) or (find_key(),)
    except KeyFileError:
        if needed or files:
            raise
        return ()


def _described(entry: CredentialsReport) -> Iterator[str]:
    manifest = entry.manifest
    if manifest is None:
        return
    bindings = (f"{each.value} ({each.algorithm})" for each in manifest.soft_bindings)
    parts = (f"{each.title}{' (with credentials)' if each.manifest else ''}" for each in manifest.ingredients)
    when = manifest.signed_at or "not said: without a time stamp, nobody confirms when"
    rows = {
        "signed by": " / ".join(filter(None, (manifest.signer, manifest.issuer))),
        "when": when,
        "made with": manifest.generator,
        "title": manifest.title,
        "actions": ", ".join(manifest.actions),
        "mark": ", ".join(bindings),
        "made of": ", ".join(parts),
        "does not hold": ", ".join(manifest.failures),
        "manifest": f"{manifest.identifier}{_place(entry)}",
        "picture": entry.thumbnail,
    }
    for name, text in rows.items():
        if text:
            yield f"{name:<13} {text}"


def _place(entry: CredentialsReport) -> str:
    return "" if entry.where == "embedded" or entry.place is None else f" in {entry.place}"


@command.command("new-cert", cls=Command, short_help="Make certificates to try signing with.")
@click.argument("folder", metavar="DIR", type=options.Place())
@option(
    CREDENTIALS,
    "--name",
    metavar="T",
    default="Test signer",
    help="The signer's name.  [default: Test signer]",
)
@options.screen_options("stamp.credentials.new-cert/1")
@options.pass_screen
def new_cert(screen: Screen, folder: str, name: str) -> None:
    """Make a chain of certificates in DIR to try signing with: `chain.pem` and `key.pem` to sign,
    `root.pem` to trust. They are valid for a year, and nobody else trusts them."""
    made = new_chain(Path(folder), name)
    screen.line(f"{made.chain}: certificates for {name}, to sign with: --sign")
    screen.line(f"{made.key}: their private key, which only you can read: --sign-key")
    screen.line(f"{made.root}: their root, to be trusted: --trust")
    screen.document([{"chain": str(made.chain), "key": str(made.key), "root": str(made.root), "name": name}])
    screen.say(f"stamp: {_LISTED}")
