"""Bodies of requests on their way to the disk: counted, under random names, and gone with the request."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from ..storage.locks import Outcome, try_lock

_PREFIX = "stamp-serve-"
_LOCK = "lock"
_PAUSE_SECONDS = 30.0  # between two pieces of a body


class TooLarge(Exception):
    """A body has more bytes than are taken."""


class TooSlow(Exception):
    """Nothing came of a body for a while."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent. folder : for it alone, and for what is made of it. size : bytes."""

    folder: Path
    path: Path
    size: int

    def remove(self) -> None:
        """Remove the file and all that is beside it."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Uploads:
    """The folder of what is sent to a service, its owner's alone. most : bytes of one file."""

    def __init__(self, most: int) -> None:
        """Make the folder, in the system's one for temporary files, and sweep away those of services that
        were killed."""
        self.most = most
        _sweep(Path(tempfile.gettempdir()))
        self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try_lock(self._lock)

    def close(self) -> None:
        """Remove the folder."""
        os.close(self._lock)
        shutil.rmtree(self.folder, ignore_errors=True)

    def folder_for(self) -> Path:
        """Make a folder for one request."""
        folder = self.folder / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return folder

    async def take(self, request: Request) -> Upload:
        """Write the body of a request to the disk as it comes. Where it does not come to its end, nothing of
        it is left.

        Raises TooLarge by what is announced and by what comes, TooSlow, ClientDisconnect, OSError.
        """
        announced = request.headers.get("content-length", "0")
        if not announced.isdecimal() or int(announced) > self.most:
            raise TooLarge
        folder = self.folder_for()
        try:
            path = folder / secrets.token_hex(8)
            return Upload(folder, path, await self._written(request, path))
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    async def _written(self, request: Request, path: Path) -> int:
        size, pieces = 0, aiter(request.stream())
        with path.open("xb") as file:
            while True:
                try:
                    piece = await asyncio.wait_for(anext(pieces, None), _PAUSE_SECONDS)
                except TimeoutError:
                    raise TooSlow from None
                if piece is None:
                    return size
                size += len(piece)
                if size > self.most:
                    raise TooLarge
                file.write(piece)


def _sweep(folder: Path) -> None:
    """Remove the folders of services that are there no more: nobody holds their locks."""
    for left in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            descriptor = os.open(left / _LOCK, os.O_RDWR)
            try:
                is_left = try_lock(descriptor) is Outcome.GOT
            finally:
                os.close(descriptor)
            if is_left:
                shutil.rmtree(left, ignore_errors=True)
