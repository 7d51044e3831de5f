"""What goes into other people's tools, as far as it runs without them: Lua by lua5.4, scripts by their
shells, with programs in the place of `stamp` that write down how they were called."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from stamp.cli import main
from stamp.cli.embed import command as embed
from stamp.cli.show import command as show
from stamp.jobs.demo import paint
from tests.helpers.places import ROOT

FOLDER = ROOT / "integrations"
PLUGIN = FOLDER / "lightroom" / "stamp.lrplugin"
HAS_LUA = shutil.which("lua5.4") is not None
lua = pytest.mark.skipif(not HAS_LUA, reason="no lua5.4")
HARNESS = """
-- Lightroom, as much of it as the plug-in calls. Arguments: plug-in, program, then the rendered files.
package.path = arg[1] .. "/?.lua"
WIN_ENV, MAC_ENV = false, true
local function read(path)
  local file = io.open(path)
  local text = file:read("a")
  file:close()
  return text
end
local modules = {
  LrFileUtils = {
    exists = function(path) local file = io.open(path); if file then file:close() end; return file ~= nil end,
    readFile = read, delete = os.remove,
  },
  LrPathUtils = { addExtension = function(path, suffix) return path .. "." .. suffix end },
  LrTasks = { execute = function(line) local _, _, code = os.execute(line); return code end },
  LrView = { share = function(name) return name end, bind = function(name) return name end },
}
function import(name) return assert(modules[name], name) end
local filter = dofile(arg[1] .. "/MarkFilter.lua")
local properties = {}
for _, field in ipairs(filter.exportPresetFields) do properties[field.key] = field.default end
properties.program, properties.copyright = arg[2], "© {year} O'Hara $(id)"
properties.options = "--no-catalogue  --strength 1.5"
local view = setmetatable({}, { __index = function() return function(_, given) return given end end })
assert(#filter.sectionForFilterInDialog(view, properties) == 5)
local number = 2
local context = { propertyTable = properties, renditionsToSatisfy = {} }
function context:renditions(options)
  assert(options.renditionsToSatisfy == self.renditionsToSatisfy)
  return function()
    number = number + 1
    if not arg[number] then return nil end
    local path = arg[number]
    return { waitForRender = function() return path ~= "not rendered", path end },
      { renditionIsDone = function(_, ok, text) print(path, ok, text) end }
  end
end
filter.postProcessRenderedPhotos({}, context)
"""


def program(folder: Path, name: str, body: str) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        arguments, env=os.environ | environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize("file", sorted(PLUGIN.glob("*.lua")), ids=lambda file: file.name)
@pytest.mark.skipif(shutil.which("luac5.4") is None, reason="no luac5.4")
def test_lua_takes_the_plug_in(file: Path) -> None:
    checked = run("luac5.4", "-p", file)
    assert (checked.returncode, checked.stderr) == (0, "")


@lua
def test_the_plug_in_marks_what_is_rendered_and_says_what_cannot_be_marked(tmp_path: Path) -> None:
    stamp = program(
        tmp_path, "it's stamp", f"printf '%s\\n' \"$@\" >> '{tmp_path}/called'\n"
        'for last; do :; done\ncase "$last" in *bad*) echo "bad is no photo" >&2; exit 3;; esac'
    )  # fmt: skip
    (tmp_path / "harness.lua").write_text(HARNESS)
    good, bad = tmp_path / "it's $(touch pwned) `b`.jpg", tmp_path / "bad.jpg"
    done = run("lua5.4", tmp_path / "harness.lua", PLUGIN, stamp, good, "not rendered", bad)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split("\t") == [str(bad), "false", "bad is no photo\n\n"]
    called = (tmp_path / "called").read_text().splitlines()
    fixed = ["embed", "--in-place", "--quiet", "--copyright", "© {year} O'Hara $(id)"]
    more = ["--no-catalogue", "--strength", "1.5", "--"]
    assert called == [*fixed, *more, str(good), *fixed, *more, str(bad)]
    assert not list(tmp_path.glob("*.log"))
    missing = run("lua5.4", tmp_path / "harness.lua", PLUGIN, tmp_path / "nothing", good)
    assert "false" in missing.stdout


@lua
def test_on_windows_a_line_is_in_double_quotes(tmp_path: Path) -> None:
    script = (
        f'package.path = "{PLUGIN}/?.lua"\n'
        'print(require("Command").line('
        '{ program = "C:\\\\stamp.exe", creator = \'a "b" %PATH%\', copyright = " " },'
        ' "C:\\\\my photos\\\\a.jpg", "C:\\\\a.log", true))'
    )
    (tmp_path / "line.lua").write_text(script)
    said = run("lua5.4", tmp_path / "line.lua").stdout.strip()
    assert said == (
        '""C:\\stamp.exe" embed --in-place --quiet --creator "a b PATH" -- "C:\\my photos\\a.jpg"'
        ' >"C:\\a.log" 2>&1"'
    )


def test_options_that_are_used_exist() -> None:
    known = {name for command in (embed, show) for each in command.params for name in each.opts}
    calls = {
        "github-action/run.sh": r"(?:options=\(|options\+=\(|stamp (?:embed|show)).*",
        "lightroom/stamp.lrplugin/Command.lua": r'"--\w[\w-]*"',
        "macos/quick-action.sh": r"stamp embed.*",
        "windows/send-to-stamp.cmd": r"stamp embed.*",
    }
    for name, pattern in calls.items():
        text = (FOLDER / name).read_text("utf-8")
        used = {option for call in re.findall(pattern, text) for option in re.findall(r"--\w[\w-]*", call)}
        assert used, name
        assert used <= known, name


def test_the_action_marks_with_a_key_that_is_gone_afterwards(tmp_path: Path) -> None:
    body = (
        f"printf '%s\\n' \"$@\" > '{tmp_path}/called'\n"
        f"cp \"$3\" '{tmp_path}/key' && ls -l \"$3\" > '{tmp_path}/mode'"
    )
    program(tmp_path, "stamp", body)
    path = f"{tmp_path}:{os.environ['PATH']}"
    common = {"PATH": path, "REQUIRE": "", "TMPDIR": str(tmp_path), "COPYRIGHT": "© $(id)"}
    script = FOLDER / "github-action" / "run.sh"
    sources = "in/a b.jpg\n\n  \n$(touch pwned).jpg\n"
    done = run("bash", script, SOURCES=sources, OUTPUT="out", KEY="secret", **common)
    assert (done.returncode, done.stderr) == (0, "")
    called = (tmp_path / "called").read_text().splitlines()
    assert called[:2] == ["embed", "--key-file"]
    assert called[3:] == [
        *("--no-catalogue", "--copyright", "© $(id)", "-o", "out/", "--"),
        *("in/a b.jpg", "$(touch pwned).jpg"),
    ]
    assert (tmp_path / "key").read_text() == "secret\n"
    assert (tmp_path / "mode").read_text().startswith("-rw-------")
    assert not Path(called[2]).exists()
    assert run("bash", script, SOURCES=sources, OUTPUT="out", KEY="", **common).returncode == 2


def test_the_action_checks_notices_where_nothing_is_marked(tmp_path: Path) -> None:
    program(tmp_path, "stamp", 'printf "%s\\n" "$@"; exit 1')
    path = f"{tmp_path}:{os.environ['PATH']}"
    given = {"OUTPUT": "", "KEY": "", "COPYRIGHT": "", "REQUIRE": "copyright_notice\ncreators", "PATH": path}
    done = run("bash", FOLDER / "github-action" / "run.sh", SOURCES="photos", **given)
    wanted = ["show", "--quiet", "--require", "copyright_notice", "--require", "creators", "--", "photos"]
    assert (done.returncode, done.stdout.splitlines()) == (1, wanted)


def test_the_quick_action_shows_what_went_wrong(tmp_path: Path) -> None:
    program(tmp_path, "stamp", "echo 'it is \"not\" a photo' >&2; exit 3")
    program(tmp_path, "osascript", f"printf '%s\\n' \"$@\" > '{tmp_path}/said'")
    script = (FOLDER / "macos" / "quick-action.sh").read_text().replace("$HOME/.local/bin", str(tmp_path))
    (tmp_path / "action.sh").write_text(script)
    done = run("sh", tmp_path / "action.sh", "a b.jpg")
    assert done.returncode == 1
    assert (tmp_path / "said").read_text().splitlines()[-1] == 'it is "not" a photo'


def test_the_hook_fails_without_a_notice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    (entry,) = re.findall(r"^  entry: stamp (.*)$", hook, re.MULTILINE)
    (pattern,) = re.findall(r"^  files: (.*)$", hook, re.MULTILINE)
    assert re.search(pattern, "photos/A.JPG")
    assert not re.search(pattern, "docs/a.md")
    paint(tmp_path / "a.jpg", size=(160, 120))
    assert main([*entry.split(), str(tmp_path / "a.jpg")]) == 1
    assert "a.jpg: the notice lacks copyright_notice" in capsys.readouterr().err
    key = ("--no-watermark", "--in-place", "--copyright", "© A")
    assert main(["embed", *key, str(tmp_path / "a.jpg")]) == 0
    assert main([*entry.split(), str(tmp_path / "a.jpg")]) == 0


def test_files_for_windows_have_its_line_ends_and_scripts_may_be_run() -> None:
    text = (FOLDER / "windows" / "send-to-stamp.cmd").read_bytes()
    assert text.count(b"\r\n") == text.count(b"\n") > 10
    assert stat.S_IMODE((FOLDER / "github-action" / "run.sh").stat().st_mode) & 0o400
