"""What PyAV must be told so that tags in files come out as they came in, whatever their encoding."""

from __future__ import annotations

from typing import Any

import av

# Before version 19, tags that are not UTF-8 raised UnicodeDecodeError unless told otherwise; it now does this
# by itself, and knows the argument no more.
AS_THEY_ARE: dict[str, Any] = (
    {"metadata_errors": "surrogateescape"} if int(av.__version__.partition(".")[0]) < 19 else {}
)
"""Keyword arguments for `av.open`."""
