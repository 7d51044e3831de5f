"""Fingerprints in several folders give the answers of one."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.errors import CatalogueError
from stamp.matching.constellation import tones_of
from stamp.monitor import runs
from stamp.monitor.place import prints_for, renewing
from stamp.monitor.prints import print_of
from stamp.monitor.search import Index
from stamp.monitor.shards import Shards, shard_of
from stamp.monitor.songs import searched
from stamp.monitor.stacked import Stacked
from stamp.monitor.store import Prints
from stamp.pipeline.cataloguing import Catalogue
from tests.media.pixels import gray
from tests.unit.matching.test_constellation import RATE, song

from .test_store import made

UIDS = [str(UUID(int=number, version=4)) for number in range(8)]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=4), st.data())
@settings(max_examples=40, deadline=None)
def test_stacked_rows_are_those_of_one_array(lengths: list[int], data: st.DataObject) -> None:
    whole = np.arange(2 * sum(lengths)).reshape(-1, 2)
    stacked = Stacked(np.split(whole, np.cumsum(lengths)[:-1]))
    assert len(stacked) == len(whole)
    start, end = data.draw(st.tuples(st.integers(0, 12), st.integers(0, 12)))
    assert np.array_equal(stacked[start:end], whole[start:end])
    if len(whole):
        rows = np.array(data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=9)), np.int64)
        assert np.array_equal(stacked.take(rows), whole[rows])


@pytest.mark.slow
def test_two_shards_give_the_answers_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_TAIL", 500)  # some of the points are in runs on the disk
    one, two = Prints(tmp_path / "one"), Shards([tmp_path / "a", tmp_path / "b"])
    uids = UIDS[:4]
    for number, uid in enumerate(uids):
        prints = [print_of(gray(240, 320, seed=number + 1), "image")]
        tones = tones_of(song(12, number + 1), RATE)
        for each in (one, two):
            each.add(uid, prints)
            each.add_tones(uid, tones)
    assert {len(part.works()) for part in two.parts} == {2}
    assert one.works() == two.works()
    assert all(two.has(uid) for uid in uids)
    both = Index(one.view()), Index(two.view())
    for number, uid in enumerate(uids):
        plane = gray(240, 320, seed=number + 1)
        for suspect in (plane[:, ::-1], plane[40:200, 60:280]):
            found = []
            for index in both:
                hits = index.search(np.ascontiguousarray(suspect))
                found.append([(str(index.view.work(hit.head)), hit.stage, hit.distance) for hit in hits])
                assert hits[0].inliers >= 8 or hits[0].distance is not None
            assert found[0] == found[1]
            assert found[0][0][0] == uid
    for number, uid in enumerate(uids[:2]):  # one of each folder
        part = song(12, number + 1)[3 * RATE : 9 * RATE]
        heard = [searched(index.view, part, RATE) for index in both]
        assert heard[0] == heard[1]
        assert max(heard[0], key=lambda work: heard[0][work].votes) == uid
    assert not both[1].search(gray(240, 320, seed=99))


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    shards = Shards([tmp_path / "a", tmp_path / "b"])
    assert len(shards.view().heads) == 0
    shards.add(UIDS[0], [made(5, 1)])
    assert len(shards.view().heads) == 1
    (tmp_path / "b").rename(tmp_path / "c")
    with pytest.raises(CatalogueError, match=r"fingerprints in .*b are not there"):
        shards.view()


def test_folders_are_named_as_in_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        monkeypatch.setenv("STAMP_FINGERPRINTS", f"{tmp_path / 'a'}")
        assert [part.folder.name for part in prints_for(catalogue).parts] == ["a"]
        monkeypatch.setenv("STAMP_FINGERPRINTS", f"{tmp_path / 'a'}{os.pathsep}{tmp_path / 'b'}")
        prints = prints_for(catalogue)
    assert [part.folder.name for part in prints.parts] == ["a", "b"]
    for uid in UIDS:
        prints.add(uid, [made(5, 1)])
    with renewing(prints) as again:
        for uid in UIDS[:5]:
            again.add(uid, [made(6, 2)])
    assert prints.works() == set(UIDS)
    heads = prints.view().heads
    assert sorted(heads["count"].tolist()) == [5] * 3 + [6] * 5
    for number, part in enumerate(prints.parts):
        assert all(shard_of(uid, 2) == number for uid in part.works())
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["a", "b"]
