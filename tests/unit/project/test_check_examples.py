"""The tutorial of `stamp check`, the action and the hook run as they are written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import stamp
from stamp.jobs.demo import paint
from tests.helpers.places import ROOT

EXAMPLES = ROOT / "docs" / "examples" / "check"
PAGE = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """With `stamp` as a command, and an empty home, in a folder with two photos."""
    (tmp_path / "bin").mkdir()
    (command := tmp_path / "bin" / "stamp").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stamp "$@"\n')
    command.chmod(0o755)
    (tmp_path / "work").mkdir()
    paint(tmp_path / "work" / "lake.jpg", size=(512, 384))
    paint(tmp_path / "work" / "sea.jpg", size=(512, 384), seed=2)
    given = {name: text for name, text in os.environ.items() if not name.startswith(("STAMP_", "XDG_"))}
    return given | {
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(Path(stamp.__file__).parents[1]),
    }


def run(script: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=Path(environment["HOME"]) / "work",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.slow
def test_from_an_empty_folder_to_a_cleared_upload(environment: dict[str, str]) -> None:
    clear, refused = blocks("text")
    done = run(blocks("sh")[0], environment)
    assert (done.returncode, done.stdout.endswith(clear)) == (0, True), done.stdout + done.stderr
    asked = run("stamp check sea.jpg", environment)
    assert (asked.returncode, asked.stdout) == (1, refused)
    # What the action runs, and what the hook runs.
    text = (EXAMPLES / "action.yml").read_text(encoding="utf-8")
    policy = EXAMPLES / "policy.toml"
    catalogue = Path(environment["HOME"]) / ".local" / "share" / "stamp" / "catalogue.sqlite"
    names = dict(re.findall(r"^        (\w+): \$\{\{ inputs\.(\w+) \}\}$", text, re.MULTILINE))
    inputs = {
        "files": "lake.stamped.jpg",
        "channel": "web",
        "policy": str(policy),
        "catalogue": str(catalogue),
    }
    assert set(names.values()) == set(inputs) == set(re.findall(r"^  (\w+):\n    desc", text, re.MULTILINE))
    script = re.findall(r"^      run: \|\n((?: {8}.*\n)+)", text, re.MULTILINE)[-1]
    for files, code in (("lake.stamped.jpg", 0), ("lake.stamped.jpg\nlake.jpg", 1)):
        given = {name: (inputs | {"files": files})[value] for name, value in names.items()}
        found = run(script, environment | given)
        assert found.returncode == code, found.stdout + found.stderr
    (hook,) = re.findall("entry: (.*)", (EXAMPLES / "pre-commit-config.yaml").read_text(encoding="utf-8"))
    (Path(environment["HOME"]) / "work" / "policy.toml").write_bytes(policy.read_bytes())
    assert run(f"{hook} lake.stamped.jpg", environment).returncode == 0
    assert run(f"{hook} lake.stamped.jpg lake.jpg", environment).returncode == 1


def test_every_reason_and_every_key_of_a_policy_is_on_the_page() -> None:
    from stamp.catalogue.policy import _CHECKS
    from stamp.cli.check import _REASONS

    assert {
        re.split("[:`]", row)[0] for row in re.findall(r"^\| `(.*)", PAGE, re.MULTILINE)
    } >= _REASONS.keys()
    assert all(f"`{name}`" in PAGE for name in _CHECKS)
    policy = stamp.Policy.load(EXAMPLES / "policy.toml")
    assert policy.required == ("copyright_notice", "creators")
