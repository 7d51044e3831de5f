"""`Rights`: one record of who owns a work and what may be done with it.

The fields carry the names of the IPTC Photo Metadata Standard 2025.1, Dublin Core and PLUS. The record knows
nothing of files: where each field stands in EXIF, XMP, IPTC or a PNG text chunk is the table in `fields`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final
from urllib.parse import urlsplit

from ..errors import RightsError

Value = str | bool | tuple[str, ...]

MAX_TEXT: Final = 8000
MAX_URL: Final = 2000
MAX_NAME: Final = 500
MAX_CREATORS: Final = 50

DATA_MINING: Final = (
    "DMI-UNSPECIFIED",
    "DMI-ALLOWED",
    "DMI-PROHIBITED-AIMLTRAINING",
    "DMI-PROHIBITED-GENAIMLTRAINING",
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING",
    "DMI-PROHIBITED",
    "DMI-PROHIBITED-SEECONSTRAINT",
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR",
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR",
)
"""The PLUS vocabulary for `plus:DataMining` (http://ns.useplus.org/ldf/vocab/)."""

NO_AI_DATA_MINING: Final = "DMI-PROHIBITED-AIMLTRAINING"
NO_AI_TERMS: Final = (
    "No permission is given to use this work for training artificial intelligence or machine learning models."
)

# What XML 1.0 cannot hold, and every other control character: no metadata standard gives them a meaning.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What is known about the rights in a work; a field that is None (or an empty tuple) says nothing.

    Every text is stripped of surrounding white space, and an empty one counts as None. Raises `RightsError`
    for control characters, texts above 8,000 characters, URLs that are not absolute http(s) URLs, and values
    outside a vocabulary.

    copyright_notice  "© 2026 Zoë Müller. All rights reserved."   (dc:rights, x-default)
    creators          names in order                              (dc:creator)
    credit_line       how to credit                               (photoshop:Credit)
    source            who supplies the work                       (photoshop:Source)
    usage_terms       instructions on use; may have line breaks   (xmpRights:UsageTerms, x-default)
    web_statement     URL of the licence or rights statement      (xmpRights:WebStatement)
    marked            True: copyrighted, False: public domain     (xmpRights:Marked)
    licensor_url      URL where a licence can be had              (plus:Licensor / LicensorURL)
    data_mining       a code of the PLUS vocabulary `DATA_MINING` (plus:DataMining)
    identifier        the watermark's payload, 16 hex digits      (an item of xmp:Identifier)
    """

    copyright_notice: str | None = None
    creators: tuple[str, ...] = ()
    credit_line: str | None = None
    source: str | None = None
    usage_terms: str | None = None
    web_statement: str | None = None
    marked: bool | None = None
    licensor_url: str | None = None
    data_mining: str | None = None
    identifier: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _checked(field.name, getattr(self, field.name)))

    def values(self) -> dict[str, Value]:
        """The fields that say something, in the order of the class."""
        everything = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in everything if value is not None and value != ()}

    def over(self, defaults: Rights) -> Rights:
        """This record, with what it leaves open taken from `defaults`."""
        values: dict[str, Any] = {**self.values()}
        return replace(defaults, **values)

    def onto(self, present: Rights) -> Rights:
        """What a file that says `present` says after this record is written into it."""
        merged = self.over(present)
        if not self.usage_terms:
            return merged
        return replace(merged, usage_terms=terms_onto(self.usage_terms, present.usage_terms))

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

    def for_writing(self, year: int) -> Rights:
        """Replaces `{year}` in every text, and marks the work as copyrighted if there is a notice and
        `marked` is open.
        """
        changed: dict[str, Any] = {
            name: value.replace("{year}", str(year))
            for name, value in self.values().items()
            if isinstance(value, str)
        }
        if self.copyright_notice and self.marked is None:
            changed["marked"] = True
        return replace(self, **changed)

    def to_dict(self) -> dict[str, str | bool | list[str]]:
        """For JSON and TOML: only the fields that say something, tuples as lists."""
        return {
            name: list(value) if isinstance(value, tuple) else value for name, value in self.values().items()
        }

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> Rights:
        """The inverse of `to_dict`, for a table from JSON or TOML. `creators` may be one name; `no_ai = true`
        applies `without_ai`.

        Raises `RightsError` naming the key that is unknown or wrong.
        """
        known = {field.name for field in fields(cls)}
        unknown = [str(key) for key in table if key not in known and key != "no_ai"]
        if unknown:
            raise RightsError(
                f"unknown rights field {unknown[0]!r}; known are {', '.join(sorted(known))} and no_ai"
            )
        no_ai = table.get("no_ai", False)
        if not isinstance(no_ai, bool):
            raise RightsError(f"no_ai must be true or false, not {no_ai!r}")
        given = {key: value for key, value in table.items() if key in known}
        if isinstance(given.get("creators"), str):
            given["creators"] = (given["creators"],)
        rights = cls(**given)
        return rights.without_ai() if no_ai else rights


def terms_onto(terms: str, present: object) -> str:
    """The usage terms that a file gets that says `present`: ours, except that the bare sentence against AI
    training is added to them.
    """
    if terms != NO_AI_TERMS:
        return terms
    if not isinstance(present, str) or not present:
        return NO_AI_TERMS
    return present if NO_AI_TERMS in present else f"{present} {NO_AI_TERMS}"


def _checked(name: str, value: object) -> Value | None:
    match name:
        case "marked":
            if value is None or isinstance(value, bool):
                return value
            raise RightsError(f"marked must be true, false or left out, not {value!r}")
        case "creators":
            return _creators(value)
    text = _text(name, value, MAX_TEXT)
    if text is None:
        return None
    match name:
        case "web_statement" | "licensor_url":
            _check_url(name, text)
        case "data_mining":
            if text not in DATA_MINING:
                raise RightsError(
                    f"data_mining = {text!r} is not in the PLUS vocabulary: {', '.join(DATA_MINING)}"
                )
        case "identifier":
            if not re.fullmatch("[0-9a-f]{16}", text):
                raise RightsError(
                    f"identifier must be 16 lower-case hexadecimal digits (a payload), not {text!r}"
                )
    return text


def _creators(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise RightsError(f"creators must be a list of names, not {value!r}")
    names = tuple(name for item in value if (name := _text("creators", item, MAX_NAME)) is not None)
    if len(names) > MAX_CREATORS:
        raise RightsError(f"creators has {len(names)} names; at most {MAX_CREATORS} are possible")
    return names


def _text(name: str, value: object, limit: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RightsError(f"{name} must be text, not {value!r}")
    text = value.strip()
    if name == "usage_terms":
        text = text.replace("\r\n", "\n")
    bad = _FORBIDDEN.search(text.replace("\n", " ") if name == "usage_terms" else text)
    if bad:
        raise RightsError(
            f"{name} has the character U+{ord(bad[0]):04X} at position {bad.start()}, "
            "which no metadata can hold: remove it"
        )
    if len(text) > limit:
        raise RightsError(f"{name} has {len(text)} characters; at most {limit} are possible")
    return text or None


def _check_url(name: str, text: str) -> None:
    try:
        parts = urlsplit(text)
        absolute = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        absolute = False
    if not absolute or re.search(r"[\s<>\"]", text) or len(text) > MAX_URL:
        raise RightsError(
            f"{name} = {text[:200]!r} must be a full URL such as https://example.com/licence, "
            f"of {MAX_URL} characters at most"
        )
