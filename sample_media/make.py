"""How the photos in this folder were made, from an unpacked Debian package.

    apt-get download budgie-backgrounds && dpkg-deb -x budgie-backgrounds_*.deb unpacked
    python sample_media/make.py unpacked

Each is scaled to 1600 pixels across (Lanczos) and saved as a JPEG, quality 88, 4:2:0; their lines in the
manifest are renewed. Another Pillow may give other bytes: the manifest's hashes are those of the files here.
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from PIL import Image

PACKAGE = "Debian budgie-backgrounds 3.0-1"
FOLDER = "usr/share/backgrounds/budgie"
LICENCE = "CC0-1.0 (usr/share/doc/budgie-backgrounds/copyright: 'Files: *', 'License: CC0-1.0')"
PHOTOS = {
    "lake.jpg": "lake-sherburne.jpg",
    "otters.jpg": "oakland-zoo-otters.jpg",
    "tea-gardens.jpg": "tea-gardens.jpg",
}
WIDTH, QUALITY = 1600, 88


def main(unpacked: Path) -> None:
    here = Path(__file__).parent
    manifest = here / "MANIFEST.tsv"
    head, *lines = manifest.read_text("utf-8").splitlines()
    lines = [line for line in lines if line.partition("\t")[0] not in PHOTOS]
    for name, source in PHOTOS.items():
        with Image.open(unpacked / FOLDER / source) as photo:
            size = WIDTH, round(WIDTH * photo.height / photo.width)
            small = photo.convert("RGB").resize(size, Image.Resampling.LANCZOS)
        small.save(here / name, quality=QUALITY, subsampling="4:2:0", optimize=True)
        digest = hashlib.sha256((here / name).read_bytes()).hexdigest()
        done = f"scaled to {size[0]}x{size[1]}, JPEG quality {QUALITY}"
        lines.append(f"{name}\t{PACKAGE}: {FOLDER}/{source}\t{LICENCE}\t{digest}\t{done}")
    manifest.write_text("\n".join([head, *sorted(lines)]) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
