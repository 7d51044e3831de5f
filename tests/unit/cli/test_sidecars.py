"""`--sidecar`, `--notice-optional`, and works that have no place for a notice, on the command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import av
import pytest

import stamp as package
from tests.media import raw_files, video_files
from tests.media.small_files import sample

from .conftest import Runner, digests

ADA = ("--copyright", "© {year} Ada", "--creator", "Ada")
# Suffix -> codec of a clip in a container without a place.
CLIPS = {".avi": "mpeg4", ".mpg": "mpeg2video", ".ts": "mpeg2video", ".flv": "libx264"}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for suffix, codec in CLIPS.items():
        video_files.write(folder / f"clip{suffix}", codec, size=(416, 240), count=40)
    return folder


@pytest.fixture
def raws(elsewhere: Path) -> Path:
    """raws/ with a raw photograph of each kind, and a picture of the same name as one of them."""
    folder = Path("raws")
    folder.mkdir()
    for suffix, build in (("NEF", raw_files.rawtiff), ("cr3", raw_files.cr3), ("dng", raw_files.dng)):
        (folder / f"{suffix.lower()}.{suffix}").write_bytes(build())
    (folder / "nef.jpg").write_bytes(sample("jpeg"))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("suffix", CLIPS)
def test_a_clip_without_a_place_for_the_notice(
    suffix: str, stamp: Runner, clips: Path, key_file: Path, elsewhere: Path
) -> None:
    shutil.copy(clips / f"clip{suffix}", clip := Path(f"clip{suffix}"))
    refused = stamp("embed", clip, *ADA, "--json")
    assert (refused.code, refused.entries[0]["error"]["type"]) == (3, "NoticeNotWritten")
    assert all(option in refused.err for option in ("--sidecar", "--notice-optional"))
    assert list(digests(Path())) == [clip.name]

    done = stamp("embed", clip, *ADA, "--sidecar", "--json")
    (entry,) = done.entries
    sidecar = f"clip.stamped{suffix}.xmp"
    assert (done.code, entry["metadata"]["sidecars"]) == (0, {"sidecar": sidecar})
    output = f"clip.stamped{suffix}"
    shown = stamp("show", output)
    assert ("© " in shown.out, sidecar in shown.out) == (True, True)
    assert package.read_rights(output).rights.identifier == entry["payload"]
    with av.open(output) as film:
        assert film.streams.video

    again = stamp("embed", clip, *ADA, "--sidecar", "--resume", "--json")
    assert (again.code, again.entries[0]["resumed"]) == (0, True)
    Path(sidecar).unlink()
    lacking = stamp("embed", clip, *ADA, "--sidecar", "--resume")
    assert (lacking.code, "has another notice, or none" in lacking.err) == (3, True)
    assert stamp("embed", clip, *ADA, "--sidecar", "--resume", "--force").code == 0
    assert Path(sidecar).exists()


@pytest.mark.slow
def test_resume_does_not_call_done_what_has_no_notice(
    stamp: Runner, clips: Path, key_file: Path, elsewhere: Path
) -> None:
    shutil.copy(clips / "clip.avi", clip := Path("clip.avi"))
    optional = stamp("embed", clip, *ADA, "--notice-optional", "--json")
    assert (optional.code, set(optional.entries[0]["metadata"]["unsupported"])) == (
        0,
        {"copyright_notice", "creators", "marked", "identifier"},
    )
    assert list(digests(Path())) == ["clip.avi", "clip.stamped.avi"]
    resumed = stamp("embed", clip, *ADA, "--resume", "--json")
    assert (resumed.code, resumed.entries[0]["error"]["type"]) == (3, "NoticeNotWritten")
    resumed = stamp("embed", clip, *ADA, "--resume", "--notice-optional", "--json")
    assert (resumed.code, resumed.entries[0]["resumed"]) == (0, True)
    found = stamp("detect", "clip.stamped.avi")
    assert (found.code, "carries your mark" in found.out) == (0, True)


@pytest.mark.slow
def test_detect_says_what_the_sidecar_of_an_unmarked_clip_claims(
    stamp: Runner, clips: Path, key_file: Path, elsewhere: Path
) -> None:
    shutil.copy(clips / "clip.avi", "clip.avi")
    rights = package.Rights(copyright_notice="© Ada", identifier="00ff00ff00ff00ff")
    package.write_rights(
        "clip.avi", "clip.avi", rights, overwrite=True, options=package.NoticeOptions(sidecar=True)
    )
    found = stamp("detect", "clip.avi", "--json")
    assert (found.code, found.entries[0]["notice_payload"]) == (1, "00ff00ff00ff00ff")


def test_a_raw_photograph_cannot_be_marked(stamp: Runner, raws: Path, key_file: Path) -> None:
    for name, more in (("nef.NEF", "--no-watermark, --sidecar"), ("dng.dng", "--no-watermark")):
        result = stamp("embed", raws / name, *ADA, "--sidecar")
        assert (result.code, "develop it first" in result.err, more in result.err) == (3, True, True)
    assert stamp("embed", raws / "nef.NEF", *ADA, "--no-watermark").code == 3


def test_a_folder_of_raw_photographs_gets_notices(stamp: Runner, raws: Path) -> None:
    before = digests(raws)
    own = ("--no-watermark", "--in-place", *ADA)
    result = stamp("embed", raws, *own, "--json")
    assert (result.code, [Path(entry["path"]).name for entry in result.entries]) == (
        0,
        ["dng.dng", "nef.jpg"],
    )
    Path("stamp.toml").write_text('mine = ["Camera Owner"]\n', encoding="utf-8")
    result = stamp("embed", raws, *own, "--sidecar", "--json", "--receipt", "r.jsonl")
    assert (result.code, len(result.entries)) == (0, 4)
    assert {path.name for path in raws.glob("*.xmp")} == {"cr3.xmp", "nef.xmp"}
    after = digests(raws)
    assert all(after[name] == before[name] for name in ("nef.NEF", "cr3.cr3"))

    shown = stamp("show", raws, "--json")
    assert (shown.code, len(shown.entries)) == (0, 4)
    assert all(entry["rights"]["creators"] == ["Ada"] for entry in shown.entries)
    assert stamp("embed", raws, *own, "--sidecar", "--resume", "--json").code == 0

    undone = stamp("rights", "undo", "r.jsonl", raws / "nef.NEF", raws / "cr3.cr3", "--in-place")
    assert undone.code == 0, undone.err
    assert list(raws.glob("*.xmp")) == []


def test_raw_photographs_are_passed_over_where_works_are_marked(
    stamp: Runner, raws: Path, key_file: Path
) -> None:
    (raws / "nef.xmp").write_bytes(b"<x/>")
    (raws / "lone.xmp").write_bytes(b"<x/>")
    shutil.copy(key_file.parent / "photo.jpg", raws / "photo.jpg")
    (raws / "nef.jpg").unlink()
    result = stamp("embed", raws, "-o", "out", *ADA, "-v")
    assert result.code == 0, result.err
    assert [path.name for path in Path("out").iterdir()] == ["photo.jpg"]
    assert all(words in result.err for words in ("1 .nef", "1 .dng", "1 .xmp"))


def test_remove_takes_the_sidecar_with_it(stamp: Runner, raws: Path) -> None:
    nef = raws / "nef.NEF"
    assert stamp("embed", nef, "--no-watermark", "--in-place", "--sidecar", *ADA).code == 0
    assert (raws / "nef.xmp").exists()
    assert stamp("rights", "remove", nef, "--in-place", *ADA).code == 0
    assert not (raws / "nef.xmp").exists()


def test_a_notice_that_is_not_wanted_goes_nowhere(stamp: Runner, photo: Path) -> None:
    for option in ("--sidecar", "--notice-optional"):
        assert stamp("embed", photo, "--no-metadata", option).code == 2


def test_formats_say_where_the_notice_goes(stamp: Runner) -> None:
    entries = {entry["container"]: entry for entry in stamp("formats", "--json").entries}
    assert {entries[name]["notice_in"] for name in ("jpeg", "dng", "mp4")} == {"file"}
    assert {entries[name]["notice_in"] for name in ("raw", "rawtiff", "avi", "psd")} == {"sidecar"}
    assert "--sidecar" in stamp("formats", "nef").out
