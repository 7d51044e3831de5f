"""Files that are signed as they are, and the Content Credentials of files: in them, beside them, or kept
elsewhere."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..catalogue.catalogue import Catalogue
from ..core import arguments
from ..core.credentials import CredentialsReport, Status, Where
from ..core.errors import MediaError
from ..core.key import Key
from ..core.limits import one_account
from ..core.options import OutputOptions, SignOptions
from ..core.payload import Payload
from ..core.reports import DetectReport, EmbedReport
from ..core.rights import Rights
from ..formats.reading import named
from ..provenance.identity import anchors
from ..provenance.library import library
from ..provenance.reading import Found, manifest_file, read, remote_url
from ..provenance.sidecars import sidecar_there
from ..provenance.store import Store
from ..storage.digest import traces
from ..storage.outputs import check_output, placing
from .files import detect_file
from .notice import read_rights
from .signing import Signing, Unsigned, add_credentials, algorithm, asset, asset_outside

StrPath = str | os.PathLike[str]
_UNBOUND = (
    "without a soft binding, a copy that has lost its credentials cannot lead back to them: {why}; give the "
    "key that it was marked with"
)
_ELSEWHERE = (
    "it says that its credentials are at {url}, which is not asked: fetch them, and put them beside it as "
    "{path}.c2pa"
)
_TRANSPLANTED = "compare it with {what} by eye: a mark can be copied from one picture into another"


@one_account
def sign_file(
    src: StrPath,
    dst: StrPath,
    options: SignOptions,
    *,
    keys: Sequence[Key] = (),
    parent: StrPath | None = None,
    catalogue: Catalogue | None = None,
    overwrite: bool = False,
    output: OutputOptions | None = None,
) -> EmbedReport:
    """Sign the work in `src` with Content Credentials and write it to `dst`; picture, sound and metadata
    stay as they are, which is checked.

    keys : the mark of one of them becomes the soft binding. parent : what `src` was made of, whose
    credentials go with the new ones; `src` itself unless given. catalogue : keeps the manifest, where it
    knows the mark. overwrite : allow `dst` to exist, and to be `src` itself.

    Raises
    ------
    KeyFileError : a certificate or a key with which nothing can be signed.
    OutputError : `dst` exists, or the sidecar that is to be written.
    UnsupportedFormat, CorruptFile, MediaError : `src` cannot be read, or signed without coming to harm.
    UnwritableFile, MissingDependency, CatalogueError.
    """
    src, dst = arguments.path(src, "src"), arguments.path(dst, "dst")
    above = src if parent is None else arguments.path(parent, "parent")
    check_output(src, dst, overwrite)
    signing = Signing.of(arguments.instance(options, SignOptions, "options"))
    output = output or OutputOptions()
    notes: list[str] = []
    place = placing(src, dst, overwrite, output, notes)
    found = detect_file(src, keys=keys, first=True) if keys else None
    mark = found if found and found.payload else None
    if mark is None:
        notes.append(_UNBOUND.format(why="no mark of this key was found" if keys else "no key was given"))
    report = EmbedReport(src, dst, mark.payload if mark else None, action="sign", planned=output.dry_run)
    keep = None
    if mark and mark.payload:
        key = next(each for each in keys if each.name == mark.key_name)
        report = replace(report, key_name=key.name, key_fingerprint=key.fingerprint)
        if catalogue and (known := catalogue.lookup(Payload(mark.payload), key)):
            report = replace(report, known=known)
            keep = partial(catalogue.keep_manifest, known=known)
    if output.dry_run:
        return replace(report, notes=tuple(notes))
    with named(src), ExitStack() as placed:
        draft = placed.enter_context(place)
        shutil.copyfile(src, draft)
        work = Unsigned(
            *(draft, above, dst, report.payload, mark.scheme if mark else None),
            *(report.key_fingerprint, _rights(src), overwrite),
        )
        signed, said = add_credentials(work, signing, placed, keep)
        report = replace(report, credentials=signed, **traces(src, draft))
        output.write_down(draft, None)
    return replace(report, notes=(*notes, *said))


def is_signed(path: Path) -> bool:
    """Return whether a file has Content Credentials that hold, in it or beside it, whoever has signed. Raises
    MissingDependency."""
    with suppress(MediaError):
        return read_credentials(path).status == "valid"
    return False


def _rights(path: Path) -> Rights | None:
    with suppress(MediaError):
        return read_rights(path).rights
    return None


@one_account
def read_credentials(
    src: StrPath,
    *,
    trust: StrPath | None = None,
    store: StrPath | None = None,
    catalogue: Catalogue | None = None,
    keys: Sequence[Key] = (),
) -> CredentialsReport:
    """Return the Content Credentials of a file: those in it, else those beside it, else those in `store` or
    `catalogue` to which a mark of one of `keys` leads.

    trust : PEM file with the roots that are trusted; nobody is without it. Nothing reaches for the network.

    Raises KeyFileError where `trust` has no certificates, MediaError where `src` cannot be read,
    MissingDependency.
    """
    path = arguments.path(src, "src")
    library()
    roots = None if trust is None else anchors(Path(trust))
    with named(path):
        made = asset(path)
        inside, beside = read(made, anchors=roots), sidecar_there(path)
        # What a source had may still be in a work that was signed beside itself.
        if beside and not (inside and inside.is_whole):
            found = read(asset_outside(path), anchors=roots, manifest=manifest_file(beside))
            assert found is not None
            if found.is_whole or inside is None:
                return _report(path, found, CredentialsReport(path, "none", "sidecar", place=beside))
        if inside:
            return _report(path, inside, CredentialsReport(path, "none", "embedded", place=path))
        elsewhere = remote_url(made)
    report = CredentialsReport(path, "none")
    if keys and (store is not None or catalogue is not None):
        report = _recovered(path, None if store is None else Store(Path(store)), catalogue, keys, roots)
    if elsewhere and report.status == "none":
        report = replace(report, notes=(*report.notes, _ELSEWHERE.format(url=elsewhere, path=path.stem)))
    return report


def _report(path: Path, found: Found, report: CredentialsReport) -> CredentialsReport:
    status: Status = "invalid" if not found.is_whole else "trusted" if found.record.trusted else "valid"
    notes = [f"the credentials of what it was made of do not hold: {', '.join(found.of_parents)}"]
    return replace(
        report, status=status, manifest=found.record, notes=tuple(notes) if found.of_parents else ()
    )


def _recovered(
    path: Path, store: Store | None, catalogue: Catalogue | None, keys: Sequence[Key], roots: str | None
) -> CredentialsReport:
    """What a mark leads to. A manifest counts that is whole, and names the very mark in what was signed."""
    mark = detect_file(path, keys=keys, first=True)
    if mark.payload is None:
        return CredentialsReport(
            path, "none", notes=("it has no credentials, and no mark of this key was read",)
        )
    nothing = CredentialsReport(path, "none", payload=mark.payload)
    key = next(each for each in keys if each.name == mark.key_name)
    refused = []
    for where, place in _kept(store, catalogue, Payload(mark.payload), key):
        with named(place):
            found = read(asset(path), anchors=roots, manifest=manifest_file(place))
        assert found is not None
        if not found.is_unbound or not _names(found, mark):
            refused.append(f"{place}: does not hold, or is about another mark")
            continue
        picture = Store.picture(place)
        what = (
            f"the picture of the work that was signed ({picture})" if picture else "the work that was signed"
        )
        notes = ["this copy itself is not signed", _TRANSPLANTED.format(what=what), *refused]
        record = replace(found.record, failures=())
        return CredentialsReport(
            path, "recovered", where, record, place, picture, mark.payload, notes=tuple(notes)
        )
    return replace(nothing, notes=tuple(refused or ["its mark leads to no credentials that are kept"]))


def _kept(
    store: Store | None, catalogue: Catalogue | None, payload: Payload, key: Key
) -> Iterator[tuple[Where, Path]]:
    """Yield the manifests that a mark leads to: those in a store, then those of a catalogue."""
    if store:
        yield from (("store", place) for place in store.find(payload, key.fingerprint))
    if catalogue and (known := catalogue.lookup(payload, key)):
        yield from (("catalogue", place) for place in catalogue.manifests(known))


def _names(found: Found, mark: DetectReport) -> bool:
    assert mark.payload is not None
    wanted = algorithm(mark.scheme), Payload(mark.payload).hex()
    return any((each.algorithm, each.value) == wanted for each in found.record.soft_bindings)
