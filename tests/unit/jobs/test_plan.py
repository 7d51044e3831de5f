"""Which files are worked on, and where each output goes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from stamp.core.errors import MediaError, OutputError
from stamp.jobs.plan import Job, inputs, is_stamped, plan, searchable, stamped_name
from stamp.jobs.selection import PassedOver, Selection, Shard


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in (
        "in/b.jpg",
        "in/a.PNG",
        "in/notes.txt",
        "in/.hidden.jpg",
        "in/.thumbnails/t.jpg",
        "in/sub/c.tiff",
        "in/sub/c.stamped.tiff",
        "in/sub/.c.tiff.12ab.stamp-tmp",
        "other/b.jpg",
    ):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Path("in")


def outputs(jobs: Iterable[Job]) -> dict[str, str | None]:
    return {job.path.as_posix(): job.output.as_posix() if job.output else None for job in jobs}


def test_reading_walks_everything_that_looks_like_a_picture(tree: Path) -> None:
    assert [job.path.as_posix() for job in inputs([tree, "other/b.jpg", "nowhere"])] == [
        "in/a.PNG",
        "in/b.jpg",
        "in/sub/c.stamped.tiff",
        "in/sub/c.tiff",
        "other/b.jpg",
        "nowhere",
    ]


def test_what_can_only_be_searched_is_found_where_marks_are_looked_for(tree: Path) -> None:
    for name in ("a.aac", "b.CAF", "c.wma", "d.bmp", "e.cr2"):
        (tree / "sub" / name).touch()
    found = {job.path.name for job in inputs([tree / "sub"], takes=searchable)}
    assert found == {"a.aac", "b.CAF", "c.wma", "d.bmp", "c.tiff", "c.stamped.tiff"}
    assert {job.path.name for job in inputs([tree / "sub"])} == {"c.tiff", "c.stamped.tiff"}


def test_what_a_walk_leaves_out_is_reported_with_the_reason(tree: Path) -> None:
    (tree / "sub" / "download").touch()
    (tree / "linked").symlink_to("sub")
    left_out: list[PassedOver] = []
    list(inputs([tree, "other"], Selection(passed_over=left_out.append)))
    sorts = {each.path.relative_to(tree).as_posix(): each.sort for each in left_out}
    assert sorts == {
        ".hidden.jpg": "hidden",
        ".thumbnails": "hidden",
        "sub/.c.tiff.12ab.stamp-tmp": "hidden",
        "linked": "linked",
        "notes.txt": ".txt",
        "sub/download": "without a suffix",
    }
    assert all(each.reason for each in left_out)
    left_out.clear()
    list(plan([tree], selection=Selection(passed_over=left_out.append)))
    sorts["sub/c.stamped.tiff"] = ".stamped"
    assert {each.path.relative_to(tree).as_posix(): each.sort for each in left_out} == sorts


@pytest.mark.parametrize("packet", [b"G" + bytes(187), bytes(4) + b"G" + bytes(187)], ids=len)
def test_transport_streams_are_told_from_programs_by_their_content(packet: bytes, tree: Path) -> None:
    (tree / "clip.ts").write_bytes(2 * packet)
    (tree / "disc.VOB").touch()
    (tree / "program.ts").write_bytes(b"Greeting: string = 'G'\n" * 20)
    (tree / "empty.ts").touch()
    left_out: list[PassedOver] = []
    found = outputs(plan([tree], selection=Selection(passed_over=left_out.append)))
    assert {name for name in found if name.lower().endswith((".ts", ".vob"))} == {"in/clip.ts", "in/disc.VOB"}
    assert [each.path.name for each in left_out if each.sort == ".ts"] == ["empty.ts", "program.ts"]
    assert outputs(plan([tree / "program.ts"])) == {"in/program.ts": "in/program.stamped.ts"}


def test_outputs_beside_the_sources(tree: Path) -> None:
    assert outputs(plan([tree])) == {
        "in/a.PNG": "in/a.stamped.PNG",
        "in/b.jpg": "in/b.stamped.jpg",
        "in/sub/c.tiff": "in/sub/c.stamped.tiff",
    }


@pytest.mark.parametrize("output", ["out", "out/"])
def test_a_folder_keeps_its_structure(tree: Path, output: str) -> None:
    assert outputs(plan([tree], output=output)) == {
        "in/a.PNG": "out/a.PNG",
        "in/b.jpg": "out/b.jpg",
        "in/sub/c.tiff": "out/sub/c.tiff",
    }


def test_one_file_goes_to_a_file_or_a_folder(tree: Path) -> None:
    assert outputs(plan(["in/b.jpg"], output="x.jpeg")) == {"in/b.jpg": "x.jpeg"}
    assert outputs(plan(["in/b.jpg"], output="new/")) == {"in/b.jpg": "new/b.jpg"}
    assert outputs(plan(["in/b.jpg"], output="other/../in/sub")) == {"in/b.jpg": "other/../in/sub/b.jpg"}


def test_several_files_do_not_go_into_a_folder_with_the_name_of_a_file(tree: Path) -> None:
    for paths in (["in/b.jpg", "other/b.jpg"], [tree]):
        with pytest.raises(OutputError, match="name a folder"):
            plan(paths, output="out.jpg")
        assert list(plan(paths, output="out.jpg/"))


def test_a_named_file_is_stamped_again_when_that_is_asked_for(tree: Path) -> None:
    assert outputs(plan(["in/sub/c.stamped.tiff"], output="x.tif")) == {"in/sub/c.stamped.tiff": "x.tif"}


def test_the_same_source_twice_is_one_job(tree: Path) -> None:
    assert outputs(plan(["in/b.jpg", "in/b.jpg", tree])) == outputs(plan([tree])) | {
        "in/b.jpg": "in/b.stamped.jpg"
    }


def test_another_container_is_refused(tree: Path) -> None:
    (job,) = plan(["in/b.jpg"], output="x.png")
    assert job.output is None
    assert isinstance(job.error, OutputError)


def test_collisions_are_refused_and_the_rest_goes_on(tree: Path) -> None:
    jobs = plan([tree, "other"], output="out")
    assert {job.path.as_posix(): isinstance(job.error, OutputError) for job in jobs} == {
        "in/a.PNG": False,
        "in/b.jpg": True,
        "in/sub/c.tiff": False,
        "other/b.jpg": True,
    }


def test_names_that_share_a_hash_do_not_collide(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [
        {str(job.path): str(job.error) for job in plan(sources, output=output)}
        for sources, output in (([tree, "other"], "out"), ([tree, tree], "out"), ([tree], "in"))
    ]
    for module in ("plan", "collisions"):
        monkeypatch.setattr(f"stamp.jobs.{module}.short", lambda name: 1)
    for found, sources, output in zip(
        wanted, ([tree, "other"], [tree, tree], [tree]), ("out", "out", "in"), strict=True
    ):
        assert {str(job.path): str(job.error) for job in plan(sources, output=output)} == found
    assert plan([tree, tree], output="out").survey() == len(list(plan([tree, tree], output="out"))) == 3


def test_a_plan_can_be_gone_through_again_and_reports_once(tree: Path) -> None:
    left_out: list[PassedOver] = []
    for jobs in (plan([tree], selection=Selection(passed_over=left_out.append)), inputs([tree])):
        count = jobs.survey()
        reported = len(left_out)
        assert list(jobs) == list(jobs)
        assert len(list(jobs)) == count
        assert len(left_out) == reported


def test_shards_have_each_file_once(tree: Path) -> None:
    for each in (plan, inputs):
        shards = [
            [str(job.path) for job in each([tree], selection=Selection(shard=Shard(n, 3)))] for n in range(3)
        ]
        assert sorted(name for shard in shards for name in shard) == sorted(
            str(job.path) for job in each([tree])
        )


def test_an_output_that_is_a_source_is_refused(tree: Path) -> None:
    for jobs in (list(plan([tree], output="in")), list(plan(["in/b.jpg"], output="in/b.jpg"))):
        assert jobs
        assert all(isinstance(job.error, OutputError) for job in jobs)


def test_a_source_under_another_name_is_no_output(tree: Path) -> None:
    os.link("in/b.jpg", "in/same.jpg")  # as in/B.JPG is on a disk that does not tell upper from lower case
    (job,) = plan(["in/b.jpg"], output="in/same.jpg")
    assert isinstance(job.error, OutputError)
    assert not any(job.error for job in plan(["in/b.jpg", "in/same.jpg"], in_place=True))


def test_a_source_without_a_suffix_may_get_one(tree: Path) -> None:
    Path("in/IMG_0001").write_bytes(b"")
    (job,) = plan(["in/IMG_0001"], output="out.jpg")
    assert job.output == Path("out.jpg")


def test_in_place(tree: Path) -> None:
    assert outputs(plan(["in/b.jpg"], in_place=True)) == {"in/b.jpg": "in/b.jpg"}
    Path("link.jpg").symlink_to("in/b.jpg")
    behind = Path("in/b.jpg").resolve().as_posix()
    assert outputs(plan(["link.jpg"], in_place=True)) == {"link.jpg": behind}


def test_links_to_folders_are_not_followed(tree: Path) -> None:
    (tree / "loop").symlink_to(tree.resolve())
    assert len(list(inputs([tree]))) == 4


def test_a_folder_that_cannot_be_read(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scandir = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "sub":
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    jobs = list(inputs([tree]))
    assert [job.path.as_posix() for job in jobs] == ["in/a.PNG", "in/b.jpg", "in/sub"]
    assert isinstance(jobs[-1].error, MediaError)
    assert "in/sub: cannot read this folder: Permission denied" in str(jobs[-1].error)


def test_names() -> None:
    assert stamped_name(Path("a/b.c.jpg")) == Path("a/b.c.stamped.jpg")
    assert is_stamped(stamped_name(Path("x.jpg")))
    assert not is_stamped(Path("stamped.jpg"))
