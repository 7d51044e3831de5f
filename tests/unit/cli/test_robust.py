"""Outputs are whole or absent, whatever ends the run; and the command behaves among other programs."""

from __future__ import annotations

import fcntl
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import stamp as package
from stamp.jobs.demo import paint

from .conftest import PAYLOAD, Runner, digests, receipts

Start = Callable[..., "subprocess.Popen[str]"]
DEADLINE = 60.0  # seconds; only a hang comes near it


@pytest.fixture
def many(elsewhere: Path) -> Path:
    """A folder that takes long enough to be interrupted."""
    folder = Path("many")
    folder.mkdir()
    paint(folder / "00.jpg", size=(800, 600))
    for number in range(1, 12):
        (folder / f"{number:02}.jpg").write_bytes((folder / "00.jpg").read_bytes())
    return folder


def wait_for(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert process.poll() is None, "it ended before that"
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def finished(folder: Path) -> dict[str, str]:
    return {name: digest for name, digest in digests(folder).items() if not name.endswith(".stamp-tmp")}


def temporary(folder: Path) -> list[Path]:
    return list(folder.rglob("*.stamp-tmp"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "whole_group"), [(signal.SIGINT, True), (signal.SIGTERM, False)], ids=["Ctrl-C", "SIGTERM"]
)
def test_an_interrupt_leaves_whole_files_and_resume_goes_on(
    number: signal.Signals, whole_group: bool, command: Start, stamp: Runner, many: Path, key_file: Path
) -> None:
    out = Path("out")
    before = digests(many)
    arguments = ("embed", many, "-o", out, "--payload", PAYLOAD, "-j", "2")
    process = command(*arguments)
    wait_for(lambda: finished(out), process)
    (os.killpg if whole_group else os.kill)(process.pid, number)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert temporary(out) == []
    done = digests(out)
    assert 0 < len(done) < 12
    result = stamp(*arguments, "--resume", "--json")
    assert result.code == 0, result.err
    assert sum(entry["resumed"] for entry in result.entries) == len(done)
    after = digests(out)
    assert len(after) == 12
    assert len(set(after.values())) == 1  # twelve copies of one photo: whole means equal
    assert digests(many) == before


@pytest.mark.slow
def test_ctrl_c_again_and_again(command: Start, many: Path, key_file: Path) -> None:
    process = command("embed", many, "-o", "out", "-j", "2")
    wait_for(lambda: Path("out").is_dir() and finished(Path("out")), process)
    while process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode in (130, -signal.SIGINT)  # a shell calls both 130
    assert "Traceback" not in err
    assert temporary(Path("out")) == []


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="needs SIGHUP")
@pytest.mark.parametrize("ignored", [False, True], ids=["terminal closed", "nohup"])
def test_a_terminal_that_is_closed(ignored: bool, command: Start, many: Path, key_file: Path) -> None:
    def start() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN if ignored else signal.SIG_DFL)

    out = Path("out")
    process = command("embed", many, "-o", out, "-j", "2", preexec_fn=start)
    wait_for(lambda: finished(out) and temporary(out), process)
    os.killpg(process.pid, signal.SIGHUP)
    _, err = process.communicate(timeout=DEADLINE)
    assert "Traceback" not in err
    assert process.returncode == (0 if ignored else 130)
    assert (len(digests(out)) == 12) == ignored
    assert temporary(out) == []


@pytest.mark.slow
def test_a_service_manager_that_ends_all_processes_at_once(
    command: Start, many: Path, key_file: Path
) -> None:
    out = Path("out")
    process = command("embed", many, "-o", out, "-j", "2")
    wait_for(lambda: finished(out) and temporary(out), process)
    os.killpg(process.pid, signal.SIGTERM)
    _, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, "Traceback" in err) == (130, False)
    assert temporary(out) == []


@pytest.mark.slow
def test_a_kill_leaves_whole_files_and_resume_goes_on(
    command: Start, stamp: Runner, many: Path, key_file: Path
) -> None:
    out = Path("out")
    arguments = ("embed", many, "-o", out, "--payload", PAYLOAD, "-j", "2")
    process = command(*arguments)
    wait_for(lambda: finished(out) and temporary(out), process)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=DEADLINE)
    result = stamp(*arguments, "--resume", "--json")
    assert result.code == 0, result.err
    after = finished(out)
    assert len(after) == 12
    assert len(set(after.values())) == 1


@pytest.mark.slow
@pytest.mark.parametrize("in_place", [False, True])
def test_a_full_disk(in_place: bool, command: Start, photo: Path, key_file: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    before = digests(Path())
    process = command("embed", photo, *(["--in-place"] if in_place else []), preexec_fn=limit)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 3
    assert out == ""
    assert "cannot be written" in err
    assert "Traceback" not in err
    assert digests(Path()) == before


@pytest.mark.slow
def test_a_worker_that_dies_costs_one_file(
    command: Start, many: Path, key_file: Path, elsewhere: Path
) -> None:
    process = command("embed", many, "-o", "out", "-j", "2", "--json")
    wait_for(lambda: Path("out").is_dir() and temporary(Path("out")), process)
    threads = Path(f"/proc/{process.pid}/task").iterdir()
    children = [pid for thread in threads for pid in (thread / "children").read_text().split()]
    workers = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(int(workers[0]), signal.SIGKILL)
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 3, err
    assert out.count('"status": "error"') == 1
    assert out.count('"type": "WorkerDied"') == 1
    assert "SIGKILL" in err
    assert len(finished(Path("out"))) == 11
    assert temporary(Path("out")) == []


def test_resume_tidies_up_after_runs_that_were_killed(stamp: Runner, photo: Path, key_file: Path) -> None:
    Path("out").mkdir()
    old, new, other = (
        Path("out", name)
        for name in (f".a.jpg.{7:012x}.stamp-tmp", f".b.jpg.{8:012x}.stamp-tmp", ".c.stamp-tmp")
    )
    for path in (old, new, other):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    with open(new, "rb") as held:  # as its writer would
        fcntl.flock(held, fcntl.LOCK_EX)
        assert stamp("embed", photo, "-o", "out", "--resume").code == 0
    assert sorted(Path("out").iterdir()) == [new, other, Path("out/photo.jpg")]
    assert stamp("embed", photo, "-o", "out", "--resume").code == 0
    assert sorted(Path("out").iterdir()) == [other, Path("out/photo.jpg")]


@pytest.mark.slow
def test_nobody_reads_the_output(command: Start, media: Path, key_file: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    process = command("detect", media / "marked.jpg", stdout=write)
    os.close(write)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 3
    assert err == ""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_results_that_cannot_be_written(command: Start, media: Path, key_file: Path) -> None:
    with open("/dev/full", "w") as full:
        process = command("detect", media / "marked.jpg", stdout=full)
        _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 3
    assert "cannot write the results" in err
    assert "Traceback" not in err
    assert "internal" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_error_that_cannot_be_written_is_no_crash(command: Start, photo: Path) -> None:
    with open("/dev/full", "w") as full:
        process = command("detect", photo, "--key-file", "no.key", "--json", stdout=full)
        _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 3
    assert "no.key" in err
    assert "Traceback" not in err


@pytest.mark.slow
def test_an_interrupted_run_tells_what_is_done(command: Start, many: Path, key_file: Path) -> None:
    arguments = ("embed", many, "-o", "out", "--credit", "A", "--receipt", "r.json", "--json")
    process = command(*arguments)
    wait_for(lambda: Path("out").is_dir() and len(finished(Path("out"))) > 1, process)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130
    document = json.loads(out)
    assert document["error"]["type"] == "Interrupted"
    assert 1 <= len(document["results"]) < 12
    told = {entry["output"]: entry["receipt"] for entry in receipts("r.json")}
    assert told.items() >= {entry["output"]: entry["receipt"] for entry in document["results"]}.items()
    assert temporary(Path()) == []


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("embed", "photo.jpg", "missing.jpg"), 3),
        (("embed", "photo.jpg", "--no-metadata"), 0),
        (("embed", "photo.jpg", "--strength", "no"), 2),
        (("bogus",), 2),
        (("detect", "missing.jpg"), 3),
    ],
)
def test_news_that_cannot_be_told_change_nothing(
    command: Start, photo: Path, key_file: Path, arguments: tuple[str, ...], code: int
) -> None:
    with open("/dev/full", "w") as full:
        process = command(*arguments, stderr=full)
        process.communicate(timeout=DEADLINE)
    assert process.returncode == code
    assert Path("photo.stamped.jpg").exists() == ("photo.jpg" in arguments and code != 2)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="no shell to close a stream with")
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams(media: Path, photo: Path, key_file: Path, closed: str) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        line = f'"{sys.executable}" -m stamp "$@" {closed}'
        environment = os.environ | {"PYTHONPATH": str(Path(package.__file__).parents[1])}
        return subprocess.run(
            ["sh", "-c", line, "sh", *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE,
        )

    embedded = run("embed", "photo.jpg", "missing.jpg", "--json")
    assert embedded.returncode == 3
    assert "Traceback" not in embedded.stderr
    if ">&-" not in closed.split():
        statuses = [entry["status"] for entry in json.loads(embedded.stdout)["results"]]
        assert statuses == ["stamped", "error"]
    found = run("detect", "photo.stamped.jpg")
    assert (found.returncode, found.stderr) == (0, "")


def test_a_terminal_that_knows_only_ascii(command: Start, photo: Path, key_file: Path) -> None:
    environment = {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C"}
    process = command(
        "embed", photo, "--no-watermark", "--copyright", "© Zoë", "-o", "zoë.jpg", env=environment
    )
    out, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 0, err
    assert out.startswith(r"zo\xeb.jpg:")


@pytest.mark.slow
def test_the_bar_is_on_the_terminal_and_the_results_in_the_pipe(
    command: Start, folder: Path, key_file: Path
) -> None:
    ours, theirs = os.openpty()
    environment = {"TERM": "xterm", "COLUMNS": "120"}
    process = command("embed", folder, "-o", "out", stderr=theirs, env=environment)
    os.close(theirs)
    shown = b""
    try:
        while chunk := os.read(ours, 65536):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert process.stdout
    lines = process.stdout.read().splitlines()
    process.stdout.close()
    assert process.wait(timeout=DEADLINE) == 0
    assert b"files/s" in shown
    assert b"4/4" in shown
    assert [line.split(":")[0] for line in lines] == [
        f"out/{name}" for name in ("a.jpg", "b.JPG", "deep/c.jpeg", "deep/d.jpg")
    ]


@pytest.mark.slow
def test_no_bar_without_a_terminal(command: Start, folder: Path, key_file: Path) -> None:
    process = command("embed", folder, "-o", "out", "--copyright", "© A")
    _, err = process.communicate(timeout=DEADLINE)
    counts = "4 marked, 4 passed over (2 hidden, 1 .stamped, 1 .txt)"
    assert (process.returncode, err) == (0, f"stamp: {counts}\n")


def test_python_m_stamp_and_the_entry_point_are_the_same(command: Start) -> None:
    process = command("--version")
    out, _ = process.communicate(timeout=DEADLINE)
    script = Path(sys.executable).with_name("stamp")
    if script.exists():
        assert subprocess.run([script, "--version"], capture_output=True, text=True, check=True).stdout == out
    assert out.startswith("stamp, version ")
