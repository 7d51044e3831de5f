"""What all routes share: the folder of uploads, the workers, the catalogue, and who has asked how often."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..core.errors import CatalogueError
from ..jobs.catalogues import opened
from ..jobs.keys import keys_without_file
from .access import AccessFile, Allowance, Credentials, User
from .observing import Metrics
from .orders import Worker
from .settings import Settings
from .uploads import Uploads
from .workers import Workers

if TYPE_CHECKING:
    from ..pipeline.cataloguing import Catalogue

Result = TypeVar("Result")
_THREADS = 4  # that ask the catalogue
_KEPT_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Download:
    """A marked file that waits to be fetched, once, by whoever had it made."""

    path: Path
    name: str
    media_type: str
    user: str
    until: float

    def remove(self) -> None:
        """Remove the file, in the folder that is its own."""
        shutil.rmtree(self.path.parent, ignore_errors=True)


class Service:
    """A service that runs. settings : what it was set up with. credentials : what shows who asks."""

    def __init__(self, settings: Settings) -> None:
        """Start it. Raises KeyFileError for a wrong file of access, CatalogueError."""
        self.settings = settings
        access = AccessFile(settings.access) if settings.access else None
        self.credentials = Credentials(settings.user, access, settings.header, settings.proxy)
        self.allowance = Allowance(settings.per_minute)
        if settings.catalogue is not None:
            opened(settings.catalogue)
        self.uploads = Uploads(settings.most_bytes)
        self.workers = Workers(
            settings.processes,
            Worker(keys_without_file()),
            most=settings.waiting,
            seconds=settings.seconds,
            memory=settings.memory,
        )
        self.metrics = Metrics(lambda: self.workers.inside)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="stamp-catalogue")
        self._downloads: dict[str, Download] = {}

    def close(self) -> None:
        """Stop the workers, and remove what was sent."""
        self.workers.close()
        self._threads.shutdown(cancel_futures=True)
        self.uploads.close()

    @property
    def place(self) -> str:
        """The place of the catalogue. Raises CatalogueError where the service does without."""
        if self.settings.catalogue is None:
            raise CatalogueError("this service has no catalogue; `stamp serve --catalogue FILE` gives it one")
        return self.settings.catalogue

    async def ask(self, question: Callable[[Catalogue], Result]) -> Result:
        """Return what the catalogue answers, asked in another thread. Raises CatalogueError."""
        place = self.place
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: question(opened(place))
        )

    async def write_down(self, verb: str, user: User, subject: str, said: Mapping[str, Any]) -> None:
        """Append to the log of the catalogue, if there is one, who had what done. subject : the id of the
        request. Of the file there is only how large it was and what came of it."""
        if self.settings.catalogue is not None:
            body = {"role": user.role} | dict(said)
            await self.ask(lambda catalogue: catalogue.log(f"service.{verb}", subject, body, user.name))

    def offer(self, output: Path, name: str, media_type: str, user: User) -> str:
        """Keep a marked file for ten minutes, and return the name under which it can be fetched."""
        self.tidy()
        token = secrets.token_urlsafe(16)
        folder = self.uploads.folder / token
        folder.mkdir(mode=0o700)
        path = output.rename(folder / output.name)
        until = time.monotonic() + _KEPT_SECONDS
        self._downloads[token] = Download(path, name, media_type, user.name, until)
        return token

    def fetch(self, token: str, user: User) -> Download | None:
        """Return what was kept under this name for this user, and keep it no longer; None for nothing."""
        self.tidy()
        found = self._downloads.get(token)
        if found is None or found.user != user.name:
            return None
        return self._downloads.pop(token)

    def tidy(self) -> None:
        """Remove what nobody has fetched in time."""
        for token, kept in list(self._downloads.items()):
            if kept.until < time.monotonic():
                del self._downloads[token]
                kept.remove()
