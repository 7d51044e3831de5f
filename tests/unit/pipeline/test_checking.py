"""Which work a file is recognised as, and what the policy says beside the licences."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import stamp
from stamp.catalogue.copies import Reservation
from stamp.jobs.demo import paint
from stamp.pipeline.essences import essence_of
from tests.media import audio_files

USE = stamp.Use("display", "web", ("KZ",), date(2026, 6, 1))
PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")


@pytest.fixture(scope="module")
def key() -> stamp.Key:
    return stamp.Key.generate("gate")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, key: stamp.Key) -> Path:
    """lake.jpg, and marked.jpg with a notice, written down in catalogue.sqlite."""
    folder = tmp_path_factory.mktemp("gate")
    paint(folder / "lake.jpg", size=(512, 384))
    with stamp.Catalogue.open(folder / "catalogue.sqlite") as catalogue:
        rights = stamp.Rights(copyright_notice="© A", creators=["A"])
        stamp.embed_file(
            folder / "lake.jpg", folder / "marked.jpg", PAYLOAD, key=key, rights=rights, catalogue=catalogue
        )
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def catalogue(folder: Path) -> Iterator[stamp.Catalogue]:
    with stamp.Catalogue.open(folder / "catalogue.sqlite") as opened:
        yield opened


def recompressed(source: Path, target: Path) -> Path:
    """The picture without its metadata, and with other bytes."""
    with Image.open(source) as picture:
        picture.save(target, quality=90)
    return target


def licensed(catalogue: stamp.Catalogue, work: str, direction: str = "acquired", **more: Any) -> str:
    """Add a licence for everything, and return its uid."""
    for name in ("A", "B"):
        catalogue.parties.ensure(name)
    said: dict[str, Any] = {
        "exclusivity": "non_exclusive",
        "uses": (stamp.UseRule("permission", "use", "*"),),
        "territories": (stamp.Territory("001"),),
    }
    terms = stamp.Terms(
        direction=direction,
        licensor="A",
        licensee="B",
        online=True,
        valid_from=date(2020, 1, 1),
        works=(work,),
        **(said | more),
    )
    return catalogue.licences.add(terms).licence


@pytest.mark.slow
def test_a_file_is_recognised_by_what_costs_least(
    folder: Path, catalogue: stamp.Catalogue, key: stamp.Key
) -> None:
    stripped, rewritten = folder / "stripped.jpg", folder / "rewritten.jpg"
    stamp.remove_rights(folder / "marked.jpg", stripped, stamp.Rights(copyright_notice="© A"))
    stamp.write_rights(folder / "lake.jpg", rewritten, stamp.Rights(copyright_notice="© thief"))
    anew = recompressed(folder / "marked.jpg", folder / "anew.jpg")
    assert stripped.read_bytes() != (folder / "marked.jpg").read_bytes()
    for path, keys, how in (
        (folder / "marked.jpg", (), "output"),
        (folder / "lake.jpg", (), "source"),
        (stripped, (), "essence"),
        (rewritten, (), "essence"),
        (anew, key, "mark"),
        (anew, [stamp.Key.generate("gate"), key], "mark"),
    ):
        found = catalogue.check(path, USE, keys)
        assert (found.recognised_by, found.verdict, found.clear, found.title) == (how, "ours", True, "lake")
    for path, keys in ((anew, ()), (anew, stamp.Key.generate("other"))):
        found = catalogue.check(path, USE, keys)
        assert (found.recognised_by, found.verdict, found.work) == (None, "unknown", None)
        assert found.reasons == ("unknown",)


def test_a_work_that_was_added_is_known_with_other_metadata(tmp_path: Path) -> None:
    paint(tmp_path / "sea.jpg", size=(256, 256))
    song = audio_files.made(tmp_path, "mp3")
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for path in (tmp_path / "sea.jpg", song):
            catalogue.works.add(path)
            changed = path.with_stem("changed")
            stamp.write_rights(path, changed, stamp.Rights(copyright_notice="© A"))
            assert catalogue.check(changed, USE).recognised_by == "essence"


def test_what_is_no_container_has_no_essence(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut short")
    assert essence_of(tmp_path / "a.jpg") is None


def test_identifiers_in_the_metadata(tmp_path: Path) -> None:
    texts = {
        "isrc:KZAB12600001": stamp.Rights(isrc="KZ-AB1-26-00001"),
        "url:https://example.org/sea": stamp.Rights(web_statement="https://example.org/sea"),
    }
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        for number, (identifier, rights) in enumerate(texts.items()):
            paint(plain := tmp_path / f"{number}-plain.jpg", size=(64, 64), seed=number)
            stamp.write_rights(plain, path := tmp_path / f"{number}.jpg", rights)
            assert catalogue.check(path, USE).verdict == "unknown"
            catalogue.works.add(title=identifier, kind="image", identifiers=[identifier])
            found = catalogue.check(path, USE)
            assert (found.recognised_by, found.title) == ("identifier", identifier)


@pytest.mark.parametrize(
    ("said", "identifier"),
    [
        ("10.1000/182", "doi:10.1000/182"),
        ("https://doi.org/10.1000/182", "doi:10.1000/182"),
        ("https://example.org/a", "url:https://example.org/a"),
        ("urn:isrc:KZAB12600001", "isrc:KZAB12600001"),
        ("IMG-2026-1", "local:IMG-2026-1"),
    ],
)
def test_dublin_core_and_prism(said: str, identifier: str, tmp_path: Path) -> None:
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:identifier>{said}</dc:identifier></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    Image.new("RGB", (64, 64)).save(path := tmp_path / "a.jpg", xmp=packet.encode())
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        catalogue.works.add(title="A", kind="image", identifiers=[identifier])
        assert catalogue.check(path, USE).recognised_by == "identifier"


def test_the_payload_in_a_notice_needs_no_key(folder: Path, catalogue: stamp.Catalogue) -> None:
    anew = recompressed(folder / "lake.jpg", folder / "anew.jpg")
    stamp.write_rights(anew, named := folder / "named.jpg", stamp.Rights(identifier=PAYLOAD.hex()))
    found = catalogue.check(named, USE)
    assert (found.recognised_by, found.title) == ("identifier", "lake")


def test_a_mark_without_record(folder: Path, key: stamp.Key) -> None:
    with stamp.Catalogue.open(folder / "empty.sqlite") as empty:
        found = empty.check(folder / "marked.jpg", USE, key)
        assert (found.verdict, found.clear, found.reasons) == ("unknown", False, ("mark_without_record",))


def test_licences_decide(folder: Path, catalogue: stamp.Catalogue) -> None:
    given = licensed(catalogue, "1", "granted", exclusivity="exclusive")
    found = catalogue.check(folder / "lake.jpg", USE)
    assert (found.verdict, found.clear, found.licence) == ("granted_exclusively", False, given)
    assert found.reasons == (f"exclusive_licence:{given}",)
    paint(folder / "sea.jpg", size=(64, 64), seed=5)
    catalogue.works.add(folder / "sea.jpg", origin="third_party")
    assert catalogue.check(folder / "sea.jpg", USE).reasons == ("no_licence",)
    uid = licensed(catalogue, "2", attribution="Photo: B")
    found = catalogue.check(folder / "sea.jpg", USE)
    assert (found.verdict, found.clear, found.licence, found.attribution) == (
        "licensed",
        True,
        uid,
        "Photo: B",
    )
    catalogue.licences.end(uid, date(2026, 1, 1))
    assert catalogue.check(folder / "sea.jpg", USE).reasons == ("terminated:2026-01-01",)


def test_a_file_with_marks_of_two_works_is_clear_where_both_are(
    folder: Path, catalogue: stamp.Catalogue, key: stamp.Key
) -> None:
    anew = recompressed(folder / "marked.jpg", folder / "anew.jpg")
    stamp.embed_file(anew, both := folder / "both.jpg", key=(second := stamp.Key.generate("second")))
    payload = stamp.detect_file(both, keys=second).payload
    assert payload is not None
    catalogue.works.add(title="other", kind="image")
    wanted = Reservation(
        "image", both, both, None, second.name, second.fingerprint, payload, stamp.CopyOptions(work="2")
    )
    catalogue.remember(wanted)
    for work in ("1", "2"):
        assert catalogue.check(both, USE, [key, second]).clear
        uid = licensed(catalogue, work, "granted", exclusivity="exclusive")
        assert catalogue.check(both, USE, [key, second]).number == int(work)
        catalogue.licences.end(uid, date(2026, 1, 1))


def test_what_is_no_work_is_an_error(tmp_path: Path) -> None:
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        (tmp_path / "a.txt").write_text("no photo")
        with pytest.raises(stamp.UnsupportedFormat, match=r"a\.txt"):
            catalogue.check(tmp_path / "a.txt", USE)
        with pytest.raises(stamp.MediaError, match=r"none\.jpg"):
            catalogue.check(tmp_path / "none.jpg", USE)


POLICIES = [
    ({}, ""),
    ({"channels": ["Web", "youtube"]}, ""),
    ({"channels": ["*"]}, ""),
    ({"channels": ["youtube"]}, "channel_not_allowed:web"),
    ({"required": ["copyright", "creator"]}, ""),
    (
        {"required": ["copyright", "credit", "usage_terms"]},
        "notice_missing:credit_line notice_missing:usage_terms",
    ),
    ({"responsible_required": True}, "responsible_missing"),
    ({"responsible_required": True, "responsible": "Ada"}, ""),
]


@pytest.mark.parametrize(("said", "reasons"), POLICIES)
def test_policy(said: dict[str, Any], reasons: str, folder: Path, catalogue: stamp.Catalogue) -> None:
    found = catalogue.check(folder / "marked.jpg", USE, policy=stamp.Policy(**said))
    assert (list(found.reasons), found.clear, found.verdict) == (reasons.split(), not reasons, "ours")
    assert found.responsible == said.get("responsible")


def test_unknown_passes_where_the_policy_says_so(tmp_path: Path) -> None:
    paint(tmp_path / "a.jpg", size=(64, 64))
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        found = catalogue.check(tmp_path / "a.jpg", USE, policy=stamp.Policy(unknown="pass"))
        assert (found.verdict, found.clear, found.reasons) == ("unknown", True, ("unknown",))
        strict = stamp.Policy(unknown="pass", required=("copyright",))
        assert not catalogue.check(tmp_path / "a.jpg", USE, policy=strict).clear


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unknwon = 'pass'", "'unknwon' is not known"),
        ("unknown = 'maybe'", "`unknown`: is one of refuse, pass"),
        ("required = 'copyright'", "`required`: is a list of texts"),
        ("required = ['copywrong']", "'copywrong' is no field"),
        ("responsible_required = 'yes'", "`responsible_required`: is true or false"),
        ("responsible = ''", "`responsible`: is a text"),
        ("territories = ['UK']", "is no territory"),
        ("unknown", "not a TOML file"),
    ],
)
def test_a_policy_that_is_wrong_is_refused(text: str, message: str, tmp_path: Path) -> None:
    (path := tmp_path / "policy.toml").write_text(text)
    with pytest.raises(stamp.ArgumentError, match=message) as caught:
        stamp.Policy.load(path)
    assert str(path) in str(caught.value)
    with pytest.raises(stamp.ArgumentError, match="cannot read the policy"):
        stamp.Policy.load(tmp_path / "none.toml")
