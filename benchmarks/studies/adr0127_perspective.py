"""ADR 127. What do parts that are judged together show of pictures in perspective?

    python -m benchmarks.studies.adr0127_perspective --photos FOLDER

Marked photos, seen at an angle, also turned, mirrored, cropped and small ones, through a lens, on a screen.
Is the payload read with and without the search for perspectives, and how high does the constellation score
in the likeliest perspective, beside that of another key?
"""

from __future__ import annotations

from typing import Any

import numpy as np

import stamp
from benchmarks.common import photos, runner, steps
from benchmarks.common.attacks import chain
from benchmarks.studies.of_photos import Rows, Task, study
from stamp.core.key import Key
from stamp.watermark.image import bent
from stamp.watermark.image.perspective import Perspective

KEY, OTHER = Key(bytes(range(32)), "study"), Key(bytes(range(1, 33)), "other")
PAYLOAD = bytes.fromhex("0123456789abcdef")
JPEG = steps.jpeg(80)
ATTACKS = {
    attack.name: attack
    for attack in (
        chain(steps.perspective(0.04), JPEG),
        chain(steps.perspective(0.08), JPEG),
        chain(steps.perspective(0.12), JPEG),
        chain(steps.perspective(0.16), JPEG),
        chain(steps.rotate(3), steps.perspective(0.08), JPEG),
        chain(steps.rotate(90), steps.perspective(0.08), JPEG),
        chain(steps.mirror(), steps.perspective(0.08), JPEG),
        chain(steps.perspective(0.08), steps.crop(0.6), JPEG),
        chain(steps.perspective(0.08), steps.resize(0.5), JPEG),
        chain(steps.barrel(0.05), JPEG),
        chain(steps.barrel(0.05), steps.perspective(0.04), JPEG),
        chain(steps.bend(3), JPEG),
        chain(steps.screen()),
    )
}


def read(pixels: Any, key: Key, *, together: bool) -> dict[str, Any]:
    """Whether the payload is read, and what the constellation scores in the likeliest perspective, 0 where
    none was looked for."""
    scores = [0.0]

    def noted(*given: Any) -> list[Perspective]:
        found = perspectives(*given)
        scores.append(found[0].score)
        return found if together else [Perspective(0.0, np.eye(2), np.zeros(2), 0.0)]

    perspectives = bent.perspectives
    bent.perspectives = noted
    try:
        payload = stamp.detect(pixels, key=key).payload
    finally:
        bent.perspectives = perspectives
    return {"read": payload == PAYLOAD, "score": max(scores)}


def measure(task: Task) -> Rows:
    path, size, seed = task
    pixels = photos.load(path, size, seed)
    marked = stamp.embed(pixels, PAYLOAD, key=KEY)
    rows = []
    for name, attack in ATTACKS.items():
        found = attack(marked, photos.seed_of(path, seed))
        with_it, without = (read(found, KEY, together=together) for together in (True, False))
        rows.append(
            {
                "photo": path.name,
                "attack": name,
                "read": with_it["read"],
                "read_without": without["read"],
                "score": with_it["score"],
                "chance": read(found, OTHER, together=True)["score"],
            }
        )
    return rows


def markdown(document: dict[str, Any]) -> str:
    head = ["attack", "photos", "read without", "read", "score, mean", "lowest", "another key's, highest"]
    body: list[list[object]] = []
    for name in ATTACKS:
        rows = [row for row in document["rows"] if row["attack"] == name]
        scores = [row["score"] for row in rows if row["score"]]
        counts = [sum(row[each] for row in rows) for each in ("read_without", "read")]
        seen = (f"{np.mean(scores):.1f}", f"{min(scores):.1f}") if scores else ("", "")
        chance = max(row["chance"] for row in rows)
        body.append([name, len(rows), *counts, *seen, f"{chance:.1f}"])
    return runner.table(head, body)


if __name__ == "__main__":
    study("adr0127_perspective", __doc__, measure, markdown, lambda row: (row["attack"], row["photo"]))
