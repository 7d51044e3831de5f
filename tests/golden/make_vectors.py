"""Write stamp/watermark/vectors.json. Run once for a scheme: afterwards the vectors bind, and a change needs
a new scheme.

python tests/golden/make_vectors.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import stamp.watermark.vectors as vectors
from stamp import embed


def record() -> dict[str, Any]:
    """Every vector, as this implementation computes it."""
    marked = embed(vectors.host_picture(), vectors._PAYLOAD, key=vectors._KEY)
    return {**vectors.compute(), "marked": vectors.pack(marked)}


def main() -> None:
    target = Path(vectors.__file__).with_suffix(".json")
    target.write_text(json.dumps(record(), indent=1) + "\n", "utf-8")
    print(f"{target}: {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
