"""A song: its pairs of tones searched in the index at several speeds, the works that it may play compared.

Pairs that a work has, too, vote for the moment of the work at which the suspect would begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ..core.errors import CatalogueError, MediaError
from ..core.key import Key
from ..core.matches import FOUND, MatchedWork, MatchReport
from ..matching.constellation import STEP, Tones, tones_of
from ..pipeline.spans import samples_of, songs
from .indexing import file_of
from .marks import ORDER, read, with_mark
from .place import index_of, prints_for
from .store import View, aligned

if TYPE_CHECKING:
    from ..catalogue.catalogue import Catalogue
    from ..catalogue.records import WorkRecord

_SPEEDS = (1.0, *(1 + sign * percent / 100 for percent in range(1, 7) for sign in (-1, 1)))
_LEAST, _SURE, _CLEAR = 10, 15, 60  # votes: worth a look; certain by themselves; no other speed is tried
_WORKS = 3
_TOLERANCE = 2.0  # seconds between the beginnings that tones and detail say
_ORIGIN = 1 << 30  # steps: added to moments, which may be before the work begins


@dataclass(frozen=True)
class Heard:
    """How a song meets a work: so many votes for the second of the work at which it begins, at a speed."""

    votes: int
    start: float
    speed: float
    last: float


def matched(catalogue: Catalogue, path: Path, keys: Sequence[Key], pictures: Path | None) -> MatchReport:
    """Return which works a song plays; see `match_file`. There are no pictures of songs."""
    heard = searched(index_of(prints_for(catalogue)).view, *samples_of(path))
    found = []
    for work in sorted(heard, key=lambda work: -heard[work].votes):
        with suppress(CatalogueError):  # fingerprints may be left of works that are gone
            found.append((catalogue.works.show(work, limit=1), heard[work]))
        if len(found) == _WORKS:
            break
    matches = [_compared(catalogue, path, work, each) for work, each in found]
    if any(match.verdict in FOUND for match in matches) and (mark := read(catalogue, path, keys)):
        matches = [with_mark(match, mark) if match.verdict in FOUND else match for match in matches]
    matches.sort(key=lambda match: (ORDER.index(match.verdict), -match.votes))
    return MatchReport(path, "audio", tuple(matches))


def searched(view: View, samples: NDArray[np.float32], rate: int) -> dict[str, Heard]:
    """Return the works that a song may play, by their uids."""
    best: dict[str, Heard] = {}
    for speed in _SPEEDS:
        tones = tones_of(samples, rate, speed)
        for song, votes, moment in _votes(view, tones):
            work = str(UUID(bytes=view.songs["work"][song].tobytes()))
            if work not in best or votes > best[work].votes:
                best[work] = Heard(votes, moment * STEP, speed, len(samples) / rate)
        if best and max(each.votes for each in best.values()) >= _CLEAR:
            break
    return best


def _votes(view: View, tones: Tones) -> list[tuple[int, int, float]]:
    """Songs with most pairs in common at one offset: which, how many pairs, and the offset in steps."""
    found = [run.equal(aligned(tones.codes)) for run in view.tone_runs]
    if not found:
        return []
    queries, rows = (np.concatenate(each) for each in zip(*found, strict=True))
    theirs = view.tones[rows]
    same = theirs["code"] == tones.codes[queries]
    queries, rows, theirs = queries[same], rows[same], theirs[same]
    songs_ = np.searchsorted(view.songs["first"].astype(np.int64), rows, side="right") - 1
    offsets = theirs["time"].astype(np.int64) - tones.times[queries].astype(np.int64) + _ORIGIN
    # Bins of two steps, each pair in two of them, so that none is cut at an edge.
    bins = np.concatenate([(offsets >> 1) + (songs_ << 32), ((offsets + 1) >> 1) + (songs_ << 32)])
    names, counts = np.unique(bins, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] >= _LEAST]
    seen: dict[int, tuple[int, int, float]] = {}
    for at in order:
        song = int(names[at] >> 32)
        seen.setdefault(song, (song, int(counts[at]), float(2 * (int(names[at]) & 0xFFFFFFFF) - _ORIGIN)))
    return list(seen.values())


def _compared(catalogue: Catalogue, path: Path, work: WorkRecord, heard: Heard) -> MatchedWork:
    """What a work comes to: compared with the original, where that is at hand."""
    match = MatchedWork(
        work=work.work,
        number=work.number,
        title=work.title,
        verdict="copy" if heard.votes >= _SURE else "candidate",
        stage="sound",
        votes=heard.votes,
        find_span=(0.0, heard.last),
        work_span=(max(0.0, heard.start), heard.start + heard.speed * heard.last),
        speed=heard.speed,
    )
    original = file_of(catalogue, work.work)
    if original is None:
        return match
    try:
        said = songs(original, path, marked=False)
    except MediaError:
        return match
    spans = said.find_span, said.work_span
    if said.verdict != "agrees" or spans[0] is None or spans[1] is None:
        return match
    # Of another song, too, some place agrees best: it is not the one that the tones voted for.
    if abs(spans[1][0] - said.speed * spans[0][0] - heard.start) > _TOLERANCE:
        return match
    return replace(
        match,
        verdict="copy",
        of_work=said.overlap,
        correlation=said.correlation,
        find_span=said.find_span,
        work_span=said.work_span,
        speed=said.speed,
    )
