"""Time stamps after RFC 3161: an authority signs that it has seen a hash, and when.

The only module that reaches for the network, and only where its caller gives a URL: the hash leaves the
machine, and nothing else does. What comes back is believed only if everything about it is right."""

from __future__ import annotations

import os
import re
import secrets
import ssl
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPException
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ..core.errors import ArgumentError, CatalogueError, MissingDependency
from . import der

if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse

_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_SHA256_DER: Final = bytes.fromhex("06096086480165030402010500")  # this OID, and NULL
_PAUSE: Final = 15.0  # seconds between bytes
_TOTAL: Final = 30.0  # seconds for all of the answer
_LARGEST: Final = 64 * 1024  # bytes; tokens with a chain of certificates have some 6 kB
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_GRANTED: Final = der.value(der.SEQUENCE, der.integer(0))


class Untrusted(CatalogueError):
    """A time stamp's signature leads to none of the certificates that are trusted."""


Roots = str | os.PathLike[str] | Sequence["Certificate"]
"""A PEM file with the certificates that are trusted, or these."""


@dataclass(frozen=True, slots=True)
class Token:
    """What an authority signed.

    bytes : a TimeStampToken in DER, as `openssl ts -verify -token_in` reads it. at : when, by the authority's
    clock. authority : the name in its certificate.
    """

    bytes: bytes
    at: datetime
    authority: str


def request(url: str, digest: bytes, roots: Roots | None = None) -> Token:
    """Ask the authority at `url` for a time stamp of a SHA-256, and check the answer.

    roots : whom to trust; None for certifi's certificates, if it is installed, else those of the system.

    Raises CatalogueError where no answer comes or anything about it is wrong, ArgumentError for a URL that is
    none, MissingDependency without the extra `evidence`.
    """
    trusted, nonce = _trusted(roots), secrets.randbits(63) | 1 << 63
    query = der.value(
        der.SEQUENCE,
        der.integer(1),
        der.value(der.SEQUENCE, der.value(der.SEQUENCE, _SHA256_DER), der.value(der.OCTETS, digest)),
        der.integer(nonce),
        b"\1\1\xff",  # with its certificate
    )
    answer = _fetched(url, query)
    try:
        status, *rest = der.parts(answer)
        if not rest:
            raise _Wrong(f"the authority refused: {_refusal(answer)}")
        return _checked(status, rest[0], digest, trusted, nonce)
    except _Wrong as wrong:
        raise CatalogueError(f"{url}: {wrong}") from wrong
    except ValueError as error:
        raise CatalogueError(f"{url}: the answer is no time stamp ({error})") from error


def verify_token(
    token: bytes, digest: bytes, roots: Roots | None = None, at: datetime | None = None
) -> Token:
    """Check a token that was kept, without the network: that it is one of this SHA-256, signed by an
    authority whose certificate is for this purpose, was valid at that time, and comes from one of `roots` (as
    in `request`).

    at : an instant at which the certificates in it must be valid, too, such as now: whoever has the key of
    one that has run out can date back.

    Raises Untrusted where the signature is not one of theirs, CatalogueError where anything else is wrong,
    MissingDependency without the extra `evidence`.
    """
    trusted = _trusted(roots)
    try:
        return _checked(_GRANTED, token, digest, trusted, None, at)
    except _NotTrusted as error:
        raise Untrusted(f"its time stamp does not hold: {error}") from error
    except ValueError as error:
        raise CatalogueError(f"its time stamp does not hold: {error}") from error


class _Wrong(ValueError):
    """What is wrong with a time stamp."""


class _NotTrusted(_Wrong):
    """Its signature leads to no certificate that is trusted."""


def _checked(
    status: bytes,
    token: bytes,
    digest: bytes,
    trusted: list[Certificate],
    nonce: int | None,
    at: datetime | None = None,
) -> Token:
    """The token, if all about it is right. Raises ValueError."""
    from rfc3161_client import VerificationError, VerifierBuilder

    response = _decoded(der.value(der.SEQUENCE, status, _in_order(token)))
    if response.status != 0:
        raise _Wrong(f"the authority answers with status {response.status}")
    info = response.tst_info
    if (info.message_imprint.hash_algorithm.dotted_string, info.message_imprint.message) != (_SHA256, digest):
        raise _Wrong("it is a time stamp of something else")
    if nonce is not None and info.nonce != nonce:
        raise _Wrong("it answers another request: its nonce is not ours")
    try:
        VerifierBuilder(roots=trusted, nonce=nonce).build().verify(response, digest)
    except VerificationError as error:
        found = re.search(r'Verify error: ([^"]*)', str(error))  # of OpenSSL, in the middle of much else
        reason = found[1] if found else str(error).rstrip(".")
        raise _NotTrusted(
            f"its signature is not that of a time-stamp authority that is trusted ({reason});"
            " `roots` names the root certificate of yours"
        ) from error
    signer, others = _certificates(response)
    for each in (signer, *others):
        if at is not None and not each.not_valid_before_utc <= at <= each.not_valid_after_utc:
            raise _Wrong(f"the certificate of {_name(each)} is not valid on {at:%Y-%m-%d}")
    return Token(token, info.gen_time.astimezone(UTC), _name(signer))


def _decoded(response: bytes) -> TimeStampResponse:
    from rfc3161_client import decode_timestamp_response

    return decode_timestamp_response(response)


def _in_order(token: bytes) -> bytes:
    """The token with its certificates in the order that DER asks of a set. `openssl ts`, and authorities that
    run it, send the signer's first, and rfc3161-client refuses that. No signature is over this order."""
    try:
        kind, content = der.parts(token)
        (signed,) = der.parts(content)
        fields = [
            der.value(der.FIRST, *sorted(der.parts(field))) if field[0] == der.FIRST else field
            for field in der.parts(signed)
        ]
    except ValueError as error:
        raise _Wrong("it is no time stamp") from error
    return der.value(der.SEQUENCE, kind, der.value(der.FIRST, der.value(der.SEQUENCE, *fields)))


def _refusal(answer: bytes) -> str:
    response = _decoded(answer)
    return " ".join([f"status {response.status}", *response.status_string])


def _certificates(response: TimeStampResponse) -> tuple[Certificate, list[Certificate]]:
    """The signer's certificate, and the others in the token."""
    from cryptography.x509 import load_der_x509_certificate

    (info,) = response.signed_data.signer_infos
    found = [load_der_x509_certificate(each) for each in response.signed_data.certificates]
    signers = [
        each for each in found if (each.issuer, each.serial_number) == (info.issuer, info.serial_number)
    ]
    return signers[0], [each for each in found if each is not signers[0]]


def _name(certificate: Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _trusted(roots: Roots | None) -> list[Certificate]:
    """The certificates that are trusted."""
    try:
        import rfc3161_client  # noqa: F401
        from cryptography.x509 import load_pem_x509_certificates
    except ImportError as error:
        message = "time stamps need rfc3161-client and cryptography: pip install 'stamp-media[evidence]'"
        raise MissingDependency(message, extra="evidence") from error
    if roots is not None and not isinstance(roots, str | os.PathLike):
        return list(roots)
    file = _store() if roots is None else Path(roots)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of oddities in certificates that everybody trusts
            return load_pem_x509_certificates(file.read_bytes())
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it has no certificates in PEM"
        raise CatalogueError(f"{file}: the trusted certificates cannot be read ({reason})") from error


def _store() -> Path:
    """The certificates that are trusted unless others are given."""
    try:
        return Path(import_module("certifi").where())
    except ImportError:
        paths = ssl.get_default_verify_paths()
        if paths.cafile is None:
            message = "no trusted certificates are here; `roots` names that of the authority"
            raise CatalogueError(message) from None
        return Path(paths.cafile)


class _NoRedirect(HTTPRedirectHandler):
    """An authority that has moved is named to the user, and not followed."""

    def redirect_request(self, *arguments: Any) -> None:
        return None


def _fetched(url: str, query: bytes) -> bytes:
    """What the authority answers. Raises CatalogueError."""
    _check_url(url)
    headers = {"Content-Type": _QUERY, "Accept": _REPLY, "User-Agent": "stamp"}
    until = time.monotonic() + _TOTAL
    answer = bytearray()
    try:
        with build_opener(_NoRedirect).open(Request(url, query, headers), timeout=_PAUSE) as response:
            if (kind := response.headers.get_content_type()) != _REPLY:
                raise CatalogueError(
                    f"{url}: answers with {kind}, no time stamp; is this the authority's URL?"
                )
            while chunk := response.read1(4096):
                answer += chunk
                if len(answer) > _LARGEST or time.monotonic() > until:
                    raise CatalogueError(f"{url}: the answer does not end; ask another authority")
    except HTTPError as error:
        with error:
            moved = error.headers.get("Location") if 300 <= error.code < 400 else None
        remedy = f"it has moved to {moved}: give this URL" if moved else "ask later, or another authority"
        raise CatalogueError(f"{url}: answers with {error.code} {error.reason}; {remedy}") from error
    except (OSError, HTTPException) as error:
        reason = error.reason if isinstance(error, URLError) else error
        message = (
            f"{url}: no time stamp comes from there ({reason or type(error).__name__}); run it again later"
        )
        raise CatalogueError(message) from error
    return bytes(answer)


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or parts.username is not None:
        raise ArgumentError("a time-stamp authority is named by its URL, http://HOST/... or https://HOST/...")
