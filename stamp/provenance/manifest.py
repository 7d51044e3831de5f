"""What a manifest claims, in the JSON that the c2pa library takes (C2PA 2.2; CAWG training and data mining
1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from .._version import __version__
from ..core.payload import Payload
from ..core.rights import Rights

THUMBNAIL: Final = "thumbnail.jpg"
_AGENT: Final = {"name": "stamp", "version": __version__}
_DRAWN: Final = "a notice that is seen was drawn into it"
_USES: Final = ("ai_generative_training", "ai_training", "ai_inference", "data_mining")
_CONTEXT: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}
# PLUS code -> which uses it forbids; those that point to a text forbid none by themselves.
_FORBIDDEN: Final[Mapping[str, tuple[str, ...]]] = {
    "DMI-PROHIBITED": _USES,
    "DMI-PROHIBITED-AIMLTRAINING": ("ai_generative_training", "ai_training"),
    "DMI-PROHIBITED-GENAIMLTRAINING": ("ai_generative_training",),
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": _USES[:3],
}
_ON_TERMS: Final[Mapping[str, tuple[str, ...]]] = {
    "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING": ("data_mining",),
    "DMI-PROHIBITED-SEECONSTRAINT": _USES,
    "DMI-PROHIBITED-SEEEMBEDDEDRIGHTSEXPR": _USES,
    "DMI-PROHIBITED-SEELINKEDRIGHTSEXPR": _USES,
}


@dataclass(frozen=True, slots=True)
class Claim:
    """What is said of a work.

    title : the name of its file. payload : of the mark in it; None without one. algorithm : of that mark,
    as the soft binding names it. duration_ms : of a clip or a song. rights : its notice. has_thumbnail : a
    picture of the finished work goes with it. has_drawing : a notice that is seen was drawn into it.
    """

    title: str
    payload: Payload | None = None
    algorithm: str = ""
    duration_ms: int | None = None
    rights: Rights | None = None
    has_thumbnail: bool = False
    has_drawing: bool = False

    def definition(self) -> dict[str, Any]:
        """Return the manifest as the library takes it, without its parent."""
        rights = self.rights or Rights()
        parts = (self._actions(), self._soft_binding(), training(rights), _metadata(rights))
        picture = (
            {"thumbnail": {"format": "image/jpeg", "identifier": THUMBNAIL}} if self.has_thumbnail else {}
        )
        assertions = [part for part in parts if part]
        return {"claim_generator_info": [_AGENT], "title": self.title, **picture, "assertions": assertions}

    # What is not said to be created, the library lists as merely gathered.
    def _actions(self) -> dict[str, Any] | None:
        """What was done, in its order (C2PA 2.2, section 18.16)."""
        done: list[dict[str, Any]] = []
        if self.has_drawing:
            done.append({"action": "c2pa.drawing", "softwareAgent": _AGENT, "description": _DRAWN})
        if self.payload is not None:
            done.append({"action": "c2pa.watermarked.bound", "softwareAgent": _AGENT})
        return {"label": "c2pa.actions.v2", "created": True, "data": {"actions": done}} if done else None

    def _soft_binding(self) -> dict[str, Any] | None:
        """The payload as a list of numbers: JSON cannot say a byte string (c2pa-rs issue 2689)."""
        if self.payload is None:
            return None
        scope = {"timespan": {"start": 0, "end": self.duration_ms}} if self.duration_ms else {}
        block = {"scope": scope, "value": list(self.payload)}
        data = {"alg": self.algorithm, "name": "stamp watermark", "blocks": [block]}
        return {"label": "c2pa.soft-binding", "created": True, "data": data}


def training(rights: Rights) -> dict[str, Any] | None:
    """Return what the notice says of training and data mining, None where it says nothing."""
    code = rights.data_mining or ""
    said: dict[str, dict[str, str]] = {use: {"use": "notAllowed"} for use in _FORBIDDEN.get(code, ())}
    terms = rights.other_constraints or rights.usage_terms or rights.web_statement or code
    if code == "DMI-PROHIBITED-EXCEPTSEARCHENGINEINDEXING":
        terms = "indexing by search engines is allowed"
    said |= {use: {"use": "constrained", "constraint_info": terms} for use in _ON_TERMS.get(code, ())}
    if code == "DMI-ALLOWED":
        said = {use: {"use": "allowed"} for use in _USES}
    entries = {f"cawg.{use}": said[use] for use in _USES if use in said}
    return {"label": "cawg.training-mining", "data": {"entries": entries}} if entries else None


def _metadata(rights: Rights) -> dict[str, Any] | None:
    values = {
        "dc:creator": list(rights.creators),
        "dc:rights": rights.copyright_notice,
        "photoshop:Credit": rights.credit_line,
        "xmpRights:UsageTerms": rights.usage_terms,
        "xmpRights:WebStatement": rights.web_statement,
    }
    given = {name: value for name, value in values.items() if value}
    if not given:
        return None
    return {"label": "cawg.metadata", "kind": "Json", "data": {"@context": _CONTEXT, **given}}
