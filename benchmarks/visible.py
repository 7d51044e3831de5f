"""Can a visible notice be read on any photo, and is the mark below it read as without it?

    python -m benchmarks.visible --photos sample_media ../shared/media/images/photos -j 2

Each photo, made at most 2000 pixels long, gets a notice at its usual size, "auto" and in the lower right
corner, and is marked. Its contrast (the letters' worst tenth to the worst tenth of what is around them) is
taken as it was drawn, and from the finished file. Then the photo is marked without a notice, with this one,
and with one that is tiled; copies of all three are searched.

A photo that cannot be marked, or is too small, is left out with the reason.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps

import stamp
from benchmarks.common import photos, runner
from stamp.media.image.canvas import Canvas
from stamp.media.image.opening import read_picture
from stamp.overlay.notice import Drawing

TEXT = "© 2026 Ada Lovelace"
NOTICES = {
    "none": None,
    "corner": stamp.VisibleNotice(TEXT),
    "tiled": stamp.VisibleNotice(TEXT, tile=True),
}
ATTACKS = ("none", "JPEG 70", "half size, JPEG 70", "crop to 75 % of the sides, JPEG 70")
KEY = stamp.Key(bytes(range(32)), "visible")
PAYLOAD = b"visible!"
LONGEST, LEAST = 2000, 300


@dataclass(frozen=True)
class Tried:
    """One photo. contrast : as drawn, and in the file. read : notice -> attack -> whether."""

    photo: str
    contrast: tuple[float, float] = (0.0, 0.0)
    read: dict[str, dict[str, bool]] | None = None
    left_out: str | None = None


def tried(path: Path) -> Tried:
    """Draw, mark, attack and search one photo."""
    try:
        with Image.open(path) as image:
            shown = ImageOps.exif_transpose(image).convert("RGB")
    except OSError as error:
        return Tried(path.name, left_out=str(error))
    shown.thumbnail((LONGEST, LONGEST))
    if min(shown.size) < LEAST:
        return Tried(path.name, left_out=f"{shown.width}x{shown.height} pixels")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shown.save(folder / "photo.jpg", quality=92, subsampling=0)
        try:
            reports = {word: _marked(folder, word) for word in NOTICES}
        except stamp.HostError as error:
            return Tried(path.name, left_out=str(error).partition(": ")[2])
        read = {
            word: {attack: _read(folder / f"{word}.jpg", attack) for attack in ATTACKS} for word in NOTICES
        }
        drawn = reports["corner"].visible
        assert drawn
        drawing = Drawing(NOTICES["corner"], Canvas(read_picture(folder / "photo.jpg")))  # type: ignore[arg-type]
        in_file = drawing.measured(Canvas(read_picture(folder / "corner.jpg")))
    return Tried(path.name, (drawn.contrast, in_file), read)


def _marked(folder: Path, word: str) -> stamp.EmbedReport:
    return stamp.embed_file(
        folder / "photo.jpg", folder / f"{word}.jpg", PAYLOAD, key=KEY, visible=NOTICES[word]
    )


def _read(path: Path, attack: str) -> bool:
    with Image.open(path) as image:
        image.load()
    if "half" in attack:
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    if "crop" in attack:
        width, height = image.size
        image = image.crop((width // 8, height // 8, width - width // 8, height - height // 8))
    copy = path.with_name("copy.jpg")
    if attack == "none":
        copy.write_bytes(path.read_bytes())
    else:
        image.save(copy, quality=70)
    return stamp.detect_file(copy, keys=KEY).payload == PAYLOAD


def brief(document: dict[str, Any]) -> str:
    """The tables."""
    done = [each for each in document["photos"] if not each["left_out"]]
    rows = []
    for place, where in enumerate(("as drawn", "in the marked file")):
        values = np.array([each["contrast"][place] for each in done])
        shares = [f"{np.mean(values >= least):.0%}" for least in (4.5, 3.0)]
        rows.append((where, *shares, f"{np.median(values):.1f}", f"{values.min():.1f}"))
    contrast = runner.table(("contrast", "at least 4.5", "at least 3", "median", "least"), rows)
    read = runner.table(
        ("marks read", "no notice", "in a corner", "tiled"),
        (
            (
                attack,
                *(f"{sum(each['read'][word][attack] for each in done)} of {len(done)}" for word in NOTICES),
            )
            for attack in ATTACKS
        ),
    )
    return f"{contrast}\n{read}"


def main() -> None:
    options = runner.parser("visible", __doc__).parse_args()
    options.tools = ["stamp"]
    paths = photos.find(options.photos)[: 6 if options.quick else None]
    results = sorted(
        runner.spread(tried, paths, jobs=options.jobs, label="photos"), key=lambda each: each.photo
    )
    document = {"photos": [vars(each) for each in results], "stamp": version("stamp-media")}
    left_out = [f"- {each.photo}: {each.left_out}" for each in results if each.left_out]
    markdown = brief(document) + ("\nLeft out:\n\n" + "\n".join(left_out) + "\n" if left_out else "")
    runner.write(options, document, markdown, {})


if __name__ == "__main__":
    main()
