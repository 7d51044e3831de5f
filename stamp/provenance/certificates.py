"""A chain of certificates to try signing with: nobody else trusts it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from ..core.errors import MissingDependency, OutputError, UnwritableFile
from ..core.private_files import write_private
from ..storage.atomic import write_whole
from .library import USAGES

ROOT, CHAIN, KEY = "root.pem", "chain.pem", "key.pem"
_DAYS: Final = 365
_SLACK: Final = timedelta(days=1)  # clocks differ


class Made(NamedTuple):
    """The files of a chain: what a reader trusts, what a signer signs with, and the private key of that."""

    root: Path
    chain: Path
    key: Path


def new_chain(folder: Path, name: str, *, days: int = _DAYS, now: datetime | None = None) -> Made:
    """Make a root and a signer's certificate for `name`, valid for `days`, in a folder, which is made.

    The key of the root is not kept: it signs once. Raises OutputError where one of the files is there,
    UnwritableFile, KeyFileError, MissingDependency.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    except ImportError as error:
        message = (
            f"certificates need the optional package cryptography ({error}): pip install stamp-media[c2pa]"
        )
        raise MissingDependency(message, extra="c2pa") from error
    made = Made(folder / ROOT, folder / CHAIN, folder / KEY)
    for path in made:
        if os.path.lexists(path):
            raise OutputError(f"{path}: exists already; name another folder")
    began = now or datetime.now(UTC)
    above, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _root(above, began)
    leaf = _leaf(own, name, root, above, began, days)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnwritableFile(f"cannot make this folder: {error.strerror or error}", path=folder) from error
    pem = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    write_private(made.key, pem, "key to sign with")
    for path, certificates in ((made.chain, (leaf, root)), (made.root, (root,))):
        with write_whole(path) as draft:
            draft.write_bytes(b"".join(each.public_bytes(Encoding.PEM) for each in certificates))
    return made


def _root(key: Any, began: datetime) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    subject = _subject("Test root, trusted by nobody")
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = _builder(subject, subject, key, began, 10 * _DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256())


def _leaf(key: Any, name: str, root: Any, above: Any, began: datetime, days: int) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    usages = x509.ExtendedKeyUsage([x509.ObjectIdentifier(usage) for usage in USAGES[:2]])
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
    builder = _builder(_subject(name), root.subject, key, began, days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(usages, critical=False).add_extension(by, critical=False)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identifier, critical=False).sign(above, hashes.SHA256())


def _builder(subject: Any, issuer: Any, key: Any, began: datetime, days: int) -> Any:
    from cryptography import x509

    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(began - _SLACK)
    return builder.not_valid_after(began + timedelta(days=days))


def _subject(name: str) -> Any:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    # The library wants an organisation: it shows that as the issuer.
    parts = ((NameOID.ORGANIZATION_NAME, "stamp test certificates"), (NameOID.COMMON_NAME, name))
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


def _usage(*, signs_certificates: bool) -> Any:
    from cryptography import x509

    names = "content_commitment key_encipherment data_encipherment key_agreement encipher_only decipher_only"
    others = dict.fromkeys(names.split(), False)
    signs = {"key_cert_sign": signs_certificates, "crl_sign": signs_certificates}
    return x509.KeyUsage(digital_signature=not signs_certificates, **signs, **others)
