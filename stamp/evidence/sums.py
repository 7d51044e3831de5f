"""The list of hashes, as `sha256sum` writes and checks it, and the names of what is beside it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from ..storage.digest import digest
from .archive import Content

SUMS: Final = "SHA256SUMS"
SIGNATURE: Final = "SHA256SUMS.sig"
TOKEN: Final = "SHA256SUMS.tst"
SIGNER: Final = "signer.pem"
EVIDENCE: Final = "evidence.json"
REPORT: Final = "report.pdf"
LOG: Final = "log.jsonl"
SEAL_TOKEN: Final = "seal.tst"
GUIDE: Final = "VERIFY.txt"
UNSUMMED: Final = frozenset({SUMS, SIGNATURE, TOKEN})
"""What cannot be in the list: itself, and what is made of it."""

_LINE: Final = re.compile(r"([0-9a-f]{64})  (\S+)")


def sum_of(content: Content) -> tuple[str, int]:
    """Return the SHA-256, in hexadecimal digits, and the bytes of an entry."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest(), len(content)
    found = digest(content)
    return found.sha256, found.size


def listed(sums: Mapping[str, str]) -> bytes:
    """Return the list of these hashes: name -> 64 hexadecimal digits."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(sums.items())).encode()


def read(data: bytes) -> dict[str, str]:
    """Return name -> hash of a list. Raises ValueError where it is none that `listed` has made."""
    found: dict[str, str] = {}
    for line in data.decode("ascii").splitlines():
        if (match := _LINE.fullmatch(line)) is None:
            raise ValueError(f"{SUMS} has a line that is none: {line[:80]!r}")
        found[match[2]] = match[1]
    if listed(found) != data:
        raise ValueError(f"{SUMS} is not written as it should be")
    return found


def sum_of_slices(slices: Iterable[bytes]) -> str:
    """Return the SHA-256 of what comes in slices, in hexadecimal digits."""
    state = hashlib.sha256()
    for piece in slices:
        state.update(piece)
    return state.hexdigest()


def entry_name(folder: str, stem: str, path: Path) -> str:
    """Return the name that a stranger's file has in a packet: what it was called may be anything."""
    suffix = path.suffix.lower()
    return f"{folder}/{stem}{suffix if re.fullmatch(r'[.][a-z0-9]{1,8}', suffix) else '.bin'}"
