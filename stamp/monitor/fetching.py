"""Fetch files from the web, politely, and from anybody without harm.

Only http and https; only from addresses of the public network, which are looked at after the name was
resolved, and the connection is made to the address that was looked at; at most five redirects, each of which
passes the same checks; no more bytes, no longer, and nothing else than asked for; robots.txt is obeyed, and
there are pauses between requests to one host.
"""

from __future__ import annotations

import base64
import shutil
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from functools import cached_property
from http.client import HTTPException
from pathlib import Path
from socket import create_connection, gaierror, socket
from tempfile import mkdtemp
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass
from urllib.robotparser import RobotFileParser

from .._version import __version__
from ..core.errors import MediaError
from .addresses import is_public, resolved
from .pace import Pace
from .wire import Allowance, Answer, TooMuch, asking

AGENT = f"stamp/{__version__} (looks for copies of its user's works)"
LONGEST_URL = 2000  # characters
_REDIRECTS = 5
_CONNECTING = 10.0  # seconds for one address
_ROBOTS = 500 * 1024  # bytes that RFC 9309, section 2.5 asks to read
_SKIPPED = 1 << 16  # bytes of the body of a redirect that are kept
_MOVED = (301, 302, 303, 307, 308)
_BUSY = (429, 503)
_MEDIA = ("image/", "video/", "audio/", "application/ogg", "application/octet-stream", "binary/octet-stream")
_KEPT = "%/:=&?~#+!$,;'@()*[]"


@dataclass(frozen=True)
class Manners:
    """How files are fetched.

    pause : seconds between two requests to one host. most : bytes of a file. seconds : that one may take,
    redirects and all. private : also from hosts whose addresses are not of the public network, if these are
    asked for themselves: a redirect to another one is refused.
    """

    pause: float = 2.0
    most: int = 256 << 20
    seconds: float = 120.0
    private: bool = False


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, as they were sent.

    address : that was connected to; None behind a proxy. raw : the file with the answer. whole : whether that
    is all of it. body_sha256 : of its body, where that was read and is as it was sent.
    """

    url: str
    at: datetime
    address: str | None
    request: bytes
    raw: Path
    whole: bool = True
    body_sha256: str | None = None


@dataclass(frozen=True)
class Fetched:
    """A file that was fetched. url : where it was in the end. version : its ETag, else its date. folder :
    has it, and what belongs to it; whoever has it removes it."""

    url: str
    path: Path
    folder: Path
    version: str | None
    exchanges: tuple[Exchange, ...]


class _Refused(Exception):
    """Why a file is not fetched, in words that follow its URL."""


@dataclass
class Fetcher:
    """Fetches files, each into a folder of its own below `folder`."""

    folder: Path
    manners: Manners = field(default_factory=Manners)

    def __post_init__(self) -> None:
        self.pace = Pace(self.manners.pause)
        self._rules: dict[str, RobotFileParser | str] = {}
        self._here, self._listed = self.folder, ""
        self._count = 0

    def fetch(self, url: str, version: str | None = None) -> Fetched | None:
        """Return a file; None where it is still of the version that is known.

        Raises MediaError, which names the URL, for all that is wrong with it.
        """
        self._here = Path(mkdtemp(dir=self.folder))
        made = None
        try:
            made = self._fetch(url, version)
        except (_Refused, TooMuch, ValueError, OSError, HTTPException) as error:
            raise MediaError(f"{url[:LONGEST_URL]}: {_reason(error)}") from error
        finally:
            if made is None:
                shutil.rmtree(self._here, ignore_errors=True)
        return made

    def _fetch(self, url: str, version: str | None) -> Fetched | None:
        allowance = Allowance(self.manners.most, time.monotonic() + self.manners.seconds)
        exchanges: list[Exchange] = []
        target, self._listed = url, str(_split(url).hostname)
        for _ in range(1 + _REDIRECTS):
            parts = _split(target)
            target = _canonical(parts)
            self._addresses(parts, needed=_proxy(parts) is None)
            if not self._allowed(parts, target):
                raise _Refused(f"robots.txt of {parts.hostname} asks programs not to fetch it")
            self._wait(parts, allowance)
            with self._asking(parts, target, version, allowance) as (answer, exchange):
                if answer.status in _MOVED and (moved := answer.headers.get("Location")):
                    whole = answer.skip(_SKIPPED)
                    exchanges.append(_with(exchange, whole=whole))
                    target = urljoin(target, moved)
                    continue
                if answer.status == 304 and version:
                    return None
                self._check(answer, parts)
                path = self._place("file")
                answer.save(path)
            encoded = "Transfer-Encoding" in answer.headers  # then the body is in pieces
            exchanges.append(_with(exchange, body_sha256=None if encoded else answer.sent_sha256))
            return Fetched(target, path, self._here, _version(answer.headers), tuple(exchanges))
        raise _Refused(f"is redirected more than {_REDIRECTS} times")

    def _check(self, answer: Answer, parts: SplitResult) -> None:
        """Refuse what is no file, before it is read."""
        if answer.status in _BUSY:
            wait = answer.headers.get("Retry-After", "")
            self.pace.slow_down(_host(parts), float(wait) if wait.isdecimal() else 2 * self.manners.pause)
        if answer.status != 200:
            raise _Refused(f"the server answers {answer.status} {answer.reason}".rstrip())
        kind = answer.headers.get_content_type() if "Content-Type" in answer.headers else _MEDIA[0]
        if not kind.startswith(_MEDIA):
            raise _Refused(f"is no photo, clip or song but {kind[:80]}")
        length = answer.headers.get("Content-Length", "")
        if length.isdecimal() and int(length) > self.manners.most:
            raise _Refused(f"is larger than {self.manners.most:,} bytes")

    def _wait(self, parts: SplitResult, allowance: Allowance) -> None:
        """Wait for the host's turn, which is not counted as time that it takes."""
        began = time.monotonic()
        self.pace.wait(_host(parts))
        allowance.until += time.monotonic() - began

    def _allowed(self, parts: SplitResult, url: str) -> bool:
        """Whether robots.txt lets a URL be fetched (RFC 9309): where there is none it does, where it cannot
        be had it does not."""
        origin = f"{parts.scheme}://{_named(parts)}"
        if origin not in self._rules:
            try:
                self._rules[origin] = rules = RobotFileParser()
                rules.parse(self._robots(f"{origin}/robots.txt").splitlines())
                if (delay := rules.crawl_delay(AGENT)) is not None:
                    self.pace.slow_down(_host(parts), float(delay))
            except (_Refused, TooMuch, ValueError, OSError, HTTPException) as error:
                self._rules[origin] = f"its robots.txt {_reason(error)}"
        found = self._rules[origin]
        if isinstance(found, str):
            raise _Refused(found)
        return found.can_fetch(AGENT, url)

    def _robots(self, url: str) -> str:
        allowance = Allowance(_ROBOTS, time.monotonic() + min(30.0, self.manners.seconds))
        path = self._place("robots")
        for _ in range(1 + _REDIRECTS):
            parts = _split(url)
            self._wait(parts, allowance)
            with self._asking(parts, _canonical(parts), None, allowance) as (answer, _):
                if answer.status in _MOVED and (moved := answer.headers.get("Location")):
                    url = urljoin(url, moved)
                    continue
                if answer.status >= 500:
                    raise _Refused(f"cannot be read: the server answers {answer.status}")
                if answer.status != 200:
                    return ""
                with suppress(TooMuch):
                    answer.save(path)
                return path.read_text(encoding="utf-8", errors="replace")
        return ""

    @contextmanager
    def _asking(
        self, parts: SplitResult, url: str, version: str | None, allowance: Allowance
    ) -> Iterator[tuple[Answer, Exchange]]:
        """Ask for a URL. Gives the answer, and what is written down of it."""
        proxy = _proxy(parts)
        addresses = self._addresses(parts, needed=proxy is None)
        secret: list[tuple[str, str]] = []
        if proxy is None:
            connection, address = _connected(addresses, _port(parts), allowance)
        else:
            (connection, _), address = _connected([str(proxy.hostname)], _port(proxy), allowance), None
            secret = _credentials(proxy)
        with connection:
            if parts.scheme == "https":
                if proxy is not None:
                    self._tunnel(connection, parts, secret, allowance)
                secret = []
                connection.settimeout(allowance.left())
                connection = self._tls.wrap_socket(connection, server_hostname=parts.hostname)
            asked = _path(parts)
            if proxy is not None and parts.scheme == "http":
                asked = f"http://{_named(parts)}{asked}"
            kept = [("Host", _named(parts)), *_headers(version), ("Connection", "close")]
            raw = self._place("answer")
            exchange = Exchange(url, datetime.now(UTC), address, _request("GET", asked, kept), raw)
            with (
                connection,
                asking(connection, _request("GET", asked, [*kept, *secret]), raw, allowance) as answer,
            ):
                yield answer, exchange

    def _addresses(self, parts: SplitResult, *, needed: bool) -> list[str]:
        """The addresses of a host, all of which may be fetched from."""
        try:
            found = resolved(str(parts.hostname), _port(parts))
        except (gaierror, UnicodeError) as error:
            if not needed:  # only the proxy knows the names, and whom it lets in
                return []
            raise _Refused(f"the host {parts.hostname} is not known") from error
        mine = self.manners.private and parts.hostname == self._listed
        bad = [] if mine else [each for each in found if not is_public(each)]
        if bad:
            remedy = "" if self.manners.private else "; `private=True` fetches from there"
            raise _Refused(f"leads to {bad[0]}, which is no public address{remedy}")
        return found

    def _tunnel(
        self, connection: socket, parts: SplitResult, secret: list[tuple[str, str]], allowance: Allowance
    ) -> None:
        """Have a proxy connect to the host of a URL."""
        place = f"{_bracketed(parts)}:{_port(parts)}"
        request = _request("CONNECT", place, [("Host", place), *secret])
        with asking(connection, request, self._place("tunnel"), allowance, "HEAD") as answer:
            if answer.status != 200:
                raise _Refused(f"the proxy answers {answer.status} {answer.reason}")

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()

    def _place(self, name: str) -> Path:
        self._count += 1
        return self._here / f"{self._count}.{name}"


def _split(url: str) -> SplitResult:
    """The parts of a URL that can be fetched. Raises _Refused, ValueError."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _Refused("is no URL of http or https")
    if len(url) > LONGEST_URL:
        raise _Refused(f"is longer than {LONGEST_URL:,} characters")
    return parts._replace(netloc=parts.netloc.rpartition("@")[2])  # no names and passwords of others


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _host(parts: SplitResult) -> str:
    return f"{parts.hostname}:{_port(parts)}"


def host_of(url: str) -> str:
    """Return what the pauses between requests are counted by; "" of what is no URL."""
    try:
        return _host(_split(url))
    except (ValueError, _Refused):
        return ""


def _bracketed(parts: SplitResult) -> str:
    host = str(parts.hostname)
    return f"[{host}]" if ":" in host else host.encode("idna").decode()


def _named(parts: SplitResult) -> str:
    return _bracketed(parts) + (f":{parts.port}" if parts.port else "")


def _path(parts: SplitResult) -> str:
    query = f"?{parts.query}" if parts.query else ""
    return quote((parts.path or "/") + query, safe=_KEPT)


def _canonical(parts: SplitResult) -> str:
    """The URL as it is asked for: ASCII, without names, passwords and fragments."""
    return f"{parts.scheme}://{_named(parts)}{_path(parts)}"


def _reason(error: Exception) -> str:
    """What is wrong, in words that follow a URL."""
    if isinstance(error, (_Refused, TooMuch, ValueError)):
        return str(error)
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return f"cannot be fetched ({' '.join(str(reason).split())[:200]})"


def _headers(version: str | None) -> list[tuple[str, str]]:
    found = [("User-Agent", AGENT), ("Accept", "image/*, video/*, audio/*"), ("Accept-Encoding", "identity")]
    if version:
        is_tag = version.endswith('"')
        found.append(("If-None-Match" if is_tag else "If-Modified-Since", version))
    return found


def _version(headers: Message) -> str | None:
    """What the server calls this state of a file, if that can be sent back to it."""
    for name in ("ETag", "Last-Modified"):
        value = headers.get(name, "").strip()
        if value and len(value) < 500 and value.isascii() and value.isprintable():
            return str(value)
    return None


def _request(method: str, target: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
    if any(not line.isprintable() for line in lines):
        raise _Refused("has control characters in it")
    return "\r\n".join(lines).encode("ascii")


def _proxy(parts: SplitResult) -> SplitResult | None:
    """The proxy that the environment names for a URL."""
    given = getproxies().get(parts.scheme)
    if not given or proxy_bypass(_named(parts)):
        return None
    proxy = urlsplit(given if "://" in given else f"http://{given}")
    if proxy.scheme != "http" or not proxy.hostname:
        raise _Refused(f"the proxy {proxy.scheme}://{proxy.hostname} cannot be used: only http:// can")
    return proxy


def _credentials(proxy: SplitResult) -> list[tuple[str, str]]:
    if proxy.username is None:
        return []
    pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return [("Proxy-Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}")]


def _connected(addresses: list[str], port: int, allowance: Allowance) -> tuple[socket, str]:
    """A connection to the first of some addresses that takes one."""
    problem: OSError = OSError("it has no address")
    for address in addresses:
        try:
            return create_connection((address, port), min(_CONNECTING, allowance.left())), address
        except OSError as error:
            problem = error
    raise problem


def _with(exchange: Exchange, *, whole: bool = True, body_sha256: str | None = None) -> Exchange:
    return Exchange(
        exchange.url, exchange.at, exchange.address, exchange.request, exchange.raw, whole, body_sha256
    )
