"""The door: which host was asked for, whence, and by whom; and the headers that every answer has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .access import Credentials

_CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": _CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
_BEHIND = ("/api/", "/metrics")
_SAFE = ("GET", "HEAD")
_DISCARDED, _PATIENCE = 1 << 20, 2.0  # bytes of a refused body that are read, and seconds for it


class Guard:
    """An application behind the door. hosts : names under which it may be asked for, without ports; another
    one is the trick of a page that has its own name point here (DNS rebinding). cookie : the name of that of
    the session."""

    def __init__(self, app: ASGIApp, *, credentials: Credentials, hosts: frozenset[str], cookie: str) -> None:
        self._app, self._credentials, self._hosts, self._cookie = app, credentials, hosts, cookie

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        all_came = False

        async def receive_seen() -> Message:
            nonlocal all_came
            message = await receive()
            all_came = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
                if message["status"] >= 400 and not all_came:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(_discard(receive_seen, lambda: all_came), _PATIENCE)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive_seen, send_guarded)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if _host(headers.get("host", "")) not in self._hosts:
            return refused(400, "WrongHost", "this service is not called so; `--allow-host` adds a name")
        peer = (scope.get("client") or ("",))[0]
        user = self._credentials.user(headers.get, _cookie(headers, self._cookie), peer)
        scope["user"] = user
        if not scope["path"].startswith(_BEHIND):
            return None  # the page asks for the user itself, and what it is made of is no secret
        if user is None:
            return refused(401, "Unauthorized", "open the address that `stamp serve` printed, or give a key")
        if user.by_browser and not _is_ours(headers, scope["method"], strict=not user.is_local):
            return refused(403, "ForeignOrigin", "this request comes from another site's page")
        return None


async def _discard(receive: Receive, all_came: Callable[[], bool]) -> None:
    """Read what is left of a short body: a connection that is closed before is reset, and the answer lost."""
    left = _DISCARDED
    while left > 0 and not all_came():
        left -= len((await receive()).get("body", b"")) + 1


def refused(status: int, kind: str, message: str, **headers: str) -> Response:
    """Return an answer that refuses, of the form that all errors have."""
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse({"error": {"type": kind, "message": message}}, status, {"connection": "close"} | more)


def _host(given: str) -> str:
    """The name in a Host header, without its port."""
    if given.startswith("["):
        return given.partition("]")[0][1:].lower()
    return given.rpartition(":")[0].lower() if ":" in given else given.lower()


def _is_ours(headers: Headers, method: str, *, strict: bool) -> bool:
    """Whether a browser says that our own page asks. strict : it has to say something where something would
    be changed; else a cookie, which it sends with our own pages only, says it."""
    origin, site, host = headers.get("origin"), headers.get("sec-fetch-site"), headers.get("host")
    if site not in (None, "same-origin", "none"):
        return False
    if origin is not None and origin.partition("://")[2] != host:
        return False
    return method in _SAFE or not strict or origin is not None or site == "same-origin"


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""
