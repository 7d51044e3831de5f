"""Who signs is checked before anything is worked on, and the private key is shown nowhere."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from stamp.core.errors import ArgumentError, KeyFileError, OutputError
from stamp.core.options import SignOptions
from stamp.provenance import certificates
from stamp.provenance.certificates import new_chain
from stamp.provenance.identity import Identity, anchors
from tests.helpers import signers

FORM = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)


def test_a_chain_and_its_key() -> None:
    made = signers.chain()
    identity = Identity.load(made.chain, made.key)
    assert (identity.algorithm, identity.name) == ("es256", signers.NAME)
    assert identity.chain.count(b"BEGIN CERTIFICATE") == 2
    assert b"PRIVATE" in identity.key
    assert "PRIVATE" not in repr(identity)
    assert made.key.stat().st_mode & 0o777 == 0o600
    assert anchors(made.root).count("BEGIN CERTIFICATE") == 1


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "root.pem").write_text("mine")
    with pytest.raises(OutputError, match=r"root\.pem: exists already"):
        new_chain(tmp_path, "A")
    assert [path.name for path in tmp_path.iterdir()] == ["root.pem"]


def test_a_key_that_others_can_read_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    made = new_chain(tmp_path / "c", "A")
    made.key.chmod(0o644)
    with caplog.at_level(logging.WARNING, "stamp"):
        Identity.load(made.chain, made.key)
    (record,) = caplog.records
    assert "other users have access" in record.getMessage()
    assert "PRIVATE" not in caplog.text


@pytest.mark.parametrize(
    ("began", "days", "message"),
    [
        (datetime.now(UTC) - timedelta(days=400), 365, "expired on .*renewed"),
        (datetime.now(UTC) + timedelta(days=5), 365, "valid from .* only"),
    ],
)
def test_not_today(began: datetime, days: int, message: str, tmp_path: Path) -> None:
    made = new_chain(tmp_path / "c", "A", days=days, now=began)
    with pytest.raises(KeyFileError, match=message):
        Identity.load(made.chain, made.key)


def test_keys_of_other_kinds(tmp_path: Path) -> None:
    made = signers.chain()
    for name, key, message in (
        ("other.pem", ec.generate_private_key(ec.SECP256R1()), "is not the key of the first certificate"),
        ("ed.pem", ed25519.Ed25519PrivateKey.generate(), "is not the key of the first certificate"),
    ):
        pem = key.private_bytes(*FORM, serialization.NoEncryption())
        path = tmp_path / name
        path.touch(0o600)
        path.write_bytes(pem)
        with pytest.raises(KeyFileError, match=message):
            Identity.load(made.chain, path)
    locked = tmp_path / "locked.pem"
    locked.touch(0o600)
    key = ec.generate_private_key(ec.SECP256R1())
    locked.write_bytes(key.private_bytes(*FORM, serialization.BestAvailableEncryption(b"secret")))
    with pytest.raises(KeyFileError, match="locked by a passphrase"):
        Identity.load(made.chain, locked)
    with pytest.raises(KeyFileError, match="no certificates in PEM"):
        Identity.load(made.key, made.key)
    with pytest.raises(KeyFileError, match="no certificates here"):
        Identity.load(tmp_path / "none.pem", made.key)
    with pytest.raises(KeyFileError, match="no key to sign with here"):
        Identity.load(made.chain, tmp_path / "none.pem")


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP384R1()), "es384"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
        (rsa.generate_private_key(65537, 2048), "ps256"),
        (rsa.generate_private_key(65537, 1024), None),
        (ec.generate_private_key(ec.SECP256K1()), None),
    ],
)
def test_algorithms(key: Any, algorithm: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    above = ec.generate_private_key(ec.SECP256R1())
    root = certificates._root(above, datetime.now(UTC))
    leaf = certificates._leaf(key, "A", root, above, datetime.now(UTC), 10)
    files = write(tmp_path, leaf, key)
    if algorithm:
        assert Identity.load(*files).algorithm == algorithm
    else:
        with pytest.raises(KeyFileError, match="of another kind"):
            Identity.load(*files)


def write(folder: Path, leaf: x509.Certificate, key: Any) -> tuple[Path, Path]:
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    private.touch(0o600)
    private.write_bytes(key.private_bytes(*FORM, serialization.NoEncryption()))
    return chain, private


@pytest.mark.parametrize("fault", ["self", "no usage", "no authority", "other usage"])
def test_certificates_with_which_nobody_may_sign(fault: str, tmp_path: Path) -> None:
    """The library says "the certificate is invalid" of each."""
    from cryptography.hazmat.primitives import hashes

    above, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    subject, issuer = certificates._subject("A"), certificates._subject("Root")
    now = datetime.now(UTC)
    builder = certificates._builder(subject, subject if fault == "self" else issuer, key, now, 10)
    if fault != "no usage":
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if fault == "other usage" else None
        usage = purpose or x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if fault != "no authority":
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(above.public_key())
        builder = builder.add_extension(by, critical=False)
    files = write(tmp_path, builder.sign(key if fault == "self" else above, hashes.SHA256()), key)
    message = {
        "self": "has signed itself",
        "no usage": "no extended key usage",
        "no authority": "no authority key identifier",
        "other usage": "is not for C2PA claim signing",
    }[fault]
    with pytest.raises(KeyFileError, match=message):
        Identity.load(*files)


def test_options_are_checked() -> None:
    with pytest.raises(ArgumentError, match="http or https URL"):
        SignOptions(Path("c"), Path("k"), tsa="ftp://example.org")
    assert SignOptions("c", "k", store="s").store == Path("s")  # type: ignore[arg-type]
