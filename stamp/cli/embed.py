"""`stamp embed`."""

from __future__ import annotations

from pathlib import Path

import click

from ..core.errors import RightsError
from ..core.options import EmbedOptions
from ..core.reports import EmbedReport
from ..core.rights import Rights
from ..jobs.config import gather_rights, load_key, load_or_make_key
from ..jobs.plan import Others, plan
from ..jobs.tasks import EmbedTask, Entry, tidy
from ..pipeline.receipts import Receipts
from . import ERROR, OK, options
from .document import receipt_file
from .run import run, say_passed_over
from .screen import Screen


@click.command(short_help="Mark works and write their rights notice.")
@options.sources
@click.option(
    "-o",
    "--output",
    type=options.Place(),
    metavar="FILE|DIR",
    help="Where results go; a DIR keeps the names.",
)
@click.option(
    "--key-file",
    "key_files",
    type=options.Place(),
    multiple=True,
    metavar="FILE",
    help="The key; else $STAMP_KEY_FILE, else the user's own key. With --resume, more are former keys, whose "
    "marks count as done.",
)
@click.option(
    "--payload",
    metavar="HEX16",
    callback=options.payload,
    help="64 bits that identify the work; without it each file gets its own random ones, which are printed.",
)
@click.option(
    "--copyright", "copyright_notice", metavar="T", help="Copyright notice; {year} becomes the current year."
)
@click.option("--creator", "creators", metavar="T", multiple=True, help="A creator's name; may be repeated.")
@click.option("--credit", "credit_line", metavar="T", help="How to credit the work.")
@click.option("--web-statement", metavar="URL", help="Page with the licence or the rights.")
@click.option("--usage-terms", metavar="T", help="What may be done with the work.")
@click.option("--licensor-url", metavar="URL", help="Page where a licence can be had.")
@click.option("--no-ai", is_flag=True, help="Say that the work must not be used to train AI models.")
@click.option(
    "--rights",
    "rights_file",
    type=options.Place(),
    metavar="FILE",
    help="Rights from a TOML file; options win.",
)
@click.option(
    "--remove",
    is_flag=True,
    help="Take the notice out again, where it says what the options, the TOML file or stamp.toml say; "
    "the watermark stays.",
)
@click.option(
    "--undo",
    type=options.Place(),
    metavar="RECEIPT",
    help="Bring back the notice that was there before, by the receipt of the run that changed it.",
)
@click.option(
    "--receipt",
    type=options.Place(),
    metavar="FILE",
    help="Write down, as JSON, what was changed where, with hashes of the files and of the work itself.",
)
@click.option(
    "--no-watermark", is_flag=True, help="Write the notice only; picture and sound are not touched."
)
@click.option("--no-metadata", is_flag=True, help="Write the mark only; the metadata is not touched.")
@click.option(
    "--strength",
    type=float,
    callback=options.strength,
    default=1.0,
    metavar="X",
    help="Strength of the mark: more survives more and is seen sooner; at most 4.  [default: 1]",
)
@options.clip_options
@options.jobs
@click.option(
    "--resume", is_flag=True, help="Skip what is done: outputs that carry the mark and the notice already."
)
@click.option("--in-place", is_flag=True, help="Replace the sources themselves.")
@click.option(
    "--force",
    is_flag=True,
    help="Overwrite outputs that exist, and mark clips even if something in them cannot be kept.",
)
@options.screen_options("stamp.embed/1")
@options.pass_screen
def command(
    screen: Screen,
    sources: tuple[str, ...],
    output: str | None,
    key_files: tuple[str, ...],
    payload: bytes | None,
    copyright_notice: str | None,
    creators: tuple[str, ...],
    credit_line: str | None,
    web_statement: str | None,
    usage_terms: str | None,
    licensor_url: str | None,
    no_ai: bool,
    rights_file: str | None,
    remove: bool,
    undo: str | None,
    receipt: str | None,
    no_watermark: bool,
    no_metadata: bool,
    strength: float,
    platform: str | None,
    codec: str | None,
    crf: float | None,
    preset: str | None,
    audio: bool,
    jobs: int,
    resume: bool,
    in_place: bool,
    force: bool,
) -> int:
    """Mark photos, clips and songs with a watermark that is not seen or heard, and write their rights notice.

    Without -o, photo.jpg becomes photo.stamped.jpg beside it. A folder is walked: hidden files and earlier
    outputs (*.stamped.*) are left alone, unless for --remove and --undo, and its structure is kept under -o
    DIR. The sources are never changed, unless with --in-place.

    What the options leave open is taken from --rights FILE, then from stamp.toml in the current folder or one
    above it, or in your config folder.
    """
    if in_place and output:
        raise click.UsageError("--in-place and -o exclude each other")
    try:
        rights = Rights(
            copyright_notice=copyright_notice,
            creators=creators,
            credit_line=credit_line,
            web_statement=web_statement,
            usage_terms=usage_terms,
            licensor_url=licensor_url,
        )
    except RightsError as error:
        raise click.UsageError(str(error)) from error
    given = bool(rights.values() or no_ai or rights_file)
    if no_metadata and given:
        raise click.UsageError("--no-metadata excludes the options that write a rights notice")
    if no_watermark and payload:
        raise click.UsageError("--no-watermark and --payload exclude each other")
    if no_watermark and no_metadata:
        raise click.UsageError("nothing to do: --no-watermark and --no-metadata exclude each other")

    if remove and (no_metadata or payload or resume):
        raise click.UsageError("--remove excludes --no-metadata, --payload and --resume")
    if undo and (given or remove or no_metadata or payload or resume):
        raise click.UsageError("--undo takes all from the receipt: no options for a notice or a mark")
    no_watermark = no_watermark or remove or undo is not None
    nothing = no_metadata or undo is not None
    rights = Rights() if nothing else gather_rights(rights.without_ai() if no_ai else rights, rights_file)
    if not rights.values() and not nothing:
        if no_watermark:
            what = "remove" if remove else "write"
            raise click.UsageError(f"no rights to {what}: give --copyright, --rights FILE, or a stamp.toml")
        screen.say("stamp: no rights notice to write: give --copyright, --rights FILE, or a stamp.toml")
    if len(key_files) > 1 and not resume:
        raise click.UsageError("works are marked with one key: more --key-file go with --resume")
    key, former = None, tuple(load_key(path) for path in key_files[1:])
    if not no_watermark:
        key, made = load_or_make_key(key_files[0] if key_files else None)
        if made:
            screen.say(f"stamp: made your key, {made}: keep a copy; without it no mark can be found")

    task = EmbedTask(
        key=key,
        payload=payload,
        rights=rights if rights.values() else None,
        strength=strength,
        watermark=not no_watermark,
        force=force,
        resume=resume,
        in_place=in_place,
        options=EmbedOptions(codec, crf, preset, platform, lossy=force, audio=audio),
        remove=remove,
        undo=None if undo is None else Receipts(Path(undo)),
        receipt=receipt is not None,
        former=former,
    )

    def show(entry: Entry) -> None:
        assert isinstance(entry, EmbedReport)
        screen.line(describe(entry))
        for note in entry.notes:
            screen.say(f"{entry.path}: {note}")

    passed_over = Others()
    todo = plan(
        sources, output=output, in_place=in_place, again=remove or undo is not None, others=passed_over
    )
    if screen.verbose:
        say_passed_over(screen, passed_over)
    if resume:
        tidy(todo)
    if receipt is None:
        failed = run(screen, "embed", task, todo, jobs, show)
    else:
        with receipt_file(Path(receipt), overwrite=force) as record:
            failed = run(screen, "embed", task, todo, jobs, show, record)
    return ERROR if failed else OK


def describe(report: EmbedReport) -> str:
    """One line on a stamped file."""
    parts = [f"{report.output}:"]
    if report.payload:
        parts.append(f"payload {report.payload.hex()}")
    if report.resumed:
        parts.append("already done")
    if report.psnr_db is not None and report.ssim is not None:
        parts.append(f"PSNR {report.psnr_db:.1f} dB  SSIM {report.ssim:.4f}")
    if report.marked_share is not None:
        parts.append(f"{report.marked_share:.0%} of the sound marked")
    if report.metadata:
        for label, names in (
            ("wrote", report.metadata.written),
            ("took out", report.metadata.removed),
            ("kept", report.metadata.unchanged),
            ("no place for", tuple(report.metadata.unsupported)),
        ):
            if names:
                parts.append(f"{label} {', '.join(names)}")
    return "  ".join(parts)
