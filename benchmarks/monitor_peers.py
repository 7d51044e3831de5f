"""The hashes of ImageHash and PDQ on the works and suspects of `monitor`.

    python -m benchmarks.monitor_peers --photos sample_media FOLDER --leave-out 'orient*' 'canon_hdr_YES*'

Each has 256 bits for a whole picture; of PDQ those of the eight turns and mirror images are compared, too.
A work counts as found where it is at most as far as `bound`, which is chosen after the fact and so in their
favour: the most bits at which none of these suspects is taken for a work that it does not show. pdqhash has
no wheels: where it is not installed, it is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.common import photos, runner
from benchmarks.common.steps import Pixels
from benchmarks.monitor import suspects, works

PACKAGES = {"ImageHash pHash": "imagehash", "PDQ": "pdqhash"}
TOOLS = {tool: package for tool, package in PACKAGES.items() if find_spec(package) is not None}


def hashes(tool: str, pixels: Pixels) -> NDArray[np.bool_]:
    """The hashes of a picture, (turns, 256)."""
    if tool == "PDQ":
        import pdqhash

        return np.array(pdqhash.compute_dihedral(pixels)[0], bool)
    import imagehash

    return np.asarray(imagehash.phash(Image.fromarray(pixels), hash_size=16).hash).reshape(1, 256)


@dataclass(frozen=True)
class Task:
    number: int
    pictures: Path
    seed: int


def looks(task: Task) -> list[dict[str, Any]]:
    """Of each suspect of one work and each tool, how far it is from that work and from the nearest that it
    does not show."""
    stored = np.load(task.pictures)
    pictures = [stored[name] for name in stored.files]
    known = {tool: np.array([hashes(tool, each)[0] for each in pictures]) for tool in TOOLS}
    made = []
    for case, suspect, present in suspects(pictures, task.number, task.seed):
        for tool in TOOLS:
            apart = (hashes(tool, suspect)[:, None] != known[tool]).sum(2).min(0)
            other = np.delete(apart, sorted(present)).min()
            made.append({"case": case, "tool": tool, "own": int(apart[task.number]), "other": int(other)})
    return made


def markdown(document: dict[str, Any]) -> str:
    """A row for each case."""
    rows, bounds = document["rows"], document["bounds"]
    body = []
    for case in dict.fromkeys(row["case"] for row in rows):
        line: list[Any] = [case]
        for tool in TOOLS:
            own = [row for row in rows if row["case"] == case and row["tool"] == tool]
            line.append(f"{np.mean([row['own'] <= bounds[tool] for row in own]):.2f}")
        body.append(line)
    head = ["case, share found", *(f"{tool}, at most {bounds[tool]} of 256 bits" for tool in TOOLS)]
    return f"{document['works']} works, {len(rows) // len(TOOLS)} suspects.\n\n" + runner.table(head, body)


def main() -> None:
    parser = runner.parser("monitor_peers", __doc__, size="native")
    parser.add_argument("--leave-out", nargs="*", default=[], metavar="GLOB", help="photos of a scene twice")
    parser.add_argument("--most", type=int, default=1000, help="so many works")
    options = parser.parse_args()
    options.tools = []
    found = photos.find(options.photos, options.leave_out)
    with TemporaryDirectory() as name:
        pictures = works(found, options.size, options.seed)[: options.most]
        np.savez(place := Path(name) / "pictures.npz", *pictures)
        tasks = [Task(number, place, options.seed) for number in range(len(pictures))]
        rows = [row for some in runner.spread(looks, tasks, jobs=options.jobs, label="works") for row in some]
    bounds = {tool: min(row["other"] for row in rows if row["tool"] == tool) - 1 for tool in TOOLS}
    document = {
        "works": len(pictures),
        "versions": {tool: version(package) for tool, package in TOOLS.items()},
        "bounds": bounds,
        "rows": rows,
    }
    runner.write(options, document, markdown(document), {})


if __name__ == "__main__":
    main()
