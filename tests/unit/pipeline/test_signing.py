"""Content Credentials are the last thing that is written, and nothing else of a work changes."""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

import stamp
from stamp.core.credentials import CredentialsReport
from stamp.core.errors import CorruptFile, KeyFileError, MediaError, OutputError, UnsupportedFormat
from stamp.jobs.demo import paint
from stamp.metadata.document import BROKEN_BY_CHANGES
from stamp.pipeline import signing
from stamp.pipeline.credentials import read_credentials, sign_file
from stamp.provenance import library
from stamp.provenance.manifest import Claim
from stamp.provenance.reading import read
from stamp.provenance.store import Store
from stamp.watermark.audio.carrier import SCHEME as AUDIO
from stamp.watermark.image.carrier import SCHEME as IMAGE
from stamp.watermark.video.scheme import SCHEME as VIDEO
from tests.helpers import signers
from tests.media import audio_files, phone_files, video_files
from tests.media.muxer_files import FILMS, film
from tests.media.samples import music
from tests.media.small_files import JXL, sample

KEY = stamp.Key(bytes(range(32)), "signing")
PAYLOAD = stamp.Payload.fromhex("00ff00ff00ff00ff")
RIGHTS = stamp.Rights(copyright_notice="© 2026 Ada", creators=("Ada",)).without_ai()
EMBEDDED = ("jpeg", "png", "webp", "tiff", "heif", "gif", "dng", "mp4", "quicktime", "mp3", "wav", "flac")
BESIDE = ("aiff", "ogg", "matroska", "threegp", "jxl")


def trusted(path: Path) -> CredentialsReport:
    return read_credentials(path, trust=signers.chain().root)


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """original.jpg, and signed.jpg, marked and signed, with its manifest in store/. Read only, please."""
    folder = tmp_path_factory.mktemp("works")
    paint(folder / "original.jpg", size=(640, 480))
    sign = signers.signing(store=folder / "store")
    options = {"key": KEY, "rights": RIGHTS, "sign": sign}
    stamp.embed_file(folder / "original.jpg", folder / "signed.jpg", PAYLOAD, **options)
    return folder


def test_the_names_of_marks_are_those_of_the_schemes() -> None:
    assert signing.SCHEMES == {"image": IMAGE, "audio": AUDIO, "video": VIDEO}


def test_a_photo_is_marked_and_signed(works: Path) -> None:
    found = trusted(works / "signed.jpg")
    assert (found.status, found.where) == ("trusted", "embedded")
    record = found.manifest
    assert record is not None
    assert (record.signer, record.title, record.failures) == (signers.NAME, "signed.jpg", ())
    assert record.actions == ("c2pa.opened", "c2pa.watermarked.bound")
    (binding,) = record.soft_bindings
    assert (binding.algorithm, binding.value) == (f"org.example.{IMAGE}", PAYLOAD.hex())
    (parent,) = record.ingredients
    assert (parent.title, parent.relationship, parent.manifest) == ("original.jpg", "parentOf", None)
    assert record.signed_at is None
    assert stamp.detect_file(works / "signed.jpg", keys=KEY).payload == PAYLOAD
    assert stamp.read_rights(works / "signed.jpg").rights.creators == ("Ada",)


def test_nobody_is_trusted_without_being_named(works: Path) -> None:
    found = read_credentials(works / "signed.jpg")
    assert found.status == "valid"
    assert found.manifest
    assert not found.manifest.trusted


def test_what_the_notice_says_is_signed(works: Path) -> None:
    found = read(signing.asset(works / "signed.jpg"))
    assert found is not None
    (manifest,) = json.loads(found.text)["manifests"].values()
    said = {each["label"]: each["data"] for each in manifest["assertions"]}
    uses = said["cawg.training-mining"]["entries"]
    assert set(uses) == {"cawg.ai_generative_training", "cawg.ai_training"}
    assert {each["use"] for each in uses.values()} == {"notAllowed"}
    assert said["cawg.metadata"]["dc:creator"] == ["Ada"]
    assert said["cawg.metadata"]["dc:rights"] == "© 2026 Ada"


def test_the_only_thumbnail_is_of_the_marked_work(works: Path) -> None:
    """Trap 14: the library's own would be of the unmarked original, too."""
    found = read(signing.asset(works / "signed.jpg"))
    assert found is not None
    assert b"c2pa.thumbnail.ingredient" not in (works / "signed.jpg").read_bytes()
    assert found.text.count('"thumbnail"') == 1
    assert found.thumbnail
    with Image.open(io.BytesIO(found.thumbnail)) as picture, Image.open(works / "signed.jpg") as whole:
        assert picture.size == (320, 240)
        small = np.asarray(whole.convert("RGB").resize((320, 240), Image.Resampling.LANCZOS), int)
        assert np.abs(np.asarray(picture.convert("RGB"), int) - small).mean() < 4


def packets(path: Path) -> list[tuple[object, ...]]:
    with av.open(str(path)) as file:
        return [(p.stream.index, p.pts, p.dts, bytes(p)) for p in file.demux() if p.size]


def pictures(path: Path) -> list[bytes]:
    with Image.open(path) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(image.convert("RGBA").tobytes())
        return frames


def content(path: Path, name: str) -> object:
    if name in ("jpeg", "png", "webp", "tiff", "heif", "gif"):
        return pictures(path)
    return None if name in ("dng", "mp4", "quicktime") else packets(path)


@pytest.mark.parametrize("name", EMBEDDED)
def test_nothing_else_of_a_file_changes(name: str, tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(sample(name))
    stamp.write_rights(source, source, RIGHTS, overwrite=True)
    report = sign_file(source, target, signers.signing())
    assert report.credentials
    assert report.credentials.sidecar is None
    assert trusted(target).status == "trusted"
    assert read_credentials(target).status == "valid"
    assert stamp.read_rights(target).values == stamp.read_rights(source).values
    assert content(target, name) == content(source, name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in FILMS if name[-3:] in ("mp4", "m4a", "m4v", "mov")])
def test_nothing_else_of_a_clip_changes(name: str, tmp_path: Path) -> None:
    source, target = tmp_path / f"a.{name}", tmp_path / f"b.{name}"
    source.write_bytes(film(name))
    sign_file(source, target, signers.signing())
    assert trusted(target).where == "embedded"
    assert packets(target) == packets(source)


def test_nothing_else_of_an_avi_changes(tmp_path: Path) -> None:
    source, target = tmp_path / "a.avi", tmp_path / "b.avi"
    video_files.write(source, "mpeg4", size=(64, 48), count=5)
    sign_file(source, target, signers.signing())
    assert trusted(target).where == "embedded"
    assert packets(target) == packets(source)


def test_an_avi_whose_manifest_looks_like_a_picture_is_signed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "a.avi", tmp_path / "b.avi"
    video_files.write(source, "mpeg4", size=(64, 48), count=5)
    done, tried = signing.sign, []

    def unlucky(*given: Any, **more: Any) -> bytes:
        manifest = done(*given, **more)
        tried.append(given[4])
        if len(tried) < 3:  # what FFmpeg takes for a picture
            with given[4].open("ab") as file:
                file.write(b"00dc" + (40).to_bytes(4, "little") + bytes(40))
        return manifest

    monkeypatch.setattr(signing, "sign", unlucky)
    sign_file(source, target, signers.signing())
    assert len(tried) == 3
    assert packets(target) == packets(source)


def items(data: bytes) -> dict[int, bytes]:
    """Every item of a HEIF file, by its number."""
    from stamp.formats import iloc
    from stamp.formats.isobmff import boxes

    meta = next(part for part in boxes(data) if part.kind == b"meta")
    table = next(part for part in boxes(data, meta.content + 4, meta.end) if part.kind == b"iloc")
    places = iloc.parse(data[table.content : table.end])
    whole = [item for item in places.items if item.method == iloc.IN_FILE]
    return {item.number: b"".join(data[at : at + size] for at, size in item.spans()) for item in whole}


FORMS = {"no bases": (1, 4, 4, 0), "bases of zero": (1, 4, 4, 4), "wide": (1, 8, 8, 8), "old": (0, 4, 4, 4)}


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("made", [phone_files.portrait, phone_files.tiled])
def test_every_item_of_a_heic_is_where_it_says(
    made: Callable[[], phone_files.Heif], form: str, tmp_path: Path
) -> None:
    """Trap 2: the library moves a base of zero and the offset beside it, and calls the file "Trusted"."""
    source, target = tmp_path / "a.heic", tmp_path / "b.heic"
    source.write_bytes(replace(made(), form=FORMS[form]).tobytes())
    sign_file(source, target, signers.signing())
    assert items(target.read_bytes()) == items(source.read_bytes())
    assert trusted(target).status == "trusted"


@pytest.mark.slow
def test_a_heic_that_the_library_breaks_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = tmp_path / "a.heic", tmp_path / "b.heic"
    source.write_bytes(replace(phone_files.portrait(), form=(0, 4, 4, 4)).tobytes())
    monkeypatch.setattr(signing, "_prepare", lambda draft: None)
    with pytest.raises(CorruptFile, match=r"a\.heic: .*sign\.sidecar=True"):
        sign_file(source, target, signers.signing())
    assert [path.name for path in tmp_path.iterdir()] == ["a.heic"]


def several_pages(path: Path) -> None:
    first, *more = (Image.new("RGB", (20, 20), colour) for colour in ("red", "green"))
    first.save(path, "TIFF", save_all=True, append_images=more)


def animated_png(path: Path) -> None:
    first, *more = (Image.new("RGB", (20, 20), colour) for colour in ("red", "green"))
    first.save(path, "PNG", save_all=True, append_images=more)


def bare_jxl(path: Path) -> None:
    path.write_bytes(bytes.fromhex(JXL))


@pytest.mark.parametrize("made", [*BESIDE, several_pages, animated_png, bare_jxl])
def test_what_has_no_place_gets_a_manifest_beside_it(made: Any, tmp_path: Path) -> None:
    """Traps 3 and 4 among them: "Trusted", and Pillow reads no page, FFmpeg a still."""
    source, target = tmp_path / "a.x", tmp_path / "b.x"
    if isinstance(made, str):
        source.write_bytes(sample(made))
    else:
        made(source)
    report = sign_file(source, target, signers.signing())
    assert target.read_bytes() == source.read_bytes()
    assert report.credentials
    assert report.credentials.sidecar == tmp_path / "b.c2pa"
    assert any(note.startswith("its Content Credentials are beside it, in b.c2pa:") for note in report.notes)
    found = trusted(target)
    assert (found.status, found.where, found.place) == ("trusted", "sidecar", tmp_path / "b.c2pa")


def test_a_page_more_than_before_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    several_pages(tmp_path / "a.tif")
    monkeypatch.setattr(signing, "_no_room", lambda path: None)
    with pytest.raises(MediaError):
        sign_file(tmp_path / "a.tif", tmp_path / "b.tif", signers.signing())
    assert not (tmp_path / "b.tif").exists()


def test_a_manifest_beside_it_where_that_is_wished(works: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.jpg"
    options = signers.signing(sidecar=True)
    sign_file(works / "original.jpg", target, options)
    assert target.read_bytes() == (works / "original.jpg").read_bytes()
    assert trusted(target).where == "sidecar"
    target.unlink()
    with pytest.raises(OutputError, match=r"b\.c2pa: exists already"):
        sign_file(works / "original.jpg", target, options)
    assert not target.exists()
    target.write_bytes((works / "original.jpg").read_bytes()[:-2] + b"\0\0")
    assert trusted(target).status == "invalid"


def test_what_is_beside_a_work_counts_where_what_is_in_it_is_broken(works: Path, tmp_path: Path) -> None:
    sign_file(works / "original.jpg", tmp_path / "camera.jpg", signers.signing())
    target = tmp_path / "b.jpg"
    stamp.embed_file(tmp_path / "camera.jpg", target, key=KEY, sign=signers.signing(sidecar=True))
    found = trusted(target)
    assert (found.status, found.where) == ("trusted", "sidecar")
    (tmp_path / "b.c2pa").unlink()
    assert (trusted(target).status, trusted(target).where) == ("invalid", "embedded")


def test_a_sidecar_of_the_longer_name_is_read(works: Path, tmp_path: Path) -> None:
    sign_file(works / "original.jpg", tmp_path / "b.jpg", signers.signing(sidecar=True))
    (tmp_path / "b.c2pa").rename(tmp_path / "b.jpg.c2pa")
    assert trusted(tmp_path / "b.jpg").place == tmp_path / "b.jpg.c2pa"


def test_in_place(works: Path, tmp_path: Path) -> None:
    """Trap 1: the library empties a file that is signed into itself."""
    photo = shutil.copy(works / "original.jpg", tmp_path / "a.jpg")
    sign_file(photo, photo, signers.signing(), overwrite=True)
    assert trusted(Path(photo)).status == "trusted"
    assert pictures(Path(photo)) == pictures(works / "original.jpg")


@pytest.mark.parametrize("in_place", [False, True])
def test_a_signing_that_fails_leaves_everything_as_it_was(
    in_place: bool, works: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(shutil.copy(works / "original.jpg", tmp_path / "a.jpg"))
    target = source if in_place else tmp_path / "b.jpg"
    target.write_bytes(before := source.read_bytes())
    c2pa = library.library()

    def broken(*arguments: Any) -> bytes:
        arguments[-1].write(b"half")
        raise c2pa.C2paError("COSE signature invalid")

    monkeypatch.setattr(c2pa.Builder, "sign", broken)
    with pytest.raises(MediaError, match=r"a\.jpg: cannot be signed: COSE signature invalid"):
        sign_file(source, target, signers.signing(), overwrite=True)
    with pytest.raises(MediaError):
        stamp.embed_file(source, target, key=KEY, overwrite=True, sign=signers.signing())
    assert target.read_bytes() == source.read_bytes() == before
    assert not [path for path in tmp_path.iterdir() if path.suffix not in (".jpg",)]


@pytest.mark.slow
def test_the_chain_of_a_signed_original_is_kept(works: Path, tmp_path: Path) -> None:
    """Trap 13: the parent is the original, also where its place is taken."""
    source = tmp_path / "camera.jpg"
    sign_file(works / "original.jpg", source, signers.signing())
    plain = stamp.embed_file(source, tmp_path / "plain.jpg", key=KEY, rights=RIGHTS)
    assert BROKEN_BY_CHANGES in plain.notes
    for target in (tmp_path / "b.jpg", source):
        sign = signers.signing()
        made = stamp.embed_file(source, target, key=KEY, rights=RIGHTS, sign=sign, overwrite=True)
        assert BROKEN_BY_CHANGES not in made.notes
        assert any("of its source are kept" in note for note in made.notes)
        found = trusted(target)
        assert found.manifest
        assert (found.status, found.manifest.count, found.notes) == ("trusted", 2, ())
        (parent,) = found.manifest.ingredients
        assert parent.manifest
        assert parent.failures == ()


def test_a_parent_that_does_not_hold_is_said(works: Path, tmp_path: Path) -> None:
    source, marked = tmp_path / "camera.jpg", tmp_path / "marked.jpg"
    sign_file(works / "original.jpg", source, signers.signing())
    stamp.embed_file(source, marked, key=KEY)
    assert trusted(marked).status == "invalid"
    report = sign_file(marked, tmp_path / "b.jpg", signers.signing())
    assert any("did not hold" in note for note in report.notes)
    found = trusted(tmp_path / "b.jpg")
    assert found.status == "trusted"
    assert found.notes == ("the credentials of what it was made of do not hold: assertion.dataHash.mismatch",)
    sign_file(marked, tmp_path / "c.jpg", signers.signing(), parent=source)
    assert trusted(tmp_path / "c.jpg").notes == ()


def test_what_parents_tell_of_places_is_said(
    works: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = Claim.definition

    def of_a_camera(claim: Claim) -> dict[str, Any]:
        told = usual(claim)
        context = {"exif": "http://ns.adobe.com/exif/1.0/"}
        data = {"@context": context, "exif:GPSLatitude": "39,21.102N", "exif:BodySerialNumber": "1"}
        told["assertions"].append({"label": "c2pa.metadata", "kind": "Json", "data": data})
        return told

    monkeypatch.setattr(Claim, "definition", of_a_camera)
    sign_file(works / "original.jpg", tmp_path / "camera.jpg", signers.signing())
    monkeypatch.setattr(Claim, "definition", usual)
    report = sign_file(tmp_path / "camera.jpg", tmp_path / "b.jpg", signers.signing())
    (note,) = (note for note in report.notes if "of its source are kept" in note)
    assert "where it was taken (GPS)" in note
    assert "a serial number" in note


@pytest.mark.slow
def test_a_finished_file_is_bound_to_its_mark(works: Path, tmp_path: Path) -> None:
    stamp.embed_file(works / "original.jpg", tmp_path / "a.jpg", PAYLOAD, key=KEY)
    other = stamp.Key(bytes(32), "other")
    store = tmp_path / "store"
    options = signers.signing(store=store)
    report = sign_file(tmp_path / "a.jpg", tmp_path / "b.jpg", options, keys=[other, KEY])
    assert (report.payload, report.action, report.key_name) == (PAYLOAD, "sign", "signing")
    found = trusted(tmp_path / "b.jpg").manifest
    assert found
    assert [each.value for each in found.soft_bindings] == [PAYLOAD.hex()]
    assert len(Store(store).find(PAYLOAD, KEY.fingerprint)) == 1
    report = sign_file(tmp_path / "a.jpg", tmp_path / "c.jpg", options, keys=[other])
    assert report.payload is None
    assert any("no mark of this key was found" in note for note in report.notes)
    found = trusted(tmp_path / "c.jpg").manifest
    assert found
    assert (found.soft_bindings, found.actions) == ((), ("c2pa.opened",))


def test_a_dry_run_writes_nothing(works: Path, tmp_path: Path) -> None:
    output = stamp.OutputOptions(dry_run=True)
    report = sign_file(works / "original.jpg", tmp_path / "b.jpg", signers.signing(), output=output)
    assert report.planned
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_work_is_not_signed(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("not a picture")
    with pytest.raises(UnsupportedFormat, match="nothing to vouch for"):
        sign_file(tmp_path / "a.txt", tmp_path / "b.txt", signers.signing())
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.slow
def test_a_stripped_copy_leads_back(works: Path, tmp_path: Path) -> None:
    copy, store = tmp_path / "copy.jpg", works / "store"
    with Image.open(works / "signed.jpg") as image:
        image.resize((512, 384)).save(copy, quality=80)
    assert read_credentials(copy).status == "none"
    options: dict[str, Any] = {"trust": signers.chain().root, "store": store}
    found = read_credentials(copy, keys=[KEY], **options)
    assert (found.status, found.where, found.payload) == ("recovered", "store", PAYLOAD)
    assert found.manifest
    assert (found.manifest.signer, found.manifest.trusted) == (signers.NAME, True)
    assert found.thumbnail
    assert found.thumbnail.is_file()
    assert any("copied from one picture into another" in note for note in found.notes)
    assert read_credentials(copy, keys=[stamp.Key(bytes(32), "other")], **options).status == "none"
    assert read_credentials(works / "original.jpg", keys=[KEY], **options).status == "none"


@pytest.mark.slow
def test_a_planted_manifest_is_not_recovered(works: Path, tmp_path: Path) -> None:
    """A manifest of another mark, or a damaged one, in the place of the right one."""
    copy, store = tmp_path / "copy.jpg", tmp_path / "store"
    with Image.open(works / "signed.jpg") as image:
        image.save(copy, quality=80)
    other = stamp.Payload.fromhex("1111111111111111")
    sign = signers.signing(store=tmp_path / "others")
    stamp.embed_file(works / "original.jpg", tmp_path / "other.jpg", other, key=KEY, sign=sign)
    (planted,) = Store(tmp_path / "others").find(other)
    place = store / PAYLOAD.hex() / KEY.fingerprint / planted.name
    place.parent.mkdir(parents=True)
    shutil.copy(planted, place)
    found = read_credentials(copy, keys=[KEY], store=store)
    assert (found.status, found.payload) == ("none", PAYLOAD)
    assert any("is about another mark" in note for note in found.notes)
    (right,) = Store(works / "store").find(PAYLOAD)
    damaged = bytearray(right.read_bytes())
    damaged[damaged.index(b"watermarked")] ^= 1
    place.write_bytes(damaged)
    found = read_credentials(copy, keys=[KEY], store=store)
    assert found.status == "none"


def test_a_changed_file_is_invalid(works: Path, tmp_path: Path) -> None:
    data = bytearray((works / "signed.jpg").read_bytes())
    data[-100] ^= 1
    (tmp_path / "a.jpg").write_bytes(data)
    found = trusted(tmp_path / "a.jpg")
    assert found.status == "invalid"
    assert found.manifest
    assert found.manifest.failures == ("assertion.dataHash.mismatch",)


@pytest.mark.slow
def test_the_catalogue_keeps_the_manifest(works: Path, tmp_path: Path) -> None:
    with stamp.Catalogue.open(tmp_path / "c.sqlite") as catalogue:
        report = stamp.embed_file(
            works / "original.jpg", tmp_path / "b.jpg", key=KEY, catalogue=catalogue, sign=signers.signing()
        )
        assert report.known
        assert report.known.copy
        assert report.credentials
        (event,) = (
            event for event in catalogue.excerpt([report.known.copy]) if event.event.verb == "manifest.kept"
        )
        body = json.loads(event.event.body or "")
        assert body["manifest"] == report.credentials.identifier
        kept = next((tmp_path / "c.sqlite.documents").glob(f"*/{body['sha256']}"))
    (tmp_path / "b.c2pa").write_bytes(kept.read_bytes())
    with Image.open(tmp_path / "b.jpg") as image:
        image.save(tmp_path / "b.png")
    (tmp_path / "b.jpg").unlink()
    found = read_credentials(tmp_path / "b.png").manifest
    assert found
    assert found.identifier == report.credentials.identifier


def test_only_what_is_marked_is_signed_on_the_way(works: Path, tmp_path: Path) -> None:
    with pytest.raises(stamp.ArgumentError, match="sign_file"):
        stamp.embed_file(
            works / "original.jpg",
            tmp_path / "b.jpg",
            key=None,
            rights=RIGHTS,
            watermark=False,
            sign=signers.signing(),
        )


def test_a_wrong_key_is_found_before_anything_is_done(works: Path, tmp_path: Path) -> None:
    sign = stamp.SignOptions(signers.chain().chain, signers.chain().root)
    with pytest.raises(KeyFileError, match="no private key"):
        stamp.embed_file(works / "original.jpg", tmp_path / "b.jpg", key=KEY, sign=sign)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_clips_and_songs_say_which_span_is_marked(tmp_path: Path) -> None:
    video_files.write(tmp_path / "a.mp4", size=(640, 360), count=8)
    audio_files.write(tmp_path / "a.flac", music(20), 44_100, "flac-16")
    for name, scheme in (("a.mp4", VIDEO), ("a.flac", AUDIO)):
        source, target = tmp_path / name, tmp_path / f"b{name[1:]}"
        stamp.embed_file(source, target, PAYLOAD, key=KEY, sign=signers.signing())
        found = read(signing.asset(target))
        assert found is not None
        (binding,) = found.record.soft_bindings
        assert (binding.algorithm, binding.value) == (f"org.example.{scheme}", PAYLOAD.hex())
        (manifest,) = json.loads(found.text)["manifests"].values()
        (data,) = (each["data"] for each in manifest["assertions"] if each["label"] == "c2pa.soft-binding")
        (block,) = data["blocks"]
        assert block["scope"]["timespan"]["start"] == 0
        assert block["scope"]["timespan"]["end"] > 200
        assert stamp.detect_file(target, keys=KEY).payload == PAYLOAD


def test_no_manifest_is_fetched_from_the_network(works: Path, tmp_path: Path) -> None:
    """Trap 15: XMP of a stranger's file can name one, and the library would ask for it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}/m.c2pa"
        packet = (
            '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            '<rdf:Description rdf:about="" xmlns:dcterms="http://purl.org/dc/terms/" '
            f'dcterms:provenance="{url}"/></rdf:RDF></x:xmpmeta>'
        )
        with Image.open(works / "original.jpg") as image:
            image.save(tmp_path / "a.jpg", xmp=packet.encode())
        found = read_credentials(tmp_path / "a.jpg")
        sign_file(tmp_path / "a.jpg", tmp_path / "b.jpg", signers.signing())
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert found.status == "none"
    assert any(url in note and "a.c2pa" in note for note in found.notes)
    assert asked == []
    assert trusted(tmp_path / "b.jpg").status == "trusted"
