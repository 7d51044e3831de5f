"""Notices beside works that have no place for them: written, kept up to date, removed and undone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

import stamp
from stamp import NoticeOptions, OutputOptions, Rights
from stamp.pipeline.audit import audit_rights
from stamp.pipeline.receipts import receipt_of
from stamp.pipeline.removals import undo_rights
from tests.media import raw_files
from tests.media.small_files import sample

ADA = Rights(copyright_notice="© 2026 Ada", creators=("Ada",), marked=True)
SIDECAR = NoticeOptions(sidecar=True)
AVI = b"RIFF\x40\0\0\0AVI LIST"
LIGHTROOM = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 7.0">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:crs="http://ns.adobe.com/camera-raw-settings/1.0/"
   xmp:Rating="4" photoshop:SidecarForExtension="NEF" crs:Exposure2012="+0.35"/>
 </rdf:RDF>
</x:xmpmeta>
"""
DARKTABLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="XMP Core 4.4.0-Exiv2">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="" xmlns:darktable="http://darktable.sf.net/" darktable:xmp_version="5">
   <darktable:history><rdf:Seq><rdf:li darktable:operation="exposure"/></rdf:Seq></darktable:history>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
"""


@pytest.fixture
def nef(tmp_path: Path) -> Path:
    (path := tmp_path / "p.NEF").write_bytes(raw_files.rawtiff())
    return path


@pytest.fixture
def avi(tmp_path: Path) -> Path:
    (path := tmp_path / "c.avi").write_bytes(AVI)
    return path


def in_place(path: Path, rights: Rights = ADA, options: NoticeOptions = SIDECAR) -> stamp.RightsReport:
    return stamp.write_rights(path, path, rights, overwrite=True, options=options)


@pytest.mark.parametrize("name", ["c.avi", "p.NEF"])
def test_without_a_place_it_is_an_error_with_the_remedy(name: str, tmp_path: Path) -> None:
    (path := tmp_path / name).write_bytes(AVI if name == "c.avi" else raw_files.rawtiff())
    with pytest.raises(
        stamp.NoticeNotWritten, match=f"{name}: no place for copyright_notice, creators"
    ) as caught:
        stamp.write_rights(path, tmp_path / f"out-{name}", ADA)
    assert "`sidecar=True`" in str(caught.value)
    assert "`optional=True`" in str(caught.value)
    assert set(caught.value.unsupported) == {"copyright_notice", "creators", "marked"}
    assert os.listdir(tmp_path) == [name]
    optional = NoticeOptions(optional=True)
    report = stamp.write_rights(path, tmp_path / f"out-{name}", ADA, options=optional)
    assert (report.written, set(report.unsupported)) == ((), set(caught.value.unsupported))


def test_what_has_a_place_for_the_core_is_written_without_the_rest(tmp_path: Path) -> None:
    (path := tmp_path / "a.mp3").write_bytes(sample("mp3"))
    report = stamp.write_rights(path, tmp_path / "b.mp3", Rights(creators=("Ada",), editor_notice="E"))
    assert (report.written, tuple(report.unsupported)) == (("creators",), ("editor_notice",))
    with pytest.raises(stamp.NoticeNotWritten):
        stamp.write_rights(path, tmp_path / "c.mp3", Rights(editor_notice="E"))


@pytest.mark.parametrize(("name", "sidecar"), [("c.avi", "c.avi.xmp"), ("p.NEF", "p.xmp")])
def test_a_sidecar_is_written_read_and_removed(name: str, sidecar: str, tmp_path: Path) -> None:
    (path := tmp_path / name).write_bytes(source := AVI if name == "c.avi" else raw_files.rawtiff())
    report = in_place(path)
    assert report.sidecars == {"sidecar": tmp_path / sidecar}
    assert set(report.written) == {"copyright_notice", "creators", "marked"}
    read = stamp.read_rights(path)
    assert (read.rights, read.sources["creators"]) == (ADA, ("sidecar",))
    assert read.to_dict()["sidecars"] == {"sidecar": str(tmp_path / sidecar)}
    written = (tmp_path / sidecar).stat().st_mtime_ns
    assert in_place(path).written == ()
    assert (tmp_path / sidecar).stat().st_mtime_ns == written
    assert set(stamp.remove_rights(path, path, ADA, overwrite=True).removed) == set(report.written)
    assert os.listdir(tmp_path) == [name]
    assert path.read_bytes() == source


def test_an_output_has_its_own(avi: Path, tmp_path: Path) -> None:
    stamp.write_rights(avi, tmp_path / "out" / "c.avi", ADA, options=SIDECAR)
    assert sorted(os.listdir(tmp_path / "out")) == ["c.avi", "c.avi.xmp"]
    assert not (tmp_path / "c.avi.xmp").exists()


@pytest.mark.parametrize(("name", "content"), [("p.xmp", LIGHTROOM), ("p.NEF.xmp", DARKTABLE)])
def test_what_other_programs_keep_in_it_stays(name: str, content: bytes, nef: Path, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    report = in_place(nef)
    assert report.sidecars == {"sidecar": tmp_path / name}
    assert sorted(os.listdir(tmp_path)) == sorted(["p.NEF", name])
    new = (tmp_path / name).read_bytes()
    for line in content.splitlines():
        assert line.rstrip(b"/>") in new
    stamp.remove_rights(nef, nef, ADA, overwrite=True)
    assert (tmp_path / name).read_bytes() == content


def test_two_sidecars_are_both_brought_up_to_date(nef: Path, tmp_path: Path) -> None:
    (tmp_path / "p.xmp").write_bytes(LIGHTROOM)
    (tmp_path / "p.NEF.xmp").write_bytes(DARKTABLE)
    report = in_place(nef)
    assert report.sources["creators"] == ("sidecar", "sidecar2")
    assert report.sidecars == {"sidecar": tmp_path / "p.xmp", "sidecar2": tmp_path / "p.NEF.xmp"}


def test_an_output_takes_over_what_the_sidecar_of_its_source_says(nef: Path, tmp_path: Path) -> None:
    (tmp_path / "p.xmp").write_bytes(LIGHTROOM)
    stamp.write_rights(nef, tmp_path / "q.NEF", ADA, options=SIDECAR)
    assert b"Exposure2012" in (tmp_path / "q.xmp").read_bytes()
    assert (tmp_path / "p.xmp").read_bytes() == LIGHTROOM


def test_a_sidecar_is_left_alone_unless_it_is_asked_for(tmp_path: Path) -> None:
    (path := tmp_path / "p.jpg").write_bytes(sample("jpeg"))
    (tmp_path / "p.jpg.xmp").write_bytes(DARKTABLE)
    in_place(path, options=NoticeOptions())
    assert (tmp_path / "p.jpg.xmp").read_bytes() == DARKTABLE
    report = in_place(path)
    assert report.sources["creators"] == ("xmp", "exif", "sidecar")
    report = in_place(path, Rights(creators=("Eve",)), NoticeOptions(replace_rights=True))
    assert report.conflicts == {"creators": ("sidecar",)}


def test_a_sidecar_of_somebody_else_is_not_replaced(nef: Path, tmp_path: Path) -> None:
    in_place(nef, Rights(copyright_notice="© Bob", creators=("Bob",)))
    before = (tmp_path / "p.xmp").read_bytes()
    with pytest.raises(stamp.RightsConflict, match=r"'Bob' \(XMP sidecar\)"):
        in_place(nef)
    assert (tmp_path / "p.xmp").read_bytes() == before
    report = in_place(nef, options=NoticeOptions(sidecar=True, replace_rights=True))
    assert any("Bob" in note for note in report.notes)
    assert stamp.read_rights(nef).rights == ADA


def test_what_a_raw_file_says_of_another_counts_although_it_stays(tmp_path: Path) -> None:
    (path := tmp_path / "p.orf").write_bytes(raw_files.orf())
    with pytest.raises(stamp.RightsConflict, match="Camera Owner"):
        in_place(path)
    in_place(path, options=NoticeOptions(sidecar=True, mine=("Camera Owner",)))
    read = stamp.read_rights(path)
    assert (read.rights, set(read.conflicts)) == (ADA, {"copyright_notice", "creators"})


def test_a_work_whose_notice_is_left_out_contradicts_nobody(avi: Path, tmp_path: Path) -> None:
    in_place(avi, Rights(creators=("Bob",)))
    report = in_place(avi, options=NoticeOptions(optional=True))
    assert (report.written, report.rights.creators) == ((), ("Bob",))


def test_other_programs_see_by_its_time_that_it_is_new(nef: Path, tmp_path: Path) -> None:
    (tmp_path / "p.xmp").write_bytes(LIGHTROOM)
    os.utime(tmp_path / "p.xmp", (1e9, 1e9))
    in_place(nef)
    assert (tmp_path / "p.xmp").stat().st_mtime > 1.1e9


def test_links_are_not_followed(nef: Path, tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (elsewhere / "p.xmp").write_bytes(LIGHTROOM)
    (tmp_path / "p.xmp").symlink_to(elsewhere / "p.xmp")
    with pytest.raises(stamp.OutputError, match=r"p\.xmp: is a link"):
        in_place(nef)
    assert (elsewhere / "p.xmp").read_bytes() == LIGHTROOM


def test_a_damaged_sidecar_is_said_and_not_replaced(nef: Path, tmp_path: Path) -> None:
    for content in (b"", b"<x", b"\xff\xfe\0"):
        (tmp_path / "p.xmp").write_bytes(content)
        assert "XMP sidecar cannot be read" in stamp.read_rights(nef).notes[0]
        with pytest.raises(stamp.CorruptFile):
            in_place(nef)
        assert (tmp_path / "p.xmp").read_bytes() == content


def test_neither_appears_where_one_cannot_be_written(avi: Path, tmp_path: Path) -> None:
    def refuse(draft: Path) -> None:
        raise stamp.RightsError("the catalogue is closed")

    output = OutputOptions(register=refuse)
    with pytest.raises(stamp.RightsError, match="closed"):
        stamp.write_rights(avi, tmp_path / "d.avi", ADA, options=SIDECAR, output=output)
    with pytest.raises(stamp.RightsError, match="closed"):
        stamp.write_rights(avi, avi, ADA, overwrite=True, options=SIDECAR, output=output)
    assert os.listdir(tmp_path) == ["c.avi"]


def test_a_sidecar_that_was_changed_meanwhile_is_not_replaced(nef: Path, tmp_path: Path) -> None:
    (tmp_path / "p.xmp").write_bytes(LIGHTROOM)

    def edit(draft: Path) -> None:
        (tmp_path / "p.xmp").write_bytes(LIGHTROOM + b" ")

    with pytest.raises(stamp.MediaError, match="was changed while it was worked on"):
        stamp.write_rights(
            nef, nef, ADA, overwrite=True, options=SIDECAR, output=OutputOptions(register=edit)
        )
    assert (tmp_path / "p.xmp").read_bytes() == LIGHTROOM + b" "


@pytest.mark.parametrize("former", [None, LIGHTROOM])
def test_a_receipt_brings_the_sidecar_back(former: bytes | None, nef: Path, tmp_path: Path) -> None:
    if former:
        (tmp_path / "p.xmp").write_bytes(former)
    made: list[dict[str, object]] = []
    said: list[Mapping[str, bytes] | None] = []
    output = OutputOptions(
        register=lambda draft: made.append(receipt_of(nef, draft, said[-1])), sidecars=said.append
    )
    stamp.write_rights(nef, nef, ADA, overwrite=True, options=SIDECAR, output=output)
    (receipt,) = made
    assert receipt["changes"]["creators"] == {"sidecar": {"before": None, "after": ["Ada"]}}  # type: ignore[index]
    parts = {name: receipt[name] for name in ("changes", "blocks", "file")}
    parts["file"] = {**receipt["file"], "sha256": receipt["sha256"]["before"]}  # type: ignore
    undone = undo_rights(nef, nef, **parts, overwrite=True)  # type: ignore[arg-type]
    assert set(undone.removed) == {"copyright_notice", "creators", "marked"}
    assert nef.read_bytes() == raw_files.rawtiff()
    sidecar = tmp_path / "p.xmp"
    assert sidecar.read_bytes() == former if former else not sidecar.exists()


def test_an_audit_knows_sidecars(avi: Path, tmp_path: Path) -> None:
    in_place(avi)
    (copy := tmp_path / "copy.avi").write_bytes(AVI)
    (tmp_path / "copy.avi.xmp").write_bytes((tmp_path / "c.avi.xmp").read_bytes())
    assert audit_rights(avi, copy).intact
    (film := tmp_path / "film.mp4").write_bytes(sample("mp4"))
    assert audit_rights(avi, film).fields["creators"].outcome == "lost"


def test_file_objects_have_no_sidecar(avi: Path, tmp_path: Path) -> None:
    with open(tmp_path / "out", "wb") as target, pytest.raises(stamp.ArgumentError, match="sidecar"):
        stamp.embed_file(avi, target, key=None, watermark=False, rights=ADA, notice=SIDECAR)
