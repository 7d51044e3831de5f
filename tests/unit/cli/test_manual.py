"""Pages for man(1), judged by groff, and completions, judged by the shells that are at hand."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stamp.cli import _COMMANDS
from stamp.cli.manual import _line, pages

from .conftest import Runner

PAGES = dict(pages())


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff")
def test_groff_has_nothing_to_complain_about() -> None:
    for name, text in PAGES.items():
        run = subprocess.run(
            ["groff", "-man", "-ww", "-Tutf8", "-P-c", "-P-b", "-P-u"],
            input=text.encode("ascii"),
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert (run.returncode, run.stderr) == (0, b""), name
        shown = run.stdout.decode()
        assert "NAME" in shown
        assert "EXIT STATUS" in shown
    embed = subprocess.run(
        ["groff", "-man", "-Tutf8", "-P-c", "-P-b", "-P-u"],
        input=PAGES["stamp-embed"].encode(),
        capture_output=True,
        timeout=30,
        check=True,
    ).stdout.decode()
    for part in ("--copyright T", "RIGHTS", "{year} becomes the current year", "--no-watermark"):
        assert part in embed


def test_every_command_has_a_page() -> None:
    names = [name for commands in _COMMANDS.values() for name in commands]
    assert {f"stamp-{name}" for name in names} | {"stamp", "stamp-rights-undo"} <= set(PAGES)
    assert all(text.isascii() for text in PAGES.values())


def test_no_text_is_a_request() -> None:
    assert _line(".de is no macro") == "\\&.de is no macro"
    assert _line("a\\b - ©") == "a\\eb \\- \\[u00A9]"
    assert _line("'quoted'") == "\\(aqquoted\\(aq"


def test_pages_are_written_and_nothing_else_is_replaced(stamp: Runner, elsewhere: Path) -> None:
    assert stamp("manual", "man1").code == 0
    assert {path.stem for path in Path("man1").iterdir()} == set(PAGES)
    assert len(stamp("manual", "man1", "--json").entries) == len(PAGES)
    Path("man1/stamp.1").write_text("mine")
    result = stamp("manual", "man1")
    assert (result.code, Path("man1/stamp.1").read_text()) == (3, "mine")
    assert "man1/stamp.1: is there already" in result.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(stamp: Runner, shell: str) -> None:
    script = stamp("completions", shell).out
    assert f"_STAMP_COMPLETE={shell}_complete" in script
    assert stamp("completions", shell, "--json").entries[0]["script"] == script.removesuffix("\n")
    if shutil.which(shell):
        checked = subprocess.run([shell, "-n"], input=script.encode(), capture_output=True, check=False)
        assert (checked.returncode, checked.stderr) == (0, b"")
    assert stamp("completions", "cmd").code == 2


@pytest.mark.slow
def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    program = tmp_path / "stamp"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m stamp "$@"\n')
    program.chmod(0o755)
    ask = (
        'eval "$(stamp completions bash)"; '
        "for line in 'stamp em' 'stamp selftest --js'; do "
        "COMP_WORDS=($line); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); "
        '_stamp_completion stamp; echo "${COMPREPLY[@]}"; done'
    )
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    run = subprocess.run(
        ["bash", "-c", ask], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.splitlines() == ["embed", "--json"]
