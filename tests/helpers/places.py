"""Where things lie in the project."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE_MEDIA = ROOT / "sample_media"
GOLDEN = ROOT / "tests" / "golden"
