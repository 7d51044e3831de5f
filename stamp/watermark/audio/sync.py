"""Alignment: where in the period a piece of sound begins, how fast it is played and how high, by the
pilots."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...core.key import Key
from .bands import BANDS, BANDS_AN_OCTAVE, LOW_BANDS, STEPS, STEPS_A_SLOT
from .carrier import PERIOD, PILOT, carriers
from .tile_contrast import Map

PERIOD_ROWS = PERIOD * STEPS_A_SLOT

_COARSE = 2  # rows a step of the full search
_TEMPI = np.exp(np.arange(-31, 32) * 0.0035)
_SHIFTS = 3  # bands up and down: 13 % of pitch
SEARCHED = 16 * STEPS  # rows: longer pieces would need more tempi
_APART = 2 * STEPS_A_SLOT  # rows between two candidates


@dataclass(frozen=True, slots=True)
class Alignment:
    """A hypothesis: the map's first row is row `offset` of the period; it is played `tempo` times as fast and
    `shift` bands higher than it was marked. score : of the pilots, in standard deviations."""

    score: float
    offset: float
    tempo: float = 1.0
    shift: float = 0.0

    @property
    def pitch(self) -> float:
        """The factor of all frequencies."""
        return float(2.0 ** (self.shift / BANDS_AN_OCTAVE))

    @property
    def plain(self) -> bool:
        """Whether it is played as it was marked."""
        return self.tempo == 1.0 and self.shift == 0.0

    def after(self, rows: int) -> Alignment:
        """Return the alignment of a map that follows after so many rows."""
        return replace(self, offset=(self.offset + rows * self.tempo) % PERIOD_ROWS)


@dataclass(frozen=True, slots=True)
class Pilots:
    """The pilots of a key, in the order of time: period row, band, sign; and their spectra as a template."""

    row: NDArray[np.int64]
    band: NDArray[np.int64]
    sign: NDArray[np.float32]
    spectrum: NDArray[np.complex64]
    coarse_spectrum: NDArray[np.complex64]


@lru_cache(maxsize=8)
def pilots(key: Key) -> Pilots:
    """Derive the pilots of a key (cached)."""
    c = carriers(key)
    first = np.ones((PERIOD, BANDS), bool)
    first[1::2, :LOW_BANDS] = False
    slot, band = np.nonzero((c.index == PILOT) & first)
    sign = c.sign[slot, band]
    spectra = []
    for rows in (1, _COARSE):
        template = np.zeros((BANDS, PERIOD_ROWS // rows), np.float32)
        template[band, slot * STEPS_A_SLOT // rows] = sign
        spectra.append(np.fft.rfft(template).astype(np.complex64))
    return Pilots(slot * STEPS_A_SLOT, band, sign, spectra[0], spectra[1])


def _peaks(trace: NDArray[np.float32], count: int, apart: int) -> list[tuple[float, int]]:
    """Find the `count` highest values of a circular trace, in its own deviations, and where they are."""
    trace = (trace - trace.mean()) / (trace.std() + 1e-12)
    found = []
    for _ in range(count):
        at = int(trace.argmax())
        found.append((float(trace[at]), at))
        trace[np.arange(at - apart, at + apart + 1) % trace.size] = -np.inf
    return found


def plain_alignments(rows: Map, key: Key, count: int) -> list[Alignment]:
    """Find the most promising alignments of a map, (n, BANDS), that is played as it was marked."""
    period = np.zeros((BANDS, PERIOD_ROWS), np.float32)
    for start in range(0, len(rows), PERIOD_ROWS):
        part = rows[start : start + PERIOD_ROWS]
        period[:, : len(part)] += part.T
    product = np.conj(np.fft.rfft(period, norm="forward")) * pilots(key).spectrum
    trace = np.fft.irfft(product.sum(0), PERIOD_ROWS).astype(np.float32)
    return [Alignment(score, at) for score, at in _peaks(trace, count, _APART)]


def stretched(rows: Map, tempo: float, step: int) -> Map:
    """Return the map as it would be at the tempo of marking, one row out of `step`."""
    at = np.arange(0, (len(rows) - 1) * tempo, step) / tempo
    whole = at.astype(np.int64)
    part = (at - whole).astype(np.float32)[:, None]
    return rows[whole] * (1 - part) + rows[np.minimum(whole + 1, len(rows) - 1)] * part


def changed_alignments(maps: list[tuple[float, Map]], key: Key) -> list[Alignment]:
    """Find promising alignments at any tempo and pitch within 11 %, with some of tempo, pitch or speed alone
    among them.

    maps : of one piece of sound of at most `SEARCHED` rows, with the bands by which each was moved. Between
    bands a mark is seen at seven tenths of its height, so two maps, half a band apart, are wanted.
    """
    template = pilots(key).coarse_spectrum
    size = PERIOD_ROWS // _COARSE
    keep = template.shape[1] * 7 // 10  # modulation above 28 Hz: nothing is there
    template = template[:, :keep]
    found = []
    for tempo in _TEMPI:
        for moved, rows in maps:
            period = np.zeros((BANDS + 2 * _SHIFTS, size), np.float32)
            part = stretched(rows, tempo, _COARSE)[:size]
            period[_SHIFTS : _SHIFTS + BANDS, : len(part)] = part.T
            bins = np.conj(np.fft.rfft(period, norm="forward")[:, :keep])
            sums = np.zeros((2 * _SHIFTS + 1, size // 2 + 1), np.complex64)
            for s in range(2 * _SHIFTS + 1):
                sums[s, :keep] = np.einsum("bf,bf->f", bins[s : s + BANDS], template)
            whole = np.fft.irfft(sums, size).astype(np.float32)
            between = 0.75 * whole[:-1] + 0.25 * whole[1:]
            for fraction, traces in ((0.0, whole), (0.25, between)):
                at = traces.argmax(1)
                scores = (traces.max(1) - traces.mean(1)) / (traces.std(1) + 1e-12)
                for s, (a, score) in enumerate(zip(at, scores, strict=True)):
                    shift = s - _SHIFTS + moved + fraction
                    found.append(Alignment(float(score), float(a * _COARSE), float(tempo), shift))
    found.sort(key=lambda p: -p.score)
    out: list[Alignment] = []
    for count, kind in _KINDS:
        for alignment in _distinct([p for p in found if kind(p)], count):
            if not any(_alike(alignment, q) for q in out):
                out.append(alignment)
    return sorted(out, key=lambda p: -p.score)


def _alike(alignment: Alignment, other: Alignment) -> bool:
    return abs(alignment.tempo / other.tempo - 1) < 0.005 and abs(alignment.shift - other.shift) <= 0.5


def _distinct(alignments: list[Alignment], count: int) -> list[Alignment]:
    out: list[Alignment] = []
    for alignment in alignments:
        if not any(_alike(alignment, q) for q in out):
            out.append(alignment)
        if len(out) == count:
            break
    return out


# How many alignments are refined: of all, and of those where one thing alone was changed. These
# are few, and mere chance does not bring them as high.
_KINDS: tuple[tuple[int, Callable[[Alignment], bool]], ...] = (
    (3, lambda p: True),
    (2, lambda p: p.shift == 0),
    (2, lambda p: p.tempo == 1),
    (2, lambda p: abs(p.shift - BANDS_AN_OCTAVE * np.log2(p.tempo)) <= 0.25),
)


def interpolated(rows: Map, row: NDArray[np.floating], band: NDArray[np.floating]) -> NDArray[np.float32]:
    """Return the map between its rows and bands, bilinear; 0 outside."""
    r0, b0 = np.floor(row).astype(np.int64), np.floor(band).astype(np.int64)
    fr, fb = (row - r0).astype(np.float32), (band - b0).astype(np.float32)
    inside = (r0 >= 0) & (r0 < len(rows) - 1)
    r0 = np.where(inside, r0, 0)
    value = np.zeros(r0.shape, np.float32)
    for db, weight in ((0, 1 - fb), (1, fb)):
        b = b0 + db
        ok = inside & (b >= 0) & (b < BANDS)
        b = np.clip(b, 0, BANDS - 1)
        value += np.where(ok, (rows[r0, b] * (1 - fr) + rows[r0 + 1, b] * fr) * weight, np.float32(0))
    return value


def pilot_score(rows: Map, key: Key, alignment: Alignment) -> float:
    """Return the pilots' correlation under an alignment, in standard deviations."""
    p = pilots(key)
    at = (p.row - alignment.offset) % PERIOD_ROWS / alignment.tempo
    seen = at < len(rows) - 1
    value = interpolated(rows, at[seen], p.band[seen] + alignment.shift) * p.sign[seen]
    return float(value.sum() / np.sqrt(float(value @ value) + 1e-12))


def refine(rows: Map, key: Key, alignment: Alignment) -> Alignment:
    """Climb to the nearest maximum of the pilots' score; what is played as it was marked stays so."""
    reach = len(rows) / 2
    best = replace(alignment, score=pilot_score(rows, key, alignment))
    for scale in (1.0, 0.5, 0.25):
        for _ in range(2):
            moves = [replace(best, offset=best.offset + d * scale) for d in (-1.0, 1.0)]
            if not alignment.plain:
                # a tempo change turns the map about its middle, so that offset and tempo do not fight
                for d in (-2.0, -1.0, 1.0, 2.0):
                    tempo = best.tempo * (1 + 2 * d * scale / reach)
                    offset = best.offset + reach * (best.tempo - tempo)
                    moves.append(replace(best, tempo=tempo, offset=offset))
                moves += [replace(best, shift=best.shift + d * scale) for d in (-0.25, 0.25)]
            scored = [replace(m, score=pilot_score(rows, key, m)) for m in moves]
            top = max(scored, key=lambda m: m.score)
            if top.score <= best.score:
                break
            best = top
    return replace(best, offset=best.offset % PERIOD_ROWS)
