"""WARC: requests and answers as they were sent, in the form that archives of the web keep (ISO 28500:2017,
WARC 1.1). Each record is a member of gzip of its own (annex D): one can be read without the others."""

from __future__ import annotations

import base64
import gzip
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from .._version import __version__
from ..storage.atomic import write_whole
from ..storage.digest import digest
from .fetching import Exchange

_HTTP = "application/http; msgtype={}"
_INFO = (
    f"software: stamp/{__version__}\r\nformat: WARC File Format 1.1\r\nrobots: obey\r\n"
    "conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n"
)


def write(path: Path, exchanges: Iterable[Exchange]) -> None:
    """Write exchanges into a file. Raises OutputError where it is there, UnwritableFile."""
    with write_whole(path) as draft, open(draft, "wb") as file:
        about: dict[str, str] | None = None
        for each in exchanges:
            date = each.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            if about is None:
                about = {"WARC-Type": "warcinfo", "WARC-Record-ID": _id(), "WARC-Date": date}
                _add(file, about | {"Content-Type": "application/warc-fields"}, _INFO.encode())
            answer = _id()
            common = {
                "WARC-Date": date,
                "WARC-Target-URI": each.url,
                "WARC-Warcinfo-ID": about["WARC-Record-ID"],
            }
            if each.address:
                common["WARC-IP-Address"] = each.address
            head = {"WARC-Type": "response", "WARC-Record-ID": answer, **common}
            head["Content-Type"] = _HTTP.format("response")
            if not each.whole:
                head["WARC-Truncated"] = "length"
            if each.body_sha256:
                head["WARC-Payload-Digest"] = _labelled(each.body_sha256)
            _add(file, head, each.raw)
            head = {"WARC-Type": "request", "WARC-Record-ID": _id(), "WARC-Concurrent-To": answer, **common}
            _add(file, head | {"Content-Type": _HTTP.format("request")}, each.request)


def _add(file: BinaryIO, head: dict[str, str], block: bytes | Path) -> None:
    """Append a record, as a member of gzip."""
    if isinstance(block, Path):
        found = digest(block)
        head = head | {"WARC-Block-Digest": _labelled(found.sha256)}
    size = found.size if isinstance(block, Path) else len(block)
    lines = ["WARC/1.1", *(f"{name}: {value}" for name, value in head.items()), f"Content-Length: {size}"]
    with gzip.GzipFile(fileobj=file, mode="wb", mtime=0, filename="") as member:
        member.write("\r\n".join([*lines, "", ""]).encode())
        if isinstance(block, Path):
            with open(block, "rb") as source:
                shutil.copyfileobj(source, member)
        else:
            member.write(block)
        member.write(b"\r\n\r\n")


def _id() -> str:
    return f"<urn:uuid:{uuid4()}>"


def _labelled(sha256: str) -> str:
    """A digest as archives write it: Base32, with the name of its kind."""
    return f"sha256:{base64.b32encode(bytes.fromhex(sha256)).decode()}"
