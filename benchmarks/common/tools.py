"""stamp and its peers behind one face: bytes of payload into pixels and out again.

Each peer runs with its package's own defaults. invisible-watermark carries 32 bits here against the
64 of the others, which favours it. The peers have no detection of their own: they return some bits for any
picture, so only an exact payload counts. rivaGan, invisible-watermark's neural method, is left out: its model
needs onnxruntime.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import Protocol
from unittest import mock

import numpy as np

import stamp
from benchmarks.common.steps import Pixels


class Tool(Protocol):
    name: str
    bits: int

    def embed(self, pixels: Pixels, payload: bytes) -> Pixels:
        """uint8 RGB (H, W, 3) in and out; `payload` has `bits` // 8 bytes."""

    def read(self, pixels: Pixels) -> bytes | None:
        """The payload that the tool reports, None if it reports none."""


def key_from(seed: int, purpose: str) -> stamp.Key:
    """A key for measuring: it follows from the seed, so it protects nothing."""
    return stamp.Key(
        hashlib.sha256(f"stamp benchmark {purpose} {seed}".encode()).digest(), f"{purpose}-{seed}"
    )


class Stamp:
    name, bits = "stamp", 64

    def __init__(self, seed: int) -> None:
        self.key = key_from(seed, "owner")

    def embed(self, pixels: Pixels, payload: bytes) -> Pixels:
        return stamp.embed(pixels, payload, key=self.key)

    def detection(self, pixels: Pixels) -> stamp.Detection:
        return stamp.detect(pixels, key=self.key)

    def read(self, pixels: Pixels) -> bytes | None:
        return self.detection(pixels).payload


class InvisibleWatermark:
    bits = 32

    def __init__(self, method: str) -> None:
        from imwatermark import WatermarkDecoder, WatermarkEncoder

        self.name = method
        self._encoder, self._decoder = WatermarkEncoder(), WatermarkDecoder("bytes", self.bits)

    def embed(self, pixels: Pixels, payload: bytes) -> Pixels:
        self._encoder.set_watermark("bytes", payload)
        marked: Pixels = self._encoder.encode(np.ascontiguousarray(pixels[..., ::-1]), self.name)[..., ::-1]
        return marked

    def read(self, pixels: Pixels) -> bytes | None:
        try:
            return bytes(self._decoder.decode(np.ascontiguousarray(pixels[..., ::-1]), self.name))
        except RuntimeError:  # it refuses pictures of fewer than 256 x 256 pixels
            return None


class BlindWatermark:
    name, bits = "blind-watermark", 64

    def __init__(self, seed: int) -> None:
        # It sets the process-wide start method when imported, which raises where a pool has set it already.
        with mock.patch("multiprocessing.set_start_method"):
            import blind_watermark
        blind_watermark.bw_notes.close()
        self._make = lambda: blind_watermark.WaterMark(password_img=seed, password_wm=seed)

    def embed(self, pixels: Pixels, payload: bytes) -> Pixels:
        mark = self._make()
        mark.read_img(img=np.ascontiguousarray(pixels[..., ::-1]))
        mark.read_wm(np.unpackbits(np.frombuffer(payload, np.uint8)).astype(bool), mode="bit")
        return np.ascontiguousarray(np.rint(mark.embed()).astype(np.uint8)[..., ::-1])

    def read(self, pixels: Pixels) -> bytes | None:
        try:
            bits = self._make().extract(
                embed_img=np.ascontiguousarray(pixels[..., ::-1]), wm_shape=self.bits, mode="bit"
            )
        except AssertionError:  # fewer blocks than bits
            return None
        return np.packbits(np.asarray(bits, bool)).tobytes()


NAMES = ("stamp", "dwtDct", "dwtDctSvd", "blind-watermark")


def make(name: str, seed: int) -> Tool:
    """Raises ImportError, with what to install, when a peer is absent; ValueError for an unknown name."""
    if name not in NAMES:
        raise ValueError(f"no tool is called {name!r}; there are {', '.join(NAMES)}")
    try:
        if name == "stamp":
            return Stamp(seed)
        if name == "blind-watermark":
            return BlindWatermark(seed)
        return InvisibleWatermark(name)
    except ImportError as error:
        raise ImportError(f"{name}: {error}; install the peers with `pip install --group bench`") from error


def version_of(name: str) -> str:
    """Package and version behind a tool; `stamp` is the source tree's own."""
    if name == "stamp":
        return f"stamp-media {stamp.__version__}"
    package = "invisible-watermark" if name in ("dwtDct", "dwtDctSvd") else name
    return f"{package} {version(package)}"


def payload_for(tool: Tool, photo_seed: int) -> bytes:
    """Random, the photo's own; a tool of fewer bits carries the first of them."""
    return np.random.default_rng([photo_seed, 1]).bytes(8)[: tool.bits // 8]
