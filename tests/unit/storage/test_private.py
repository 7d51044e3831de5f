"""Private folders, and those that killed processes have left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stamp.storage.private import private_folder, sweep
from tests.helpers.places import ROOT

HOLDER = """
import time
from stamp.storage.private import private_folder
with private_folder() as folder:
    (folder / "secret.jpg").write_bytes(b"x")
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_a_folder_is_its_users_own_and_goes_with_all_that_is_in_it(own_folder: Path) -> None:
    with private_folder() as folder:
        (folder / "in").mkdir()
        (folder / "in" / "a").touch()
        if os.name == "posix":
            assert folder.stat().st_mode & 0o777 == 0o700
        sweep()
        assert (folder / "in" / "a").exists()
    assert not list(own_folder.iterdir())


@pytest.mark.skipif(os.name != "posix", reason="there are no locks that tell")
def test_what_a_killed_process_has_left_is_swept_and_nothing_else(own_folder: Path) -> None:
    (own_folder / "stamp-work-file").touch()
    (own_folder / "other").mkdir()
    (own_folder / "stamp-work-link").symlink_to("other")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True, cwd=ROOT, env=dict(os.environ)
    )
    with holder:
        assert holder.stdout
        folder = Path(holder.stdout.readline().strip())
        sweep()
        assert (folder / "secret.jpg").exists()
        holder.send_signal(signal.SIGKILL)
        holder.wait(10)
    sweep()
    assert sorted(each.name for each in own_folder.iterdir()) == [
        "other",
        "stamp-work-file",
        "stamp-work-link",
    ]
