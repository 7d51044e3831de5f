"""Who may ask for what: roles, keys of programs, users whom a proxy names, and how often each may ask."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from ..core.errors import ArgumentError, KeyFileError
from ..core.private_files import read_private, write_private

ROLES: Final = ("viewer", "analyst", "admin")
"""Each may do what those before it may: a viewer asks and gets words; an analyst gets figures, too, and adds
and judges finds; an admin marks."""
_NAME = re.compile(r"[^\x00-\x1f\x7f\"\\]{1,100}")
_WHAT = "file of access"
_MAKE = "`stamp serve --access FILE --new-key NAME` makes one"


@dataclass(frozen=True, slots=True)
class User:
    """Who asks. name : as the log of the catalogue has it. role : of ROLES. by_browser : whether a browser
    sends by itself what shows who he is, so that other sites' pages could ask in his name. is_local : he who
    started the service."""

    name: str
    role: str
    by_browser: bool = False
    is_local: bool = False

    def may(self, role: str) -> bool:
        """Return whether he has this role, or one above it."""
        return ROLES.index(self.role) >= ROLES.index(role)


@dataclass(frozen=True, slots=True)
class AccessList:
    """What a file of access says. keys : SHA-256 of a key -> its user. users : name -> role. default : the
    role of whoever the proxy names and who is not among `users`; None for none."""

    keys: dict[str, User] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    default: str | None = None


class AccessFile:
    """A file of access, read again whenever it has changed: a key that is taken out of it is refused from
    then on."""

    def __init__(self, path: Path) -> None:
        """Read it. Raises KeyFileError where it cannot be read, or says what means nothing."""
        self._path = path
        self._state = _state(path)
        self._list = load(path)

    def now(self) -> AccessList:
        """Return what it says now; of a file that has become wrong, nothing."""
        state = _state(self._path)
        if state != self._state:
            try:
                self._list = load(self._path)
            except KeyFileError:
                self._list = AccessList()
            self._state = state
        return self._list


def load(path: Path) -> AccessList:
    """Return what a file of access says. Raises KeyFileError."""
    try:
        said = tomllib.loads(read_private(path, _WHAT, _MAKE).decode("utf-8"))
        keys = {
            _sha256(entry): User(_name(entry["name"]), _role(entry["role"])) for entry in said.get("key", [])
        }
        users = {_name(name): _role(role) for name, role in said.get("users", {}).items()}
        default = _role(said["default"]) if "default" in said else None
    except (ArgumentError, KeyError, TypeError, AttributeError, ValueError) as error:
        if isinstance(error, KeyFileError):
            raise
        what = f"lacks {error}" if isinstance(error, KeyError) else error
        raise KeyFileError(f"this is no {_WHAT}: {what}; {_MAKE}", path=path) from error
    return AccessList(keys, users, default)


def add_key(path: Path, name: str, role: str) -> str:
    """Make a key for a program, write its SHA-256 to a file of access, which is made if need be, and return
    the key, which is nowhere else.

    Raises ArgumentError for a name or a role that is none, KeyFileError where the file takes nothing.
    """
    key = f"stamp_{secrets.token_urlsafe(32)}"
    entry = f'[[key]]\nname = "{_name(name)}"\nrole = "{_role(role)}"\nsha256 = "{_hashed(key)}"\n'
    if not os.path.lexists(path):
        write_private(path, entry, _WHAT)
        return key
    if name in {user.name for user in load(path).keys.values()}:
        raise ArgumentError(
            f"there is a key called {name} already: choose another name, or take it out of {path}"
        )
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"\n{entry}")
    except OSError as error:
        raise KeyFileError(f"cannot write the {_WHAT}: {error.strerror or error}", path=path) from error
    return key


class Credentials:
    """What shows who asks: the token of the one who started the service, swapped for a session; keys; and
    the name in a header, where a trusted proxy sets it."""

    def __init__(
        self, local: str, access: AccessFile | None, header: str | None = None, proxy: str | None = None
    ) -> None:
        """local : the name of whoever started the service. header, proxy : the header that names a user, and
        the address of the only peer that is believed."""
        self.token, self.session = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._local = local
        self._access = access
        self._header, self._proxy = header, proxy

    def holds_token(self, given: str) -> bool:
        """Return whether this is the token, in a time that does not tell how much of it is right."""
        return _same(given, self.token)

    def user(self, header: Callable[[str], str | None], cookie: str, peer: str) -> User | None:
        """Return who asks, None for nobody that is known. header : gives a header of the request by its name.
        cookie : the session. peer : the address at the other end of the connection."""
        scheme, _, given = (header("authorization") or "").partition(" ")
        if scheme.lower() == "bearer" and given:
            if self.holds_token(given):
                return User(self._local, "admin", is_local=True)
            return self._listed().keys.get(_hashed(given))
        if self._header and peer == self._proxy and (name := header(self._header)):
            return self._proxied(name)
        if _same(cookie, self.session):
            return User(self._local, "admin", by_browser=True, is_local=True)
        return None

    def _proxied(self, name: str) -> User | None:
        listed = self._listed()
        role = listed.users.get(name, listed.default)
        return User(name, role, by_browser=True) if role and _NAME.fullmatch(name) else None

    def _listed(self) -> AccessList:
        return self._access.now() if self._access else AccessList()


class Allowance:
    """How often each user may ask: so many times a minute, saved up to a minute's worth. A detector that
    answers without end can be used to learn how to remove a mark."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._most, self._clock = per_minute / 60, float(per_minute), clock
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, name: str) -> float:
        """Take one of his requests off a user's allowance and return 0, or the seconds until there is one."""
        now = self._clock()
        left, before = self._left.get(name, (self._most, now))
        left = min(self._most, left + (now - before) * self._rate)
        allowed = left >= 1
        self._left[name] = (left - allowed, now)
        return 0.0 if allowed else (1 - left) / self._rate


def _name(value: Any) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise ArgumentError(f"a name is up to 100 letters without quotes and line breaks, not {value!r}")
    return value


def _role(value: Any) -> str:
    if value not in ROLES:
        raise ArgumentError(f"a role is one of {', '.join(ROLES)}, not {value!r}")
    return str(value)


def _sha256(entry: dict[str, Any]) -> str:
    value = entry["sha256"]
    if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
        raise ArgumentError(f"the SHA-256 of a key is 64 hexadecimal digits, not {value!r}")
    return value


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(_hashed(given), _hashed(wanted))


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
