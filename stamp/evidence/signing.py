"""Signatures with Ed25519, which `openssl pkeyutl -verify -rawin` checks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from ..core.errors import KeyFileError, MissingDependency
from ..core.private_files import StrPath, read_private

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_HOW = "`openssl genpkey -algorithm ed25519 -out signer.key` makes one"


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key.

    pem : its public half, for whoever checks. fingerprint : SHA-256 of that in DER, 64 hexadecimal digits.
    """

    _key: Ed25519PrivateKey
    pem: bytes
    fingerprint: str

    @classmethod
    def load(cls, path: StrPath) -> Signer:
        """Read an Ed25519 private key in PEM. Raises KeyFileError, MissingDependency."""
        serialization = _serialization()
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        data = read_private(path, "key to sign with", _HOW)
        try:
            key = serialization.load_pem_private_key(data, None)
        except TypeError as error:
            raise KeyFileError(
                f"is locked by a passphrase; give it unlocked, or {_HOW}", path=path
            ) from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyFileError(f"is no private key in PEM; {_HOW}", path=path) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(f"is no Ed25519 key; {_HOW}", path=path)
        public = key.public_key()
        pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return cls(key, pem, _fingerprint(public))

    def sign(self, data: bytes) -> bytes:
        """Return the signature, 64 bytes; the same for the same data."""
        return self._key.sign(data)


def verify(pem: bytes, signature: bytes, data: bytes) -> str:
    """Check a signature, and return the fingerprint of the key. Raises ValueError where it does not hold,
    MissingDependency."""
    serialization = _serialization()
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = serialization.load_pem_public_key(pem)
    except UnsupportedAlgorithm as error:
        raise ValueError("the signer's key is of an unknown kind") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("the signer's key is no Ed25519 key")
    try:
        key.verify(signature, data)
    except InvalidSignature as error:
        raise ValueError("the signature is not that of this key over this list of hashes") from error
    return _fingerprint(key)


def _fingerprint(key: Ed25519PublicKey) -> str:
    serialization = _serialization()
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(key.public_bytes(encoding, form)).hexdigest()


def _serialization() -> ModuleType:
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as error:
        message = "signatures need cryptography: pip install 'stamp-media[evidence]'"
        raise MissingDependency(message, extra="evidence") from error
    return serialization
