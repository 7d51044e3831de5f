"""Taking a notice out, comparing a copy with its original, and receipts, on whole files."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import stamp
from stamp.core.errors import RightsError
from stamp.core.rights import NO_AI_TERMS, Party, Rights
from stamp.metadata import containers
from stamp.metadata.containers import jpeg
from stamp.metadata.stores import exif
from stamp.pipeline.receipts import receipt, snapshot
from stamp.pipeline.removals import undo_rights

GIVEN = Rights(
    copyright_notice="© {year} Zoë", creators=("Zoë",), licensors=(Party(name="A", email="a@b.example"),)
)

REPLACING = stamp.NoticeOptions(replace_rights=True)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain.jpg"
    Image.linear_gradient("L").resize((33, 21)).save(path)
    return path


@pytest.fixture
def noticed(plain: Path) -> Path:
    path = plain.with_name("noticed.jpg")
    stamp.write_rights(plain, path, GIVEN.for_writing(2019))
    return path


def test_removal_brings_the_file_back_whatever_the_year_was(plain: Path, noticed: Path) -> None:
    report = stamp.remove_rights(noticed, noticed, GIVEN, overwrite=True)
    assert set(report.removed) == {"copyright_notice", "creators", "licensors", "marked"}
    assert report.rights == Rights()
    assert noticed.read_bytes() == plain.read_bytes()


@pytest.mark.parametrize("name", ["noticed.jpg", "link.jpg"])
def test_a_file_in_which_nothing_changes_is_not_touched(noticed: Path, name: str) -> None:
    noticed.with_name("link.jpg").symlink_to(noticed)
    path = noticed.with_name(name)
    before = noticed.stat()
    written = stamp.write_rights(path, path, GIVEN.for_writing(2019), overwrite=True)
    removed = stamp.remove_rights(path, path, Rights(creators=("Somebody",)), overwrite=True)
    assert (written.written, removed.removed) == ((), ())
    after = noticed.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    stamp.write_rights(path, path, GIVEN.for_writing(2020), overwrite=True)
    assert noticed.stat().st_ino != before.st_ino
    stamp.write_rights(noticed, noticed.with_name("copy.jpg"), GIVEN.for_writing(2020))
    assert noticed.with_name("copy.jpg").read_bytes() == noticed.read_bytes()


def test_the_notice_of_somebody_else_stays(noticed: Path) -> None:
    before = noticed.read_bytes()
    other = Rights(copyright_notice="© {year} Zoe", creators=("Somebody",), licensors=(Party(name="B"),))
    report = stamp.remove_rights(noticed, noticed, other, overwrite=True)
    assert report.removed == ()
    assert set(report.unchanged) == {"copyright_notice", "creators", "licensors"}
    assert noticed.read_bytes() == before


def test_a_store_that_says_something_else_stays(noticed: Path, tmp_path: Path) -> None:
    data = noticed.read_bytes()
    container = containers.load("jpeg")
    block = container.extract(data)["exif"]
    changed = container.splice(data, {"exif": exif.write(block, {"copyright_notice": "© Other"})})
    noticed.write_bytes(changed[0 : len(changed)])
    report = stamp.remove_rights(noticed, tmp_path / "out.jpg", GIVEN)
    assert report.sources["copyright_notice"] == ("exif",)
    assert report.rights.copyright_notice == "© Other"


def test_the_sentence_against_training_is_taken_out_of_longer_terms(plain: Path) -> None:
    stamp.write_rights(plain, plain, Rights(usage_terms="Ask first."), overwrite=True)
    before = plain.read_bytes()
    no_ai = Rights().without_ai()
    stamp.write_rights(plain, plain, no_ai, overwrite=True)
    assert stamp.read_rights(plain).rights.usage_terms == f"Ask first. {NO_AI_TERMS}"
    stamp.remove_rights(plain, plain, no_ai, overwrite=True)
    assert stamp.read_rights(plain).rights == Rights(usage_terms="Ask first.")
    assert plain.read_bytes() == before


def test_the_identifier_of_the_mark_goes_too(noticed: Path) -> None:
    stamp.write_rights(noticed, noticed, Rights(identifier="00ff00ff00ff00ff"), overwrite=True)
    report = stamp.remove_rights(noticed, noticed, Rights(credit_line="X"), overwrite=True)
    assert report.removed == ("identifier",)


def test_an_audit_tells_kept_changed_lost_and_added(noticed: Path, tmp_path: Path) -> None:
    stamp.write_rights(noticed, noticed, Rights(credit_line="Zoë", source="S"), overwrite=True)
    copy = tmp_path / "copy.png"
    with Image.open(noticed) as picture:
        picture.save(copy)
    changed = Rights(copyright_notice="© 2019 Zoë", credit_line="Other", web_statement="https://example.com/")
    stamp.write_rights(copy, copy, changed, overwrite=True)
    report = stamp.audit_rights(noticed, copy)
    outcomes = {name: field.outcome for name, field in report.fields.items()}
    assert outcomes == {
        "copyright_notice": "kept",
        "creators": "lost",
        "credit_line": "changed",
        "source": "lost",
        "marked": "lost",
        "licensors": "lost",
        "web_statement": "added",
    }
    assert not report.intact
    assert report.fields["credit_line"].to_dict() == {
        "outcome": "changed",
        "before": "Zoë",
        "after": "Other",
        "stores_before": ["xmp"],
        "stores_after": ["xmp"],
    }
    assert stamp.audit_rights(noticed, noticed).intact


def test_a_notice_that_only_exif_still_has_survived_in_part(noticed: Path, tmp_path: Path) -> None:
    with Image.open(noticed) as picture:
        picture.save(tmp_path / "copy.jpg", exif=picture.info["exif"])
    field = stamp.audit_rights(noticed, tmp_path / "copy.jpg").fields["copyright_notice"]
    assert (field.outcome, field.stores_before, field.stores_after) == ("partly", ("xmp", "exif"), ("exif",))


def test_a_receipt_tells_what_changed_and_that_the_picture_did_not(plain: Path, noticed: Path) -> None:
    told = receipt(snapshot(plain), snapshot(noticed))
    assert told["essence_unchanged"] is True
    assert told["size_bytes"] == {"before": len(plain.read_bytes()), "after": len(noticed.read_bytes())}
    assert told["changes"]["copyright_notice"] == {
        store: {"before": None, "after": "© 2019 Zoë"} for store in ("xmp", "exif")
    }
    assert told["changes"]["licensors"]["xmp"]["after"] == [{"name": "A", "email": "a@b.example"}]


def test_a_receipt_of_a_file_that_holds_no_notice(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "bmp")
    path = tmp_path / "a.bmp"
    path.write_bytes(out.getvalue())
    told = receipt(snapshot(path), snapshot(path))
    assert told["container"] == {"before": None, "after": None}
    assert told["essence_unchanged"] is None
    assert told["sha256"]["before"] == told["sha256"]["after"]


def test_undo_brings_back_what_was_overwritten_store_by_store(noticed: Path, tmp_path: Path) -> None:
    data = noticed.read_bytes()
    block = exif.write(jpeg.extract(data)["exif"], {"copyright_notice": "© Other"})
    noticed.write_bytes(jpeg.splice(data, {"exif": block})[:])
    before = snapshot(noticed)
    new = Rights(
        copyright_notice="New",
        copyright_notice_translations={"de": "Neu"},
        creators=("B", "C"),
        credit_line="X",
        licensors=(Party(name="L", url="https://example.com/"), Party(name="M")),
        creator_contact=Party(email="b@c.example"),
    )
    stamp.write_rights(noticed, tmp_path / "new.jpg", new, options=REPLACING)
    changes = receipt(before, snapshot(tmp_path / "new.jpg"))["changes"]
    report = undo_rights(tmp_path / "new.jpg", tmp_path / "old.jpg", json.loads(json.dumps(changes)))
    assert snapshot(tmp_path / "old.jpg").values == before.values
    assert set(report.written) == {"copyright_notice", "creators", "licensors"}
    assert set(report.removed) == set(changes) - set(report.written)
    assert report.unchanged == ()


def test_undo_leaves_what_somebody_has_changed_since(plain: Path, noticed: Path, tmp_path: Path) -> None:
    changes = receipt(snapshot(plain), snapshot(noticed))["changes"]
    later = Rights(copyright_notice="Later")
    stamp.write_rights(noticed, noticed, later, overwrite=True, options=REPLACING)
    report = undo_rights(noticed, tmp_path / "out.jpg", changes)
    assert report.rights == later
    assert report.unchanged == ("copyright_notice",)


@pytest.mark.parametrize(
    "changes",
    [
        {"copyright_notice": {"tape": {"before": None, "after": "x"}}},
        {"copyright_notice": {"xmp": {"after": "x"}}},
        {"copyright_notice": "x"},
        {"nonsense": {"xmp": {"before": None, "after": "x"}}},
        {"marked": {"xmp": {"before": None, "after": 7}}},
    ],
)
def test_changes_that_no_receipt_tells(changes: dict[str, Any], noticed: Path, tmp_path: Path) -> None:
    with pytest.raises(RightsError):
        undo_rights(noticed, tmp_path / "out.jpg", changes)
    assert not (tmp_path / "out.jpg").exists()
