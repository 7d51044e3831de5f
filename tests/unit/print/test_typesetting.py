"""PDFs of templates and values: nothing from outside, nothing of the machine, and values are only text."""

from __future__ import annotations

import sys
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

import stamp
from stamp.core.errors import ArgumentError, MissingDependency
from stamp.print.typesetting import typeset
from tests.media.pixels import photo

ON = date(2026, 11, 27)


def plain(text: str, template: str = "#d.text\n", files: dict[str, bytes] | None = None) -> bytes:
    return typeset(template, {"text": text}, title="A title", language="kk", on=ON, files=files)


def test_the_same_values_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = plain("Қазақ тілі")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Asia/Almaty")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1")
    assert plain("Қазақ тілі") == first
    assert first.startswith(b"%PDF")
    assert b"pdfaid" in first
    assert b"20261127" in first
    assert b"/tmp" not in first
    assert str(tmp_path).encode() not in first


@pytest.mark.parametrize(
    "text",
    [
        '#import "@preview/cetz:0.3.4"',
        '#read("/etc/passwd")',
        "#panic()",
        "$ x^ *b* _i_ = <a> @b // c /* d",
        "\\ ` ``` #{ ] ) \" ' ~ --- ...",
        "{{ 7 * 7 }} {% raw %}",
    ],
)
def test_values_are_text_and_never_markup(text: str) -> None:
    assert plain(text)  # as markup, these would be errors


def test_pictures_come_as_files() -> None:
    Image.fromarray(photo(40, 60)).save(data := BytesIO(), "JPEG")
    with_picture = plain("x", '#image("a.jpg")\n#d.text\n', {"a.jpg": data.getvalue()})
    assert len(with_picture) > len(plain("x"))


def test_templates_reach_nothing_but_their_files(tmp_path: Path) -> None:
    (secret := tmp_path / "secret.txt").write_text("secret")
    with pytest.raises(ArgumentError):
        plain("x", f'#read("{secret}")\n')
    with pytest.raises(ArgumentError):
        plain("x", '#read("../secret.txt")\n')


def test_no_template_of_the_package_reaches_for_the_network() -> None:
    templates = list(Path(stamp.__file__).parent.rglob("*.typ"))
    assert templates
    for path in templates:
        assert "@preview" not in path.read_text("utf-8")
        assert "#import" not in path.read_text("utf-8")


def test_without_typst_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingDependency, match=r"stamp-media\[evidence\]"):
        plain("x")
