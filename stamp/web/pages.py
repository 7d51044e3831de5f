"""The page: one set of HTML, CSS and script, without a build step and without anything from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from urllib.parse import urlencode

from jinja2 import Environment, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ..catalogue.finds import VERDICTS
from . import saying
from .access import ROLES
from .guard import refused
from .service import Service

_DUE_DAYS = 14
_ASSETS = {"page.js": "text/javascript", "page.css": "text/css"}
_SESSION_SECONDS = 24 * 60 * 60


def cookie_name(port: int) -> str:
    """Return the name of the session's cookie; browsers keep those of all ports of a host together."""
    return f"stamp-{port}"


async def page(request: Request) -> Response:
    """Give the page; swap the token in the address for a session first, so that it is in no history."""
    service: Service = request.app.state.service
    given = dict(request.query_params)
    if (token := given.pop("token", None)) is not None:
        if not service.credentials.holds_token(token):
            return refused(401, "Unauthorized", "this is not the address that `stamp serve` printed")
        answer = RedirectResponse("/" + (f"?{urlencode(given)}" if given else ""), 303)
        name = cookie_name(request.app.state.port)
        answer.set_cookie(
            name, service.credentials.session, max_age=_SESSION_SECONDS, httponly=True, samesite="strict"
        )
        return answer
    user = request.scope["user"]
    if user is None:
        return refused(401, "Unauthorized", "open the address that `stamp serve` printed")
    language = saying.language(given.get("lang") or request.headers.get("accept-language", ""))
    roles = [role for role in ROLES if user.may(role)]
    return HTMLResponse(_drawn(language, tuple(roles), service.settings.catalogue is not None))


@cache
def _drawn(language: str, roles: tuple[str, ...], has_catalogue: bool) -> str:
    source = files(__package__).joinpath("page", "page.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return template.from_string(source).render(
        language=language,
        languages={each: saying.texts(each)["language"] for each in saying.LANGUAGES},
        text=saying.texts(language),
        roles=roles,
        has_catalogue=has_catalogue,
        verdicts=VERDICTS,
        due_days=_DUE_DAYS,
    )


async def asset(request: Request) -> Response:
    """Give what the page is made of."""
    name = request.url.path.removeprefix("/")
    return Response(files(__package__).joinpath("page", name).read_bytes(), media_type=_ASSETS[name])


async def openapi(request: Request) -> Response:
    """Give the description of the API (OpenAPI 3.1)."""
    text = files(__package__).joinpath("openapi.json").read_bytes()
    return Response(text, media_type="application/json")
