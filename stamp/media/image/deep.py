"""16-bit pictures through PyAV: Pillow has no 16-bit colour and would silently keep the upper 8 bits."""

from __future__ import annotations

import av
import numpy as np

from .picture import Pixels

_FORMATS = {"gray16be": 1, "ya16be": 2, "rgb48be": 3, "rgba64be": 4}
_NAMES = {channels: name for name, channels in _FORMATS.items()}


def decode_png(data: bytes) -> Pixels:
    """16-bit PNG to uint16 samples (H, W), (H, W, 2), (H, W, 3) or (H, W, 4), native byte order."""
    decoder = av.CodecContext.create("png", "r")
    frames = [*decoder.decode(av.Packet(data)), *decoder.decode(None)]
    frame = frames[0]
    channels = _FORMATS[frame.format.name]
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), ">u2").reshape(frame.height, plane.line_size // 2)
    samples: Pixels = rows[:, : frame.width * channels].astype(np.uint16)
    return samples if channels == 1 else samples.reshape(frame.height, frame.width, channels)


def encode_png(samples: Pixels) -> bytes:
    """uint16 samples to a 16-bit PNG, each row filtered by whatever makes it smallest."""
    height, width = samples.shape[:2]
    channels = samples.shape[2] if samples.ndim == 3 else 1
    frame = av.VideoFrame(width, height, _NAMES[channels])
    plane = frame.planes[0]
    rows = np.zeros((height, plane.line_size // 2), ">u2")
    rows[:, : width * channels] = samples.reshape(height, -1)
    plane.update(rows.tobytes())
    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, _NAMES[channels]
    encoder.options = {"pred": "mixed"}
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
