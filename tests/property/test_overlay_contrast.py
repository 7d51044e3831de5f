"""Whatever is below a visible notice, it can be read."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.core.visible import VisibleNotice
from stamp.overlay.artwork import artwork
from stamp.overlay.drawing import Pattern, pattern_of

PICTURE = (600, 400)
COLOUR = st.tuples(*[st.floats(0, 1, width=32)] * 3)


def pattern() -> Pattern:
    notice = VisibleNotice("© Ada", size=0.08)
    return pattern_of(artwork(notice, PICTURE), notice, "sdr", min(PICTURE))


@given(one=COLOUR, other=COLOUR, width=st.integers(1, 60), slope=st.integers(-3, 3), grain=st.floats(0, 0.3))
@settings(max_examples=60, deadline=None)
def test_stripes_of_any_colours(
    one: tuple[float, ...], other: tuple[float, ...], width: int, slope: int, grain: float
) -> None:
    drawn = pattern()
    rows, columns = np.indices(drawn.coverage.shape)
    stripes = ((columns + slope * rows) // width % 2)[..., None]
    below = np.where(stripes, np.array(one), np.array(other))
    below = below + grain * np.random.default_rng(width).standard_normal(below.shape)
    ground = np.clip(below, 0, 1).astype(np.float32)
    assert drawn.measured(drawn.layer(drawn.look([ground])).over(ground)) >= 4.5
