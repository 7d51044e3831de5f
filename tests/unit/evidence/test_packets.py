"""Packets: what is in them and what is not; checked with our program, and by a stranger who has none."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import stamp.evidence
from stamp.core.errors import ArgumentError, CatalogueError, KeyFileError
from stamp.evidence import log
from stamp.evidence.document import of_find
from stamp.evidence.facts import gather
from stamp.evidence.report import comparison_text, matched_text
from stamp.evidence.verify import Verdict, verify_packet
from stamp.evidence.words import LANGUAGES, words
from stamp.jobs.demo import paint
from stamp.pipeline.finding import Seen, add_find
from stamp.print.promises import promised
from tests.unit.evidence.conftest import AT, NAME, TITLE, Case

TOOLS = ("sha256sum", "openssl", "basenc", "tr", "cut", "sh")


def states(verdict: Verdict) -> dict[str, str]:
    return {check.name: check.state for check in verdict.checks}


def entries(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as packet:
        return {name: packet.read(name) for name in packet.namelist()}


def text_of(pdf: bytes, first: int = 1, last: int = 99) -> str:
    """What pdftotext reads in a report, line breaks taken out."""
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    arguments = ["pdftotext", "-f", str(first), "-l", str(last), "-", "-"]
    found = subprocess.run(arguments, input=pdf, capture_output=True, check=True)
    return " ".join(found.stdout.decode().split())


@pytest.mark.slow
def test_a_packet_is_verified_and_says_what_was_found(case: Case, packet: Path) -> None:
    verdict = verify_packet(packet, case.authority.root)
    assert set(states(verdict).values()) == {"ok"}, verdict
    assert verdict.is_verified
    said = json.loads(entries(packet)["evidence.json"])
    assert said["schema"] == "stamp.evidence/1"
    assert said["work"]["title"] == TITLE
    assert said["find"]["verdict"] == "ours"
    assert said["find"]["name"] == "pic.jpg"
    assert said["mark"]["key_fingerprint"] == case.key.fingerprint
    assert said["comparison"]["verdict"] == "agrees"
    assert {each["field"]: each["outcome"] for each in said["rights"]}["copyright_notice"] == "lost"
    assert said["sealed_before"]["state"] == "before"


@pytest.mark.slow
def test_a_stranger_needs_sha256sum_and_openssl_only(case: Case, packet: Path, tmp_path: Path) -> None:
    here, tools = tmp_path / "here", tmp_path / "tools"
    with zipfile.ZipFile(packet) as archive:
        archive.extractall(here)
    tools.mkdir()
    for tool in TOOLS:
        os.symlink(shutil.which(tool) or "", tools / tool)
    shutil.copy(case.authority.root, here / "TSA.pem")
    guide = (here / "VERIFY.txt").read_text()
    commands = re.findall(r"^\$ (.*)$", guide, re.MULTILINE)
    done = subprocess.run(
        ["/usr/bin/env", "-i", f"PATH={tools}", tools / "sh", "-e", "-c", "\n".join(commands)],
        cwd=here,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads((here / "evidence.json").read_text())
    assert done.stdout.count("Verification: OK") + done.stderr.count("Verification: OK") == 2
    assert "Signature Verified Successfully" in done.stdout
    assert f"{said['signer']}  -" in done.stdout
    for line in log.read((here / "log.jsonl").read_bytes()):
        if line.seq == said["sealed_before"]["event"]:
            assert f"{line.entry.event.hash.hex()}  -" in done.stdout
            assert f"{line.entry.event.body_sha256.hex()}  -" in done.stdout
    assert done.stdout.splitlines()[-1] == said["seals"][0]["root"]
    (here / "captures" / "find.jpg").write_bytes(b"another")
    again = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=here, capture_output=True, check=False)
    assert again.returncode != 0


@pytest.mark.slow
def test_any_changed_byte_is_seen(case: Case, packet: Path, tmp_path: Path) -> None:
    whole = packet.read_bytes()
    places = random.Random(20).sample(range(len(whole)), 1000)
    ends = [*range(100), *range(len(whole) - 900, len(whole))]  # headers, and what is behind the entries
    target = tmp_path / "packet.zip"
    for place in (*places, *ends):
        changed = bytearray(whole)
        changed[place] ^= random.Random(place).randrange(1, 256)
        target.write_bytes(changed)
        assert not verify_packet(target, case.authority.root).is_verified, place
    for more in (whole + b"\0", b"\0" + whole, whole + whole, whole[:-1]):
        target.write_bytes(more)
        assert not verify_packet(target, case.authority.root).is_verified


@pytest.mark.slow
def test_what_is_nobody_elses_business_is_not_in_a_packet(case: Case, packet: Path) -> None:
    found = entries(packet)
    raw = packet.read_bytes() + text_of(found["report.pdf"]).encode()
    secret = case.key.secret
    for kept in (
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        base64.b64encode(secret),
        os.fsencode(case.folder),
        b"/tmp",
        os.fsencode(Path.home()) + b"/",
        b"note of the lawyer",
        b"secret of somebody else",
        case.signer.read_bytes().splitlines()[1],
    ):
        assert kept not in raw, kept
    subjects = {line.entry.event.subject for line in log.read(found["log.jsonl"])}
    others = {
        case.planted,
        case.by_hand,
        case.recognised,
        *(each.work for each in case.catalogue.works.list()[:1]),
    }
    assert case.find in subjects
    assert not subjects & others


def test_a_copy_that_was_confirmed_is_in_the_document(case: Case) -> None:
    facts = gather(case.catalogue, case.by_hand)
    sure = {"payload": "0123456789abcdef", "method": "confirmed", "z": 9.1, "log10_p": -18.5, "copy": None}
    known = replace(facts, find=replace(facts.find, comparison={"verdict": "agrees", "confirmed": sure}))
    for each, confirmed in ((facts, None), (known, sure)):
        document = of_find(each, at=AT, language="en", files={})
        assert document["confirmed"] == confirmed
        assert document["mark"] is None


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_find_by_its_fingerprint_is_said_to_be_one(case: Case, tmp_path: Path, language: str) -> None:
    made = case.packet(tmp_path / "p.zip", case.recognised, language=language)
    assert (made.document["find"]["basis"], made.document["mark"]) == ("fingerprint", None)
    assert made.document["matched"]["correlation"] == 0.91
    assert made.document["comparison"]["verdict"] == "agrees"
    found = entries(tmp_path / "p.zip")
    first, report = text_of(found["report.pdf"], 1, 1), text_of(found["report.pdf"])
    recognised, by_hand, means = {
        "en": ("recognised it by its fingerprint", "named by a person", "“scene”, it shows the same scene"),
        "ru": ("по цифровому отпечатку", "назвал человек", "«scene», сцена"),
        "kk": ("цифрлық саусақ ізі бойынша", "адам атады", "«scene», көрініс"),
    }[language]
    assert recognised in first
    assert "0.91" in first
    assert by_hand not in report
    assert means in report
    assert "stamp match captures/find.jpg" in report
    assert promised(report) == ()
    guide = " ".join(found["VERIFY.txt"].decode().split())
    assert "No mark of the work was read in captures/find.jpg" in guide
    assert "a person has to look which of the two it is" in guide
    assert verify_packet(tmp_path / "p.zip", case.authority.root).is_verified


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scene_and_a_copy_without_detail_are_no_comparison(case: Case, language: str) -> None:
    said = words(language)
    facts = gather(case.catalogue, case.recognised)
    document = of_find(facts, at=AT, language=language, files={})
    copy = matched_text(document["matched"], said)
    whole = matched_text(document["matched"] | {"correlation": None}, said)
    scene = matched_text(document["matched"] | {"verdict": "scene"}, said)
    assert len({copy, whole, scene}) == 3
    assert "0.91" in copy
    assert {"en": "a person has to look", "ru": "посмотреть должен человек", "kk": "адам қарауы"}[
        language
    ] in scene
    apart = document | {"comparison": document["comparison"] | {"verdict": "unregistered"}}
    assert comparison_text(apart, said) == said("comparison", "unregistered_unmarked")


@pytest.mark.slow
def test_the_same_inputs_and_date_give_the_same_bytes(case: Case, tmp_path: Path) -> None:
    one, two = case.packet(tmp_path / "one.zip"), case.packet(tmp_path / "two.zip")
    assert one.sha256 == two.sha256
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    assert case.packet(tmp_path / "ru.zip", language="ru").sha256 != one.sha256


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_reports_promise_nothing(case: Case, tmp_path: Path, language: str) -> None:
    for number, find in enumerate((case.find, case.planted, case.by_hand)):
        case.packet(tmp_path / f"{number}.zip", find, language=language)
        said = text_of(entries(tmp_path / f"{number}.zip")["report.pdf"])
        assert promised(said) == ()
        assert NAME in said
        assert words(language)("limits", "review") in said


def test_no_text_promises_anything_and_all_languages_say_the_same() -> None:
    folder = Path(stamp.evidence.__file__).parent / "texts"
    names = {}
    for language in LANGUAGES:
        text = (folder / f"{language}.toml").read_text("utf-8")
        assert promised(text) == ()
        sections = words(language)._sections
        names[language] = {
            (section, name): sorted(re.findall(r"\{\w+\}", str(value)))
            for section, values in sections.items()
            for name, value in values.items()
        }
    assert names["en"] == names["ru"] == names["kk"]


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_transplanted_mark_is_said_to_be_one_on_page_one(case: Case, tmp_path: Path, language: str) -> None:
    made = case.packet(tmp_path / "p.zip", case.planted, language=language)
    assert made.document["comparison"]["verdict"] == "differs"
    first = text_of(entries(tmp_path / "p.zip")["report.pdf"], 1, 1)
    for sign in {
        "en": ("transplanted mark", "Nobody has compared"),
        "ru": ("перенесённая метка",),
        "kk": ("көшірілген белгі",),
    }[language]:
        assert sign in first


@pytest.mark.slow
def test_a_seal_that_was_not_checked_or_came_later_is_not_said_to_be_before(
    case: Case, tmp_path: Path
) -> None:
    made = case.packet(tmp_path / "p.zip", tsa_root=None)
    assert made.document["sealed_before"]["state"] == "unchecked"
    assert "before the file was first seen" not in text_of(entries(tmp_path / "p.zip")["report.pdf"])
    assert states(verify_packet(tmp_path / "p.zip"))["seals"] == "unchecked"
    assert not verify_packet(tmp_path / "p.zip").is_verified
    said = entries(tmp_path / "p.zip")
    assert verify_packet(tmp_path / "p.zip", case.authority.root).is_verified
    assert "seal-" in " ".join(said)


@pytest.mark.slow
def test_without_signature_and_time_stamp_it_says_so(case: Case, tmp_path: Path) -> None:
    case.packet(tmp_path / "p.zip", sign=None)
    verdict = verify_packet(tmp_path / "p.zip", case.authority.root)
    assert (states(verdict)["signature"], states(verdict)["time stamp"]) == ("absent", "absent")
    said = text_of(entries(tmp_path / "p.zip")["report.pdf"])
    assert "This packet is not signed" in said
    assert "This packet has no time stamp" in said


@pytest.mark.slow
@pytest.mark.parametrize("behaviour", ["other data", "replay", "nonsense", "cut", "error", "refusal"])
def test_an_authority_that_misbehaves_makes_no_packet(case: Case, tmp_path: Path, behaviour: str) -> None:
    case.authority.behaviour = behaviour
    try:
        with pytest.raises(CatalogueError):
            case.packet(tmp_path / "p.zip", tsa=case.authority.url)
    finally:
        case.authority.behaviour = "right"
    assert not (tmp_path / "p.zip").exists()


def test_what_cannot_be_is_refused(case: Case, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="1980"):
        case.packet(tmp_path / "p.zip", at=AT.replace(year=1970))
    with pytest.raises(ArgumentError, match="en, ru, kk"):
        case.packet(tmp_path / "p.zip", language="de")
    (tmp_path / "no.pem").write_text("no key")
    (tmp_path / "no.pem").chmod(0o600)
    with pytest.raises(KeyFileError, match="no private key"):
        case.packet(tmp_path / "p.zip", sign=tmp_path / "no.pem")


@pytest.mark.slow
def test_names_in_any_script_do_not_prevent_a_packet(case: Case, tmp_path: Path) -> None:
    paint(tmp_path / "found.png", size=(320, 240), seed=9)
    seen = Seen(account="@日本😀 العربية\u0007", by="Bob", url="https://例え.example/\u202e?q=#set")
    found = add_find(case.catalogue, tmp_path / "found.png", work="1", seen=seen)
    case.packet(tmp_path / "p.zip", found.find)
    assert verify_packet(tmp_path / "p.zip", case.authority.root).is_verified
    report = text_of(entries(tmp_path / "p.zip")["report.pdf"])
    assert "@[U+65E5][U+672C][U+1F600]" in report
    assert "[U+0007]" in report
    assert "[U+202E]" in report
    assert "Letters that the fonts of this report lack" in report
    said = json.loads(entries(tmp_path / "p.zip")["evidence.json"])
    assert said["find"]["sightings"][0]["account"] == seen.account
