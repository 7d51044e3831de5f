"""The API: what it answers, in the form of the command line's documents, and to whom."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from stamp.core.key import Key
from stamp.jobs.demo import paint
from stamp.jobs.monitoring import IndexTask
from stamp.pipeline.cataloguing import Catalogue
from stamp.pipeline.files import detect_file
from stamp.web.app import routes

from .conftest import PAYLOAD, Live

pytestmark = pytest.mark.slow
API: dict[str, Any] = json.loads(files("stamp.web").joinpath("openapi.json").read_text(encoding="utf-8"))


def entry_of(reply: Any, status: int = 200) -> dict[str, Any]:
    """The one entry of a document, which is of the form that openapi.json says."""
    assert reply.status_code == status, reply.text
    said: dict[str, Any] = reply.json()
    path = reply.request.url.path
    template = next(each for each in API["paths"] if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path))
    content = API["paths"][template][reply.request.method.lower()]["responses"][str(status)]["content"]
    schema = API["components"]["schemas"][content["application/json"]["schema"]["$ref"].rpartition("/")[2]]
    assert set(schema["required"]) <= set(said)
    assert said["schema"] == schema["properties"]["schema"]["const"]
    for entry in said["results"]:
        assert set(schema["properties"]["results"]["items"]["required"]) <= set(entry)
    return said["results"][0] if said["results"] else {}


def test_the_description_has_every_route_and_no_other() -> None:
    described = {(path, method.upper()) for path, methods in API["paths"].items() for method in methods}
    served = {
        (route.path, method)
        for route in routes()
        for method in (route.methods or set()) - {"HEAD"}
        if route.path.startswith("/api/")
    }
    assert described == served


def test_references_of_the_description_lead_somewhere(live: Live) -> None:
    text = json.dumps(API)
    for kind, name in re.findall(r'"#/components/(\w+)/(\w+)"', text):
        assert name in API["components"][kind]
    with live.client() as client:
        assert client.get("/api/openapi.json").json() == API


def test_a_marked_photo_is_ours(live: Live) -> None:
    with live.client() as client:
        entry = entry_of(client.post("/api/detect", content=(live.media / "marked.jpg").read_bytes()))
    assert entry["watermark"]["payload"] == PAYLOAD.hex()
    assert entry["record"]["recipient"] == "ACME"
    assert entry["words"]["verdict"] == "ours"
    assert "1 in 10" in entry["words"]["sure"]
    assert "Work no. 1: Lake." in entry["words"]["lines"]
    assert live.left() == []


def test_a_viewer_gets_words_and_no_figures(live: Live) -> None:
    marked = (live.media / "marked.jpg").read_bytes()
    with live.client("viewer") as client:
        entry = entry_of(client.post("/api/detect?lang=kk", content=marked))
        refused = client.post("/api/embed", content=marked)
        judged = client.post("/api/finds/1/verdict", json={"verdict": "ours"})
        kept = client.post("/api/finds", content=marked)
    assert entry["watermark"]["payload"] == PAYLOAD.hex()
    assert [entry["watermark"][name] for name in ("score", "log10_p", "threshold", "bits_corrected")] == [
        None
    ] * 4
    assert entry["words"]["say"] == "Мұнда біздің белгіміз бар."
    assert "10" not in entry["words"]["sure"]
    assert [each.status_code for each in (refused, judged, kept)] == [403] * 3
    with live.client("analyst") as client:
        assert entry_of(client.post("/api/detect", content=marked))["watermark"]["log10_p"] < -9


@pytest.mark.parametrize("content", [b"", b"<script>alert(1)</script>" * 9, b"\xff\xd8\xff\xe0 no photo"])
def test_what_is_no_work_is_an_entry_with_an_error(live: Live, content: bytes) -> None:
    with live.client() as client:
        entry = entry_of(client.post("/api/detect", content=content), 422)
    assert (entry["status"], entry["words"]["verdict"]) == ("error", "cannot")
    assert "stamp-serve-" not in json.dumps(entry)
    assert live.left() == []


def test_progress_comes_in_events_and_then_the_document(live: Live) -> None:
    other = (live.media / "other.jpg").read_bytes()
    with live.client() as client:
        reply = client.post("/api/detect?picture", content=other, headers={"accept": "text/event-stream"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    *_, last = reply.text.strip().split("\n\n")
    name, data = last.split("\n")
    (entry,) = json.loads(data.removeprefix("data: "))["results"]
    assert name == "event: done"
    assert entry["words"]["verdict"] == "none"
    assert entry["picture"].startswith("data:image/jpeg;base64,")
    assert live.left() == []


def test_a_photo_is_marked_and_its_copy_written_down(live: Live) -> None:
    with live.client() as client:
        content = (live.media / "other.jpg").read_bytes()
        reply = client.post("/api/embed", params={"name": "Täl.png", "recipient": "New one"}, content=content)
        assert reply.status_code == 200, reply.text
        assert reply.headers["content-disposition"].startswith("attachment; filename")
        assert "T%C3%A4l.stamped.jpg" in reply.headers["content-disposition"]
        found = entry_of(client.post("/api/detect", content=reply.content))
        assert (found["record"]["title"], found["record"]["recipient"]) == ("Täl", "New one")
        assert entry_of(client.get("/api/works", params={"q": "täl"}))["title"] == "Täl"
        work = entry_of(client.get(f"/api/works/{found['work']}"))
        assert [copy["source"] for copy in work["copies"]] == [None]
    marked = live.media / "served.jpg"
    marked.write_bytes(reply.content)
    key = Key.load(live.media / "mark.key")
    assert detect_file(marked, keys=key).payload is not None
    with Catalogue(live.service.place) as catalogue:
        before = catalogue.works.show(found["work"]).copies[0].source  # type: ignore[index]
    assert "documents" in before  # the original is kept, so that a find can be compared with it
    assert live.left() == []


def test_a_marked_file_is_fetched_once_and_by_whoever_had_it_made(live: Live) -> None:
    content = (live.media / "photo.jpg").read_bytes()
    with live.client() as client, live.client("admin") as other:
        reply = client.post(
            "/api/embed?name=a.jpg&work=1", content=content, headers={"accept": "application/json"}
        )
        entry = entry_of(reply)
        assert (entry["record"]["number"], entry["words"]["verdict"]) == (1, "marked")
        address = f"/api/embedded/{entry['download']}"
        assert other.get(address).status_code == 404
        assert client.get(address).headers["content-type"] == "image/jpeg"
        assert client.get(address).status_code == 404
    assert live.left() == []


def test_a_work_that_is_marked_is_refused_to_be_marked(live: Live) -> None:
    with live.client() as client:
        entry = entry_of(client.post("/api/embed", content=(live.media / "marked.jpg").read_bytes()), 422)
    assert entry["error"]["type"] == "AlreadyMarked"
    assert str(live.media) not in json.dumps(entry)


def test_the_gate(live: Live) -> None:
    with live.client("viewer") as client:
        ours = entry_of(client.post("/api/check?lang=ru", content=(live.media / "photo.jpg").read_bytes()))
        wrong = client.post("/api/check?territory=Atlantis", content=b"x")
        no_day = client.post("/api/check?from=tomorrow", content=b"x")
    assert (ours["status"], ours["words"]["say"]) == ("clear", "Можно публиковать.")
    assert [wrong.status_code, no_day.status_code] == [400, 400]
    assert live.left() == []


def test_a_find_from_the_page_to_its_verdict(live: Live) -> None:
    with live.client("analyst") as client:
        marked = (live.media / "marked.jpg").read_bytes()
        params = {"name": "stolen.jpg", "url": "https://a.example/1", "account": "@thief"}
        find = entry_of(client.post("/api/finds", params=params, content=marked))
        assert (find["title"], find["url"], find["verdict"]) == ("Lake", "https://a.example/1", "open")
        assert find["sightings"][0]["seen_by"] == "a analyst"
        address = f"/api/finds/{find['number']}"
        early = client.post(f"{address}/verdict", json={"verdict": "ours"})
        compared = entry_of(client.post(f"{address}/compare"))
        assert compared["comparison"]["verdict"] == "agrees"
        assert compared["picture"].startswith("data:image/jpeg;base64,")
        assert early.status_code == 404
        judged = entry_of(client.post(f"{address}/verdict", json={"verdict": "ours", "note": "same stones"}))
        assert (judged["verdict"], judged["compared_by"], judged["note"]) == (
            "ours",
            "a analyst",
            "same stones",
        )
        assert client.post(f"{address}/verdict", content=b"[]").status_code == 400
        assert client.get("/api/finds/99").status_code == 404
        assert entry_of(client.get("/api/finds?verdict=ours"))["find"] == find["find"]
    with live.client("viewer") as client:
        seen = entry_of(client.get(address))
        assert (seen["log10_p"], seen["report"]["watermark"]["score"]) == (None, None)
        assert entry_of(client.get("/api/cases")) == {}


def test_works_that_a_file_shows_are_found_and_a_viewer_gets_words(live: Live, tmp_path: Path) -> None:
    with Catalogue(live.service.place) as catalogue:
        work = catalogue.works.show("1").work
    assert IndexTask(live.service.place)((work, live.media / "photo.jpg")).error is None
    with Image.open(live.media / "photo.jpg") as photo:
        photo.crop((60, 40, 860, 560)).save(tmp_path / "cropped.jpg", quality=80)
    paint(tmp_path / "other.jpg", size=(640, 480), seed=99)
    cropped, other = ((tmp_path / name).read_bytes() for name in ("cropped.jpg", "other.jpg"))
    with live.client("viewer") as client:
        seen = entry_of(client.post("/api/match?lang=ru&name=secret.jpg", content=cropped))
        nothing = entry_of(client.post("/api/match", content=other))
        broken = entry_of(client.post("/api/match", content=b"no photo"), 422)
    assert (seen["words"]["verdict"], seen["matches"][0]["number"], seen["path"]) == ("copy", 1, None)
    assert seen["words"]["say"] == "Это копия произведения из каталога."
    assert "Произведение № 1: Lake." in seen["words"]["lines"]
    figures = ("distance", "inliers", "votes", "correlation")
    assert [seen["matches"][0][name] for name in figures] == [None] * 4
    assert (nothing["status"], nothing["words"]["verdict"], nothing["matches"]) == (
        "not_found",
        "no_work",
        [],
    )
    assert (broken["status"], broken["words"]["verdict"]) == ("error", "cannot")
    with live.client("analyst") as client:
        found = entry_of(client.post("/api/match", content=(live.media / "marked.jpg").read_bytes()))
    assert (found["verdict"], found["words"]["verdict"]) == ("mark", "ours")
    assert found["matches"][0]["correlation"] > 0.5
    assert found["matches"][0]["watermark"]["payload"] == PAYLOAD.hex()
    assert live.left() == []


def test_a_packet_on_a_find_is_made_and_holds(live: Live) -> None:
    marked = (live.media / "marked.jpg").read_bytes()
    with live.client("viewer") as client:
        assert client.post("/api/evidence?find=1").status_code == 403
    with live.client("analyst") as client:
        find = entry_of(client.post("/api/finds?name=a.jpg", content=marked))["find"]
        packet = client.post("/api/evidence", params={"find": find, "lang": "kk"})
        assert packet.status_code == 200, packet.text
        assert re.search(r'filename="find-\d+\.zip"', packet.headers["content-disposition"])
        made = entry_of(
            client.post("/api/evidence", params={"find": find}, headers={"accept": "application/json"})
        )
        assert (made["status"], made["path"], made["words"]["say"]) == ("made", None, "The packet was made.")
        fetched = client.get(f"/api/embedded/{made['download']}").content
        assert hashlib.sha256(fetched).hexdigest() == made["sha256"]
        assert client.post("/api/evidence?find=99999").status_code == 404
        assert client.post("/api/evidence").status_code == 400
    with zipfile.ZipFile(io.BytesIO(packet.content)) as archive:
        assert json.loads(archive.read("evidence.json"))["language"] == "kk"
    with live.client("viewer") as client:
        holds = entry_of(client.post("/api/evidence/verify", content=packet.content))
        changed = bytearray(packet.content)
        changed[len(changed) // 2] ^= 1
        broken = entry_of(client.post("/api/evidence/verify", content=bytes(changed)))
        none = entry_of(client.post("/api/evidence/verify", content=b"no packet"))
    assert (holds["status"], holds["words"]["verdict"], holds["words"]["lines"]) == (
        "verified",
        "verified",
        [],
    )
    assert [each["status"] for each in (broken, none)] == ["not_verified"] * 2
    assert broken["words"]["lines"]
    assert "stamp-serve-" not in json.dumps([broken, none])
    assert live.left() == []


def test_what_is_asked_is_in_the_log_with_the_name_of_who_asked_and_no_more(live: Live) -> None:
    with live.client("viewer") as client:
        client.post("/api/detect?name=secret-name.jpg", content=(live.media / "other.jpg").read_bytes())
    with Catalogue(live.service.place) as catalogue:
        rows = catalogue._database().execute(
            "SELECT actor, body FROM event WHERE verb = 'service.detect' ORDER BY seq DESC LIMIT 1"
        )
        assert catalogue.verify().events > 0
    actor, body = rows[0][0], json.loads(rows[0][1])
    assert actor == "a viewer"
    assert set(body) == {"role", "kind", "bytes", "seconds", "outcome"}
    assert "secret" not in rows[0][1]
