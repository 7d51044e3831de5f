"""Mutations guided by coverage, with Atheris: `python -m benchmarks.fuzz.guided --seconds 600 [--decode]`.

Formats are recognised by their content, so one corpus serves all. A fault ends the run with the input in
`crash-*`; it becomes a regression test when it is mended.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["stamp"]):
    import stamp.pipeline.files  # noqa: F401  so that it is instrumented

    from .seeds import seeds
    from .trial import trial


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument(
        "--decode", action="store_true", help="decode and mark, rather than read and write notices"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as corpus, tempfile.TemporaryDirectory() as folder:
        for name, data in seeds().items():
            (Path(corpus) / name).write_bytes(data)
        path = Path(folder) / "in.bin"

        def once(data: bytes) -> None:
            path.write_bytes(data)
            faults = trial(path, decode=arguments.decode)
            if faults:
                raise AssertionError("; ".join(faults))

        limits = [
            f"-max_total_time={arguments.seconds}",
            "-timeout=5",
            "-rss_limit_mb=1500",
            "-max_len=200000",
        ]
        atheris.Setup([sys.argv[0], *limits, corpus], once)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
