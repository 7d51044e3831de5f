"""Raw photographs: what they say is read; only DNG is written to, and its pictures stay where they are."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from stamp.core.errors import CorruptFile
from stamp.core.rights import Rights
from stamp.formats.rawphoto import directories, raw_name
from stamp.formats.sniff import sniff
from stamp.formats.table import FORMATS
from stamp.metadata.containers import dng, raw
from stamp.metadata.document import Document
from tests.helpers import documents
from tests.media import raw_files
from tests.media.shared import shared_files
from tests.media.small_files import sample

RIGHTS = Rights(copyright_notice="© 2026 Zoë", creators=("Zoë",), credit_line="Z", marked=True)
MAKERS = [raw_files.cr3, raw_files.raf, raw_files.orf, raw_files.rw2]


def test_a_dng_is_told_from_other_tiff() -> None:
    assert sniff(raw_files.dng()) is FORMATS["dng"]
    assert sniff(raw_files.rawtiff()) is FORMATS["rawtiff"]
    assert sniff(sample("tiff")) is FORMATS["tiff"]
    assert raw_name(b"II*\0\x10\0\0\0CR\2\0" + bytes(400)) == "rawtiff"
    assert raw_name(raw_files.dng()[:8]) is None


@pytest.mark.parametrize("build", MAKERS)
def test_what_the_camera_wrote_is_read(build: Callable[[], bytes]) -> None:
    found = Document(build()).found
    assert found.rights == Rights(copyright_notice="(c) Camera Owner", creators=("Camera Owner",))
    assert found.sources["creators"] == (["xmp", "exif"] if build is raw_files.cr3 else ["exif"])


@pytest.mark.parametrize("build", [*MAKERS, raw_files.rawtiff])
def test_makers_files_are_not_written_to(build: Callable[[], bytes]) -> None:
    file = Document(build())
    assert set(file.unsupported.values()) == {raw.READ_ONLY}
    for same in (
        file.with_rights(RIGHTS),
        file.without_rights(file.found.rights),
        file.undone({"exif": {"creators": (None, ("Camera Owner",))}}),
    ):
        assert same.data is file.data


@pytest.mark.parametrize("behind", [b"", bytes(10)])
def test_a_notice_in_a_dng_moves_nothing(behind: bytes) -> None:
    source = raw_files.dng() + behind
    kept = len(source) if behind else source.index(b"II*\0") + struct.unpack_from("<I", source, 4)[0]
    written = documents.write_rights(source, RIGHTS)
    assert documents.read_rights(written).rights == RIGHTS
    assert (written[:4], written[8:kept]) == (source[:4], source[8:kept])
    assert documents.essence_digest(written) == documents.essence_digest(source)
    sizes = [stop - start for start, stop in dng.spans(written)]
    assert sorted(sizes) == [48, 106, 512]  # the preview, the private data, the sensor's picture
    removed = documents.remove_rights(written, RIGHTS)
    assert removed == source if behind else documents.read_rights(removed).rights == Rights()


def test_a_changed_sensor_is_another_work() -> None:
    source = bytearray(raw_files.dng())
    digest = documents.essence_digest(bytes(source))
    start, _ = max(dng.spans(bytes(source)), key=lambda span: span[1] - span[0])
    source[start] ^= 1
    assert documents.essence_digest(bytes(source)) != digest


@pytest.mark.parametrize("build", [*MAKERS, raw_files.dng, raw_files.rawtiff])
def test_damaged_ones_are_damaged_and_no_more(build: Callable[[], bytes]) -> None:
    data = build()
    for cut in range(16, len(data), 97):
        for broken in (data[:cut], data[:cut] + b"\xff" * 8 + data[cut + 8 :]):
            with suppress(CorruptFile):
                Document(broken, {}).with_rights(RIGHTS)
            list(directories(broken))


def test_a_raf_whose_jpeg_is_nowhere() -> None:
    data = raw_files.raf()
    with pytest.raises(CorruptFile, match="not where the header says"):
        raw.extract(data[:400])
    with pytest.raises(CorruptFile, match="cut off"):
        raw.extract(data[:86])


@pytest.mark.parametrize("path", shared_files("images/metadata/*.*"), ids=lambda path: path.name)
def test_raw_files_of_others_are_known(path: Path) -> None:
    is_raw = path.suffix in (".nef", ".iiq", ".rw2", ".cr3", ".x3f")
    data = path.read_bytes()
    found = sniff(data)
    assert (found is not None and found.is_raw) == is_raw
    if is_raw:
        assert Document(data).found.warnings == []
    if path.suffix in (".tif", ".tiff", ".btf"):
        assert found is FORMATS["tiff"]
