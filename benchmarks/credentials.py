"""Does a copy that has lost its Content Credentials lead back to them?

    python -m benchmarks.credentials --photos FOLDER --clips FOLDER

Each work is marked and signed, and its manifest kept in one store with those of all others. Copies that
have lost everything written are then looked up by their marks. Wrong is a manifest of another work, and any
manifest for a work that was never marked.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.common import clips, photos, runner
from benchmarks.common import steps as s
from benchmarks.common.attacks import chain
from stamp.core.key import Key
from stamp.core.options import SignOptions
from stamp.pipeline.credentials import read_credentials
from stamp.pipeline.files import embed_file
from stamp.provenance.certificates import Made, new_chain

KEY = Key(bytes(range(32)), "benchmark")
SIZE = photos.Size(1152, 768)
STILLS = {
    made.name: made
    for made in (
        chain(s.jpeg(75), name="saved again, JPEG 75"),
        chain(s.webp(60), name="WebP 60"),
        chain(s.crop(0.5), s.jpeg(80), name="half of the area, JPEG 80"),
        chain(s.crop(0.81), s.resize(0.8), s.jpeg(80), name="screenshot"),
        chain(s.fit(1024), s.jpeg(70), name="messenger: 1024 px, JPEG 70"),
        chain(s.fit(640), s.sharpen(), s.jpeg(70), name="feed: 640 px, sharpened, JPEG 70"),
    )
}
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-map_metadata", "-1", "-an")
FILMS = {
    "saved again, x264 crf 28": ("-crf", "28"),
    "360 rows, crf 28": ("-vf", "scale=-2:360", "-crf", "28"),
    "cropped to 80 % x 80 %, crf 26": ("-vf", "crop=trunc(iw*0.4)*2:trunc(ih*0.4)*2", "-crf", "26"),
}
Row = tuple[str, str]
"""A case, and what came of it: "recovered", "lost" or "wrong"."""


def looked_up(copy: Path, identifier: str | None, made: Made, store: Path) -> str:
    """What came of looking a copy up; `identifier` is that of the right manifest."""
    found = read_credentials(copy, trust=made.root, store=store, keys=[KEY])
    if found.status == "none":
        return "lost"
    right = found.status == "recovered" and found.manifest and found.manifest.identifier == identifier
    return "recovered" if right else "wrong"


def signed(source: Path, target: Path, made: Made, store: Path) -> str:
    """Mark and sign a work, and return the name of its manifest."""
    report = embed_file(source, target, key=KEY, sign=SignOptions(made.chain, made.key, store=store))
    assert report.credentials
    return report.credentials.identifier


def photo(task: tuple[Path, Path, Made, int]) -> list[Row]:
    path, folder, made, seed = task
    own = photos.seed_of(path, seed)
    source, target, copy = (folder / f"{path.stem}{end}" for end in (".jpg", ".signed.jpg", ".copy.png"))
    Image.fromarray(photos.load(path, SIZE, own)).save(source, quality=92)
    identifier = signed(source, target, made, folder / "store")
    with Image.open(target) as image:
        pixels = np.asarray(image.convert("RGB"))
    rows = [("photos never marked", looked_up(source, None, made, folder / "store"))]
    for name, attack in STILLS.items():
        Image.fromarray(attack(pixels, own)).save(copy)
        rows.append((f"photo: {name}", looked_up(copy, identifier, made, folder / "store")))
    return rows


def clip(task: tuple[Path, Path, Made, float]) -> list[Row]:
    path, folder, made, seconds = task
    source, target, copy = (folder / f"{path.name}{end}.mp4" for end in ("", ".signed", ".copy"))
    _ffmpeg("-i", path, "-t", str(seconds), *X264, "-crf", "14", "-pix_fmt", "yuv420p", source)
    identifier = signed(source, target, made, folder / "store")
    rows = [("clips never marked", looked_up(source, None, made, folder / "store"))]
    for name, how in FILMS.items():
        _ffmpeg("-i", target, *X264, *how, copy)
        rows.append((f"clip: {name}", looked_up(copy, identifier, made, folder / "store")))
    return rows


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-y", "-v", "error", "-nostdin", *map(str, arguments)], check=True)


def table(rows: list[Row]) -> Iterator[list[object]]:
    """A line a case, and one for all photos and for all clips."""
    cases: dict[str, list[str]] = {}
    for case, outcome in rows:
        cases.setdefault(case, []).append(outcome)
    for kind in ("photo", "clip"):
        cases[f"all {kind}s"] = [what for case, what in rows if case.startswith(f"{kind}: ")]
    for case, outcomes in cases.items():
        yield [case, len(outcomes), *(outcomes.count(what) for what in ("recovered", "lost", "wrong"))]


def main() -> None:
    parser = clips.parser("credentials", __doc__, seconds=4)
    parser.add_argument("--photos", nargs="+", type=Path, required=True, help="files or folders")
    parser.add_argument("--most", type=int, default=24, help="photos, and a quarter as many clips [24]")
    options = parser.parse_args()
    stills, _ = photos.usable(options.photos, SIZE)
    films = [path for path in clips.find(options.clips) if clips.seconds_of(path) >= options.seconds]
    stills, films = stills[: options.most], films[: options.most // 4]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        made = new_chain(folder / "certificates", "Benchmark")
        todo = [(path, folder, made, options.seed) for path in stills]
        rows = [row for some in runner.spread(photo, todo, jobs=options.jobs, label="photos") for row in some]
        more = [(path, folder, made, options.seconds) for path in films]
        rows += [row for some in runner.spread(clip, more, jobs=options.jobs, label="clips") for row in some]
    header = ["case", "copies", "recovered", "lost", "wrong"]
    document = {
        "photos": [path.name for path in stills],
        "clips": [path.name for path in films],
        "rows": rows,
    }
    runner.write(options, document, runner.table(header, table(rows)), {})


if __name__ == "__main__":
    main()
