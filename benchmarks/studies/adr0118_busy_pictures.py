"""ADR 118. What it brings that the mark of a busy picture lies more in its calm places.

    python -m benchmarks.studies.adr0118_busy_pictures --photos FOLDER

Each photo is marked with the usual exponent of the mask, and with that for its prominence, at the same
energy; listed are those in which the two differ. The score is that of the mark unharmed, after a half was cut
out of the picture, after a turn by 5 degrees, and after JPEG 30.
"""

from __future__ import annotations

from typing import Any
from unittest import mock

from skimage.metrics import peak_signal_noise_ratio

import stamp
from benchmarks.common import photos, runner
from benchmarks.common.attacks import ATTACKS
from benchmarks.fidelity.run import ssimulacra2
from benchmarks.studies.of_photos import Rows, Task, study
from stamp.core.key import Key
from stamp.watermark.image import mask

PAYLOAD = bytes.fromhex("0123456789abcdef")
HARMED = ("none", "crop 50 %", "rotate 5", "JPEG 30")


def measure(task: Task) -> Rows:
    path, size, seed = task
    pixels, key = photos.load(path, size, seed), Key.generate("study")
    made = []
    for lower in (0.0, mask._PER_OCTAVE):
        with mock.patch.object(mask, "_PER_OCTAVE", lower):
            made.append(stamp.embed(pixels, PAYLOAD, key=key))
    if (made[0] == made[1]).all():
        return []
    return [
        {
            "photo": path.name,
            "exponent": name,
            "psnr_db": float(peak_signal_noise_ratio(pixels, marked, data_range=255)),
            "ssimulacra2": ssimulacra2(pixels, marked),
            "scores": [stamp.detect(ATTACKS[each](marked, seed), key=key).score for each in HARMED],
        }
        for name, marked in zip(("usual", "lower"), made, strict=True)
    ]


def markdown(document: dict[str, Any]) -> str:
    head = ["photo", "exponent", "PSNR, dB", "SSIMULACRA2", *(f"score, {each}" for each in HARMED)]
    body = [
        [row["photo"], row["exponent"], f"{row['psnr_db']:.2f}", f"{row['ssimulacra2']:.1f}"]
        + [f"{score:.0f}" for score in row["scores"]]
        for row in document["rows"]
    ]
    return runner.table(head, body)


if __name__ == "__main__":
    study(
        "adr0118_busy_pictures",
        __doc__,
        measure,
        markdown,
        lambda row: (row["photo"], row["exponent"] != "usual"),
    )
