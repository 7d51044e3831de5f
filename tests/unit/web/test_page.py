"""The page in a browser, as somebody without a terminal uses it. Debian's chromium is the judge."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from stamp.core.key import Key
from stamp.pipeline.files import detect_file
from tests.helpers.places import ROOT

from .conftest import Live

AXE = os.environ.get("STAMP_TEST_AXE")
"""The file axe.min.js of the npm package axe-core."""
CHROMIUM = shutil.which("chromium")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="no chromium")]
_PATIENCE = 60_000  # ms; the machine may be busy


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB", viewport={"width": 900, "height": 900})
    context.set_default_timeout(_PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext, live: Live) -> Iterator[Page]:
    """The page, opened by the address that is printed. Whatever the browser complains of fails the test."""
    page, complaints = context.new_page(), []
    page.on(
        "console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(live.url)
    assert "token" not in page.url
    yield page
    assert complaints == []


def answer(page: Page, section: str, file: Path) -> str:
    """Choose a file in a section, and return what is answered."""
    page.set_input_files(f"#{section} .file", file)
    page.wait_for_selector(f"#{section} .answer .card")
    return page.inner_text(f"#{section} .answer")


def test_a_marked_photo_is_ours_and_whose_copy_it_is(page: Page, live: Live) -> None:
    said = answer(page, "ask", live.media / "marked.jpg")
    for part in ("It carries our mark.", "Practically certain", "Work no. 1: Lake.", "The copy of ACME."):
        assert part in said
    image = page.locator("#ask .answer img")
    assert image.get_attribute("src", timeout=1000).startswith("data:image/jpeg")  # type: ignore[union-attr]
    assert image.evaluate("image => image.naturalWidth") > 100
    assert page.evaluate("document.activeElement.className") == "answer"


def test_an_unmarked_photo_and_what_is_none(page: Page, live: Live, tmp_path: Path) -> None:
    assert "No mark of ours was found." in answer(page, "ask", live.media / "other.jpg")
    (tmp_path / "a.jpg").write_text("<script>alert(1)</script>")
    said = answer_again(page, "ask", tmp_path / "a.jpg")
    assert "This file could not be read." in said


def answer_again(page: Page, section: str, file: Path) -> str:
    """The same where something was answered before."""
    page.evaluate(f"document.querySelector('#{section} .answer').replaceChildren()")
    return answer(page, section, file)


def test_a_bomb_is_refused_and_the_page_stays(page: Page, live: Live) -> None:
    assert "This file could not be read." in answer(page, "ask", live.media / "bomb.png")
    assert "It carries our mark." in answer_again(page, "ask", live.media / "marked.jpg")


def test_a_photo_is_marked_and_downloaded(page: Page, live: Live, tmp_path: Path) -> None:
    from stamp.jobs.demo import paint

    paint(tmp_path / "new.jpg", size=(640, 480), seed=21)
    page.click("nav >> text=Mark")
    page.fill("#mark [name=title]", "Hills <b>at</b> dawn")
    page.fill("#mark [name=recipient]", "The Daily")
    said = answer(page, "mark", tmp_path / "new.jpg")
    assert "It is marked." in said
    assert "Hills <b>at</b> dawn" in said
    assert "The copy of The Daily." in said
    with page.expect_download() as download:
        page.click("text=Download the marked file")
    assert download.value.suggested_filename == "new.stamped.jpg"
    download.value.save_as(tmp_path / "marked.jpg")
    key = Key.load(live.media / "mark.key")
    assert detect_file(tmp_path / "marked.jpg", keys=key).payload is not None
    page.click("nav >> text=Works")
    expect(page.locator("#works table")).to_contain_text("Hills <b>at</b> dawn", timeout=_PATIENCE)


def test_a_find_is_added_compared_and_judged(page: Page, live: Live) -> None:
    page.click("nav >> text=Finds")
    page.click("summary >> text=Add a find")
    page.fill("#finds [name=url]", "https://b.example/2")
    assert "It carries our mark." in answer(page, "finds", live.media / "marked.jpg")
    page.select_option("#finds select", "")
    page.click("#finds .search button")
    page.wait_for_selector("#finds table td button")
    page.click("#finds table td button")
    page.click("text=Compare with the original")
    image = page.locator("#finds .one img")
    image.wait_for()
    assert image.evaluate("image => image.naturalWidth") > 600
    page.click("#finds .one button >> text=unclear")
    page.wait_for_selector("text=Written down.")
    expect(page.locator("#finds table")).to_contain_text("unclear", timeout=_PATIENCE)


def test_may_it_be_published(page: Page, live: Live) -> None:
    page.click("nav >> text=May it be published?")
    assert "It may be published." in answer(page, "check", live.media / "photo.jpg")


def test_by_keyboard_alone(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#works h1")).to_be_visible()
    assert page.get_attribute("nav a[href='#works']", "aria-current") == "page"


def test_every_control_has_a_name_for_screen_readers(page: Page) -> None:
    unnamed = page.evaluate(
        """[...document.querySelectorAll("input, select, button, a, progress, nav, img")].filter(each =>
           !each.labels?.length && !each.textContent.trim() && !each.ariaLabel && !each.alt
        ).map(each => each.outerHTML)"""
    )
    assert unnamed == []
    assert page.evaluate("document.documentElement.lang") == "en"
    assert page.locator("main > section:not([hidden]) h1").count() == 1


@pytest.mark.skipif(AXE is None, reason="no STAMP_TEST_AXE")
def test_axe_finds_no_fault(live: Live) -> None:
    """In a process group of its own, which is ended with its browser, whatever axe does in there."""
    program = [sys.executable, "-m", "tests.helpers.axe", str(AXE), str(CHROMIUM), live.url]
    checking = subprocess.Popen(
        program, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        out, err = checking.communicate(timeout=90)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(checking.pid, signal.SIGKILL)
        checking.wait()
    assert checking.returncode == 0, err
    assert json.loads(out) == {"light": [], "dark": []}


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_in_every_language(browser: Browser, live: Live, language: str, scheme: str) -> None:
    viewport = {"width": 360, "height": 740}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, locale=language)  # type: ignore[arg-type]
    try:
        page = context.new_page()
        page.goto(live.url)
        assert page.evaluate("document.documentElement.lang") == language
        for section in ("ask", "check", "mark", "works", "finds", "cases"):
            page.evaluate(f"location.hash = '{section}'")
            expect(page.locator(f"#{section} h1")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), section
        pale = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(246, 246, 244)"
        assert pale == (scheme == "light")
    finally:
        context.close()


def test_without_a_session_there_is_no_page(browser: Browser, live: Live) -> None:
    context = browser.new_context()
    try:
        page = context.new_page()
        reply = page.goto(live.base)
        assert reply is not None
        assert reply.status == 401
    finally:
        context.close()
