"""What a packet of evidence costs: seconds (of the clock, of CPU), bytes, seconds of its check.

    python -m benchmarks.evidence [--photos FILE...] [--works 0]

Each photo is added to a catalogue, marked, the log sealed; then it is turned by two degrees, cropped, reduced
and saved as a JPEG of quality 75, added as a find, and a packet is made and checked by the command line, each
in a process of its own. --works is how many other works the log has, with an event each.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from benchmarks.common.photos import SAMPLE_MEDIA
from stamp.catalogue.catalogue import Catalogue
from stamp.core.key import Key
from stamp.core.options import CopyOptions
from stamp.core.rights import Rights
from stamp.media.image.opening import read_shown
from stamp.pipeline.comparing import compare_find
from stamp.pipeline.files import embed_file
from stamp.pipeline.finding import Seen, add_find

_LIMIT_SECONDS, _LIMIT_BYTES = 3.0, 2_000_000


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", nargs="+", type=Path, default=sorted(SAMPLE_MEDIA.glob("*.jpg")))
    parser.add_argument("--works", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        key = Key.generate()
        with Catalogue.open(folder / "catalogue.sqlite") as catalogue:
            with catalogue.writing():
                for number in range(arguments.works):
                    catalogue.works.add(title=f"Work {number}", kind="image")
            finds = [
                _found(catalogue, photo, folder / f"{number}", key)
                for number, photo in enumerate(arguments.photos)
            ]
            catalogue.seal()
        print(f"{'photo':24} {'megapixels':>10} {'packet':>9} {'CPU':>9} {'kB':>6} {'verify':>9}")
        worst = [0.0, 0.0, 0.0]
        for photo, find in zip(arguments.photos, finds, strict=True):
            seconds, cpu, size, check = _measured(folder, find)
            mega = read_shown(photo).size / 3e6
            print(
                f"{photo.name[:24]:24} {mega:10.1f} {seconds:7.2f} s {cpu:7.2f} s {size / 1000:6.0f}"
                f" {check:7.2f} s"
            )
            worst = [max(old, new) for old, new in zip(worst, (seconds, cpu, size), strict=True)]
    aims = f"aims {_LIMIT_SECONDS} s, {_LIMIT_BYTES / 1e6} MB"
    print(f"worst: {worst[0]:.2f} s, {worst[1]:.2f} s of CPU, {worst[2] / 1e6:.2f} MB ({aims})")


def _found(catalogue: Catalogue, photo: Path, folder: Path, key: Key) -> str:
    """Mark a photo, find a mangled copy of it, and compare the two; the uid of the find."""
    folder.mkdir()
    work = catalogue.works.add(photo, title=photo.stem)
    marked = folder / f"marked{photo.suffix}"
    embed_file(
        photo,
        marked,
        key=key,
        rights=Rights(copyright_notice="© 2026 Ada Lovelace", creators=("Ada Lovelace",)),
        catalogue=catalogue,
        copy=CopyOptions(work=work.work),
    )
    shown = Image.fromarray(read_shown(marked)).convert("RGB").rotate(2, Image.Resampling.BICUBIC)
    width, height = shown.size
    part = shown.crop((width // 12, height // 12, width * 11 // 12, height * 11 // 12))
    part.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
    part.save(folder / "found.jpg", quality=75)
    seen = Seen(url="https://site.example/page", by="Ada Lovelace")
    found = add_find(catalogue, folder / "found.jpg", keys=[key], seen=seen)
    compare_find(catalogue, found.find)
    catalogue.finds.judge(found.find, "ours", "Ada Lovelace")
    return found.find


def _measured(folder: Path, find: str) -> tuple[float, float, int, float]:
    """Seconds of the command that makes a packet, and of CPU; its bytes; seconds of its check."""
    packet = folder / f"{find}.zip"
    seconds, cpu = _run("evidence", find, "-o", str(packet), "--catalogue", str(folder / "catalogue.sqlite"))
    return seconds, cpu, packet.stat().st_size, _run("evidence", "verify", str(packet))[0]


def _run(*arguments: str) -> tuple[float, float]:
    began, before = time.perf_counter(), _cpu()
    subprocess.run(
        [sys.executable, "-m", "stamp", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return time.perf_counter() - began, _cpu() - before


def _cpu() -> float:
    """Seconds of CPU of the processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
