"""The law of a single test: the pilot statistic at one fixed position, over many keys and unmarked photos.

A whole detection takes the best of many tests, and its derived p is a union bound over all of them, far above
what is measured. Here the bound for one test stands beside what it bounds, with the normal tail between.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import photos, runner, tools
from stamp.watermark import stats
from stamp.watermark.carrier import carriers
from stamp.watermark.decode import pilot_scores
from stamp.watermark.grid import canonical_shape, resize
from stamp.watermark.luma import luma_plane
from stamp.watermark.statistic import observe_plane

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVELS = (0.0, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)


@dataclass(frozen=True)
class Task:
    """One photo and as many new keys."""

    path: Path
    size: photos.Size
    seed: int
    keys: int


def measure(task: Task) -> NDArray[np.float64]:
    """(keys, weightings): the statistic for each weighting that the detector tries, at offset (0, 0)."""
    luma = luma_plane(photos.load(task.path, task.size, task.seed), None, float("inf"))
    plane = resize(luma, canonical_shape(luma.shape))
    rng = np.random.default_rng([photos.seed_of(task.path, task.seed), 2])
    keys = (tools.key_from(int(rng.integers(1 << 62)), "null") for _ in range(task.keys))
    return np.array([pilot_scores(observe_plane(plane, carriers(key), (0, 0), None)) for key in keys])


def summarise(batches: list[NDArray[np.float64]]) -> dict[str, Any]:
    """Exceedances of each level, as a mean over the weightings: they are tests on the same evidence."""
    z = np.concatenate(batches)
    rows = [
        {
            "z": level,
            "bound": 10 ** stats.log10_p_statistic(level, 1),
            "normal": 10 ** stats.log10_normal_tail(level),
            "measured": float((z >= level).mean()),
        }
        for level in LEVELS
    ]
    return {"keys": len(z), "weightings": z.shape[1], "mean": z.mean(0).tolist(), "sd": z.std(0).tolist()} | {
        "tail": rows
    }


def markdown(summary: dict[str, Any]) -> str:
    rows = [
        [f"{r['z']:g}", *(f"{r[key]:.2e}" for key in ("bound", "normal", "measured"))]
        for r in summary["tail"]
    ]
    text = f"\nOne test: the statistic at a fixed position, {summary['keys']} keys on unmarked photos, "
    text += f"{summary['weightings']} weightings.\n\n"
    return text + runner.table(["z", "derived bound", "normal tail", "measured share at or above"], rows)


def plot(batches: list[NDArray[np.float64]]) -> Figure:
    made, [axes] = runner.figure(5.5, 4)
    z = np.concatenate(batches)
    share = 1 - np.arange(len(z)) / len(z)
    for which in range(z.shape[1]):
        axes.plot(np.sort(z[:, which]), share, lw=1, label=f"measured, weighting {which + 1}")
    x = np.linspace(0, 5, 101)
    axes.plot(x, [10 ** stats.log10_normal_tail(v) for v in x], "k--", lw=1, label="normal tail")
    axes.plot(x, [10 ** stats.log10_p_statistic(v, 1) for v in x], "k-", lw=1, label="derived bound")
    axes.set_yscale("log")
    axes.set_xlim(0, 5)
    axes.set_ylim(0.3 / len(z), 1.2)
    axes.set_xlabel("z")
    axes.set_ylabel("share of tests at or above")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=7)
    return made
