"""A notice as PDF: the same bytes, and every letter in it."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from stamp.core.errors import ArgumentError
from stamp.notices.letters import Notice, render
from stamp.notices.paper import pdf
from stamp.notices.requirements import KINDS, LANGUAGES
from tests.helpers.cases import TODAY, complete, of_agent

NEEDS_POPPLER = pytest.mark.skipif(not shutil.which("pdftotext"), reason="pdftotext is not installed")


def made(kind: str, language: str) -> Notice:
    return render(kind, language, of_agent(kind, language), today=TODAY)


def read(data: bytes, folder: Path) -> str:
    """The text that poppler sees in a PDF, without spaces, for lines break anywhere."""
    (path := folder / "a.pdf").write_bytes(data)
    done = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
    return bare(done.stdout.decode())


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_notice_gives_the_same_bytes(language: str) -> None:
    notice = made("youtube", language)
    assert pdf(notice) == pdf(notice)
    assert pdf(notice) != pdf(replace(notice, date=date(2026, 11, 28)))


@NEEDS_POPPLER
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_word_is_in_the_pdf(kind: str, language: str, tmp_path: Path) -> None:
    notice = made(kind, language)
    text = read(pdf(notice), tmp_path)
    body, _, note = notice.text.partition("\n---\n")
    for line in body.splitlines():
        assert bare(line) in text, line
    # The note is at the foot of the page, in two lines with the page's number behind the first.
    assert all(bare(word) in text for word in note.split())


@NEEDS_POPPLER
def test_letters_of_kazakh_and_russian_are_themselves(tmp_path: Path) -> None:
    letters = "ӘәҒғҚқҢңӨөҰұҮүҺһІі ЁёЙйЩщЪъЫыЭэЮюЯя №«»—–₸"
    case = complete("host", "kk", work_title=letters)
    assert bare(letters) in read(pdf(render("host", "kk", case, today=TODAY)), tmp_path)


@NEEDS_POPPLER
def test_a_long_address_stays_on_the_page(tmp_path: Path) -> None:
    url = "https://example.com/" + "/".join(["averylongnameofafolder"] * 12) + "?" + "a=b&" * 40
    notice = render("host", "en", complete("host", infringing_urls=[url]), today=TODAY)
    (path := tmp_path / "a.pdf").write_bytes(pdf(notice))
    done = subprocess.run(["pdftotext", "-bbox", path, "-"], capture_output=True, check=True)
    page = re.search(r'<page width="([\d.]+)"', done.stdout.decode())
    edges = [float(edge) for edge in re.findall(r'xMax="([\d.]+)"', done.stdout.decode())]
    assert page
    assert max(edges) <= float(page[1]) - 60
    assert url in read(pdf(notice), tmp_path)


def test_letters_that_the_fonts_lack_are_refused() -> None:
    notice = render("host", "en", complete("host", work_title="中文"), today=TODAY)
    with pytest.raises(ArgumentError, match="letters"):
        pdf(notice)
