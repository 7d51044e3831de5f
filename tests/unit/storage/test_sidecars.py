"""Which sidecar belongs to which work, and what a new one is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from stamp.storage.sidecars import Beside, Names, new_sidecar, sidecars

FOR_CR2 = b'<x photoshop:SidecarForExtension="CR2"/>'
FOR_NEF = b"<photoshop:SidecarForExtension>NEF</photoshop:SidecarForExtension>"


def made(folder: Path, **contents: bytes) -> None:
    for name, content in contents.items():
        (folder / name).write_bytes(content)


def found(path: Path) -> list[str]:
    return [each.path.name for each in sidecars(path).values()]


@pytest.mark.parametrize(
    ("name", "there", "expected"),
    [
        ("p.CR2", ["p.xmp"], ["p.xmp"]),
        ("p.CR2", ["p.CR2.xmp"], ["p.CR2.xmp"]),
        ("p.CR2", ["p.CR2.xmp", "p.xmp"], ["p.xmp", "p.CR2.xmp"]),
        ("p.CR2", ["p.XMP"], ["p.XMP"]),
        ("p.dng", ["p.xmp"], ["p.xmp"]),
        ("p.avi", ["p.avi.xmp", "p.xmp"], ["p.avi.xmp", "p.xmp"]),
        ("p.avi", ["p.mpg.xmp"], []),
        ("p.jpg", ["p.xmp"], []),  # which has room for XMP itself: that one is the raw file's
        ("p.jpg", ["p.jpg.xmp"], ["p.jpg.xmp"]),
        ("p", ["p.xmp"], ["p.xmp"]),
        ("p.CR2", ["q.xmp", "p.CR2.txt"], []),
    ],
)
def test_both_conventions_are_read(name: str, there: list[str], expected: list[str], tmp_path: Path) -> None:
    made(tmp_path, **dict.fromkeys(there, b"<x/>"))
    assert found(tmp_path / name) == expected


@pytest.mark.parametrize(("name", "expected"), [("p.CR2", ["p.xmp"]), ("p.NEF", []), ("p.cr2", ["p.xmp"])])
def test_a_sidecar_may_say_whose_it_is(name: str, expected: list[str], tmp_path: Path) -> None:
    made(tmp_path, **{"p.xmp": FOR_CR2})
    assert found(tmp_path / name) == expected
    made(tmp_path, **{"p.xmp": FOR_NEF})
    assert (found(tmp_path / name) == ["p.xmp"]) == (name == "p.NEF")


def test_what_has_no_name_has_no_sidecar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for path in (".", "..", "/", "a\0b", "x" * 300):
        assert sidecars(Path(path)) == {}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("p.CR2", "p.xmp"), ("p.nef", "p.xmp"), ("p.avi", "p.avi.xmp"), ("p", "p.xmp"), ("a.b.ARW", "a.b.xmp")],
)
def test_a_new_one_is_called_as_most_programs_look_for_it(name: str, expected: str) -> None:
    assert new_sidecar(Path("f") / name) == Path("f") / expected


@pytest.mark.parametrize(
    ("there", "expected"), [("p.CR2.xmp", "q.CR2.xmp"), ("p.xmp", "q.xmp"), ("p.XMP", "q.xmp")]
)
def test_that_of_an_output_is_called_like_that_of_its_source(
    there: str, expected: str, tmp_path: Path
) -> None:
    made(tmp_path, **{there: b"<x/>"})
    beside = Beside(tmp_path / "p.CR2", tmp_path / "q.CR2")
    assert (beside.paths, beside.is_there) == ({"sidecar": tmp_path / expected}, False)


def test_walks_tell_sidecars_from_other_xmp() -> None:
    names = Names(["p.CR2", "p.xmp", "c.avi", "c.avi.xmp", "alone.xmp", "notes.txt", "notes.xmp"])
    assert [name for name in ("p.xmp", "c.avi.xmp", "alone.xmp", "notes.xmp") if names.is_sidecar(name)] == [
        "p.xmp",
        "c.avi.xmp",
    ]
    assert names.has_sidecar("p.CR2")
    assert names.has_sidecar("c.avi")
    assert not names.has_sidecar("notes.mkv")
