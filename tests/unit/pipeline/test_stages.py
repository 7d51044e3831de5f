"""The stages of a file that is marked: the same for a photo, a clip and a song, and all or nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import stamp
from stamp.jobs.demo import paint
from stamp.pipeline import stages
from stamp.pipeline.stages import STAGES, Passage, Stage, UntilReadable
from tests.media import audio_files, video_files
from tests.media.samples import music

PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
KEY = stamp.Key(bytes(range(32)), "stages")
RIGHTS = stamp.Rights(copyright_notice="© 2026 A", creators=("A", "Bé"))
NAMES = (
    "decode",
    "look",
    "draw",
    "reserve",
    "mark",
    "encode",
    "notice",
    "verify",
    "measure",
    "sign",
    "weigh",
    "register",
    "place",
)
KINDS = (
    "photo.jpg",
    "photo.png",
    pytest.param("clip.mp4", marks=pytest.mark.slow),
    pytest.param("song.flac", marks=pytest.mark.slow),
)


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one work of each kind. Read only, please."""
    folder = tmp_path_factory.mktemp("works")
    paint(folder / "photo.jpg", size=(640, 480))
    paint(folder / "photo.png", size=(320, 240))
    video_files.write(folder / "clip.mp4", size=(640, 360), count=8)
    audio_files.write(folder / "song.flac", music(20), 44_100, "flac-16")
    return folder


def with_each(wrap: Callable[[Stage], Stage]) -> tuple[Stage, ...]:
    """All stages, each as `wrap` gives it."""
    return tuple(
        UntilReadable(*map(wrap, stage.stages)) if isinstance(stage, UntilReadable) else wrap(stage)
        for stage in STAGES
    )


def name_of(stage: Any) -> str:
    return str(stage.__name__)


def embed(src: Path, dst: Path, **options: Any) -> stamp.EmbedReport:
    quick = stamp.EmbedOptions(preset="ultrafast" if src.suffix == ".mp4" else None)
    return stamp.embed_file(src, dst, PAYLOAD, key=KEY, rights=RIGHTS, options=quick, **options)


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_work_takes_the_same_way(
    name: str, works: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []

    def recorded(stage: Stage) -> Stage:
        def run(passage: Passage) -> None:
            taken.append(name_of(stage))
            stage(passage)

        return run

    monkeypatch.setattr(stages, "STAGES", with_each(recorded))
    embed(works / name, tmp_path / name)
    assert tuple(taken) == NAMES
    assert stamp.detect_file(tmp_path / name, keys=KEY, search=False).payload == PAYLOAD
    assert stamp.read_rights(tmp_path / name).rights.identifier == PAYLOAD.hex()


@pytest.mark.parametrize("in_place", [False, True], ids=["beside", "in place"])
@pytest.mark.parametrize("failing", NAMES)
@pytest.mark.parametrize("name", KINDS)
def test_a_stage_that_fails_leaves_no_output_and_the_source_as_it_was(
    name: str, failing: str, in_place: bool, works: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / name
    source.write_bytes(before := (works / name).read_bytes())

    def broken(stage: Stage) -> Stage:
        """The stage fails when all of its work is done; the last one, before the output appears."""

        def run(passage: Passage) -> None:
            if failing != "place":
                stage(passage)
            raise stamp.CorruptFile("it broke")

        return run if name_of(stage) == failing else stage

    monkeypatch.setattr(stages, "STAGES", with_each(broken))
    with pytest.raises(stamp.CorruptFile, match="it broke") as caught:
        embed(source, source if in_place else tmp_path / f"out{source.suffix}", overwrite=in_place)
    assert str(caught.value).count(str(source)) == 1
    assert caught.value.path == source
    assert list(tmp_path.iterdir()) == [source]
    assert source.read_bytes() == before


@pytest.mark.parametrize("failing", NAMES)
def test_an_interrupted_stage_leaves_nothing_behind(
    failing: str, works: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(stage: Stage) -> Stage:
        def run(passage: Passage) -> None:
            raise KeyboardInterrupt

        return run if name_of(stage) == failing else stage

    monkeypatch.setattr(stages, "STAGES", with_each(interrupted))
    with pytest.raises(KeyboardInterrupt):
        embed(works / "photo.png", tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


def test_what_is_tried_in_vain_is_tried_with_more_effort(
    works: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(works / "photo.jpg") as opened:
        opened.save(tmp_path / "coarse.jpg", quality=40)
    taken: list[tuple[str, int | None]] = []
    deaf = iter([True])

    def deaf_once(stage: Stage) -> Stage:
        def run(passage: Passage) -> None:
            stage(passage)
            taken.append((name_of(stage), passage.effort.quality_floor))
            if name_of(stage) == "verify" and next(deaf, False):
                passage.readable = False

        return run

    monkeypatch.setattr(stages, "STAGES", with_each(deaf_once))
    embed(tmp_path / "coarse.jpg", tmp_path / "out.jpg")
    first = [(name, None) for name in NAMES[: NAMES.index("measure") + 1]]
    assert taken == [*first, *((name, 75) for name in NAMES[NAMES.index("mark") :])]  # decoded once
    assert stamp.detect_file(tmp_path / "out.jpg", keys=KEY, search=False).payload == PAYLOAD


def test_a_stage_before_the_last_has_the_finished_bytes(
    works: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a signature needs them, and an entry in a register."""
    seen: list[bytes] = []

    def sign(passage: Passage) -> None:
        assert not passage.request.dst.exists()
        with open(passage.draft, "ab") as file:
            file.write(b"signed")
        seen.append(passage.draft.read_bytes())

    *before, last = STAGES
    monkeypatch.setattr(stages, "STAGES", (*before, sign, last))
    embed(works / "photo.jpg", tmp_path / "out.jpg")
    assert [(tmp_path / "out.jpg").read_bytes()] == seen
    assert stamp.read_rights(tmp_path / "out.jpg").rights.identifier == PAYLOAD.hex()
