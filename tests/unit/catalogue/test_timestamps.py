"""Time stamps: the right one is taken, whatever an authority does wrong is refused, and says so."""

from __future__ import annotations

import hashlib
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509 import load_pem_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st

from stamp.catalogue import der, timestamps
from stamp.catalogue.catalogue import Catalogue
from stamp.catalogue.database import Database
from stamp.catalogue.timestamps import Untrusted, request, verify_token
from stamp.core.errors import ArgumentError, CatalogueError, MissingDependency
from tests.helpers import tsa

DIGEST = hashlib.sha256(b"the log").digest()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tsa.Authority]:
    with tsa.serving(tsa.make(tmp_path_factory.mktemp("right") / "tsa")) as made:
        yield made


@pytest.fixture(autouse=True)
def right(authority: tsa.Authority) -> None:
    authority.behaviour = "right"


def test_a_time_stamp(authority: tsa.Authority) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    token = request(authority.url, DIGEST, authority.root)
    assert before <= token.at <= datetime.now(UTC)
    assert tsa.SIGNER in token.authority.replace("\\", "")
    assert authority.holds(token.bytes, DIGEST)
    assert not authority.holds(token.bytes, bytes(32))
    certificate = load_pem_x509_certificate(authority.root.read_bytes())
    assert verify_token(token.bytes, DIGEST, authority.root) == token
    assert verify_token(token.bytes, DIGEST, [certificate]) == token


def test_only_a_hash_and_a_new_number_are_sent(authority: tsa.Authority) -> None:
    authority.asked.clear()
    for _ in range(2):
        request(authority.url, DIGEST, authority.root)
    first, second = (der.parts(query) for query in authority.asked)
    assert first[:2] == second[:2]
    assert first[2] != second[2]
    version, imprint, nonce, certificate = first
    assert (version, certificate) == (b"\2\1\1", b"\1\1\xff")
    assert imprint.endswith(b"\4\x20" + DIGEST)
    assert (nonce[0], len(nonce)) == (der.INTEGER, 11)  # 64 bits and a sign


WRONG = {
    "other data": "it is a time stamp of something else",
    "replay": "it answers another request: its nonce is not ours",
    "other purpose": "is not that of a time-stamp authority that is trusted (unsuitable certificate purpose)",
    "no purpose": "is not that of a time-stamp authority that is trusted",
    "no certificate": "is not that of a time-stamp authority",
    "changed": "is not that of a time-stamp authority",
    "nonsense": "the answer is no time stamp",
    "cut": "the answer is no time stamp",
    "refusal": "the authority refused: status 2 Message digest algorithm is not supported",
    "html": "answers with text/html, no time stamp; is this the authority's URL?",
    "error": "answers with 503 Service Unavailable; ask later, or another authority",
    "redirect": "it has moved to http://tsa.example.org/new: give this URL",
    "silence": "no time stamp comes from there",
    "endless": "the answer does not end",
}


@pytest.mark.parametrize("behaviour", WRONG)
def test_what_is_wrong_is_refused(behaviour: str, authority: tsa.Authority) -> None:
    request(authority.url, DIGEST, authority.root)
    authority.behaviour = behaviour
    with pytest.raises(CatalogueError) as caught:
        request(authority.url, DIGEST, authority.root)
    assert str(caught.value).startswith(f"{authority.url}: ")
    assert WRONG[behaviour] in str(caught.value)


def test_an_answer_in_drops_ends(authority: tsa.Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timestamps, "_TOTAL", 0.1)
    authority.behaviour = "slow"
    with pytest.raises(CatalogueError, match="the answer does not end"):
        request(authority.url, DIGEST, authority.root)


def test_a_stranger_is_not_trusted(authority: tsa.Authority, tmp_path: Path) -> None:
    other = tsa.make(tmp_path / "other")
    token = request(authority.url, DIGEST, authority.root).bytes
    for roots in (other.root, None):
        with pytest.raises(CatalogueError, match=r"unable to get local issuer.*`roots`"):
            request(authority.url, DIGEST, roots)
        with pytest.raises(Untrusted):
            verify_token(token, DIGEST, roots)
    both = tmp_path / "both.pem"
    both.write_bytes(other.root.read_bytes() + authority.root.read_bytes())
    assert verify_token(token, DIGEST, both).bytes == token


def test_a_certificate_that_has_run_out(tmp_path: Path) -> None:
    old = tsa.make(tmp_path / "old", days=("20200101000000Z", "20210101000000Z"))
    with tsa.serving(old), pytest.raises(CatalogueError, match="certificate has expired"):
        request(old.url, DIGEST, old.root)


def test_a_certificate_is_valid_at_its_time_and_at_another_if_asked(authority: tsa.Authority) -> None:
    token = authority.stamp(DIGEST)
    now = datetime.now(UTC)
    assert verify_token(token, DIGEST, authority.root, at=now + timedelta(days=1000)).bytes == token
    with pytest.raises(CatalogueError, match=r"is not valid on 20\d\d-"):
        verify_token(token, DIGEST, authority.root, at=now + timedelta(days=3660))


def test_a_chain_in_whatever_order(tmp_path: Path) -> None:
    from rfc3161_client import decode_timestamp_response

    with tsa.serving(tsa.make(tmp_path / "chain", chain=True)) as authority:
        token = request(authority.url, DIGEST, authority.root)
    whole = der.value(der.SEQUENCE, der.value(der.SEQUENCE, der.integer(0)), token.bytes)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):  # what `_in_order` is for
        decode_timestamp_response(whole)
    assert authority.holds(token.bytes, DIGEST)
    assert verify_token(token.bytes, DIGEST, authority.root) == token


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_no_damaged_token_is_taken_and_none_ends_in_a_traceback(
    authority: tsa.Authority, data: st.DataObject
) -> None:
    token = _one(authority)
    place = data.draw(st.integers(0, len(token) - 1))
    bit = data.draw(st.integers(1, 255))
    damaged = token[:place] + bytes([token[place] ^ bit]) + token[place + 1 :]
    damaged = damaged[: data.draw(st.sampled_from((len(token), place)))]
    try:
        found = verify_token(damaged, DIGEST, authority.root)
    except CatalogueError:
        return
    # What is under no signature may change, but not what is read of it.
    assert (found.at, found.authority) == (verify_token(token, DIGEST, authority.root).at, found.authority)


@given(st.binary(max_size=60))
def test_nonsense_is_no_token(blob: bytes) -> None:
    with pytest.raises(CatalogueError):
        verify_token(blob, DIGEST, [])


_made: dict[Path, bytes] = {}


def _one(authority: tsa.Authority) -> bytes:
    if authority.folder not in _made:
        _made[authority.folder] = authority.stamp(DIGEST)
    return _made[authority.folder]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://tsa.example.org",
        "tsa.example.org",
        "http://",
        "http://[",
        "http://a:x/",
        "https://me:secret@tsa.example.org/",
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(ArgumentError, match="is named by its URL") as caught:
        request(url, DIGEST, [])
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://a b/", "http://127.0.0.1:9/a\nb"])
def test_nobody_is_there(url: str) -> None:
    with pytest.raises(CatalogueError, match="no time stamp comes from there"):
        request(url, DIGEST, [])


def test_roots_that_are_none(authority: tsa.Authority, tmp_path: Path) -> None:
    (tmp_path / "a.pem").write_text("no certificate")
    for name, reason in (("a.pem", "it has no certificates in PEM"), ("none.pem", "No such file")):
        with pytest.raises(CatalogueError, match=reason) as caught:
            request(authority.url, DIGEST, tmp_path / name)
        assert name in str(caught.value)


def test_without_the_extra(authority: tsa.Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(MissingDependency, match=r"pip install 'stamp-media\[evidence\]'"):
        request(authority.url, DIGEST, authority.root)


def test_a_seal_with_a_time_stamp(authority: tsa.Authority, catalogue: Catalogue, place: str) -> None:
    catalogue.works.add(title="Lake", kind="image")
    plain = catalogue.seal()
    made = catalogue.seal(authority.url, roots=authority.root)  # nothing is new, but the time stamp
    assert (made.seq, made.root) == (1, plain.root)
    assert made.token
    assert authority.holds(made.token, bytes.fromhex(made.root))
    assert catalogue.last_seal() == made == catalogue.seal()
    catalogue.works.add(title="Sea", kind="image")
    authority.behaviour = "error"
    with pytest.raises(CatalogueError, match="503"):
        catalogue.seal(authority.url, roots=authority.root)
    assert catalogue.last_seal() == made
    catalogue.seal()
    assert catalogue.proof(1).seal == made
    found = catalogue.verify(roots=authority.root)
    assert (found.fault, found.seals, found.stamps, found.unchecked) == (None, 2, 1, 0)
    found = catalogue.verify()
    assert (found.fault, found.stamps, found.unchecked) == (None, 0, 1)


def test_a_token_that_was_changed(authority: tsa.Authority, catalogue: Catalogue, place: str) -> None:
    catalogue.works.add(title="Lake", kind="image")
    made = catalogue.seal(authority.url, roots=authority.root)
    assert made.token
    database = Database(place)
    other = authority.stamp(DIGEST)
    for column, value, fault in (
        ("token", other, "it is a time stamp of something else"),
        ("token", b"nonsense", "it is no time stamp"),
        ("token", made.token[:-5] + bytes(5), "is not that of a time-stamp authority"),
        ("at", "2020-01-01T00:00:00.000000Z", "its date is not that of its time stamp"),
    ):
        before = database.execute(f"SELECT {column} FROM seal")
        database.execute(f"UPDATE seal SET {column} = ?", (value,))
        found = catalogue.verify(roots=authority.root)
        assert found.stamps == 0
        assert "the seal of event 1" in (found.fault or "")
        assert fault in (found.fault or "")
        database.execute(f"UPDATE seal SET {column} = ?", before[0])
    database.close()
    assert catalogue.verify(roots=authority.root).fault is None


def test_a_time_stamp_cannot_be_checked_without_the_extra(
    authority: tsa.Authority, catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.works.add(title="Lake", kind="image")
    catalogue.seal(authority.url, roots=authority.root)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    found = catalogue.verify(roots=authority.root)
    assert (found.fault, found.seals, found.unchecked) == (None, 1, 1)


def test_the_certificates_of_the_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert timestamps._trusted(None)
