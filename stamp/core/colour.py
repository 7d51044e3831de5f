"""What a picture's colours have to do with its luma."""

from __future__ import annotations

from typing import Final

LUMA_WEIGHTS: Final = (0.299, 0.587, 0.114)
"""Of red, green and blue (Rec. ITU-R BT.601). The marks bind them: another weight is another scheme."""
