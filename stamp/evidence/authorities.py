"""What registers of works ask for, as dated data."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

AUTHORITIES: Final = ("niip",)


@cache
def _all() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name("authorities.toml").read_text("utf-8"))


def asked_by(authority: str, language: str, work: dict[str, Any]) -> dict[str, Any]:
    """Return what a register asks for, in words, and whether the catalogue has it.

    authority : one of AUTHORITIES. work : as in evidence.json.
    """
    known = _all()[authority]
    here = {"title": work["title"], "authors": work["contributions"], "created": work["created_on"]}
    return {
        "authority": authority,
        "name": known["name"][language],
        "read": known["read"].isoformat(),
        "source": known["read_at"] if known["copy"] else known["source"],
        "basis": known["basis"],
        "asked": [
            {"what": each[language], "have": bool(here.get(each.get("have", "")))} for each in known["asked"]
        ],
    }
