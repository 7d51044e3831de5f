"""ADR 126. How much should calm places count where pilots and constellation are looked for?

    python -m benchmarks.studies.adr0126_calm_places --photos FOLDER

Marked photos, cropped to half, turned, or scanned. In the right geometry: the score of the constellation and
the highest correlation of the pilots, in deviations, if each place of the whitened picture is divided by its
deviation to a power. Of scans, which are turned by up to a degree, the highest correlation of all turns to 3
degrees, at any place of the tile and near that where the middle of a whole picture is; and what another key
has there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import stamp
from benchmarks.common import photos, runner, steps
from benchmarks.studies.of_photos import Rows, Task, study
from stamp.core.key import Key
from stamp.watermark.common.filters import whitened
from stamp.watermark.image import matched_filter, sync
from stamp.watermark.image.carrier import carriers
from stamp.watermark.image.grid import STANDARD, canonical_shape
from stamp.watermark.image.luma import luma_plane
from stamp.watermark.image.matched_filter import MatchedFilter
from stamp.watermark.image.sync import Plane, spectrum, turn, windowed

KEY, OTHER = Key(bytes(range(32)), "study"), Key(bytes(range(1, 33)), "other")
PAYLOAD = bytes.fromhex("0123456789abcdef")
SCAN = "print and scan"
POWERS = (0.0, 0.3, 0.5, 0.8)
ATTACKS = {
    "crop 50 % + JPEG 60": (steps.crop(0.5), steps.jpeg(60)),
    "rotate 5 + JPEG 75": (steps.rotate(5), steps.jpeg(75)),
    SCAN: (steps.print_and_scan(),),
}
TURNS = np.radians(np.arange(-3, 3.01, 0.1))


def constellation_score(work: Plane, affine: matched_filter.Affine, frequencies: Any) -> float:
    """The score of the constellation within a percent of a scale."""
    s = spectrum(windowed(work))
    atlas = sync.atlas_of(s.power, s.size)
    near = [[affine * np.exp(zoom)] for zoom in np.arange(-0.008, 0.0081, 0.002)]
    return max(found.score for found in sync._best_near(atlas, frequencies, near, "affine"))


def measure(task: Task) -> Rows:
    path, size, seed = task
    pixels = photos.load(path, size, seed)
    marked = stamp.embed(pixels, PAYLOAD, key=KEY)
    true = (marked.shape[0] * marked.shape[1] / STANDARD.area) ** 0.5
    rows = []
    for name, edits in ATTACKS.items():
        found = marked
        for edit in edits:
            found = edit.apply(found, np.random.default_rng([seed, len(name)]))
        work = luma_plane(found, None, found.shape[0] * found.shape[1])
        angle = np.radians(5) if name.startswith("rotate") else 0.0
        for power in POWERS:

            def whiten(plane: Plane, power: float = power) -> Plane:
                white, deviation = whitened(plane)
                return white / deviation ** np.float32(power)

            sync.whiten = matched_filter.whiten = whiten  # type: ignore[attr-defined]
            matched, frequencies = MatchedFilter.of(work, KEY), carriers(KEY).frequencies
            row = {"photo": path.name, "attack": name, "power": power}
            if name == SCAN:
                shape = canonical_shape(work.shape)
                whole, middle = np.eye(2) * shape[0] / work.shape[0], np.array(shape) / 2
                row["peak"] = max(matched.peak(whole @ turn(each), turned=False) for each in TURNS)
                row["near"] = max(matched.peak_near(whole @ turn(each), middle, 4) for each in TURNS)
                other = MatchedFilter.of(work, OTHER)
                row["chance"] = max(other.peak(whole @ turn(each), turned=False) for each in TURNS)
                row["chance_near"] = max(other.peak_near(whole @ turn(each), middle, 4) for each in TURNS)
            else:
                affine = turn(-angle) / true
                row["constellation"] = constellation_score(work, affine, frequencies)
                row["peak"] = matched.peak(affine, turned=False)
            rows.append(row)
    return rows


def markdown(document: dict[str, Any]) -> str:
    """Means over all photos, and over the seventh of them that has the lowest."""
    head = ["attack", "power", "constellation", "of the lowest", "pilots", "of the lowest"]
    head += ["other key", "pilots near the middle", "of the lowest", "other key"]
    body = []
    for name in ATTACKS:
        for power in POWERS:
            rows = [row for row in document["rows"] if (row["attack"], row["power"]) == (name, power)]
            cells: list[object] = [name, power]
            for value, lowest in (
                ("constellation", 1),
                ("peak", 1),
                ("chance", 0),
                ("near", 1),
                ("chance_near", 0),
            ):
                values = np.sort([row.get(value, np.nan) for row in rows])
                cells.append(f"{values.mean():.1f}")
                if lowest:
                    cells.append(f"{values[: max(1, len(values) // 7)].mean():.1f}")
            body.append(["" if cell == "nan" else cell for cell in cells])
    return runner.table(head, body)


if __name__ == "__main__":
    study(
        "adr0126_calm_places",
        __doc__,
        measure,
        markdown,
        lambda row: (row["photo"], row["attack"], row["power"]),
    )
