"""A find whose mark cannot be read is told to be one of the copies that the catalogue knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import stamp
from stamp.pipeline.comparing import compare_find
from stamp.pipeline.finding import add_find

from .test_confirm import small
from .test_informed import KEY, OTHER, PAYLOAD, original, piece

SECOND = bytes.fromhex("00112233445566ff")


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[stamp.Catalogue]:
    """With one work and two copies of it, for Ada and for Bob."""
    opened = stamp.Catalogue.open(tmp_path / "c.sqlite")
    Image.fromarray(original()).save(tmp_path / "original.png")
    for payload, name in ((PAYLOAD, "Ada"), (SECOND, "Bob")):
        party = opened.parties.add(name)
        work = "#1" if name == "Bob" else None
        copy = stamp.CopyOptions(work=work, recipient=party.party)
        target = tmp_path / f"{name}.png"
        stamp.embed_file(tmp_path / "original.png", target, payload, key=KEY, catalogue=opened, copy=copy)
    yield opened
    opened.close()


def found(catalogue: stamp.Catalogue, tmp_path: Path, name: str, damage: object) -> str:
    """Add a find of a copy to the catalogue, named by hand, and return what it is called."""
    assert callable(damage)
    with Image.open(tmp_path / name) as copy:
        Image.fromarray(damage(np.asarray(copy.convert("RGB")))).save(tmp_path / "found.png")
    return f"#{add_find(catalogue, tmp_path / 'found.png', work='#1').number}"


@pytest.mark.slow
def test_a_thumbnail_is_the_copy_of_its_recipient(catalogue: stamp.Catalogue, tmp_path: Path) -> None:
    reference = found(catalogue, tmp_path, "Bob.png", lambda pixels: small(pixels, 150, 80))
    done = compare_find(catalogue, reference, keys=[OTHER, KEY]).find
    assert (done.payload, done.recipient, done.basis) == (SECOND.hex(), "Bob", "hand")
    assert done.comparison is not None
    sure = done.comparison["confirmed"]
    assert (sure["payload"], sure["copy"], sure["method"]) == (SECOND.hex(), done.copy, "confirmed")
    assert sure["log10_p"] < -6
    assert sure["z"] > 5
    assert "recipient" not in sure  # it is in no log that nobody can erase
    assert done.to_dict()["comparison"]["confirmed"]["recipient"] == "Bob"
    again = compare_find(catalogue, reference, keys=[OTHER, KEY]).find
    assert again.comparison == done.comparison
    assert catalogue.verify().events


@pytest.mark.slow
def test_a_piece_is_read_and_goes_by_its_mark(catalogue: stamp.Catalogue, tmp_path: Path) -> None:
    reference = found(catalogue, tmp_path, "Ada.png", piece)
    done = compare_find(catalogue, reference, keys=[KEY]).find
    assert (done.payload, done.recipient, done.basis) == (PAYLOAD.hex(), "Ada", "mark")
    assert done.comparison is not None
    assert done.comparison["confirmed"]["method"] == "read"
    assert done.report is not None
    assert done.report["watermark"]["correlation"] > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("keys", [[], [OTHER], [KEY]])
def test_nothing_is_said_without_key_or_mark(
    catalogue: stamp.Catalogue, tmp_path: Path, keys: list[stamp.Key]
) -> None:
    name = "original.png" if keys == [KEY] else "Ada.png"
    reference = found(catalogue, tmp_path, name, lambda pixels: small(pixels, 200, 80))
    done = compare_find(catalogue, reference, keys=keys).find
    assert (done.payload, done.copy) == (None, None)
    assert done.comparison is not None
    assert "confirmed" not in done.comparison


@pytest.mark.slow
def test_with_a_marked_copy_as_the_original_nothing_is_told(
    catalogue: stamp.Catalogue, tmp_path: Path
) -> None:
    reference = found(catalogue, tmp_path, "Bob.png", lambda pixels: small(pixels, 150, 80))
    done = compare_find(catalogue, reference, original=tmp_path / "Ada.png", keys=[KEY]).find
    assert done.payload is None
