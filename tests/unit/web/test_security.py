"""The rules of the service: who may ask, whence, how much, and what one file can do to the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from stamp.core.errors import ArgumentError
from stamp.web import uploads
from stamp.web.settings import Settings
from stamp.web.uploads import Uploads

from .conftest import Live

pytestmark = pytest.mark.slow


def post(live: Live, content: bytes | Iterator[bytes] = b"x", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.post(f"{live.base}/api/detect", content=content, headers=named, timeout=60)


def head(live: Live, length: int) -> bytes:
    """The head of a request that announces so many bytes."""
    token = live.service.credentials.token
    lines = ("POST /api/detect HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}")
    return "\r\n".join((*lines, f"Content-Length: {length}", "", "")).encode()


def test_nobody_is_let_in_without_a_token(live: Live) -> None:
    for method, path in (("GET", "/"), ("POST", "/api/detect"), ("GET", "/api/works"), ("GET", "/?token=x")):
        reply = httpx.request(method, live.base + path)
        assert (reply.status_code, reply.json()["error"]["type"]) == (401, "Unauthorized")
    assert post(live, authorization="Bearer stamp_wrong").status_code == 401
    assert post(live, cookie=f"stamp-{live.port}={live.service.credentials.token}").status_code == 401


def test_the_token_is_swapped_for_a_cookie_that_no_script_and_no_other_site_has(live: Live) -> None:
    reply = httpx.get(live.url + "&lang=ru")
    assert (reply.status_code, reply.headers["location"]) == (303, "/?lang=ru")
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert live.service.credentials.token not in cookie
    assert httpx.get(live.base, headers=live.session).status_code == 200


def test_a_name_that_points_here_is_refused(live: Live) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "localhost.evil.example:80"):
        reply = httpx.get(live.base, headers=live.session | {"host": host})
        assert reply.status_code == 400
    for host in ("localhost:1", "LOCALHOST", "[::1]:8321"):
        assert httpx.get(live.base, headers=live.session | {"host": host}).status_code == 200


def test_pages_of_other_sites_ask_in_vain(live: Live) -> None:
    session = live.session["cookie"]
    assert post(live, cookie=session, origin="https://evil.example").status_code == 403
    assert post(live, cookie=session, origin="null").status_code == 403
    for site in ("cross-site", "same-site"):
        assert post(live, cookie=session, sec_fetch_site=site).status_code == 403
    assert post(live, cookie=session, origin=live.base, sec_fetch_site="same-origin").status_code == 422
    preflight = httpx.options(
        f"{live.base}/api/detect",
        headers={"origin": "https://evil.example", "access-control-request-method": "POST"},
    )
    assert not [name for name in preflight.headers if name.startswith("access-control")]


@pytest.mark.parametrize("path", ["/", "/page.js", "/page.css", "/api/works", "/api/nothing", "/?token=x"])
def test_every_answer_has_the_headers(live: Live, path: str) -> None:
    for headers in ({}, live.session):
        found = httpx.get(live.base + path, headers=headers).headers
        assert found["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in found["content-security-policy"]
        assert found["x-content-type-options"] == "nosniff"
        assert found["cache-control"] == "no-store"
        assert "server" not in found or "uvicorn" in found["server"]  # `serve` switches it off


def test_the_page_takes_nothing_from_elsewhere(live: Live) -> None:
    for path in ("/", "/page.js", "/page.css"):
        text = httpx.get(live.base + path, headers=live.session).text
        assert "http://" not in text
        assert "https://" not in text
        assert "style=" not in text
        assert "innerHTML" not in text


def test_a_file_that_is_announced_too_large_is_refused_before_it_comes(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port)) as line:
        line.sendall(head(live, 3_000_000_000))
        assert line.recv(300).startswith(b"HTTP/1.1 413")
    assert live.left() == []


def test_a_file_that_comes_in_pieces_is_counted(live: Live) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(40):
            yield bytes(100_000)

    try:
        reply = post(live, pieces(), authorization=f"Bearer {live.service.credentials.token}")
        assert reply.status_code == 413
    except httpx.TransportError:
        pass  # it hung up while we were sending
    assert live.left() == []


def test_who_hangs_up_leaves_no_file(live: Live) -> None:
    with socket.create_connection(("127.0.0.1", live.port)) as line:
        line.sendall(head(live, 1_000_000) + bytes(500_000))
        until = time.monotonic() + 5
        while len(os.listdir(live.service.uploads.folder)) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        (folder,) = set(os.listdir(live.service.uploads.folder)) - {"lock"}
        assert len(folder) == 32  # at random
    assert live.left() == []
    assert live.service.workers.inside == 0


def test_a_body_that_stops_coming_is_given_up(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "_PAUSE_SECONDS", 0.3)
    with socket.create_connection(("127.0.0.1", live.port)) as line:
        line.sendall(head(live, 99) + b"x")
        assert line.recv(300).startswith(b"HTTP/1.1 408")
    assert live.left() == []


def test_a_bomb_costs_one_answer(live: Live) -> None:
    with live.client() as client:
        bomb = client.post("/api/detect", content=(live.media / "bomb.png").read_bytes())
        assert bomb.status_code == 422
        assert bomb.json()["results"][0]["error"]["type"] in ("UnsupportedFormat", "MemoryError")
        assert client.post("/api/detect", content=(live.media / "other.jpg").read_bytes()).status_code == 200


def test_a_worker_that_is_killed_costs_one_answer(live: Live) -> None:
    photo, replies = (live.media / "other.jpg").read_bytes(), []

    def ask() -> None:
        with live.client() as client:
            replies.append(client.post("/api/detect", content=photo))

    ask()  # so that there are workers
    before = len(multiprocessing.active_children())
    assert before >= 1
    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.05)
    killed = multiprocessing.active_children()[0].pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    for thread in threads:
        thread.join()
    codes = sorted(reply.status_code for reply in replies)
    assert codes.count(200) >= 4
    failed = [reply for reply in replies if reply.status_code != 200]
    assert all(reply.json()["results"][0]["error"]["type"] == "WorkerDied" for reply in failed)
    assert live.left() == []


def test_more_than_fit_are_sent_away(live: Live) -> None:
    with live.client() as client:
        live.service.workers.inside += 8
        try:
            reply = client.post("/api/detect", content=b"x")
        finally:
            live.service.workers.inside -= 8
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "10")


def test_who_asks_too_often_waits(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live.service.allowance, "wait", lambda name: 2.5 if name == "a viewer" else 0)
    with live.client("viewer") as client:
        reply = client.post("/api/detect", content=b"x")
        assert (reply.status_code, reply.headers["retry-after"]) == (429, "3")
        assert client.get("/api/works").status_code == 200
        for route in ("match", "check", "evidence/verify"):
            assert client.post(f"/api/{route}", content=b"x").status_code == 429
    monkeypatch.setattr(live.service.allowance, "wait", lambda name: 2.5 if name == "a analyst" else 0)
    with live.client("analyst") as client:
        assert client.post("/api/evidence?find=1").status_code == 429
    with live.client() as client:
        assert client.post("/api/detect", content=b"x").status_code == 422


def test_no_upload_is_ever_served_back(live: Live) -> None:
    html = b"\xff\xd8\xff\xe0<script>alert(1)</script>"
    with live.client() as client:
        reply = client.post("/api/detect?picture", content=html)
    assert "alert" not in reply.text
    assert "picture" not in reply.json()["results"][0]
    assert reply.headers["content-type"] == "application/json"


def test_a_header_is_believed_of_a_proxy_that_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="--trusted-proxy"):
        Settings(keys=(object(),), catalogue=None, user="a", header="X-User")  # type: ignore[arg-type]


def test_folders_of_services_that_were_killed_are_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads.tempfile, "tempdir", str(tmp_path))
    left, other = tmp_path / "stamp-serve-left", tmp_path / "stamp-serve-no-lock"
    left.mkdir()
    other.mkdir()
    (left / "lock").touch()
    (left / "upload").touch()
    running = Uploads(1)
    second = Uploads(1)
    assert not left.exists()
    assert other.exists()
    assert running.folder.exists()
    assert running.folder.stat().st_mode & 0o077 == 0
    running.close()
    second.close()
    assert not running.folder.exists()


def test_who_hangs_up_while_it_is_worked_on_leaves_no_file_and_gives_up_the_place(live: Live) -> None:
    photo = (live.media / "other.jpg").read_bytes()
    with socket.create_connection(("127.0.0.1", live.port)) as line:
        line.sendall(head(live, len(photo)) + photo)
        time.sleep(0.1)
    assert live.left() == []
    until = time.monotonic() + 5
    while live.service.workers.inside and time.monotonic() < until:
        time.sleep(0.05)
    assert live.service.workers.inside == 0
