"""One command line, one pool and one way to write results for all four benchmarks."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.common import photos, tools

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RESULTS = Path(__file__).parents[1] / "results"


def parser(name: str, description: str | None, *, size: str = "768x512") -> argparse.ArgumentParser:
    """The options that all benchmarks share."""
    made = argparse.ArgumentParser(
        f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.set_defaults(benchmark=name)
    add = made.add_argument
    add(
        "--photos",
        nargs="+",
        type=Path,
        default=[photos.SAMPLE_MEDIA],
        help="files or folders [sample_media]",
    )
    add("--size", type=photos.Size.parse, default=photos.Size.parse(size), help=f"[{size}]")
    add("--tools", type=_names, default=list(tools.NAMES), help=",".join(tools.NAMES))
    add("--out", type=Path, default=RESULTS, help="folder for results [benchmarks/results]")
    add("--name", default=name, help="base name of the results [the benchmark's]")
    add("--seed", type=int, default=1)
    add("-j", "--jobs", type=int, default=1, help="processes [1]")
    add("--quick", action="store_true", help="about a minute: a few cases only")
    return made


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = set(names) - set(tools.NAMES)
    if unknown:
        raise argparse.ArgumentTypeError(f"no tool is called {', '.join(sorted(unknown))}")
    return names


def environment(names: Sequence[str]) -> dict[str, Any]:
    """What a reader needs to judge or repeat the run."""
    packages = {}
    for package in (
        "numpy",
        "pillow",
        "PyWavelets",
        "opencv-python",
        "opencv-python-headless",
        "scikit-image",
    ):
        try:
            packages[package] = version(package)
        except PackageNotFoundError:
            packages[package] = "absent"
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "tools": {name: tools.version_of(name) for name in names},
        "packages": packages,
    }


def origin(document: dict[str, Any]) -> str:
    """Where a result comes from: date, seed, versions, machine."""
    environment, settings = document["environment"], document["settings"]
    versions = ", ".join(sorted(set(environment["tools"].values())))
    kind = "quick run, " if settings.get("quick") else ""
    return (
        f"{kind}{environment['date']}, seed {settings['seed']}, Python {environment['python']}, {versions}; "
        f"{environment['machine']}"
    )


def spread(function: Callable[[Any], Any], items: Iterable[Any], *, jobs: int, label: str) -> Iterator[Any]:
    """Results of `function` over `items` in any order, from `jobs` processes; progress goes to stderr.

    Fresh processes, not forks: OpenCV's and PyTorch's threads do not survive a fork.
    """
    todo, began = list(items), time.monotonic()

    def tell(done: int) -> None:
        print(f"\r{label} {done}/{len(todo)}, {time.monotonic() - began:.0f} s", end="", file=sys.stderr)

    if jobs == 1:
        for done, item in enumerate(todo, 1):
            yield function(item)
            tell(done)
    else:
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
            waiting = [pool.submit(function, item) for item in todo]
            for done, future in enumerate(as_completed(waiting), 1):
                yield future.result()
                tell(done)
    print(file=sys.stderr)


def figure(width: float, height: float, panels: int = 1) -> tuple[Figure, list[Axes]]:
    """An empty plot of panels side by side, in inches, that needs no display."""
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), layout="constrained")
    return made, list(made.subplots(1, panels, squeeze=False)[0])


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; every column but the first is set to the right."""
    lines = [" | ".join(header), " | ".join([":--"] + ["--:"] * (len(header) - 1))]
    lines += [" | ".join(map(str, row)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def write(
    options: argparse.Namespace, document: dict[str, Any], markdown: str, plots: dict[str, Figure]
) -> None:
    """`<name>.json`, `<name>.md` and one PNG a plot, all beginning with where they come from."""
    options.out.mkdir(parents=True, exist_ok=True)
    settings = {
        key: _plain(value) for key, value in vars(options).items() if key not in ("benchmark", "out", "jobs")
    }
    head = {"benchmark": options.benchmark, "environment": environment(options.tools), "settings": settings}
    text = json.dumps(head | document, indent=1, ensure_ascii=False)
    (options.out / f"{options.name}.json").write_text(text + "\n", encoding="utf-8")
    versions = sorted(set(head["environment"]["tools"].values()))
    versions += [f"{package} {number}" for package, number in head["environment"]["packages"].items()]
    origin = (
        f"Generated by `python -m benchmarks.{options.benchmark}` on {head['environment']['date']}, "
        f"seed {options.seed}. Python {head['environment']['python']}, {', '.join(versions)}; "
        f"{head['environment']['machine']}.\n"
    )
    pictures = "".join(f"\n![{name}]({name}.png)\n" for name in plots)
    (options.out / f"{options.name}.md").write_text(markdown + pictures + "\n" + origin, encoding="utf-8")
    for name, plot in plots.items():
        plot.savefig(options.out / f"{name}.png", dpi=110)
    print(markdown)


def _plain(value: object) -> object:
    """Settings as JSON knows them; of a photo's path only the name, since the rest is this machine's."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return value.name
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
