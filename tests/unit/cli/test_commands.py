"""Every command and every option of a notice is in the lists that are kept by hand."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from stamp import cli
from stamp.cli import _COMMANDS, embed
from stamp.cli.help import RIGHTS, Option
from stamp.core.reports import Failure
from stamp.core.rights import Rights
from stamp.jobs.config import gather_defaults

from .test_help import GROUPS


def test_every_command_has_a_help_page_that_is_tested() -> None:
    assert {name.split()[0] for name in GROUPS} == {name for group in _COMMANDS.values() for name in group}


def test_every_command_on_files_says_what_json_has_of_a_failure() -> None:
    sources = "".join(path.read_text("utf-8") for path in Path(cli.__file__).parent.glob("*.py"))
    named = set(re.findall(r'\brun_(?:over|writing)\(\s*screen,\s*"(\w+)"', sources))
    assert {"embed", "detect", "show"} <= named
    for name in named:
        failed = Failure(Path("a"), "CorruptFile", "a: damaged").to_dict(name)
        assert {"path", "status", "error"} < failed.keys()


@pytest.mark.parametrize(
    "option",
    [each for each in embed.command.params if isinstance(each, Option) and each.group == RIGHTS],
    ids=lambda option: str(option.name),
)
def test_options_of_a_notice_have_the_same_names_in_toml(
    option: click.Option, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    flag = option.opts[-1].removeprefix("--")
    if option.is_flag or flag == "rights":
        return
    value = "https://example.com/" if option.metavar == "URL" else "x"
    text = f'["{value}"]' if option.multiple else f'"{value}"'
    (path := tmp_path / "rights.toml").write_text(f"{flag} = {text}\n")
    expected = (value,) if option.multiple else value
    assert getattr(gather_defaults(Rights(), path).rights, str(option.name)) == expected
