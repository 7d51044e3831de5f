"""Structured data for web pages: what search engines read, and nothing that is not there."""

from __future__ import annotations

import pytest

from stamp.core.rights import Party, Rights
from stamp.metadata.jsonld import jsonld


def test_what_search_engines_read_of_a_picture() -> None:
    rights = Rights(
        copyright_notice="© 2026 Zoë",
        copyright_notice_translations={"de": "© 2026 Zoë (deutsch)"},
        creators=("Zoë Müller",),
        creator_contact=Party(email="zoe@example.com", url="https://example.com/zoe"),
        credit_line="Zoë / Agency",
        source="Agency",
        web_statement="https://example.com/licence",
        licensors=(Party(name="Agency", url="https://example.org/buy"),),
        copyright_owners=(Party(name="Zoë GmbH", id="1"),),
        usage_terms="Ask first.",
        digital_source_type="digitalCapture",
        identifier="00ff00ff00ff00ff",
    )
    assert jsonld(rights, "image", "https://example.com/a.jpg") == {
        "@context": "https://schema.org/",
        "@type": "ImageObject",
        "contentUrl": "https://example.com/a.jpg",
        "license": "https://example.com/licence",
        "acquireLicensePage": "https://example.org/buy",
        "creditText": "Zoë / Agency",
        "creator": [
            {
                "@type": "Person",
                "name": "Zoë Müller",
                "email": "zoe@example.com",
                "url": "https://example.com/zoe",
            }
        ],
        "copyrightNotice": "© 2026 Zoë",
        "copyrightHolder": [{"@type": "Organization", "name": "Zoë GmbH", "identifier": "1"}],
        "provider": {"@type": "Organization", "name": "Agency"},
        "usageInfo": {"@type": "CreativeWork", "text": "Ask first."},
        "digitalSourceType": "https://schema.org/DigitalCaptureDigitalSource",
        "identifier": [{"@type": "PropertyValue", "propertyID": "stamp", "value": "00ff00ff00ff00ff"}],
    }


@pytest.mark.parametrize(
    ("kind", "name"), [("image", "ImageObject"), ("audio", "AudioObject"), ("video", "VideoObject")]
)
def test_a_work_without_rights_is_only_named(kind: str, name: str) -> None:
    assert jsonld(Rights(), kind, "a") == {  # type: ignore[arg-type]
        "@context": "https://schema.org/",
        "@type": name,
        "contentUrl": "a",
    }


def test_numbers_of_recordings_and_codes_that_schema_org_lacks() -> None:
    rights = Rights(
        isrc="USRC17607839", upc="036000291452", digital_source_type="humanEdits", creators=("A", "B")
    )
    found = jsonld(rights, "audio", "a.mp3")
    assert [(item["propertyID"], item["value"]) for item in found["identifier"]] == [
        ("ISRC", "USRC17607839"),
        ("GTIN", "036000291452"),
    ]
    assert found["digitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/humanEdits"
    assert [creator["name"] for creator in found["creator"]] == ["A", "B"]
