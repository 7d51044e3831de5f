"""What a service says of itself to those who run it: a line a request for their log, and numbers.

Neither has a name, a payload, a score or a token in it: routes are said as openapi.json has them, and of a
file its kind, its size, how long it took and what came of it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Say = Callable[[Mapping[str, Any]], None]
"""What takes a line of the log."""
MEDIA_TYPE = CONTENT_TYPE_LATEST
_SAID = "stamp.said"  # in the scope of a request
_HUNG_UP = 499
_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)


@dataclass(frozen=True, slots=True)
class FileDone:
    """A file that was worked on. verb : what was asked for. size : bytes. verdict : what came of it, or the
    type of the error."""

    verb: str
    kind: str | None
    size: int
    seconds: float
    verdict: str


@dataclass(slots=True)
class _Said:
    """What is known of a request when it ends. id : also the subject of its event in the catalogue's log."""

    id: str = field(default_factory=lambda: secrets.token_hex(8))
    file: FileDone | None = None


class Metrics:
    """The numbers of a service, in the text format of Prometheus. inside : how many files are at work or
    wait."""

    def __init__(self, inside: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "stamp_requests", "Requests", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            *("stamp_file_seconds", "Time from the order to its result, waiting included", ("verb", "kind")),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._bytes = Counter("stamp_file_bytes", "Bytes of files", ("verb", "kind"), registry=self._registry)
        gauge = Gauge("stamp_files_inside", "Files at work or waiting", registry=self._registry)
        gauge.set_function(inside)

    def count(self, route: str, method: str, status: int, file: FileDone | None) -> None:
        """Count a request, and its file."""
        self._requests.labels(route, method, status).inc()
        if file is not None:
            kind = file.kind or "other"
            self._seconds.labels(file.verb, kind).observe(file.seconds)
            self._bytes.labels(file.verb, kind).inc(file.size)

    def text(self) -> bytes:
        """Return all of them."""
        return generate_latest(self._registry)


def request_id(request: Request) -> str:
    """Return the id under which a request is logged."""
    return _said(request.scope).id


def note_file(request: Request, done: FileDone) -> None:
    """Say which kind of file a request had, and what came of it."""
    _said(request.scope).file = done


class Observed:
    """An application whose requests are counted, and said as they end. say : takes a line; None for no log.
    routes : under whose paths they are counted; what leads nowhere is "other"."""

    def __init__(self, app: ASGIApp, metrics: Metrics, say: Say | None, routes: Sequence[Route]) -> None:
        self._app, self._metrics, self._say, self._routes = app, metrics, say, routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and write it down when it has ended, however it ends."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, route, status = time.monotonic(), self._route(scope), _HUNG_UP
        said = _said(scope)

        async def send_seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_seen)
        finally:
            self._metrics.count(route, scope["method"], status, said.file)
            if self._say:
                self._say(_line(scope, route, status, time.monotonic() - began, said))

    def _route(self, scope: Scope) -> str:
        return next((each.path for each in self._routes if each.matches(scope)[0] is Match.FULL), "other")


def _line(scope: Scope, route: str, status: int, seconds: float, said: _Said) -> dict[str, Any]:
    user, file = scope.get("user"), said.file
    return {
        "event": "request",
        "id": said.id,
        "method": scope["method"],
        "route": route,
        "status": status,
        "role": user.role if user else None,
        "seconds": round(seconds, 3),
        "kind": file.kind if file else None,
        "bytes": file.size if file else None,
        "verdict": file.verdict if file else None,
    }


def _said(scope: Scope) -> _Said:
    found: _Said = scope.setdefault(_SAID, _Said())
    return found
