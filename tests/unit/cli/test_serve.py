"""`stamp serve`: from the command line to the first answer."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import Runner


@pytest.mark.slow
def test_it_prints_an_address_answers_there_and_ends_when_it_is_interrupted(
    command: Callable[..., Any], media: Path, key_file: Path, tmp_path: Path
) -> None:
    place = tmp_path / "c.sqlite"
    process = command("serve", "--port", "0", "--catalogue", place, "-j", "1")
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        with httpx.Client(follow_redirects=True, timeout=60) as client:
            page = client.get(url)
            assert page.status_code == 200
            assert "server" not in page.headers
            reply = client.post(
                f"{url.partition('?')[0]}api/detect", content=(media / "marked.jpg").read_bytes()
            )
            assert reply.json()["results"][0]["words"]["verdict"] == "ours"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()
    assert place.is_file()


def test_a_key_is_shown_once(stamp: Runner, elsewhere: Path) -> None:
    made = stamp("serve", "--access", "access.toml", "--new-key", "newsroom", "--role", "analyst")
    assert made.code == 0
    assert made.out.startswith("stamp_")
    assert made.out.strip() not in Path("access.toml").read_text()
    said = json.loads(stamp("serve", "--access", "access.toml", "--new-key", "desk", "--json").out)
    assert (said["schema"], said["results"][0]["role"]) == ("stamp.serve/1", "viewer")
    assert stamp("serve", "--access", "access.toml", "--new-key", "desk").code == 3
    assert stamp("serve", "--new-key", "desk").code == 2


def test_what_cannot_be_served_is_said(stamp: Runner, key_file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        busy = stamp("serve", "--port", port, "--catalogue", "none")
    assert busy.code == 3
    assert f"cannot listen on 127.0.0.1, port {port}" in busy.err
    half = stamp("serve", "--auth-header", "X-User", "--catalogue", "none")
    assert half.code == 3
    assert "--trusted-proxy" in half.err
    wrong = stamp("serve", "--access", "nothing.toml", "--port", "0", "--catalogue", "none")
    assert (wrong.code, "nothing.toml" in wrong.err) == (3, True)
