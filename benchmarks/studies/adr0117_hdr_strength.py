"""ADR 117. How visible the mark of a clip is in PQ and HLG, beside the same strength in SDR.

    python -m benchmarks.studies.adr0117_hdr_strength --clips FILE...

Frames are marked, and not encoded. The difference is counted in the steps that an eye can just see: the
difference in I of ICtCp, times 720 (ITU-R BT.2124), of the luma taken as grey. SDR is shown with white at 203
cd/m2 (ITU-R BT.2408), HLG on a display of 1,000 cd/m2, and black is 0.1 cd/m2 on all of them. `near` is of
single pixels; `far` is of means over 3 x 3 pixels, which is what is left of a pattern where pixels are too
small to be told apart.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from benchmarks.common import clips, runner
from benchmarks.studies import RESULTS
from stamp.core.key import Key
from stamp.media.video.canvas import _TRANSFERS, Transfer
from stamp.overlay.light import WHITE_NITS, light
from stamp.watermark.common.filters import box
from stamp.watermark.video.embed import Embedder
from stamp.watermark.video.energy import USUAL

PAYLOAD = bytes.fromhex("0123456789abcdef")
_FRAMES = 6
_M1, _M2, _C1, _C2, _C3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875  # SMPTE ST 2084
_STEPS = 720  # of a difference in I of 1
_BLACK = 0.1  # cd/m2, of the display and what it reflects
Plane = NDArray[np.float32]


def steps(luma: NDArray[np.uint16], transfer: Transfer) -> Plane:
    """Return I of ICtCp of a grey of 10 bits, narrow range, in just visible steps."""
    signal = np.clip((luma.astype(np.float32) - 64) / 876, 0, 1)
    relative = light(np.repeat(signal[..., None], 3, axis=2), transfer)
    power = (np.clip((relative * WHITE_NITS + _BLACK) / 10_000, 0, 1)) ** _M1
    return np.asarray(_STEPS * ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2, np.float32)


def measure(task: tuple[Path, int]) -> dict[str, Any]:
    path, seed = task
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        transfer = _TRANSFERS.get(stream.codec_context.color_trc, "sdr")
        frames = []
        for number, frame in enumerate(container.decode(stream)):
            if number % 24 == 0:
                plane = frame.reformat(format="yuv420p10le").planes[0]
                rows = np.frombuffer(plane, np.uint16).reshape(frame.height, -1)
                frames.append(rows[:, : frame.width].copy())
            if len(frames) == _FRAMES:
                break
    marker = Embedder(PAYLOAD, key=Key.generate(f"study {seed}"), size=frames[0].shape, depth=10)
    codes, near, far = [], [], []
    for luma in frames:
        marked = luma.copy()
        marker.mark(marked, USUAL)
        difference = steps(marked, transfer) - steps(luma, transfer)
        codes.append(float(np.mean((marked.astype(np.float32) - luma) ** 2) ** 0.5) / 4)
        near.append(float(np.mean(difference**2) ** 0.5))
        far.append(float(np.mean(box(difference, 3) ** 2) ** 0.5))
    return {
        "clip": path.stem,
        "transfer": transfer,
        "size": [frames[0].shape[1], frames[0].shape[0]],
        "codes": round(float(np.mean(codes)), 3),
        "near": round(float(np.mean(near)), 3),
        "far": round(float(np.mean(far)), 3),
    }


def markdown(document: dict[str, Any]) -> str:
    head = ["clip", "transfer", "size", "codes of 255", "near, steps", "far, steps"]
    body = [
        [row["clip"], row["transfer"], "x".join(map(str, row["size"]))]
        + [f"{row[name]:.2f}" for name in ("codes", "near", "far")]
        for row in document["rows"]
    ]
    return runner.table(head, body)


def main() -> None:
    options = clips.parser("studies.adr0117_hdr_strength", __doc__)
    options.set_defaults(name="adr0117_hdr_strength", out=RESULTS)
    given = options.parse_args()
    tasks = [(path, given.seed) for path in clips.find(given.clips)]
    rows = list(runner.spread(measure, tasks, jobs=given.jobs, label="clips"))
    document = {"rows": sorted(rows, key=lambda row: (row["transfer"], row["clip"]))}
    runner.write(given, document, markdown(document), {})


if __name__ == "__main__":
    main()
