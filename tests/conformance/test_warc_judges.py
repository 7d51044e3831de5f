"""warcio, the library of the Webrecorder project, reads what was captured, and finds every digest right."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from warcio.archiveiterator import ArchiveIterator

from stamp.monitor.fetching import Fetcher, Manners
from stamp.monitor.warc import write
from tests.helpers.sites import moved, sent, site

BODY = bytes(range(256)) * 40


def captured(folder: Path, path: str) -> Path:
    """A capture of a page of a site: one that has moved, in pieces, or compressed."""
    fetcher = Fetcher(folder, Manners(pause=0, private=True))
    pieces = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
    with site() as made:
        made.pages["/moved"] = moved("/plain")
        made.pages["/plain"] = sent(BODY)
        made.pages["/chunked"] = sent(pieces, Transfer_Encoding="chunked")
        made.pages["/gzip"] = sent(gzip.compress(BODY), Content_Encoding="gzip")
        found = fetcher.fetch(f"{made.url}{path}")
    assert found
    capture = folder / "capture.warc.gz"
    write(capture, found.exchanges)
    return capture


@pytest.mark.parametrize(("path", "exchanges"), [("/plain", 1), ("/moved", 2), ("/chunked", 1), ("/gzip", 1)])
def test_a_capture_is_read_by_others(tmp_path: Path, path: str, exchanges: int) -> None:
    capture = captured(tmp_path, path)
    found = []
    with open(capture, "rb") as file:
        records = ArchiveIterator(file, check_digests="raise", verify_http=True)
        for record in records:
            body = record.content_stream().read()
            found.append((record.rec_type, record.rec_headers, record.http_headers, body))
        assert records.err_count == 0
    assert [kind for kind, *_ in found] == ["warcinfo", *["response", "request"] * exchanges]
    _, head, http, body = found[-2]
    assert body == BODY
    assert http.get_statuscode() == "200"
    assert head.protocol == "WARC/1.1"
    assert head.get_header("WARC-IP-Address") == "127.0.0.1"
    assert head.get_header("WARC-Target-URI").startswith("http://127.0.0.1:")
    ids = [each.get_header("WARC-Record-ID") for _, each, *_ in found]
    assert len(set(ids)) == len(ids)
    assert found[-1][1].get_header("WARC-Concurrent-To") == head.get_header("WARC-Record-ID")
    assert found[-1][2].get_header("Host").startswith("127.0.0.1:")


def test_each_record_is_a_member_of_its_own(tmp_path: Path) -> None:
    capture = captured(tmp_path, "/plain")
    with open(capture, "rb") as file:
        offsets = [records.get_record_offset() for records in [ArchiveIterator(file)] for _ in records]
    content = capture.read_bytes()
    assert len(offsets) == 3
    assert all(content[offset : offset + 3] == b"\x1f\x8b\x08" for offset in offsets)
    assert gzip.decompress(content[offsets[1] :]).startswith(b"WARC/1.1\r\nWARC-Type: response\r\n")
