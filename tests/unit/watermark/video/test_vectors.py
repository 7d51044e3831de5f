"""The conformance vectors of the video scheme: all hold, a wrong one is told, and they can be made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stamp.watermark.image.vectors import host_picture
from stamp.watermark.video import vectors

STORED = json.loads(Path(vectors.__file__).with_suffix(".json").read_text("utf-8"))


def failures(monkeypatch: pytest.MonkeyPatch, folder: Path, record: dict[str, Any]) -> list[str]:
    """What the self-test says of other vectors than those that were shipped."""
    (folder / "vectors.json").write_text(json.dumps(record), "utf-8")
    monkeypatch.setattr(vectors, "files", lambda package: folder)
    return [name for name, passed, _ in vectors.selftest() if not passed]


def test_every_vector_holds() -> None:
    results = vectors.selftest()
    assert [name for name, passed, _ in results if not passed] == []
    assert {f"video: {name}" for name in STORED} | {"video: wrong key"} == {name for name, _, _ in results}


@pytest.mark.parametrize("name", [name for name in STORED if name != "marked"])
def test_a_wrong_vector_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    assert failures(monkeypatch, tmp_path, STORED | {name: STORED[name][:-1]}) == [f"video: {name}"]


def test_an_unmarked_frame_in_its_place_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(vectors.Embedder, "mark", lambda self, luma: None)
    unmarked = vectors.marked(host_picture(vectors.SHAPE))
    assert failures(monkeypatch, tmp_path, STORED | {"marked": unmarked}) == ["video: marked"]


@pytest.mark.slow
def test_the_pattern_may_differ_by_rounding_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    near, far = (list(np.array(STORED["pattern"]) + d) for d in (0.04, 0.06))
    assert failures(monkeypatch, tmp_path, STORED | {"pattern": near}) == []
    assert failures(monkeypatch, tmp_path, STORED | {"pattern": far}) == ["video: pattern"]
