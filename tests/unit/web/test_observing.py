"""What a service says of itself: a line a request, and numbers for Prometheus."""

from __future__ import annotations

import json
import time

import pytest
from prometheus_client.parser import text_string_to_metric_families

from stamp.pipeline.cataloguing import Catalogue

from .conftest import PAYLOAD, Live

pytestmark = pytest.mark.slow
KEYS = {"event", "id", "method", "route", "status", "role", "seconds", "kind", "bytes", "verdict"}


def last(live: Live, count: int) -> list[dict[str, object]]:
    """The newest lines of the log; a line comes after its answer."""
    until = time.monotonic() + 5
    while len(live.log) < count and time.monotonic() < until:
        time.sleep(0.01)
    return live.log


def numbers(text: str) -> dict[tuple[str, frozenset[str]], float]:
    """Every sample, by its name and the values of its labels."""
    return {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_line_a_request_without_names_payloads_scores_and_tokens(live: Live) -> None:
    live.log.clear()
    marked = (live.media / "marked.jpg").read_bytes()
    with live.client("viewer") as client:
        client.post("/api/detect?name=secret-name.jpg", content=marked)
        client.get("/api/works/1")
        client.get("/api/embedded/secret-token")
        client.get("/secret-path")
    with live.client() as client:
        client.headers.pop("authorization")
        client.get("/api/works?q=secret-title")
    lines = last(live, 5)
    assert [(line["route"], line["status"], line["role"], line["verdict"]) for line in lines] == [
        ("/api/detect", 200, "viewer", "detected"),
        ("/api/works/{reference}", 200, "viewer", None),
        ("/api/embedded/{token}", 404, "viewer", None),
        ("other", 404, "viewer", None),
        ("/api/works", 401, None, None),
    ]
    assert {frozenset(line) for line in lines} == {frozenset(KEYS)}
    assert (lines[0]["kind"], lines[0]["bytes"]) == ("image", len(marked))
    text = json.dumps(lines)
    for secret in ("secret", PAYLOAD.hex(), "a viewer", live.keys["viewer"], live.service.credentials.token):
        assert secret not in text
    with Catalogue(live.service.place) as catalogue:
        rows = catalogue._database().execute(
            "SELECT subject FROM event WHERE verb = 'service.detect' ORDER BY seq DESC LIMIT 1"
        )
    assert rows[0][0] == lines[0]["id"]  # so that a line can be found in the catalogue's log, and who it was


def test_a_stream_of_events_has_a_line_at_its_end(live: Live) -> None:
    live.log.clear()
    with live.client() as client:
        reply = client.post(
            "/api/detect",
            content=(live.media / "other.jpg").read_bytes(),
            headers={"accept": "text/event-stream"},
        )
    assert "event: done" in reply.text
    (line,) = last(live, 1)
    assert (line["status"], line["verdict"]) == (200, "not_detected")


def test_numbers_are_for_those_who_may_see_figures_and_grow_with_what_is_asked(live: Live) -> None:
    with live.client("viewer") as client:
        assert client.get("/metrics").status_code == 403
        client.headers.pop("authorization")
        assert client.get("/metrics").status_code == 401
    other = (live.media / "other.jpg").read_bytes()
    with live.client("analyst") as client:
        reply = client.get("/metrics")
        assert reply.headers["content-type"].startswith("text/plain")
        before = numbers(reply.text)
        client.post("/api/detect", content=other)
        after = numbers(client.get("/metrics").text)

    def grown(name: str, *labels: str) -> float:
        return after[name, frozenset(labels)] - before.get((name, frozenset(labels)), 0)

    assert grown("stamp_requests_total", "/api/detect", "POST", "200") == 1
    assert grown("stamp_file_seconds_count", "detect", "image") == 1
    assert grown("stamp_file_seconds_sum", "detect", "image") > 0
    assert grown("stamp_file_bytes_total", "detect", "image") == len(other)
    assert after["stamp_files_inside", frozenset()] == 0
