"""ADR 119. How far off is the scale of a crop that the constellation shows, and do the pilots show it better?

    python -m benchmarks.studies.adr0119_small_crops --photos FOLDER

Crops at one pixel a pixel of marked photos. For the candidate nearest to the truth: its rank among all
upright scales by the constellation, the error after it was refined on the constellation, and the pilots'
highest correlation there, after sharpening, and at the true scale, in deviations.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import stamp
from benchmarks.common import photos, runner, steps
from benchmarks.studies.of_photos import Rows, Task, study
from stamp.core.key import Key
from stamp.watermark.image.carrier import carriers
from stamp.watermark.image.grid import STANDARD
from stamp.watermark.image.luma import luma_plane
from stamp.watermark.image.matched_filter import MatchedFilter
from stamp.watermark.image.sync import refine, spectrum, upright_candidates, windowed

PAYLOAD = bytes.fromhex("0123456789abcdef")
SHARES = (0.5, 0.25, 0.1)
NEAR = 0.02  # of the true scale
SURE = 5.7  # deviations, which no wrong geometry has


def measure(task: Task) -> Rows:
    path, size, seed = task
    pixels, key = photos.load(path, size, seed), Key.generate("study")
    marked = stamp.embed(pixels, PAYLOAD, key=key)
    true = (marked.shape[0] * marked.shape[1] / STANDARD.area) ** 0.5
    rows = []
    for share in SHARES:
        crop = steps.crop(share).apply(marked, np.random.default_rng([seed, round(100 * share)]))
        work = luma_plane(crop, None, crop.shape[0] * crop.shape[1])
        s, c = spectrum(windowed(work)), carriers(key)
        found = [
            each
            for each in upright_candidates(s, c.frequencies, stretched=False, count=200, zooms=200)
            if each.affine[0, 0] > 0 and each.affine[1, 1] > 0
        ]
        errors = [abs(np.log(each.affine[0, 0] * true)) for each in found]
        rank = int(np.argmin(errors))
        refined = refine(s, c.frequencies, found[rank])
        matched = MatchedFilter.of(work, key)
        rows.append(
            {
                "photo": path.name,
                "share": share,
                "rank": rank + 1 if errors[rank] < NEAR else None,
                "error": float(abs(np.log(refined[0, 0] * true))),
                "refined": matched.peak(refined),
                "sharpened": matched.sharpened(found[rank], refined)[0],
                "true": matched.peak(np.eye(2) / true),
                "small": matched.small_crops(1)[0][0],
            }
        )
    return rows


def markdown(document: dict[str, Any]) -> str:
    """Photos by share: where the pilots stand out, and how the scale was found."""
    head = ["crop", "photos", "first by the constellation", "median error after refining, %"]
    head += [
        f"peak of {SURE} and more: {each}" for each in ("refined", "sharpened", "small crops", "true scale")
    ]
    body = []
    for share in SHARES:
        rows = [row for row in document["rows"] if row["share"] == share]
        sure = [sum(row[name] >= SURE for row in rows) for name in ("refined", "sharpened", "small", "true")]
        error = float(np.median([row["error"] for row in rows]))
        first = sum(row["rank"] == 1 for row in rows)
        body.append([f"{share:.0%}", len(rows), first, f"{100 * error:.2f}", *sure])
    return runner.table(head, body)


if __name__ == "__main__":
    study("adr0119_small_crops", __doc__, measure, markdown, lambda row: (row["photo"], -row["share"]))
