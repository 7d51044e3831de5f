"""The way of a request about a file: allowed, taken to the disk, worked on, written down, answered."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .._version import __version__
from ..core.errors import ArgumentError, CatalogueError, MissingDependency, StampError
from ..formats.sniff import known_kind
from .access import User
from .guard import refused
from .observing import FileDone, note_file, request_id
from .orders import Done, Order
from .saying import Texts, language, texts, without_figures
from .service import Service
from .uploads import TooLarge, TooSlow, Upload
from .workers import Busy

_EVENTS = "text/event-stream"
_PROGRESS_SECONDS = 0.5
EXPECTED: Final = (Busy, TooLarge, TooSlow, ClientDisconnect, StampError, ValueError, OSError)
"""What may well happen to a request; `refusal_for` answers it."""
_OUR_FAULT = ("WorkerDied", "InternalError", "Stopped")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. text : what is said in its language. progress : how far the work is."""

    request: Request
    service: Service
    user: User
    text: Texts
    progress: dict[str, int] = field(default_factory=dict)

    def news(self, done: int, total: int) -> None:
        """Take over how far the work is; called in another thread."""
        self.progress.update(done=done, total=total)

    @classmethod
    def of(cls, request: Request) -> Asked:
        """Return a request that has passed the guard."""
        wanted = request.query_params.get("lang") or request.headers.get("accept-language", "")
        return cls(request, request.app.state.service, request.scope["user"], texts(language(wanted)))

    def given(self, name: str) -> str | None:
        """Return what the query says of something; None for nothing."""
        return self.request.query_params.get(name, "").strip() or None

    @property
    def wants_events(self) -> bool:
        """Whether progress is reported while it is worked on."""
        return _EVENTS in self.request.headers.get("accept", "")

    @property
    def wants_json(self) -> bool:
        """Whether the document is wanted, where else the file that was made would be the answer."""
        return "json" in self.request.headers.get("accept", "")

    def needs(self, role: str) -> Response | None:
        """Return the refusal of a user without this role."""
        if self.user.may(role):
            return None
        return refused(403, "Forbidden", f"this takes the role {role}, and you have {self.user.role}")


@dataclass(frozen=True, slots=True)
class Route:
    """What is particular to a kind of request.

    verb : for the log. schema : of the document. role : what it takes. order : makes the order of the upload.
    say : puts an entry into words. gives_file : the answer is the file that was made, unless JSON or events
    are asked for.
    """

    verb: str
    schema: str
    role: str
    order: Callable[[Asked, Upload], Order]
    say: Callable[[dict[str, Any], Texts, bool], dict[str, Any]]
    gives_file: bool = False

    async def answer(self, request: Request) -> Response:
        """Answer a request."""
        asked = Asked.of(request)
        service = asked.service
        if refusal := asked.needs(self.role) or too_often(asked):
            return refusal
        with ExitStack() as held:
            try:
                held.enter_context(service.workers.place())
                upload = await service.uploads.take(request)
                held.callback(upload.remove)
                work = asyncio.create_task(self._worked(asked, upload))
                held.callback(work.cancel)
                if asked.wants_events:
                    return _Events(_events(asked, work, self.schema), held.pop_all())
                entry = await _connected(request, work)
            except EXPECTED as error:
                return refusal_for(error, service)
        if self.gives_file and "download" in entry and not asked.wants_json:
            return fetched(asked, entry["download"])
        return JSONResponse(document(self.schema, entry), status_of(entry))

    async def _worked(self, asked: Asked, upload: Upload) -> dict[str, Any]:
        """Have it done, write it down, and return its entry, as this user sees it."""
        began, kind = time.monotonic(), known_kind(upload.path)
        done = await asked.service.workers.do(self.order(asked, upload), asked.news)
        seconds, outcome = round(time.monotonic() - began, 2), outcome_of(done.entry)
        note_file(asked.request, FileDone(self.verb, kind, upload.size, seconds, outcome))
        said = {"kind": kind, "bytes": upload.size, "seconds": seconds, "outcome": outcome}
        await asked.service.write_down(self.verb, asked.user, request_id(asked.request), said)
        return shown(asked, done, self.say)


def shown(
    asked: Asked, done: Done, say: Callable[[dict[str, Any], Texts, bool], dict[str, Any]]
) -> dict[str, Any]:
    """Return the entry of what was done: with its words, its picture, the name of what was made, and with
    figures for those who may see them."""
    figures = asked.user.may("analyst")
    entry = dict(done.entry) if figures else without_figures(done.entry)
    entry["words"] = say(done.entry, asked.text, figures)
    if done.picture:
        entry["picture"] = "data:image/jpeg;base64," + base64.b64encode(done.picture).decode()
    if done.output:
        entry["download"] = asked.service.offer(
            done.output,
            done.name or marked_name(asked.given("name"), done.output),
            done.media_type,
            asked.user,
        )
    return entry


def fetched(asked: Asked, token: str) -> Response:
    """Return the marked file of this name, which is gone then."""
    kept = asked.service.fetch(token, asked.user)
    if kept is None:
        return refused(404, "NotFound", "this file was fetched already, or waited for too long")
    return _Once(kept.path, media_type=kept.media_type, filename=kept.name)


def marked_name(given: str | None, output: Path) -> str:
    """Return what a browser calls the marked file: photo.jpg becomes photo.stamped.jpg."""
    return f"{Path(given or 'file').stem}.stamped{output.suffix}"


class _Events(StreamingResponse):
    """A stream that lets go of what is held when it ends, or nobody listens any more."""

    def __init__(self, events: AsyncIterator[str], held: ExitStack) -> None:
        super().__init__(events, media_type=_EVENTS)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held:
            await super().__call__(scope, receive, send)


class _Once(FileResponse):
    """A file that is removed, with its folder, once it is sent or nobody takes it any more."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            shutil.rmtree(Path(self.path).parent, ignore_errors=True)


def document(schema: str, *entries: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a JSON document, as the command line prints it."""
    return {"schema": schema, "stamp": __version__, "results": list(entries), **more}


def refusal_for(error: Exception, service: Service) -> Response:
    """Return the answer to what is wrong with a request, and not with its file."""
    if isinstance(error, Busy):
        return refused(503, "Busy", "too many files at once; try again in some seconds", retry_after="10")
    if isinstance(error, TooLarge):
        most = f"{service.uploads.most / 1e6:g} MB"
        return refused(413, "TooLarge", f"the file has more than {most}; `--max-upload` allows more")
    if isinstance(error, TooSlow):
        return refused(408, "TooSlow", "nothing came of the file for half a minute")
    if isinstance(error, ClientDisconnect):
        return Response(status_code=499)
    if isinstance(error, MissingDependency):
        return refused(501, "MissingDependency", str(error))
    if isinstance(error, CatalogueError):
        return refused(404, "CatalogueError", str(error))
    if isinstance(error, OSError) and not isinstance(error, StampError):
        return refused(507, type(error).__name__, error.strerror or "the disk does not take it")
    name = "ArgumentError" if isinstance(error, ArgumentError) else type(error).__name__
    return refused(400, name, str(error))


def too_often(asked: Asked) -> Response | None:
    """Return the refusal of a user who has asked as often as he may."""
    if asked.user.is_local or not (seconds := asked.service.allowance.wait(asked.user.name)):
        return None
    most = asked.service.settings.per_minute
    return refused(429, "TooOften", f"at most {most} files a minute", retry_after=str(int(seconds) + 1))


async def _connected(request: Request, work: asyncio.Task[dict[str, Any]]) -> dict[str, Any]:
    """Wait for the work, for as long as somebody waits for the answer. Raises ClientDisconnect."""
    while True:
        await asyncio.wait({work}, timeout=_PROGRESS_SECONDS)
        if work.done():
            return work.result()
        if await request.is_disconnected():
            raise ClientDisconnect


async def _events(asked: Asked, work: asyncio.Task[dict[str, Any]], schema: str) -> AsyncIterator[str]:
    """Report progress, then the document ("done"), or what is wrong with the request ("failed"). A stream
    without either was broken off."""
    while not work.done():
        yield _event("progress", asked.progress | {"inside": asked.service.workers.inside})
        await asyncio.wait({work}, timeout=_PROGRESS_SECONDS)
    try:
        yield _event("done", document(schema, work.result()))
    except (StampError, ValueError, OSError) as error:
        yield _event("failed", {"error": {"type": type(error).__name__, "message": str(error)}})


def _event(name: str, value: object) -> str:
    return f"event: {name}\ndata: {json.dumps(value)}\n\n"


def outcome_of(entry: dict[str, Any]) -> str:
    """Return what came of it, in a word for logs."""
    return str(entry["error"]["type"] if entry["error"] else entry.get("status") or entry.get("verdict"))


def status_of(entry: dict[str, Any]) -> int:
    """Return the status of the answer that has this entry."""
    error = entry.get("error")
    if not error:
        return 200
    return 500 if error["type"] in _OUR_FAULT else 422
