"""The conformance vectors: all hold, a wrong one is told, and they can be made again."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stamp.watermark.image import vectors
from tests.helpers.places import GOLDEN

STORED = json.loads(Path(vectors.__file__).with_suffix(".json").read_text("utf-8"))
REAL = {"wavelet", "delta"}


def report(
    monkeypatch: pytest.MonkeyPatch, folder: Path, record: dict[str, Any]
) -> dict[str, tuple[bool, str]]:
    """What the self-test says of other vectors than those that were shipped."""
    (folder / "vectors.json").write_text(json.dumps(record), "utf-8")
    monkeypatch.setattr(vectors, "files", lambda package: folder)
    return {name: (passed, detail) for name, passed, detail in vectors.selftest()}


@pytest.fixture(scope="module")
def computed() -> dict[str, Any]:
    return vectors.compute()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, computed: dict[str, Any]) -> None:
    """Computed once for all tests, and no search of the marked picture with a wrong key."""
    monkeypatch.setattr(vectors, "compute", lambda: computed)
    monkeypatch.setattr(vectors, "_silent", lambda marked: (True, ""))


@pytest.mark.slow
def test_every_vector_holds() -> None:
    results = vectors.selftest()
    assert [name for name, passed, _ in results if not passed] == []
    names = [name for name, _, _ in results]
    assert len(set(names)) == len(names)
    assert {*STORED} - {"marked"} <= set(names)
    assert {"decoder", "marked picture", "wrong key"} <= set(names)
    assert all(detail for _, _, detail in results)


WRONG: dict[str, Any] = {
    "stream": STORED["stream"][:-1] + "?",
    "frame": STORED["frame"][::-1],
    "coded": "00" + STORED["coded"][2:],
    "index": [*STORED["index"][:3], STORED["index"][0]],
    "sign": STORED["sign"][:3],
    "variant": STORED["variant"] ^ 1,
    "flips": "",
    "constellation": STORED["constellation"][::-1],
    "host": "",
    "wavelet": [STORED["wavelet"][0], STORED["wavelet"][1] + 0.06, *STORED["wavelet"][2:]],
    "delta": [*STORED["delta"][:-1], STORED["delta"][-1] - 1],
}


def test_there_is_a_wrong_value_for_every_vector() -> None:
    assert WRONG.keys() == STORED.keys() - {"marked"}


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("name", WRONG)
def test_a_corrupted_vector_alone_is_reported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, computed: dict[str, Any]
) -> None:
    record = {**computed, "marked": STORED["marked"], name: WRONG[name]}
    results = report(monkeypatch, tmp_path, record)
    assert [vector for vector, (passed, _) in results.items() if not passed] == [name]


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_real_numbers_may_round_differently(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, computed: dict[str, Any]
) -> None:
    nearly = {name: [value + 0.02 for value in computed[name]] for name in REAL}
    results = report(monkeypatch, tmp_path, {**computed, "marked": STORED["marked"], **nearly})
    assert all(passed for passed, _ in results.values())
    assert "0.02" in results["delta"][1]


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("place", [0, 5])
def test_what_is_no_number_does_not_pass_for_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, computed: dict[str, Any], place: int
) -> None:
    broken = {**computed, "delta": [*computed["delta"]]}
    broken["delta"][place] = float("nan")
    monkeypatch.setattr(vectors, "compute", lambda: broken)
    results = report(monkeypatch, tmp_path, {**computed, "marked": STORED["marked"]})
    assert [name for name, (passed, _) in results.items() if not passed] == ["delta"]


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("kind", ["unmarked", "truncated", "garbage"])
def test_a_wrong_marked_picture_is_reported_and_never_raised(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, computed: dict[str, Any], kind: str
) -> None:
    text = {
        "unmarked": vectors.pack(vectors.host_picture()),
        "truncated": STORED["marked"][:1000],
        "garbage": "no base 85 \x00",
    }[kind]
    results = report(monkeypatch, tmp_path, {**computed, "marked": text})
    assert not results["marked picture"][0]
    assert all(passed for name, (passed, _) in results.items() if name in computed)


def test_the_host_is_a_picture_with_shades_of_its_own() -> None:
    host = vectors.host_picture()
    assert host.dtype == np.uint8
    assert host.std() > 20
    assert len(np.unique(host)) > 100
    assert 0 < host.min() < host.max() < 255


def test_the_vectors_can_be_made_again() -> None:
    path = GOLDEN / "make_vectors.py"
    spec = importlib.util.spec_from_file_location("make_vectors", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = module.record()
    assert made.keys() == STORED.keys()
    for name in made.keys() - REAL - {"marked"}:
        assert made[name] == STORED[name], name
    for name in REAL:
        np.testing.assert_allclose(made[name], STORED[name], atol=vectors.TOLERANCE, err_msg=name)
    pictures = [vectors._unpack(text).astype(int) for text in (made["marked"], STORED["marked"])]
    difference = np.abs(pictures[0] - pictures[1])
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.1
