"""The conformance vectors of the audio scheme: all hold, a wrong one is told, and they can be made again."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stamp.watermark.audio import vectors
from tests.helpers.places import GOLDEN

STORED = json.loads(Path(vectors.__file__).with_suffix(".json").read_text("utf-8"))


def test_every_vector_holds() -> None:
    results = vectors.selftest()
    assert [name for name, passed, _ in results if not passed] == []
    assert {f"sound: {name}" for name in STORED} <= {name for name, _, _ in results}


WRONG: dict[str, Any] = {
    "frame": STORED["frame"][::-1],
    "index": STORED["sign"],
    "start": STORED["start"] + 2,
    "bins": STORED["bins"][1:],
    "windows": [STORED["windows"][0] + 1e-3, *STORED["windows"][1:]],
    "evidence": [*STORED["evidence"][:-1], STORED["evidence"][-1] - 0.05],
    "delta": STORED["delta"][:-1],
}


def test_wrong_vectors_are_told_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "vectors.json").write_text(json.dumps(STORED | WRONG), "utf-8")
    monkeypatch.setattr(vectors, "files", lambda package: tmp_path)
    failed = {name for name, passed, _ in vectors.selftest() if not passed}
    assert failed == {f"sound: {name}" for name in WRONG}


def test_the_vectors_can_be_made_again() -> None:
    path = GOLDEN / "make_vectors.py"
    spec = importlib.util.spec_from_file_location("make_vectors", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.record_audio()
    assert set(made) == set(STORED)
    stored, again = vectors._unpack(STORED["marked"]), vectors._unpack(made["marked"])
    assert np.abs(stored - again).max() <= 1 / vectors.FULL_SCALE
