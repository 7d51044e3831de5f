from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from stamp.catalogue.catalogue import Catalogue
from tests.helpers.catalogues import DATABASES, empty_place


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where a catalogue can be made, on each database at hand."""
    with empty_place(request.param, tmp_path) as found:
        yield found


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty catalogue; copying it is quicker than making one."""
    Catalogue.open(path := tmp_path_factory.mktemp("made") / "empty.sqlite").close()
    return path


@pytest.fixture
def catalogue(place: str, made: Path) -> Iterator[Catalogue]:
    if "://" not in place:
        shutil.copy(made, place)
    with Catalogue.open(place) as opened:
        yield opened
