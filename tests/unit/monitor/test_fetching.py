"""Files are fetched politely, and what a hostile server does is said in a line."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from stamp.core.errors import MediaError
from stamp.monitor import fetching, pace
from stamp.monitor.addresses import is_public
from stamp.monitor.fetching import Fetcher, Manners
from tests.helpers.sites import Site, endless, moved, sent, site

from .test_pace import Clock

PHOTO = b"\xff\xd8\xff" + bytes(5000)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def pages() -> Iterator[Site]:
    with site() as made:
        made.pages["/a.jpg"] = sent(PHOTO, ETag='"one"')
        yield made


@pytest.fixture
def fetcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetcher:
    """To which 127.0.0.1, and no other address of this computer, is a public one."""
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1" or is_public(address))
    return Fetcher(tmp_path, Manners(pause=0, most=100_000, seconds=1.0))


def why(fetcher: Fetcher, url: str) -> str:
    """Why it is not fetched, behind its URL; nothing of it is left on the disk."""
    with pytest.raises(MediaError) as caught:
        fetcher.fetch(url)
    assert list(fetcher.folder.iterdir()) == []
    message = str(caught.value)
    assert message.startswith(f"{url}: ")
    return message.removeprefix(f"{url}: ")


def test_a_file_is_fetched_with_what_was_sent(pages: Site, fetcher: Fetcher) -> None:
    found = fetcher.fetch(f"{pages.url}/a.jpg")
    assert found
    assert found.path.read_bytes() == PHOTO
    assert found.version == '"one"'
    (exchange,) = found.exchanges
    assert exchange.address == "127.0.0.1"
    assert exchange.request.startswith(b"GET /a.jpg HTTP/1.1\r\nHost: 127.0.0.1")
    assert exchange.raw.read_bytes().endswith(b"\r\n\r\n" + PHOTO)
    assert pages.requests[-1]["user-agent"].startswith("stamp/")


def test_what_has_not_changed_is_not_sent(pages: Site, fetcher: Fetcher) -> None:
    pages.pages["/a.jpg"] = sent(b"", status=304)
    assert fetcher.fetch(f"{pages.url}/a.jpg", '"one"') is None
    assert pages.requests[-1]["if-none-match"] == '"one"'
    date = "Sat, 28 Nov 2026 10:00:00 GMT"
    assert fetcher.fetch(f"{pages.url}/a.jpg", date) is None
    assert pages.requests[-1]["if-modified-since"] == date
    assert list(fetcher.folder.iterdir()) == []


def test_redirects_are_followed_five_times(pages: Site, fetcher: Fetcher) -> None:
    for number in range(6):
        pages.pages[f"/{number}"] = moved(f"/{number - 1}" if number else "/a.jpg")
    found = fetcher.fetch(f"{pages.url}/4")
    assert found
    assert found.url == f"{pages.url}/a.jpg"
    assert len(found.exchanges) == 6
    assert all(each.whole for each in found.exchanges)
    fetcher = Fetcher(fetcher.folder / "second", fetcher.manners)
    fetcher.folder.mkdir()
    assert why(fetcher, f"{pages.url}/5") == "is redirected more than 5 times"


@pytest.mark.parametrize(
    "target",
    [
        *("http://127.0.0.2:1/a.jpg", "http://10.0.0.1/a.jpg", "http://[::1]:1/", "http://169.254.169.254/"),
        *("http://[::ffff:127.0.0.2]/", "http://[::ffff:10.0.0.1]/", "http://2130706434/", "http://0x7f.2/"),
    ],
)
def test_a_redirect_to_a_private_address_is_refused(pages: Site, fetcher: Fetcher, target: str) -> None:
    pages.pages["/away"] = moved(target)
    assert "which is no public address" in why(fetcher, f"{pages.url}/away")


@pytest.mark.parametrize("target", ["file:///etc/passwd", "ftp://example.org/a", "gopher://a/", "http:///a"])
def test_other_schemes_are_refused(pages: Site, fetcher: Fetcher, target: str) -> None:
    pages.pages["/away"] = moved(target)
    reason = why(fetcher, f"{pages.url}/away")
    assert reason == "is no URL of http or https" or (target == "http:///a" and "404" in reason)


def test_this_computer_is_refused_unless_it_is_allowed(pages: Site, tmp_path: Path) -> None:
    fetcher = Fetcher(tmp_path, Manners(pause=0))
    assert "127.0.0.1, which is no public address" in why(fetcher, f"{pages.url}/a.jpg")
    assert pages.asked == {}
    assert Fetcher(tmp_path, Manners(pause=0, private=True)).fetch(f"{pages.url}/a.jpg")


def test_what_is_allowed_does_not_lead_further_in(pages: Site, tmp_path: Path) -> None:
    fetcher = Fetcher(tmp_path, Manners(pause=0, private=True))
    pages.pages |= {"/same": moved("/a.jpg"), "/away": moved(f"http://127.0.0.2:{pages.server_port}/a.jpg")}
    assert "leads to 127.0.0.2, which is no public address" in why(fetcher, f"{pages.url}/away")
    assert fetcher.fetch(f"{pages.url}/same")


def test_the_connection_is_made_to_the_address_that_was_looked_at(
    pages: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([["127.0.0.1"]] * 3 + [["127.0.0.2"]] * 9)  # then the name leads elsewhere
    monkeypatch.setattr(fetching, "resolved", lambda host, port: next(answers))
    port = pages.server_port
    found = fetcher.fetch(f"http://rebound.example:{port}/a.jpg")
    assert found
    assert found.exchanges[0].address == "127.0.0.1"
    assert pages.requests[-1]["host"] == f"rebound.example:{port}"
    with pytest.raises(MediaError, match=r"127\.0\.0\.2, which is no public"):
        fetcher.fetch(found.url)


def test_a_host_with_one_private_address_is_refused(
    pages: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "resolved", lambda host, port: ["127.0.0.1", "::1"])
    assert "leads to ::1" in why(fetcher, f"http://both.example:{pages.server_port}/a.jpg")


def head_only(handler: BaseHTTPRequestHandler) -> None:
    sent(b"", Content_Length="5000")(handler)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (endless(bytes(1 << 16)), "is larger than 100,000 bytes"),
        (sent(b"", Content_Length="99999999"), "is larger than 100,000 bytes"),
        (sent(b"<p>", "text/html"), "is no photo, clip or song but text/html"),
        (sent(gzip.compress(bytes(10 << 20)), Content_Encoding="gzip"), "unpacks to more than 100,000 bytes"),
        (sent(gzip.compress(PHOTO)[:-9], Content_Encoding="gzip"), "its compression does not end"),
        (sent(PHOTO, Content_Encoding="gzip"), "is broken"),
        (sent(PHOTO, Content_Encoding="br"), "is compressed as 'br'"),
        (sent(b"", status=500), "the server answers 500"),
        (sent(b"zz\r\nnonsense", Transfer_Encoding="chunked"), "cannot be fetched"),
        (head_only, "cannot be fetched"),
        (lambda handler: handler.wfile.write(b"\0\xff nonsense\r\n\r\n"), "cannot be fetched"),
        (lambda handler: handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500), "got more than"),
        (lambda handler: None, "cannot be fetched"),
    ],
)  # fmt: skip
def test_a_hostile_answer_is_a_line(pages: Site, fetcher: Fetcher, page: object, reason: str) -> None:
    pages.pages["/bad"] = page  # type: ignore[assignment]
    said = why(fetcher, f"{pages.url}/bad")
    assert reason in said
    assert "\n" not in said
    assert fetcher.fetch(f"{pages.url}/a.jpg")


@pytest.mark.slow
@pytest.mark.parametrize("where", ["body", "headers", "robots"])
def test_a_drip_is_cut_off(pages: Site, fetcher: Fetcher, where: str) -> None:
    def dripping(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for _ in range(200):
            handler.wfile.write(b"X")
            threading.Event().wait(0.05)

    drip = endless(b"x", 0.05) if where == "body" else dripping
    pages.pages["/robots.txt" if where == "robots" else "/drip"] = drip
    began = time.monotonic()
    assert "takes too long" in why(fetcher, f"{pages.url}/drip")
    assert time.monotonic() - began < 5


def test_compressed_and_chunked_bodies_are_unpacked(pages: Site, fetcher: Fetcher) -> None:
    pages.pages["/z"] = sent(gzip.compress(PHOTO), Content_Encoding="gzip")
    found = fetcher.fetch(f"{pages.url}/z")
    assert found
    assert found.path.read_bytes() == PHOTO
    chunked = (
        b"5\r\n" + PHOTO[:5] + b"\r\n" + f"{len(PHOTO) - 5:x}\r\n".encode() + PHOTO[5:] + b"\r\n0\r\n\r\n"
    )
    pages.pages["/c"] = sent(chunked, Transfer_Encoding="chunked")
    found = fetcher.fetch(f"{pages.url}/c")
    assert found
    assert found.path.read_bytes() == PHOTO
    assert found.exchanges[0].raw.read_bytes().endswith(chunked)


def test_robots_are_obeyed(pages: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "time", clock := Clock())
    rules = b"User-agent: *\nDisallow: /\n\nUser-agent: stamp\nDisallow: /private\nCrawl-delay: 7\n"
    pages.pages["/robots.txt"] = sent(rules, "text/plain")
    pages.pages["/private/a.jpg"] = sent(PHOTO)
    pages.pages["/sly"] = moved("/private/a.jpg")
    for path in ("/private/a.jpg", "/sly"):
        assert "robots.txt of 127.0.0.1 asks programs not to fetch it" in why(fetcher, pages.url + path)
    assert fetcher.fetch(f"{pages.url}/a.jpg")
    assert clock.now >= 107
    assert pages.asked["/private/a.jpg"] == 0
    assert pages.asked["/robots.txt"] == 1


@pytest.mark.parametrize(("status", "allowed"), [(404, True), (403, True), (500, False), (503, False)])
def test_where_there_are_no_rules(pages: Site, fetcher: Fetcher, status: int, allowed: bool) -> None:
    pages.pages["/robots.txt"] = sent(b"User-agent: *\nDisallow: /", "text/plain", status)
    if allowed:
        assert fetcher.fetch(f"{pages.url}/a.jpg")
        return
    for _ in range(2):
        assert (
            why(fetcher, f"{pages.url}/a.jpg")
            == f"its robots.txt cannot be read: the server answers {status}"
        )
    assert pages.asked == {"/robots.txt": 1}


def test_a_busy_server_is_left_alone(pages: Site, fetcher: Fetcher) -> None:
    pages.pages["/busy"] = sent(b"", status=429, Retry_After="17")
    assert "429" in why(fetcher, f"{pages.url}/busy")
    assert fetcher.pace._ready[f"127.0.0.1:{pages.server_port}"] - time.monotonic() > 10


def test_a_proxy_of_the_environment_is_asked_and_its_password_is_not_kept(
    pages: Site, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:secret%21@127.0.0.1:{pages.server_port}")
    monkeypatch.setenv("https_proxy", f"http://me:secret%21@127.0.0.1:{pages.server_port}")
    monkeypatch.setattr(fetching, "resolved", lambda host, port: ["93.184.216.34"])
    pages.pages["http://photos.example/a%20b.jpg?x=1"] = sent(PHOTO)
    found = fetcher.fetch("http://who:ever@photos.example/a b.jpg?x=1#part")
    assert found
    assert pages.requests[-1]["proxy-authorization"] == "Basic bWU6c2VjcmV0IQ=="
    (exchange,) = found.exchanges
    assert exchange.address is None
    assert exchange.url == "http://photos.example/a%20b.jpg?x=1"
    assert b"Proxy" not in exchange.request
    assert b"who" not in exchange.request
    pages.pages["photos.example:443"] = sent(b"", status=403)
    with pytest.raises(MediaError, match="the proxy answers 403"):
        fetcher.fetch("https://photos.example/a.jpg")
    assert pages.requests[-1]["path"] == "photos.example:443"

    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("no such name here")

    monkeypatch.setattr(fetching, "resolved", unknown)  # only the proxy knows it
    assert fetcher.fetch("http://photos.example/a%20b.jpg?x=1")
    monkeypatch.setattr(fetching, "resolved", lambda host, port: ["10.0.0.1"])
    with pytest.raises(MediaError, match=r"10\.0\.0\.1, which is no public address"):
        fetcher.fetch("http://photos.example/a.jpg")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://", "is no URL"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://a:99999/", "Port out of range"),
        ("http://photos.example/" + "a" * 2000, "is longer than 2,000 characters"),
        ("http://no-such-host.invalid/a", "the host no-such-host.invalid is not known"),
    ],
)
def test_what_is_no_url_is_a_line(fetcher: Fetcher, url: str, reason: str) -> None:
    with pytest.raises(MediaError) as caught:
        fetcher.fetch(url)
    assert reason in str(caught.value)
