"""A web site on the loopback, for what fetches from others: its pages are functions, some of them hostile."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Page = Callable[[BaseHTTPRequestHandler], None]


class Site(ThreadingHTTPServer):
    """pages : path -> what answers it; others are not found. asked : how often which path was asked for.
    requests : the headers of each request, with its path as `path`."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages: dict[str, Page] = {}
        self.asked: Counter[str] = Counter()
        self.requests: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of those who hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.close_connection = True
        self.server.asked[self.path] += 1
        self.server.requests.append({**{k.lower(): v for k, v in self.headers.items()}, "path": self.path})
        page = self.server.pages.get(self.path)
        if page is None:
            sent(b"", "text/plain", status=404)(self)
        else:
            page(self)

    def do_CONNECT(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


def sent(content: bytes, kind: str = "image/jpeg", status: int = 200, **headers: str) -> Page:
    """Return a page that answers with this; of names of headers `_` is written as `-`."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if "Transfer_Encoding" not in headers:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def moved(target: str) -> Page:
    """Return a page that is elsewhere."""
    return sent(b"it has moved", "text/plain", 302, Location=target)


def endless(piece: bytes, pause: float = 0.0, most: float = 20.0) -> Page:
    """Return a page that never ends, in pieces with pauses of so many seconds between them; after `most`
    seconds it does, for a test that fails."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n")
        over = threading.Event()
        for _ in range(int(most / pause) if pause else 1 << 20):
            handler.wfile.write(piece)
            if pause:
                over.wait(pause)

    return answer


@contextmanager
def site() -> Iterator[Site]:
    """Give a site that answers until it is left."""
    made = Site()
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.shutdown()
        made.server_close()
        thread.join(5)
