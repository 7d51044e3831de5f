"""Manifests written: into a copy of a file, or for one that stays as it is."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import MediaError
from .identity import Identity
from .library import context, library, refusals
from .manifest import THUMBNAIL, Claim

_TSA_REMEDY = "where that is about the time-stamp authority, try again, or sign without `tsa`"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file, and what the library calls its format."""

    path: Path
    mime: str


def sign(
    identity: Identity,
    claim: Claim,
    work: Asset,
    parent: Asset,
    target: Path | None,
    *,
    thumbnail: bytes | None = None,
    tsa: str | None = None,
) -> bytes:
    """Sign a work, and return the manifest.

    parent : what the work was made of, untouched: its own credentials go with it. target : another file,
    which becomes the work with the manifest in it; None leaves the manifest outside. thumbnail : JPEG, of
    the work itself. tsa : a time-stamp authority; without one, nothing reaches for the network.

    Raises UnsupportedFormat where the format has no place for a manifest, MediaError where signing fails;
    what is in `target` then is nothing.
    """
    c2pa = library()
    with refusals("cannot be signed"):
        # An empty text for no authority is an opaque error of the library.
        info = c2pa.C2paSignerInfo(identity.algorithm.encode(), identity.chain, identity.key, tsa or None)
        with c2pa.Signer.from_info(info) as signer, c2pa.Builder(claim.definition(), context()) as builder:
            builder.set_intent(c2pa.C2paBuilderIntent.EDIT)  # the first action is "opened", of the parent
            with parent.path.open("rb") as source:
                ingredient = {"title": parent.path.name, "relationship": "parentOf"}
                builder.add_ingredient(ingredient, parent.mime, source)
            if thumbnail is not None:
                builder.add_resource(THUMBNAIL, io.BytesIO(thumbnail))
            if target is None:
                builder.set_no_embed()
            try:
                with work.path.open("rb") as source, _opened(target) as signed:
                    manifest: bytes = builder.sign(signer, work.mime, source, signed)
            except c2pa.C2paError as error:
                if tsa:
                    raise MediaError(f"cannot be signed: {error}; {_TSA_REMEDY}") from error
                raise
    return manifest


def _opened(target: Path | None) -> io.IOBase:
    """Where the library writes: it copies the whole file even where nothing goes into it."""
    return _Nowhere() if target is None else target.open("w+b")


class _Nowhere(io.RawIOBase):
    """A file that forgets what is written to it, and knows how much that was."""

    def __init__(self) -> None:
        self._at = self._size = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        size = len(data)  # type: ignore[arg-type]
        self._at += size
        self._size = max(self._size, self._at)
        return size

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at
