"""Rights as schema.org structured data (JSON-LD 1.1), for the web page that shows the work.

Search engines read `license`, `acquireLicensePage`, `creator`, `creditText` and `copyrightNotice` of an
ImageObject as they read IPTC fields in the picture (IPTC Photo Metadata Standard 2025.1, mapping to
schema.org).
"""

from __future__ import annotations

from typing import Any, Final, Literal

from ..core.party import Party
from ..core.rights import Rights

CONTEXT: Final = "https://schema.org/"
_TYPES: Final = {"image": "ImageObject", "audio": "AudioObject", "video": "VideoObject"}
# The codes that schema.org has taken over (https://schema.org/IPTCDigitalSourceEnumeration); others are given
# as the IPTC's own.
_SOURCE_TYPES: Final = frozenset(
    (
        "algorithmicMedia",
        "algorithmicallyEnhanced",
        "compositeCapture",
        "composite",
        "compositeSynthetic",
        "compositeWithTrainedAlgorithmicMedia",
        "dataDrivenMedia",
        "digitalArt",
        "digitalCapture",
        "minorHumanEdits",
        "negativeFilm",
        "positiveFilm",
        "print",
        "screenCapture",
        "trainedAlgorithmicMedia",
        "virtualRecording",
    )
)


def jsonld(rights: Rights, kind: Literal["image", "audio", "video"], content_url: str) -> dict[str, Any]:
    """The ImageObject, AudioObject or VideoObject with these rights; `content_url` is where the file is.

    The opt-out from AI training has no property in schema.org: it is in the usage terms. Texts are those
    of the default language, since search engines expect one.
    """
    entries: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": _TYPES[kind],
        "contentUrl": content_url,
        "license": rights.web_statement,
        "acquireLicensePage": rights.licensor_url,
        "creditText": rights.credit_line,
        "creator": _creators(rights),
        "copyrightNotice": rights.copyright_notice,
        "copyrightHolder": [_party(owner) for owner in rights.copyright_owners],
        "provider": {"@type": "Organization", "name": rights.source} if rights.source else None,
        "usageInfo": {"@type": "CreativeWork", "text": rights.usage_terms} if rights.usage_terms else None,
        "digitalSourceType": _source_type(rights.digital_source_type),
        "identifier": _identifiers(rights),
    }
    return {name: value for name, value in entries.items() if value not in (None, [], {})}


def _creators(rights: Rights) -> list[dict[str, str]]:
    """The creators; the contact is the first one's, if there is only one."""
    creators = [{"@type": "Person", "name": name} for name in rights.creators]
    if rights.creator_contact and len(creators) == 1:
        creators[0] |= rights.creator_contact.values()
    return creators


def _party(party: Party) -> dict[str, str]:
    members = {"name": party.name, "url": party.url, "email": party.email, "identifier": party.id}
    return {"@type": "Organization"} | {name: text for name, text in members.items() if text}


def _source_type(code: str | None) -> str | None:
    if code is None:
        return None
    if code in _SOURCE_TYPES:
        return f"{CONTEXT}{code[0].upper()}{code[1:]}DigitalSource"
    return f"http://cv.iptc.org/newscodes/digitalsourcetype/{code}"


def _identifiers(rights: Rights) -> list[dict[str, str]]:
    numbers = {"ISRC": rights.isrc, "ISWC": rights.iswc, "GTIN": rights.upc, "stamp": rights.identifier}
    return [
        {"@type": "PropertyValue", "propertyID": name, "value": number}
        for name, number in numbers.items()
        if number
    ]
