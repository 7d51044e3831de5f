"""`stamp embed`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from ..core.credentials import Signed
from ..core.errors import CatalogueError
from ..core.options import CopyOptions
from ..core.reports import EmbedReport, RightsReport
from ..core.url import is_url
from ..formats.sniff import known_kind
from ..jobs.catalogues import CatalogueEntry, catalogue_place, is_there, opened
from ..jobs.config import Defaults
from ..jobs.keys import KeyFile, find_key, find_or_make_key
from ..jobs.plan import inputs
from ..jobs.tasks import EmbedTask, NoticeTask
from . import clip_options, embed_options, options
from .help import Command
from .inbox import check_watch
from .key import say_made
from .run import run_writing
from .screen import Screen
from .signing import Signing, signing_options
from .spoken import spoken
from .visible import Visible, check_visible, visible

_GROWN = 1.05  # times the bytes: a clip that grew by more has this said
_PLANS = {
    "mark": "to be marked",
    "notice": "to get a notice, no mark",
    "sign": "to be signed",
    "skip": "to be left as it is",
}


@click.command(cls=Command, short_help="Mark works and write their rights notice.")
@options.sources
@options.results(
    force="Overwrite outputs that exist, mark works again that carry a mark of this key, and clips even if "
    "something in them cannot be kept."
)
@options.notice
@embed_options.places
@embed_options.mark
@visible
@clip_options.clips
@signing_options
@embed_options.copies
@options.running(
    options.jobs,
    options.resume,
    options.resume_read,
    options.watch,
    options.dry_run,
    options.max_pixels,
    options.many,
)
@options.screen_options("stamp.embed/1", "embed")
@options.pass_screen
def command(
    screen: Screen,
    sources: tuple[str, ...],
    results: options.Results,
    notice: options.Notice,
    places: embed_options.Places,
    mark: embed_options.Mark,
    visible: Visible,
    clips: clip_options.Clips,
    signing: Signing,
    copies: embed_options.Copies,
    run: options.Run,
) -> int:
    """Mark photos, clips and songs with a watermark that is not seen or heard, and write their rights notice.

    Without -o, photo.jpg becomes photo.stamped.jpg beside it. A folder is walked: hidden files and earlier
    outputs (*.stamped.*) are left alone, and its structure is kept under -o DIR. The sources are never
    changed, unless with --in-place.

    What the options leave open is taken from --rights FILE, then from stamp.toml in the current folder or one
    above it, or in your config folder.

    Each marked copy is written down in your catalogue before its file appears: `stamp works list`.
    """
    results.check()
    if run.watch:
        check_watch(screen, sources, results, run)
        run = replace(run, resume=True)
    copies.check(marked=not mark.no_watermark)
    _check(notice, mark, clips, places)
    sign = signing.options()
    if sign and mark.no_watermark:
        raise click.UsageError("--no-watermark excludes --sign: `stamp sign` signs the finished file")
    if not mark.no_watermark and not run.watch:
        _check_use(clips, sources, run)
    drawn = visible.notice()
    if drawn:
        _check_drawn(mark, sources, run)
    found = _rights(screen, notice, mark)
    rights = found.rights if found else None
    key, former = _keys(screen, mark, run)
    allowed = places.notice_options(found.mine if found else ())
    common: dict[str, Any] = {
        "overwrite": results.force,
        "in_place": results.in_place,
        "resume": run.resumes,
        "dry_run": run.dry_run,
        "journal": results.journal,
        "preserve_times": results.keeps_times,
    }
    task: EmbedTask | NoticeTask
    if key is not None:
        encoding = clips.embed_options(lossy=results.force, margin=not mark.no_margin)
        common |= {"former": former, "visible": drawn, "entry": _entry(screen, copies, run), "sign": sign}
        task = EmbedTask(key, mark.payload, rights, mark.strength, encoding, notice=allowed, **common)
    else:
        assert rights is not None
        task = NoticeTask(rights, notice=allowed, **common)
    return run_writing(screen, "embed", task, sources, results, run, describe)


def _check(
    notice: options.Notice, mark: embed_options.Mark, clips: clip_options.Clips, places: embed_options.Places
) -> None:
    """Raise UsageError where options contradict each other."""
    given = notice.rights().values() or notice.no_ai or notice.rights_file or places.given
    if mark.no_metadata and given:
        raise click.UsageError("--no-metadata excludes the options that write a rights notice")
    if mark.no_watermark and mark.payload:
        raise click.UsageError("--no-watermark and --payload exclude each other")
    if mark.no_watermark and (mark.strength != 1 or clips.embed_options(lossy=False).idle("image")):
        raise click.UsageError("--no-watermark excludes the options that say how a work is marked")
    if mark.no_watermark and mark.no_metadata:
        raise click.UsageError("nothing to do: --no-watermark and --no-metadata exclude each other")


def _check_drawn(mark: embed_options.Mark, sources: Sequence[str], run: options.Run) -> None:
    """Raise UsageError where a visible notice would be drawn into nothing."""
    if mark.no_watermark:
        raise click.UsageError("--visible is drawn into what is marked: leave out --no-watermark")
    if not run.watch:
        check_visible(sources, run)


def _check_use(clips: clip_options.Clips, sources: Sequence[str], run: options.Run) -> None:
    """Raise UsageError for options that would do nothing for any of the works. What is not known might be a
    clip: its reader will say what is wrong with it."""
    wanted = clips.embed_options(lossy=False)
    idle = set(wanted.idle("image"))
    if any(map(is_url, sources)):  # each says so itself
        return
    for job in inputs(sources, run.selection()) if idle else ():
        idle &= set(wanted.idle(known_kind(job.path) or "video"))
        if not idle:
            return
    if idle:
        names = ", ".join(sorted(map(spoken, idle)))
        raise click.UsageError(f"{names}: for clips, and there is none among these works")


def _rights(screen: Screen, notice: options.Notice, mark: embed_options.Mark) -> Defaults | None:
    """The notice that is to be written, and the user's names; None for no notice."""
    if mark.no_metadata:
        return None
    found = notice.gather()
    if found.rights.values():
        return found
    if mark.no_watermark:
        raise click.UsageError("no rights to write: give --copyright, --rights FILE, or a stamp.toml")
    screen.say("stamp: no rights notice to write: give --copyright, --rights FILE, or a stamp.toml")
    return None


def _keys(
    screen: Screen, mark: embed_options.Mark, run: options.Run
) -> tuple[KeyFile | None, tuple[KeyFile, ...]]:
    """The key, None where there is to be no watermark, and former keys."""
    if len(mark.key_files) > 1 and not run.resumes:
        raise click.UsageError("works are marked with one key: more --key-file go with --resume")
    former = tuple(find_key(path) for path in mark.key_files[1:])
    if mark.no_watermark:
        return None, former
    key, made = find_or_make_key(mark.key_files[0] if mark.key_files else None, dry_run=run.dry_run)
    if made and run.dry_run:
        screen.say(f"stamp: no key yet: a run would make {made}")
    elif made:
        say_made(screen, key, made)
    return key, former


def _entry(screen: Screen, copies: embed_options.Copies, run: options.Run) -> CatalogueEntry | None:
    """Where the copies are written down; None for nowhere."""
    if copies.no_catalogue or run.dry_run:
        return None
    place = catalogue_place(copies.catalogue)
    if place is None:
        if copies.options != CopyOptions():
            raise click.UsageError("there is no catalogue to write this down in: give --catalogue FILE")
        return None
    is_new = not is_there(place)
    try:
        catalogue = opened(place)
    except CatalogueError as error:
        raise CatalogueError(f"{error} (--no-catalogue marks without)") from error
    if is_new:
        what = (
            "what you mark is written down there; `stamp works list` shows it, --no-catalogue leaves it out"
        )
        screen.say(f"stamp: made your catalogue, {place}: {what}")
    return CatalogueEntry(place, catalogue.resolved(copies.options))


def describe(report: EmbedReport) -> str:
    """One line on a stamped file, or on one that would be stamped."""
    parts = [f"{report.output}:"]
    if report.planned:
        parts = [f"{report.path} -> {report.output}: {_PLANS[report.action]}"]
    if report.payload:
        parts.append(f"payload {report.payload.hex()}")
    if report.resumed and not report.planned:
        parts.append("already done")
    if report.known:
        parts.append(f"work #{report.known.number}")
    if report.psnr_db is not None and report.ssim is not None:
        parts.append(f"PSNR {report.psnr_db:.1f} dB  SSIM {report.ssim:.4f}")
    if report.marked_share is not None:
        parts.append(f"{report.marked_share:.0%} of the sound marked")
    if report.visible:
        parts.append(f"visible, contrast {report.visible.contrast:.1f}")
    if report.margin and report.margin.holds:
        parts.append(report.margin.words)
    if report.kind == "video" and report.growth is not None and report.growth > _GROWN:
        parts.append(sizes(report.bytes_before or 0, report.bytes_after or 0))
    if report.metadata:
        parts += changes(report.metadata)
    if report.credentials:
        parts.append(signed(report.credentials))
    return "  ".join(parts)


def signed(credentials: Signed) -> str:
    """How a file was signed, in a few words."""
    beside = f", beside it {credentials.sidecar.name}" if credentials.sidecar else ""
    return f"signed by {credentials.signer}{beside}"


def sizes(before: int, after: int) -> str:
    """Two sizes of a file in one unit: "2.75 MB, was 1.75"."""
    units = (("GB", 10**9), ("MB", 10**6), ("kB", 10**3), ("bytes", 1))
    name, unit = next((each for each in units if after >= each[1]), units[-1])
    return f"{after / unit:.2f} {name}, was {before / unit:.2f}"


def changes(report: RightsReport) -> list[str]:
    """What became of a notice, in a few words for each kind of change."""
    words = (
        ("wrote", report.written),
        ("took out", report.removed),
        ("kept", report.unchanged),
        ("no place for", tuple(report.unsupported)),
    )
    said = [f"{label} {', '.join(names)}" for label, names in words if names]
    return [*said, *(f"beside it {path.name}" for path in report.sidecars.values())]
