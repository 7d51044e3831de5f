"""How marked songs sound, by PEAQ (basic version), and sounds that hide little beside them.

    python -m benchmarks.fidelity.audio --songs FOLDER

A grade of 0 means that no difference is heard, -1 that it is perceptible and not annoying. `share` is the
share of the time that carries the mark; `read` whether the payload is read from the first ten seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from benchmarks.common import critical_signals, peaq, runner, sounds, tools
from benchmarks.common.sounds import RATE, Samples
from stamp.watermark.audio import Embedder, detect

_SECONDS = 20


def measure(name: str, host: Samples, seed: int) -> dict[str, Any]:
    key, payload = tools.key_from(seed, "owner"), np.random.default_rng(seed).bytes(8)
    embedder = Embedder(payload, key=key, sample_rate=RATE, channels=host.shape[1])
    marked = np.concatenate([embedder.push(host), embedder.flush()])
    grade, variables = peaq.odg(*(sounds.resampled(x, RATE, peaq.RATE) for x in (host, marked)))
    noise = float(((marked - host) ** 2).mean())
    return {
        "sound": name,
        "odg": round(grade, 3),
        "nmr_db": round(variables["TotalNMR"], 1),
        "snr_db": round(float(10 * np.log10((host**2).mean() / noise)), 1) if noise else None,
        "share": round(embedder.marked_share, 3),
        "read": detect(marked[: 10 * RATE], key=key, sample_rate=RATE, search=False).payload == payload,
        "variables": variables,
    }


def markdown(document: dict[str, Any]) -> str:
    found, songs = document["sounds"], document["songs"]
    grades = [row["odg"] for row in found[:songs]]
    table = runner.table(
        ["sound", "ODG", "noise to mask, dB", "SNR, dB", "share", "read in 10 s"],
        [
            [r["sound"], r["odg"], r["nmr_db"], r["snr_db"], r["share"], "yes" if r["read"] else "no"]
            for r in found
        ],
    )
    return f"{songs} songs: mean ODG {np.mean(grades):.3f}, worst {min(grades):.3f}.\n\n" + table


def main() -> None:
    options = sounds.parser("fidelity.audio", __doc__).parse_args()
    songs = sounds.paths(options.songs)[: 3 if options.quick else None]

    def rows() -> Iterator[dict[str, Any]]:
        for path in songs:
            yield measure(path.name, sounds.load(path, _SECONDS), options.seed)
        for name, make in critical_signals.HOSTS.items():
            yield measure(name, make(), options.seed)

    found = list(rows())
    plot, (ax,) = runner.figure(6, 1 + 0.2 * len(found))
    ax.barh(range(len(found)), [r["odg"] for r in found])
    ax.set_yticks(range(len(found)), [r["sound"] for r in found], fontsize=6)
    ax.invert_yaxis()
    ax.set_xlabel("objective difference grade, PEAQ basic")
    document = {"songs": len(songs), "sounds": found}
    runner.write(options, document, markdown(document), {options.name: plot})


if __name__ == "__main__":
    main()
