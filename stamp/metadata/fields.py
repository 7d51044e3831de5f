"""The one table: where each rights field stands in each store, and why not where it does not.

A *store* is a standard for metadata (EXIF, XMP, IPTC-IIM, PNG text chunks), shared by several containers; a
container only lists the stores that it carries. Mapping: IPTC Photo Metadata Standard 2025.1; XMP
specification parts 1 and 2 (ISO 16684-1); PLUS LDF 2.0.1; Exif 3.0 (CIPA DC-008-2023); IPTC-NAA IIM 4.2; PNG
specification, 3rd edition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from .rights import Value


@dataclass(frozen=True, slots=True)
class XmpProperty:
    """`prefix:name`; `kind` is its XMP type. `member` is the field of a structure (same namespace).
    `stored_as` stands before the value in the file: a vocabulary's URI, or what tells our item in an array
    from everybody else's.
    """

    prefix: str
    name: str
    kind: Literal["text", "boolean", "lang-alt", "seq", "seq-struct", "bag-item"]
    member: str = ""
    stored_as: str = ""

    def __str__(self) -> str:
        return f"{self.prefix}:{self.name}" + (f"/{self.prefix}:{self.member}" if self.member else "")


@dataclass(frozen=True, slots=True)
class ExifTag:
    """A tag of IFD0 of type ASCII, holding UTF-8."""

    tag: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (0x{self.tag:04X})"


@dataclass(frozen=True, slots=True)
class IptcDataset:
    """A dataset of IIM record 2; `limit` is its length in bytes."""

    dataset: int
    name: str
    limit: int

    def __str__(self) -> str:
        return f"{self.name} (2:{self.dataset})"


@dataclass(frozen=True, slots=True)
class TextKeyword:
    """A keyword of a PNG tEXt or iTXt chunk."""

    keyword: str

    def __str__(self) -> str:
        return self.keyword


Home = XmpProperty | ExifTag | IptcDataset | TextKeyword

STORES: Final[Mapping[str, str]] = MappingProxyType(
    {"xmp": "XMP", "exif": "EXIF", "iptc": "IPTC-IIM", "text": "PNG text"}
)
"""Store key -> title, in the order in which a field is read when stores differ: XMP first, since it holds
every field at full length.
"""

_EXIF_ONLY_TWO = "EXIF has a tag for the notice and one for the artist, and none for this"
_IIM_HAS_NONE = "IIM has no dataset for it"
_TEXT_ONLY_TWO = "the PNG keywords Copyright and Author are the only ones for rights"


@dataclass(frozen=True, slots=True)
class Field:
    """A field of `Rights`, its IPTC label, its homes (store -> place), and a reason for each other store."""

    name: str
    label: str
    homes: Mapping[str, Home]
    absent: Mapping[str, str]


def _field(
    name: str,
    label: str,
    xmp: XmpProperty,
    *,
    exif: ExifTag | str = _EXIF_ONLY_TWO,
    iptc: IptcDataset | str = _IIM_HAS_NONE,
    text: TextKeyword | str = _TEXT_ONLY_TWO,
) -> Field:
    places: dict[str, Home | str] = {"xmp": xmp, "exif": exif, "iptc": iptc, "text": text}
    return Field(
        name=name,
        label=label,
        homes=MappingProxyType(
            {store: place for store, place in places.items() if not isinstance(place, str)}
        ),
        absent=MappingProxyType({store: place for store, place in places.items() if isinstance(place, str)}),
    )


# fmt: off
FIELDS: Final[tuple[Field, ...]] = (
    _field("copyright_notice", "Copyright Notice", XmpProperty("dc", "rights", "lang-alt"),
           exif=ExifTag(0x8298, "Copyright"), iptc=IptcDataset(116, "CopyrightNotice", 128),
           text=TextKeyword("Copyright")),
    _field("creators", "Creator", XmpProperty("dc", "creator", "seq"),
           exif=ExifTag(0x013B, "Artist"), iptc=IptcDataset(80, "By-line", 32), text=TextKeyword("Author")),
    _field("credit_line", "Credit Line", XmpProperty("photoshop", "Credit", "text"),
           iptc=IptcDataset(110, "Credit", 32)),
    _field("source", "Source", XmpProperty("photoshop", "Source", "text"),
           iptc=IptcDataset(115, "Source", 32),
           text="the PNG keyword Source names the device, not a supplier"),
    _field("usage_terms", "Rights Usage Terms", XmpProperty("xmpRights", "UsageTerms", "lang-alt")),
    _field("web_statement", "Web Statement of Rights", XmpProperty("xmpRights", "WebStatement", "text")),
    _field("marked", "Copyright Status", XmpProperty("xmpRights", "Marked", "boolean")),
    _field("licensor_url", "Licensor URL",
           XmpProperty("plus", "Licensor", "seq-struct", member="LicensorURL")),
    _field("data_mining", "Data Mining",
           XmpProperty("plus", "DataMining", "text", stored_as="http://ns.useplus.org/ldf/vocab/")),
    _field("identifier", "Identifier (watermark payload)",
           XmpProperty("xmp", "Identifier", "bag-item", stored_as="stamp:")),
)
# fmt: on

FIELD: Final[Mapping[str, Field]] = MappingProxyType({field.name: field for field in FIELDS})


def as_held(home: Home, value: Value) -> Value:
    """`value` as its home can hold it: cut on a character where the home is limited, else unchanged."""
    if not isinstance(home, IptcDataset) or isinstance(value, bool):
        return value
    if isinstance(value, tuple):
        return tuple(_cut(text, home.limit) for text in value)
    return _cut(value, home.limit)


def _cut(text: str, limit: int) -> str:
    return text.encode()[:limit].decode(errors="ignore").strip()


def homes_in(store: str) -> dict[str, Home]:
    """Field name -> its place in `store`, for the fields that have one."""
    return {field.name: field.homes[store] for field in FIELDS if store in field.homes}
