"""The secret key, and every random stream derived from it.

All randomness in the scheme comes from HMAC-SHA256 and SHAKE-256, never from NumPy's generators: a mark made
today must be readable on another platform, and by another NumPy, in twenty years.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from .errors import KeyFileError
from .key_file import KEY_BYTES, KeyRecord, complaint, encoded, read_key_file
from .private_files import write_private


@dataclass(frozen=True, slots=True)
class Key:
    """A 256-bit secret with a name.

    Parameters
    ----------
    secret : 32 bytes. Never printed, never part of `repr`.
    name : what reports call it; 1 to 64 printable characters.
    created : when it was made, with a time zone; None where that is not known. Keys are compared without it.

    Raises
    ------
    KeyFileError : `secret` is not 32 bytes, `name` is not 1 to 64 printable characters, or `created` has no
        time zone.
    """

    secret: bytes = field(repr=False)
    name: str = "unnamed"
    created: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if wrong := complaint(self.secret, self.name, self.created):
            raise KeyFileError(wrong)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell this key from every other and may be public: they help to guess
        neither the secret nor a mark. The name is no part of it."""
        return self.stream("stamp.key-fingerprint/1", 8).hex()

    @property
    def geometry(self) -> Key:
        """The key of what finds a picture's mark, and shows nothing of what it says."""
        return self

    @classmethod
    def generate(cls, name: str | None = None) -> Key:
        """A new key from the operating system's random source, named after today's month unless told."""
        now = datetime.now(UTC).replace(microsecond=0)
        return cls(secrets.token_bytes(KEY_BYTES), name or f"{now:%Y-%m}", now)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Key:
        """Read a key file written by `save`, of this version or an older one.

        A file that other users have access to is reported to the logger `stamp.keys` as a warning.

        Raises
        ------
        KeyFileError : the file is missing, unreadable, damaged, no regular file or not a key file.
        """
        record = read_key_file(path)
        return cls(record.secret, record.name, record.created)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the key to a new file that only its owner may read (mode 0600), with a checksum.

        Raises
        ------
        KeyFileError : the file exists already (a key is never overwritten), or cannot be written.
        """
        write_private(path, encoded(KeyRecord(self.secret, self.name, self.created)), "key file")

    @classmethod
    def checked(cls, key: object) -> Key:
        """Return `key` if it is one. A path or the bytes of a key in its place would fail deep inside, and
        might end up in a log there.

        Raises
        ------
        KeyFileError : it is something else.
        """
        if not isinstance(key, Key):
            raise KeyFileError(f"a key is a Key, not a {type(key).__name__}; load it with Key.load(path)")
        return key

    def stream(self, purpose: str, count: int) -> bytes:
        """`count` pseudo-random bytes for one named purpose: SHAKE-256(HMAC-SHA256(secret, purpose)).

        HMAC as a PRF: RFC 2104 and NIST SP 800-108r1; the extendable output: FIPS 202. Streams of different
        purposes are independent, so that adding one never shifts another, and a longer stream begins with the
        shorter one.
        """
        return hashlib.shake_256(hmac.digest(self.secret, purpose.encode(), "sha256")).digest(count)
