"""Options of `stamp embed` alone, in groups, as those in `options`."""

from __future__ import annotations

from dataclasses import dataclass

import click

from ..core.options import CopyOptions, NoticeOptions
from .help import CATALOGUE, RIGHTS, WATERMARK, option
from .options import as_one, catalogue, key_files, payload, strength


@dataclass(frozen=True, slots=True)
class Mark:
    """What a work is marked with, and whether."""

    key_files: tuple[str, ...]
    payload: bytes | None
    strength: float
    no_watermark: bool
    no_metadata: bool
    no_margin: bool


mark = as_one(
    "mark",
    Mark,
    key_files(
        "The key; else $STAMP_KEY_FILE, else the user's own key. With --resume, more are former keys, "
        "whose marks count as done."
    ),
    option(
        WATERMARK,
        "--payload",
        metavar="HEX16",
        callback=payload,
        help="64 bits that identify the work; without it each file gets its own random ones, which are "
        "printed.",
    ),
    option(
        WATERMARK,
        "--strength",
        type=float,
        callback=strength,
        default=1.0,
        metavar="X",
        help="Strength of the mark: more survives more and is seen sooner; at most 4.  [default: 1]",
    ),
    option(
        WATERMARK,
        "--no-margin",
        is_flag=True,
        help="Do not measure what is left of the mark in a coarse copy of the finished file.",
    ),
    option(
        WATERMARK,
        "--no-watermark",
        is_flag=True,
        help="Write the notice only; picture and sound are not touched.",
    ),
    option(RIGHTS, "--no-metadata", is_flag=True, help="Write the mark only; the metadata is not touched."),
)


@dataclass(frozen=True, slots=True)
class Copies:
    """What is written down of copies, and where."""

    work: str | None
    title: str | None
    recipient: str | None
    channel: str | None
    licence: str | None
    catalogue: str | None
    no_catalogue: bool

    @property
    def options(self) -> CopyOptions:
        """What is written down."""
        return CopyOptions(self.work, self.title, self.recipient, self.channel, self.licence)

    def check(self, *, marked: bool) -> None:
        """Raise UsageError where the options contradict each other, or nothing is marked."""
        if self.work and self.title:
            raise click.UsageError("--work names a work that is there, --title one that is added: not both")
        if self.options == CopyOptions():
            return
        if self.no_catalogue or not marked:
            other = "--no-catalogue" if self.no_catalogue else "--no-watermark"
            raise click.UsageError(f"{other} excludes --work, --title, --recipient, --channel and --licence")


copies = as_one(
    "copies",
    Copies,
    option(
        CATALOGUE,
        "--work",
        metavar="REF",
        help="Which work these are copies of: its number or uid; else a file is known by its content, or a "
        "work is added.",
    ),
    option(CATALOGUE, "--title", metavar="T", help="Title of a work that is added; else the file's name."),
    option(CATALOGUE, "--recipient", metavar="PARTY", help="Who gets these copies: a name, number or uid."),
    option(CATALOGUE, "--channel", metavar="C", help="Where they go, such as `press`."),
    option(CATALOGUE, "--licence", metavar="REF", help="Under which licence."),
    catalogue,
    option(CATALOGUE, "--no-catalogue", is_flag=True, help="Write nothing down."),
)


@dataclass(frozen=True, slots=True)
class Places:
    """What a notice may replace, and where it goes."""

    replace_rights: bool
    sidecar: bool
    notice_optional: bool

    @property
    def given(self) -> bool:
        """Whether any of it was asked for."""
        return self.replace_rights or self.sidecar or self.notice_optional

    def notice_options(self, mine: tuple[str, ...]) -> NoticeOptions:
        """Return the options of `embed_file`; `mine` are the user's names."""
        return NoticeOptions(self.replace_rights, mine, self.sidecar, self.notice_optional)


places = as_one(
    "places",
    Places,
    option(
        RIGHTS,
        "--replace-rights",
        is_flag=True,
        help="Replace what files say of other creators or holders of rights; without it they are refused.",
    ),
    option(
        RIGHTS,
        "--sidecar",
        is_flag=True,
        help="Write an XMP sidecar beside what has no place for a notice, such as AVI, MPEG and raw "
        "photographs; sidecars that are there are brought up to date.",
    ),
    option(
        RIGHTS,
        "--notice-optional",
        is_flag=True,
        help="Mark works that have no place for the notice, too; without it they are refused.",
    ),
)
