"""Conformance vectors: what every implementation of the scheme must compute, shipped as data and checked by
`stamp selftest`.

Integers and bytes must agree exactly. Real numbers must agree to within `TOLERANCE` grey levels, since
transforms round differently from one processor to the next. The marked picture is the last word: it was
written by the first release, and has to stay readable.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from ..common.coding import decode, encode
from ..common.digest import digest
from ..common.frame import frame, unframe
from ..common.wavelet import analyse
from .carrier import IMAGE, SCHEME, carriers, variant_of
from .detect import detect
from .embed import mark

TOLERANCE = 0.05
_KEY = Key(bytes(range(32)), "vectors")
_PAYLOAD = bytes.fromhex("0123456789abcdef")
_SHAPE = (192, 256)
_SAMPLES = [(7 * i % _SHAPE[0], 31 * i % _SHAPE[1]) for i in range(24)]


def host_picture(shape: tuple[int, int] = _SHAPE) -> NDArray[np.uint8]:
    """Make a picture that anybody can compute: four octaves of smooth integer noise from SHAKE-256."""
    h, w = shape
    total: NDArray[np.int64] = np.zeros(shape, np.int64)
    for octave, cell in enumerate((64, 32, 16, 8)):
        rows, columns = h // cell + 2, w // cell + 2
        noise = hashlib.shake_256(f"stamp host {octave}".encode()).digest(rows * columns)
        grid = np.frombuffer(noise, np.uint8).reshape(rows, columns).astype(np.int64)
        y, x = np.arange(h), np.arange(w)
        iy, ix = y // cell, x // cell
        fy, fx = (y % cell).reshape(-1, 1), (x % cell).reshape(1, -1)
        top = grid[np.ix_(iy, ix)] * (cell - fx) + grid[np.ix_(iy, ix + 1)] * fx
        bottom = grid[np.ix_(iy + 1, ix)] * (cell - fx) + grid[np.ix_(iy + 1, ix + 1)] * fx
        smooth = (top * (cell - fy) + bottom * fy) // (cell * cell)
        total += smooth.astype(np.int64) * (cell // 8)
    return np.clip(total // 15, 0, 255).astype(np.uint8)


def compute() -> dict[str, Any]:
    """Compute everything but the stored marked picture."""
    c = carriers(_KEY)
    bits = frame(_PAYLOAD, _KEY, SCHEME, IMAGE.frame_bits)
    variant = variant_of(_PAYLOAD, _KEY)
    plane = host_picture().astype(np.float32)
    approximation, details = analyse(plane)
    delta = mark(plane, bits, c.of(variant), 1.0)
    return {
        "stream": _KEY.stream(f"{SCHEME}/test", 48).hex(),
        "frame": np.packbits(bits).tobytes().hex(),
        "coded": np.packbits(encode(bits)).tobytes().hex(),
        "index": [digest(i, "<i2") for i in c.index],
        "sign": [digest(s, "i1") for s in c.sign],
        "variant": variant,
        "flips": digest(c.flips, "i1"),
        "constellation": np.rint(c.frequencies * 256).astype(int).tolist(),
        "host": digest(host_picture(), "u1"),
        "wavelet": [
            round(float(approximation[3, 5]), 3),
            *(round(float(v), 3) for d in details for v in d[:, 2, 3]),
        ],
        "delta": [round(float(delta[at]), 3) for at in _SAMPLES],
    }


def pack(marked: NDArray[np.uint8]) -> str:
    """Pack a marked picture as text."""
    return base64.b85encode(zlib.compress(marked.tobytes(), 9)).decode()


def _unpack(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(zlib.decompress(base64.b85decode(text)), np.uint8).reshape(_SHAPE)


def _agree(expected: Any, found: Any) -> tuple[bool, str]:
    if expected == found:
        return True, "exact"
    flat = [np.asarray(v, dtype=object).ravel() for v in (expected, found)]
    if len(flat[0]) == len(flat[1]) and all(isinstance(v, float) for side in flat for v in side):
        worst = float(np.max(np.abs(flat[0].astype(float) - flat[1].astype(float))))
        return worst <= TOLERANCE, f"largest difference {worst:.4f} grey levels"
    return False, "differs"


def selftest() -> list[tuple[str, bool, str]]:
    """Return (name, passed, detail) of every vector; never raise for a vector that fails."""
    stored = json.loads(files(__package__).joinpath("vectors.json").read_text("utf-8"))
    found = compute()
    results = [(name, *_agree(stored.get(name), found[name])) for name in found]
    results.append(_check("decoder", _decodes_noise))
    results.append(_check("marked picture", lambda: _reads(_unpack(stored["marked"]))))
    results.append(_check("wrong key", lambda: _silent(_unpack(stored["marked"]))))
    return results


def _check(name: str, test: Callable[[], tuple[bool, str]]) -> tuple[str, bool, str]:
    try:
        return (name, *test())
    except Exception as error:  # a self-test reports whatever is wrong
        return name, False, repr(error)


def _decodes_noise() -> tuple[bool, str]:
    drawn = np.frombuffer(_KEY.stream("vectors/noise", IMAGE.coded_bits), np.uint8)
    noise = drawn.astype(np.float64) / 128 - 1
    coded = encode(frame(_PAYLOAD, _KEY, SCHEME, IMAGE.frame_bits))
    soft = 1.0 - 2.0 * coded + 1.5 * noise
    wrong = int(((soft < 0) != coded).sum())
    return unframe(decode(soft), _KEY, SCHEME) == _PAYLOAD, f"{wrong} bits corrected"


def _reads(marked: NDArray[np.uint8]) -> tuple[bool, str]:
    found = detect(marked, key=_KEY)
    return found.payload == _PAYLOAD, f"score {found.score}, log10 p {found.log10_p}"


def _silent(marked: NDArray[np.uint8]) -> tuple[bool, str]:
    found = detect(marked, key=Key(bytes(32), "wrong"))
    return not found.present, f"score {found.score}"
