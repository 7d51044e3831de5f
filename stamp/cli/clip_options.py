"""How marked clips are encoded: a group of options, as those in `options`."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click

from ..core.errors import ArgumentError
from ..core.options import CODECS, PLATFORMS, EmbedOptions
from .help import CLIPS, option
from .options import as_one


def bit_rate(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Callback for a bit rate: a number, with k or M for thousands and millions of bit/s."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kM]?)", value)
    rate = round(float(found[1]) * {"": 1, "k": 1000, "M": 1_000_000}[found[2]]) if found else 0
    try:
        EmbedOptions(max_bit_rate=rate)
    except ArgumentError as error:
        raise click.BadParameter(f"{value!r} is no bit rate from 10k on; give 800k, 4M or bit/s") from error
    return rate


def size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Callback for a size: a number, with k, M or G for thousands, millions and billions of bytes."""
    if value is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([kMG]?)", value)
    given = round(float(found[1]) * {"": 1, "k": 10**3, "M": 10**6, "G": 10**9}[found[2]]) if found else 0
    try:
        EmbedOptions(fit_size=given)
    except ArgumentError as error:
        raise click.BadParameter(f"{value!r} is no size from 50k on; give 800k, 10M or bytes") from error
    return given


@dataclass(frozen=True, slots=True)
class Clips:
    """How a marked clip is encoded."""

    platform: str | None
    codec: str | None
    crf: float | None
    preset: str | None
    max_bit_rate: int | None
    fit_size: int | None
    audio: bool

    def embed_options(self, *, lossy: bool, margin: bool = True) -> EmbedOptions:
        """Return the options of `embed_file`."""
        return EmbedOptions(
            self.codec,
            self.crf,
            self.preset,
            self.platform,
            lossy=lossy,
            audio=self.audio,
            max_bit_rate=self.max_bit_rate,
            margin=margin,
            fit_size=self.fit_size,
        )


clips = as_one(
    "clips",
    Clips,
    option(
        CLIPS,
        "--platform",
        type=click.Choice(PLATFORMS),
        metavar="NAME",
        help=f"Prepare clips for {', '.join(PLATFORMS)}, and say what it would like otherwise.",
    ),
    option(
        CLIPS,
        "--codec",
        type=click.Choice(CODECS),
        metavar="C",
        help=f"Another codec than the clip's own ({', '.join(CODECS)}).",
    ),
    option(
        CLIPS,
        "--crf",
        type=click.FloatRange(min=0, max=63),
        metavar="Q",
        help="The encoder's scale of quality, lower is better; visually lossless without it.",
    ),
    option(CLIPS, "--preset", metavar="P", help="The encoder's own word for its speed."),
    option(
        CLIPS,
        "--max-bitrate",
        "max_bit_rate",
        metavar="RATE",
        callback=bit_rate,
        help="The most that pictures may take: 800k, 4M or bit/s.",
    ),
    option(
        CLIPS,
        "--fit-size",
        metavar="SIZE",
        callback=size,
        help="The most that a marked clip may have: 800k, 10M or bytes.",
    ),
    option(CLIPS, "--audio", is_flag=True, help="Mark the sound, too, with the same payload."),
)
