"""Folders for tests that give up root's rights on their way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

NOBODY = 65534


@contextmanager
def passable_folder() -> Iterator[Path]:
    """A new folder that every user may pass through.

    `tmp_path` is none: whenever another run of pytest begins, it takes the folder above from other users.
    """
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder
