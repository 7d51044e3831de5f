"""Files of fingerprints: appended, read back, cut short, written by several."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest

from stamp.core.errors import UnwritableFile
from stamp.matching.constellation import Tones
from stamp.monitor import runs
from stamp.monitor.runs import neighbours
from stamp.monitor.store import PLACE, Print, Prints, packed, unpacked

ONE, TWO, SONG = (str(UUID(int=number, version=4)) for number in (1, 2, 3))


def made(count: int, seed: int, kind: str = "image", time: float = 0.0) -> Print:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 256, (count, 16), dtype=np.uint8)
    places = np.zeros(count, PLACE)
    places["x"] = random.integers(0, 65_536, count)
    return Print(kind, (640, 480), random.integers(0, 256, 32, dtype=np.uint8), codes, places, time)


def test_what_was_added_is_read_back(tmp_path: Path) -> None:
    prints = Prints(tmp_path / "a" / "prints")
    assert prints.works() == set()
    assert prints.state() == 0
    one, two = made(5, 1), made(7, 2, "video", 3.5)
    prints.add(ONE, [one])
    prints.add(TWO, [two, Print("video", (640, 480), None, two.codes[:0], two.places[:0], 4.0)])
    view = prints.view()
    assert [str(view.work(head)) for head in range(3)] == [ONE, TWO, TWO]
    assert view.heads["has_signs"].tolist() == [1, 1, 0]
    assert view.heads["time"].tolist() == [0.0, 3.5, 4.0]
    assert view.heads["first"].tolist() == [0, 5, 12]
    assert np.array_equal(view.codes, np.concatenate([one.codes, two.codes]))
    assert np.array_equal(view.places, np.concatenate([one.places, two.places]))
    assert prints.works() == {ONE, TWO}
    assert prints.has(ONE)
    assert not prints.has(str(UUID(int=3, version=4)))
    assert stat.S_IMODE(prints.folder.stat().st_mode) & 0o077 == 0


def test_places_lose_less_than_a_pixel() -> None:
    random = np.random.default_rng(1)
    places = random.random((50, 2)).astype(np.float32)
    scales = np.log2(random.uniform(0.004, 0.5, 50)).astype(np.float32)
    angles = random.uniform(0, 360, 50).astype(np.float32)
    back = unpacked(packed(places, scales, angles))
    assert np.abs(back[0] - places).max() < 0.0001
    assert np.abs(back[1] - scales).max() < 0.03
    turned = np.abs(back[2] - angles)
    assert np.minimum(turned, 360 - turned).max() < 1


def test_what_a_killed_writer_left_is_not_read_and_goes_with_the_next_one(tmp_path: Path) -> None:
    prints = Prints(tmp_path)
    prints.add(ONE, [made(5, 1)])
    for name, torn in (("codes.1", 37), ("places.1", 12), ("heads.1", 30)):
        with open(tmp_path / name, "ab") as file:
            file.write(bytes(torn))
    assert len(prints.view().codes) == 5
    two = made(4, 2)
    prints.add(TWO, [two])
    view = prints.view()
    assert view.heads["first"].tolist() == [0, 5]
    assert np.array_equal(view.codes[5:], two.codes)
    assert prints.works() == {ONE, TWO}


def test_many_points_become_runs_of_growing_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_TAIL", 100)
    prints = Prints(tmp_path)
    for number in range(20):
        prints.add(str(UUID(int=number, version=4)), [made(40, number)])
        view = prints.view()
        covered = np.concatenate([run.start + run.order.astype(np.int64) for run in view.runs])
        assert np.array_equal(np.sort(covered), np.arange(40 * (number + 1)))
    names = sorted(path.name for path in tmp_path.glob("order.*"))
    assert len(names) <= 3
    values = np.where(np.unpackbits(view.codes, axis=1), 1.0, -1.0).astype(np.float32)
    asked, found = neighbours(view.runs, view.codes, values)
    assert np.array_equal(np.unique(asked[asked == found]), np.arange(800))
    for path in tmp_path.glob("order.*"):
        path.write_bytes(b"nonsense")
    assert sum(len(run.order) for run in prints.view().runs) == 800


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no locks there")
def test_several_processes_add_at_once(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.unit.monitor.test_store import *\n"
        "own = int(sys.argv[2])\n"
        "for n in range(20): Prints(Path(sys.argv[1])).add(str(UUID(int=own, version=4)), [made(3, own)])"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(own)]) for own in (1, 2, 3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    view = Prints(tmp_path).view()
    assert len(view.heads) == 60
    assert view.heads["first"].tolist() == list(range(0, 180, 3))
    for own in (1, 2, 3):
        rows = np.flatnonzero([view.work(head) == UUID(int=own, version=4) for head in range(60)])
        assert len(rows) == 20
        assert all(np.array_equal(view.codes[3 * row : 3 * row + 3], made(3, own).codes) for row in rows)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UnwritableFile, match="fingerprints cannot be written") as caught:
        Prints(tmp_path / "file").add(ONE, [made(1, 1)])
    assert caught.value.path == tmp_path / "file"


def test_what_is_made_anew_keeps_works_that_are_not_in_it(tmp_path: Path) -> None:
    old, new = Prints(tmp_path / "a"), Prints(tmp_path / "a.new")
    song = Tones(np.array([7, 3], np.uint32), np.array([1, 2], np.uint32))
    one, two = made(5, 1), made(4, 2)
    old.add(ONE, [one])
    old.add(TWO, [two])
    old.add_tones(SONG, song)
    again = made(6, 3)
    new.add(ONE, [again])
    new.replace(old)
    view = Prints(tmp_path / "a").view()
    assert [str(view.work(head)) for head in range(2)] == [ONE, TWO]
    assert np.array_equal(view.codes, np.concatenate([again.codes, two.codes]))
    assert view.tones["code"].tolist() == [7, 3]
    assert old.works() == {ONE, TWO, SONG}
    assert not new.folder.exists()
