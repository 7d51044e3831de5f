"""The gate: which work is this file, and may it be used so?

What costs least is tried first: hashes of the file, then of its essence; then a mark, for which the file has
to be decoded; last what its metadata name, which anybody can write."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from ..catalogue.gate import checked_use, judge
from ..catalogue.policy import Policy
from ..catalogue.works import identifier
from ..core import arguments
from ..core.errors import ArgumentError, HostError, UnsupportedFormat
from ..core.key import Key
from ..core.limits import one_account
from ..core.verdict import CheckRecord, RecognisedBy, Verdict
from ..formats.reading import named
from ..formats.sniff import sniff_path
from ..metadata.document import Document
from ..metadata.identifiers import identifiers
from ..storage.digest import digest
from ..storage.large import open_large
from ..storage.sidecars import blocks_beside
from .essences import essence_of

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.recognition import KnownWork
    from ..catalogue.terms import Use
    from ..core.options import Progress

Recognised = tuple[RecognisedBy, "list[KnownWork]"]


@one_account
def check_file(
    catalogue: Catalogue,
    path: str | os.PathLike[str],
    use: Use,
    *,
    keys: Key | Iterable[Key] = (),
    policy: Policy | None = None,
    progress: Progress | None = None,
) -> CheckRecord:
    """Return whether a file may be used so, see `Catalogue.check`."""
    file, asked = arguments.path(path, "path"), checked_use(use)
    several = [Key.checked(key) for key in ([keys] if isinstance(keys, Key) else keys)]
    rules = Policy() if policy is None else arguments.instance(policy, Policy, "policy")
    with named(file):
        sha256 = bytes.fromhex(digest(file).sha256)
        if sniff_path(file) is None:
            raise UnsupportedFormat("is no photo, clip or song")
        how, works, reason = _recognised(catalogue, file, sha256, several, progress)
        judged = [(work, _verdict(catalogue, work, asked)) for work in works]
        # A file with marks of two works is clear where both are.
        work, verdict = next(
            (each for each in judged if not each[1].clear),
            judged[0] if judged else (None, Verdict("unknown", False, (reason,))),
        )
        verdict = rules.applied(verdict, asked, _carried(file) if rules.required else ())
    return CheckRecord(
        **{each.name: getattr(verdict, each.name) for each in fields(Verdict)},
        path=file,
        work=work.work if work else None,
        number=work.number if work else None,
        title=work.title if work else None,
        recognised_by=how,
        responsible=rules.responsible,
    )


def _verdict(catalogue: Catalogue, work: KnownWork, use: Use) -> Verdict:
    licences = {record.licence: record.terms for record in catalogue.licences.of_work(work.number)}
    origin = cast(Literal["own", "third_party"], work.origin)
    return judge(use, licences, origin=origin, withdrawn=work.withdrawn)


def _recognised(
    catalogue: Catalogue, path: Path, sha256: bytes, keys: list[Key], progress: Progress | None
) -> tuple[RecognisedBy | None, list[KnownWork], str]:
    """How a file was recognised, as which works, and the reason where it was not."""
    known = catalogue.recognition
    if work := known.by_output(sha256):
        return "output", [work], ""
    if work := known.by_source(sha256):
        return "source", [work], ""
    if (essence := essence_of(path)) and (work := known.by_essence(essence)):
        return "essence", [work], ""
    marks = list(_marks(path, keys, progress)) if keys else []
    found = filter(None, (known.by_mark(payload, key.fingerprint) for payload, key in marks))
    if works := list(dict.fromkeys(found)):
        return "mark", works, ""
    if work := _named(catalogue, path):
        return "identifier", [work], ""
    return None, [], "mark_without_record" if marks else "unknown"


def _marks(path: Path, keys: list[Key], progress: Progress | None) -> Iterator[tuple[bytes, Key]]:
    """The payloads that can be read, those of each key: a mark of one may cover that of another work."""
    from .files import detect_file

    with suppress(UnsupportedFormat, HostError):  # nothing that can carry a mark
        for key in keys:
            found = detect_file(path, keys=key, progress=progress)
            payloads = (found.payload, *(each.payload for each in found.others))
            yield from ((payload, key) for payload in payloads if payload is not None)


def _named(catalogue: Catalogue, path: Path) -> KnownWork | None:
    """The work that the metadata of a file name: by the payload in the notice, or by an identifier."""
    from .files import payload_in

    with suppress(UnsupportedFormat), open_large(path) as file:
        document = Document(file, blocks_beside(path) or None)
        payload = payload_in(document.found.rights.identifier)
        if payload and (work := catalogue.recognition.by_mark(payload)):
            return work
        return catalogue.recognition.by_identifier(_normal(identifiers(document)))
    return None


def _normal(found: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Identifiers as the catalogue has them."""
    for scheme, value in found:
        with suppress(ArgumentError):
            yield identifier(f"{scheme}:{value}")


def _carried(path: Path) -> Collection[str]:
    """The fields of the notice in a file."""
    with suppress(UnsupportedFormat), open_large(path) as file:
        return Document(file, blocks_beside(path) or None).found.rights.values()
    return ()
