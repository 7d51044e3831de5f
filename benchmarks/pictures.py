"""Draw the pictures of the documents: `python -m benchmarks.pictures`.

A crop of a sample photo on a page, compared with its original, and the first page of the report on it.
Needs `pdftoppm` (poppler-utils).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"


def page_with(photo: Path) -> Image.Image:
    """A crop of a photo on a phone's page."""
    with Image.open(photo) as whole:
        width, height = whole.size
        part = whole.convert("RGB").crop((width // 8, height // 8, width * 7 // 8, height * 7 // 8))
    part = part.resize((820, round(820 * part.height / part.width)), Image.Resampling.LANCZOS)
    page = Image.new("RGB", (900, 1200), (250, 250, 250))
    page.paste(part, (40, 300))
    return page


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copy(ROOT / "sample_media" / "lake.jpg", work / "lake.jpg")

        def stamp(*arguments: str) -> None:
            places = {
                "HOME": folder,
                "XDG_CONFIG_HOME": folder,
                "XDG_DATA_HOME": folder,
                "PYTHONPATH": str(ROOT),
            }
            command = [sys.executable, "-m", "stamp", *arguments]
            subprocess.run(command, cwd=work, check=True, env=os.environ | places, stdout=subprocess.DEVNULL)

        stamp(
            "embed",
            "lake.jpg",
            "-o",
            "copy.jpg",
            "--title",
            "Lake at dusk",
            "--creator",
            "Ada Lovelace",
        )
        page_with(work / "copy.jpg").save(work / "page.jpg", quality=80)
        stamp("find", "add", "page.jpg", "--url", "https://example.org/page", "--seen-by", "Ada Lovelace")
        stamp("find", "compare", "1", "--picture", "pair.png", "--verdict", "ours", "--by", "Ada Lovelace")
        stamp("evidence", "1", "-o", "packet.zip")
        with Image.open(work / "pair.png") as pair:
            pair.convert("RGB").resize((pair.width * 2 // 3, pair.height * 2 // 3)).save(
                PICTURES / "pair.jpg", quality=80
            )
        shutil.unpack_archive(work / "packet.zip", work / "packet")
        draw = ["pdftoppm", "-r", "75", "-l", "1", "-singlefile", "-png", "packet/report.pdf", "report"]
        subprocess.run(draw, cwd=work, check=True)
        with Image.open(work / "report.png") as report:
            report.convert("RGB").save(PICTURES / "report.jpg", quality=85)


if __name__ == "__main__":
    main()
