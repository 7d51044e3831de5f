"""What a service is set up with."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.errors import ArgumentError
from ..core.rights import Rights
from ..jobs.keys import KeyFile

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """keys : what is looked with; the first one marks. catalogue : its place; None does without.

    user : the name of whoever starts the service. rights : the notice that is written, unless the request
    says otherwise. host, port : where it listens; 0 takes any port. allowed : further names that it is asked
    for by. access : the file of access. header, proxy : see `Credentials`. per_minute : requests about files
    of one user. most_bytes : of one upload. processes, waiting, seconds, memory : see `Workers`. log : takes
    what is said of each request; see `Observed`.
    """

    keys: tuple[KeyFile, ...]
    catalogue: str | None
    user: str
    rights: Rights = field(default_factory=Rights)
    host: str = "127.0.0.1"
    port: int = 8321
    allowed: tuple[str, ...] = ()
    access: Path | None = None
    header: str | None = None
    proxy: str | None = None
    per_minute: int = 60
    most_bytes: int = 1 << 30
    processes: int = field(default_factory=lambda: os.cpu_count() or 1)
    waiting: int = 64
    seconds: float = 60.0
    memory: int = 1 << 30
    log: Callable[[Mapping[str, Any]], None] | None = None

    def __post_init__(self) -> None:
        """Raise ArgumentError where something is missing."""
        if not self.keys:
            raise ArgumentError("a service needs a key to look with")
        if (self.header is None) != (self.proxy is None):
            raise ArgumentError(
                "a header names users only where a proxy sets it: `--auth-header` goes with `--trusted-proxy`"
            )

    @property
    def hosts(self) -> frozenset[str]:
        """The names that it may be asked for by."""
        own = () if self.host in ("0.0.0.0", "::") else (self.host,)
        return frozenset(name.lower() for name in (*_LOOPBACK, *own, *self.allowed))

    @property
    def is_local(self) -> bool:
        """Whether nobody but programs on this computer can reach it."""
        return self.host in _LOOPBACK
