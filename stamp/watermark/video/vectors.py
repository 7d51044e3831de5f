"""Conformance vectors of the video scheme: shipped as data, checked by `stamp selftest`.

Integers and bytes must agree exactly, the pattern to within `TOLERANCE` of its deviation. The marked frame is
the last word: it was written by the first release, and has to stay readable.
"""

from __future__ import annotations

import base64
import json
import zlib
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.detection import Detection
from ...core.key import Key
from ..common.coding import encode
from ..common.digest import digest
from ..common.frame import frame
from ..image.carrier import carriers
from .detect import Detector
from .embed import Embedder
from .scheme import CLIP, SCHEME, pattern

TOLERANCE = 0.05
SHAPE = (192, 256)
_KEY = Key(bytes(range(32)), "vectors")
_PAYLOAD = bytes.fromhex("0123456789abcdef")
_SAMPLES = [(7 * i % SHAPE[0], 31 * i % SHAPE[1]) for i in range(24)]


def compute() -> dict[str, Any]:
    """Compute everything but the stored marked frame."""
    c = carriers(_KEY, CLIP)
    bits = frame(_PAYLOAD, _KEY, SCHEME, CLIP.frame_bits)
    plane = pattern(_PAYLOAD, _KEY, SHAPE)
    return {
        "frame": np.packbits(bits).tobytes().hex(),
        "coded": np.packbits(encode(bits)).tobytes().hex(),
        "index": [digest(i, "<i2") for i in c.index],
        "sign": [digest(s, "i1") for s in c.sign],
        "constellation": np.rint(c.frequencies * 256).astype(int).tolist(),
        "pattern": [round(float(plane[at]), 3) for at in _SAMPLES],
    }


def marked(host: NDArray[np.uint8]) -> str:
    """Mark a frame of `SHAPE`, and pack it as text."""
    luma = host.copy()
    Embedder(_PAYLOAD, key=_KEY, size=SHAPE, strength=1.5).mark(luma)
    return base64.b85encode(zlib.compress(luma.tobytes(), 9)).decode()


def selftest() -> list[tuple[str, bool, str]]:
    """Return (name, passed, detail) of every vector."""
    stored = json.loads(files(__package__).joinpath("vectors.json").read_text("utf-8"))
    results = []
    for name, found in compute().items():
        expected = stored.get(name)
        if name == "pattern" and expected is not None and len(expected) == len(found):
            worst = float(np.max(np.abs(np.array(expected) - np.array(found))))
            passed, detail = worst <= TOLERANCE, f"largest difference {worst:.4f} deviations"
        else:
            passed, detail = expected == found, "exact" if expected == found else "differs"
        results.append((f"video: {name}", passed, detail))
    luma = np.frombuffer(zlib.decompress(base64.b85decode(stored["marked"])), np.uint8).reshape(SHAPE)
    own, other = _read(luma, _KEY), _read(luma, Key(bytes(32), "wrong"))
    results.append(("video: marked", own.payload == _PAYLOAD, f"score {own.score:.2f}"))
    results.append(("video: wrong key", not other.present, f"score {other.score:.2f}"))
    return results


def _read(luma: NDArray[np.uint8], key: Key) -> Detection:
    detector = Detector(key, search=False)
    detector.push(luma, 0.0)
    return detector.result()
