"""XMP, EXIF, IPTC-IIM and PNG text.

Mapping: IPTC Photo Metadata Standard 2025.1; XMP specification parts 1 and 2 (ISO 16684-1); PLUS LDF 2.0.1;
Exif 3.0 (CIPA DC-008-2023); IPTC-NAA IIM 4.2; PNG specification, 3rd edition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ..slots import Column, ExifTag, IptcDataset, TextKeyword, XmpProperty

XMP_NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
}
"""Prefix -> namespace, of every property below."""

_OWNER = (("name", "CopyrightOwnerName"), ("id", "CopyrightOwnerID"))
_LICENSOR = (
    ("name", "LicensorName"),
    ("url", "LicensorURL"),
    ("email", "LicensorEmail"),
    ("id", "LicensorID"),
)
_CONTACT = (("email", "CiEmailWork"), ("url", "CiUrlWork"))
_PLUS_VOCABULARY = "http://ns.useplus.org/ldf/vocab/"
_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_XMP = Column(
    title="XMP",
    slots={
        "copyright_notice": XmpProperty("dc", "rights", "default"),
        "copyright_notice_translations": XmpProperty("dc", "rights", "translations"),
        "creators": XmpProperty("dc", "creator", "seq"),
        "credit_line": XmpProperty("photoshop", "Credit", "text"),
        "source": XmpProperty("photoshop", "Source", "text"),
        "usage_terms": XmpProperty("xmpRights", "UsageTerms", "default"),
        "usage_terms_translations": XmpProperty("xmpRights", "UsageTerms", "translations"),
        "web_statement": XmpProperty("xmpRights", "WebStatement", "text"),
        "marked": XmpProperty("xmpRights", "Marked", "boolean"),
        "copyright_owners": XmpProperty("plus", "CopyrightOwner", "structs", members=_OWNER),
        "licensor_url": XmpProperty("plus", "Licensor", "member", member="LicensorURL"),
        "licensors": XmpProperty("plus", "Licensor", "structs", members=_LICENSOR),
        "data_mining": XmpProperty("plus", "DataMining", "text", stored_as=_PLUS_VOCABULARY),
        "other_constraints": XmpProperty("plus", "OtherConstraints", "default"),
        "digital_source_type": XmpProperty(
            "Iptc4xmpExt", "DigitalSourceType", "text", stored_as=_SOURCE_TYPES
        ),
        "creator_contact": XmpProperty("Iptc4xmpCore", "CreatorContactInfo", "struct", members=_CONTACT),
        "isrc": XmpProperty("xmp", "Identifier", "bag-item", stored_as="isrc:"),
        "iswc": XmpProperty("xmp", "Identifier", "bag-item", stored_as="iswc:"),
        "upc": XmpProperty("xmp", "Identifier", "bag-item", stored_as="upc:"),
        "identifier": XmpProperty("xmp", "Identifier", "bag-item", stored_as="stamp:"),
    },
    absent={"editor_notice": "XMP has one notice (dc:rights); only EXIF keeps an editor's apart"},
    otherwise="XMP has no property for it",
)

_EXIF = Column(
    title="EXIF",
    slots={
        "copyright_notice": ExifTag(0x8298, "Copyright"),
        "editor_notice": ExifTag(0x8298, "Copyright", part=1),
        "creators": ExifTag(0x013B, "Artist"),
    },
    otherwise="EXIF has a tag for the notice and one for the artist, and none for this",
)

_IPTC = Column(
    title="IPTC-IIM",
    slots={
        "copyright_notice": IptcDataset(116, "CopyrightNotice", 128),
        "creators": IptcDataset(80, "By-line", 32),
        "credit_line": IptcDataset(110, "Credit", 32),
        "source": IptcDataset(115, "Source", 32),
    },
    absent={"creator_contact": "IIM's Contact (2:118) is free text about whoever answers questions"},
    otherwise="IIM has no dataset for it",
    created=False,
)

_TEXT = Column(
    title="PNG text",
    slots={"copyright_notice": TextKeyword("Copyright"), "creators": TextKeyword("Author")},
    absent={"source": "the PNG keyword Source names the device, not a supplier"},
    otherwise="the PNG keywords Copyright and Author are the only ones for rights",
)

_XMPEXT = Column(
    title="extended XMP",
    slots=_XMP.slots,
    absent=_XMP.absent,
    otherwise=_XMP.otherwise,
    created=False,
)

_SIDECAR = Column(title="XMP sidecar", slots=_XMP.slots, absent=_XMP.absent, otherwise=_XMP.otherwise)

COLUMNS: Final = {
    "xmp": _XMP,
    "exif": _EXIF,
    "iptc": _IPTC,
    "text": _TEXT,
    "xmpext": _XMPEXT,
    "sidecar": _SIDECAR,
    "sidecar2": replace(_SIDECAR, title="second XMP sidecar", created=False),
}
"""IPTC-IIM is only kept up to date (MWG 2.0, section 3.3); from extended XMP, fields go to XMP. A second
sidecar is there where two programs of different conventions have left one each."""
