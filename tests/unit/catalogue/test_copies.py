"""Row first, file last: a payload belongs to its work before anything carries it, whatever happens then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import stamp
from stamp.catalogue.catalogue import Catalogue
from stamp.core.options import CopyOptions, OutputOptions
from stamp.core.payload import Payload
from stamp.jobs.demo import paint
from stamp.pipeline import stages
from stamp.pipeline.stages import Passage, Stage, UntilReadable
from stamp.storage.digest import digest

KEY = stamp.Key(bytes(range(32)), "copies")
PAYLOAD = Payload(bytes(range(8)))


@pytest.fixture(scope="module")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    paint(path := tmp_path_factory.mktemp("painted") / "lake.jpg", size=(320, 240))
    return path


@pytest.fixture
def photo(painted: Path, tmp_path: Path) -> Path:
    (path := tmp_path / "lake.jpg").write_bytes(painted.read_bytes())
    return path


def test_a_marked_copy_is_known(catalogue: Catalogue, photo: Path, tmp_path: Path) -> None:
    catalogue.parties.add("ACME", kind="organisation")
    options = CopyOptions(title="Lake at dusk", recipient="ACME", channel="press")
    report = stamp.embed_file(photo, tmp_path / "a.jpg", key=KEY, catalogue=catalogue, copy=options)
    assert report.payload
    known = catalogue.lookup(report.payload, KEY)
    assert known == report.known
    assert known
    assert str(known) == "work #1 'Lake at dusk', copy for ACME, channel press"
    entry = report.to_dict()
    assert (entry["work"], entry["copy"]) == (known.work, known.copy)
    work = catalogue.works.show(known.work)
    assert work.copies
    (copy,) = work.copies
    assert (copy.copy, copy.state, copy.recipient) == (known.copy, "ready", "ACME")
    assert copy.sha256_after == digest(tmp_path / "a.jpg").sha256
    assert copy.sha256_before == digest(photo).sha256
    assert catalogue.lookup(report.payload, stamp.Key(bytes(32), "another")) is None
    assert catalogue.lookup(bytes(8)) is None
    assert catalogue.recover() == stamp.Recovered()
    assert catalogue.verify().fault is None


def test_one_photo_is_one_work_under_any_name(catalogue: Catalogue, photo: Path, tmp_path: Path) -> None:
    first = stamp.embed_file(photo, tmp_path / "a.jpg", key=KEY, catalogue=catalogue)
    (tmp_path / "other.jpg").write_bytes(photo.read_bytes())
    second = stamp.embed_file(tmp_path / "other.jpg", tmp_path / "b.jpg", key=KEY, catalogue=catalogue)
    again = stamp.embed_file(
        tmp_path / "a.jpg", tmp_path / "c.jpg", key=KEY, remark=True, catalogue=catalogue
    )
    assert first.known
    assert second.known
    assert again.known
    assert {first.known.work} == {second.known.work, again.known.work}
    assert len({first.payload, second.payload, again.payload}) == 3
    assert catalogue.works.list()[0].copy_count == 3


def test_a_payload_means_one_work(catalogue: Catalogue, photo: Path, tmp_path: Path) -> None:
    paint(tmp_path / "sea.jpg", size=(320, 240), seed=5)
    stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
    with pytest.raises(stamp.CatalogueError, match="belongs to work #1 'lake' under this key already"):
        stamp.embed_file(tmp_path / "sea.jpg", tmp_path / "b.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
    assert not (tmp_path / "b.jpg").exists()
    assert len(catalogue.works.list()) == 1
    same = CopyOptions(work="1")
    stamp.embed_file(
        tmp_path / "sea.jpg", tmp_path / "b.jpg", PAYLOAD, key=KEY, catalogue=catalogue, copy=same
    )
    other = stamp.Key(bytes(32), "other")
    stamp.embed_file(tmp_path / "sea.jpg", tmp_path / "c.jpg", PAYLOAD, key=other, catalogue=catalogue)
    assert catalogue.works.list()[-1].copy_count == 3  # the sea is a known copy's source by now


@pytest.mark.parametrize("options", [{"work": "9"}, {"recipient": "Nobody"}, {"licence": "1"}])
def test_what_is_not_there(
    options: dict[str, str], catalogue: Catalogue, photo: Path, tmp_path: Path
) -> None:
    with pytest.raises(stamp.CatalogueError, match="there is no such"):
        stamp.embed_file(photo, tmp_path / "a.jpg", key=KEY, catalogue=catalogue, copy=CopyOptions(**options))
    assert list(tmp_path.glob("a.jpg")) == []
    assert catalogue.works.list() == []
    assert catalogue.verify() == stamp.Verification(0, None)


def test_arguments_of_another_kind(catalogue: Catalogue, photo: Path, tmp_path: Path) -> None:
    with pytest.raises(stamp.ArgumentError, match="hand over a `catalogue`"):
        stamp.embed_file(photo, tmp_path / "a.jpg", key=KEY, copy=CopyOptions())
    with pytest.raises(stamp.ArgumentError):
        stamp.embed_file(photo, tmp_path / "a.jpg", key=KEY, catalogue="c.sqlite")  # type: ignore[arg-type]


def test_a_photo_that_cannot_be_marked(catalogue: Catalogue, tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (320, 240), "white").save(tmp_path / "flat.png")
    with pytest.raises(stamp.HostError):
        stamp.embed_file(tmp_path / "flat.png", tmp_path / "a.png", PAYLOAD, key=KEY, catalogue=catalogue)
    known = catalogue.lookup(PAYLOAD, KEY)
    assert known
    work = catalogue.works.show(known.work)
    assert work.copies
    assert [copy.state for copy in work.copies] == ["abandoned"]
    assert work.copy_count == 0
    (tmp_path / "text.jpg").write_text("no photo")
    with pytest.raises(stamp.UnsupportedFormat):
        stamp.embed_file(tmp_path / "text.jpg", tmp_path / "b.jpg", key=KEY, catalogue=catalogue)
    assert len(catalogue.works.list()) == 1


def test_a_register_that_refuses(catalogue: Catalogue, photo: Path, tmp_path: Path) -> None:
    def refuse(draft: Path) -> None:
        raise stamp.UnwritableFile("no space")

    output = OutputOptions(register=refuse)
    with pytest.raises(stamp.UnwritableFile):
        stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue, output=output)
    (copy,) = catalogue.works.show("1").copies or ()
    assert (copy.state, (tmp_path / "a.jpg").exists()) == ("abandoned", False)


Check = Callable[[Catalogue, Path, Path], None]


class Killed(BaseException):
    """A kill: nothing of what usually follows an error is done."""


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize(
    ("after", "state", "is_there"),
    [
        ("reserve", "abandoned", False),
        ("encode", "abandoned", False),
        ("register", "abandoned", False),
        ("place", "ready", True),
    ],
)
def test_recovering_after_each_step(
    after: str,
    state: str,
    is_there: bool,
    in_place: bool,
    catalogue: Catalogue,
    photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def killed(stage: Stage) -> Stage:
        def run(passage: Passage) -> None:
            if stage.__name__ == "place":
                monkeypatch.setattr(passage.registration, "placed", _killed)
            stage(passage)
            if stage.__name__ == after:
                _killed()

        return run

    def _killed() -> None:
        raise Killed

    monkeypatch.setattr("stamp.pipeline.registering.Registration.__exit__", lambda *error: None)
    monkeypatch.setattr(
        stages,
        "STAGES",
        tuple(
            UntilReadable(*map(killed, stage.stages)) if isinstance(stage, UntilReadable) else killed(stage)
            for stage in stages.STAGES
        ),
    )
    output, before = photo if in_place else tmp_path / "a.jpg", photo.read_bytes()
    with pytest.raises(Killed):
        stamp.embed_file(photo, output, PAYLOAD, key=KEY, overwrite=in_place, catalogue=catalogue)
    assert (output.exists() and output.read_bytes() != before) == is_there
    assert catalogue.lookup(PAYLOAD, KEY)
    done = catalogue.recover()
    assert done == (stamp.Recovered(finished=1) if is_there else stamp.Recovered(abandoned=1))
    assert catalogue.recover() == stamp.Recovered()
    (copy,) = catalogue.works.show("1").copies or ()
    assert copy.state == state
    assert catalogue.verify().fault is None


def test_what_was_changed_before_it_was_recovered_stays_open(
    catalogue: Catalogue, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stamp.pipeline.registering.Registration.placed", lambda self: None)
    stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
    (tmp_path / "a.jpg").write_bytes(b"edited")
    assert catalogue.recover() == catalogue.recover() == stamp.Recovered(open=1)
    known = catalogue.lookup(PAYLOAD, KEY)
    assert known
    assert known.copy


def test_a_catalogue_that_is_lost_at_the_end_leaves_a_whole_file_and_a_note(
    catalogue: Catalogue, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(*arguments: object) -> None:
        raise stamp.CatalogueError("the server went away")

    monkeypatch.setattr("stamp.catalogue.copies.placed", lost)
    report = stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
    assert any("stamp works recover" in note for note in report.notes)
    monkeypatch.undo()
    assert stamp.detect_file(tmp_path / "a.jpg", keys=KEY).payload == PAYLOAD
    assert catalogue.recover() == stamp.Recovered(finished=1)


def test_a_run_that_was_taken_for_dead_still_registers(
    catalogue: Catalogue, photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def recovered(passage: Passage) -> None:
        assert catalogue.recover() == stamp.Recovered(abandoned=1)

    behind = stages.STAGES.index(stages.reserve) + 1
    before, after = stages.STAGES[:behind], stages.STAGES[behind:]
    monkeypatch.setattr(stages, "STAGES", (*before, recovered, *after))
    stamp.embed_file(photo, tmp_path / "a.jpg", PAYLOAD, key=KEY, catalogue=catalogue)
    (copy,) = catalogue.works.show("1").copies or ()
    assert copy.state == "ready"
