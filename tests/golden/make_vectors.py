"""Write vectors.json of the image, audio and video schemes. Run once for a scheme: afterwards the vectors
bind, and a change needs a new scheme.

python tests/golden/make_vectors.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import stamp.watermark.audio.vectors as audio
import stamp.watermark.image.vectors as vectors
import stamp.watermark.video.vectors as video
from stamp import embed


def record() -> dict[str, Any]:
    """Every vector, as this implementation computes it."""
    marked = embed(vectors.host_picture(), vectors._PAYLOAD, key=vectors._KEY)
    return {**vectors.compute(), "marked": vectors.pack(marked)}


def record_audio() -> dict[str, Any]:
    return {**audio.compute(), "marked": audio.pack(audio.marked_difference())}


def record_video() -> dict[str, Any]:
    return {**video.compute(), "marked": video.marked(vectors.host_picture(video.SHAPE))}


def main() -> None:
    for module, made in ((vectors, record()), (audio, record_audio()), (video, record_video())):
        target = Path(module.__file__).with_suffix(".json")
        target.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
        print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
