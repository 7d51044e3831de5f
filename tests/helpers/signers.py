"""Who signs in tests: a chain of certificates, made once."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from stamp.core.options import SignOptions
from stamp.provenance.certificates import Made, new_chain

NAME = "Ada Lovelace"


@cache
def chain() -> Made:
    """The files of a chain that nobody may change."""
    return new_chain(Path(tempfile.mkdtemp(prefix="stamp-signers.")) / "certificates", NAME)


def signing(**more: object) -> SignOptions:
    """Options that sign with the chain."""
    return SignOptions(chain().chain, chain().key, **more)  # type: ignore[arg-type]
