"""What Python adds and marks is found by its fingerprints, as what the command line adds is."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stamp
from stamp.jobs.demo import paint
from stamp.monitor.matching import match_file
from stamp.monitor.place import prints_for
from stamp.monitor.prints import prints_of

pytestmark = pytest.mark.slow


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    paint(path := tmp_path / "lake.png", size=(480, 360), seed=1)
    return path


def test_a_work_that_is_added_is_found(photo: Path, tmp_path: Path) -> None:
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        work = catalogue.works.add(photo)
        catalogue.works.add(title="without a file", kind="image")
        with Image.open(photo) as image:
            image.crop((60, 60, 400, 300)).save(tmp_path / "crop.jpg")
        assert match_file(catalogue, tmp_path / "crop.jpg").matches[0].work == work.work
        assert prints_for(catalogue).works() == {work.work}
        with pickle.loads(pickle.dumps(catalogue)) as again:
            assert type(again) is stamp.Catalogue


def test_a_work_that_is_marked_in_place_has_those_of_the_original(photo: Path, tmp_path: Path) -> None:
    before = prints_of(photo)
    assert isinstance(before, list)
    key = stamp.Key.generate("k")
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for target in (photo, tmp_path / "second.png"):
            options = stamp.CopyOptions(work="1") if target != photo else stamp.CopyOptions()
            stamp.embed_file(
                photo, target, key=key, overwrite=True, remark=True, catalogue=catalogue, copy=options
            )
        view = prints_for(catalogue).view()
        (work,) = catalogue.works.list()
    assert [str(view.work(number)) for number in range(len(view.heads))] == [work.work]
    assert np.array_equal(view.codes, before[0].codes)


def test_it_can_be_switched_off_and_a_full_disk_loses_no_work(
    photo: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    paint(tmp_path / "sea.png", size=(480, 360), seed=2)
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        catalogue.fingerprints = False
        catalogue.works.add(photo)
        assert prints_for(catalogue).works() == set()
        catalogue.fingerprints = True
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("STAMP_FINGERPRINTS", str(tmp_path / "file"))
        with caplog.at_level(logging.WARNING):
            assert catalogue.works.add(tmp_path / "sea.png").number == 2
    assert "the fingerprints cannot be written" in caplog.text
