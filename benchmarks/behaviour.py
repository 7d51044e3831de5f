"""Everything that the command line does to a set of files, as hashes: what a rebuilding must leave as it is.

    python -m benchmarks.behaviour record before.json FOLDER... [-j N]
    python -m benchmarks.behaviour record after.json FOLDER... [-j N]
    python -m benchmarks.behaviour compare before.json after.json

Each file is marked with a fixed key and payload, gets a notice, loses it again, has it taken back by its
receipt, and is searched and shown. Recorded are SHA-256 of every output, the JSON, and what is said.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import multiprocessing
import os
import re
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

KEY = bytes(range(32))
PAYLOAD = "0123456789abcdef"
NOTICE = (
    "--copyright",
    "© Ada Lovelace",
    "--creator",
    "Ada Lovelace",
    "--usage-terms",
    "Ask first",
    "--no-ai",
)
_LENGTHS = ("--web-statement", "https://example.org/licence")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    record = commands.add_parser("record")
    record.add_argument("out", type=Path)
    record.add_argument("folders", type=Path, nargs="+")
    record.add_argument("-j", type=int, default=2)
    record.add_argument("--notices", action="store_true", help="leave out marks, which take most of the time")
    compare = commands.add_parser("compare")
    compare.add_argument("before", type=Path)
    compare.add_argument("after", type=Path)
    arguments = parser.parse_args()
    if arguments.command == "record":
        files = sorted(
            path for folder in arguments.folders for path in folder.resolve().rglob("*") if path.is_file()
        )
        # Large files first, so that no process is left alone with one.
        files.sort(key=lambda path: -path.stat().st_size)
        common = Path(os.path.commonpath(files))
        with multiprocessing.get_context("spawn").Pool(arguments.j, maxtasksperchild=50) as pool:
            found = {}
            record_one = partial(_recorded, marks=not arguments.notices)
            for number, (path, entry) in enumerate(pool.imap_unordered(record_one, files), 1):
                found[str(path.relative_to(common))] = entry
                print(f"\r{number} of {len(files)}", end="", file=sys.stderr)
        found["(formats)"] = _run("formats", "--json")
        arguments.out.write_text(json.dumps(found, indent=1, sort_keys=True), encoding="utf-8")
    else:
        before, after = (json.loads(path.read_text("utf-8")) for path in (arguments.before, arguments.after))
        different = 0
        for name in sorted(before | after):
            one, two = before.get(name, {}), after.get(name, {})
            for what in sorted(one | two):
                if one.get(what) != two.get(what):
                    different += 1
                    print(f"{name}: {what}\n  - {one.get(what)}\n  + {two.get(what)}")
        print(f"{len(before)} and {len(after)} files; {different} differences")
        sys.exit(different > 0)


def _recorded(path: Path, *, marks: bool) -> tuple[Path, dict[str, Any]]:
    """What each command makes of a file. The file is called `work` with its own suffix, in a folder of its
    own, so that no path differs between two runs."""
    sys.path.insert(0, os.getcwd())
    entry: dict[str, Any] = {}
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            name = f"work{path.suffix}"
            Path(name).write_bytes(path.read_bytes())
            Path("key").write_text(_key(), "ascii")
            os.chmod("key", 0o600)
            marked, noticed, plain, undone = (
                f"{what}{path.suffix}" for what in ("marked", "noticed", "plain", "undone")
            )
            mark = ("--key-file", "key", "--payload", PAYLOAD)
            # What others say is replaced, as versions before this option did unasked.
            replacing = ("--replace-rights",) if "--replace-rights" in _run("embed", "--help")["out"] else ()
            entry["show"] = _run("show", name, "--json")
            if marks:
                entry["detect"] = _run("detect", name, "--key-file", "key", "--first", "--json")
                made = _run("embed", name, "-o", marked, *mark, *NOTICE, *replacing, "--force", "--json")
                entry["embed"] = made | _hash(marked)
            if Path(marked).exists():
                entry["detect marked"] = _run("detect", marked, "--key-file", "key", "--json")
            receipt = ("--receipt", "receipt.json")
            notice = (*NOTICE, *_LENGTHS, *replacing)
            entry["notice"] = _run(
                "embed", name, "-o", noticed, "--no-watermark", *notice, *receipt, "--json"
            ) | _hash(noticed)
            if Path(noticed).exists():
                entry["show noticed"] = _run("show", noticed, "--json")
                remove, undo = _verbs()
                entry["remove"] = _run(*remove, noticed, "-o", plain, *NOTICE, "--json") | _hash(plain)
                entry["undo"] = _run(*undo("receipt.json"), noticed, "-o", undone, "--json") | _hash(undone)
                entry["undo"]["same as before"] = (
                    Path(undone).exists() and Path(undone).read_bytes() == path.read_bytes()
                )
        finally:
            os.chdir(before)
    return path, entry


def _key() -> str:
    import stamp

    with tempfile.TemporaryDirectory() as folder:
        stamp.Key(KEY, "behaviour").save(Path(folder) / "key")
        return (Path(folder) / "key").read_text("ascii")


def _verbs() -> tuple[tuple[str, ...], Any]:
    """The commands that take a notice out and bring one back, before and after they became `stamp rights`."""
    if _run("rights", "--help")["code"] == 0:
        return ("rights", "remove"), lambda receipt: ("rights", "undo", receipt)
    return ("embed", "--remove"), lambda receipt: ("embed", "--undo", receipt)


def _run(*arguments: str) -> dict[str, Any]:
    from stamp.cli import main as command

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = command(list(arguments))
    said = err.getvalue()
    text = out.getvalue()
    if "--json" in arguments:
        text = re.sub(r'"(date|sha256|folder)": "[^"]*"', r'"\1": "..."', text)
    return {"code": code, "out": text, "err": said}


def _hash(name: str) -> dict[str, Any]:
    path = Path(name)
    return {"sha256": hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None}


if __name__ == "__main__":
    main()
