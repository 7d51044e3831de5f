"""The catalogue in files: what is exported comes in again, whole, and says nothing of this computer."""

from __future__ import annotations

import csv
import json
import socket
import sys
import tracemalloc
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stamp.catalogue import exchange
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.copies import Reservation
from stamp.catalogue.exchange import file_name
from stamp.core.errors import ArgumentError, CatalogueError, MissingDependency, OutputError
from stamp.core.key import Key
from stamp.core.options import CopyOptions
from stamp.core.payload import Payload
from stamp.jobs import tables
from stamp.jobs.exports import DDEX, export, form_of
from stamp.jobs.imports import bring_in, length
from tests.unit.catalogue.conftest import catalogue, made, place  # noqa: F401

SECRET = bytes(range(32))
KEYS = (Key(SECRET, name="first"), Key(bytes(32), name="second"))
TITLES = (
    '=HYPERLINK("http://evil")',
    "+7 700",
    "-2",
    "@a",
    "\ttab",
    "'=quoted",
    'Көл; "таңы"\nновая',
    "0012",
    "_x0041_",
    "line\r\nend\x07",
    " spaces ",
)


def fill(catalogue: Catalogue) -> None:  # noqa: F811
    """Works with everything that can be said of them."""
    catalogue.parties.add("=ACME; Sons", kind="organisation", email="acme@example.org", country="KZ")
    for number, title in enumerate(TITLES):
        work = catalogue.works.add(
            title=title,
            kind=("image", "video", "audio")[number % 3],
            creators=["Ada; Lovelace", "@b\\", "Zoë"][: number % 4],
            identifiers=[f"isrc:KZAB126{number:05d}", f"local:-{number}"][: number % 3],
            origin=("own", "third_party")[number % 2],
        )
        for copy in range(number % 4):
            key = KEYS[copy % 2]
            wanted = Reservation(
                kind="image",
                source=Path(f"/home/ada/secret folder/{number}.jpg"),
                output=Path(f"/srv/private/-{number}.jpg"),
                source_sha256=bytes([number, copy]) * 16,
                key_name=key.name,
                key_fingerprint=key.fingerprint,
                payload=Payload(bytes([number] * 7 + [copy // 2])),
                options=CopyOptions(work=work.work, recipient="=ACME; Sons", channel="press"),
            )
            catalogue.adopt(wanted, bytes([number, copy + 9]) * 16, 1234)
    sql = "UPDATE work SET source = '/home/ada/secret folder/3.jpg' WHERE id = 1"
    catalogue._database().execute(sql)
    catalogue.remember(
        Reservation("image", Path("/x/y.jpg"), Path("/x/z.jpg"), None, "first", KEYS[0].fingerprint,
                    Payload(b"remember"), CopyOptions(title="Remembered"))
    )  # fmt: skip


def shown(catalogue: Catalogue) -> list[dict[str, Any]]:  # noqa: F811
    """All that can be exported, without what is of one catalogue."""
    return list(catalogue.exported())


def brought(catalogue: Catalogue, path: Path) -> list[str]:  # noqa: F811
    outcomes = list(bring_in(catalogue, path, None))
    assert [str(each.error) for each in outcomes if each.error] == []
    return [each.status for each in outcomes]


def test_json_lines_bring_everything_in_again(catalogue: Catalogue, tmp_path: Path) -> None:  # noqa: F811
    fill(catalogue)
    path = tmp_path / "all.jsonl"
    exported = export(catalogue, path, "jsonl")
    assert (exported.works, exported.rows) == (len(TITLES) + 1, len(TITLES) + 1)
    assert length(path) == exported.rows
    with Catalogue.open(tmp_path / "other.sqlite") as other:
        assert set(brought(other, path)) == {"imported"}
        assert shown(other) == shown(catalogue)
        assert other.verify().fault is None
        assert other.lookup(b"remember", KEYS[0]).title == "Remembered"  # type: ignore[union-attr]
        assert [work.title for work in other.works.search("hyperlink evil")] == [TITLES[0]]
        assert set(brought(other, path)) == {"known"}
        events = other.verify().events
        assert set(brought(catalogue, path)) == {"known"}
        assert other.verify().events == events
        assert other.recover().open == 0


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_tables_bring_their_columns_in_again(
    suffix: str,
    catalogue: Catalogue,  # noqa: F811
    tmp_path: Path,
) -> None:
    fill(catalogue)
    path = tmp_path / f"all.{suffix}"
    export(catalogue, path, form_of(path))
    with Catalogue.open(tmp_path / "other.sqlite") as other:
        assert set(brought(other, path)) == {"imported"}
        again = tmp_path / f"again.{suffix}"
        export(other, again, form_of(again))
        read = tables.read_csv if suffix == "csv" else tables.read_xlsx
        rows = [row for _, row in read(path)]
        assert [row for _, row in read(again)] == rows
        assert {row["title"] for row in rows} >= set(TITLES)
        assert set(brought(other, path)) == {"known"}
        assert other.verify().fault is None


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv", "a.xlsx", "ddex.csv", "ddex.json"])
def test_no_export_has_a_secret_or_a_folder(name: str, catalogue: Catalogue, tmp_path: Path) -> None:  # noqa: F811
    fill(catalogue)
    path = tmp_path / name
    export(catalogue, path, form_of(path, "ddex" if "ddex" in name else None))
    text = path.read_bytes()
    if name.endswith("xlsx"):
        text = "\n".join(" ".join(row.values()) for _, row in tables.read_xlsx(path)).encode()
    for hidden in (b"/home", b"secret folder", b"private", b"acme@example.org", SECRET.hex().encode()):
        assert hidden not in text
    if len(host := socket.gethostname()) > 5:
        assert host.encode() not in text
    assert (b"3.jpg" in text) is ("ddex" not in name)
    assert path.stat().st_mode & 0o777 == 0o600


def test_paths_of_either_kind_lose_their_folders() -> None:
    for path, name in (
        ("/a/b.jpg", "b.jpg"),
        ("C:\\a\\b.jpg", "b.jpg"),
        ("\\\\host\\share\\b.jpg", "b.jpg"),
        ("/a/caf\\xe9.jpg", "caf\\xe9.jpg"),
        ("b.jpg", "b.jpg"),
        ("", ""),
    ):
        assert file_name(path) == name


def test_no_cell_is_a_formula(catalogue: Catalogue, tmp_path: Path) -> None:  # noqa: F811
    fill(catalogue)
    export(catalogue, tmp_path / "a.xlsx", "xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert {cell.data_type for row in sheet.iter_rows() for cell in row if cell.value} <= {"s", "inlineStr"}
    for name, form in (("a.csv", "csv"), ("d.csv", "ddex")):
        export(catalogue, tmp_path / name, form)  # type: ignore[arg-type]
        with open(tmp_path / name, encoding="utf-8-sig", newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
        assert f"'{TITLES[0]}" in cells


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_any_text_survives_a_table(texts: list[str], tmp_path: Path) -> None:
    rows = [{"title": text, "work": "1"} for text in texts]
    expected = [{name: value for name, value in row.items() if value} for row in rows]
    for write, read in ((tables.write_csv, tables.read_csv), (tables.write_xlsx, tables.read_xlsx)):
        write(tmp_path / "t.xlsx", ("title", "work"), rows)
        assert [row for _, row in read(tmp_path / "t.xlsx")] == expected
    names = [text.strip() for text in texts if text.strip()]
    assert tables.several(tables.joined(names)) == names


def test_names_of_ddex(catalogue: Catalogue, tmp_path: Path) -> None:  # noqa: F811
    fill(catalogue)
    export(catalogue, tmp_path / "d.json", "ddex")
    works = json.loads((tmp_path / "d.json").read_text("utf-8"))
    assert {tuple(work) for work in works} == {DDEX}
    last = works[10]
    assert (last["ReferenceTitle"], last["ResourceType"]) == (" spaces ", "Video")
    assert works[7]["ISRC"] == ["KZAB12600007"]
    assert works[7]["ContributorRole"] == ["Author"] * 3
    assert works[8]["ProprietaryId"][1:] == ["-8"]
    with Catalogue.open(tmp_path / "empty.sqlite") as empty:
        export(empty, tmp_path / "e.json", "ddex")
    assert json.loads((tmp_path / "e.json").read_text()) == []


def test_outputs_are_whole_or_not_at_all(catalogue: Catalogue, tmp_path: Path) -> None:  # noqa: F811
    fill(catalogue)
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(OutputError):
        export(catalogue, tmp_path / "a.csv", "csv")

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    for form in ("csv", "jsonl", "xlsx"):
        with pytest.raises(KeyboardInterrupt):
            export(catalogue, tmp_path / "a.csv", form, force=True, seen=stop)  # type: ignore[arg-type]
        assert (tmp_path / "a.csv").read_text() == "mine"
    export(catalogue, tmp_path / "a.csv", "csv", force=True)
    assert (tmp_path / "a.csv").stat().st_size > 100
    catalogue.works.add(title="After", kind="image")  # nothing holds the catalogue any longer
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    for name, form in (("a.txt", None), ("a.xlsx", "ddex")):
        with pytest.raises(ArgumentError):
            form_of(tmp_path / name, form)


def test_copies_that_were_made_since_are_added(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "a.sqlite") as one, Catalogue.open(tmp_path / "b.sqlite") as two:
        fill(one)
        (first, *_) = shown(one)
        two.take_in(first)
        mark = {"payload": "ff" * 8, "key": KEYS[0].fingerprint, "copies": []}
        assert two.take_in(first | {"title": "Other", "marks": [mark]}) == (first["work"], True)
        assert two.works.show("1").title == first["title"]
        assert two.take_in(first | {"marks": [mark]}) == (first["work"], False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"work": "1"},
        {"work": None},
        {"title": 7},
        {"title": " "},
        {"title": "a\0"},
        {"title": "\ud800"},
        {"kind": "photo"},
        {"origin": "stolen"},
        {"source_sha256": "ab"},
        {"added_at": "2026-01-01"},
        {"added_at": "yesterday"},
        {"first_published_on": "2026"},
        {"first_published_in": "kz"},
        {"rights": []},
        {"identifiers": "isrc:1"},
        {"identifiers": ["isrc:1"]},
        {"contributions": [{"party": None}]},
        {"contributions": [{"party": {"name": " "}}]},
        {"contributions": [{"party": {"name": "A"}, "share_ppm": 0.5}]},
        {"marks": [7]},
        {"marks": [{"payload": "12", "key": "ab" * 8}]},
        {"marks": [{"payload": "12" * 8, "key": "x"}]},
        {"marks": [{"payload": "12" * 8, "key": "ab" * 8, "copies": [{"copy": "x"}]}]},
    ],
)
def test_entries_that_mean_nothing(wrong: dict[str, Any], tmp_path: Path, made: Path) -> None:  # noqa: F811
    good = {"schema": "stamp.work/1", "work": "01890000-0000-7000-8000-000000000001", "title": "T",
            "kind": "image"}  # fmt: skip
    path = tmp_path / "w.jsonl"
    path.write_text("\n".join([json.dumps(good | wrong), "{", json.dumps(good), '{"schema": "x"}']))
    path.write_text('{"schema": "stamp.work/1"}\n' + path.read_text())
    with Catalogue.open(tmp_path / "c.sqlite") as opened:
        outcomes = list(bring_in(opened, path, None))
        assert [each.status for each in outcomes] == ["error", "error", "error", "imported", "error"]
        assert len(opened.works.list()) == 1
        assert opened.verify().fault is None


def test_what_belongs_to_another_work_is_refused(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "a.sqlite") as one:
        fill(one)
        entries = shown(one)
        other = {"work": "01890000-0000-7000-8000-000000000001"}
        for entry, wrong in (
            (entries[1], "is that of work #2"),
            (entries[3] | {"identifiers": []}, "belongs to work #4"),
            (entries[3] | {"identifiers": [], "source_sha256": None}, "belongs to work #4"),
        ):
            with pytest.raises(CatalogueError, match=wrong):
                one.take_in(entry | other)
        stolen = entries[3]["marks"][0] | {"payload": "ee" * 8}
        with pytest.raises(CatalogueError, match="of another mark"):
            one.take_in(entries[3] | {"marks": [stolen]})
        assert shown(one) == entries


def test_files_that_are_no_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Catalogue.open(tmp_path / "a.sqlite") as one:
        (tmp_path / "text.xlsx").write_text("no workbook")
        book = openpyxl.Workbook()
        book.active.append(["title", "colour"])
        book.save(tmp_path / "other.xlsx")
        (tmp_path / "endless.csv").write_text('title,kind\n"' + "a" * 200_000)
        for name in ("text.xlsx", "other.xlsx", "none.xlsx", "none.jsonl", "endless.csv"):
            with pytest.raises(CatalogueError, match="no export, no report"):
                list(bring_in(one, tmp_path / name, None))
        monkeypatch.setitem(sys.modules, "openpyxl", None)
        for name in ("text.xlsx", "b.xlsx"):
            with pytest.raises(MissingDependency, match=r"stamp-media\[xlsx\]"):
                list(bring_in(one, tmp_path / name, None)) or export(one, tmp_path / name, "xlsx")
        assert not (tmp_path / "b.xlsx").exists()


def test_a_workbook_that_a_person_made(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["title", "kind", "identifiers", None])
    book.active.append([" Lake ", "photo", "local:17", None])
    book.active.append([2026, "clip", None, None])
    book.active.append([None, None, None, None])
    book.save(tmp_path / "w.xlsx")
    with Catalogue.open(tmp_path / "a.sqlite") as one:
        assert brought(one, tmp_path / "w.xlsx") == ["imported", "imported"]
        assert [(work.title, work.kind) for work in one.works.list()] == [
            ("2026", "video"),
            ("Lake", "image"),
        ]


def test_every_field_comes_in_and_goes_out(catalogue: Catalogue) -> None:  # noqa: F811
    ada = {"party": "01890000-0000-7000-8000-00000000000a", "name": "Ada", "kind": "organisation",
           "country": "KZ", "isni": "0000000121032683", "ipi": "00014107338"}  # fmt: skip
    copy = {
        "copy": "01890000-0000-7000-8000-00000000000c",
        "state": "published",
        "source": "a.jpg",
        "output": "b.jpg",
        "source_sha256": "1a" * 32,
        "output_sha256": "2a" * 32,
        "essence_sha256": "3a" * 32,
        "size": 2**40,
        "scheme": "image-1",
        "program": "stamp 0.1",
        "psnr_db": 41.25,
        "channel": "press",
        "url": "https://example.org/a",
        "reserved_at": "2026-05-01T12:00:00.000001Z",
        "placed_at": "2026-05-01T12:00:01.000000Z",
        "published_at": "2026-05-02T00:00:00.000000Z",
        "licence": None,
        "recipient": ada,
    }
    work = {
        "schema": "stamp.work/1",
        "work": "01890000-0000-7000-8000-000000000001",
        "title": "Көл",
        "kind": "audio",
        "origin": "third_party",
        "language": "kk",
        "created_on": "2026-05",
        "first_published_on": "2026-05-02",
        "first_published_in": "KZ",
        "source": "a.jpg",
        "source_sha256": "1a" * 32,
        "essence_sha256": "4a" * 32,
        "added_at": "2026-05-01T12:00:00.000000Z",
        "withdrawn_at": "2026-06-01T12:00:00.000000Z",
        "rights": {"copyright": "© Ада", "creators": ["Ada"]},
        "identifiers": ["isrc:KZAB12600001", "doi:10.1000/a:b"],
        "contributions": [{"role": "composer", "share_ppm": 500000, "basis": "creation", "party": ada}],
        "registrations": [{"authority": "NIIP", "number": "17", "registered_on": "2026-05-03"}],
        "marks": [{"payload": "ab" * 8, "key": "cd" * 8, "key_name": "k", "copies": [copy]}],
    }
    assert catalogue.take_in(work) == (work["work"], True)
    (out,) = catalogue.exported()
    assert out == work
    assert set(exchange.COPY) - {"uid"} <= set(copy)
    assert set(exchange.WORK) - {"uid"} <= set(work)
    again = {"work": "01890000-0000-7000-8000-000000000002", "marks": [], "identifiers": []}
    with pytest.raises(CatalogueError, match="is the entry of work #1"):
        catalogue.take_in(work | again | {"source_sha256": None})


@pytest.mark.slow
def test_memory_does_not_grow_with_the_catalogue(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "a.sqlite") as one:
        peaks: dict[str, list[int]] = {"jsonl": [], "csv": [], "xlsx": []}
        for count in (1000, 4000):
            with one.writing():
                for number in range(len(one.works.list(limit=10_000)), count):
                    entry = {"work": str(uuid4()), "title": f"Lake {number} " * 20, "kind": "image"}
                    mark = {"payload": number.to_bytes(8).hex(), "key": "ab" * 8, "copies": []}
                    one.take_in(entry | {"marks": [mark]})
            for form, found in peaks.items():
                export(one, tmp_path / f"first.{form}", form, force=True)  # type: ignore[arg-type]
                tracemalloc.start()
                export(one, tmp_path / f"{count}.{form}", form)  # type: ignore[arg-type]
                found.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
        for small, large in peaks.values():
            assert large < 1.3 * small + 100_000
