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
from .private_files import replace_private, write_private


@dataclass(frozen=True, slots=True)
class Key:
    """A 256-bit secret with a name.

    Parameters
    ----------
    secret : 32 bytes. Never printed, never part of `repr`.
    name : what reports call it; 1 to 64 printable characters.
    created : when it was made, with a time zone; None where that is not known. Keys are compared without it.
    finder : of a key of a ring, 32 bytes by which the marks of all its keys are found in pictures.
    members : of the master of a ring, the names of its keys. Keys are compared without them.

    Raises
    ------
    KeyFileError : `secret` is not 32 bytes, `name` is not 1 to 64 printable characters, or `created` has no
        time zone.
    """

    secret: bytes = field(repr=False)
    name: str = "unnamed"
    created: datetime | None = field(default=None, compare=False)
    finder: bytes | None = field(default=None, repr=False)
    members: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if wrong := complaint(self.secret, self.name, self.created, self.finder):
            raise KeyFileError(wrong)

    @property
    def fingerprint(self) -> str:
        """16 hexadecimal digits that tell this key from every other and may be public: they help to guess
        neither the secret nor a mark. The name is no part of it."""
        return self.stream("stamp.key-fingerprint/1", 8).hex()

    @property
    def geometry(self) -> Key:
        """The key of what finds a picture's mark, and shows nothing of what it says."""
        return Key(self.finder, "ring") if self.finder else self

    def member(self, name: str) -> Key:
        """Return the key of that name of the ring that this key is the master of: HMAC-SHA256 of the master's
        secret, so that no member leads to the master, to another member or to another's marks."""
        secret = hmac.digest(self.secret, b"stamp.key-ring/1/key/" + name.encode(), "sha256")
        return Key(secret, name, self.created, hmac.digest(self.secret, b"stamp.key-ring/1/finder", "sha256"))

    @property
    def ring(self) -> tuple[Key, ...]:
        """The keys of the ring that this key is the master of, in the order in which they were made."""
        return tuple(self.member(name) for name in self.members)

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
        return cls(record.secret, record.name, record.created, record.finder, record.members)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the key to a new file that only its owner may read (mode 0600), with a checksum.

        Raises
        ------
        KeyFileError : the file exists already (a key is never overwritten), or cannot be written.
        """
        write_private(path, self._encoded(), "key file")

    def save_again(self, path: str | os.PathLike[str]) -> None:
        """Put the key in the place of its own file, after a member was added. Raises KeyFileError."""
        if Key.load(path) != self:
            raise KeyFileError("the file holds another key by now", path=path)
        replace_private(path, self._encoded(), "key file")

    def _encoded(self) -> str:
        return encoded(KeyRecord(self.secret, self.name, self.created, self.finder, self.members))

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
