"""`--json` prints one document with one entry for each input, errors inline; keys are only ever added."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from stamp import __version__
from stamp.formats.table import FORMATS, NOTICES

from .conftest import PAYLOAD, Runner

NUMBER, TEXT, NULL = (int, float), (str,), (type(None),)
WATERMARK = {
    "scheme": TEXT,
    "payload": TEXT + NULL,
    "key": TEXT,
    "score": NUMBER,
    "threshold": NUMBER,
    "log10_p": NUMBER + NULL,
    "bits_corrected": (int, *NULL),
}
TRANSFORM = {"scale": NUMBER, "rotation_deg": NUMBER, "mirrored": (bool,), "aspect": NUMBER}
ERROR = {"type": TEXT, "message": TEXT}
EMBED = {
    "path": TEXT,
    "output": TEXT,
    "payload": TEXT,
    "psnr_db": NUMBER,
    "ssim": NUMBER,
    "notes": (list,),
    "resumed": (bool,),
}
TRACE = {"date", "sha256_before", "sha256_after", "bytes_before", "bytes_after"}
CHANGED = {"path", "output", "status", "metadata", "notes", "receipt", "error"} | TRACE
AUDITED = {"path", "original", "status", "fields", "notes", "error"}


def check(entry: dict[str, Any], wanted: dict[str, tuple[type, ...]]) -> None:
    wrong = [
        name for name, types in wanted.items() if name not in entry or not isinstance(entry[name], types)
    ]
    assert not wrong, f"{wrong} in {entry}"


@pytest.mark.slow
def test_one_document_and_nothing_else(stamp: Runner, photo: Path, key_file: Path) -> None:
    for arguments in (("embed", photo), ("detect", photo), ("show", photo), ("formats",), ("selftest",)):
        result = stamp(*arguments, "--json")
        assert result.document["schema"] == f"stamp.{arguments[0]}/1"
        assert result.document["stamp"] == __version__
        assert isinstance(result.entries, list)
        assert result.out.count("\n") == 1


@pytest.mark.slow
def test_detect(stamp: Runner, media: Path, key_file: Path) -> None:
    found, missed, failed = stamp(
        "detect", media / "marked.jpg", media / "photo.jpg", "no.jpg", "--json"
    ).entries
    assert (found["status"], missed["status"], failed["status"]) == ("detected", "not_detected", "error")
    assert found["path"] == str(media / "marked.jpg")
    check(found["watermark"], WATERMARK)
    check(found["watermark"]["transform"], TRANSFORM)
    assert found["watermark"]["scheme"] == "stamp.image.2"
    assert found["watermark"]["payload"] == PAYLOAD
    assert found["watermark"]["key"] == "tests"
    assert found["watermark"]["score"] > found["watermark"]["threshold"]
    assert found["error"] is None
    check(missed["watermark"], WATERMARK)
    assert missed["watermark"]["payload"] is None
    assert missed["watermark"]["transform"] is None
    assert failed["watermark"] is None
    check(failed["error"], ERROR)
    assert failed["error"]["type"] == "MediaError"
    assert "no.jpg" in failed["error"]["message"]


@pytest.mark.slow
def test_embed(stamp: Runner, photo: Path, key_file: Path) -> None:
    done, failed = stamp(
        "embed", photo, "no.jpg", "--copyright", "© {year} A", "--payload", PAYLOAD, "--json"
    ).entries
    check(done, EMBED)
    assert done["status"] == "stamped"
    assert done["payload"] == PAYLOAD
    assert 0 < done["ssim"] <= 1
    assert done["metadata"] == {
        "written": ["copyright_notice", "marked", "identifier"],
        "unchanged": [],
        "removed": [],
        "unsupported": {},
        "sidecars": {},
    }
    assert done["error"] is None
    assert failed["status"] == "error"
    assert failed.keys() == done.keys()
    assert failed["output"] is failed["payload"] is failed["metadata"] is None
    check(failed["error"], ERROR)

    (again,) = stamp(
        "embed",
        photo.with_name(Path(done["output"]).name),
        "--no-watermark",
        "--copyright",
        "© {year} A",
        "--json",
    ).entries
    assert again["metadata"]["unchanged"] == ["copyright_notice", "marked"]
    assert again["payload"] is again["psnr_db"] is again["ssim"] is None


def test_show(stamp: Runner, photo: Path, key_file: Path) -> None:
    stamp("embed", photo, "--copyright", "© A", "--creator", "A", "--creator", "B", "-o", "out.jpg")
    shown, bare, failed = stamp("show", "out.jpg", photo, "no.jpg", "--json").entries
    assert shown["status"] == "read"
    assert shown["rights"]["copyright_notice"] == "© A"
    assert shown["rights"]["creators"] == ["A", "B"]
    assert set(shown["sources"]["copyright_notice"]) >= {"exif", "xmp"}
    assert bare["rights"] == bare["sources"] == {}
    assert failed["status"] == "error"
    assert failed["rights"] is failed["sources"] is None
    check(failed["error"], ERROR)


def test_rights(stamp: Runner, photo: Path) -> None:
    """Each of the three verbs has the same keys in every entry, errors inline."""
    notice = ("--copyright", "© A", "--credit", "A", "--usage-terms", "Ask")
    run = ("embed", photo, "-o", "noticed.jpg", "--no-watermark", "--receipt", "r.json")
    assert stamp(*run, *notice).code == 0
    other = ("--copyright", "© A", "--credit", "Another")
    results = [
        stamp("rights", "remove", "noticed.jpg", "no.jpg", "-o", "plain/", *other, "--json"),
        stamp("rights", "undo", "r.json", "noticed.jpg", "no.jpg", "-o", "undone/", "--json"),
        stamp("rights", "audit", "noticed.jpg", "plain/noticed.jpg", "no.jpg", "--json"),
    ]
    assert [result.code for result in results] == [3, 3, 3]
    assert {result.document["schema"] for result in results} == {"stamp.rights/1"}
    removed, undone, audited = (result.entries[0] for result in results)
    for result, keys in zip(results, [CHANGED, CHANGED, AUDITED], strict=True):
        done, failed = result.entries
        assert set(done) == set(failed) == keys
        assert (done["error"], failed["status"], failed["path"]) == (None, "error", "no.jpg")
        check(failed["error"], ERROR)
        assert failed["notes"] == []
        assert all(failed[name] is None for name in keys - {"path", "status", "date", "notes", "error"})
    assert (removed["status"], removed["output"]) == ("removed", "plain/noticed.jpg")
    assert removed["metadata"] == {
        "written": [],
        "unchanged": ["credit_line"],
        "removed": ["copyright_notice", "marked"],
        "unsupported": {},
        "sidecars": {},
    }
    assert (undone["status"], undone["receipt"]) == ("undone", None)
    assert Path("undone/noticed.jpg").read_bytes() == photo.read_bytes()
    assert (audited["status"], audited["original"]) == ("damaged", "noticed.jpg")
    assert audited["fields"]["copyright_notice"]["outcome"] == "lost"


def test_a_run_that_cannot_start_still_prints_a_document(stamp: Runner, photo: Path) -> None:
    result = stamp("detect", photo, "--key-file", "no.key", "--json")
    assert result.code == 3
    assert result.entries == []
    assert result.document["error"]["type"] == "KeyFileError"


def test_one_document_also_where_the_receipt_cannot_be_written(stamp: Runner, photo: Path) -> None:
    Path("no-folder").write_text("")
    options = ("--no-watermark", "--credit", "A", "--receipt", "no-folder/r.json", "--json")
    result = stamp("embed", photo, *options)
    assert (result.code, result.document["error"]["type"]) == (3, "UnwritableFile")
    assert not Path("photo.stamped.jpg").exists()


@pytest.mark.parametrize(
    "name", [b"caf\xe9.jpg", "Ångström 写真.jpg".encode(), b"new\nline.jpg", b"-dash.jpg"]
)
def test_any_file_name(name: bytes, stamp: Runner, media: Path, key_file: Path) -> None:
    path = Path("sub", os.fsdecode(name))
    path.parent.mkdir()
    path.write_bytes((media / "marked.jpg").read_bytes())
    (entry,) = stamp("detect", path, "--json").entries
    assert entry["path"] == str(path)
    lines = stamp("detect", path)
    assert lines.code == 0
    assert lines.out.count("\n") == 1


def test_formats_has_a_slot_or_a_reason_for_every_field(stamp: Runner) -> None:
    entries = {entry["container"]: entry for entry in stamp("formats", "--json").entries}
    assert {"jpeg", "png", "tiff", "webp"} <= entries.keys()
    for entry in entries.values():
        assert all(place["homes"] or place["absent"] for place in entry["fields"].values())
        assert (entry["watermark"]["marked"] is None) != (entry["watermark"]["not_marked"] is None)
        assert bool(entry["fields"]) == entry["notice"]
    assert list(entries)[: len(NOTICES)] == list(NOTICES)
    assert entries.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", ["jpeg", "JPEG", ".jpg", "jfif"])
def test_formats_of_one_format_only(name: str, stamp: Runner) -> None:
    (entry,) = stamp("formats", name, "--json").entries
    assert entry in stamp("formats", "--json").entries
    assert (entry["container"], entry["title"], entry["kind"]) == ("jpeg", "JPEG", "image")
    assert entry["suffixes"] == [".jpg", ".jpeg", ".jpe", ".jfif"]


def test_json_numbers_are_json(stamp: Runner, media: Path, key_file: Path) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is no JSON")

    json.loads(stamp("detect", media / "marked.jpg", "--json").out, parse_constant=refuse)
