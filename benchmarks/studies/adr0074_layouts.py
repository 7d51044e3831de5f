"""ADR 74. How much energy a picture's layout of a tile and a clip's need, over white noise.

    python -m benchmarks.studies.adr0074_layouts

A tile is observed whose coefficients of levels 2 and 3 all carry the same amplitude in noise of variance 1,
the other levels nothing. All of the reader counts: pilots that measure the sub-bands, code, check, and the
statistic that must reach its threshold. The energy is that of the whole tile.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import stamp
from benchmarks.common import runner
from benchmarks.studies import RESULTS
from stamp.watermark.common import null_law
from stamp.watermark.common.coding import encode
from stamp.watermark.common.frame import frame
from stamp.watermark.image.carrier import DETECTION, IMAGE, PILOT, Layout, carriers
from stamp.watermark.image.decode import decode_payload
from stamp.watermark.image.observation import Observation
from stamp.watermark.video.scheme import CLIP

LAYOUTS = {"a picture's": IMAGE, "a clip's": CLIP}
BUDGET = 12  # decodings


def observed(
    layout: Layout, key: stamp.Key, payload: bytes, energy: float, rng: np.random.Generator
) -> Observation:
    """What a reader sees of a tile."""
    bits = encode(frame(payload, key, layout.scheme, layout.frame_bits))
    signs = np.concatenate([1.0 - 2.0 * bits, np.ones(2)])
    index = [level.reshape(3, -1) for level in carriers(key, layout).index]
    counts = np.array(
        [np.bincount(band, minlength=layout.symbols) for level in index for band in level], float
    )
    carrying = np.repeat([0.0, 1.0, 1.0, 0.0], 3)[:, None]
    amplitude = carrying * (energy / (carrying * counts).sum()) ** 0.5
    soft = counts * amplitude * signs + np.sqrt(counts) * rng.standard_normal(counts.shape)
    power = counts * (1 + amplitude**2)
    return Observation(
        soft,
        np.ones(len(counts)),
        counts[:, PILOT],
        power[:, :PILOT].sum(1),
        power[:, PILOT],
        power[:, DETECTION],
    )


def read(layout: Layout, energy: float, frames: int, seed: int) -> int:
    """How many of `frames` random payloads are read and reported at `energy`."""
    rng = np.random.default_rng([seed, round(energy)])
    found = 0
    for _ in range(frames):
        key, payload = stamp.Key(rng.bytes(32), "random"), rng.bytes(8)
        decoded = decode_payload(observed(layout, key, payload, energy, rng), key, BUDGET, layout)
        found += decoded.payload == payload and decoded.score >= null_law.threshold_after(BUDGET, layout.odds)
    return found


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.studies.adr0074_layouts", description=__doc__)
    parser.set_defaults(benchmark="studies.adr0074_layouts", tools=["stamp"])
    parser.add_argument("--energies", nargs="+", type=float, default=[150, 170, 190, 210, 230, 250, 270])
    parser.add_argument("--frames", type=int, default=200, help="at each energy [200]")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--name", default="adr0074_layouts")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cases = [(name, energy) for energy in options.energies for name in LAYOUTS]

    def measure(case: tuple[str, float]) -> tuple[tuple[str, float], float]:
        name, energy = case
        return case, read(LAYOUTS[name], energy, options.frames, options.seed) / options.frames

    shares = dict(runner.spread(measure, cases, jobs=1, label="layout x energy"))
    document = {
        "frames": options.frames,
        "energies": options.energies,
        "read": {name: [shares[name, energy] for energy in options.energies] for name in LAYOUTS},
    }
    runner.write(options, document, markdown(document), {})


def markdown(document: dict[str, Any]) -> str:
    shares = document["read"]
    rows = [
        [f"{energy:g}", *(f"{share[i]:.1%}" for share in shares.values())]
        for i, energy in enumerate(document["energies"])
    ]
    text = f"Payloads read, of {document['frames']} at each energy.\n\n"
    return text + runner.table(["energy of a tile, in noise variances", *shares], rows)


if __name__ == "__main__":
    main()
