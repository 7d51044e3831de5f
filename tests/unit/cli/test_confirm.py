"""`stamp confirm` names the copy, with exit code 0, or says that it is none of them, with 1."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from .conftest import PAYLOAD, Runner

OTHER = "0123456789abcdef"


@pytest.mark.slow
def test_a_thumbnail_is_confirmed(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("embed", photo, "--payload", PAYLOAD, "-o", "marked.jpg", "--no-catalogue").code == 0
    with Image.open("marked.jpg") as whole:
        whole.resize((200, 150), Image.Resampling.LANCZOS).save("small.jpg", quality=80)
    asked = ("confirm", "small.jpg", "--original", photo, "--payload", OTHER)
    found = stamp(*asked, "--payload", PAYLOAD)
    assert found.code == 0
    no, yes = found.out.splitlines()
    assert no.startswith(f"small.jpg: {OTHER} (key tests) not confirmed (")
    assert yes.startswith(f"small.jpg: confirmed as the copy marked {PAYLOAD} (key tests): ")
    document = stamp(*asked, "--payload", PAYLOAD, "--json").document
    assert document["schema"] == "stamp.confirm/1"
    assert [entry["confirmed"] for entry in document["results"]] == [False, True]
    assert set(document["results"][0]) == {
        *("path", "payload", "confirmed", "z", "log10_p", "log10_p_permuted", "correlation"),
        *("key", "candidates", "error"),
    }
    assert stamp(*asked).code == 1


def test_what_is_wrong_is_said(stamp: Runner, photo: Path, key_file: Path) -> None:
    assert stamp("confirm", photo, "--original", photo, "--payload", "12").code == 2
    assert stamp("confirm", photo, "--payload", PAYLOAD).code == 2
    lost = stamp("confirm", "nowhere.jpg", "--original", photo, "--payload", PAYLOAD)
    assert lost.code == 3
    assert "nowhere.jpg" in lost.err
