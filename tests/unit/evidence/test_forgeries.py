"""Packets that somebody has put together anew: what no longer follows from what is in them is named."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from stamp.core.errors import CorruptFile, HostError, MediaError
from stamp.evidence import archive, sums
from stamp.evidence.verify import verify_packet
from tests.unit.evidence.conftest import AT, Case
from tests.unit.evidence.test_packets import entries, states

Change = Callable[[dict[str, bytes]], None]


def said(change: Callable[[dict[str, Any]], None]) -> Change:
    """A change of evidence.json."""

    def apply(found: dict[str, bytes]) -> None:
        document = json.loads(found["evidence.json"])
        change(document)
        found["evidence.json"] = rfc8785.dumps(document)

    return apply


def forged(packet: Path, target: Path, change: Change) -> Path:
    """The packet with a change, and with hashes that fit; signature and time stamp are taken out."""
    found = entries(packet)
    for name in (sums.SIGNATURE, sums.SIGNER, sums.TOKEN):
        del found[name]
    said(lambda document: document.update(signer=None, is_stamped=False))(found)
    change(found)
    hashes = {name: sums.sum_of(data)[0] for name, data in found.items() if name != sums.SUMS}
    found[sums.SUMS] = sums.listed(hashes)
    archive.write(target, found, AT)
    return target


def relog(change: Callable[[dict[str, Any]], None]) -> Change:
    """A change of the first event in the log, with a hash in evidence.json that fits."""

    def apply(found: dict[str, bytes]) -> None:
        first, *others = found["log.jsonl"].splitlines(keepends=True)
        line = json.loads(first)
        change(line)
        found["log.jsonl"] = rfc8785.dumps(line) + b"\n" + b"".join(others)
        sha256, size = sums.sum_of(found["log.jsonl"])
        said(lambda document: document["files"]["log.jsonl"].update(sha256=sha256, size=size))(found)

    return apply


FORGERIES: dict[str, tuple[str, Change]] = {
    "seen later": ("order", said(lambda d: d["find"].update(first_seen="2030-01-01T00:00:00.000000Z"))),
    "another event": (
        "order",
        said(lambda d: d["sealed_before"].update(event=d["sealed_before"]["event"] - 1)),
    ),
    "another mark": ("order", said(lambda d: d["mark"].update(payload="00" * 8))),
    "no seal": ("order", said(lambda d: d["sealed_before"].update(seal=99))),
    "an older time stamp": ("seals", said(lambda d: d["seals"][0].update(at="2020-01-01T00:00:00.000000Z"))),
    "another root": ("log", said(lambda d: d["seals"][0].update(root="00" * 32))),
    "a hash of the find": ("evidence", said(lambda d: d["find"].update(sha256="00" * 32))),
    "another date": ("evidence", said(lambda d: d.update(created="2020-01-01T00:00:00Z"))),
    "another schema": ("evidence", said(lambda d: d.update(schema="stamp.evidence/9"))),
    "a missing key": ("evidence", said(lambda d: d.pop("files"))),
    "an extra file": ("evidence", lambda found: found.update({"captures/more.jpg": b"x"})),
    "another capture": ("evidence", lambda found: found.update({"captures/find.jpg": b"x"})),
    "another body": ("log", relog(lambda line: line["event"].update(body='{"title":"Mine"}'))),
    "another subject": ("log", relog(lambda line: line["event"].update(subject="me"))),
    "another path": ("log", relog(lambda line: line["path"].pop())),
    "no number": ("log", relog(lambda line: line["event"].update(seq="1"))),
    "no log": ("evidence", lambda found: found.update({"log.jsonl": b"{}\n"})),
    "a list": ("evidence", lambda found: found.update({"evidence.json": b"[1]"})),
    "deep": ("evidence", lambda found: found.update({"evidence.json": b"[" * 200_000})),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", FORGERIES)
def test_what_does_not_follow_is_named(case: Case, packet: Path, tmp_path: Path, name: str) -> None:
    expected, change = FORGERIES[name]
    verdict = verify_packet(forged(packet, tmp_path / "p.zip", change), case.authority.root)
    assert not verdict.is_verified
    assert states(verdict)[expected] == "failed", verdict


@pytest.mark.slow
def test_a_forgery_that_changes_nothing_is_whole_but_not_signed(
    case: Case, packet: Path, tmp_path: Path
) -> None:
    verdict = verify_packet(forged(packet, tmp_path / "p.zip", lambda found: None), case.authority.root)
    assert verdict.is_verified
    assert states(verdict)["signature"] == "absent"


@pytest.mark.slow
def test_entries_are_all_listed_and_all_there(case: Case, packet: Path, tmp_path: Path) -> None:
    changes: tuple[tuple[str, Callable[[dict[str, bytes]], object]], ...] = (
        ("not in SHA256SUMS: more.txt", lambda found: found.update({"more.txt": b"x"})),
        ("missing: VERIFY.txt", lambda found: found.pop("VERIFY.txt")),
    )
    for name, change in changes:
        found = entries(packet)
        change(found)
        archive.write(tmp_path / "p.zip", found, AT)
        verdict = verify_packet(tmp_path / "p.zip", case.authority.root)
        assert [check.detail for check in verdict.checks if check.name == "files"] == [name]


@pytest.mark.slow
def test_other_zips_of_the_same_files_are_no_packets(case: Case, packet: Path, tmp_path: Path) -> None:
    found = entries(packet)
    for name, method in (("deflated", zipfile.ZIP_DEFLATED), ("stored", zipfile.ZIP_STORED)):
        with zipfile.ZipFile(tmp_path / f"{name}.zip", "w", method) as other:
            for entry, data in found.items():
                other.writestr(zipfile.ZipInfo(entry, AT.timetuple()[:6]), data, method)
        verdict = verify_packet(tmp_path / f"{name}.zip", case.authority.root)
        assert not verdict.is_verified
        assert [check.name for check in verdict.checks] == ["zip"]


def test_what_is_no_zip_is_not_verified(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no packet")
    assert not verify_packet(tmp_path / "a.zip").is_verified
    with pytest.raises(MediaError):
        verify_packet(tmp_path / "none.zip")


def test_entries_in_each_other_are_refused_without_a_warning(tmp_path: Path) -> None:
    packet = tmp_path / "packet.zip"
    archive.write(packet, {"a.txt": b"one", "b.txt": b"two"}, AT)
    whole = packet.read_bytes()
    second = whole.rindex(b"PK\1\2") + 42  # where its entry begins: APPNOTE.TXT 6.3.3, section 4.3.12
    packet.write_bytes(whole[:second] + bytes(4) + whole[second + 4 :])
    with pytest.raises(CorruptFile, match="in each other"):
        archive.read(packet)


def test_names_and_sizes_are_what_a_packet_can_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("../a", "/a", "a/b/c", "a b", "ключ", ".hidden", ""):
        with pytest.raises(ValueError, match="names"):
            archive.write(tmp_path / "a.zip", {name: b"x"}, AT)
    monkeypatch.setattr(archive, "LARGEST", 10)
    with pytest.raises(HostError, match="4 GB"):
        archive.write(tmp_path / "a.zip", {"a": bytes(11)}, AT)
