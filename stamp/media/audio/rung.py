"""A reference rung: a song as platforms stream it at the lowest usual rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import av
import numpy as np

from .encode import as_frame, regular

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .song import Block

_BIT_RATE = 64_000
SECONDS = 10
RUNG = f"{SECONDS} s of AAC at {_BIT_RATE // 1000} kbit/s"
_RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # of those that AAC has
_PRIMING = 1024  # samples that the encoder puts in front


def as_shared(samples: Block, rate: int) -> Block | None:
    """Return samples (n, channels) as they come out of the rung; of more than two channels their mean. None
    for a sample rate that AAC does not have. Raises FFmpegError."""
    if rate not in _RATES:
        return None
    if samples.shape[1] > 2:
        samples = samples.mean(1, keepdims=True)
    channels = samples.shape[1]
    encoder = av.CodecContext.create("aac", "w")
    encoder.sample_rate, encoder.layout = rate, "stereo" if channels == 2 else "mono"
    encoder.format, encoder.bit_rate = "fltp", _BIT_RATE
    encoder.options = {"aac_coder": "fast"}  # a third of the time of the other, and no kinder to the mark
    encoder.open()
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = encoder.extradata
    found: list[NDArray[Any]] = []
    at = 0
    for block in (*regular([samples], encoder.frame_size), None):
        coded = encoder.encode(None if block is None else as_frame(block, at, encoder))
        at += 0 if block is None else len(block)
        for packet in coded:
            found += [frame.to_ndarray().T for frame in decoder.decode(packet)]
    heard = np.concatenate(found)[_PRIMING : _PRIMING + len(samples)]
    return np.ascontiguousarray(heard, np.float32)
