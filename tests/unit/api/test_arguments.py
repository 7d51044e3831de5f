"""Whatever is handed to the public functions by mistake, a StampError says what it should have been."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import stamp
from stamp import ArgumentError, HostError, KeyFileError, PayloadError
from tests.media import pixels

KEY = stamp.Key.generate("tests")
PAYLOAD = bytes(8)
PHOTO = pixels.photo(192, 256)


@pytest.mark.parametrize(
    ("work", "error"),
    [
        (lambda: stamp.embed(PHOTO, PAYLOAD, key="key.json"), KeyFileError),
        (lambda: stamp.embed(PHOTO, PAYLOAD, key=None), KeyFileError),
        (lambda: stamp.embed(PHOTO, PAYLOAD, key=bytes(32)), KeyFileError),
        (lambda: stamp.embed(PHOTO, "00ff00ff00ff00ff", key=KEY), PayloadError),
        (lambda: stamp.embed(PHOTO, None, key=KEY), PayloadError),
        (lambda: stamp.embed("photo.jpg", PAYLOAD, key=KEY), HostError),
        (lambda: stamp.embed(PHOTO.tolist(), PAYLOAD, key=KEY), HostError),
        (lambda: stamp.embed(PHOTO.astype(np.float32), PAYLOAD, key=KEY, data_range="1"), HostError),
        (lambda: stamp.embed(PHOTO, PAYLOAD, key=KEY, strength="1"), ArgumentError),
        (lambda: stamp.embed(PHOTO, PAYLOAD, key=KEY, strength=-1), ArgumentError),
        (lambda: stamp.embed(PHOTO, PAYLOAD, key=KEY, strength=float("nan")), ArgumentError),
        (lambda: stamp.detect(PHOTO, key="key.json"), KeyFileError),
        (lambda: stamp.detect("photo.jpg", key=KEY), HostError),
        (lambda: stamp.detect_file("photo.jpg", keys="key.json"), KeyFileError),
        (lambda: stamp.detect_file("photo.jpg", keys=()), KeyFileError),
        (lambda: stamp.detect_file("photo.jpg", keys=None), KeyFileError),
        (lambda: stamp.write_rights("photo.jpg", "out.jpg", "© Ada"), stamp.RightsError),
        (lambda: stamp.write_rights("photo.jpg", stamp.Rights(), "out.jpg"), ArgumentError),
        (lambda: stamp.write_rights(None, "out.jpg", stamp.Rights()), ArgumentError),
        (lambda: stamp.remove_rights("photo.jpg", "out.jpg", "© Ada"), stamp.RightsError),
        (lambda: stamp.remove_rights("photo.jpg", None, stamp.Rights()), ArgumentError),
        (lambda: stamp.read_rights(b"photo.jpg"), ArgumentError),
        (lambda: stamp.audit_rights("photo.jpg", 5), ArgumentError),
    ],
)
def test_a_wrong_argument_is_called_by_its_name(work: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        work()
    assert isinstance(caught.value, stamp.StampError)
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"key": "key.json"}, KeyFileError),
        ({"key": None}, KeyFileError),
        ({"key": KEY, "strength": 0}, ArgumentError),
        ({"key": KEY, "strength": None}, ArgumentError),
        ({"key": KEY, "options": {"crf": 1}}, ArgumentError),
        ({"key": KEY, "rights": "© Ada"}, stamp.RightsError),
        ({"key": KEY, "notice": "no"}, ArgumentError),
    ],
)
def test_so_is_one_of_a_file(tmp_path: Path, more: dict[str, Any], error: type[Exception]) -> None:
    from PIL import Image

    Image.fromarray(PHOTO).save(tmp_path / "photo.png")
    with pytest.raises(error):
        stamp.embed_file(tmp_path / "photo.png", tmp_path / "out.png", **more)
    assert not (tmp_path / "out.png").exists()
