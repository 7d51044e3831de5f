"""Records of any rights, as hypothesis draws them."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import strategies as st

from stamp.core.rights import DATA_MINING, Party, Rights
from stamp.core.vocabulary import DIGITAL_SOURCE_TYPES
from stamp.metadata import containers
from stamp.metadata.mapping.fields import FIELDS, coverage

FORBIDDEN = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF]))
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=FORBIDDEN), max_size=60).map(
    str.strip
)
LINES = st.lists(TEXT, max_size=3).map("\n".join).map(str.strip)
NAMES = st.lists(TEXT.filter(bool), max_size=4).map(tuple)
URL = st.sampled_from(["https://example.com/", "http://例え.jp/?a=1&b='2'", "https://e.org/#é"])


def optional(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | strategy.map(lambda text: text or None)


def party(**members: st.SearchStrategy[str]) -> st.SearchStrategy[Party]:
    return st.builds(Party, **{name: optional(text) for name, text in members.items()})


EMAIL = st.sampled_from(["zoë@example.com", "a+b@例え.jp"])
LANGUAGES = st.dictionaries(
    st.sampled_from(["de", "en-US", "fr-CA", "zh-Hant", "ja"]), TEXT.filter(bool), max_size=3
)


@st.composite
def some_rights(draw: st.DrawFn) -> Rights:
    rights = draw(PLAIN_RIGHTS)
    licensors = [item for item in draw(st.lists(LICENSOR, max_size=3)) if item.values()]
    return dataclasses.replace(
        rights,
        licensors=licensors,
        licensor_url=None if licensors else rights.licensor_url,
        copyright_notice_translations=draw(LANGUAGES) if rights.copyright_notice else {},
        usage_terms_translations=draw(LANGUAGES) if rights.usage_terms else {},
    )


def with_slot(rights: Rights, container: str) -> Rights:
    """What of the record a container has a place for."""
    table = coverage(containers.load(container).STORES, {})
    without = [name for name, row in table.items() if not row["homes"]]
    return dataclasses.replace(rights, **dict.fromkeys(without))


LICENSOR = party(name=TEXT, url=URL, email=EMAIL, id=TEXT)
NO_PLAIN_TEXT: dict[str, st.SearchStrategy[Any]] = {
    "creators": NAMES,
    "usage_terms": optional(LINES),
    "web_statement": optional(URL),
    "marked": st.none() | st.booleans(),
    "licensor_url": optional(URL),
    "data_mining": optional(st.sampled_from(DATA_MINING)),
    "identifier": optional(st.from_regex("[0-9a-f]{16}", fullmatch=True)),
    "copyright_owners": st.lists(party(name=TEXT, id=TEXT), max_size=3),
    "other_constraints": optional(LINES),
    "digital_source_type": optional(st.sampled_from(DIGITAL_SOURCE_TYPES)),
    "creator_contact": st.none() | party(email=EMAIL, url=URL),
    "isrc": optional(st.just("USRC17607839")),
    "iswc": optional(st.just("T0345246801")),
    "upc": optional(st.just("036000291452")),
}
"""What the fields hold that are more than a text."""
LATER = ("licensors", "copyright_notice_translations", "usage_terms_translations")
"""Fields that `some_rights` fills with others in view."""
PLAIN_RIGHTS = st.builds(
    Rights,
    **{
        field.name: NO_PLAIN_TEXT.get(field.name, optional(TEXT))
        for field in FIELDS
        if field.name not in LATER
    },
)
RIGHTS = some_rights()
