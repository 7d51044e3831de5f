"""What a notice must contain, as `notices.toml` has it, with sources and dates."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..core.errors import CaseError

LANGUAGES: Final = ("en", "ru", "kk")
KINDS: Final = ("youtube", "tiktok", "instagram", "host", "host-dsa", "infringer", "ministry")
CONFIRMATIONS: Final = ("good_faith", "accuracy", "perjury")

_OLD_DAYS = 365


@dataclass(frozen=True, slots=True)
class Element:
    """A part of a case. words : what it is called, in each language; how : how to give it."""

    code: str
    words: Mapping[str, str]
    how: str

    def to_dict(self) -> dict[str, str]:
        return {"code": self.code, "words": self.words["en"], "how": self.how}


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence that counts only as the claimant's own.

    needs : the confirmations without which it is not printed. texts : in each language. prescribed : the
    English wording is asked for, and is printed beside a translation.
    """

    needs: tuple[str, ...]
    texts: Mapping[str, str]
    prescribed: bool

    def text(self, language: str) -> str:
        translated = self.texts[language]
        if language == "en" or not self.prescribed:
            return translated
        return f"{translated}\n{self.texts['en']}"


@dataclass(frozen=True, slots=True)
class Source:
    """Where it was read what a notice must contain.

    first_party : it is the platform's or the law's own text, not a guide or a translation. copy : of which
    only a copy was read, kept by somebody else.
    """

    name: str
    read: date
    read_at: str
    first_party: bool
    copy: bool = False

    def doubt(self, today: date) -> str | None:
        """Return why the source should be checked before it is relied on, None for no reason."""
        reasons = []
        if not self.first_party:
            reasons.append("it is not the platform's or the law's own text")
        if self.copy:
            reasons.append(f"it was read in a copy, {self.read_at}")
        if (today - self.read).days > _OLD_DAYS:
            reasons.append(f"it was read on {self.read}, over a year ago")
        return f"check the source {self.name}: {' and '.join(reasons)}" if reasons else None

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "read": self.read.isoformat(),
            "read_at": self.read_at,
            "first_party": self.first_party,
            "copy": self.copy,
        }


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice.

    required   : elements without which it is not written, beside those of its statements.
    form       : what is pasted into the platform's web form, in its order; `statements` are the sentences.
    public     : elements that others than the addressee may see; seen : the same, as a sentence.
    url_form   : how it takes addresses, in words; None where it takes any. url_base, url_sign : how such an
                 address begins, and what finds the rest of it in others.
    cautions   : what its sender should know.
    """

    code: str
    title: str
    language: str
    addressee: str | None
    required: tuple[str, ...]
    statements: tuple[Statement, ...]
    form: tuple[str, ...]
    public: tuple[str, ...]
    seen: str
    cautions: tuple[str, ...]
    sources: tuple[Source, ...]
    url_pattern: re.Pattern[str] | None
    url_form: str | None
    url_base: str | None
    url_sign: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Language:
    """How a language says who the claimant is, writes a date, and ends a letter."""

    relations: Mapping[str, str]
    date_form: str
    months: tuple[str, ...]
    note: str

    def date(self, day: date) -> str:
        return self.date_form.format(day=day.day, month=self.months[day.month - 1], year=day.year)


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("notices.toml").read_text("utf-8"))


@cache
def elements() -> dict[str, Element]:
    """Code -> element, in the order of the file."""
    return {
        code: Element(code, {language: entry[language] for language in LANGUAGES}, entry["how"])
        for code, entry in _data()["elements"].items()
    }


@cache
def kind_of(code: str) -> Kind:
    """Return the kind of notice of this name. Raises CaseError."""
    entry = _data()["kinds"].get(code)
    if entry is None:
        raise CaseError(f"there is no notice of the kind {code!r}: {', '.join(KINDS)}")
    pattern, sign = (
        re.compile(entry[name]) if name in entry else None for name in ("url_pattern", "url_sign")
    )
    return Kind(
        code=code,
        title=entry["title"],
        language=entry["language"],
        addressee=entry.get("addressee"),
        required=("comparison", *entry["required"]),
        statements=tuple(_statement(name) for name in entry["statements"]),
        form=tuple(entry["form"]),
        public=tuple(entry["public"]),
        seen=entry["seen"],
        cautions=tuple(entry["cautions"]),
        sources=tuple(Source(**source) for source in entry["sources"]),
        url_pattern=pattern,
        url_form=entry.get("url_form"),
        url_base=entry.get("url_base"),
        url_sign=sign,
    )


def _statement(name: str) -> Statement:
    entry = _data()["statements"][name]
    texts = {language: entry[language] for language in LANGUAGES}
    return Statement(tuple(entry["needs"]), texts, entry["prescribed"])


@cache
def language_of(code: str) -> Language:
    """Return what is known of a language. Raises CaseError."""
    entry = _data()["languages"].get(code)
    if entry is None:
        raise CaseError(f"there are no letters in the language {code!r}: {', '.join(LANGUAGES)}")
    relations = {relation: entry[relation] for relation in ("owner", "agent")}
    return Language(relations, entry["date"], tuple(entry["months"]), entry["note"])
