"""For all tests: on a build machine nothing may be skipped, and what is there for no file is no test."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

# Nothing is written into the catalogue of whoever runs the tests; those of the catalogue make their own.
os.environ["STAMP_CATALOGUE"] = "none"

pytest_plugins = ["tests.helpers.stores"]


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """With CI set, a test that was skipped makes the run fail: a missing judge must not pass for a pass."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") and reporter and reporter.stats.get("skipped"):
        reporter.write_line("")
        reporter.write_line("tests were skipped, and CI is set", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
    return (yield)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out tests over media of others where these are not beside the project: pytest would skip them."""
    empty = [item for item in items if any(_is_for_nothing(mark) for mark in item.iter_markers("skip"))]
    if empty:
        config.hook.pytest_deselected(items=empty)
        items[:] = [item for item in items if item not in empty]


def _is_for_nothing(mark: pytest.Mark) -> bool:
    return str(mark.kwargs.get("reason", "")).startswith("got empty parameter set")
