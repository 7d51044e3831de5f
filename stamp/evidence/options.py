"""How a packet is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class PacketOptions:
    """How a packet is made.

    language : "en", "ru" or "kk". tsa : URL of a time-stamp authority, which gets the hash of the list of
    hashes. tsa_root : a PEM file with the certificates of authorities to trust; those of the system unless
    given. sign : a PEM file with an Ed25519 private key. original : the file of the work, where the catalogue
    does not know where it is. at : the date of the packet; now unless given.
    """

    language: str = "en"
    tsa: str | None = None
    tsa_root: Path | None = None
    sign: Path | None = None
    original: Path | None = None
    at: datetime | None = None
