"""`stamp formats`: a line for each format, or one format's page."""

from __future__ import annotations

import pytest

from stamp.core.rights import Rights
from stamp.formats.table import FORMATS

from .conftest import Runner


def test_one_screen_with_a_line_for_each(stamp: Runner) -> None:
    result = stamp("formats")
    head, *lines = result.out.splitlines()
    assert head.split() == ["watermark", "notice"]
    assert all(len(line) <= 85 for line in lines)
    for line, each in zip(lines, FORMATS.values(), strict=True):
        assert line.startswith(each.title)
        assert all(suffix in line.split() for suffix in each.suffixes)
        watermark, notice = line.split()[-2:]
        assert (watermark == "yes") == (each.marked is not None)
        assert (watermark == "no") == (not each.is_searchable)
        assert notice == ("yes" if each.notice else "sidecar")


def test_the_page_of_one(stamp: Runner) -> None:
    page = stamp("formats", "png").out
    assert page.startswith("PNG\n")
    assert all(f"  {name} " in page for name in Rights().to_dict())
    assert str(FORMATS["png"].marked) in page
    assert stamp("formats", ".PNG").out == stamp("formats", "PNG").out == page
    assert "not in" in stamp("formats", "gif").out  # a field without any place has a reason
    assert len(stamp("formats", "png", "-v").out) > len(page)


def test_the_page_of_what_cannot_be_marked(stamp: Runner) -> None:
    page = stamp("formats", "jpeg xl").out
    assert f"no: {FORMATS['jxl'].not_marked}" in page
    page = stamp("formats", "bmp").out
    assert "rights notice" in page
    assert "copyright_notice" not in page


@pytest.mark.parametrize("name", ["nonsense", "", "."])
def test_what_is_no_format_is_a_usage_error_with_the_names(name: str, stamp: Runner) -> None:
    result = stamp("formats", name)
    assert (result.code, result.out) == (2, "")
    assert all(known in result.err for known in ("jpeg", "matroska", "wavpack"))
