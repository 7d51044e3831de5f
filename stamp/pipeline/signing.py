"""Content Credentials as the last thing that is written to a work, and the proof that they changed nothing
else.

The c2pa library calls files "Trusted" whose picture it has lost; so each file is compared with what it was
before, and what comes to harm is not written.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..core.credentials import Signed
from ..core.errors import CorruptFile, MediaError, UnsupportedFormat
from ..core.options import SignOptions
from ..core.payload import Payload
from ..core.rights import Rights
from ..formats.heif_edit import without_bases
from ..formats.ifd import pages
from ..formats.png import chunks
from ..formats.reading import read_source
from ..formats.sniff import kind_of, sniff_path
from ..formats.table import FORMATS, Kind
from ..media.packets import duration_ms, packet_digest
from ..media.thumbnails import thumbnail
from ..metadata.document import Document
from ..metadata.essence import essence_digest
from ..provenance.identity import Identity
from ..provenance.library import OPAQUE, mime
from ..provenance.manifest import Claim
from ..provenance.reading import Found, read
from ..provenance.sidecars import sidecar_of, sidecar_there
from ..provenance.signing import Asset, sign
from ..provenance.store import Store
from ..storage.atomic import write_whole
from ..storage.large import open_large
from ..storage.outputs import placing

Keep = Callable[[Path, str], None]
"""Takes the file of a manifest, and its name."""

SCHEMES: Final = {"image": "stamp.image.2", "audio": "stamp.audio.1", "video": "stamp.video.2"}
"""What embeds now in a work of each kind."""
_REWRITTEN: Final = frozenset({"id3"})
"""Stores that the library writes anew, in another version: what they say is compared, not their bytes."""
_TRIES: Final = 4
"""Of an AVI: behind the last picture FFmpeg looks for more, and now and then (1 of 100) takes the digits of a
name in the manifest for one, "00dc". The next manifest has other names."""
_REMEDY: Final = "nothing is written; leave it as it is, with a manifest beside it (`sign.sidecar=True`)"


@dataclass(frozen=True, slots=True)
class Signing:
    """Who signs, and how."""

    identity: Identity
    options: SignOptions

    @classmethod
    def of(cls, options: SignOptions) -> Signing:
        """Load who signs. Raises KeyFileError, MissingDependency."""
        return cls(Identity.load(options.chain, options.key), options)


@dataclass(frozen=True, slots=True)
class Unsigned:
    """A draft that is to be signed.

    draft : the finished work. parent : what it was made of, untouched. output : where it is to appear.
    payload, scheme, fingerprint : of the mark in it, and its key's; None without one. rights : its notice.
    overwrite : whether a sidecar that is there may be replaced. has_drawing : a notice that is seen is in it.
    """

    draft: Path
    parent: Path
    output: Path
    payload: Payload | None
    scheme: str | None
    fingerprint: str | None
    rights: Rights | None
    overwrite: bool
    has_drawing: bool = False


def asset(path: Path) -> Asset:
    """Return a file as the library takes it: as nothing but bytes where it has no place for a manifest."""
    found = sniff_path(path)
    with path.open("rb") as file:
        head = file.read(4)
    # JPEG XL without boxes, and WAV for more than 4 GB (RF64, BW64).
    bare = head.startswith(b"\xff\x0a") or head in (b"RF64", b"BW64")
    return Asset(path, mime(None if found is None or bare else found.name))


def asset_outside(path: Path) -> Asset:
    """Return a file as the library takes it for a manifest beside it: as nothing but bytes where there is one
    in it already, whose place the library would leave out."""
    made = asset(path)
    try:
        return made if read(made) is None else Asset(path, OPAQUE)
    except MediaError:
        return Asset(path, OPAQUE)


def algorithm(scheme: str) -> str:
    """Return what a soft binding calls a scheme of marks. The name has to go into the list of C2PA, under a
    domain that is ours, before anybody relies on it."""
    return f"org.example.{scheme}"


def add_credentials(
    work: Unsigned, signing: Signing, placed: ExitStack, keep: Keep | None = None
) -> tuple[Signed, list[str]]:
    """Sign a draft, and return how, with what a person should know. A sidecar appears when `placed` is
    closed. keep : takes the manifest of a work with a mark, for the catalogue.

    Raises UnsupportedFormat, CorruptFile and MediaError, which do not name the draft, where the work cannot
    be signed or would come to harm; OutputError for a sidecar that is there.
    """
    if sniff_path(work.draft) is None:
        raise UnsupportedFormat("no photo, clip or song that is known here: there is nothing to vouch for")
    kind = kind_of(work.draft)
    picture = thumbnail(work.draft, kind)
    claim = _claim(work, kind, picture is not None)
    parent, options = asset(work.parent), signing.options
    notes = list(_about_parent(parent))

    def signed(made: Asset, target: Path | None) -> bytes:
        return sign(signing.identity, claim, made, parent, target, thumbnail=picture, tsa=options.tsa)

    reason = None if options.sidecar else _no_room(work.draft)
    if options.sidecar or reason:
        made, sidecar = asset_outside(work.draft), sidecar_of(work.output)
        manifest = signed(made, None)
        found = read(made, manifest=manifest)
        placed.enter_context(placing(None, sidecar, work.overwrite)).write_bytes(manifest)
        notes += [f"its Content Credentials are beside it, in {sidecar.name}: {reason}"] if reason else []
    else:
        sidecar = None
        manifest = _embedded(work.draft, kind, signed)
        found = read(asset(work.draft))
    identifier = _checked(found, claim, notes)
    stored = None
    if work.payload and work.fingerprint:
        if options.store:
            kept = work.payload, work.fingerprint, identifier
            stored = Store(options.store).keep(*kept, manifest, picture)
        if keep:
            file = Path(placed.enter_context(tempfile.TemporaryDirectory())) / "manifest.c2pa"
            file.write_bytes(manifest)
            keep(file, identifier)
    return Signed(identifier, signing.identity.name, sidecar, stored), notes


def _claim(work: Unsigned, kind: Kind, has_thumbnail: bool) -> Claim:
    return Claim(
        title=work.output.name,
        payload=work.payload,
        algorithm=algorithm(work.scheme or SCHEMES[kind]),
        duration_ms=None if kind == "image" else duration_ms(work.draft),
        rights=work.rights,
        has_thumbnail=has_thumbnail,
        has_drawing=work.has_drawing,
    )


def _no_room(path: Path) -> str | None:
    """Why the library cannot put a manifest into a file, or would do it harm; None where it can."""
    found = sniff_path(path)
    if asset(path).mime == OPAQUE:
        return f"there is no place for them in {found.title if found else 'such a file'}"
    name = found.name if found else ""
    if name == "tiff":
        with open_large(path) as file:
            if sum(1 for _ in pages(file)) > 1:
                return (
                    "this TIFF has several pages, and another directory among them would be taken for a page"
                )
    if name == "png" and any(chunk.kind == b"acTL" for chunk in chunks(read_source(path))):
        return "in this animated PNG they would hide the animation"
    return None


def _prepare(draft: Path) -> None:
    """Have the items of a HEIF found without base offsets, which the library mistakes."""
    found = sniff_path(draft)
    if found and found.name == "heif":
        data = read_source(draft)
        if (fit := without_bases(data)) != data:
            draft.write_bytes(fit)


def _embedded(draft: Path, kind: Kind, signed: Callable[[Asset, Path], bytes]) -> bytes:
    """Put a manifest into a draft, and return it. Raises CorruptFile where the draft would come to harm."""
    before = _account(draft, kind)
    _prepare(draft)
    found = sniff_path(draft)
    for left in reversed(range(_TRIES if found and found.name == "avi" else 1)):
        try:
            with write_whole(draft, overwrite=True) as target:
                manifest = signed(asset(draft), target)
                _check_unharmed(before, target, kind)
            break
        except CorruptFile:
            if not left:
                raise
    return manifest


def _check_unharmed(before: tuple[object, object], target: Path, kind: Kind) -> None:
    """Raise CorruptFile where a signed file has another picture, film or sound, or another notice."""
    try:
        work, said = _account(target, kind)
    except MediaError as error:
        raise CorruptFile(f"the c2pa library would have damaged it ({error}): {_REMEDY}") from error
    if work != before[0]:
        raise CorruptFile(f"the c2pa library would have changed the work itself: {_REMEDY}")
    if said != before[1]:
        raise CorruptFile(f"the c2pa library would have changed its metadata: {_REMEDY}")


def _account(path: Path, kind: Kind) -> tuple[object, object]:
    """What must stay as it is: the work itself, and what its metadata say."""
    with open_large(path) as file:
        document = Document(file, {})
        work = [document.name]
        if FORMATS[document.name].notice:  # of others, all of the file would be the work
            work.append(essence_digest(document))
        blocks = {store: block for store, block in document.blocks.items() if store not in _REWRITTEN}
        said = document.found.values, blocks
        if document.name == "tiff":
            work.append(str(sum(1 for _ in pages(file))))
    if kind != "image":
        work.append(packet_digest(path))
    return work, said


def _checked(found: Found | None, claim: Claim, notes: list[str]) -> str:
    """Return the name of the manifest that was written. Raises MediaError where it is not there, or does
    not hold."""
    if found is None:
        raise MediaError("its new Content Credentials cannot be read back; nothing is written")
    if not found.is_whole:
        raise MediaError(f"its new Content Credentials do not hold ({', '.join(found.record.failures)})")
    if claim.payload and not any(each.value == claim.payload.hex() for each in found.record.soft_bindings):
        raise MediaError("its new Content Credentials do not name its mark; nothing is written")
    if found.of_parents:
        codes = ", ".join(found.of_parents)
        notes.append(
            f"the Content Credentials of its source did not hold before ({codes}), which stays to be seen"
        )
    return found.record.identifier


def _about_parent(parent: Asset) -> Iterator[str]:
    """What a person should know of the credentials of the source, which go with the new ones."""
    beside = sidecar_there(parent.path)
    with suppress(MediaError):
        if found := read(parent):
            said = ["the Content Credentials of its source are kept in the new ones"]
            if re.search(r"gps", found.text, re.IGNORECASE):
                said.append("they say where it was taken (GPS)")
            if re.search(r"(?<!cert_)serial_?number", found.text, re.IGNORECASE):
                said.append("they name a serial number")
            if '"thumbnail"' in found.text:
                said.append("they have a picture of it as it was then")
            yield "; ".join(said)
            return
    if beside:
        yield f"the Content Credentials beside its source ({beside.name}) are not among the new ones"
