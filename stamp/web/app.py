"""The application: which route answers what, behind the guard."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from . import files, observing, packets, pages, records
from .guard import Guard
from .service import Service


def routes() -> list[Route]:
    """Return the routes, which openapi.json describes."""
    return [
        Route("/", pages.page, methods=["GET"]),
        Route("/page.js", pages.asset, methods=["GET"]),
        Route("/page.css", pages.asset, methods=["GET"]),
        Route("/metrics", records.metrics, methods=["GET"]),
        Route("/api/openapi.json", pages.openapi, methods=["GET"]),
        Route("/api/detect", files.detect.answer, methods=["POST"]),
        Route("/api/match", files.match.answer, methods=["POST"]),
        Route("/api/check", files.check.answer, methods=["POST"]),
        Route("/api/embed", files.embed.answer, methods=["POST"]),
        Route("/api/embedded/{token}", files.embedded, methods=["GET"]),
        Route("/api/works", records.works, methods=["GET"]),
        Route("/api/works/{reference}", records.one_work, methods=["GET"]),
        Route("/api/finds", records.finds, methods=["GET"]),
        Route("/api/finds", files.add_find.answer, methods=["POST"]),
        Route("/api/finds/{reference}", records.one_find, methods=["GET"]),
        Route("/api/finds/{reference}/compare", records.compare, methods=["POST"]),
        Route("/api/finds/{reference}/verdict", records.judge, methods=["POST"]),
        Route("/api/evidence", packets.make, methods=["POST"]),
        Route("/api/evidence/verify", packets.verify.answer, methods=["POST"]),
        Route("/api/cases", records.cases, methods=["GET"]),
    ]


def application(service: Service, port: int) -> ASGIApp:
    """Return the application of a service that listens on this port."""
    served = routes()
    app = Starlette(
        routes=served,
        exception_handlers={HTTPException: records.not_found, Exception: records.failed},
    )
    app.router.redirect_slashes = False
    app.state.service, app.state.port = service, port
    guarded = Guard(
        app,
        credentials=service.credentials,
        hosts=service.settings.hosts,
        cookie=pages.cookie_name(port),
    )
    return observing.Observed(guarded, service.metrics, service.settings.log, served)
