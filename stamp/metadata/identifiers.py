"""The identifiers of a work that its metadata names: registered numbers, DOIs, URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..core.errors import CorruptFile
from .document import Document
from .stores.packet import Packet
from .stores.rdf import Attribute, items_in, simple

_PRISM = ("http://prismstandard.org/namespaces/basic/2.0/", "http://prismstandard.org/namespaces/basic/3.0/")
_XMP_TAGS = (
    "{http://purl.org/dc/elements/1.1/}identifier",
    *(f"{{{space}}}{name}" for space in _PRISM for name in ("doi", "url")),
    "{http://ns.adobe.com/xap/1.0/}Identifier",
)
_XMP_STORES = ("xmp", "sidecar", "sidecar2")
_NUMBERS = ("isrc", "iswc")
_DOI = re.compile(r"(?:doi:|(?:https?://)?(?:dx\.)?doi\.org/)?(10\.[0-9]{4,}/\S+)", re.IGNORECASE)


def identifiers(document: Document) -> list[tuple[str, str]]:
    """Return (scheme, value) of all that may be an identifier, the surest first; scheme : "isrc", "iswc",
    "doi", "url" or "local", which is any text. Numbers of releases, which several works share, are left
    out."""
    values = document.found.values.values()
    found = [(name, str(said[name])) for name in _NUMBERS for said in values if name in said]
    texts = [
        text for store in _XMP_STORES if store in document.blocks for text in _in_xmp(document.blocks[store])
    ]
    texts += [str(said["web_statement"]) for said in values if "web_statement" in said]
    return list(dict.fromkeys([*found, *(each for text in texts for each in _read(text))]))


def _read(text: str) -> Iterator[tuple[str, str]]:
    """What a text may be."""
    if doi := _DOI.fullmatch(text):
        yield "doi", doi[1]
    scheme, _, value = text.removeprefix("urn:").partition(":")
    if scheme.lower() in _NUMBERS:
        yield scheme.lower(), value
    if re.match("https?://", text):
        yield "url", text
    yield "local", text


def _in_xmp(block: bytes) -> Iterator[str]:
    try:
        places = Packet.open(block).properties()
    except CorruptFile:
        return  # whoever reads the notice says so
    for tag in _XMP_TAGS:
        for place in places.get(tag, ()):
            if isinstance(place, Attribute):
                yield place.value.strip()
            else:
                yield from filter(None, map(simple, items_in(place) or [place]))
