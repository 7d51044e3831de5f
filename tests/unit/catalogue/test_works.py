"""Works and parties: added, listed page by page, searched in any letters."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from stamp.catalogue import database
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.identity import folded, uid7
from stamp.catalogue.works import identifier
from stamp.core.errors import ArgumentError, CatalogueError, OutputError, UnsupportedFormat
from stamp.core.options import CopyOptions
from stamp.jobs.demo import paint


def test_a_work_by_its_file(catalogue: Catalogue, tmp_path: Path) -> None:
    paint(tmp_path / "lake.jpg", size=(64, 48))
    work = catalogue.works.add(tmp_path / "lake.jpg", creators=["Ada", "Ada"], identifiers=["doi:10.1000/a"])
    assert (work.title, work.kind, work.origin, work.number) == ("lake", "image", "own", 1)
    assert (work.creators, work.identifiers) == (("Ada",), (("doi", "10.1000/a"),))
    assert work.to_dict()["identifiers"] == [{"scheme": "doi", "value": "10.1000/a"}]
    assert work.added_at.endswith("Z")
    with pytest.raises(CatalogueError, match="is work #1 'lake' already"):
        catalogue.works.add(tmp_path / "lake.jpg", title="Another")
    with pytest.raises(CatalogueError, match=r"doi:10\.1000/a is that of work #1"):
        catalogue.works.add(title="Another", kind="image", identifiers=["doi:10.1000/a"])
    (tmp_path / "text.jpg").write_text("no photo")
    with pytest.raises(UnsupportedFormat):
        catalogue.works.add(tmp_path / "text.jpg")
    assert [each.number for each in catalogue.works.list()] == [1]


@pytest.mark.parametrize("wrong", [{"title": " "}, {"kind": "photo"}, {"origin": "stolen"}])
def test_values_that_mean_nothing(wrong: dict[str, str], catalogue: Catalogue) -> None:
    with pytest.raises(ArgumentError):
        catalogue.works.add(**{"title": "Lake", "kind": "image"} | wrong)  # type: ignore[arg-type]
    assert catalogue.works.list() == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("isrc:kz-ab1-26-00001", ("isrc", "KZAB12600001")),
        ("ISWC: T-034.524.680-1", ("iswc", "T0345246801")),
        ("upc:0602445790128", ("upc", "0602445790128")),
        ("url:https://example.org/a", ("url", "https://example.org/a")),
        ("local:A 17", ("local", "A 17")),
    ],
)
def test_identifiers(text: str, value: tuple[str, str]) -> None:
    assert identifier(text) == value


@pytest.mark.parametrize("text", ["isrc:1", "isbn:1", "x", "doi:11.1/a", "local:", "url:ftp://a"])
def test_what_is_no_identifier(text: str) -> None:
    with pytest.raises(ArgumentError):
        identifier(text)


def test_pages(catalogue: Catalogue) -> None:
    for number in range(7):
        catalogue.works.add(title=f"Lake {number}", kind="image")
        catalogue.parties.add(f"Party {number}")
    found, after = [], None
    while page := catalogue.works.list(limit=3, after=after):
        found += [work.number for work in page]
        after = page[-1].work
    assert found == [7, 6, 5, 4, 3, 2, 1]
    second = catalogue.works.search("lak", limit=3, after="#5")
    assert [work.number for work in second] == [4, 3, 2]
    assert [party.number for party in catalogue.parties.list(limit=2, after="Party 3")] == [3, 2]
    with pytest.raises(ArgumentError):
        catalogue.works.list(limit=0)


TITLES = ("Қазақ даласы", "Ёлка у озера", "Crème brûlée, Øystein", 'Lake "Sunset"*', "GROSSE Größe")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("қазақ", 0),
        ("КАЗАК дала", 0),
        ("елка", 1),
        ("ОЗЕР Ёлк", 1),
        ("creme BRULEE", 2),
        ("oyst", 2),
        ("sunset", 3),
        ('lake" OR "', None),
        ("grösse grosse", 4),
        ("даласы озера", None),
        ("lake -- &|!()", 3),
    ],
)
def test_words_are_found_in_any_letters(text: str, title: int | None, catalogue: Catalogue) -> None:
    for each in TITLES:
        catalogue.works.add(title=each, kind="image")
    assert [work.title for work in catalogue.works.search(text)] == ([] if title is None else [TITLES[title]])


def test_nothing_is_found_by_nothing(catalogue: Catalogue) -> None:
    catalogue.works.add(title="Lake", kind="image", creators=["Zoë"], identifiers=["local:A-17"])
    assert catalogue.works.search("") == catalogue.works.search(" *-&") == []
    assert [work.title for work in catalogue.works.search("zoe 17")] == ["Lake"]


def test_letters_are_folded_once_and_for_all() -> None:
    for text in (*TITLES, "ӘҒҚҢӨҰҮҺІ", "İıß", "ﬁ"):
        assert folded(folded(text)) == folded(text)
    assert folded("ӘҒҚҢӨҰҮҺІ") == "агкноуухи"


def test_works_are_named_by_number_uid_and_its_beginning(catalogue: Catalogue) -> None:
    first = catalogue.works.add(title="Lake", kind="image")
    second = catalogue.works.add(title="River", kind="image")
    assert catalogue.works.show("#1") == catalogue.works.show("1") == catalogue.works.show(first.work)
    assert catalogue.works.show(second.work[:35]).title == "River"
    with pytest.raises(CatalogueError, match="several are called so"):
        catalogue.works.show(first.work[:8])
    for wrong in ("#3", "river", "0a", "", "#0", "%", first.work[:-1] + "x"):
        with pytest.raises(CatalogueError, match="there is no such work"):
            catalogue.works.show(wrong)


def test_uids_sort_by_time_and_are_of_version_7() -> None:
    uids = [uid7() for _ in range(1000)]
    assert len(set(uids)) == 1000
    assert all(len(uid) == 36 and uid[14] == "7" and uid[19] in "89ab" for uid in uids)
    assert [uid[:13] for uid in uids] == sorted(uid[:13] for uid in uids)


def test_parties(catalogue: Catalogue) -> None:
    party = catalogue.parties.add("ACME", kind="organisation", country="KZ", email="a@example.org")
    assert (party.number, party.kind, party.country) == (1, "organisation", "KZ")
    for wrong in ({"name": " "}, {"kind": "robot"}, {"country": "kz"}):
        with pytest.raises(ArgumentError):
            catalogue.parties.add(**{"name": "B"} | wrong)
    with pytest.raises(CatalogueError, match="party #1 is called so"):
        catalogue.parties.add("ACME")
    assert catalogue.resolved(CopyOptions(recipient="ACME")).recipient == party.party
    with pytest.raises(CatalogueError, match="there is no such party"):
        catalogue.resolved(CopyOptions(recipient="acme"))


def test_a_backup_is_a_catalogue(tmp_path: Path) -> None:
    with Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        catalogue.works.add(title="Lake", kind="image")
        news: list[tuple[int, int]] = []
        catalogue.backup(tmp_path / "b.sqlite", seen=lambda *seen: news.append(seen))
        assert news[-1][0] == news[-1][1] > 0
        with pytest.raises(OutputError):
            catalogue.backup(tmp_path / "b.sqlite")
    assert (tmp_path / "b.sqlite").stat().st_mode & 0o777 == 0o600
    with Catalogue.open(tmp_path / "b.sqlite", make=False) as restored:
        assert [work.title for work in restored.works.search("lake")] == ["Lake"]
        assert restored.verify().events == 1


def test_a_backup_does_not_begin_anew_with_each_writer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_STEP", 5)
    path = tmp_path / "c.sqlite"
    with Catalogue.open(path) as catalogue, Catalogue.open(path) as other:
        catalogue.works.add(title="Lake", kind="image")
        done = []

        def write(pages: int, total: int) -> None:
            done.append(pages)
            other.works.add(title=f"{pages}", kind="image")

        catalogue.backup(tmp_path / "b.sqlite", seen=write)
        assert done == sorted(done)
        assert len(done) > 3
        assert len(catalogue.works.list(limit=1000)) == len(done) + 1
        news: list[tuple[int, int]] = []
        events = catalogue.verify(seen=lambda *seen: news.append(seen)).events
        assert news == [(events, events)]
    with Catalogue.open(tmp_path / "b.sqlite", make=False) as restored:
        assert [work.title for work in restored.works.list()] == ["Lake"]
        assert restored.verify().fault is None


def test_a_process_that_is_handed_one_opens_its_own(catalogue: Catalogue) -> None:
    catalogue.works.add(title="Lake", kind="image")
    with pickle.loads(pickle.dumps(catalogue)) as other:
        assert other.works.show("1").title == "Lake"


def test_the_place_of_a_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CatalogueError, match="switches it off"):
        Catalogue.open()
    monkeypatch.setenv("STAMP_CATALOGUE", str(tmp_path / "named.sqlite"))
    Catalogue.open().close()
    monkeypatch.delenv("STAMP_CATALOGUE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    Catalogue.open().close()
    assert (tmp_path / "named.sqlite").exists()
    assert list(tmp_path.rglob("catalogue.sqlite"))
