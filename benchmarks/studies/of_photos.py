"""What studies of photos share: the options, a task for each photo, the results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.common import photos, runner
from benchmarks.studies import RESULTS

Task = tuple[Path, photos.Size, int]
Rows = list[dict[str, Any]]


def study(
    name: str,
    description: str | None,
    measure: Callable[[Task], Rows],
    markdown: Callable[[dict[str, Any]], str],
    order: Callable[[dict[str, Any]], Any],
    **said: object,
) -> None:
    """Run a study from the command line: `measure` makes the rows of a photo, and `markdown` the table of the
    document, which has them in `order` and what else is `said`."""
    options = runner.parser(f"studies.{name}", description)
    options.set_defaults(name=name, out=RESULTS, tools=["stamp"])
    given = options.parse_args()
    paths, _ = photos.usable(given.photos, given.size)
    tasks = [(path, given.size, given.seed) for path in paths]
    rows = [row for some in runner.spread(measure, tasks, jobs=given.jobs, label="photos") for row in some]
    document = {**said, "rows": sorted(rows, key=order)}
    runner.write(given, document, markdown(document), {})
