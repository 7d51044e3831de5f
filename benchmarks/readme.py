"""Fill the blocks of the documents that hold measured figures from the JSON results, and those that say what
is in the code from the code: none is typed in.

    python -m benchmarks.readme

A block lies between `<!-- begin: NAME -->` and `<!-- end: NAME -->` in README.md or below docs/. Blocks
without results stay as they are, and are named.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import (
    averaging,
    clip_kinds,
    cluster,
    growth,
    hdr_clips,
    in_short,
    informed,
    informed_works,
    margin,
    model,
    monitor_pairs,
    pages,
    readers,
    redrawn,
    serve,
    tags,
    visible,
)
from benchmarks.common import runner
from benchmarks.false_positives import audio as false_positives_audio
from benchmarks.false_positives import run as false_positives
from benchmarks.false_positives import video as false_positives_video
from benchmarks.fidelity import audio as fidelity_audio
from benchmarks.fidelity import run as fidelity
from benchmarks.fidelity import video as fidelity_video
from benchmarks.robustness import audio as robustness_audio
from benchmarks.robustness import audio_peer
from benchmarks.robustness import run as robustness
from benchmarks.robustness.video import peer as video_peer
from benchmarks.robustness.video import run as robustness_video
from benchmarks.speed import audio as speed_audio
from benchmarks.speed import run as speed
from benchmarks.speed import video as speed_video
from benchmarks.studies import RESULTS as STUDIES
from benchmarks.studies import adr0002_coding
from stamp.metadata.mapping.fields import FIELDS, STORES
from stamp.notices.requirements import KINDS, elements, kind_of

ROOT = Path(__file__).parents[1]
Table = Callable[..., str]


def _dated(table: Table) -> Table:
    return lambda document: f"({runner.origin(document)})\n\n{table(document)}"


# Block -> what makes it of the result of the same name.
BLOCKS: dict[str, Table] = {
    "robustness": robustness.brief,
    "robustness_large": robustness.brief,
    "robustness_random": robustness.brief,
    "robustness_odd": robustness.listed,
    "redrawn": redrawn.brief,
    "pages": _dated(pages.brief),
    "fidelity": fidelity.brief,
    "false_positives": false_positives.brief,
    "speed": speed.brief,
    "visible": _dated(visible.brief),
    "clip_kinds": _dated(clip_kinds.markdown),
    "hdr_clips": _dated(hdr_clips.markdown),
    "informed": _dated(informed.markdown),
    "informed_clips": _dated(informed_works.markdown),
    "informed_songs": _dated(informed_works.markdown),
    "cluster": cluster.brief,
    "serve": serve.brief,
    "averaging": averaging.brief,
    "averaging_one_payload": averaging.brief,
    "readers": readers.brief,
    "tags": tags.brief,
    "robustness_audio": _dated(robustness_audio.markdown),
    "robustness_audio_random": robustness_audio.brief,
    "robustness_audio_peer": _dated(audio_peer.markdown),
    "fidelity_audio": _dated(fidelity_audio.markdown),
    "false_positives_audio": _dated(false_positives_audio.markdown),
    "speed_audio": _dated(speed_audio.markdown),
    "robustness_video": _dated(robustness_video.markdown),
    "robustness_video_edits": _dated(robustness_video.markdown),
    "robustness_video_unseen": _dated(robustness_video.markdown),
    "robustness_video_1080": _dated(robustness_video.markdown),
    "robustness_video_1080_chains": _dated(robustness_video.markdown),
    "robustness_video_random": _dated(robustness_video.markdown),
    "robustness_video_peer": _dated(video_peer.markdown),
    "fidelity_video": _dated(fidelity_video.markdown),
    "speed_video": _dated(speed_video.markdown),
    "false_positives_video": _dated(false_positives_video.markdown),
    "margin": _dated(margin.markdown),
    "margin_codecs": _dated(margin.markdown),
    "margin_later": _dated(margin.markdown),
    "margin_longer": _dated(margin.markdown),
    "monitor_pairs": _dated(monitor_pairs.markdown),
    "adr0002_coding": adr0002_coding.brief,
}
# Block -> what makes it, and the results that it is made of.
JOINED: dict[str, tuple[Table, str]] = {
    "growth": (growth.table, "growth speed speed_audio monitor"),
    "audio": (in_short.audio, "robustness_audio fidelity_audio false_positives_audio speed_audio"),
    "video": (
        in_short.video,
        "robustness_video robustness_video_edits fidelity_video speed_video false_positives_video",
    ),
}


_LIKE_XMP = ("xmpext", "sidecar", "sidecar2")  # have the places of XMP


def homes() -> str:
    """Return each field of a rights notice with its places in the stores."""
    lines = ["| field | places |", "| :-- | :-- |"]
    for field in FIELDS:
        places = (f"{STORES[store]}: {slot}" for store, slot in field.slots.items() if store not in _LIKE_XMP)
        lines.append(f"| `{field.name}` | {'; '.join(places)} |")
    return "\n".join(lines) + "\n"


def notice_elements() -> str:
    """Return each element of a case with the kinds of notices that must have it, and how to give it."""
    wanted = {kind: kind_of(kind) for kind in KINDS}
    needed = {
        kind: {*one.required, *(need for statement in one.statements for need in statement.needs)}
        for kind, one in wanted.items()
    }
    lines = [
        f"| element | {' | '.join(KINDS)} | how to give it |",
        "| :-- |" + " :-: |" * len(KINDS) + " :-- |",
    ]
    for code, element in elements().items():
        marks = " | ".join("●" if code in needed[kind] else "" for kind in KINDS)
        lines.append(f"| {element.words['en']} `{code}` | {marks} | {element.how} |")
    return "\n".join(lines) + "\n"


def notice_sources() -> str:
    """Return the sources of each kind of notice, and who sees what of it."""
    lines = ["| notice | source | read | its own text? | who sees it |", "| :-- | :-- | :-- | :-- | :-- |"]
    for code in KINDS:
        kind = kind_of(code)
        for number, source in enumerate(kind.sources):
            own = ("yes, in a copy" if source.copy else "yes") if source.first_party else "**no**"
            first, seen = ("", "") if number else (f"`{code}`", kind.seen)
            lines.append(f"| {first} | [{source.name}]({source.read_at}) | {source.read} | {own} | {seen} |")
    return "\n".join(lines) + "\n"


# Block -> what draws it from the code.
DRAWN: dict[str, Callable[[], str]] = {
    "homes": homes,
    "notice_elements": notice_elements,
    "notice_sources": notice_sources,
}
_BLOCK = re.compile(r"<!-- begin: (?P<name>\w+) -->\n.*?<!-- end: (?P=name) -->", re.DOTALL)


def documents() -> list[Path]:
    """Return README.md and the pages below docs/ that have blocks."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    return [page for page in pages if _BLOCK.search(page.read_text("utf-8"))]


def _result(name: str) -> dict[str, Any] | None:
    for folder in (runner.RESULTS, STUDIES):
        if (path := folder / f"{name}.json").is_file():
            result: dict[str, Any] = json.loads(path.read_text("utf-8"))
            return result
    return None


def _measured(name: str) -> str | None:
    """Return the block made of its results; None where one is missing."""
    table, sources = JOINED[name] if name in JOINED else (BLOCKS[name], name)
    results = [_result(source) for source in sources.split()]
    return None if None in results else table(*results)


def fill(text: str, folder: Path = ROOT) -> tuple[str, list[str]]:
    """Return a document of `folder` with its blocks filled, and the names of blocks without results."""
    missing = []

    def filled(found: re.Match[str]) -> str:
        name = found["name"]
        block = DRAWN[name]() if name in DRAWN else _measured(name)
        if block is None:
            missing.append(name)
            return found[0]
        up = "" if folder == ROOT else Path(os.path.relpath(ROOT, folder)).as_posix() + "/"
        block = block.replace("](benchmarks/", f"]({up}benchmarks/")
        return f"<!-- begin: {name} -->\n{block}<!-- end: {name} -->"

    return _BLOCK.sub(filled, text), missing


def main() -> None:
    for page in documents():
        text, missing = fill(page.read_text("utf-8"), page.parent)
        page.write_text(text, "utf-8")
        for name in missing:
            print(f"{page.name}: no results for {name}, its block stays as it is", file=sys.stderr)
    model.main()


if __name__ == "__main__":
    main()
