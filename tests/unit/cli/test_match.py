"""`stamp match` and `stamp works index`: exit codes, lines, JSON, finds, pictures."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from stamp.core.key import Key
from stamp.core.matches import MatchedWork, MatchReport
from stamp.jobs import catalogues
from stamp.jobs.demo import paint
from stamp.monitor.keeping import keep
from stamp.monitor.prints import prints_of
from stamp.monitor.store import Prints
from stamp.pipeline.cataloguing import Catalogue

from .conftest import Runner

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def on(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With a catalogue of three photos, and suspects: a mirrored copy, a crop, something else."""
    monkeypatch.setenv("STAMP_CATALOGUE", str(elsewhere / "c.sqlite"))
    for seed, name in enumerate(("lake", "sea", "hill"), 1):
        paint(Path(f"{name}.png"), size=(640, 480), seed=seed)
    paint(Path("other.jpg"), size=(640, 480), seed=77)
    with Image.open("lake.png") as lake:
        ImageOps.mirror(lake).resize((400, 300)).save("mirrored.jpg", quality=70)
        lake.crop((160, 120, 520, 420)).save("crop.jpg", quality=80)
    yield
    while catalogues._opened:
        catalogues._opened.popitem()[1].close()


def test_a_copy_of_an_unmarked_work_is_found(stamp: Runner) -> None:
    assert stamp("works", "add", "lake.png", "sea.png", "hill.png").code == 0
    done = stamp("match", "mirrored.jpg", "crop.jpg", "--json")
    assert done.code == 0
    mirrored, crop = done.entries
    assert mirrored["verdict"] == crop["verdict"] == "copy"
    (match,) = mirrored["matches"]
    assert (match["number"], match["mirrored"], match["stage"]) == (1, True, "whole")
    assert match["correlation"] > 0.5
    assert match["overlap"]["work"] > 0.95
    (match,) = crop["matches"]
    assert match["overlap"]["work"] == pytest.approx(0.35, abs=0.04)
    assert match["watermark"] is None
    assert done.document["summary"]["found"] == 2
    nothing = stamp("match", "other.jpg")
    assert nothing.code == 1
    assert "no work was found" in nothing.out
    assert "fingerprint" not in nothing.err
    assert stamp("match", "missing.jpg", "crop.jpg").code == 3


def test_files_of_one_name_have_pictures_of_their_own(stamp: Runner) -> None:
    assert stamp("works", "add", "lake.png").code == 0
    for folder in ("a", "b"):
        Path(folder).mkdir()
        shutil.copy("crop.jpg", Path(folder, "crop.jpg"))
    result = stamp("match", "a/crop.jpg", "b/crop.jpg", "--picture", "seen", "--json")
    drawn = [path for entry in result.entries for path in entry["pictures"]]
    assert len(set(drawn)) == len(drawn) == len(list(Path("seen").iterdir())) == 2
    stamp("match", "a/crop.jpg", "--picture", "seen")
    assert len(list(Path("seen").iterdir())) == 2


def test_what_is_empty_or_not_there_is_said_as_elsewhere(stamp: Runner) -> None:
    assert stamp("works", "add", "lake.png").code == 0
    Path("empty.jpg").touch()
    Path("text.jpg").write_text("no photo at all")
    result = stamp("match", "empty.jpg", "text.jpg")
    assert result.code == 3
    assert "empty.jpg: the file is empty; fetch a fresh copy" in result.err
    assert "text.jpg: its content is no photo, clip or song" in result.err


def test_the_mark_of_a_crop_is_read(stamp: Runner) -> None:
    Key.generate("k").save("k.key")
    embedded = stamp(
        "embed", "lake.png", "-o", "m.png", "--key-file", "k.key", "--copyright", "(c) A", "--json"
    )
    assert embedded.code == 0
    with Image.open("m.png") as marked:
        marked.crop((100, 60, 580, 420)).save("part.jpg", quality=90)
    done = stamp("match", "part.jpg", "--key-file", "k.key", "--keep", "--picture", "drawn", "--json")
    assert done.code == 0
    (entry,) = done.entries
    assert entry["verdict"] == "mark"
    mark = entry["matches"][0]["watermark"]
    assert mark["payload"] == embedded.entries[0]["payload"]
    assert mark["work"] == embedded.entries[0]["work"] == entry["matches"][0]["work"]
    assert Path(entry["pictures"][0]).is_file()
    (find,) = stamp("find", "list", "--json").entries
    assert find["find"] == entry["find"]
    assert find["basis"] == "mark"
    assert find["report"]["watermark"]["log10_p"] == find["log10_p"] == mark["log10_p"]
    assert find["payload"] == mark["payload"]
    again = stamp("match", "part.jpg", "--key-file", "k.key", "--keep", "--json")
    assert again.entries[0]["find"] == find["find"]


def test_works_that_were_there_before_are_indexed(stamp: Runner, elsewhere: Path) -> None:
    Path("stamp.toml").write_text("fingerprints = false\n")
    assert stamp("works", "add", "lake.png", "sea.png").code == 0
    nothing = stamp("match", "crop.jpg")
    assert nothing.code == 1
    assert "2 of 2 works have no fingerprint and cannot be found; 'stamp works index' makes it" in nothing.err
    assert not (elsewhere / "c.sqlite.fingerprints").exists()
    Path("sea.png").rename("ocean.png")
    done = stamp("works", "index", "--json")
    assert done.code == 3
    assert sorted(entry["prints"] or 0 for entry in done.entries) == [0, 1]
    assert "the original of work #2 'sea' is not where it was" in done.err
    assert stamp("match", "crop.jpg").code == 0
    Path("ocean.png").rename("sea.png")
    assert stamp("works", "index").code == 0
    assert stamp("works", "index", "--rebuild", "-j", "2").code == 0
    assert stamp("match", "crop.jpg").code == 0
    Path("lake.png").unlink()
    assert stamp("works", "index", "--rebuild").code == 3  # and what there is of lake.png stays
    assert not (elsewhere / "c.sqlite.fingerprints.new").exists()
    assert stamp("match", "crop.jpg").code == 0


def test_works_are_indexed_in_parts(stamp: Runner, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("stamp.toml").write_text("fingerprints = false\n")
    assert stamp("works", "add", "lake.png", "sea.png", "hill.png").code == 0
    indexed = []
    for part in (1, 2):  # each on the computer that has it
        monkeypatch.setenv("STAMP_FINGERPRINTS", str(elsewhere / f"part{part}"))
        indexed += stamp("works", "index", "--shard", f"{part}/2", "--json").entries
        Prints(elsewhere / f"part{part}").folder.mkdir(exist_ok=True)  # a part may have no work yet
    assert len({entry["work"] for entry in indexed}) == len(indexed) == 3
    monkeypatch.setenv("STAMP_FINGERPRINTS", f"{elsewhere / 'part1'}{os.pathsep}{elsewhere / 'part2'}")
    assert stamp("works", "index", "--json").entries == []
    done = stamp("match", "mirrored.jpg", "sea.png", "--json")
    assert [entry["matches"][0]["title"] for entry in done.entries] == ["lake", "sea"]
    assert stamp("works", "index", "--shard", "3/2").code == 2


def test_another_shot_is_a_scene_and_not_a_copy(stamp: Runner) -> None:
    stamp("works", "add", "lake.png")
    with Image.open("lake.png") as lake, Image.open("sea.png") as sea:
        # What is coarse is that of the one, what is fine that of the other.
        smooth = ImageFilter.GaussianBlur(6)
        coarse = np.asarray(lake.filter(smooth), np.float32)
        fine = np.asarray(sea, np.float32) - np.asarray(sea.filter(smooth), np.float32)
        Image.fromarray(np.clip(coarse + 2 * fine, 0, 255).astype(np.uint8)).save("shot.png")
    done = stamp("match", "shot.png", "--json")
    (match,) = done.entries[0]["matches"]
    assert (done.code, match["verdict"]) == (0, "scene")
    assert (match["correlation"] or 0) < 0.3
    assert "or another shot of it" in stamp("match", "shot.png").out


def test_what_is_kept_without_a_mark_goes_by_its_fingerprint(stamp: Runner) -> None:
    stamp("works", "add", "lake.png")
    kept = stamp("match", "crop.jpg", "--keep", "--json").entries[0]
    done = stamp("find", "show", "1")
    assert "mark      none; the work was recognised by its fingerprint" in done.out
    (match,) = kept["matches"]
    shares = f"{match['overlap']['work']:.0%} of the work, 100% of the file".replace("%", " %")
    assert f"{shares}, fine detail {match['correlation']:.2f}" in done.out
    assert "matched   copy, by " in done.out
    (find,) = stamp("find", "show", "1", "--json").entries
    assert (find["find"], find["basis"], find["verdict"]) == (kept["find"], "fingerprint", "open")
    assert find["matched"] == match


@pytest.mark.parametrize("verdict", ["copy", "scene"])
def test_what_is_recognised_is_no_letter_before_a_person_has_looked(stamp: Runner, verdict: str) -> None:
    stamp("works", "add", "lake.png")
    with Catalogue.open("c.sqlite") as opened:
        work = opened.works.show("1").work
        match = MatchedWork(work, 1, "lake", verdict, "points")  # type: ignore[arg-type]
        keep(opened, MatchReport(Path("crop.jpg"), "image", (match,)))
    asking = ("notice", "1", "--to", "host", "--json")

    def lacks() -> bool:
        return "comparison" in [each["code"] for each in stamp(*asking).entries[0]["missing"]]

    assert lacks()
    assert stamp("find", "compare", "1").code == 0  # which the program does
    assert lacks()
    assert stamp("find", "compare", "1", "--verdict", "unclear", "--by", "Ada").code == 0
    assert lacks()
    assert stamp("find", "compare", "1", "--verdict", "ours", "--by", "Ada").code == 0
    assert not lacks()


def test_a_wrong_setting_is_named(stamp: Runner) -> None:
    Path("stamp.toml").write_text('fingerprints = "yes"\n')
    done = stamp("works", "add", "lake.png")
    assert done.code == 3
    assert "`fingerprints` must be true or false" in done.err


def test_no_catalogue_is_an_error(stamp: Runner) -> None:
    assert stamp("match", "crop.jpg").code == 3


def test_deleted_works_are_not_named(stamp: Runner, elsewhere: Path) -> None:
    stamp("works", "add", "lake.png")
    while catalogues._opened:
        catalogues._opened.popitem()[1].close()
    for path in elsewhere.glob("c.sqlite*"):
        if path.is_file():
            path.unlink()
    with Catalogue.open(elsewhere / "c.sqlite") as opened:
        opened.works.add("sea.png")
    assert stamp("match", "crop.jpg").code == 1


def test_fingerprints_of_works_that_are_marked_in_place_are_of_the_original(
    stamp: Runner, elsewhere: Path
) -> None:
    Key.generate("k").save("k.key")
    before = prints_of(Path("lake.png"))
    assert isinstance(before, list)
    args = ("--in-place", "--key-file", "k.key", "--copyright", "(c) A")
    assert stamp("embed", "lake.png", *args).code == 0
    view = Prints(elsewhere / "c.sqlite.fingerprints").view()
    assert np.array_equal(view.codes, before[0].codes)
    assert np.array_equal(view.heads["signs"][0], before[0].signs)


def test_a_run_that_was_broken_off_goes_on(
    stamp: Runner, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stamp("works", "add", "lake.png")
    suspects = ("mirrored.jpg", "crop.jpg", "other.jpg")

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("stamp.cli.match._describe", stop)
        assert stamp("match", *suspects).code == 130
    (journal,) = (elsewhere.parent / "data").glob("stamp/unfinished/match-*.jsonl")
    lines = journal.read_text().splitlines()
    done = {json.loads(line)["entry"]["path"] for line in lines[1:]}
    assert "mirrored.jpg" in done
    # What is written down is not looked at again: there are no fingerprints any more. The last line was cut.
    journal.write_text("\n".join(lines[:2]) + "\n" + lines[1][:40])
    first = json.loads(lines[1])["entry"]["path"]
    shutil.rmtree("c.sqlite.fingerprints")
    resumed = stamp("match", *suspects, "--resume", "--json")
    assert resumed.code == 0
    assert sorted(entry["path"] for entry in resumed.entries) == sorted(suspects)
    assert {entry["path"]: entry["status"] for entry in resumed.entries} == {
        path: "found" if path == first else "not_found" for path in suspects
    }
    assert resumed.document["summary"]["found"] == 1
    assert not journal.exists()
    assert stamp("match", *suspects, "--resume").code == 1
    assert not journal.exists()
