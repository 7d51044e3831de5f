"""Pages of the benchmark: the same for the same seed, and the photos are where they are said to be."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.common import pages
from tests.media.pixels import photo


@pytest.mark.parametrize("kind", pages.KINDS)
def test_a_page_is_drawn_from_its_seed(kind: str) -> None:
    photos = [photo(256, 384, seed) for seed in range(3)]
    one, two = (pages.draw(kind, photos, np.random.default_rng(4)) for _ in range(2))
    assert one.image.tobytes() == two.image.tobytes()
    assert len(one.quads) == pages.KINDS[kind][1]
    assert 700 <= one.image.width <= 1800
    for quad in one.quads:
        places = np.array(quad)
        assert (places >= -one.image.width / 10).all()
        assert (places <= 1.1 * np.array(one.image.size)).all()
