"""Short sounds in every container, encoded by the libraries of PyAV."""

from __future__ import annotations

import io
from functools import cache

import av
import numpy as np

ENCODERS = {
    "wav": ("wav", "pcm_s16le"),
    "aiff": ("aiff", "pcm_s16be"),
    "flac": ("flac", "flac"),
    "vorbis": ("ogg", "vorbis"),
    "opus": ("ogg", "libopus"),
    "oggflac": ("ogg", "flac"),
    "mp3": ("mp3", "libmp3lame"),
}
SUFFIX = {"vorbis": "ogg", "oggflac": "oga"}
CONTAINER = {"vorbis": "ogg", "opus": "ogg", "oggflac": "ogg"}


@cache
def sound(name: str, seconds: float = 0.5, title: str = "") -> bytes:
    """A chord of two tones, stereo, 48 kHz; `title` is written as a tag."""
    kind, codec = ENCODERS[name]
    times = np.arange(int(48000 * seconds)) / 48000
    tones = np.stack([np.sin(2 * np.pi * tone * times) for tone in (440, 661)])
    out = io.BytesIO()
    with av.open(out, "w", format=kind) as container:
        if title:
            container.metadata["title"] = title
        stream = container.add_stream(codec, rate=48000, layout="stereo")
        stream.options = {"strict": "experimental"}
        samples = np.ascontiguousarray((tones * 9000).astype(np.int16).T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="stereo")
        frame.sample_rate = 48000
        for part in av.AudioResampler(format=stream.format, layout="stereo", rate=48000).resample(frame):
            part.pts = None
            container.mux(stream.encode(part))
        container.mux([packet for packet in stream.encode(None) if packet.size])
    return out.getvalue()


def packets(data: bytes) -> list[tuple[int | None, int | None, bytes]]:
    """Presentation time, duration and content of every packet of sound."""
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        return [(packet.pts, packet.duration, bytes(packet)) for packet in container.demux(stream)]
