"""Conformance vectors of the audio scheme: shipped as data, checked by `stamp selftest`.

Integers and bytes must agree exactly; real numbers to within the tolerance beside them, since transforms
round differently from one processor to the next. The marked sound is the last word: it was written by the
first release, and has to stay readable.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import encode
from ..common.digest import digest
from ..common.frame import frame
from .bands import layout
from .carrier import SCHEME, carriers, start_slot
from .detector import detect
from .embedder import embed
from .maps import Mapper
from .sync import PERIOD_ROWS

RATE, SECONDS, FULL_SCALE = 8000, 6, 2048
_TOLERANCE = {"windows": 1e-5, "evidence": 0.01, "delta": 0.5}  # delta: of FULL_SCALE
_KEY = Key(bytes(range(32)), "vectors")
_PAYLOAD = bytes.fromhex("0123456789abcdef")
_ROWS = [(29 * i + 200, 5 * i % 43) for i in range(24)]
_SAMPLES = [1811 * i + 3000 for i in range(24)]


def host_sound() -> NDArray[np.int64]:
    """Make a sound that anybody can compute: bursts of noise from SHAKE-256, 6 s at 8 kHz, in 2048ths of full
    scale."""
    count = RATE * SECONDS
    noise = np.frombuffer(hashlib.shake_256(b"stamp host sound").digest(count), np.uint8).astype(np.int64)
    bursts = np.frombuffer(hashlib.shake_256(b"stamp host bursts").digest(count // 400), np.uint8)
    return (2 * noise - 255) * (1 + np.repeat(bursts.astype(np.int64) % 4, 400))


def _samples(sound: NDArray[np.int64]) -> NDArray[np.float32]:
    return (sound / FULL_SCALE).astype(np.float32)


def marked_difference() -> NDArray[np.int64]:
    """Return what this implementation adds to the host sound, in 2048ths of full scale."""
    host = _samples(host_sound())
    delta = embed(host, _PAYLOAD, key=_KEY, sample_rate=RATE).astype(np.float64) - host
    return np.rint(delta * FULL_SCALE).astype(np.int64)


def compute() -> dict[str, Any]:
    """Compute everything but the stored marked sound."""
    c = carriers(_KEY)
    bits = frame(_PAYLOAD, _KEY, SCHEME)
    host = _samples(host_sound())
    mapper = Mapper(RATE, 1, PERIOD_ROWS)
    (stretch,) = [*mapper.push(host[:, None]), *mapper.flush()]
    delta = embed(host, _PAYLOAD, key=_KEY, sample_rate=RATE).astype(np.float64) - host
    bands = layout(48000)
    return {
        "frame": np.packbits(bits).tobytes().hex(),
        "coded": np.packbits(encode(bits)).tobytes().hex(),
        "index": digest(c.index, "<i2"),
        "sign": digest(c.sign, "i1"),
        "start": start_slot(_PAYLOAD, _KEY),
        "bins": [[b.first, len(b.window)] for b in bands[::13]],
        "windows": [round(float(b.window[k]), 6) for b in bands[::13] for k in (3, len(b.window) // 2, -5)],
        "host": digest(host_sound(), "<i2"),
        "evidence": [round(float(stretch.rows[at]), 4) for at in _ROWS],
        "delta": [round(float(delta[at] * FULL_SCALE), 2) for at in _SAMPLES],
    }


def pack(difference: NDArray[np.int64]) -> str:
    """Pack a difference in 2048ths of full scale as text."""
    return base64.b85encode(zlib.compress(np.clip(difference, -128, 127).astype("i1").tobytes(), 9)).decode()


def _unpack(text: str) -> NDArray[np.float32]:
    difference = np.frombuffer(zlib.decompress(base64.b85decode(text)), "i1").astype(np.int64)
    return _samples(host_sound() + difference)


def selftest() -> list[tuple[str, bool, str]]:
    """Return (name, passed, detail) of every vector."""
    stored = json.loads(files(__package__).joinpath("vectors.json").read_text("utf-8"))
    results = []
    for name, found in compute().items():
        expected = stored.get(name)
        if name in _TOLERANCE and expected is not None and len(expected) == len(found):
            worst = float(np.max(np.abs(np.array(expected) - np.array(found))))
            passed, detail = worst <= _TOLERANCE[name], f"largest difference {worst:.6f}"
        else:
            passed, detail = expected == found, "exact" if expected == found else "differs"
        results.append((f"sound: {name}", passed, detail))
    marked = _unpack(stored["marked"])
    own = detect(marked, key=_KEY, sample_rate=RATE, search=False)
    results.append(("sound: marked", own.payload == _PAYLOAD, f"score {own.score:.2f}"))
    other = detect(marked, key=Key(bytes(32), "wrong"), sample_rate=RATE, search=False)
    results.append(("sound: wrong key", not other.present, f"score {other.score:.2f}"))
    return results
