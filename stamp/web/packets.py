"""Routes about evidence: a packet on a find, and whether one holds."""

from __future__ import annotations

import shutil

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..core.errors import ArgumentError
from . import saying
from .asking import (
    EXPECTED,
    Asked,
    Route,
    document,
    fetched,
    outcome_of,
    refusal_for,
    shown,
    status_of,
    too_often,
)
from .observing import request_id
from .orders import MakePacket, VerifyPacket

_SCHEMA = "stamp.evidence/1"


async def make(request: Request) -> Response:
    """Make a packet, and give it, or, where JSON is asked for, its document."""
    asked = Asked.of(request)
    if refusal := asked.needs("analyst") or too_often(asked):
        return refusal
    try:
        return await _made(asked)
    except EXPECTED as error:
        return refusal_for(error, asked.service)


async def _made(asked: Asked) -> Response:
    service, reference = asked.service, asked.given("find")
    if reference is None:
        raise ArgumentError("`find` says on which find: a number, a uid, or the beginning of one")
    find = await service.ask(lambda catalogue: catalogue.finds.show(reference))
    with service.workers.place():
        folder = service.uploads.folder_for()
        try:
            done = await service.workers.do(
                MakePacket(find.find, service.place, folder, asked.text["code"], f"find-{find.number}.zip")
            )
            entry = shown(asked, done, saying.made)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    said = {"outcome": outcome_of(entry)}
    await service.write_down("evidence", asked.user, request_id(asked.request), said)
    if "download" in entry and not asked.wants_json:
        return fetched(asked, entry["download"])
    return JSONResponse(document(_SCHEMA, entry), status_of(entry))


verify = Route("verify", _SCHEMA, "viewer", lambda asked, upload: VerifyPacket(upload.path), saying.verified)
