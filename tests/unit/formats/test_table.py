"""One table of formats, and one function that tells them, which everything agrees with."""

from __future__ import annotations

import io
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

import stamp
from stamp.core.errors import CorruptFile, StampError, UnsupportedFormat
from stamp.core.key import Key
from stamp.core.rights import Rights
from stamp.formats.sniff import HEAD, kind, kind_of, sniff, sniff_file, sniff_path
from stamp.formats.suffixes import RAW, SUFFIXES, same_container
from stamp.formats.table import FORMATS, NOTICES, Format, Signature, find
from stamp.media.audio.opening import open_song
from stamp.media.image.opening import read_luma, read_picture
from stamp.metadata import containers
from stamp.metadata.document import Document
from stamp.storage.large import open_large
from tests.media import raw_files
from tests.media.small_files import sample

RIGHTS = Rights(copyright_notice="© 2026 Zoë")
KEY = Key(bytes(range(32)), "tests")
TAG = b"ID3\3\0\0\0\0\0\x0a" + bytes(10)
FRAME = b"\xff\xfb\x90\x64" + bytes(413)  # 128 kbit/s at 44.1 kHz
# What begins in ways that no list of signatures has.
FOUND_OTHERWISE = {
    "mp4": b"\0\0\0\x20ftypbran\0\0\2\0isom" + bytes(20),
    "mp3": FRAME * 2,
    "mpegaudio": FRAME + b"x" * 600,
    "aac": b"\xff\xf1\x50\x80" + bytes(400),
}
# TIFF files that only their directories tell from others.
TOLD_BY_DIRECTORIES = {"dng": raw_files.dng(), "rawtiff": raw_files.rawtiff()}


def beginning(signature: Signature) -> bytes:
    """A file with a signature, and zeros elsewhere."""
    head = bytearray(HEAD)
    for offset, part in signature:
        head[offset : offset + len(part)] = part
    return bytes(head)


def branded(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand.ljust(4, b"5") + b"\0\0\0\0isom" + brand.ljust(4, b"5") + bytes(400)


HEADS = [
    *((each.name, beginning(signature)) for each in FORMATS.values() for signature in each.signatures),
    *((each.name, branded(brand)) for each in FORMATS.values() for brand in each.brands),
    *FOUND_OTHERWISE.items(),
    *TOLD_BY_DIRECTORIES.items(),
]


@pytest.mark.parametrize(("name", "head"), HEADS, ids=[f"{name}-{head[:12].hex()}" for name, head in HEADS])
def test_every_brand_and_signature_is_one_format_for_everything(
    name: str, head: bytes, tmp_path: Path
) -> None:
    expected = FORMATS[name]
    assert sniff(head) is expected
    path = tmp_path / "misleading.txt"
    path.write_bytes(head)
    assert sniff_path(path) is sniff_file(io.BytesIO(head)) is expected
    assert kind_of(path) == kind(head) == expected.kind
    shown_alike(path, expected)
    found_alike(path, expected)
    opened_alike(path, expected)


def shown_alike(path: Path, expected: Format) -> None:
    """`show`: only a format without notice is none that can carry one."""
    if expected.notice or expected.shown:
        assert Document(path.read_bytes()).name == expected.name
        with suppress(CorruptFile):
            stamp.read_rights(path)
    else:
        with pytest.raises(UnsupportedFormat, match="no container that can carry a rights notice"):
            stamp.read_rights(path)


def found_alike(path: Path, expected: Format) -> None:
    """`detect`: a file cut off like this is damaged, and not one of an unknown kind."""
    said = error_of(lambda: stamp.detect_file(path, keys=KEY))
    assert "not a kind of sound" not in said
    assert "not a photo, clip or song" not in said
    assert ("cannot be read here" in said or "not handled" in said) == (not expected.is_searchable)


def opened_alike(path: Path, expected: Format) -> None:
    """The readers that `embed` opens a file with: only what has one gets as far as its damage."""
    if expected.kind == "image":
        said = error_of(lambda: read_picture(path))
        refused = ("cannot be marked", "raw photograph", "not a photo, clip or song")
        assert any(words in said for words in refused) == (expected.reader is None)
    said = error_of(lambda: open_song(path))
    assert ("not a kind of sound" in said) == (expected.kind == "image")


def error_of(action: Callable[[], object]) -> str:
    """What the error of the package says, "" where there is none."""
    try:
        action()
    except StampError as error:
        return str(error)
    return ""


def test_embed_detect_and_show_tell_every_heif_brand_alike(tmp_path: Path) -> None:
    data = sample("heif")
    for brand in FORMATS["heif"].brands:
        path = tmp_path / f"{brand.decode()}.heic"
        path.write_bytes(data[:8] + brand + data[12:])
        stamp.write_rights(path, path, RIGHTS, overwrite=True)
        assert stamp.read_rights(path).rights == RIGHTS
        if brand == b"avis":  # its decoder looks for the track that is not there
            continue
        assert read_picture(path).pixels.shape == (21, 33, 3)
        assert read_luma(path).shape == (21, 33)


@pytest.mark.parametrize("brand", ["avis", "msf1", "hevc"])
def test_sequences_are_refused_as_what_they_are(brand: str, tmp_path: Path) -> None:
    data = sample("heif")
    path = tmp_path / "a.avif"
    path.write_bytes(data[:8] + brand.encode() + data[12:] + b"\0\0\0\x08moov")
    with pytest.raises(UnsupportedFormat, match="an image sequence is not handled"):
        stamp.embed_file(path, tmp_path / "b.avif", key=KEY)
    with pytest.raises(UnsupportedFormat, match="a sequence of pictures"):
        stamp.write_rights(path, tmp_path / "b.avif", RIGHTS)
    assert not (tmp_path / "b.avif").exists()


@pytest.mark.parametrize(("name", "kinds"), [("mp4", "audio video"), ("ogg", "audio video")])
def test_a_container_of_two_kinds_counts_by_what_is_in_it(name: str, kinds: str) -> None:
    each = FORMATS[name]
    assert each.other_kind
    other, marks = each.other_kind
    assert {each.kind, other} == set(kinds.split())
    for mark in marks:
        head = b"\0\0\0\x20" + mark if name == "mp4" else b"OggS\0\2" + bytes(22) + mark
        assert (sniff(head), kind(head)) == (each, other)


def test_tags_in_front_of_sound_are_passed_over() -> None:
    heads = {"flac": b"fLaC", "ogg": b"OggS\0\2", "aac": b"\xff\xf1\x50\x80", "mp3": FRAME * 2}
    for name, head in heads.items():
        assert sniff(TAG + head + bytes(99)) is FORMATS[name]
        assert sniff(TAG + TAG + head + bytes(99)) is FORMATS[name]
    assert sniff(TAG + b"x" * 900) is FORMATS["mpegaudio"]
    assert sniff(TAG[:9]) is FORMATS["mpegaudio"]  # cut off


def test_sound_may_begin_within_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_bytes(FRAME[100:] + FRAME * 8)
    assert sniff_path(path) is FORMATS["mp3"]
    assert kind_of(path) == "audio"


def test_what_nobody_knows_is_no_format() -> None:
    text = b"The free encyclopedia, said Bob; the wide road, the skip, the moov"
    for data in (b"", b"\xff", b"hello", text, b"RIFF\0\0\0\0ACON", b"\x89PNG", bytes(500)):
        assert sniff(data) is None
        assert kind(data) == "image"


def test_a_sync_byte_in_a_picture_makes_no_transport_stream() -> None:
    picture = bytearray(b"GIF89a" + bytes(300))
    picture[188] = ord("G")
    assert sniff(bytes(picture)) is FORMATS["gif"]


def test_nothing_is_read_behind_what_says_it_all() -> None:
    """A file of many gigabytes is known by its first bytes."""
    asked = []

    class Watched:
        def __init__(self, data: bytes) -> None:
            self.data = data

        def __len__(self) -> int:
            return 1 << 40

        def __getitem__(self, span: slice, /) -> bytes:
            asked.append(span.stop)
            return self.data[span]

    for name in ("jpeg", "tiff", "mp4", "matroska", "wav"):
        assert sniff(Watched(sample(name))) is FORMATS[name]
    assert max(asked) == HEAD


def test_what_cannot_be_opened_has_no_format(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError if sys.platform != "win32" else PermissionError):
        sniff_path(tmp_path)
    with pytest.raises(FileNotFoundError):
        sniff_path(tmp_path / "missing")
    with pytest.raises(ValueError, match="null"):
        sniff_path("bad\0name")


@pytest.mark.parametrize("name", FORMATS)
def test_a_record_is_whole(name: str) -> None:
    each = FORMATS[name]
    assert (each.name, find(name)) == (name, each)
    assert find(each.title) is find(each.title.upper()) is each
    assert (each.marked is None) != (each.not_marked is None)
    assert each.kind in ("image", "audio", "video")
    assert each.signatures or each.brands or name in (*FOUND_OTHERWISE, *TOLD_BY_DIRECTORIES)
    assert not (each.reader and each.decoder)
    if each.reader:
        medium = "image" if each.kind == "image" else "audio"
        module = import_module(f"stamp.media.{medium}.{each.reader}")
        for function in ("read", "read_luma") if medium == "image" else (f"open_{each.reader}",):
            assert callable(getattr(module, function))
    if each.decoder:
        assert hasattr(import_module(f"PIL.{each.decoder}ImagePlugin"), f"{each.decoder}ImageFile")
    if each.demuxer:
        import av

        assert av.ContainerFormat(each.demuxer, "r").name
    assert bool(each.demuxer) == ("video" in each.kinds or (each.kind == "audio" and not each.reader))
    assert not (each.notice and each.shown)
    if each.notice or each.shown:
        module = import_module(f"stamp.metadata.containers.{name}")
        assert containers.load(name) is module
        assert module.STORES
    # An image is marked through its reader; the pictures of any video are read by `media.video`.
    assert not (each.kind == "image" and each.marked and not each.reader)


@pytest.mark.parametrize("name", NOTICES)
def test_a_file_on_the_disk_gets_the_notice_that_its_bytes_get(name: str, tmp_path: Path) -> None:
    expected = Document(sample(name)).with_rights(RIGHTS).data
    (path := tmp_path / "file").write_bytes(sample(name))
    with open_large(path) as file:
        written = Document(file).with_rights(RIGHTS).data
        assert isinstance(written, bytes) == (name in containers.LOADED)
        assert written[0 : len(written)] == expected[0 : len(expected)]


def test_the_modules_and_the_table_have_the_same_formats() -> None:
    assert sorted(name for name in FORMATS if FORMATS[name].notice) == list(NOTICES)
    assert set(NOTICES) >= containers.LOADED
    folder = Path(containers.__file__).parent
    modules = {path.stem for path in folder.glob("*.py") if "\ndef extract(" in path.read_text("utf-8")}
    families = {"movie": {"mp4", "quicktime", "threegp"}, "tiff": {"dng", "rawtiff"}, "beside": set[str]()}
    shown = {name for name, each in FORMATS.items() if each.shown}
    assert modules - {"movie", "beside"} == {*NOTICES, *shown} - set.union(*families.values())


def test_suffixes_name_one_format_each() -> None:
    counted = Counter(suffix for each in FORMATS.values() for suffix in each.suffixes)
    assert set(counted.values()) == {1}
    for each in FORMATS.values():
        assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in each.suffixes)
        for suffix in each.suffixes:
            assert find(suffix) is find(suffix[1:].upper()) is each
        assert (set(each.suffixes) <= SUFFIXES) == bool((each.marked or each.notice) and not each.is_raw)
        assert (set(each.suffixes) <= RAW) == each.is_raw
    assert find("nonsense") is find("") is None


def test_only_names_of_one_kind_of_file_stand_for_each_other() -> None:
    def same(one: str, other: str) -> bool:
        return same_container(Path(f"a{one}"), Path(f"b{other}"))

    alike = ((".jpg", ".JPEG"), (".tif", ".tiff"), (".ogg", ".oga"), (".opus", ".oga"), (".txt", ".jpg"))
    assert all(same(*pair) for pair in alike)
    others = ((".heic", ".avif"), (".ogg", ".opus"), (".mkv", ".webm"), (".jpg", ".png"))
    assert not any(same(*pair) for pair in others)


def test_the_table_costs_nothing_to_import() -> None:
    script = "import sys, stamp.formats.table\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-S", "-c", script], capture_output=True, text=True, check=True)
    ours = {name for name in done.stdout.split() if name.startswith("stamp.")}
    assert ours <= {"stamp._version", "stamp.formats", "stamp.formats.table"}


def test_damage_is_told_of_what_it_is(tmp_path: Path) -> None:
    (path := tmp_path / "a.tif").write_bytes(b"II+\0" + bytes(100))  # no offsets of eight bytes
    with pytest.raises(CorruptFile):
        stamp.read_rights(path)
