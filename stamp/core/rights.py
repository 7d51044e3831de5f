"""`Rights`: one record of who owns a work and what may be done with it.

The fields carry the names of the IPTC Photo Metadata Standard 2025.1, Dublin Core and PLUS. The record knows
nothing of files: where each field is in EXIF, XMP, ID3 and the other stores is the table in `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, Final

from .checks import TRANSLATIONS, Item, Value, checked
from .errors import RightsError
from .party import Party
from .vocabulary import DATA_MINING

__all__ = [
    "DATA_MINING",
    "NO_AI_DATA_MINING",
    "NO_AI_TERMS",
    "Party",
    "Rights",
    "Value",
    "plain",
    "terms_onto",
]

NO_AI_DATA_MINING: Final = "DMI-PROHIBITED-AIMLTRAINING"
NO_AI_TERMS: Final = (
    "No permission is given to use this work for training artificial intelligence or machine learning models."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What is known about the rights in a work; a field that is None (or an empty tuple) says nothing.

    Every text is stripped of surrounding white space, and an empty one counts as None. Raises `RightsError`
    for control characters, texts above 8,000 characters, URLs that are not absolute http(s) URLs, and values
    outside a vocabulary.

    copyright_notice     "© 2026 Zoë Müller. All rights reserved."     (dc:rights, x-default)
    creators             names in order                                (dc:creator)
    credit_line          how to credit                                 (photoshop:Credit)
    source               who supplies the work                         (photoshop:Source)
    usage_terms          instructions on use; may have line breaks     (xmpRights:UsageTerms, x-default)
    web_statement        URL of the licence or rights statement        (xmpRights:WebStatement)
    marked               True: copyrighted, False: public domain       (xmpRights:Marked)
    licensor_url         URL where a licence can be had                (plus:Licensor / LicensorURL)
    data_mining          a code of the PLUS vocabulary `DATA_MINING`   (plus:DataMining)
    other_constraints    what else binds a user; may have line breaks  (plus:OtherConstraints, x-default)
    copyright_owners     parties with name and id                      (plus:CopyrightOwner)
    licensors            parties with name, url, email and id          (plus:Licensor)
    creator_contact      a party with email and url                    (Iptc4xmpCore:CreatorContactInfo)
    editor_notice        notice of who edited or compiled the work     (second part of EXIF Copyright)
    digital_source_type  a code of `vocabulary.DIGITAL_SOURCE_TYPES`   (Iptc4xmpExt:DigitalSourceType)
    isrc, iswc, upc      registered numbers of a recording, a musical work, a release
    identifier           the watermark's payload, 16 hex digits        (an item of xmp:Identifier)
    ..._translations     (language, text) pairs; a mapping is taken    (dc:rights, xmpRights:UsageTerms)

    `licensor_url` is the URL of the first licensor: set alone, it leaves everything else that a file says of
    its licensors.
    """

    copyright_notice: str | None = None
    copyright_notice_translations: tuple[tuple[str, str], ...] = ()
    creators: tuple[str, ...] = ()
    credit_line: str | None = None
    source: str | None = None
    usage_terms: str | None = None
    usage_terms_translations: tuple[tuple[str, str], ...] = ()
    web_statement: str | None = None
    marked: bool | None = None
    copyright_owners: tuple[Party, ...] = ()
    licensor_url: str | None = None
    licensors: tuple[Party, ...] = ()
    data_mining: str | None = None
    other_constraints: str | None = None
    digital_source_type: str | None = None
    creator_contact: Party | None = None
    editor_notice: str | None = None
    isrc: str | None = None
    iswc: str | None = None
    upc: str | None = None
    identifier: str | None = None

    def __post_init__(self) -> None:
        for name, default in _DEFAULTS.items():
            if (value := getattr(self, name)) != default:
                object.__setattr__(self, name, checked(name, value))
        licensors, url = _licensors(self.licensors, self.licensor_url)
        object.__setattr__(self, "licensors", licensors)
        object.__setattr__(self, "licensor_url", url)

    def values(self) -> dict[str, Value]:
        """The fields that say something, in the order of the class."""
        everything = zip(_DEFAULTS, _all_of(self), strict=True)
        return {name: value for name, value in everything if value is not None and value != ()}

    def over(self, defaults: Rights) -> Rights:
        """This record, with what it leaves open taken from `defaults`. Translations of another notice, or of
        other terms, are not taken.
        """
        dropped: dict[str, Any] = {
            name: () for name in TRANSLATIONS if getattr(self, name.removesuffix("_translations")) is not None
        }
        return self._merged(replace(defaults, **dropped))

    def onto(self, present: Rights) -> Rights:
        """What a file that says `present` says after this record is written into it."""
        merged = self._merged(present)
        if not self.usage_terms:
            return merged
        return replace(merged, usage_terms=terms_onto(self.usage_terms, present.usage_terms))

    def _merged(self, present: Rights) -> Rights:
        values: dict[str, Any] = {**present.values(), **self.values()}
        for name in TRANSLATIONS:
            values[name] = {**dict(getattr(present, name)), **dict(getattr(self, name))}
        if self.creator_contact and present.creator_contact:
            values["creator_contact"] = self.creator_contact.onto(present.creator_contact)
        if self.licensors:
            values["licensor_url"] = self.licensor_url
        elif self.licensor_url and present.licensors:
            first, *rest = present.licensors
            values["licensors"] = (replace(first, url=self.licensor_url), *rest)
        return Rights(**values)

    def without_ai(self) -> Rights:
        """Adds the opt-out from AI training: the PLUS code for machines and a sentence in the usage terms for
        people.

        Raises `RightsError` if `data_mining` is set to something that says otherwise; a stricter prohibition
        is kept.
        """
        if self.data_mining in ("DMI-ALLOWED", "DMI-UNSPECIFIED", "DMI-PROHIBITED-GENAIMLTRAINING"):
            raise RightsError(
                f"data_mining = {self.data_mining} contradicts the opt-out from AI training: drop one of them"
            )
        terms = terms_onto(NO_AI_TERMS, self.usage_terms)
        return replace(self, data_mining=self.data_mining or NO_AI_DATA_MINING, usage_terms=terms)

    def filled(self, year: int) -> Rights:
        """Replaces `{year}` in every text, and `{{` and `}}` by the braces themselves.

        Raises `RightsError` for any other brace: it is a slip of the pen, and would be published.
        """
        return Rights(**{name: _filled(name, value, str(year)) for name, value in self.values().items()})

    def claimed(self) -> Rights:
        """Marks the work as copyrighted if there is a notice and `marked` is open."""
        return replace(self, marked=True) if self.copyright_notice and self.marked is None else self

    def for_writing(self, year: int) -> Rights:
        """`filled` and `claimed`."""
        return self.claimed().filled(year)

    def to_dict(self) -> dict[str, Any]:
        """For JSON and TOML: only the fields that say something; lists, and tables for parties and
        translations.
        """
        return {name: plain(value) for name, value in self.values().items()}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Rights:
        """The inverse of `to_dict`, for a table from JSON or TOML.

        `creators` and `copyright_owners` may be one name; the notice and the terms may be a table language ->
        text with the key `x-default`; `no_ai = true` applies `without_ai`. Raises `RightsError` naming the
        key that is unknown or wrong.
        """
        unknown = [str(key) for key in table if key not in _DEFAULTS and key != "no_ai"]
        if unknown:
            raise RightsError(
                f"unknown rights field {unknown[0]!r}; known are {', '.join(sorted(_DEFAULTS))} and no_ai"
            )
        no_ai = table.get("no_ai", False)
        if not isinstance(no_ai, bool):
            raise RightsError(f"no_ai must be true or false, not {no_ai!r}")
        given = {key: value for key, value in table.items() if key in _DEFAULTS}
        for name in ("creators", "copyright_owners"):
            if isinstance(given.get(name), str):
                given[name] = (given[name],)
        for name in TRANSLATIONS:
            text = name.removesuffix("_translations")
            if isinstance(given.get(text), Mapping):
                languages = dict(given[text])
                given[text] = languages.pop("x-default", None)
                given[name] = {**languages, **given.get(name, {})}
        rights = cls(**given)
        return rights.without_ai() if no_ai else rights


_BRACES = re.compile(r"\{\{|\}\}|\{[^{}]*\}|[{}]")
_DEFAULTS = {field.name: field.default for field in fields(Rights)}
_all_of = attrgetter(*_DEFAULTS)


def terms_onto(terms: str, present: object) -> str:
    """The usage terms that a file gets that says `present`: ours, except that the bare sentence against AI
    training is added to them.
    """
    if terms != NO_AI_TERMS:
        return terms
    if not isinstance(present, str) or not present:
        return NO_AI_TERMS
    return present if NO_AI_TERMS in present else f"{present} {NO_AI_TERMS}"


def plain(value: Value) -> Any:
    """A field's value as JSON and TOML know it."""
    if isinstance(value, Party):
        return value.values()
    if not isinstance(value, tuple):
        return value
    pairs = {item[0]: item[1] for item in value if isinstance(item, tuple)}
    return pairs or [item.values() if isinstance(item, Party) else item for item in value]


def _licensors(licensors: tuple[Party, ...], url: str | None) -> tuple[tuple[Party, ...], str | None]:
    """The one form of both fields: a lone URL is no licensor, and the first licensor's URL is the URL."""
    if not licensors:
        return (), url
    first, *rest = licensors
    if url and first.url and url != first.url:
        raise RightsError(
            f"licensor_url = {url!r} and the first of licensors, {first.url!r}, contradict each other"
        )
    first = replace(first, url=first.url or url)
    return (() if not rest and first == Party(url=first.url) else (first, *rest)), first.url


def _filled(name: str, value: Value | Item, year: str) -> Any:
    if isinstance(value, Party):
        return Party(**{member: _filled(name, text, year) for member, text in value.values().items()})
    if isinstance(value, tuple):
        return tuple(_filled(name, item, year) for item in value)
    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        match found[0]:
            case "{{" | "}}":
                return found[0][0]
            case "{year}":
                return year
        reason = f"{name} has {found[0]!r}: {{year}} is the only word in braces that is known"
        raise RightsError(f"{reason}; a brace itself is written twice, as {{{{ or }}}}")

    return _BRACES.sub(fill, value)
