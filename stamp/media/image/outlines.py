"""Draw quadrilaterals on a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from .picture import Pixels, shown

Corners = Sequence[tuple[float, float]]

_LINE, _RIM = (232, 90, 16), (255, 255, 255)
_FINENESS = 300  # times the line is as long as it is wide, along the longer side


def outlined_png(pixels: Pixels, quads: Sequence[Corners]) -> bytes:
    """Return a PNG of a picture as shown, with lines around quadrilaterals, (x, y) in pixels; those that are
    not the first are drawn thinner."""
    image = Image.fromarray(shown(pixels)).convert("RGB")
    draw = ImageDraw.Draw(image)
    wide = max(2, max(image.size) // _FINENESS)
    for number, quad in enumerate(quads):
        line = wide if number == 0 else max(1, wide // 2)
        inside = [
            (min(max(x, line), image.width - 1 - line), min(max(y, line), image.height - 1 - line))
            for x, y in quad
        ]
        for colour, width in ((_RIM, 2 * line + 1), (_LINE, line)):
            draw.line([*inside, inside[0], inside[1]], fill=colour, width=width, joint="curve")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
