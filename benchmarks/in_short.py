"""Tables of ten lines for people in a hurry, each from several results."""

from __future__ import annotations

import statistics
from typing import Any

from benchmarks.common import runner

Document = dict[str, Any]


def audio(robust: Document, quality: Document, null: Document, speed: Document) -> str:
    """Return the summary of robustness, fidelity, false positives and speed of sound."""
    summary, cases = robust["summary"], speed["cases"]
    songs = summary["songs"]
    rows: list[list[object]] = [
        [f"payloads read, {family}", f"{share:.1%}"] for family, share in summary["read_share"].items()
    ]
    shown = ("10 s + AAC 64", "5 s + Opus 48", "15 s + any tempo + any pitch", "TikTok", "voice +10 dB")
    rows += [
        [name, f"{summary['attacks'][name]['read']} of {songs}"]
        for name in shown
        if name in summary["attacks"]
    ]
    grades = [row["odg"] for row in quality["sounds"][: quality["songs"]]]
    rows += [
        ["wrong payloads", summary["wrong"]],
        [
            f"quality, PEAQ grade of {len(grades)} songs: mean, worst",
            f"{sum(grades) / len(grades):.2f}, {min(grades):.2f}",
        ],
        ["reported in unmarked windows", f"{null['reported']} of {null['windows']}"],
        [f"{cases[0]['seconds']} s marked, times real time", cases[0]["times_real_time"]],
        [f"{cases[1]['seconds']} s read, times real time", cases[1]["times_real_time"]],
    ]
    head = f"{songs} songs, {len(summary['attacks'])} attacks ({runner.origin(robust)}):\n\n"
    return head + runner.table(["sound", ""], rows)


def video(robust: Document, edits: Document, fidelity: Document, speed: Document, null: Document) -> str:
    """Return the summary of robustness (platforms, edits), fidelity, speed and false positives of clips."""
    quality, cost = fidelity["clips"], speed["clips"][0]
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
    return f"({runner.origin(robust)})\n\n" + runner.table(["clips", ""], rows)
