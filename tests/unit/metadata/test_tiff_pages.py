"""A manifest is seen on whichever page of a TIFF file it is."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from stamp.formats.ifd import pages
from stamp.metadata.containers import tiff

C2PA = 0xCD41


def tiff_of(manifests: list[bool]) -> bytes:
    """A file of as many pages, some of them with a manifest."""
    images = [Image.new("L", (4, 4), page) for page in range(len(manifests))]
    infos = []
    for has in manifests:
        info = Image.Exif()
        if has:
            info[C2PA] = b"jumb" * 8
        infos.append(info)
    file = io.BytesIO()
    with_info = [image.copy() for image in images]
    for image, info in zip(with_info, infos, strict=True):
        image.encoderinfo = {"tiffinfo": info}
    with_info[0].save(file, "TIFF", save_all=True, append_images=with_info[1:], tiffinfo=infos[0])
    return file.getvalue()


@pytest.mark.parametrize("manifests", [[True], [True, False], [False, True], [False, False, True]])
def test_a_manifest_is_seen_on_every_page(manifests: list[bool]) -> None:
    data = tiff_of(manifests)
    assert len(list(pages(data))) == len(manifests)
    assert tiff.has_c2pa(data)
    assert not tiff.has_c2pa(tiff_of([False] * len(manifests)))


def test_pages_that_go_round_in_circles_are_seen_once() -> None:
    data = bytearray(tiff_of([False, False]))
    first, second = pages(bytes(data))
    data[second.end - 4 : second.end] = first.at.to_bytes(4, "little")
    assert [page.at for page in pages(bytes(data))] == [first.at, second.at]
