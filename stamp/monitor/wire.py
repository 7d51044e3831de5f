"""One exchange of HTTP/1.1 over a connection that was made already: what is sent is what is kept, and what
comes is counted, timed and kept while it is read, headers too.

`http.client` reads the answer; it gets a file that refuses to go on when there is too much of it.
"""

from __future__ import annotations

import hashlib
import io
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPMessage, HTTPResponse
from pathlib import Path
from typing import Any, BinaryIO, cast

_PIECE = 1 << 16
_HEADERS = 1 << 17  # bytes that headers and chunks may have beside what is allowed
_WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # of zlib


class TooMuch(Exception):
    """More comes than was allowed, or for longer."""


@dataclass
class Allowance:
    """What an answer may have: bytes, and the moment until which it has to be there, by `time.monotonic`."""

    bytes: int
    until: float

    def left(self) -> float:
        """Return the seconds that are left. Raises TooMuch where none are."""
        seconds = self.until - time.monotonic()
        if seconds <= 0:
            raise TooMuch("takes too long")
        return seconds


class _Kept(io.RawIOBase):
    """What comes over a connection, which is written to a file as it comes."""

    def __init__(self, connection: socket.socket, sink: BinaryIO, allowance: Allowance) -> None:
        self._connection, self._sink, self._allowance = connection, sink, allowance
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(self._allowance.left())
        try:
            count = self._connection.recv_into(buffer)
        except TimeoutError as error:
            raise TooMuch("takes too long") from error
        self._count += count
        if self._count > self._allowance.bytes + _HEADERS:
            raise TooMuch(f"is larger than {self._allowance.bytes:,} bytes")
        self._sink.write(memoryview(buffer)[:count])
        return count


class _Line:
    """A connection, as `http.client` wants it."""

    def __init__(self, raw: _Kept) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self._raw, _PIECE)


@dataclass
class Answer:
    """The beginning of an answer, and its body for whoever wants it."""

    status: int
    reason: str
    headers: HTTPMessage
    _response: HTTPResponse = field(repr=False)
    _allowance: Allowance = field(repr=False)
    sent_sha256: str | None = None

    def save(self, path: Path) -> None:
        """Write the body to a file, decompressed, and set `sent_sha256` to the SHA-256 of the body as it was
        sent. Raises TooMuch, HTTPException and OSError where it does not come whole, ValueError for a
        compression that is not known or is broken."""
        hashed = hashlib.sha256()
        with open(path, "wb") as file:
            size = 0
            for piece in self._decoded(hashed.update):
                size += len(piece)
                if size > self._allowance.bytes:
                    raise TooMuch(f"{self._is_larger} {self._allowance.bytes:,} bytes")
                file.write(piece)
        self.sent_sha256 = hashed.hexdigest()

    def skip(self, most: int) -> bool:
        """Read what comes of the body, at most so many bytes, and return whether that is all of it."""
        read = 0
        try:
            while read < most and (piece := self._response.read1(min(_PIECE, most - read))):
                read += len(piece)
            return read < most
        except (TooMuch, HTTPException, OSError):
            return False

    @property
    def _is_larger(self) -> str:
        return "unpacks to more than" if "Content-Encoding" in self.headers else "is larger than"

    def _pieces(self) -> Iterator[bytes]:
        while piece := self._response.read1(_PIECE):
            yield piece
        if self._response.length:
            raise HTTPException(f"ends {self._response.length:,} bytes too early")

    def _decoded(self, seen: Callable[[bytes], None]) -> Iterator[bytes]:
        coding = self.headers.get("Content-Encoding", "identity").strip().lower()
        if coding not in ("identity", *_WINDOWS):
            raise ValueError(f"is compressed as {coding[:40]!r}, which was not asked for")
        unpacker = zlib.decompressobj(_WINDOWS[coding]) if coding != "identity" else None
        for piece in self._pieces():
            seen(piece)
            if unpacker is None:
                yield piece
                continue
            try:
                while piece:
                    yield unpacker.decompress(piece, _PIECE)
                    piece = unpacker.unconsumed_tail
            except zlib.error as error:
                raise ValueError(f"is broken: {error}") from error
        if unpacker is not None:
            yield unpacker.flush()  # of a match that was cut: some bytes
            if not unpacker.eof:
                raise ValueError("is broken: its compression does not end")


@contextmanager
def asking(
    connection: socket.socket, request: bytes, raw: Path, allowance: Allowance, method: str = "GET"
) -> Iterator[Answer]:
    """Send a request, and give the beginning of the answer, whose body can be read inside. All that came is
    in the file `raw` afterwards. Raises TooMuch, HTTPException, OSError."""
    connection.settimeout(allowance.left())
    connection.sendall(request)
    with open(raw, "wb") as sink:
        kept = _Kept(connection, sink, allowance)
        with closing(HTTPResponse(cast(socket.socket, _Line(kept)), method=method)) as response:
            response.begin()
            yield Answer(response.status, response.reason, response.headers, response, allowance)
