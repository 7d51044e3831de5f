"""`stamp rights`, `stamp embed --receipt` and `stamp show --jsonld`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stamp.jobs.demo import paint
from stamp.metadata.containers import png
from stamp.metadata.stores import pngtext

from .conftest import Runner, digests, receipts

NOTICE = ("--copyright", "© {year} Zoë <b>", "--licensor-url", "https://example.org/l", "--no-ai")


def noticed(stamp: Runner, photo: Path, *options: str) -> Path:
    out = photo.with_name("noticed.jpg")
    assert stamp("embed", photo, "-o", out, "--no-watermark", *NOTICE, *options).code == 0
    return out


def test_remove_takes_out_what_the_same_options_wrote(stamp: Runner, photo: Path) -> None:
    path = noticed(stamp, photo)
    result = stamp("rights", "remove", "--in-place", path, *NOTICE)
    assert result.code == 0
    assert "took out copyright_notice" in result.out
    assert path.read_bytes() == photo.read_bytes()
    assert "no rights notice" in stamp("show", path).out


def test_remove_needs_to_know_what(stamp: Runner, photo: Path) -> None:
    nothing = stamp("rights", "remove", photo)
    assert (nothing.code, "no rights to remove" in nothing.err) == (2, True)
    for option in ("--no-metadata", "--resume", "--payload=0123456789abcdef"):
        both = stamp("rights", "remove", option, photo)
        assert (both.code, "No such option" in both.err) == (2, True)
    both = stamp("rights", "remove", photo, *NOTICE, "--in-place", "-o", "out.jpg")
    assert (both.code, "exclude each other" in both.err) == (2, True)


def test_a_receipt_is_written_and_not_overwritten(stamp: Runner, photo: Path) -> None:
    receipt = photo.with_name("receipt.json")
    noticed(stamp, photo, "--receipt", str(receipt))
    told = receipts(receipt)[0]["receipt"]
    assert told["essence_unchanged"] is True
    assert told["changes"]["licensor_url"] == {"xmp": {"before": None, "after": "https://example.org/l"}}
    again = stamp("embed", photo, "-o", photo.with_name("b.jpg"), *NOTICE, "--receipt", receipt)
    assert (again.code, "has the receipts of an earlier run" in again.err) == (3, True)
    assert not photo.with_name("b.jpg").exists()
    forced = stamp("embed", photo, "-o", photo.with_name("b.jpg"), *NOTICE, "--receipt", receipt, "--force")
    assert (forced.code, len(receipts(receipt))) == (0, 2)
    undone = stamp("rights", "undo", receipt, photo.with_name("noticed.jpg"), "--in-place")
    assert (undone.code, photo.with_name("noticed.jpg").read_bytes()) == (0, photo.read_bytes())


@pytest.mark.parametrize("more", [(), ("--force",), ("--resume",)])
def test_receipts_never_replace_anything_but_receipts(
    stamp: Runner, photo: Path, more: tuple[str, ...]
) -> None:
    before = digests(photo.parent)
    result = stamp("embed", photo, "-o", photo.with_name("b.jpg"), *NOTICE, *more, "--receipt", photo)
    assert (result.code, "is no journal of receipts" in result.err) == (3, True)
    assert digests(photo.parent) == before


def test_receipts_of_a_run_that_did_nothing_are_in_nobodys_way(stamp: Runner, photo: Path) -> None:
    receipt, out = photo.with_name("receipt.json"), photo.with_name("out.jpg")
    out.touch()
    arguments = ("embed", photo, "-o", out, "--no-watermark", *NOTICE, "--receipt", receipt)
    assert stamp(*arguments).code == 3
    assert receipts(receipt) == []
    out.unlink()
    assert stamp(*arguments).code == 0
    assert len(receipts(receipt)) == 1


def test_audit_says_what_survived_and_its_exit_code_too(stamp: Runner, photo: Path) -> None:
    path = noticed(stamp, photo)
    same = stamp("rights", "audit", path, path)
    assert (same.code, same.out.splitlines()[0]) == (0, f"{path}: 5 of 5 rights fields survived")
    copy = photo.with_name("copy.jpg")
    with Image.open(path) as picture:
        picture.save(copy, exif=picture.info["exif"])
    result = stamp("rights", "audit", path, copy)
    assert result.code == 1
    assert "LOST" in result.out
    assert "xmp, exif -> exif" in result.out
    entry = stamp("rights", "audit", path, copy, "--json").entries[0]
    assert (entry["status"], entry["fields"]["licensor_url"]["outcome"]) == ("damaged", "lost")
    failed = stamp("rights", "audit", path, "no.jpg", "--json")
    assert (failed.code, failed.document["schema"]) == (3, "stamp.rights/1")
    assert failed.entries[0]["fields"] is None


def test_audit_says_where_there_was_nothing_to_lose(stamp: Runner, photo: Path) -> None:
    result = stamp("rights", "audit", photo, photo)
    assert (result.code, "the original has no rights notice" in result.err) == (0, True)


def test_jsonld_can_stand_in_a_page(stamp: Runner, photo: Path) -> None:
    path = noticed(stamp, photo)
    result = stamp("show", "--jsonld", "--base-url", "https://example.com/img", path)
    assert "<" not in result.out
    found = json.loads(result.out)
    assert (found["@type"], found["contentUrl"]) == ("ImageObject", "https://example.com/img/noticed.jpg")
    assert found["acquireLicensePage"] == "https://example.org/l"
    both = json.loads(stamp("show", "--jsonld", path, path).out)
    assert [item["contentUrl"] for item in both] == ["noticed.jpg"] * 2
    wrong = stamp("show", "--jsonld", "--json", path)
    assert (wrong.code, "excludes" in wrong.err) == (2, True)


def test_show_says_where_stores_contradict_each_other(stamp: Runner, photo: Path) -> None:
    path = noticed(stamp, photo)
    with Image.open(path) as picture:
        tags = picture.getexif()
        tags[0x8298] = "Somebody"
        picture.save(path, exif=tags, xmp=picture.info["xmp"])
    result = stamp("show", path)
    assert "but in exif: Somebody" in result.out
    entry = stamp("show", path, "--json").entries[0]
    assert entry["conflicts"] == {"copyright_notice": ["exif"]}
    assert entry["values"]["exif"]["copyright_notice"] == "Somebody"


def test_undo_by_receipt(stamp: Runner, photo: Path) -> None:
    old = noticed(stamp, photo)
    before = stamp("show", old, "--json").entries[0]["values"]
    receipt = photo.with_name("r.json")
    new = ("--copyright", "Overwritten", "--replace-rights", "--credit", "Credit", "--no-watermark")
    assert stamp("embed", "--in-place", old, *new, "--receipt", receipt).code == 0
    undone = stamp("rights", "undo", receipt, old, "--in-place")
    assert (undone.code, "wrote copyright_notice  took out credit_line" in undone.out) == (0, True)
    assert stamp("show", old, "--json").entries[0]["values"] == before
    other = stamp("rights", "undo", receipt, photo)
    assert (other.code, "has no receipt of" in other.err) == (3, True)
    broken = photo.with_name("broken.json")
    broken.write_text("{}")
    assert "no file of receipts" in stamp("rights", "undo", broken, old).err
    assert stamp("rights", "undo", receipt, old, "--copyright", "X").code == 2


def test_a_removal_can_be_undone(stamp: Runner, photo: Path) -> None:
    path = noticed(stamp, photo)
    before = path.read_bytes()
    assert stamp("rights", "remove", path, *NOTICE, "--in-place", "--receipt", "r.json").code == 0
    assert path.read_bytes() == photo.read_bytes()
    assert receipts("r.json")[0]["receipt"]["changes"]
    undone = stamp("rights", "undo", "r.json", path, "-o", "back.jpg", "--receipt", "r2.json")
    assert (undone.code, "back.jpg:  wrote copyright_notice" in undone.out) == (0, True)
    assert Path("back.jpg").read_bytes() == before
    assert receipts("r2.json")[0]["receipt"]["changes"]


@pytest.mark.slow
def test_a_folder_is_done_in_many_processes(stamp: Runner, folder: Path) -> None:
    before = digests(folder)
    run = ("embed", folder, "--no-watermark", "--in-place", *NOTICE, "--receipt", "r.json", "-j", "2")
    assert stamp(*run).code == 0
    after = digests(folder)
    for verb in (("remove", folder, *NOTICE), ("undo", "r.json", folder)):
        result = stamp("rights", *verb, "-o", verb[0], "-j", "2", "--json")
        assert [entry["status"] for entry in result.entries].count("error") == 1  # old.stamped.jpg is text
        made = digests(Path(verb[0]))
        assert made == {name: before[name] for name in made}
        assert len(made) == 4
    assert digests(folder) == after


def written(stamp: Runner, photo: Path, receipt: Path, *sources: Path) -> dict[str, Any]:
    """The stores of photo.jpg before a run with a receipt overwrote the notice of the sources."""
    old = noticed(stamp, photo)
    before: dict[str, Any] = stamp("show", old, "--json").entries[0]["values"]
    for source in sources:
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(old.read_bytes())
    result = stamp(
        "embed", *sources, "--in-place", "--no-watermark", "--credit", "Credit", "--receipt", receipt
    )
    assert result.code == 0, result.err
    return before


def test_undo_knows_a_file_by_its_content_wherever_it_is(stamp: Runner, photo: Path) -> None:
    before = written(stamp, photo, Path("r.json"), Path("a.jpg"))
    Path("elsewhere").mkdir()
    moved = Path("a.jpg").rename("elsewhere/renamed.jpg")
    assert stamp("rights", "undo", "r.json", moved, "--in-place").code == 0
    assert stamp("show", moved, "--json").entries[0]["values"] == before


def test_undo_takes_no_file_for_another_of_the_same_name(stamp: Runner, photo: Path) -> None:
    written(stamp, photo, Path("r.json"), Path("a.jpg"))
    Path("other").mkdir()
    assert stamp("embed", photo, "-o", "other/a.jpg", "--no-watermark", "--credit", "Credit").code == 0
    edited = Path("a.jpg")
    edited.unlink()
    paint(edited, size=(320, 240))
    for path, reason in ((Path("other/a.jpg"), "nor of this place"), (edited, "another work")):
        content = path.read_bytes()
        result = stamp("rights", "undo", "r.json", path, "--in-place")
        assert (result.code, reason in result.err) == (3, True)
        assert f"{path}: r.json" in result.err
        assert path.read_bytes() == content


def test_undo_knows_the_place_from_any_folder(
    stamp: Runner, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(stamp, photo, Path("r.json"), Path("deep/a.jpg"))
    assert stamp("embed", "deep/a.jpg", "--in-place", "--no-watermark", "--creator", "Later").code == 0
    monkeypatch.chdir("deep")
    assert stamp("rights", "undo", "../r.json", "a.jpg", "--in-place").code == 0
    rights = stamp("show", "a.jpg", "--json").entries[0]["rights"]
    assert "credit_line" not in rights
    assert rights["creators"] == ["Later"]


@pytest.mark.slow
def test_undo_tells_copies_of_different_origin_apart(stamp: Runner, photo: Path) -> None:
    bare, credited = Path("bare.jpg"), Path("credited.jpg")
    bare.write_bytes(photo.read_bytes())
    assert stamp("embed", photo, "-o", credited, "--no-watermark", "--credit", "Former").code == 0
    new = ("--in-place", "--no-watermark", "--credit", "Credit", "--replace-rights", "--receipt", "r.json")
    assert stamp("embed", bare, credited, *new).code == 0
    assert bare.read_bytes() == credited.read_bytes()
    copy = Path("copy.jpg")
    copy.write_bytes(bare.read_bytes())
    refused = stamp("rights", "undo", "r.json", copy, "--in-place")
    assert (refused.code, "different things" in refused.err) == (3, True)
    assert stamp("rights", "undo", "r.json", credited, bare, "--in-place").code == 0
    assert bare.read_bytes() == photo.read_bytes()
    assert "Former" in stamp("show", credited).out


def test_a_folder_is_undone_with_its_stamped_files(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("works").mkdir()
    photo.rename("works/photo.jpg")
    assert stamp("embed", "works", "--credit", "Credit", "--receipt", "r.json").code == 0
    Path("works/photo.jpg").unlink()
    assert stamp("rights", "undo", "r.json", "works", "--in-place").code == 0
    assert "no rights notice" in stamp("show", "works/photo.stamped.jpg").out


@pytest.mark.slow
def test_undo_brings_back_every_text_of_a_marked_picture(stamp: Runner, photo: Path, key_file: Path) -> None:
    path = photo.with_suffix(".png")
    with Image.open(photo) as picture:
        picture.save(path)
    texts = [pngtext.encode("Copyright", text) for text in ("© one", "two")]
    path.write_bytes(png.splice(path.read_bytes(), {"text": b"".join(texts)}))
    marked = path.with_name("photo.stamped.png")
    options = ("--copyright", "New", "--replace-rights", "--receipt", "r.json")
    assert stamp("embed", path, *options).code == 0
    assert texts[1] not in marked.read_bytes()
    assert stamp("rights", "undo", "r.json", marked, "--in-place").code == 0
    assert b"".join(texts) in marked.read_bytes()


@pytest.mark.parametrize("blocks", [{"xmp": {"before": "x"}}, {"xmp": 7}, 7])
def test_blocks_that_no_receipt_tells(stamp: Runner, photo: Path, blocks: object) -> None:
    path = noticed(stamp, photo, "--receipt", "r.json")
    document = {"schema": "stamp.receipt/1", "results": receipts("r.json")}
    told = document["results"][0]["receipt"]
    del told["file"]
    told["blocks"] = blocks
    Path("r.json").write_text(json.dumps(document))
    result = stamp("rights", "undo", "r.json", path, "--in-place")
    assert (result.code, "the blocks in the receipt cannot be read" in result.err) == (3, True)
    del told["blocks"]  # as in receipts of before there were any
    Path("r.json").write_text(json.dumps(document))
    assert stamp("rights", "undo", "r.json", path, "--in-place").code == 0
    assert path.read_bytes() == photo.read_bytes()


def test_a_notice_must_have_what_is_required(stamp: Runner, photo: Path) -> None:
    path = noticed(stamp, photo)
    assert stamp("show", path, "--require", "copyright_notice", "--require", "licensor_url").code == 0
    short = stamp("show", path, photo, "--require", "copyright_notice", "--require", "creators")
    assert short.code == 1
    assert f"{path}: the notice lacks creators" in short.err
    assert f"{photo}: the notice lacks copyright_notice, creators" in short.err
    absent = photo.with_name("absent.jpg")
    assert stamp("show", photo, absent, "--require", "creators").code == 3
