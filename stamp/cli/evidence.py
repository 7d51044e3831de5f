"""`stamp evidence`: a packet on a find, and `verify`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..core.errors import StampError
from ..evidence.options import PacketOptions
from ..evidence.words import LANGUAGES
from ..jobs.catalogues import catalogue_of
from . import ERROR, NOT_FOUND, OK, options
from .help import EVIDENCE, RESULTS, Command, option
from .screen import Screen
from .spoken import spoken

if TYPE_CHECKING:
    from ..evidence.packet import Made
    from ..evidence.verify import Verdict

SCHEMA = "stamp.evidence/1"
_SIGNS = {"ok": "ok", "failed": "FAILED", "absent": "none", "unchecked": "NOT CHECKED"}


class _Group(click.Group):
    """A group one of whose commands needs no name: `stamp evidence FIND` is `stamp evidence make FIND`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in (*self.commands, "-h", "--help"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Group, short_help="Make a packet on a find that a stranger can check; check one.")
def command() -> None:
    """`stamp evidence FIND -o packet.zip` makes a packet on a find: a report that a lawyer reads in five
    minutes, what it is made of, and how to check it with sha256sum and openssl alone. `stamp evidence verify
    packet.zip` checks one, without catalogue and key."""


def _instant(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    """Callback for an instant; one without a time zone is in this computer's."""
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).astimezone()
    except ValueError as error:
        raise click.BadParameter("no instant such as 2026-11-27T14:30+05:00") from error


def _path(ctx: click.Context, param: click.Parameter, value: str | None) -> Path | None:
    return None if value is None else Path(value)


tsa_root = option(
    EVIDENCE,
    "--tsa-root",
    type=options.Place(),
    callback=_path,
    metavar="FILE",
    help="The root certificate of the authority that is trusted, PEM; else those of the system.",
)
packet_options = options.as_one(
    "wanted",
    PacketOptions,
    option(
        EVIDENCE,
        "--lang",
        "language",
        type=click.Choice(LANGUAGES),
        default="en",
        metavar="L",
        help=f"The language of the report: {', '.join(LANGUAGES)}.  [default: en]",
    ),
    option(
        EVIDENCE,
        "--original",
        type=options.Place(),
        callback=_path,
        metavar="FILE",
        help="The file of the work, where the catalogue does not know where it is.",
    ),
    option(
        EVIDENCE,
        "--sign",
        type=options.Place(),
        callback=_path,
        metavar="FILE",
        help="Sign with this Ed25519 private key, PEM.",
    ),
    option(
        EVIDENCE,
        "--tsa",
        metavar="URL",
        help="Ask this time-stamp authority (RFC 3161); it gets a hash, and nothing else.",
    ),
    tsa_root,
    option(
        EVIDENCE,
        "--date",
        "at",
        callback=_instant,
        metavar="T",
        help="The date of the packet: the same one gives the same bytes.  [default: now]",
    ),
)
output = option(
    RESULTS,
    "-o",
    "--output",
    type=options.Place(),
    required=True,
    metavar="FILE",
    help="The packet, a ZIP that is not there yet.",
)


@command.command("make", cls=Command, short_help="Make a packet; `make` may be left out.")
@click.argument("find")
@output
@packet_options
@options.catalogue
@options.screen_options(SCHEMA)
@options.pass_screen
def make(screen: Screen, find: str, output: str, wanted: PacketOptions, catalogue: str | None) -> None:
    """Make a packet on FIND, a number, a uid or the beginning of one. It has nothing of other works, no path
    of this computer, and not the key."""
    from ..evidence.packet import make_packet

    with catalogue_of(catalogue, make=False) as opened:
        say_made(screen, make_packet(opened, find, Path(output), wanted))


@command.command("verify", cls=Command, short_help="Check packets.")
@click.argument("packets", metavar="PACKET...", nargs=-1, required=True, type=options.Place())
@tsa_root
@options.screen_options(SCHEMA)
@options.pass_screen
def verify(screen: Screen, packets: tuple[str, ...], tsa_root: Path | None) -> int:
    """Check packets, every byte of them: hashes, signature, time stamps, what they have of the log, and
    whether what they say follows from it. Exit code 1 if one is not verified."""
    from ..evidence.verify import verify_packet

    codes = []
    for packet in packets:
        try:
            verdict = verify_packet(Path(packet), tsa_root)
        except StampError as error:
            codes.append(ERROR)
            screen.miss(error, {"status": "error", "checks": []}, packet)
            continue
        codes.append(OK if verdict.is_verified else NOT_FOUND)
        _describe(screen, verdict)
        screen.entry(verdict.to_dict())
    screen.close()
    return max(codes)


def say_made(screen: Screen, made: Made) -> None:
    """Say which packet was made."""
    screen.line(f"{made.path}: {made.size} bytes, sha256 {made.sha256}")
    screen.document([made.to_dict()])


def _describe(screen: Screen, verdict: Verdict) -> None:
    screen.line(f"{verdict.path}: {'verified' if verdict.is_verified else 'NOT VERIFIED'}")
    for check in verdict.checks:
        screen.line(f"  {check.name:<10}  {_SIGNS[check.state]:<11}  {spoken(check.detail)}")
