"""A hook of mkdocs: the site has the repository's own tree, so that every link works here and there."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
# Pages, and what pages link to.
PATTERNS = (
    "*.md",
    "LICENSE",
    "docs/**/*.md",
    "docs/**/*.svg",
    "docs/examples/**/*.*",
    "benchmarks/**/*.md",
    "benchmarks/**/*.png",
    "benchmarks/common/*.py",
    "sample_media/*",
)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    paths = [path for pattern in PATTERNS for path in sorted(ROOT.glob(pattern)) if path.is_file()]
    ours = [
        File(path.relative_to(ROOT).as_posix(), str(ROOT), config.site_dir, config.use_directory_urls)
        for path in paths
    ]
    return Files([*ours, *(file for file in files if file.src_dir != config.docs_dir)])
