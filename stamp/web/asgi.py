"""As much of ASGI 3 as a handful of routes need: requests with a bounded body, and answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import parse_qsl

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Refused(Exception):
    """A request that is answered with an error: its status, and what is wrong, for a person."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] = {}) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    body: bytes
    media_type: str = "application/json"
    status: int = 200
    headers: Mapping[str, str] = ()  # type: ignore[assignment]

    @classmethod
    def of(cls, value: object, status: int = 200, headers: Mapping[str, str] = {}) -> Answer:
        """Return a value as JSON."""
        return cls(json.dumps(value).encode(), status=status, headers=headers)

    async def send(self, send: Send) -> None:
        """Send all of it."""
        fields = {"content-type": self.media_type, "content-length": str(len(self.body))}
        fields |= {"x-content-type-options": "nosniff", **dict(self.headers)}
        headers = [(name.encode(), value.encode()) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


class Request:
    """One request. method, path : as they came, the path decoded. query : the last value of each name."""

    def __init__(self, scope: Message, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1")))
        self._headers = {name.lower(): value for name, value in scope.get("headers", ())}
        self._receive = receive

    def header(self, name: str) -> str:
        """Return a header, empty where there is none."""
        found: bytes = self._headers.get(name.lower().encode(), b"")
        return found.decode("latin-1")

    async def into(self, file: BinaryIO, most: int) -> int:
        """Write the body to a file, and return its size. Raises Refused above `most` bytes."""
        stated = self.header("content-length")
        if stated.isdigit() and int(stated) > most:
            raise Refused(413, f"more than {most} bytes")
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "the request broke off")
            part: bytes = message.get("body", b"")
            size, more = size + len(part), message.get("more_body", False)
            if size > most:
                raise Refused(413, f"more than {most} bytes")
            file.write(part)
        return size
