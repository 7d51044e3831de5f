"""ADR 120. At one energy, which levels of the transform should carry more of a picture's mark?

    python -m benchmarks.studies.adr0120_level_gains --photos FOLDER

Each photo is marked with several gains of the four levels, and read after attacks that leave little of it, at
its own place: nothing is searched. Crops are of parts whose place is known.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
from skimage.metrics import peak_signal_noise_ratio

import stamp
from benchmarks.common import photos, runner, steps
from benchmarks.common.attacks import ATTACKS, COMBINATIONS, ODD, chain
from benchmarks.common.steps import Pixels
from benchmarks.fidelity.run import ssimulacra2
from benchmarks.studies.of_photos import Rows, Task, study
from stamp.core.key import Key
from stamp.watermark.image import mask
from stamp.watermark.image.carrier import IMAGE, PERIOD, carriers
from stamp.watermark.image.decode import View, decode_variants
from stamp.watermark.image.luma import luma_plane
from stamp.watermark.image.observation import observe_plane

PAYLOAD = bytes.fromhex("0123456789abcdef")
GAINS = (
    (0.7, 1.1, 1.2, 0.9),
    (0.6, 1.1, 1.3, 1.0),
    (0.5, 1.2, 1.4, 0.9),
    (0.5, 1.0, 1.4, 1.2),
    (0.3, 1.2, 1.4, 0.9),
)
_NAMED = (
    *("JPEG 20", "JPEG 30", "WebP 50", "resize 0.25", "resize 0.25 undone", "blur 2", "noise 10"),
    *("resize 0.5 + JPEG 60", "fit 320 + JPEG 75", "resize 0.6 + AVIF 40", "noise 8 + blur 1 + JPEG 60"),
)
HARSH = {name: (ATTACKS | COMBINATIONS | ODD)[name] for name in _NAMED} | {
    each.name: each
    for each in (
        chain(steps.resize(0.8), steps.webp(55)),
        chain(steps.resize(0.6), steps.avif(50)),
        chain(steps.resize(0.4), steps.jpeg(75)),
    )
}
CROPS = {"crop 10 %": (0.1, None), "crop 25 % + JPEG 75": (0.25, 75), "crop 50 % + JPEG 50": (0.5, 50)}


def read_part(marked: Pixels, share: float, quality: int | None, key: Key) -> bool:
    """Whether the middle of a picture on its own grid is read, by somebody who knows where it lies."""
    sides = [round(n * share**0.5) for n in marked.shape[:2]]
    top, left = ((n - side) // 2 for n, side in zip(marked.shape[:2], sides, strict=True))
    part = np.ascontiguousarray(marked[top : top + sides[0], left : left + sides[1]])
    if quality is not None:
        part = ATTACKS[f"JPEG {quality}"](part)
    made = carriers(key, IMAGE)
    plane = luma_plane(part, None, part.shape[0] * part.shape[1])
    seen = observe_plane(plane, made, (top % PERIOD, left % PERIOD))
    found = decode_variants([View(key, made, seen)], promising=True, searched=True)
    return found is not None and found[0].payload == PAYLOAD


def measure(task: Task) -> Rows:
    path, size, seed = task
    pixels, key = photos.load(path, size, seed), Key(bytes([seed] * 32), "study")
    rows = []
    for gains in GAINS:
        with mock.patch.object(mask, "LEVEL_GAIN", gains):
            marked = stamp.embed(pixels, PAYLOAD, key=key)
        read = {
            name: stamp.detect(attack(marked, seed), key=key, search=False).payload == PAYLOAD
            for name, attack in HARSH.items()
        }
        read |= {name: read_part(marked, *crop, key) for name, crop in CROPS.items()}
        psnr = float(peak_signal_noise_ratio(pixels, marked, data_range=255))
        rows.append(
            {"gains": gains, "psnr_db": psnr, "ssimulacra2": ssimulacra2(pixels, marked), "read": read}
        )
    return rows


def markdown(document: dict[str, Any]) -> str:
    """A row for each of the gains."""
    head = ["gains, level 1 to 4", "PSNR, dB mean, least", "SSIMULACRA2 mean, least", "read", *HARSH, *CROPS]
    body = []
    for gains in document["gains"]:
        rows = [row for row in document["rows"] if list(row["gains"]) == list(gains)]
        counts = [sum(row["read"][name] for row in rows) for name in (*HARSH, *CROPS)]
        psnr, score = ([row[name] for row in rows] for name in ("psnr_db", "ssimulacra2"))
        fidelity = [f"{np.mean(psnr):.2f}, {min(psnr):.2f}", f"{np.mean(score):.1f}, {min(score):.1f}"]
        read = f"{sum(counts)} of {len(counts) * len(rows)}"
        body.append([", ".join(map(str, gains)), *fidelity, read, *counts])
    return runner.table(head, body)


if __name__ == "__main__":
    study(
        "adr0120_level_gains",
        __doc__,
        measure,
        markdown,
        lambda row: GAINS.index(row["gains"]),
        gains=GAINS,
    )
