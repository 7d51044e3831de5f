"""How long a notice of six fields takes, in a folder of files: `stamp.write_rights` against ExifTool.

    python -m benchmarks.tags [--photos FILES] [--quick]

Each program is started once for the whole folder and changes the files in place; the time is that of its
process, start-up included. `stamp` reads every file back, compares the picture, sound or film with what it
was, and flushes file and folder to the disk; ExifTool does none of the three, so that on a disk the wall
clock measures the disk (`TMPDIR` says where the folder is, such as /dev/shm). Music, which ExifTool cannot
write, is compared with mutagen, as a library that saves into the file itself, and MP3 with ffmpeg, too, which
copies each file in a process of its own. The runs alternate; the best of each is taken. `--photos` takes JPEG
files as they are, from cameras say, with all that cameras write into them.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.common import photos, runner
from stamp.formats.sniff import sniff
from stamp.formats.table import FORMATS

NOTICE = "© 2026 Zoë Müller-Łukasz 東京"
FIELDS = {
    "copyright_notice": NOTICE,
    "creators": "Zoë Müller",
    "credit_line": "Zoë / Agency",
    "usage_terms": "No use without written permission.",
    "web_statement": "https://example.com/licence",
    "licensor_url": "https://example.com/buy",
}
_XMP = {
    "XMP-dc:Rights": FIELDS["copyright_notice"],
    "XMP-dc:Creator": FIELDS["creators"],
    "XMP-photoshop:Credit": FIELDS["credit_line"],
    "XMP-xmpRights:UsageTerms": FIELDS["usage_terms"],
    "XMP-xmpRights:WebStatement": FIELDS["web_statement"],
    "XMP-xmpRights:Marked": "True",
    "XMP-plus:LicensorURL": FIELDS["licensor_url"],
}
_NATIVE = {
    "image": {"EXIF:Copyright": NOTICE, "EXIF:Artist": FIELDS["creators"]},
    "video": {"ItemList:Copyright": NOTICE, "ItemList:Artist": FIELDS["creators"]},
}
_STAMP = f"""
import sys, stamp
rights = stamp.Rights(
    copyright_notice={NOTICE!r},
    creators=({FIELDS["creators"]!r},),
    credit_line={FIELDS["credit_line"]!r},
    usage_terms={FIELDS["usage_terms"]!r},
    web_statement={FIELDS["web_statement"]!r},
    licensor_url={FIELDS["licensor_url"]!r},
)
for path in sys.argv[1:]:
    stamp.write_rights(path, path, rights, overwrite=True)
"""
_MUTAGEN = f"""
import sys, mutagen
from mutagen.id3 import TCOP, TPE1, TXXX, USER, WCOP
for path in sys.argv[1:]:
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    tags = file.tags
    if not hasattr(tags, "add"):
        tags["COPYRIGHT"] = {NOTICE!r}
        tags["ARTIST"] = {FIELDS["creators"]!r}
        tags["CREDIT"] = {FIELDS["credit_line"]!r}
        tags["USAGETERMS"] = {FIELDS["usage_terms"]!r}
        tags["LICENSE"] = {FIELDS["web_statement"]!r}
        tags["LICENSOR"] = {FIELDS["licensor_url"]!r}
        file.save()
        continue
    tags.add(TCOP(text={NOTICE!r}))
    tags.add(TPE1(text={FIELDS["creators"]!r}))
    tags.add(TXXX(desc="CREDIT", text={FIELDS["credit_line"]!r}))
    tags.add(USER(lang="eng", text={FIELDS["usage_terms"]!r}))
    tags.add(WCOP(url={FIELDS["web_statement"]!r}))
    tags.add(TXXX(desc="LICENSOR", text={FIELDS["licensor_url"]!r}))
    file.save()
"""
_FFMPEG = f"""
import os, subprocess, sys
for path in sys.argv[1:]:
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0", "-c", "copy"]
    for text in (
        "copyright=" + {NOTICE!r},
        "artist=" + {FIELDS["creators"]!r},
        "CREDIT=" + {FIELDS["credit_line"]!r},
        "USAGETERMS=" + {FIELDS["usage_terms"]!r},
        "LICENSE=" + {FIELDS["web_statement"]!r},
        "LICENSOR=" + {FIELDS["licensor_url"]!r},
    ):
        command += ["-metadata", text]
    new = os.path.splitext(path)[0] + ".new" + os.path.splitext(path)[1]
    subprocess.run([*command, new], check=True)
    os.replace(new, path)
"""
_SCRIPTS = {"mutagen": _MUTAGEN, "ffmpeg": _FFMPEG}


@dataclass(frozen=True)
class Case:
    """A folder of `count` copies of some files; `peer` is who else writes them."""

    name: str
    suffix: str
    data: list[bytes]
    count: int
    peer: str
    kind: str = "image"


@dataclass(frozen=True)
class Cost:
    """Milliseconds a file: wall clock, and CPU of the process."""

    wall: float
    cpu: float


def cases(quick: bool, given: list[Path]) -> list[Case]:
    photo = Image.open(photos.SAMPLE_MEDIA / "lake.jpg").convert("RGB")
    count = 30 if quick else 300

    def picture(size: tuple[int, int], kind: str, **options: Any) -> bytes:
        photo.resize(size, Image.Resampling.LANCZOS).save(out := io.BytesIO(), kind, **options)
        return out.getvalue()

    found = [
        Case("JPEG, 640x427", "jpg", [picture((640, 427), "jpeg", quality=85)], count, "exiftool"),
        Case("JPEG, 4243x2829", "jpg", [picture((4243, 2829), "jpeg", quality=85)], count, "exiftool"),
        Case("PNG, 640x427", "png", [picture((640, 427), "png")], count, "exiftool"),
        Case("TIFF, 640x427", "tif", [picture((640, 427), "tiff")], count, "exiftool"),
    ]
    if given != [photos.SAMPLE_MEDIA]:
        data = [path.read_bytes() for path in photos.find(given)]
        jpegs = [content for content in data if sniff(content) == FORMATS["jpeg"]]
        found.insert(0, Case(f"{len(jpegs)} JPEG photos as given", "jpg", jpegs, count, "exiftool"))
    if shutil.which("ffmpeg"):
        sound = ["-f", "lavfi", "-i", "sine=440:duration=20"]
        film = ["-f", "lavfi", "-i", "testsrc2=duration=4:size=640x360", *sound, "-shortest", "-b:v", "1M"]
        media = [
            ("MP3, 20 s", "mp3", sound, "mutagen", "audio"),
            ("MP3, 20 s", "mp3", sound, "ffmpeg", "audio"),
            ("FLAC, 20 s", "flac", sound, "mutagen", "audio"),
            ("Ogg Opus, 20 s", "opus", sound, "mutagen", "audio"),
            ("WAV, 20 s", "wav", sound, "mutagen", "audio"),
            ("MP4, 4 s", "mp4", film, "exiftool", "video"),
        ]
        for name, suffix, source, peer, kind in media:
            number = count // 3 if peer == "ffmpeg" else count
            found.append(Case(name, suffix, [_made(source, suffix)], number, peer, kind))
    return found


def _made(source: list[str], suffix: str) -> bytes:
    """A file that ffmpeg makes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"made.{suffix}"
        subprocess.run(["ffmpeg", "-v", "error", *source, str(path)], check=True)
        return path.read_bytes()


def stamp_command(case: Case, files: list[str]) -> list[str]:
    return [sys.executable, "-c", _STAMP, *files]


def peer_command(case: Case, files: list[str]) -> list[str]:
    if case.peer in _SCRIPTS:
        return [sys.executable, "-c", _SCRIPTS[case.peer], *files]
    tags = [f"-{tag}={text}" for tag, text in {**_XMP, **_NATIVE[case.kind]}.items()]
    return ["exiftool", "-q", "-q", "-overwrite_original", *tags, *files]


def measured(case: Case, command: Callable[[Case, list[str]], list[str]], folder: Path) -> Cost:
    """One run over fresh copies; checks that the first file has the notice."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number in range(case.count):
        (folder / f"{number:04}.{case.suffix}").write_bytes(case.data[number % len(case.data)])
    files = sorted(str(path) for path in folder.iterdir())
    environment = os.environ | {"XDG_CONFIG_HOME": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed is compiled, and so is what is not
    began = time.perf_counter()
    process = subprocess.Popen(
        command(case, files), cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    if status:
        raise SystemExit(f"{command(case, [])[0]} failed: {errors.decode(errors='replace')}")
    found = subprocess.run(["exiftool", "-j", "-G1", "-a", files[0]], capture_output=True, check=True).stdout
    if NOTICE not in json.loads(found)[0].values():
        raise SystemExit(f"{command(case, [])[0]} did not write the notice into {case.name}")
    scale = 1000 / case.count
    return Cost(wall * scale, (usage.ru_utime + usage.ru_stime) * scale)


def file_system(folder: Path) -> str:
    """The kind of file system that the folder is on, "unknown" where the system does not say."""
    with suppress(OSError):
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
        found = [(place, kind) for place, kind in mounts if folder.resolve().is_relative_to(place)]
        return max(found, key=lambda mount: len(mount[0]))[1]
    return "unknown"


def _mean(case: Case) -> float:
    return sum(map(len, case.data)) / len(case.data)


def brief(document: dict[str, Any]) -> str:
    """Times beside the peers', for the documents."""
    rows = [
        [
            f"{row['name']} ({row['bytes'] / 1e3:.0f} kB)",
            f"{row['stamp_ms']['wall']:.1f} ({row['stamp_ms']['cpu']:.1f})",
            row["peer"],
            f"{row['peer_ms']['wall']:.1f} ({row['peer_ms']['cpu']:.1f})",
            f"{row['wall_ratio']:.1f} ({row['cpu_ratio']:.1f})",
        ]
        for row in document["results"]
    ]
    text = f"Milliseconds a file, wall clock (CPU); files on {document['file_system']}; "
    text += f"ExifTool {document['exiftool']} ({runner.origin(document)}):\n\n"
    return text + runner.table(["files", "stamp", "peer", "peer's", "times faster"], rows)


def main() -> None:
    options = runner.parser("tags", __doc__)
    options.add_argument("--repeats", type=int, default=3, help="runs of each program, alternating [3]")
    given = options.parse_args()
    given.tools = ["stamp"]
    rows, results = [], []
    with tempfile.TemporaryDirectory() as temporary:
        for case in cases(given.quick, given.photos):
            ours, theirs = [], []
            for _ in range(1 if given.quick else given.repeats):
                ours.append(measured(case, stamp_command, Path(temporary) / "stamp"))
                theirs.append(measured(case, peer_command, Path(temporary) / "peer"))
            best = [Cost(min(c.wall for c in runs), min(c.cpu for c in runs)) for runs in (ours, theirs)]
            results.append(
                {
                    "name": case.name,
                    "bytes": _mean(case),
                    "files": case.count,
                    "peer": case.peer,
                    "stamp_ms": asdict(best[0]),
                    "peer_ms": asdict(best[1]),
                    "wall_ratio": best[1].wall / best[0].wall,
                    "cpu_ratio": best[1].cpu / best[0].cpu,
                }
            )
            rows.append(
                (
                    f"{case.name} ({_mean(case) / 1e3:.0f} kB)",
                    case.count,
                    f"{best[0].wall:.1f} ({best[0].cpu:.1f})",
                    case.peer,
                    f"{best[1].wall:.1f} ({best[1].cpu:.1f})",
                    f"{best[1].wall / best[0].wall:.1f} ({best[1].cpu / best[0].cpu:.1f})",
                )
            )
    version = subprocess.run(["exiftool", "-ver"], capture_output=True, text=True, check=True).stdout.strip()
    folder = file_system(Path(tempfile.gettempdir()))
    header = ["files", "number", "stamp", "peer", "peer's", "times faster"]
    text = "Milliseconds a file, wall clock (CPU); one process for all files, start-up included.\n\n"
    text += runner.table(header, rows) + f"\nExifTool {version}; files on {folder}.\n"
    runner.write(given, {"exiftool": version, "file_system": folder, "results": results}, text, {})


if __name__ == "__main__":
    main()
