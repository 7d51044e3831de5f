"""ADR 2. Frame errors of the scheme's code, and of the shorter code it replaced, at the same energy a frame.

    python -m benchmarks.studies.adr0002_coding

White Gaussian noise, soft decisions. Both codes carry the same 96 bits of a frame at rate 1/6: the scheme's
tail-biting one of constraint length 15 in 576 values, and one of constraint length 9 that is driven back to
zero by 8 tail bits, in 624 values that are weaker by as much. The energy is the whole frame's, over its 96
bits and over twice the noise's variance, in dB.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.common import runner
from benchmarks.studies import RESULTS
from stamp.watermark.common import coding
from stamp.watermark.common.frame import FRAME_BITS

Bits = NDArray[np.uint8]
SHORT, SHORT_GENERATORS = 9, (0o561, 0o753, 0o711, 0o557, 0o663, 0o745)
NAMES = "K = 15, tail-biting", "K = 9, zero tail"


def encode_short(bits: Bits) -> Bits:
    """(FRAME_BITS,) -> (6 * (FRAME_BITS + 8),): zeros before and after."""
    padded = np.concatenate([np.zeros(SHORT - 1, np.uint8), bits, np.zeros(SHORT - 1, np.uint8)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, SHORT)[:, ::-1]
    taps = np.array([[(g >> i) & 1 for i in range(SHORT)] for g in SHORT_GENERATORS])
    return (windows @ taps.T & 1).astype(np.uint8).ravel()


def decode_short(soft: NDArray[np.float64]) -> Bits:
    """Viterbi from state 0 to state 0; the newest bit is a register's lowest."""
    registers = np.arange(1 << SHORT)
    outputs = np.array([[bin(r & g).count("1") & 1 for g in SHORT_GENERATORS] for r in registers])
    branches = soft.reshape(-1, len(SHORT_GENERATORS)) @ (1 - 2 * outputs).T
    states = 1 << (SHORT - 1)
    metric = np.where(np.arange(states) == 0, 0.0, -np.inf)
    choices = []
    for branch in branches:
        reached = (metric[registers >> 1] + branch).reshape(2, states)
        choices.append(reached.argmax(0))
        metric = reached.max(0)
    state, bits = 0, []
    for choice in reversed(choices):
        bits.append(state & 1)
        state = state >> 1 | int(choice[state]) << (SHORT - 2)
    return np.array(bits[::-1][:FRAME_BITS], np.uint8)


CODES: dict[str, tuple[Callable[[Bits], Bits], Callable[[NDArray[np.float64]], Bits]]] = {
    NAMES[0]: (coding.encode, coding.decode),
    NAMES[1]: (encode_short, decode_short),
}


def frame_errors(name: str, energy_db: float, frames: int, seed: int) -> int:
    """How many of `frames` random frames are decoded wrongly at `energy_db` a bit over the noise."""
    encode, decode = CODES[name]
    rng = np.random.default_rng([seed, round(1000 * energy_db) + 100_000])
    errors = 0
    for _ in range(frames):
        bits = rng.integers(0, 2, FRAME_BITS).astype(np.uint8)
        sent = 1.0 - 2.0 * encode(bits)
        amplitude = (2 * 10 ** (energy_db / 10) * FRAME_BITS / sent.size) ** 0.5
        errors += not np.array_equal(decode(amplitude * sent + rng.standard_normal(sent.size)), bits)
    return errors


def brief(document: dict[str, Any]) -> str:
    """The frame error rates, for the document."""
    shares = document["frame_error_rate"]
    rows = [
        [f"{energy:g}", *(f"{share[i]:.1%}" for share in shares.values())]
        for i, energy in enumerate(document["energies_db"])
    ]
    head = f"Of {document['frames']} frames at each energy ({runner.origin(document)}):\n\n"
    return head + runner.table(["energy a bit over noise, dB", *shares], rows)


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.studies.adr0002_coding", description=__doc__)
    parser.set_defaults(benchmark="studies.adr0002_coding", tools=["stamp"])
    parser.add_argument("--energies", nargs="+", type=float, default=[0.0, 0.5, 1.0, 1.5, 2.0], help="dB")
    parser.add_argument("--frames", type=int, default=1000, help="at each energy [1000]")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--name", default="adr0002_coding")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    cases = [(name, energy) for energy in options.energies for name in NAMES]
    errors = dict.fromkeys(cases, 0)

    def measure(case: tuple[str, float]) -> tuple[tuple[str, float], int]:
        return case, frame_errors(*case, options.frames, options.seed)

    for case, count in runner.spread(measure, cases, jobs=1, label="code x energy"):
        errors[case] = count
    shares = {name: [errors[name, energy] / options.frames for energy in options.energies] for name in NAMES}
    rows = [
        [f"{energy:g}", *(f"{shares[name][i]:.1%}" for name in NAMES)]
        for i, energy in enumerate(options.energies)
    ]
    text = f"Frames decoded wrongly, of {options.frames} at each energy.\n\n"
    text += runner.table(["energy a bit over noise, dB", *NAMES], rows)
    plot, [axes] = runner.figure(5.5, 4)
    for name, share in shares.items():
        axes.plot(options.energies, share, "o-", label=name)
    axes.set_yscale("log")
    axes.set_xlabel("energy a bit over noise, dB")
    axes.set_ylabel("share of frames decoded wrongly")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    document = {"energies_db": options.energies, "frames": options.frames, "frame_error_rate": shares}
    runner.write(options, document, text, {options.name: plot})


if __name__ == "__main__":
    main()
