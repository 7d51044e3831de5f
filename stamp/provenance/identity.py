"""Who signs: a chain of certificates and its private key, checked before anything is worked on.

The library says of a wrong one that "the certificate is invalid", or that the "COSE signature" is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import KeyFileError, MissingDependency
from ..core.private_files import read_private
from .library import USAGES

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_HOW = "`stamp credentials new-cert DIR` makes a pair to try it with"
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_LEAST_RSA = 2048  # bits; C2PA 2.2, section 13.2.1


@dataclass(frozen=True, slots=True)
class Identity:
    """A signer.

    algorithm : as the library calls it. chain : PEM, the signer's own certificate first. name : of the
        signer.
    """

    algorithm: str
    chain: bytes
    key: bytes = field(repr=False)
    name: str

    @classmethod
    def load(cls, chain: Path, key: Path) -> Identity:
        """Read a chain of certificates and the private key of the first, both PEM.

        Raises KeyFileError, which names the file, MissingDependency.
        """
        serialization = _serialization()
        certificates = _certificates(chain)
        private = _private(key)
        leaf = certificates[0]
        if _public(private.public_key()) != _public(leaf.public_key()):
            raise KeyFileError(
                f"is not the key of the first certificate in {chain}: the signer's own comes first", path=key
            )
        _check(leaf, chain)
        encoding = serialization.Encoding.PEM
        return cls(
            _algorithm(private, key),
            b"".join(each.public_bytes(encoding) for each in certificates),
            private.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
            _name(leaf),
        )


def anchors(path: Path) -> str:
    """Return certificates that are trusted, as PEM. Raises KeyFileError where the file has none."""
    encoding = _serialization().Encoding.PEM
    return "".join(each.public_bytes(encoding).decode() for each in _certificates(path))


def _serialization() -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
    except ImportError as error:
        message = (
            f"credentials need the optional package cryptography ({error}): pip install stamp-media[c2pa]"
        )
        raise MissingDependency(message, extra="c2pa") from error
    return serialization


def _certificates(path: Path) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(path.read_bytes())
    except FileNotFoundError as error:
        raise KeyFileError(f"no certificates here; {_HOW}", path=path) from error
    except OSError as error:
        raise KeyFileError(f"cannot read the certificates: {error.strerror or error}", path=path) from error
    except ValueError as error:
        raise KeyFileError(f"has no certificates in PEM; {_HOW}", path=path) from error


def _private(path: Path) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm

    data = read_private(path, "key to sign with", _HOW)
    try:
        return _serialization().load_pem_private_key(data, None)
    except TypeError as error:
        raise KeyFileError("is locked by a passphrase; give it unlocked", path=path) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"is no private key in PEM; {_HOW}", path=path) from error


def _public(key: Any) -> bytes:
    serialization = _serialization()
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    found: bytes = key.public_bytes(encoding, form)
    return found


def _algorithm(key: Any, path: Path) -> str:
    """Raises KeyFileError for a key of a kind that C2PA does not allow."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, RSAPrivateKey) and key.key_size >= _LEAST_RSA:
        return "ps256"
    what = "credentials are signed with ECDSA (P-256, P-384, P-521), Ed25519 or RSA of 2048 bits and more"
    raise KeyFileError(f"is a key of another kind: {what}", path=path)


def _check(leaf: Certificate, path: Path) -> None:
    """Raise KeyFileError for a certificate with which nobody may sign, or not today."""
    from cryptography.x509 import AuthorityKeyIdentifier, ExtendedKeyUsage, ExtensionNotFound

    now = datetime.now(UTC)
    if leaf.not_valid_after_utc < now:
        raise KeyFileError(
            f"the certificate expired on {leaf.not_valid_after_utc:%Y-%m-%d}; have it renewed", path=path
        )
    if leaf.not_valid_before_utc > now:
        raise KeyFileError(
            f"the certificate is valid from {leaf.not_valid_before_utc:%Y-%m-%d} only", path=path
        )
    if leaf.issuer == leaf.subject:
        raise KeyFileError(
            f"the first certificate has signed itself, which C2PA does not allow; {_HOW}", path=path
        )
    try:
        usages = {
            each.dotted_string for each in leaf.extensions.get_extension_for_class(ExtendedKeyUsage).value
        }
        leaf.extensions.get_extension_for_class(AuthorityKeyIdentifier)
    except ExtensionNotFound as error:
        what = "extended key usage" if error.oid == ExtendedKeyUsage.oid else "authority key identifier"
        raise KeyFileError(
            f"the first certificate has no {what}, which C2PA asks for; {_HOW}", path=path
        ) from error
    if not usages & set(USAGES[:3]):
        wanted = "C2PA claim signing (1.3.6.1.4.1.62558.2.1), document signing or e-mail protection"
        raise KeyFileError(f"the first certificate is not for {wanted}; {_HOW}", path=path)


def _name(leaf: Certificate) -> str:
    from cryptography.x509.oid import NameOID

    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for each in leaf.subject.get_attributes_for_oid(kind):
            return str(each.value)
    return leaf.subject.rfc4514_string()
