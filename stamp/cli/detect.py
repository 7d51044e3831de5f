"""`stamp detect`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from ..core.reports import DetectReport
from ..jobs.keys import KeyFile, find_key, load_key
from ..jobs.plan import Others, inputs
from ..jobs.tasks import DetectTask, Entry
from . import ERROR, NOT_FOUND, OK, options
from .help import WATERMARK, Command, option
from .run import run, say_passed_over
from .screen import Screen, printable

if TYPE_CHECKING:
    from ..core.key import Key


@click.command(cls=Command, short_help="Look for a mark.")
@options.sources
@option(
    WATERMARK,
    "--key-file",
    "key_files",
    type=options.Place(),
    multiple=True,
    metavar="FILE",
    help="The key; may be repeated. Else $STAMP_KEY_FILE, else your own key.",
)
@option(
    WATERMARK,
    "--expect",
    metavar="HEX16",
    callback=options.payload,
    help="Exit with 1 unless every file carries this payload.",
)
@option(
    WATERMARK,
    "--first",
    is_flag=True,
    help="Clips and songs: stop as soon as one mark is certain, and do not tell all spans.",
)
@options.jobs
@options.screen_options("stamp.detect/1")
@options.pass_screen
def command(
    screen: Screen,
    sources: tuple[str, ...],
    key_files: tuple[str, ...],
    expect: bytes | None,
    first: bool,
    jobs: int,
) -> int:
    """Look for a mark in photos, clips and songs, whatever was done to them: recompressed, cropped, scaled,
    turned, mirrored; cut, played faster or higher.

    Exits with 0 if every file has a mark of one of the keys, with 1 if one has none, with 3 if one could not
    be read.
    """
    keys = _told_apart(key_files) or (find_key(),)

    others = 0

    def show(entry: Entry) -> None:
        nonlocal others
        assert isinstance(entry, DetectReport)
        others += not _as_wished(entry, expect)
        screen.line(describe(entry, expect))

    passed_over = Others()
    todo = inputs(sources, passed_over)
    say_passed_over(screen, passed_over)
    failed = run(screen, "detect", DetectTask(keys, first=first, expected=expect), todo, jobs, show)
    return ERROR if failed else NOT_FOUND if others else OK


def _told_apart(files: Sequence[str]) -> tuple[KeyFile, ...]:
    """The keys of these files, each once. Those of one name, such as two of the same month, are shown with
    their files."""
    keys: dict[Key, str] = {}
    for path in files:
        keys.setdefault(load_key(path), path)
    names = Counter(key.name for key in keys)
    return tuple(
        KeyFile.of(
            replace(key, name=printable(f"{key.name}, {path}")[-64:]) if names[key.name] > 1 else key, path
        )
        for key, path in keys.items()
    )


def _as_wished(report: DetectReport, expect: bytes | None) -> bool:
    return report.present and (expect is None or report.carries(expect))


def describe(report: DetectReport, expect: bytes | None = None) -> str:
    """One line on what was found in a file."""
    score = f"score {report.score:.1f} (threshold {report.threshold:.1f})"
    if not report.present:
        return f"{report.path}: no mark  {score}"
    payload = report.payload.hex() if report.payload else "marked, but the payload cannot be read"
    parts = [f"{report.path}: {payload}"]
    if not _as_wished(report, expect):
        parts.append("not the expected payload")
    parts += [f"key {report.key_name}", score, certainty(report.log10_p)]
    parts += [how_turned(report), how_played(report), stretches(report)]
    parts += [f"also {other.payload.hex()} (key {other.key_name})" for other in report.others]
    return "  ".join(part for part in parts if part)


def certainty(log10_p: float) -> str:
    """What log10 p means, for people."""
    if log10_p == -math.inf:
        return "a false alarm is as good as impossible"
    return f"chance of a false alarm below 1 in 10^{math.floor(-log10_p)}"


def how_turned(report: DetectReport) -> str:
    """What was done to a picture since it was marked, as far as was measured; "" for nothing."""
    turn = report.transform
    if turn is None:
        return ""
    parts = []
    if abs(turn.scale - 1) > 0.005:
        parts.append(f"scaled to {100 * turn.scale:.0f} %")
    if abs(turn.aspect - 1) > 0.005:
        parts.append(f"stretched by {turn.aspect:.2f}")
    if abs(turn.rotation_deg) > 0.05:
        parts.append(f"turned by {turn.rotation_deg:.1f} degrees")
    if turn.mirrored:
        parts.append("mirrored")
    return ", ".join(parts)


_TOLD, _PITCH_TOLD = 0.05, 1.0  # percent: the pitch is measured in steps of a band, the tempo much finer


def how_played(report: DetectReport) -> str:
    """How a song plays now compared with how it was marked; "" for the same."""
    tempo, pitch = (100 * (factor or 1) - 100 for factor in (report.tempo, report.pitch))
    if abs(tempo) >= _TOLD and abs(tempo - pitch) < _PITCH_TOLD:
        return f"speed {tempo:+.1f} %"
    parts = [f"tempo {tempo:+.1f} %"] if abs(tempo) >= _TOLD else []
    parts += [f"pitch {pitch:+.1f} %"] if abs(pitch) >= _PITCH_TOLD else []
    return ", ".join(parts)


def stretches(report: DetectReport) -> str:
    """Where in a song the mark was found; "" where that is not known."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in report.spans)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
