"""Manifests read: what they say, and whether it holds."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ..core.credentials import Ingredient, ManifestRecord, SoftBinding
from ..core.errors import MediaError
from .library import OPAQUE, context, is_absence, library
from .signing import Asset

UNTRUSTED: Final = "signingCredential.untrusted"
_BINDINGS: Final = (
    "assertion.dataHash.mismatch",
    "assertion.bmffHash.mismatch",
    "assertion.boxesHash.mismatch",
)
_REMOTE: Final = re.compile(r"must fetch remote manifests from url (\S+)")
_MOST: Final = 64 << 20  # bytes of a manifest that lies in a file of its own; the largest seen have 10 MB


@dataclass(frozen=True, slots=True)
class Found:
    """A manifest that was read.

    record : what it says, and what of it does not hold. thumbnail : JPEG or PNG, of the work as it was
        signed.
    of_parents : the codes of what does not hold among the credentials of what the work was made of. text :
    all of it, as the library puts it.
    """

    record: ManifestRecord
    thumbnail: bytes | None
    of_parents: tuple[str, ...]
    text: str

    @property
    def is_whole(self) -> bool:
        """Whether all holds, whoever has signed."""
        return not self.record.failures

    @property
    def is_unbound(self) -> bool:
        """Whether all holds but that it is about other bytes than these, as it is of a copy."""
        return set(self.record.failures) <= set(_BINDINGS)


def read(asset: Asset, *, anchors: str | None = None, manifest: bytes | None = None) -> Found | None:
    """Return the manifest in a file, or check `manifest` against it; None where it has none.

    anchors : roots that are trusted, PEM. Raises MediaError where there is one that cannot be read.
    """
    c2pa = library()
    try:
        with asset.path.open("rb") as file:
            data = {} if manifest is None else {"manifest_data": manifest}
            with closing(c2pa.Reader(asset.mime, file, context=context(anchors), **data)) as reader:
                return _found(reader)
    except c2pa.C2paError as error:
        if manifest is None and (is_absence(error) or _REMOTE.search(str(error))):
            return None
        raise MediaError(f"its Content Credentials cannot be read: {error}", path=asset.path) from error


def remote_url(asset: Asset) -> str | None:
    """Return where a file without a manifest says that its own is, None where it says nothing of that. Nobody
    is asked there."""
    c2pa = library()
    try:
        with asset.path.open("rb") as file, closing(c2pa.Reader(asset.mime, file, context=context())):
            return None
    except c2pa.C2paError as error:
        found = _REMOTE.search(str(error))
        return found[1] if found else None


def read_kept(manifest: bytes, *, anchors: str | None = None) -> Found:
    """Return what a manifest says that belongs to no file at hand. Raises MediaError."""
    c2pa = library()
    try:
        with closing(
            c2pa.Reader(OPAQUE, io.BytesIO(b"-"), manifest_data=manifest, context=context(anchors))
        ) as reader:
            return _found(reader)
    except c2pa.C2paError as error:
        raise MediaError(f"the manifest cannot be read: {error}") from error


def manifest_file(path: Path) -> bytes:
    """Return a manifest that is a file of its own. Raises MediaError."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise MediaError(f"cannot be read: {error.strerror or error}", path=path) from error
    if len(data) > _MOST:
        raise MediaError(f"is too large for a manifest: above {_MOST >> 20} MB", path=path)
    return data


def _found(reader: Any) -> Found:
    text = reader.json()
    told = json.loads(text)
    manifests: dict[str, Any] = told.get("manifests") or {}
    active = manifests.get(told.get("active_manifest") or "", {})
    results = reader.get_validation_results() or {}
    failures = dict.fromkeys(_codes(results.get("activeManifest") or {}))
    trusted = UNTRUSTED not in failures
    failures.pop(UNTRUSTED, None)
    deltas = (each.get("validationDeltas") or {} for each in results.get("ingredientDeltas") or ())
    broken = [code for each in deltas for code in _codes(each) if code != UNTRUSTED]
    record = _record(told.get("active_manifest") or "", active, len(manifests), trusted, tuple(failures))
    broken += [code for each in record.ingredients for code in each.failures]
    return Found(record, _thumbnail(reader, active), tuple(dict.fromkeys(broken)), text)


def _codes(results: Mapping[str, Any]) -> Iterator[str]:
    return (str(each.get("code")) for each in results.get("failure") or ())


def _codes_of_ingredient(ingredient: Mapping[str, Any]) -> Iterator[str]:
    """What did not hold when it was put in, by whom nobody has to trust."""
    results = (ingredient.get("validation_results") or {}).get("activeManifest") or {}
    older = ingredient.get("validation_status") or ()
    codes = (*_codes(results), *(str(each.get("code")) for each in older))
    return (code for code in codes if code != UNTRUSTED)


def _record(
    identifier: str, active: Mapping[str, Any], count: int, trusted: bool, failures: tuple[str, ...]
) -> ManifestRecord:
    signature = active.get("signature_info") or {}
    by = (active.get("claim_generator_info") or [{}])[0]
    generator = " ".join(str(by[name]) for name in ("name", "version") if by.get(name)) or active.get(
        "claim_generator"
    )
    ingredients = (
        Ingredient(
            each.get("title"),
            each.get("relationship"),
            each.get("active_manifest"),
            tuple(dict.fromkeys(_codes_of_ingredient(each))),
        )
        for each in active.get("ingredients") or ()
    )
    return ManifestRecord(
        identifier=identifier,
        title=active.get("title"),
        signer=signature.get("common_name"),
        issuer=signature.get("issuer"),
        signed_at=signature.get("time"),
        generator=generator,
        actions=tuple(_actions(active)),
        soft_bindings=tuple(_soft_bindings(active)),
        ingredients=tuple(ingredients),
        count=count,
        trusted=trusted,
        failures=failures,
    )


def _data(active: Mapping[str, Any], label: str) -> Iterator[Mapping[str, Any]]:
    """The data of each assertion of this kind."""
    for assertion in active.get("assertions") or ():
        name, data = assertion.get("label", ""), assertion.get("data")
        if name.split("__")[0] == label and isinstance(data, dict):
            yield data


def _actions(active: Mapping[str, Any]) -> Iterator[str]:
    for label in ("c2pa.actions", "c2pa.actions.v2"):
        for data in _data(active, label):
            yield from (str(each.get("action")) for each in data.get("actions") or ())


def _soft_bindings(active: Mapping[str, Any]) -> Iterator[SoftBinding]:
    for data in _data(active, "c2pa.soft-binding"):
        for block in data.get("blocks") or ():
            try:
                value = block["value"]
                binary = base64.b64decode(value) if isinstance(value, str) else bytes(value)
            except (KeyError, TypeError, ValueError):
                continue  # somebody else's, in a form that no standard has
            yield SoftBinding(str(data.get("alg")), binary.hex())


def _thumbnail(reader: Any, active: Mapping[str, Any]) -> bytes | None:
    identifier = (active.get("thumbnail") or {}).get("identifier")
    if not identifier:
        return None
    out = io.BytesIO()
    try:
        reader.resource_to_stream(identifier, out)
    except library().C2paError:
        return None
    return out.getvalue()
