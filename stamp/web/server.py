"""A service from its start to its end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from urllib.parse import quote

from ..core.errors import ArgumentError, MissingDependency
from .settings import Settings

_CONNECTIONS = 200
_CLOSING_SECONDS = 5


def serve(settings: Settings, ready: Callable[[str], None]) -> None:
    """Serve until the process is interrupted. `ready` is called with the address to open, which has the token
    in it, once requests are answered there.

    Raises ArgumentError where the port cannot be had, KeyFileError, CatalogueError, and MissingDependency
    without the extra `web`.
    """
    try:
        import uvicorn

        from .app import application
        from .service import Service
    except ImportError as error:
        message = "the service needs more packages: pip install 'stamp-media[web]'"
        raise MissingDependency(message, extra="web") from error
    with _listening(settings) as listener, closing(Service(settings)) as service:
        port = listener.getsockname()[1]
        config = uvicorn.Config(
            application(service, port),
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # the address of the peer is who is believed
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_CLOSING_SECONDS,
            ws="none",
            lifespan="off",
        )
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        ready(f"http://{host}:{port}/?token={quote(service.credentials.token)}")
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def _listening(settings: Settings) -> Iterator[socket.socket]:
    """The socket on which requests come. Raises ArgumentError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        place = f"{settings.host}, port {settings.port}"
        raise ArgumentError(f"cannot listen on {place}: {reason}; `--port` names another one") from error
    with closing(listener):
        yield listener
