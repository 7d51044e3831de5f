"""The controlled vocabularies of rights metadata, and the registered numbers of recordings and works."""

from __future__ import annotations

import re
from typing import Final

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

DIGITAL_SOURCE_TYPES: Final = (
    "digitalCapture",
    "computationalCapture",
    "negativeFilm",
    "positiveFilm",
    "print",
    "humanEdits",
    "minorHumanEdits",
    "algorithmicallyEnhanced",
    "compositeCapture",
    "composite",
    "compositeSynthetic",
    "compositeWithTrainedAlgorithmicMedia",
    "trainedAlgorithmicMedia",
    "algorithmicMedia",
    "dataDrivenMedia",
    "digitalCreation",
    "digitalArt",
    "screenCapture",
    "softwareImage",
    "virtualRecording",
)
"""The IPTC vocabulary for the digital source type (http://cv.iptc.org/newscodes/digitalsourcetype/), with the
codes that are retired but found in files: minorHumanEdits, digitalArt, softwareImage.
"""


def isrc(text: str) -> str | None:
    """An International Standard Recording Code (ISO 3901) without hyphens, None if it is none."""
    code = text.replace("-", "").replace(" ", "").upper()
    return code if re.fullmatch("[A-Z]{2}[A-Z0-9]{3}[0-9]{7}", code) else None


def iswc(text: str) -> str | None:
    """An International Standard Musical Work Code (ISO 15707) as `T` and ten digits, None if it is none.

    The last digit makes 1 + sum(position * digit) + check divisible by ten.
    """
    code = re.sub("[-. ]", "", text).upper()
    if not re.fullmatch("T[0-9]{10}", code):
        return None
    total = 1 + sum(position * int(digit) for position, digit in enumerate(code[1:10], 1))
    return code if (total + int(code[10])) % 10 == 0 else None


def upc(text: str) -> str | None:
    """A UPC, EAN or GTIN of 12 to 14 digits (GS1 General Specifications, section 7.9), None if it is none.

    From the right, digits count once and three times in turn; the sum with the check digit is divisible by
    ten.
    """
    code = re.sub("[- ]", "", text)
    if not re.fullmatch("[0-9]{12,14}", code):
        return None
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(code)))
    return code if total % 10 == 0 else None


_LANGUAGE = re.compile("[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,5}")


def language(tag: str) -> str | None:
    """A language tag in the usual spelling (RFC 5646, section 2.1.1: `de`, `en-US`, `zh-Hant`), None if it is
    none.
    """
    if not _LANGUAGE.fullmatch(tag):
        return None
    first, *rest = tag.lower().split("-")
    spelled = [part.upper() if len(part) == 2 else part.title() if len(part) == 4 else part for part in rest]
    return "-".join((first, *spelled))
