"""Fingerprints on the disk: append-only files in a folder beside the catalogue, mapped into memory.

    heads.1    a record a picture or frame: its work, signs, time, proportions, and which points are its own
    codes.1    16 bytes a point
    places.1   6 bytes a point: where it is, how large, which way it points
    songs.1    a record a song: its work, and which pairs of tones are its own
    tones.1    8 bytes a pair of tones: its code, and when it is heard
    order.A-B, pitch.A-B  points, or pairs, sorted by their codes, see `runs`; made of the others

The number is that of the form. Points are written before the head that names them, so what a killed writer
leaves behind is never read, and the next writer cuts it off. Nothing here is worth a backup: all of it is
made anew from the files of the works.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from ..core.errors import UnwritableFile
from ..matching.constellation import Tones
from ..storage.locks import holding
from .runs import Run, keys_of, runs_in, settle
from .stacked import Rows

FORM: Final = 1
HEAD: Final = np.dtype(
    [
        ("work", "u1", 16),
        ("signs", "u1", 32),
        ("time", "<f4"),
        ("kind", "u1"),
        ("has_signs", "u1"),
        ("width", "<u2"),
        ("height", "<u2"),
        ("spare", "u1", 2),
        ("first", "<u8"),
        ("count", "<u4"),
    ]
)
SONG: Final = np.dtype([("work", "u1", 16), ("first", "<u8"), ("count", "<u4"), ("spare", "<u4")])
TONE: Final = np.dtype([("code", "<u4"), ("time", "<u4")])
PLACE: Final = np.dtype([("x", "<u2"), ("y", "<u2"), ("scale", "u1"), ("angle", "u1")])
KINDS: Final = ("image", "video", "audio")
_CODE = 16  # bytes
_TONE_BITS = 9  # of 32 that a code of tones does not have
_UNIT, _STEPS, _TURN = 65_535, 24, 256 / 360  # of a place, of an octave of scale, of a degree


@dataclass(frozen=True)
class Print:
    """The fingerprint of a picture, or of a frame of a clip at `time` seconds.

    size : (width, height). signs : (32,) uint8, None of what is flat. codes : (n, 16) uint8. places : (n,) of
        PLACE.
    """

    kind: str
    size: tuple[int, int]
    signs: NDArray[np.uint8] | None
    codes: NDArray[np.uint8]
    places: NDArray[np.void]
    time: float = 0.0


def packed(
    places: NDArray[np.float32], scales: NDArray[np.float32], angles: NDArray[np.float32]
) -> NDArray[np.void]:
    """Return places of points in 6 bytes each; arguments as in `PicturePoints`."""
    found = np.zeros(len(places), PLACE)
    found["x"], found["y"] = np.clip(np.rint(places * _UNIT), 0, _UNIT).T.astype(np.uint16)
    found["scale"] = np.clip(np.rint(-scales * _STEPS), 0, 255).astype(np.uint8)
    found["angle"] = np.rint(angles * _TURN).astype(np.int64) % 256
    return found


def unpacked(
    found: NDArray[np.void],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Return places (n, 2), scales and angles of points, as `packed` got them."""
    places = np.column_stack([found["x"], found["y"]]).astype(np.float32) / np.float32(_UNIT)
    scales = found["scale"].astype(np.float32) / np.float32(-_STEPS)
    return places, scales, found["angle"].astype(np.float32) / np.float32(_TURN)


def code_keys(codes: NDArray[np.uint8]) -> Callable[[int, int], NDArray[np.uint32]]:
    """Return what gives the keys of points."""
    return lambda start, end: keys_of(codes[start:end])


def aligned(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return codes of pairs of tones as keys of 32 bits."""
    return codes << np.uint32(_TONE_BITS)


def tone_keys(tones: NDArray[np.void]) -> Callable[[int, int], NDArray[np.uint32]]:
    """Return what gives the keys of pairs of tones."""
    return lambda start, end: aligned(tones["code"][start:end])


def _bytes_of(work: str) -> NDArray[np.uint8]:
    return np.frombuffer(UUID(work).bytes, np.uint8)


def _end(records: NDArray[np.void]) -> int:
    """How many rows belong to records."""
    return int(records["first"][-1] + records["count"][-1]) if len(records) else 0


@dataclass(frozen=True)
class View:
    """The fingerprints as they were when it was made; later ones are not in it.

    heads : (n,) of HEAD. codes : (m, 16) uint8. places : (m,) of PLACE. runs : cover all m points.
    songs : (k,) of SONG. tones : (j,) of TONE. tone_runs : cover all j.
    """

    heads: NDArray[np.void]
    codes: Rows
    places: Rows
    runs: tuple[Run, ...]
    songs: NDArray[np.void]
    tones: Rows
    tone_runs: tuple[Run, ...]

    def work(self, head: int) -> UUID:
        """Return the uid of the work of a head."""
        return UUID(bytes=self.heads["work"][head].tobytes())

    def print(self, head: int) -> Print:
        """Return the fingerprint of a head."""
        found = self.heads[head]
        rows = slice(int(found["first"]), int(found["first"]) + int(found["count"]))
        signs = found["signs"] if found["has_signs"] else None
        size = int(found["width"]), int(found["height"])
        kind, time = KINDS[found["kind"]], float(found["time"])
        return Print(kind, size, signs, self.codes[rows], self.places[rows], time)


class Prints:
    """The fingerprints in a folder, which is made when the first one is added."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def parts(self) -> tuple[Prints, ...]:
        """The folders that they are in: this one."""
        return (self,)

    def add_tones(self, work: str, tones: Tones) -> None:
        """Append the fingerprint of a song, the work of this uid. Raises UnwritableFile."""
        song = np.zeros(1, SONG)
        song["work"], song["count"] = _bytes_of(work), len(tones.codes)
        rows = np.zeros(len(tones.codes), TONE)
        rows["code"], rows["time"] = tones.codes, tones.times
        with self._writing("songs", SONG, {"tones": TONE.itemsize}) as end:
            song["first"] = end
            self._append("tones", rows.tobytes())
            self._append("songs", song.tobytes())
            settle(self.folder, "pitch", tone_keys(self._mapped("tones", TONE)), end + len(rows))

    def add(self, work: str, prints: Sequence[Print]) -> None:
        """Append the fingerprints of the work of this uid. Raises UnwritableFile."""
        heads = np.zeros(len(prints), HEAD)
        heads["work"] = _bytes_of(work)
        heads["kind"] = [KINDS.index(each.kind) for each in prints]
        heads["time"] = [each.time for each in prints]
        heads["has_signs"] = [each.signs is not None for each in prints]
        sizes = np.clip([each.size for each in prints], 0, 65_535).reshape(-1, 2)
        heads["width"], heads["height"] = sizes.T
        heads["count"] = [len(each.codes) for each in prints]
        for head, each in zip(heads, prints, strict=True):
            if each.signs is not None:
                head["signs"] = each.signs
        with self._writing("heads", HEAD, {"codes": _CODE, "places": PLACE.itemsize}) as end:
            heads["first"] = end + np.cumsum(heads["count"], dtype=np.int64) - heads["count"]
            for name, parts in (("codes", [p.codes for p in prints]), ("places", [p.places for p in prints])):
                self._append(name, b"".join(np.ascontiguousarray(part).tobytes() for part in parts))
            self._append("heads", heads.tobytes())
            codes = self._mapped("codes", np.uint8, _CODE)
            settle(self.folder, "order", code_keys(codes), end + int(heads["count"].sum()))

    def works(self) -> set[str]:
        """Return the uids of all works that have a fingerprint."""
        named = [self._mapped(name, form)["work"] for name, form in (("heads", HEAD), ("songs", SONG))]
        found = np.unique(np.concatenate(named).reshape(-1, 16), axis=0)
        return {str(UUID(bytes=each.tobytes())) for each in found}

    def has(self, work: str) -> bool:
        """Return whether the work of this uid has a fingerprint."""
        wanted = _bytes_of(work)
        named = (self._mapped(name, form)["work"] for name, form in (("heads", HEAD), ("songs", SONG)))
        return any(bool((each == wanted).all(axis=-1).any()) for each in named)

    def state(self) -> int:
        """Return a number that changes when something is added or removed."""
        paths = self._path("heads"), self._path("songs")
        return sum(path.stat().st_size for path in paths if path.is_file())

    def view(self) -> View:
        """Return what is there now."""
        heads, songs = np.array(self._mapped("heads", HEAD)), np.array(self._mapped("songs", SONG))
        total, heard = _end(heads), _end(songs)
        codes = np.asarray(self._mapped("codes", np.uint8, _CODE)[:total])
        places = np.asarray(self._mapped("places", PLACE)[:total])
        tones = np.asarray(self._mapped("tones", TONE)[:heard])
        runs = tuple(runs_in(self.folder, "order", code_keys(codes), total))
        tone_runs = tuple(runs_in(self.folder, "pitch", tone_keys(tones), heard))
        return View(heads, codes, places, runs, songs, tones, tone_runs)

    def clear(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def replace(self, old: Prints) -> None:
        """Take the place of others, with what they have of works that are not here: their files may be gone,
        or they were added meanwhile. Raises UnwritableFile."""
        view = old.view()
        for work in sorted(old.works() - self.works()):
            own = np.flatnonzero((view.heads["work"] == _bytes_of(work)).all(axis=-1))
            if len(own):
                self.add(work, [view.print(int(head)) for head in own])
            for song in view.songs[(view.songs["work"] == _bytes_of(work)).all(axis=-1)]:
                rows = view.tones[int(song["first"]) : int(song["first"]) + int(song["count"])]
                self.add_tones(work, Tones(rows["code"], rows["time"]))
        old.clear()
        if self.folder.is_dir():
            self.folder.rename(old.folder)

    def make(self) -> None:
        """Make the folder, with nothing in it, unless it is there. Raises UnwritableFile."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> UnwritableFile:
        why = error.strerror or error
        return UnwritableFile(f"the fingerprints cannot be written: {why}", path=self.folder)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.{FORM}"

    def _mapped(self, name: str, dtype: Any, columns: int | None = None) -> NDArray[Any]:
        """All whole records of a file."""
        path, record = self._path(name), np.dtype(dtype).itemsize * (columns or 1)
        count = path.stat().st_size // record if path.is_file() else 0
        shape = (count,) if columns is None else (count, columns)
        return np.memmap(path, dtype, "r", shape=shape) if count else np.zeros(shape, dtype)

    def _append(self, name: str, content: bytes) -> None:
        with open(self._path(name), "ab") as file:
            file.write(content)

    @contextmanager
    def _writing(self, name: str, form: np.dtype[Any], rows: Mapping[str, int]) -> Iterator[int]:
        """Be the only writer of a file of records, and of those with their rows, of so many bytes; what a
        killed one left is cut off. Gives the number of rows."""
        self.make()
        try:
            records = os.open(self._path(name), os.O_RDWR | os.O_CREAT, 0o600)
            try:
                with holding(records):
                    os.truncate(records, os.fstat(records).st_size // form.itemsize * form.itemsize)
                    end = _end(self._mapped(name, form))
                    for other, size in rows.items():
                        with open(self._path(other), "ab") as file:
                            file.truncate(end * size)
                    yield end
            finally:
                os.close(records)
        except OSError as error:
            raise self._unwritable(error) from error
