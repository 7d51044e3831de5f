"""One suspect: which works of a catalogue it shows or plays."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.errors import UnsupportedFormat
from ..core.key import Key
from ..core.limits import one_account
from ..core.matches import MatchReport
from ..formats.reading import named, regular_file
from ..formats.sniff import kind_of, sniff_path
from .marks import read_blindly

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue

_KINDS = {"image": "photos", "video": "clips", "audio": "songs"}


@one_account
def match_file(
    catalogue: Catalogue,
    path: Path,
    *,
    keys: Sequence[Key] = (),
    blind: bool = False,
    pictures: Path | None = None,
) -> MatchReport:
    """Return which works of a catalogue a photo or a clip shows, or a song plays.

    keys : marks of these are read, where a work was found and, with `blind`, also where none was.
    pictures : a folder for a picture of each match: original, suspect, and how they differ.

    Raises MediaError where the file cannot be read, MissingDependency without OpenCV, CatalogueError.
    """
    with named(path):
        with regular_file(path):
            pass  # else what is empty or not there would be no photo
        if sniff_path(path) is None:
            raise UnsupportedFormat("its content is no photo, clip or song")
        kind = import_module(f".{_KINDS[kind_of(path)]}", __package__)
        report: MatchReport = kind.matched(catalogue, path, keys, pictures)
    return read_blindly(catalogue, report, keys) if blind and not report.found else report
