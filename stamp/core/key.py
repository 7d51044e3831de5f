"""The secret key, and every random stream derived from it.

All randomness in the scheme comes from HMAC-SHA256 and SHAKE-256, never from NumPy's generators: a mark made
today must be readable on another platform, and by another NumPy, in twenty years.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from .errors import KeyFileError

KEY_BYTES = 32
_FORMAT = "stamp.key/1"
_LONGEST = 4096  # bytes of a key file; what is longer is none


@dataclass(frozen=True, slots=True)
class Key:
    """A 256-bit secret with a name.

    Parameters
    ----------
    secret : 32 bytes. Never printed, never part of `repr`.
    name : what reports call it; 1 to 64 printable characters.

    Raises
    ------
    KeyFileError : `secret` is not 32 bytes, or `name` is not 1 to 64 printable characters.
    """

    secret: bytes = field(repr=False)
    name: str = "unnamed"

    def __post_init__(self) -> None:
        if not isinstance(self.secret, bytes) or len(self.secret) != KEY_BYTES:
            raise KeyFileError(
                f"a key is {KEY_BYTES} bytes; make one with Key.generate() or `stamp key new FILE`"
            )
        if not (1 <= len(self.name) <= 64 and self.name.isprintable()):
            raise KeyFileError(f"a key's name is 1 to 64 printable characters, not {self.name!r}")

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that tell this secret from every other, and nothing of it."""
        return hashlib.sha256(b"stamp.key-fingerprint/1\0" + self.secret).hexdigest()

    @classmethod
    def generate(cls, name: str | None = None) -> Key:
        """A new key from the operating system's random source, named after today's month unless given."""
        return cls(secrets.token_bytes(KEY_BYTES), name or f"{datetime.now(UTC):%Y-%m}")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Key:
        """Read a key file written by `save`.

        Raises
        ------
        KeyFileError : the file is missing, unreadable or not a key file.
        """
        try:
            with open(path, "rb") as file:
                raw = file.read(_LONGEST)
        except OSError as error:
            raise KeyFileError(f"{path}: cannot read the key file: {error.strerror or error}") from error
        try:
            record = json.loads(raw)
            if record["format"] != _FORMAT:
                raise ValueError("unknown format")
            return cls(bytes.fromhex(record["secret"]), str(record["name"]))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise KeyFileError(f"{path}: not a stamp key file; make one with `stamp key new FILE`") from error

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the key to a new file that only its owner may read (mode 0600).

        Raises
        ------
        KeyFileError : the file exists already (a key is never overwritten), or cannot be written.
        """
        text = (
            json.dumps({"format": _FORMAT, "name": self.name, "secret": self.secret.hex()}, indent=1) + "\n"
        )
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as error:
            raise KeyFileError(
                f"{path}: exists already, and a key is never overwritten; choose another name"
            ) from error
        except OSError as error:
            raise KeyFileError(f"{path}: cannot write the key file: {error.strerror or error}") from error
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            Path(path).unlink(missing_ok=True)
            raise KeyFileError(f"{path}: cannot write the key file: {error.strerror or error}") from error

    def stream(self, purpose: str, count: int) -> bytes:
        """`count` pseudo-random bytes for one named purpose: SHAKE-256(HMAC-SHA256(secret, purpose)).

        HMAC as a PRF: RFC 2104 and NIST SP 800-108r1; the extendable output: FIPS 202. Streams of different
        purposes are independent, so that adding one never shifts another, and a longer stream begins with the
        shorter one.
        """
        return hashlib.shake_256(hmac.digest(self.secret, purpose.encode(), "sha256")).digest(count)
