"""Routes about what is in the catalogue: works, finds, cases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..core.errors import ArgumentError
from . import saying
from .asking import EXPECTED, Asked, document, refusal_for, shown
from .guard import refused
from .observing import MEDIA_TYPE, request_id
from .orders import CompareFind

if TYPE_CHECKING:
    from ..pipeline.cataloguing import Catalogue

_PAGE, _MOST = 50, 1000
_DUE_DAYS = 14
_PLACES = ("source", "output")  # of copies, on this computer
_MAX_JSON = 65_536  # bytes
Handler = Callable[[Asked], Awaitable[Response]]


def _route(handler: Handler, role: str = "viewer") -> Callable[[Request], Awaitable[Response]]:
    """A handler behind a role, what may well go wrong answered."""

    async def answer(request: Request) -> Response:
        asked = Asked.of(request)
        if refusal := asked.needs(role):
            return refusal
        try:
            return await handler(asked)
        except EXPECTED as error:
            return refusal_for(error, asked.service)

    return answer


async def _works(asked: Asked) -> Response:
    text, limit, after = asked.given("q"), _limit(asked), asked.given("after")

    def question(catalogue: Catalogue) -> list[Any]:
        if text:
            return catalogue.works.search(text, limit=limit, after=after)
        return catalogue.works.list(limit=limit, after=after)

    return _page(
        "stamp.works/1", [_work(each.to_dict()) for each in await asked.service.ask(question)], limit
    )


async def _one_work(asked: Asked) -> Response:
    work = await asked.service.ask(lambda catalogue: catalogue.works.show(_reference(asked)))
    return JSONResponse(document("stamp.works/1", _work(work.to_dict())))


async def _finds(asked: Asked) -> Response:
    verdict, work, limit, after = (
        asked.given("verdict"),
        asked.given("work"),
        _limit(asked),
        asked.given("after"),
    )
    found = await asked.service.ask(
        lambda catalogue: catalogue.finds.list(verdict=verdict, work=work, limit=limit, after=after)
    )
    return _page("stamp.find/1", [_find(asked, each.to_dict()) for each in found], limit)


async def _one_find(asked: Asked) -> Response:
    found = await asked.service.ask(lambda catalogue: catalogue.finds.show(_reference(asked)))
    return JSONResponse(document("stamp.find/1", _find(asked, found.to_dict())))


async def _compare(asked: Asked) -> Response:
    service = asked.service
    with service.workers.place():
        folder = service.uploads.folder_for()
        try:
            done = await service.workers.do(CompareFind(_reference(asked), service.place, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    outcome = done.entry["error"]["type"] if done.failed else "compared"
    await service.write_down("compare", asked.user, request_id(asked.request), {"outcome": outcome})
    entry = shown(asked, done, lambda entry, text, _: saying.found(entry, text))
    return JSONResponse(document("stamp.find/1", entry), 422 if done.failed else 200)


async def _judge(asked: Asked) -> Response:
    said = await _json(asked.request)
    verdict, note, licence = (said.get(name) for name in ("verdict", "note", "licence"))
    if not all(each is None or isinstance(each, str) for each in (verdict, note, licence)):
        raise ArgumentError("`verdict`, `note` and `licence` are texts")
    found = await asked.service.ask(
        lambda catalogue: catalogue.finds.judge(
            _reference(asked), verdict or "", asked.user.name, note=note or None, licence=licence or None
        )
    )
    await asked.service.write_down("judge", asked.user, request_id(asked.request), {"outcome": found.verdict})
    return JSONResponse(document("stamp.find/1", _find(asked, found.to_dict())))


async def _cases(asked: Asked) -> Response:
    days = int(asked.given("days") or _DUE_DAYS)
    limit, until = _limit(asked), date.today() + timedelta(days=max(0, min(days, 3650)))
    found = await asked.service.ask(lambda catalogue: catalogue.cases.list(due=until, limit=limit))
    return _page("stamp.case/1", [each.to_dict() for each in found], limit)


async def _metrics(asked: Asked) -> Response:
    return Response(asked.service.metrics.text(), media_type=MEDIA_TYPE)


async def not_found(request: Request, error: Exception) -> Response:
    """Answer where there is no such route, or it takes no such method."""
    status = getattr(error, "status_code", 404)
    return refused(
        status, "NotFound" if status == 404 else "WrongMethod", "there is nothing of this name here"
    )


async def failed(request: Request, error: Exception) -> Response:
    """Answer for a mistake of this package."""
    return refused(500, "InternalError", "a mistake of the service; its log has more")


def _work(entry: dict[str, Any]) -> dict[str, Any]:
    """A work without the folders of this computer."""
    copies = entry["copies"]
    return entry | {"copies": copies and [copy | dict.fromkeys(_PLACES) for copy in copies]}


def _find(asked: Asked, entry: dict[str, Any]) -> dict[str, Any]:
    shown = entry if asked.user.may("analyst") else saying.without_figures(entry)
    return shown | {"words": saying.found(entry, asked.text)}


def _page(schema: str, entries: list[dict[str, Any]], limit: int) -> Response:
    following = f"#{entries[-1]['number']}" if len(entries) == limit else None
    return JSONResponse(document(schema, *entries, next=following))


def _limit(asked: Asked) -> int:
    limit = int(asked.given("limit") or _PAGE)
    if not 1 <= limit <= _MOST:
        raise ArgumentError(f"a page has 1 to {_MOST} entries, not {limit}")
    return limit


def _reference(asked: Asked) -> str:
    return str(asked.request.path_params["reference"])


async def _json(request: Request) -> dict[str, Any]:
    """The JSON object that a request has. Raises ArgumentError."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > _MAX_JSON:
            raise ArgumentError(f"more than {_MAX_JSON} bytes of JSON")
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ArgumentError(f"this is no JSON: {error}") from error
    if not isinstance(said, dict):
        raise ArgumentError("a JSON object is asked for")
    return said


works, one_work = _route(_works), _route(_one_work)
finds, one_find = _route(_finds), _route(_one_find)
compare, judge = _route(_compare, "analyst"), _route(_judge, "analyst")
cases, metrics = _route(_cases), _route(_metrics, "analyst")
