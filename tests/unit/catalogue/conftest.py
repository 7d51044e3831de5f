from __future__ import annotations

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


@pytest.fixture
def catalogue(place: str) -> Iterator[Catalogue]:
    with Catalogue.open(place) as opened:
        yield opened
