"""Routes that take a file: is it ours, may it be published, mark it, and keep what was found."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from ..catalogue.gate import checked_use
from ..catalogue.terms import ACTIONS, ANYWHERE, Use
from ..core.errors import ArgumentError
from ..core.options import CopyOptions
from ..core.rights import Rights
from ..pipeline.finding import Seen
from . import saying
from .asking import Asked, Route, fetched
from .orders import AddFind, Check, Detect, Embed, Match
from .uploads import Upload


def _detect(asked: Asked, upload: Upload) -> Detect:
    settings = asked.service.settings
    picture = "picture" in asked.request.query_params
    return Detect(upload.path, settings.keys, settings.catalogue, picture=picture)


def _match(asked: Asked, upload: Upload) -> Match:
    keys, place = asked.service.settings.keys, asked.service.place
    return Match(upload.path, keys, place, blind="blind" in asked.request.query_params)


def _check(asked: Asked, upload: Upload) -> Check:
    action = asked.given("action")
    use = Use(
        action=action or ACTIONS[0],
        channel=asked.given("channel") or ANYWHERE,
        territories=tuple(filter(None, (asked.given("territory") or "").replace(",", " ").split())),
        on=_day(asked.given("from")) or date.today(),
        until=_day(asked.given("until")),
    )
    keys, place = asked.service.settings.keys, asked.service.place
    return Check(upload.path, keys, place, checked_use(use), usual=action is None)


def _embed(asked: Asked, upload: Upload) -> Embed:
    settings = asked.service.settings
    names = ("work", "title", "recipient", "channel", "licence")
    copy = CopyOptions(**{name: asked.given(name) for name in names})
    given = Rights(
        copyright_notice=asked.given("copyright"),
        creators=tuple(filter(None, map(str.strip, asked.request.query_params.getlist("creator")))),
    )
    rights = given.over(settings.rights)
    name = asked.given("name") or "file"
    kept = rights if rights.values() else None
    return Embed(upload.path, settings.keys[0], settings.catalogue, name, copy, kept)


def _find(asked: Asked, upload: Upload) -> AddFind:
    seen = Seen(
        url=asked.given("url"),
        media_url=asked.given("media_url"),
        account=asked.given("account"),
        at=asked.given("seen_at"),
        by=asked.user.name,
    )
    keys, place = asked.service.settings.keys, asked.service.place
    return AddFind(upload.path, keys, place, asked.given("name") or "file", seen, asked.given("work"))


def _day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError as error:
        raise ArgumentError(f"{given!r} is no day; write 2027-06-01") from error


def _said(entry: dict[str, Any], text: saying.Texts, figures: bool) -> dict[str, Any]:
    return saying.detected(entry, text, figures=figures)


detect = Route("detect", "stamp.detect/1", "viewer", _detect, _said)
match = Route("match", "stamp.match/1", "viewer", _match, saying.matched)
check = Route("check", "stamp.check/1", "viewer", _check, lambda entry, text, _: saying.checked(entry, text))
embed = Route(
    *("embed", "stamp.embed/1", "admin", _embed),
    lambda entry, text, _: saying.embedded(entry, text),
    gives_file=True,
)
add_find = Route("find", "stamp.find/1", "analyst", _find, lambda entry, text, _: saying.found(entry, text))


async def embedded(request: Request) -> Response:
    """Give a marked file to whoever had it made, once."""
    return fetched(Asked.of(request), request.path_params["token"])
