"""Fill the blocks of the documents that hold measured figures from the JSON results: none is typed in.

    python -m benchmarks.readme

A block stands between `<!-- begin: NAME -->` and `<!-- end: NAME -->`. Blocks without results stay as they
are, and are named.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.averaging import Row
from benchmarks.averaging import markdown as averaging_table
from benchmarks.common import runner
from benchmarks.false_positives.audio import markdown as false_positives_of_sound
from benchmarks.false_positives.video import markdown as false_positives_of_clips
from benchmarks.fidelity.audio import markdown as fidelity_of_sound
from benchmarks.fidelity.video import markdown as fidelity_of_clips
from benchmarks.layouts import markdown as layouts
from benchmarks.readers import markdown as readers_table
from benchmarks.robustness.audio import markdown as robustness_of_sound
from benchmarks.robustness.audio_peer import markdown as sound_beside_a_peer
from benchmarks.robustness.video.levels import markdown as levels_of_clips
from benchmarks.robustness.video.peer import markdown as robustness_of_clips_by_a_peer
from benchmarks.robustness.video.run import markdown as robustness_of_clips
from benchmarks.speed.audio import markdown as speed_of_sound
from benchmarks.speed.video import markdown as speed_of_clips

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "docs" / "threat-model.md",
    ROOT / "docs" / "rights.md",
    ROOT / "docs" / "how-well-audio.md",
    ROOT / "docs" / "video-scheme.md",
    ROOT / "docs" / "formats" / "README.md",
    ROOT / "docs" / "adr" / "0002-tail-biting-code.md",
    ROOT / "docs" / "adr" / "0072-easy-scenes-get-a-coarse-mark.md",
    ROOT / "docs" / "adr" / "0074-code-words-are-their-own-witnesses.md",
]
GROUPS = {
    "valuemetric": "recompression, noise, filters, tones",
    "geometric": "crops, scalings, turns, mirror images",
    "combined": "several at once",
    "of the list of 37": "**the list of 37 attacks**",
    "of the combinations": "**combinations**",
    "all": "**all of these**",
}
OPERATIONS = ("embed", "detect", "detect, unmarked")


def _origin(document: dict[str, Any]) -> str:
    environment, settings = document["environment"], document["settings"]
    versions = ", ".join(sorted(set(environment["tools"].values())))
    kind = "quick run, " if settings.get("quick") else ""
    return (
        f"{kind}{environment['date']}, seed {settings['seed']}, Python {environment['python']}, {versions}; "
        f"{environment['machine']}"
    )


def robustness(document: dict[str, Any], title: str = "Exact payloads read") -> str:
    summary = document["summary"]
    first = next(iter(summary.values()))
    rows: list[list[object]] = [
        [label, *(f"{row['read_share'][group]:.1%}" for row in summary.values())]
        for group, label in GROUPS.items()
        if group in first["read_share"]
    ]
    for label, key in (("PSNR mean, dB", "psnr_mean_db"), ("PSNR min, dB", "psnr_min_db")):
        rows.append([label, *("-" if row[key] is None else f"{row[key]:.1f}" for row in summary.values())])
    header = ["", *(f"{name}, {row['bits']} bit" for name, row in summary.items())]
    text = f"{title}, {first['photos']} photos of {document['settings']['size']} pixels, "
    text += f"{len(first['attacks'])} attacks ({_origin(document)}):\n\n"
    name = document["settings"]["name"]
    folder = "benchmarks/results"
    plot = f"\n[Photos and misses, attack by attack]({folder}/{name}.md)\n\n![{name}]({folder}/{name}.png)\n"
    return text + runner.table(header, rows) + plot


def robustness_large(document: dict[str, Any]) -> str:
    return robustness(document, "Large photos, the harsh half of the list: exact payloads read")


def robustness_random(document: dict[str, Any]) -> str:
    return robustness(document, "Chains of edits drawn at random, from no list: exact payloads read")


def fidelity(document: dict[str, Any]) -> str:
    measures = {"psnr_db": ("PSNR, dB", 1), "ssim": ("SSIM", 4), "ssimulacra2": ("SSIMULACRA2", 1)}
    summary = document["summary"]
    shown = {key: value for key, value in measures.items() if any(key in row for row in summary.values())}
    rows = [
        [name]
        + [
            f"{row[key][part]:.{digits}f}" if key in row else "-"
            for key, (_, digits) in shown.items()
            for part in ("mean", "min")
        ]
        for name, row in summary.items()
    ]
    header = ["", *(f"{label} {part}" for label, _ in shown.values() for part in ("mean", "min"))]
    count = next(iter(summary.values()))["photos"]
    return (
        f"Fidelity at default strength, {count} photos ({_origin(document)}); the last row is a yardstick:"
        "\n\n" + runner.table(header, rows) + "\n[Photo by photo](benchmarks/results/fidelity.png).\n"
    )


def false_positives(document: dict[str, Any]) -> str:
    summary = document["summary"]
    null = [summary["unmarked"], summary["wrong key"]]
    detections, reported = (sum(row[key] for row in null) for key in ("detections", "present"))
    header = ["score of at least", "at most, as derived", "measured"]
    rows = [[f"{row['z']:g}", f"{row['bound']:.1f}", row["measured"]] for row in summary["null_law"]]
    return (
        f"{detections} detections on unmarked pictures and with wrong keys: **{reported} reported** "
        f"({_origin(document)}). How many of them had such a score:\n\n"
        + runner.table(header, rows)
        + "\n![score distribution, marked and unmarked](benchmarks/results/false_positives_scores.png)\n"
    )


def speed(document: dict[str, Any]) -> str:
    rows = document["rows"]
    sizes = sorted({row["megapixels"] for row in rows})
    tools = list(dict.fromkeys(row["tool"] for row in rows))
    lines: list[list[object]] = []
    for tool in tools:
        for operation in OPERATIONS:
            found = {
                row["megapixels"]: row for row in rows if (row["tool"], row["operation"]) == (tool, operation)
            }
            if found:
                peak = found[max(found)]["peak_mb"]
                cells = (f"{found[size]['units']:.2f}" if size in found else "-" for size in sizes)
                lines.append([f"{tool}: {operation}", *cells, f"{peak:.0f}"])
    header = ["", *(f"{size:g} MP" for size in sizes), f"peak MB at {sizes[-1]:g} MP"]
    text = (
        "CPU time, one JPEG encode and decode of the same picture being 1 "
        f"({_origin(document)}):\n\n{runner.table(header, lines)}"
    )
    if "folder" in document:
        one, two = document["folder"][:2]
        text += (
            f"\nA folder of {one['done']} photos from the command line: {one['rate']:.1f} photos a second "
            f"with `-j {one['jobs']}`, {two['rate']:.1f} with `-j {two['jobs']}`.\n"
        )
    return text + "\n![cost against megapixels](benchmarks/results/speed.png)\n"


def averaging(document: dict[str, Any]) -> str:
    rows = [Row(**row) for row in document["rows"]]
    return f"({_origin(document)})\n\n" + averaging_table(rows, document["settings"]["rms"])


def coding(document: dict[str, Any]) -> str:
    shares = document["frame_error_rate"]
    rows = [
        [f"{energy:g}", *(f"{share[i]:.1%}" for share in shares.values())]
        for i, energy in enumerate(document["energies_db"])
    ]
    head = f"Of {document['frames']} frames at each energy ({_origin(document)}):\n\n"
    return head + runner.table(["energy a bit over noise, dB", *shares], rows)


def readers(document: dict[str, Any]) -> str:
    said = ", ".join(f"{name} {number}" for name, number in document["readers"].items())
    return f"Fields shown exactly ({said}; {document['environment']['date']}):\n\n" + readers_table(
        document["files"], list(document["readers"])
    )


def homes(document: dict[str, Any]) -> str:
    """Each field with its places."""
    rows = [
        [f"`{name}`", "; ".join(f"{store}: {place}" for store, place in places.items())]
        for name, places in document.items()
    ]
    lines = ["| field | places |", "| :-- | :-- |", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def tags(document: dict[str, Any]) -> str:
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
    text += f"ExifTool {document['exiftool']} ({_origin(document)}):\n\n"
    return text + runner.table(["files", "stamp", "peer", "peer's", "times faster"], rows)


def _with_origin(table: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], str]:
    return lambda document: f"({_origin(document)})\n\n{table(document)}"


def audio(documents: dict[str, dict[str, Any]]) -> str:
    """Ten lines for people in a hurry."""
    robust, quality = documents["robustness_audio"]["summary"], documents["fidelity_audio"]
    null, cases = documents["false_positives_audio"], documents["speed_audio"]["cases"]
    songs = robust["songs"]
    rows: list[list[object]] = [
        [f"payloads read, {family}", f"{share:.1%}"] for family, share in robust["read_share"].items()
    ]
    shown = ("10 s + AAC 64", "5 s + Opus 48", "15 s + any tempo + any pitch", "TikTok", "voice +10 dB")
    rows += [
        [name, f"{robust['attacks'][name]['read']} of {songs}"] for name in shown if name in robust["attacks"]
    ]
    grades = [row["odg"] for row in quality["sounds"][: quality["songs"]]]
    rows += [
        ["wrong payloads", robust["wrong"]],
        [
            f"quality, PEAQ grade of {len(grades)} songs: mean, worst",
            f"{sum(grades) / len(grades):.2f}, {min(grades):.2f}",
        ],
        ["reported in unmarked windows", f"{null['reported']} of {null['windows']}"],
        [f"{cases[0]['seconds']} s marked, times real time", cases[0]["times_real_time"]],
        [f"{cases[1]['seconds']} s read, times real time", cases[1]["times_real_time"]],
    ]
    head = f"{songs} songs, {len(robust['attacks'])} attacks ({_origin(documents['robustness_audio'])}):\n\n"
    return head + runner.table(["sound", ""], rows)


def random_sound(document: dict[str, Any]) -> str:
    summary = document["summary"]
    chains, songs = len(summary["attacks"]), summary["songs"]
    return (
        f"{chains} chains drawn at random, for each of {songs} songs: a clip of 5 to 20 s, up to "
        f"two edits, MP3, AAC or Opus at 48 to 128 kbit/s. **{summary['read_share']['all']:.1%}** read, "
        f"{summary['wrong']} wrong ({_origin(document)}).\n"
    )


def video(documents: dict[str, dict[str, Any]]) -> str:
    """Ten lines for people in a hurry."""
    robust, edits = documents["robustness_video"], documents["robustness_video_edits"]
    quality, cost = documents["fidelity_video"]["clips"], documents["speed_video"]["clips"][0]
    null = documents["false_positives_video"]
    rows: list[list[object]] = [
        [f"payloads read of {part['clips']} clips, {group}", f"{share:.1%}"]
        for part in (robust, edits)
        for group, share in part["read_share"].items()
    ]
    median = {name: statistics.median(row[name] for row in quality) for name in ("psnr_db", "vmaf_loss")}
    prices = sorted(row["price_percent"] for row in quality)
    rows += [
        ["wrong payloads", robust["wrong"] + edits["wrong"]],
        [f"PSNR of the mark alone, {len(quality)} clips, median", f"{median['psnr_db']:.1f} dB"],
        ["VMAF lost, median", f"{median['vmaf_loss']:.2f}"],
        [
            "more bits at x264 crf 20, median (least to most)",
            f"{statistics.median(prices):+.1f} % ({prices[0]:+.1f} to {prices[-1]:+.1f})",
        ],
        [
            f"CPU beside a plain transcode, {cost['size']}, veryfast, medium",
            f"{cost['veryfast_file']:.2f} x, {cost['medium_file']:.2f} x",
        ],
        ["reported in windows without the mark", f"{null['payloads']} of {null['windows']}"],
    ]
    return f"({_origin(robust)})\n\n" + runner.table(["clips", ""], rows)


# Blocks that several results make up together.
JOINED: dict[str, tuple[Callable[[dict[str, dict[str, Any]]], str], tuple[str, ...]]] = {
    "audio": (audio, ("robustness_audio", "fidelity_audio", "false_positives_audio", "speed_audio")),
    "video": (
        video,
        (
            "robustness_video",
            "robustness_video_edits",
            "fidelity_video",
            "speed_video",
            "false_positives_video",
        ),
    ),
}
BLOCKS: dict[str, Callable[[dict[str, Any]], str]] = {
    "robustness": robustness,
    "robustness_large": robustness_large,
    "robustness_random": robustness_random,
    "fidelity": fidelity,
    "false_positives": false_positives,
    "speed": speed,
    "averaging": averaging,
    "averaging_one_payload": averaging,
    "coding": coding,
    "layouts": _with_origin(layouts),
    "readers": readers,
    "homes": homes,
    "tags": tags,
    "robustness_audio": _with_origin(robustness_of_sound),
    "robustness_audio_random": random_sound,
    "robustness_audio_peer": _with_origin(sound_beside_a_peer),
    "fidelity_audio": _with_origin(fidelity_of_sound),
    "false_positives_audio": _with_origin(false_positives_of_sound),
    "speed_audio": _with_origin(speed_of_sound),
    "robustness_video": _with_origin(robustness_of_clips),
    "robustness_video_edits": _with_origin(robustness_of_clips),
    "robustness_video_unseen": _with_origin(robustness_of_clips),
    "robustness_video_1080": _with_origin(robustness_of_clips),
    "robustness_video_1080_chains": _with_origin(robustness_of_clips),
    "robustness_video_random": _with_origin(robustness_of_clips),
    "levels_video": _with_origin(lambda document: levels_of_clips(document["rows"])),
    "robustness_video_peer": _with_origin(robustness_of_clips_by_a_peer),
    "fidelity_video": _with_origin(lambda document: fidelity_of_clips(document["clips"])),
    "speed_video": _with_origin(lambda document: speed_of_clips(document["clips"])),
    "false_positives_video": _with_origin(false_positives_of_clips),
}


def fill(text: str, results: Path) -> tuple[str, list[str]]:
    """The text with every block filled that has results, and the names of those that have none."""
    missing = []

    def replaced(found: re.Match[str]) -> str:
        name = found["name"]
        sources = [results / f"{part}.json" for part in (JOINED[name][1] if name in JOINED else (name,))]
        if not all(source.is_file() for source in sources):
            missing.append(name)
            return found[0]
        documents = {source.stem: json.loads(source.read_text("utf-8")) for source in sources}
        block = JOINED[name][0](documents) if name in JOINED else BLOCKS[name](documents[name])
        return f"<!-- begin: {name} -->\n{block}<!-- end: {name} -->"

    pattern = r"<!-- begin: (?P<name>\w+) -->\n.*?<!-- end: (?P=name) -->"
    return re.sub(pattern, replaced, text, flags=re.DOTALL), missing


def main() -> None:
    parser = argparse.ArgumentParser("python -m benchmarks.readme", description=__doc__)
    parser.add_argument("--results", type=Path, default=runner.RESULTS, help="[benchmarks/results]")
    parser.add_argument("documents", nargs="*", type=Path, default=DOCUMENTS, help="[README.md and others]")
    options = parser.parse_args()
    for path in options.documents:
        text, missing = fill(path.read_text("utf-8"), options.results)
        path.write_text(text, "utf-8")
        for name in missing:
            print(f"{path.name}: no results for {name}, its block stays as it is", file=sys.stderr)


if __name__ == "__main__":
    main()
