"""One suspect that is watched: known already, or looked at now, and kept where it shows or plays a work.

What it comes to is written down last: a find, then that it was looked at. Whoever is killed in between looks
again, and the ledger has the same bytes once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import numpy as np

from ..catalogue.suspects import SuspectRecord
from ..core.errors import MediaError, UnsupportedFormat
from ..core.key import Key
from ..core.matches import MatchReport, WatchReport
from ..formats.sniff import kind_of, sniff_path
from ..matching.opencv import luma
from ..matching.picture_prints import whole_signs
from ..media.image.opening import read_luma
from ..pipeline.finding import Seen
from ..storage.digest import digest
from .fetching import Exchange
from .keeping import keep, sighting_of
from .matching import match_file
from .place import prints_for
from .warc import write

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.find_records import SightingRecord

SAME_PICTURE: Final = 4
"""Bits of 256 in which the signs of one picture differ when it was compressed anew."""


@dataclass(frozen=True, slots=True)
class Sighted:
    """A suspect that is at hand.

    place : its URL or path, by which it is known again. path : the file. version : what the server, or the
        disk, calls this state of it. page, account : where it was seen. exchanges : how it was fetched.
    """

    place: str
    path: Path
    version: str | None = None
    page: str | None = None
    account: str | None = None
    exchanges: tuple[Exchange, ...] = ()

    @property
    def name(self) -> str:
        """Of the file, for people."""
        if not self.exchanges:
            return self.path.name
        parts = urlsplit(self.place)
        name = unquote(parts.path).rpartition("/")[2] or str(parts.hostname)
        return "".join(letter for letter in name if letter.isprintable())[:200]


def look(
    catalogue: Catalogue, item: Sighted, *, keys: Sequence[Key] = (), blind: bool = False, again: bool = False
) -> WatchReport:
    """Return what became of a suspect. Bytes that are known, and a picture in which nothing was found, in
    other bytes, are not looked at again, unless with `again`, or where nothing was found and works were
    added since.

    keys, blind : as of `match_file`.
    Raises MediaError where it cannot be read, MissingDependency without OpenCV, CatalogueError.
    """
    sha256 = digest(item.path).sha256
    prints = prints_for(catalogue).state()  # before it is looked at: works may be added meanwhile
    here = catalogue.suspects.at(item.place)
    if here and here.sha256 == sha256 and not again and not _is_behind(here, prints):
        return _done(catalogue, item, sha256, here, "unchanged")
    same = None if again else _same_bytes(catalogue, item, sha256)
    if same and not _is_behind(same, prints):
        return _done(catalogue, item, sha256, same, "seen_again" if same.find else "known")
    try:
        signs = _signs(item.path)
        if post := _post(catalogue, item, here, signs):
            return _done(catalogue, item, sha256, post, "seen_again", signs)
        if not again and signs and _unlike[catalogue.url].has(catalogue, signs, prints):
            return _marked(catalogue, item, WatchReport(item.place, "known", sha256), signs, prints)
        report = match_file(catalogue, item.path, keys=keys, blind=blind)
    except MediaError:
        catalogue.suspects.looked_at(item.place, sha256, "unreadable", version=item.version, page=item.page)
        raise
    if report.outcome != "found":
        return _marked(catalogue, item, WatchReport(item.place, "not_found", sha256, report), signs, prints)
    if here and here.find and not signs and report.found and here.work == report.found[0].work:
        return _done(catalogue, item, sha256, here, "seen_again")  # a clip or a song, compressed anew
    kept = _kept(catalogue, item, report)
    return _marked(catalogue, item, WatchReport(item.place, "found", sha256, kept, kept.find), signs, prints)


def is_behind(catalogue: Catalogue, known: SuspectRecord) -> bool:
    """Return whether nothing was found in a suspect, and works were added since. Raises CatalogueError."""
    return _is_behind(known, prints_for(catalogue).state())


def _is_behind(known: SuspectRecord, prints: int) -> bool:
    """The same of `prints` bytes of fingerprints, which only grow."""
    return known.outcome == "not_found" and (known.prints is None or known.prints < prints)


def _same_bytes(catalogue: Catalogue, item: Sighted, sha256: str) -> SuspectRecord | None:
    """What is known of these bytes, in whatever place. A find that was first seen in this one is not meant: a
    run was killed before it could say so."""
    if same := catalogue.suspects.of_file(sha256):
        return same
    find = catalogue.finds.of_file(sha256)
    if find is None or _place_of(find.sightings[0]) == _place_of(_seen(item)):
        return None
    return SuspectRecord(0, item.place, None, sha256, None, "found", find.find, find.work)


def _signs(path: Path) -> bytes | None:
    """The signs of a photo. Raises MediaError for what is no photo, clip or song."""
    if sniff_path(path) is None:
        raise UnsupportedFormat("its content is no photo, clip or song")
    if kind_of(path) != "image":
        return None
    signs = whole_signs(luma(read_luma(path), "suspect"))
    return None if signs is None else signs.tobytes()


def _post(
    catalogue: Catalogue, item: Sighted, here: SuspectRecord | None, signs: bytes | None
) -> SuspectRecord | None:
    """A find of the same photo in this place, or on this page, in other bytes."""
    on_page = catalogue.suspects.found_on(item.page) if item.page else []
    if signs is None:
        return None
    for each in (here, *on_page):
        if each and each.find and each.signs and _apart(each.signs, signs) <= SAME_PICTURE:
            return each
    return None


def _done(
    catalogue: Catalogue,
    item: Sighted,
    sha256: str,
    known: SuspectRecord,
    outcome: str,
    signs: bytes | None = None,
) -> WatchReport:
    """Write down that something known was seen here, in the ledger too if it is a find."""
    if known.find:
        seen = _seen(item)
        there = map(_place_of, catalogue.finds.show(known.find).sightings)
        if _place_of(seen) not in set(there):
            with _capture(item) as page:
                catalogue.finds.seen_again(known.find, sighting_of(catalogue, seen, page))
    catalogue.suspects.looked_at(
        item.place,
        sha256,
        known.outcome,
        version=item.version,
        page=item.page,
        signs=signs or known.signs,
        find=known.find,
        prints=known.prints,
    )
    return WatchReport(item.place, outcome, sha256, find=known.find)


def _kept(catalogue: Catalogue, item: Sighted, report: MatchReport) -> MatchReport:
    with _capture(item) as page:
        return keep(catalogue, report, _seen(item), page=page, name=item.name)


def _marked(
    catalogue: Catalogue, item: Sighted, report: WatchReport, signs: bytes | None, prints: int
) -> WatchReport:
    """Write down what came of a suspect, and how many bytes of fingerprints there were."""
    assert report.sha256 is not None
    catalogue.suspects.looked_at(
        item.place,
        report.sha256,
        "found" if report.find else "not_found",
        version=item.version,
        page=item.page,
        signs=signs,
        find=report.find,
        prints=prints,
    )
    return report


def _seen(item: Sighted) -> Seen:
    if not item.exchanges:
        return Seen(url=item.page, account=item.account)
    return Seen(item.page, item.place, item.account, item.exchanges[-1].at)


def _place_of(seen: Seen | SightingRecord) -> tuple[str | None, str | None]:
    return seen.url, seen.media_url


@contextmanager
def _capture(item: Sighted) -> Iterator[Path | None]:
    """Give a WARC of how a suspect was fetched, for as long as it takes to keep it; None of a file."""
    if not item.exchanges:
        yield None
        return
    with TemporaryDirectory(prefix="stamp-watch-") as folder:
        path = Path(folder, "capture.warc.gz")
        write(path, item.exchanges)
        yield path


class _Unlike:
    """Signs of the photos in which nothing was found, as far as this process has read them."""

    def __init__(self) -> None:
        self._begin(0)

    def _begin(self, prints: int) -> None:
        self._prints, self._last, self._signs = prints, 0, np.zeros((0, 4), np.uint64)

    def has(self, catalogue: Catalogue, signs: bytes, prints: int) -> bool:
        """Return whether one of them is the same picture, compared with so many bytes of fingerprints."""
        if prints != self._prints:
            self._begin(prints)
        if more := catalogue.suspects.unlike(prints, self._last):
            self._last = more[-1][0]
            read = np.frombuffer(b"".join(each for _, each in more), np.uint64).reshape(-1, 4)
            self._signs = np.concatenate([self._signs, read])
        apart = np.bitwise_count(self._signs ^ np.frombuffer(signs, np.uint64)).sum(axis=1)
        return bool((apart <= SAME_PICTURE).any())


_unlike: defaultdict[str, _Unlike] = defaultdict(_Unlike)  # by catalogue


def _apart(one: bytes, other: bytes) -> int:
    """In how many bits signs differ."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()
