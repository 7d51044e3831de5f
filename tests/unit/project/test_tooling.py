"""The checkers that judge the source, so that one command tells all."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from tests.helpers.places import ROOT

CHECKERS = ["ruff check", "ruff format --check"]
# The stubs of older releases describe many functions less closely (docs/dependencies.md).
if tuple(map(int, numpy.__version__.split(".")[:2])) >= (2, 4):
    CHECKERS.append("mypy")


@pytest.mark.slow
@pytest.mark.parametrize("command", CHECKERS)
def test_nothing_to_complain_about(command: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *command.split()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_build_runs_the_command_of_the_readme() -> None:
    commands = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").endswith("\n" + commands[1])


@pytest.mark.slow
def test_a_skipped_test_fails_the_run_on_a_build_machine(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    (tmp_path / "test_some.py").write_text(
        "import pytest\ndef test_one(): pass\ndef test_two(): pytest.skip('no judge')\n"
    )

    def run(ci: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
            env=os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert run("").returncode == 0
    failed = run("true")
    assert failed.returncode == 1
    assert "tests were skipped" in failed.stdout
