"""The soft binding resolution API (C2PA 2.2, "decoupled" manifests), over a store of manifests.

    app = Resolution(Path("manifests"), [Key.load("my.key")])      # uvicorn module:app

A mark is keyed: strangers have the bytes of a copy and no payload, so that `byContent`, run by the owner of
the key, is the way for them. A detector that answers strangers should be slow to them: put a limit on
requests in front of it.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import io
import json
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from ..core.errors import MediaError, PayloadError, StampError
from ..core.key import Key
from ..core.payload import Payload
from ..pipeline.files import detect_file
from ..pipeline.signing import SCHEMES, algorithm
from ..provenance.reading import manifest_file, read_kept
from ..provenance.store import Store
from .asgi import Answer, Message, Receive, Refused, Request, Send

ALGORITHMS: Final = tuple(algorithm(scheme) for scheme in SCHEMES.values())
_MOST_BYTES: Final = 64 << 20
_MOST_JSON: Final = 1 << 16
_MOST_RESULTS: Final = 100
_ROUTES: Final = {
    "/services/supportedAlgorithms": ("GET",),
    "/matches/byBinding": ("GET", "POST"),
    "/matches/byContent": ("POST",),
    "/openapi.json": ("GET",),
}
_MANIFESTS: Final = "/manifests/"


class Resolution:
    """An ASGI application.

    store : a folder of manifests (`stamp embed --sign-store`). keys : marks of these are looked for;
    without one, `byContent` finds nothing. most_bytes : of a copy that is sent. at_once : how many copies
    are searched at a time.
    """

    def __init__(
        self, store: Path, keys: Sequence[Key] = (), *, most_bytes: int = _MOST_BYTES, at_once: int = 2
    ) -> None:
        self._store, self._keys, self._most_bytes = Store(store), tuple(keys), most_bytes
        self._turn = asyncio.Semaphore(at_once)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, as an ASGI server asks."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                answer = await self._answer(Request(scope, receive))
            except Refused as error:
                answer = Answer.of({"error": str(error)}, error.status, error.headers)
            await answer.send(send)

    async def _answer(self, request: Request) -> Answer:
        is_manifest = request.path.startswith(_MANIFESTS)
        allowed = ("GET",) if is_manifest else _ROUTES.get(request.path)
        if allowed is None:
            raise Refused(404, "no such place")
        if request.method not in allowed:
            raise Refused(405, f"only {', '.join(allowed)}", {"allow": ", ".join(allowed)})
        match request.path:
            case "/services/supportedAlgorithms":
                return Answer.of({"watermarks": [{"alg": name} for name in ALGORITHMS], "fingerprints": []})
            case "/openapi.json":
                return Answer(openapi())
            case "/matches/byBinding":
                return await self._by_binding(request)
            case "/matches/byContent":
                return await self._by_content(request)
        return await asyncio.to_thread(self._manifest, unquote(request.path.removeprefix(_MANIFESTS)))

    async def _by_binding(self, request: Request) -> Answer:
        asked: dict[str, Any] = dict(request.query)
        if request.method == "POST":
            body = io.BytesIO()
            await request.into(body, _MOST_JSON)
            try:
                told = json.loads(body.getvalue())
            except ValueError as error:
                raise Refused(400, "the body is no JSON") from error
            if not isinstance(told, dict):
                raise Refused(400, "the body is no JSON object")
            asked |= told
        name, payload, most = str(asked.get("alg", "")), _payload(asked.get("value")), _most(asked)
        if name not in ALGORITHMS:
            raise Refused(400, "alg: none of /services/supportedAlgorithms")
        return await asyncio.to_thread(self._matches, name, payload, None, most)

    async def _by_content(self, request: Request) -> Answer:
        most = _most(request.query)
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder) / "copy"
            with copy.open("wb") as file:
                if not await request.into(file, self._most_bytes):
                    raise Refused(400, "the body is empty: send the photo, clip or song")
            async with self._turn:
                return await asyncio.to_thread(self._searched, copy, most)

    def _searched(self, copy: Path, most: int) -> Answer:
        if not self._keys:
            return _listed([])
        try:
            found = detect_file(copy, keys=self._keys, first=True)
        except MediaError as error:
            raise Refused(415, "no photo, clip or song that can be read here") from error
        if found.payload is None:
            return _listed([])
        key = next(key for key in self._keys if key.name == found.key_name)
        return self._matches(algorithm(found.scheme), found.payload, key.fingerprint, most)

    def _matches(self, name: str, payload: Payload, fingerprint: str | None, most: int) -> Answer:
        """The manifests that name this mark in what was signed, wherever in the store they are."""
        found: list[str] = []
        for place in self._store.find(payload, fingerprint):
            try:
                kept = read_kept(manifest_file(place))
            except StampError:
                continue  # damaged: the others count
            bindings = ((each.algorithm, each.value) for each in kept.record.soft_bindings)
            if kept.is_unbound and (name, payload.hex()) in bindings:
                found.append(kept.record.identifier)
        return _listed(list(dict.fromkeys(found))[:most])

    def _manifest(self, identifier: str) -> Answer:
        place = self._store.named(identifier)
        if place is None:
            raise Refused(404, "no such manifest")
        return Answer(manifest_file(place), "application/c2pa")


def openapi() -> bytes:
    """Return the description of the routes (OpenAPI 3.1), JSON."""
    return files(__package__).joinpath("resolution.json").read_bytes()


def _listed(identifiers: Sequence[str]) -> Answer:
    return Answer.of({"matches": [{"manifestId": each} for each in identifiers]})


def _payload(value: object) -> Payload:
    """Raises Refused where it is no payload in base64, of either alphabet."""
    try:
        text = str(value or "").replace("-", "+").replace("_", "/")
        return Payload(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, PayloadError) as error:
        raise Refused(400, "value: 8 bytes, base64") from error


def _most(asked: dict[str, Any]) -> int:
    """How many results are wanted. Raises Refused."""
    text = str(asked.get("maxResults", 10))
    if not text.isdecimal() or not 1 <= int(text[:9]) <= _MOST_RESULTS:
        raise Refused(400, f"maxResults: 1 to {_MOST_RESULTS}")
    return int(text)


async def _lifespan(receive: Receive, send: Send) -> None:
    """Say that there is nothing to start, and nothing to end."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
