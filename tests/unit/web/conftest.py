"""A service that listens on a port of this computer, with a photo, and the same photo marked."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from PIL import Image

from stamp.core.key import Key
from stamp.core.options import CopyOptions
from stamp.core.rights import Rights
from stamp.jobs.demo import paint
from stamp.jobs.keys import KeyFile
from stamp.pipeline.cataloguing import Catalogue
from stamp.pipeline.files import embed_file
from stamp.web.access import add_key
from stamp.web.app import application
from stamp.web.service import Service
from stamp.web.settings import Settings

PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")


@dataclass(frozen=True)
class Live:
    """A service that runs. keys : role -> key of a program with this role. log : what it says of requests."""

    base: str
    service: Service
    media: Path
    keys: dict[str, str]
    log: list[dict[str, Any]]

    @property
    def port(self) -> int:
        return int(self.base.rpartition(":")[2])

    @property
    def url(self) -> str:
        return f"{self.base}/?token={self.service.credentials.token}"

    @property
    def session(self) -> dict[str, str]:
        """The header of a browser that has opened the page."""
        return {"cookie": f"stamp-{self.port}={self.service.credentials.session}"}

    def client(self, role: str | None = None) -> httpx.Client:
        """Whoever started it, or a program with this role."""
        key = self.keys[role] if role else self.service.credentials.token
        return httpx.Client(base_url=self.base, headers={"authorization": f"Bearer {key}"}, timeout=120)

    def left(self) -> list[str]:
        """What stays in the folder of uploads beside its lock; an answer is sent before all is removed."""
        until = time.monotonic() + 5
        while left := sorted(set(os.listdir(self.service.uploads.folder)) - {"lock"}):
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        return left


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service with a catalogue in which photo.jpg is work #1, and marked.jpg its copy for ACME."""
    folder = tmp_path_factory.mktemp("service")
    paint(folder / "photo.jpg", size=(900, 600))
    paint(folder / "other.jpg", size=(640, 480), seed=7)
    Image.new("1", (17000, 17000)).save(folder / "bomb.png")
    key = Key.generate("tests")
    key.save(folder / "mark.key")
    place = str(folder / "c.sqlite")
    with Catalogue(place) as catalogue:
        catalogue.parties.add("ACME")
        copy = catalogue.resolved(CopyOptions(title="Lake", recipient="ACME"))
        embed_file(
            folder / "photo.jpg", folder / "marked.jpg", PAYLOAD, key=key, catalogue=catalogue, copy=copy
        )
    access = folder / "access.toml"
    keys = {role: add_key(access, f"a {role}", role) for role in ("viewer", "analyst", "admin")}
    log: list[dict[str, Any]] = []
    settings = Settings(
        keys=(KeyFile.of(key, folder / "mark.key"),),
        catalogue=place,
        user="Ada",
        rights=Rights(copyright_notice="© Ada Lovelace"),
        access=access,
        processes=2,
        most_bytes=2_000_000,
        per_minute=1000,
        waiting=8,
        log=lambda said: log.append(dict(said)),
    )
    service = Service(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        application(service, port), log_level="error", lifespan="off", ws="none", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield Live(f"http://127.0.0.1:{port}", service, folder, keys, log)
    server.should_exit = True
    thread.join()
    listener.close()
    service.close()
