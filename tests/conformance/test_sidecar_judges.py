"""ExifTool and exiv2 on XMP sidecars and on DNG: what stamp wrote they read, what they wrote stays."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import stamp
from tests.media import raw_files

EXIFTOOL = pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
EXIV2 = pytest.mark.skipif(not shutil.which("exiv2"), reason="exiv2 is not installed")
RIGHTS = stamp.Rights(
    copyright_notice="© 2026 Zoë 東京",
    creators=("Zoë", "Ł"),
    usage_terms="No use.",
    web_statement="https://example.com/licence",
    marked=True,
    identifier="00ff00ff00ff00ff",
)
SIDECAR = stamp.NoticeOptions(sidecar=True)


def output_of(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def exiftool(path: Path, *options: str) -> dict[str, object]:
    found: list[dict[str, object]] = json.loads(output_of("exiftool", "-json", "-G1", *options, path))
    return found[0]


def exiv2(path: Path) -> dict[str, str]:
    lines = output_of("exiv2", "-PXkv", path).splitlines()
    return {key: value.strip() for key, _, value in (line.partition(" ") for line in lines)}


@pytest.fixture(params=["clip.avi", "photo.NEF", "photo.cr3"])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / request.param
    data = {".avi": b"RIFF\x40\0\0\0AVI LIST", ".NEF": raw_files.rawtiff(), ".cr3": raw_files.cr3()}
    path.write_bytes(data[path.suffix])
    return path


def written(work: Path) -> Path:
    options = stamp.NoticeOptions(sidecar=True, mine=("Camera Owner",))
    report = stamp.write_rights(work, work, RIGHTS, overwrite=True, options=options)
    return report.sidecars["sidecar"]


@EXIFTOOL
def test_exiftool_reads_a_new_sidecar(work: Path) -> None:
    found = exiftool(sidecar := written(work))
    assert found["XMP-dc:Rights"] == RIGHTS.copyright_notice
    assert found["XMP-dc:Creator"] == list(RIGHTS.creators)
    assert found["XMP-xmpRights:UsageTerms"] == RIGHTS.usage_terms
    assert found["XMP-xmpRights:WebStatement"] == RIGHTS.web_statement
    assert found["XMP-xmp:Identifier"] == "stamp:00ff00ff00ff00ff"
    assert "Warning" not in output_of("exiftool", "-validate", "-warning", "-a", sidecar).replace("OK", "")


@EXIV2
def test_exiv2_reads_a_new_sidecar(work: Path) -> None:
    found = exiv2(written(work))
    assert found["Xmp.dc.rights"] == f'lang="x-default" {RIGHTS.copyright_notice}'
    assert found["Xmp.dc.creator"] == ", ".join(RIGHTS.creators)
    assert found["Xmp.xmpRights.WebStatement"] == RIGHTS.web_statement


@EXIFTOOL
@pytest.mark.parametrize("name", ["photo.xmp", "photo.NEF.xmp"])
def test_a_sidecar_of_exiftool_is_brought_up_to_date(name: str, tmp_path: Path) -> None:
    (work := tmp_path / "photo.NEF").write_bytes(raw_files.rawtiff())
    edits = (
        "-XMP:Rating=4",
        "-XMP:Subject=lake",
        "-XMP-xmpRights:UsageTerms-de=Keine Nutzung",
        "-XMP-dc:Source=S",
    )
    output_of("exiftool", *edits, "-o", tmp_path / name, work)
    before = exiftool(tmp_path / name)
    assert written(work) == tmp_path / name
    after = exiftool(tmp_path / name)
    for tag, value in before.items():
        assert after[tag] == value or tag.startswith(("System", "ExifTool", "File"))
    assert after["XMP-dc:Rights"] == RIGHTS.copyright_notice
    assert after["XMP-xmpRights:UsageTerms-de"] == "Keine Nutzung"
    stamp.remove_rights(work, work, RIGHTS, overwrite=True)
    assert exiftool(tmp_path / name)["XMP-xmp:Rating"] == 4


@EXIV2
def test_a_sidecar_of_exiv2_is_brought_up_to_date(tmp_path: Path) -> None:
    (work := tmp_path / "photo.NEF").write_bytes(raw_files.rawtiff())
    (sidecar := tmp_path / "photo.xmp").write_bytes(raw_files.XMP)
    output_of("exiv2", "-M", "set Xmp.xmp.Rating 3", "-M", "del Xmp.dc.creator", sidecar)
    assert written(work) == sidecar
    found = exiv2(sidecar)
    assert (found["Xmp.xmp.Rating"], found["Xmp.dc.creator"]) == ("3", ", ".join(RIGHTS.creators))


@EXIFTOOL
@pytest.mark.parametrize("behind", [0, 10])
def test_a_dng_stays_valid_and_its_picture_where_it_was(behind: int, tmp_path: Path) -> None:
    (source := tmp_path / "a.dng").write_bytes(raw_files.dng() + bytes(behind))
    assert exiftool(source, "-validate")["ExifTool:Validate"] == "OK"
    stamp.write_rights(source, target := tmp_path / "b.dng", RIGHTS)
    found = exiftool(target, "-validate", "-a", "-XMP:all", "-IFD0:all", "-SubIFD:all", "-ExifTool:all")
    assert found["ExifTool:Validate"] == "OK"
    assert found["IFD0:Copyright"] == found["XMP-dc:Rights"] == RIGHTS.copyright_notice
    same = ("-SubIFD:all", "-IFD0:PreviewImageStart", "-IFD0:StripOffsets", "-IFD0:DNGPrivateData", "-b")
    before, after = (output_of("exiftool", "-json", *same, path) for path in (source, target))
    assert before.replace("a.dng", "b.dng") == after


@EXIV2
def test_exiv2_reads_the_notice_in_a_dng(tmp_path: Path) -> None:
    (source := tmp_path / "a.dng").write_bytes(raw_files.dng())
    stamp.write_rights(source, source, RIGHTS, overwrite=True)
    found = output_of("exiv2", "-PEkv", "-K", "Exif.Image.Copyright", source)
    assert RIGHTS.copyright_notice is not None
    assert RIGHTS.copyright_notice in found
