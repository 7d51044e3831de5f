"""What a field of `Rights` may hold: each value is brought into its one form, or refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from . import vocabulary
from .errors import RightsError
from .party import Party

Item = str | Party | tuple[str, str]
Value = str | bool | Party | tuple[Item, ...]
"""Text; yes or no; one party; several names, parties, or (language, text) pairs."""

MAX_TEXT: Final = 8000
MAX_URL: Final = 2000
MAX_NAME: Final = 500
MAX_ITEMS: Final = 50

TRANSLATIONS: Final = ("copyright_notice_translations", "usage_terms_translations")
_PARTIES: Final[Mapping[str, tuple[str, ...]]] = {
    "copyright_owners": ("name", "id"),
    "licensors": ("name", "url", "email", "id"),
    "creator_contact": ("email", "url"),
}
_WITH_LINES = ("usage_terms", "usage_terms_translations", "other_constraints")

# What XML 1.0 cannot hold, and every other control character: no metadata standard gives them a meaning.
_FORBIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

_NUMBERS: Final[Mapping[str, tuple[Callable[[str], str | None], str]]] = {
    "isrc": (vocabulary.isrc, "an ISRC such as USRC17607839"),
    "iswc": (vocabulary.iswc, "an ISWC with its check digit, such as T-034.524.680-1"),
    "upc": (vocabulary.upc, "a UPC or EAN of 12 to 14 digits with its check digit"),
}
_VOCABULARIES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "data_mining": ("PLUS", vocabulary.DATA_MINING),
    "digital_source_type": ("IPTC", vocabulary.DIGITAL_SOURCE_TYPES),
}


def checked(name: str, value: object) -> Value | None:
    """The field's value in its one form, None or () where it says nothing. Raises `RightsError`."""
    if name == "marked":
        if value is None or isinstance(value, bool):
            return value
        raise RightsError(f"marked must be true, false or left out, not {value!r}")
    if name == "creators":
        names = (_text(name, item, MAX_NAME) for item in _items(name, value, "names"))
        return tuple(item for item in names if item is not None)
    if name in TRANSLATIONS:
        return _translations(name, value)
    if name == "creator_contact":
        return None if value is None else _party(name, value)
    if name in _PARTIES:
        parties = (_party(name, item) for item in _items(name, value, "parties"))
        return tuple(party for party in parties if party is not None)
    return _checked_text(name, value)


def _checked_text(name: str, value: object) -> str | None:
    text = _text(name, value, MAX_TEXT)
    if text is None:
        return None
    if name in ("web_statement", "licensor_url"):
        _check_url(name, text)
    elif name in _VOCABULARIES:
        title, codes = _VOCABULARIES[name]
        if text not in codes:
            raise RightsError(f"{name} = {text!r} is not in the {title} vocabulary: {', '.join(codes)}")
    elif name in _NUMBERS:
        normal, what = _NUMBERS[name]
        code = normal(text)
        if code is None:
            raise RightsError(f"{name} must be {what}, not {text!r}")
        return code
    elif name == "identifier" and not re.fullmatch("[0-9a-f]{16}", text):
        raise RightsError(f"identifier must be 16 lower-case hexadecimal digits (a payload), not {text!r}")
    return text


def _items(name: str, value: object, what: str) -> list[object]:
    if value is None:
        return []
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        raise RightsError(f"{name} must be a list of {what}, not {value!r}")
    items = list(value)
    if len(items) > MAX_ITEMS:
        raise RightsError(f"{name} has {len(items)} {what}; at most {MAX_ITEMS} are possible")
    return items


def _translations(name: str, value: object) -> tuple[tuple[str, str], ...]:
    """(language, text) pairs, sorted by language."""
    pairs = list(value.items()) if isinstance(value, Mapping) else _items(name, value, "translations")
    found: dict[str, str] = {}
    for pair in pairs:
        if not isinstance(pair, tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise RightsError(f'{name} must be a table such as {{de = "..."}}, not {value!r}')
        language = vocabulary.language(pair[0])
        if language is None:
            raise RightsError(f"{name}: {pair[0]!r} is not a language tag such as de or en-US")
        text = _text(name, pair[1], MAX_TEXT)
        if text is not None:
            found[language] = text
    if len(found) > MAX_ITEMS:
        raise RightsError(f"{name} has {len(found)} translations; at most {MAX_ITEMS} are possible")
    return tuple(sorted(found.items()))


def _party(name: str, value: object) -> Party | None:
    members = _PARTIES[name]
    party = Party.of(value)
    if party is None or not set(party.values()) <= set(members):
        raise RightsError(f"{name} takes a table with {', '.join(members)}, not {value!r}")
    texts = {
        member: _text(f"{name}: {member}", text, MAX_NAME if member != "url" else MAX_URL)
        for member, text in party.values().items()
    }
    if texts.get("url"):
        _check_url(f"{name}: url", str(texts["url"]))
    if (email := texts.get("email")) and not re.fullmatch(r"[^\s@<>\"]+@[^\s@<>\"]+", email):
        raise RightsError(f"{name}: email = {email[:200]!r} must be one address such as ada@example.com")
    return Party(**texts) if any(texts.values()) else None


def _text(name: str, value: object, limit: int) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise RightsError(f"{name} must be text, not {value!r}")
    text = value.strip()
    if name in _WITH_LINES:
        text = text.replace("\r\n", "\n")
    bad = _FORBIDDEN.search(text.replace("\n", " ") if name in _WITH_LINES else text)
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
