"""Runs over stores and on other machines, from the command line."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.helpers.stores import SECRET, Bucket

from .conftest import PAYLOAD, Runner

NOTICE = ("--no-watermark", "--copyright", "© {year} A")


@pytest.fixture
def photos(bucket: Bucket, media: Path) -> Bucket:
    """A bucket with three photos, one of them marked."""
    for key, name in (("in/a.jpg", "photo.jpg"), ("in/d/b.jpg", "photo.jpg"), ("in/d/m.jpg", "marked.jpg")):
        bucket.put(key, (media / name).read_bytes())
    bucket.put("in/notes.txt", b"x")
    return bucket


@pytest.mark.slow
def test_a_bucket_is_worked_on_once(photos: Bucket, stamp: Runner, elsewhere: Path) -> None:
    into = ("embed", photos.url("in/"), "-o", photos.url("out/"), *NOTICE)
    done = stamp(*into, "--log-file", "run.log", "--log-json", "run.jsonl", "--progress", "json")
    assert done.code == 0
    assert "3 with a notice only, 1 passed over (1 .txt)" in done.err
    assert [line.partition(":  ")[0] for line in done.out.splitlines()] == [
        photos.url(f"out/{name}") for name in ("a.jpg", "d/b.jpg", "d/m.jpg")
    ]
    outputs = [key for key in photos.listed() if key.startswith("out/")]
    assert outputs == ["out/a.jpg", "out/d/b.jpg", "out/d/m.jpg"]
    assert f"files of {photos.url('in/')}" in Path("run.log").read_text()
    logged = [json.loads(line) for line in Path("run.jsonl").read_text("utf-8").splitlines()]
    assert [(line["verdict"], line["kind"], line["bytes"]) for line in logged] == [
        ("noticed", None, None)
    ] * 3
    assert all(line["seconds"] > 0 for line in logged)
    told = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    assert [(line["files"], line["files_done"], line["name"]) for line in (told[0], told[-2])] == [
        (None, 0, None),
        (None, 3, "m.jpg"),
    ]
    again = stamp(*into, "--resume", "--json-lines")
    assert again.code == 0
    head, *middle, last = map(json.loads, again.out.splitlines())
    assert head["schema"] == "stamp.embed/1"
    assert last["summary"] == {
        "results": 3,
        "marked": 0,
        "noticed": 0,
        "signed": 0,
        "done_before": 3,
        "planned": 0,
        "failed": 0,
        "passed_over": 1,
    }
    entries = {line["path"]: line for line in middle if "path" in line}
    entry = entries[photos.url("in/a.jpg")]
    assert (entry["output"], entry["resumed"]) == (photos.url("out/a.jpg"), True)
    document = stamp(*into, "--resume-read", "--json").document
    assert [each["path"] for each in document["passed_over"]] == [photos.url("in/notes.txt")]
    assert document["summary"]["done_before"] == 3


@pytest.mark.slow
def test_shards_make_one_whole(photos: Bucket, stamp: Runner, elsewhere: Path) -> None:
    counts = []
    for index in range(3):
        run = stamp("embed", photos.url("in/"), "-o", "out/", *NOTICE, "--shard", f"{index}/3", "--json")
        assert run.code == 0
        counts.append(run.document["summary"]["results"])
    assert sum(counts) == 3
    made = [path.relative_to("out").as_posix() for path in Path("out").rglob("*.jpg")]
    assert sorted(made) == ["a.jpg", "d/b.jpg", "d/m.jpg"]
    for wrong in ("3/3", "1", "a/b", "-1/3"):
        assert stamp("detect", "out", "--shard", wrong).code == 2


@pytest.mark.slow
def test_marks_are_found_in_a_bucket(photos: Bucket, stamp: Runner, key_file: Path) -> None:
    found = stamp("detect", photos.url("in/d/"), "--json")
    assert found.code == 1
    assert {each["path"]: each["watermark"]["payload"] for each in found.entries} == {
        photos.url("in/d/b.jpg"): None,
        photos.url("in/d/m.jpg"): PAYLOAD,
    }


def test_what_is_wrong_is_said_without_secrets(photos: Bucket, stamp: Runner) -> None:
    for sources, said in (
        ("s3://no-bucket-of-this-name/in/", "there is no bucket no-bucket-of-this-name"),
        (photos.url("in/nothing.jpg"), "no photo, clip or song there"),
        (f"s3://me:{SECRET}@bucket/", "a URL with a user or a password"),
        ("nowhere://bucket/", "no store that fsspec knows"),
    ):
        run = stamp("embed", sources, "-o", "out/", *NOTICE)
        assert run.code == 3
        assert said in run.err
    outside = stamp("embed", photos.url("in/a.jpg"), "-o", "s3://no-bucket-of-this-name/a.jpg", *NOTICE)
    assert outside.code == 3
    assert "there is no bucket no-bucket-of-this-name; check its name, or make it first" in outside.err


def test_without_the_extra_the_remedy_is_named(stamp: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    run = stamp("embed", "s3://bucket/a.jpg", "-o", "out/", *NOTICE)
    assert run.code == 3
    assert "pip install 'stamp-media[s3]'" in run.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("s3://b/a.jpg", *NOTICE), "need -o"),
        (("a.jpg", "--scheduler", "tcp://h:1", *NOTICE), "need -o"),
        (("s3://b/a.jpg", "-o", "o/", *NOTICE, "--receipt", "r"), "--receipt is for files of this machine"),
        (("s3://b/a.jpg", "-o", "o/", *NOTICE, "--sidecar"), "--sidecar is for files of this machine"),
        (("s3://b/a.jpg", "-o", "o/", *NOTICE, "--preserve-times"), "--preserve-times is for files"),
        (("s3://b/a.jpg", "--in-place", *NOTICE), "need -o"),
        (("s3://b/1/", "s3://b/2/", "-o", "s3://c/", "--force", *NOTICE), "--force with several sources"),
    ],
)
def test_what_stores_cannot_do_is_refused(options: tuple[str, ...], said: str, stamp: Runner) -> None:
    run = stamp("embed", *options)
    assert run.code == 2
    assert said in run.err


def test_a_catalogue_that_workers_cannot_reach_is_refused(stamp: Runner, photo: Path, key_file: Path) -> None:
    embed = ("embed", photo, "-o", "out/", "--catalogue", "c.sqlite", "--no-metadata")
    far = stamp(*embed, "--scheduler", "tcp://elsewhere.example:8786")
    assert far.code == 2
    assert "workers on other machines have no such catalogue" in far.err


def test_other_commands_are_for_files(stamp: Runner) -> None:
    run = stamp("rights", "remove", "s3://b/a.jpg", "--copyright", "A", "-o", "o/")
    assert run.code == 2
    assert "files of this machine" in run.err


def test_a_url_of_a_file_is_a_path(stamp: Runner, photo: Path) -> None:
    run = stamp("embed", f"file://{photo.resolve()}", "-o", f"file://{Path('o').resolve()}/", *NOTICE)
    assert run.code == 0
    assert Path("o/photo.jpg").is_file()
