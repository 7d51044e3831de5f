"""How pan.mp4 was made: six seconds that move over the three photos in this folder.

    python sample_media/make_clip.py

640x360, 25 frames a second, H.264 at crf 25, index in front; the manifest's line is written, too. Another
libx264 may give other bytes: the manifest's hash is that of the file here.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

HERE = Path(__file__).parent
NAME = "pan.mp4"
SIZE, RATE, SECONDS_EACH = (640, 360), 25, 2
# Photo -> where the view starts and ends: left, top and width, as shares of the photo's width.
PANS = {
    "otters.jpg": ((0.10, 0.05, 0.60), (0.30, 0.10, 0.50)),
    "lake.jpg": ((0.00, 0.08, 0.75), (0.25, 0.00, 0.75)),
    "tea-gardens.jpg": ((0.20, 0.05, 0.70), (0.10, 0.25, 0.55)),
}


def views() -> Iterator[Image.Image]:
    """The frames."""
    count = RATE * SECONDS_EACH
    for name, (start, end) in PANS.items():
        with Image.open(HERE / name) as photo:
            for number in range(count):
                share = number / (count - 1)
                left, top, width = (a + (b - a) * share for a, b in zip(start, end, strict=True))
                box = [
                    photo.width * edge for edge in (left, top, left + width, top + width * SIZE[1] / SIZE[0])
                ]
                yield photo.resize(SIZE, Image.Resampling.BICUBIC, box=tuple(box))


def main() -> None:
    options = {"preset": "slow", "crf": "25"}
    with av.open(str(HERE / NAME), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=RATE, options=options)
        stream.width, stream.height = SIZE
        for number, view in enumerate(views()):
            frame = av.VideoFrame.from_image(view)
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace="ITU709")))
        container.mux(stream.encode(None))
    digest = hashlib.sha256((HERE / NAME).read_bytes()).hexdigest()
    with (HERE / "MANIFEST.tsv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.reader(file, delimiter="\t") if row[0] != NAME]
    origin = f"made by make_clip.py from {', '.join(PANS)}"
    licence = next(row[2] for row in rows if row[0] in PANS)
    rows.append([NAME, origin, licence, digest, "6 s, 640x360, 25 frames a second, H.264 crf 25"])
    (HERE / "MANIFEST.tsv").write_text("".join("\t".join(row) + "\n" for row in rows), encoding="utf-8")


if __name__ == "__main__":
    main()
