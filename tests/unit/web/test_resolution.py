"""The resolution API: what it finds, what it refuses, and that the description says the same."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import stamp
from stamp.jobs.demo import paint
from stamp.provenance.reading import read_kept
from stamp.watermark.image.carrier import SCHEME
from stamp.web.resolution import ALGORITHMS, Resolution, openapi
from tests.helpers import signers

KEY = stamp.Key(bytes(range(32)), "service")
PAYLOAD = stamp.Payload.fromhex("00ff00ff00ff00ff")
VALUE = base64.b64encode(PAYLOAD).decode()
IMAGE = f"org.example.{SCHEME}"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def matches(self) -> list[str]:
        return [each["manifestId"] for each in self.json["matches"]]


def ask(app: Resolution, method: str, target: str, *parts: bytes, size: int | None = None) -> Answer:
    """Send a request whose body comes in parts, as a server does."""
    path, _, query = target.partition("?")
    headers = [] if size is None else [(b"content-length", str(size).encode())]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": headers,
    }
    waiting = [
        {"type": "http.request", "body": part, "more_body": number < len(parts)}
        for number, part in enumerate(parts or (b"",), 1)
    ]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    start, body = sent
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], told, body["body"])


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """signed.jpg, copy.jpg without credentials, photo.jpg, never marked, and store/."""
    folder = tmp_path_factory.mktemp("works")
    paint(folder / "photo.jpg", size=(640, 480))
    sign = signers.signing(store=folder / "store")
    report = stamp.embed_file(folder / "photo.jpg", folder / "signed.jpg", PAYLOAD, key=KEY, sign=sign)
    assert report.credentials
    (folder / "identifier").write_text(report.credentials.identifier)
    with Image.open(folder / "signed.jpg") as image:
        image.save(folder / "copy.jpg", quality=80)
    return folder


@pytest.fixture(scope="module")
def app(works: Path) -> Resolution:
    return Resolution(works / "store", [KEY], most_bytes=1_000_000)


@pytest.fixture(scope="module")
def identifier(works: Path) -> str:
    return (works / "identifier").read_text()


def test_algorithms(app: Resolution) -> None:
    told = ask(app, "GET", "/services/supportedAlgorithms").json
    assert told == {"watermarks": [{"alg": name} for name in ALGORITHMS], "fingerprints": []}
    assert IMAGE in ALGORITHMS


def test_by_binding(app: Resolution, identifier: str) -> None:
    asked = f"/matches/byBinding?alg={IMAGE}&value={VALUE}"
    assert ask(app, "GET", asked).matches == [identifier]
    body = json.dumps({"alg": IMAGE, "value": VALUE, "maxResults": 1}).encode()
    assert ask(app, "POST", "/matches/byBinding", body[:9], body[9:]).matches == [identifier]
    other = base64.urlsafe_b64encode(b"\xff" * 8).decode()
    assert ask(app, "GET", f"/matches/byBinding?alg={IMAGE}&value={other}").matches == []
    wrong = asked.replace(SCHEME, "stamp.audio.1")
    assert ask(app, "GET", wrong).matches == []


def test_by_content(app: Resolution, works: Path, identifier: str) -> None:
    copy = (works / "copy.jpg").read_bytes()
    assert ask(app, "POST", "/matches/byContent", copy[:1000], copy[1000:]).matches == [identifier]
    assert ask(Resolution(works / "store"), "POST", "/matches/byContent", copy).matches == []
    strange = Resolution(works / "store", [stamp.Key(bytes(32), "other")])
    assert ask(strange, "POST", "/matches/byContent", copy).matches == []


def test_a_manifest(app: Resolution, identifier: str) -> None:
    answer = ask(app, "GET", f"/manifests/{identifier}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/c2pa")
    assert read_kept(answer.body).record.identifier == identifier
    assert ask(app, "GET", f"/manifests/{identifier.replace(':', '%3A')}").body == answer.body


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("GET", "/", b"", 404),
        ("GET", "/manifests/urn:c2pa:none", b"", 404),
        ("GET", "/manifests/../../identifier", b"", 404),
        ("GET", "/manifests/*", b"", 404),
        ("POST", "/services/supportedAlgorithms", b"", 405),
        ("GET", "/matches/byContent", b"", 405),
        ("GET", f"/matches/byBinding?alg=x&value={VALUE}", b"", 400),
        ("GET", f"/matches/byBinding?alg={IMAGE}&value=!", b"", 400),
        ("GET", f"/matches/byBinding?alg={IMAGE}&value=AAAA", b"", 400),
        ("GET", f"/matches/byBinding?alg={IMAGE}", b"", 400),
        ("GET", f"/matches/byBinding?alg={IMAGE}&value={VALUE}&maxResults=0", b"", 400),
        ("GET", f"/matches/byBinding?alg={IMAGE}&value={VALUE}&maxResults=x", b"", 400),
        ("POST", "/matches/byBinding", b"{", 400),
        ("POST", "/matches/byBinding", b"[]", 400),
        ("POST", "/matches/byBinding", b" " * 70_000, 413),
        ("POST", "/matches/byContent", b"", 400),
        ("POST", "/matches/byContent", b"not a picture", 415),
        ("POST", "/matches/byContent", bytes(1_000_001), 413),
    ],
)
def test_what_is_refused(method: str, target: str, body: bytes, status: int, app: Resolution) -> None:
    answer = ask(app, method, target, body)
    assert answer.status == status
    assert set(answer.json) == {"error"}
    if status == 405:
        assert answer.headers["allow"]


def test_a_large_body_is_refused_before_it_is_sent(app: Resolution) -> None:
    assert ask(app, "POST", "/matches/byContent", b"", size=1 << 40).status == 413


def test_a_damaged_manifest_is_passed_over(works: Path, tmp_path: Path) -> None:
    place = tmp_path / PAYLOAD.hex() / KEY.fingerprint
    place.mkdir(parents=True)
    (place / "a.c2pa").write_bytes(b"nothing")
    (kept,) = (works / "store").glob("*/*/*.c2pa")
    changed = bytearray(kept.read_bytes())
    changed[changed.index(b"watermarked")] ^= 1
    (place / "b.c2pa").write_bytes(changed)
    asked = f"/matches/byBinding?alg={IMAGE}&value={VALUE}"
    assert ask(Resolution(tmp_path), "GET", asked).matches == []


def test_the_description_has_every_route_and_answer(app: Resolution) -> None:
    told = json.loads(openapi())
    assert ask(app, "GET", "/openapi.json").json == told
    for path, methods in told["paths"].items():
        place = re.sub(r"\{.*\}", "x", path)
        for method in ("get", "post", "put", "delete"):
            status = ask(app, method.upper(), place).status
            assert (status != 405) == (method in methods)
            if method in methods:
                assert str(status) in methods[method]["responses"]


def test_a_server_starts_and_ends_it(app: Resolution) -> None:
    waiting = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[str] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message["type"])

    asyncio.run(app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
