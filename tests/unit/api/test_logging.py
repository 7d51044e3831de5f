"""The package says what it does to loggers below `stamp`, and to nobody else."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import stamp
from tests.media import pixels

KEY = stamp.Key.generate("logging")


def test_what_is_done_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path, out = tmp_path / "photo.png", tmp_path / "out.png"
    Image.fromarray(pixels.photo(256, 384)).save(path)
    with caplog.at_level(logging.DEBUG, "stamp"):
        payload = stamp.embed_file(path, out, key=KEY).payload
        stamp.detect_file(out, keys=KEY)
        stamp.write_rights(out, tmp_path / "noticed.png", stamp.Rights(copyright_notice="© Ada"))
    done = [record.getMessage() for record in caplog.records if record.levelno == logging.INFO]
    assert done == [
        f"{path}: marked with {payload} as {out}",
        f"{out}: carries {payload}",
        f"{out}: wrote copyright_notice as {tmp_path / 'noticed.png'}",
    ]
    stages = [record.getMessage() for record in caplog.records if record.levelno == logging.DEBUG]
    for stage in ("decode", "mark", "encode", "verify", "place"):
        assert any(f"{path}: {stage} took" in message for message in stages)
    assert all(record.name.startswith("stamp.") for record in caplog.records)
    assert KEY.secret.hex() not in caplog.text


def test_nothing_is_printed_by_itself(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    KEY.save(path)
    path.chmod(0o644)
    script = f"import stamp; stamp.Key.load({str(path)!r})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")
