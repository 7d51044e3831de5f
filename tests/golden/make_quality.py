"""Write tests/golden/quality.json: PSNR and SSIM as scikit-image computes them.

python tests/golden/make_quality.py        (scikit-image is in the dependency group `bench`)
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from stamp.watermark.image.vectors import host_picture

TARGET = Path(__file__).with_name("quality.json")
Pair = tuple[NDArray[np.generic], NDArray[np.generic], float]


def pairs() -> Iterator[tuple[str, Pair]]:
    """Name -> picture, the same distorted, value of white. The same integers on any platform."""
    host = host_picture((601, 347))
    wide = host.astype(np.int64)
    noise = np.arange(host.size).reshape(host.shape) ** 2 % 23 - 11
    yield "one grey level", (host, (host ^ 1), 255.0)
    yield "noise", (host, np.clip(wide + noise, 0, 255).astype(np.uint8), 255.0)
    yield "coarse", (host, (host // 24 * 24), 255.0)
    yield "shifted", (host, np.roll(host, (3, 1), (0, 1)), 255.0)
    yield "brighter", (host, np.clip(wide + 40, 0, 255).astype(np.uint8), 255.0)
    yield "inverted", (host, 255 - host, 255.0)
    yield "black", (host, np.zeros_like(host), 255.0)
    deep = (wide * 251 + noise * 3 + 40).astype(np.uint16)
    yield "sixteen bits", (deep, (deep // 512 * 512).astype(np.uint16), 65535.0)
    yield "floats", (host / 255, np.clip(wide + noise, 0, 255) / 255, 1.0)
    yield "seven by eight", (host[:7, :8], host[20:27, 5:13], 255.0)


def main() -> None:
    import skimage
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    values = {
        name: {
            "psnr": float(peak_signal_noise_ratio(a, b, data_range=white)),
            "ssim": float(structural_similarity(a, b, data_range=white)),
        }
        for name, (a, b, white) in pairs()
    }
    record = {
        "made_by": f"scikit-image {skimage.__version__}, tests/golden/make_quality.py",
        "values": values,
    }
    TARGET.write_text(json.dumps(record, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
