"""Deposits: a work is sealed before it is published, and that can be checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from stamp.catalogue.catalogue import Catalogue
from stamp.core.errors import CatalogueError
from stamp.evidence.deposit import make_deposit
from stamp.evidence.options import PacketOptions
from stamp.evidence.verify import verify_packet
from stamp.evidence.words import LANGUAGES
from stamp.jobs.demo import paint
from stamp.print.promises import promised
from stamp.storage.digest import digest
from tests.unit.evidence.conftest import AT, NAME, Case
from tests.unit.evidence.test_packets import entries, states, text_of


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    paint(tmp_path / "new.jpg", size=(640, 480))
    with Catalogue.open(tmp_path / "catalogue.sqlite") as catalogue:
        catalogue.works.add(tmp_path / "new.jpg", title="New", creators=[NAME])
        yield catalogue


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_deposit_is_verified(catalogue: Catalogue, case: Case, tmp_path: Path, language: str) -> None:
    options = PacketOptions(
        language=language, tsa=case.authority.url, tsa_root=case.authority.root, sign=case.signer, at=AT
    )
    made = make_deposit(catalogue, "1", tmp_path / "b.zip", options)
    verdict = verify_packet(tmp_path / "b.zip", case.authority.root)
    assert verdict.is_verified, verdict
    assert set(states(verdict).values()) == {"ok"}
    found = entries(tmp_path / "b.zip")
    said = json.loads(found["evidence.json"])
    assert said["kind"] == "deposit"
    assert said["work"]["original"]["sha256"] == digest(tmp_path / "new.jpg").sha256
    assert said["seals"][0]["is_checked"]
    assert {each["have"] for each in said["authority"]["asked"]} == {True, False}
    assert set(found) >= {"pictures/work.jpg", "log.jsonl", "report.pdf", "VERIFY.txt", "SHA256SUMS.tst"}
    assert (tmp_path / "new.jpg").read_bytes() not in (tmp_path / "b.zip").read_bytes()
    assert bytes(tmp_path) not in (tmp_path / "b.zip").read_bytes()
    assert promised(text_of(found["report.pdf"])) == ()
    assert made.document == said


def test_another_file_than_the_works_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    paint(tmp_path / "other.jpg", size=(640, 480), seed=3)
    with pytest.raises(CatalogueError, match="is not the file that work #1 was added with"):
        make_deposit(catalogue, "1", tmp_path / "b.zip", PacketOptions(original=tmp_path / "other.jpg"))
    (tmp_path / "new.jpg").rename(tmp_path / "moved.jpg")
    with pytest.raises(CatalogueError, match="give `original`"):
        make_deposit(catalogue, "1", tmp_path / "b.zip")
    assert catalogue.excerpt([catalogue.works.show("1").work])[-1].event.verb == "work.added"
    assert not (tmp_path / "b.zip").exists()


@pytest.mark.slow
def test_without_an_authority_the_report_says_that_nothing_shows_when(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    make_deposit(catalogue, "1", tmp_path / "b.zip")
    assert verify_packet(tmp_path / "b.zip").is_verified
    assert "No authority has time-stamped it" in text_of(entries(tmp_path / "b.zip")["report.pdf"])
