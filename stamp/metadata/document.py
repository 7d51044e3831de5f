"""Which container is this, and the rights in it: read, written, removed, undone; what it can hold.

All functions take a whole file: as bytes, or as a `Source` that reads it a slice at a time. Containers in
`STREAMED` are read that way whatever their size, the others are loaded. Nothing here opens a file; writing
safely is the business of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib import import_module
from itertools import zip_longest
from types import MappingProxyType
from typing import Any, Final, Protocol, cast, overload

from ..core.caching import lru_cached
from ..core.checks import TRANSLATIONS, Value
from ..core.errors import CorruptFile, MediaError, RightsError, UnsupportedFormat
from ..core.party import Party
from ..core.rights import NO_AI_TERMS, Rights, terms_onto
from ..formats.signatures import FILMS
from ..formats.sniff import SOUNDS, STILLS, identify
from ..formats.source import Patched, Source, chunks
from .block_delta import Former, former
from .mapping.fields import COLUMNS, FIELD, FIELDS, STORES, agree, homes_in
from .revert import Values, undone

_SLICE = 1 << 16
_Essence = Callable[[Source], Iterable[bytes | memoryview]]
_NOT_READ_BACK = "the rights do not read back as they were written: the file's metadata is damaged"

Changes = Mapping[str, Values]
"""Store -> what has changed in it."""


class Container(Protocol):
    """What a module in `containers/` offers. One that is not in `STREAMED` is only given bytes, and returns
    bytes; one that is takes any `Source`, holds little of it in memory, and returns a `Patched`. `LIMITS`,
    where a module has it, says how many bytes the block of a store can have. A module has `essence`, or
    `spans`, which says where the work stands, or both, where the spans hold more than that.
    """

    TITLE: str
    STORES: tuple[str, ...]

    def extract(self, data: Source) -> dict[str, bytes]: ...
    def splice(self, data: Source, blocks: Mapping[str, bytes]) -> Source:
        """`data` with the blocks of some stores replaced, put in, or taken out where they are empty."""
        ...

    def has_c2pa(self, data: Source) -> bool: ...
    def spans(self, data: Source) -> Iterator[tuple[int, int]]: ...


class Store(Protocol):
    """What a module in `stores/` offers."""

    def read(self, block: bytes) -> dict[str, Value]: ...
    def write(self, block: bytes | None, values: dict[str, Value]) -> bytes: ...
    def remove(self, block: bytes, values: dict[str, Value]) -> bytes:
        """`block` without the fields in `values`, which are as they stand there (of translations and of a
        contact only the parts that go); b"" where nothing is left.
        """
        ...


@dataclass(frozen=True, slots=True)
class RightsFound:
    """The rights in a file.

    rights    each field from the first store (in the container's order) that holds a valid value
    sources   field -> stores that hold it
    values    store -> field -> the value as it stands there
    warnings  for people: stores that cannot be read, values that no standard allows, a C2PA manifest
    """

    container: str
    rights: Rights
    sources: dict[str, list[str]]
    values: dict[str, dict[str, Value]]
    warnings: list[str]
    has_c2pa: bool

    @property
    def conflicts(self) -> dict[str, dict[str, Value]]:
        """Field -> store -> value, for the stores that contradict the first one."""
        found: dict[str, dict[str, Value]] = {}
        for name, (main, *others) in self.sources.items():
            first = self.values[main][name]
            values = {store: self.values[store][name] for store in others}
            values = {store: value for store, value in values.items() if not agree(name, store, value, first)}
            if values:
                found[name] = values
        return found


_STORE_MODULES = {"text": "pngtext"}
"""The modules in `stores` that are not called like the store."""
STREAMED: Final = frozenset(
    {"aiff", "flac", "jpeg", "matroska", "mp3", "mp4", "ogg", "quicktime", "threegp", "tiff", "wav"}
)
"""Containers that take a `Source`: files of many gigabytes are never loaded."""


def containers() -> tuple[str, ...]:
    """The names of the containers whose rights can be read and written."""
    return tuple(sorted((*STILLS, *FILMS, *SOUNDS)))


def title(name: str) -> str:
    """How people call the container: "JPEG", "HEIC and AVIF", ..."""
    return _module(name).TITLE


def stores(name: str) -> tuple[str, ...]:
    """The keys of the stores that the container carries, in the order in which it is read."""
    return _module(name).STORES


def supported(name: str | None) -> bool:
    """Whether `name`, from `identify` or elsewhere, is one of `containers()`."""
    return name in containers()


class File:
    """A file taken apart, once and as far as it is asked for.

    `data` is the file as its container takes it. What gives another file gives this very one where nothing
    differs, and reads back what it has made. Raises `UnsupportedFormat` for a container without a place for
    rights; all members raise `CorruptFile` for a damaged file, and `UnsupportedFormat` for what cannot be
    handled.
    """

    def __init__(self, data: Source) -> None:
        name = identify(data)
        if name is None:
            raise UnsupportedFormat(
                "no container that can carry a rights notice; handled are "
                f"{', '.join(map(title, containers()))}"
            )
        self.name = name
        self.container = _module(name)
        self.data = data if isinstance(data, bytes) or name in STREAMED else data[0 : len(data)]
        self._values: dict[str, tuple[bytes, dict[str, Value]]] = {}

    @cached_property
    def blocks(self) -> Mapping[str, bytes]:
        """Store -> its block, for the stores that are there."""
        return self.container.extract(self.data)

    def values(self, key: str) -> dict[str, Value]:
        """What a store that is there says."""
        block = self.blocks[key]
        if key not in self._values:
            self._values[key] = block, dict(_read(key, block))
        return self._values[key][1]

    @cached_property
    def found(self) -> RightsFound:
        """The rights, from every store; one that cannot be read becomes a warning."""
        values: dict[str, dict[str, Value]] = {}
        warnings: list[str] = []
        for key in self.blocks:
            try:
                values[key] = self.values(key)
            except CorruptFile as error:
                warnings.append(f"{STORES[key]} cannot be read: {error}")
        ordered = {key: values[key] for key in self.container.STORES if values.get(key)}
        places: dict[str, list[str]] = {}
        for key, said in ordered.items():
            for name in said:
                places.setdefault(name, []).append(key)
        sources = {name: places[name] for name in FIELD if name in places}
        has_c2pa = self.container.has_c2pa(self.data)
        if has_c2pa:
            warnings.append(
                "the file has a C2PA manifest (Content Credentials), which any change makes invalid"
            )
        rights, invalid = _merged(ordered, sources)
        return RightsFound(self.name, rights, sources, ordered, [*warnings, *invalid], has_c2pa)

    @property
    def created(self) -> tuple[str, ...]:
        """The keys of the stores that a notice is put into in this very file where they are missing."""
        return tuple(key for key in self._stores_in() if _is_created(self.container, key))

    @property
    def homeless(self) -> Mapping[str, str]:
        """Field -> why this very file has no place for it."""
        return _homeless(self.name, tuple(self._lacking.items()))

    def essence(self) -> Iterable[bytes | memoryview]:
        """The picture, sound or film itself, the part that writing rights never changes."""
        essence: _Essence | None = getattr(self.container, "essence", None)
        if essence:
            return essence(self.data)
        spans = self.container.spans(self.data)
        return (part for span in spans for part in chunks(self.data, *span))

    def with_rights(self, rights: Rights) -> File:
        """The file with every field of `rights` that says something in all its places.

        The picture data is not touched, and neither is any other metadata. Where `rights` has no usage terms
        but the sentence against AI training, that sentence is added to the terms in the file. A store that
        has no room left gets what no other store can hold, or is passed over; the container's first store,
        the one home of many fields, must have room.
        """
        values = rights.values()
        if rights.usage_terms == NO_AI_TERMS:
            terms = (
                self.values(key).get("usage_terms") for key in self.container.STORES if key in self.blocks
            )
            values["usage_terms"] = terms_onto(NO_AI_TERMS, next(filter(None, terms), None))
        changed: dict[str, bytes] = {}
        for key in self._stores_in():
            new, _ = self._fitted(key, values)
            if new != self.blocks.get(key, b""):
                changed[key] = new
        return self._spliced(changed)

    def without_room(self, rights: Rights) -> dict[str, str]:
        """Field -> the only store that could hold it, for the fields of `rights` that `with_rights` leaves
        out because that store is full.
        """
        values = rights.values()
        return {
            name: key
            for key in _limits(self.container)
            for name in values.keys() - self._fitted(key, values)[1]
            if name in homes_in(key) and not _elsewhere(self.container, key, name)
        }

    def _fitted(self, key: str, values: Mapping[str, Value]) -> tuple[bytes, Set[str]]:
        """The block of a store, b"" for none, with as many of the values in it as it is to have and can hold,
        and the names of these.
        """
        return _fitted(self.name, key, self.blocks.get(key), tuple(values.items()))

    def without_rights(self, rights: Rights) -> File:
        """The file without the fields of `rights`, in each place that says exactly what `rights` says. A
        place that says something else is left as it is.

        A store in which nothing else stands is taken out as a whole. The sentence against AI training is
        taken out of usage terms that say more.
        """
        values = rights.values()
        changed: dict[str, bytes] = {}
        for key, block in self.blocks.items():
            store, present = _store(key), self.values(key)
            parts = {
                name: _own(name, key, present[name], values[name])
                for name in homes_in(key)
                if name in values and name in present
            }
            gone = {name: part for name, part in parts.items() if part is not None}
            terms = present.get("usage_terms")
            new = store.remove(block, gone) if gone else block
            said_more = isinstance(terms, str) and terms.endswith(f" {NO_AI_TERMS}")
            if rights.usage_terms == NO_AI_TERMS and isinstance(terms, str) and said_more:
                new = store.write(new, {"usage_terms": terms.removesuffix(f" {NO_AI_TERMS}")})
            if new != block:
                changed[key] = new
        return self._spliced(changed)

    def undone(self, changes: Changes, formers: Mapping[str, Former] = MappingProxyType({})) -> File:
        """The file with each place that says what it said after the changes saying what it said before; a
        store that is as the changes left it becomes what it was, byte for byte, where `formers` has it.
        """
        changed: dict[str, bytes] = {}
        for key in self.container.STORES:
            block = self.blocks.get(key)
            new = formers[key].block(block) if block is not None and key in formers else None
            if new is None:
                present = {} if block is None else self.values(key)
                new = undone(_store(key), key, block, present, changes.get(key, {}))
            if new is not None and new != block:
                changed[key] = new
        return self._spliced(changed)

    @cached_property
    def _lacking(self) -> Mapping[str, str]:
        """The stores that this very file cannot have, being of an old version, and why."""
        lacking: Callable[[Source], Mapping[str, str]] | None = getattr(self.container, "lacking", None)
        return lacking(self.data) if lacking else {}

    def _stores_in(self) -> tuple[str, ...]:
        lacking, stores = self._lacking, self.container.STORES
        return tuple(key for key in stores if key not in lacking) if lacking else stores

    def _spliced(self, changed: Mapping[str, bytes]) -> File:
        """The file with the changed blocks in it, read back; itself where there is none."""
        if not changed:
            return self
        result = File(self.container.splice(self.data, changed))
        # A damaged file may have pointers to bytes that were not there before, or two stores in one place.
        expected = {key for key in self.blocks.keys() | changed.keys() if changed.get(key) != b""}
        if result.name != self.name or result.blocks.keys() != expected:
            raise CorruptFile(_NOT_READ_BACK)
        for key, (block, values) in self._values.items():
            if result.blocks.get(key) == block:
                result._values[key] = result.blocks[key], values
        # TIFF makes up the block of EXIF from its own tags: their values count.
        moved = (key for key, block in changed.items() if block and result.blocks[key] != block)
        if any(result.values(key) != _read(key, changed[key]) for key in moved):
            raise CorruptFile(_NOT_READ_BACK)
        return result


def read_rights(data: Source) -> RightsFound:
    """The rights in a file (`File.found`)."""
    return File(data).found


@overload
def write_rights(data: bytes, rights: Rights) -> bytes: ...
@overload
def write_rights(data: Source, rights: Rights) -> Source: ...
def write_rights(data: Source, rights: Rights) -> Source:
    """`data` with a notice in it (`File.with_rights`); `data` itself where nothing differs. Bytes give bytes;
    another `Source` may give a `Patched`, which refers to it.
    """
    file = File(data)
    return _like(data, file, file.with_rights(rights))


@overload
def remove_rights(data: bytes, rights: Rights) -> bytes: ...
@overload
def remove_rights(data: Source, rights: Rights) -> Source: ...
def remove_rights(data: Source, rights: Rights) -> Source:
    """`data` without a notice (`File.without_rights`), as `write_rights` gives it."""
    file = File(data)
    return _like(data, file, file.without_rights(rights))


@overload
def undo_rights(data: bytes, changes: Changes) -> bytes: ...
@overload
def undo_rights(data: Source, changes: Changes) -> Source: ...
def undo_rights(data: Source, changes: Changes) -> Source:
    """`data` with what was there before the changes (`File.undone`), as `write_rights` gives it."""
    file = File(data)
    return _like(data, file, file.undone(changes))


def _like(given: Source, before: File, after: File) -> Source:
    if after is before:
        return given
    return after.data[0 : len(after.data)] if isinstance(given, bytes) else after.data


def _limits(container: Container) -> Mapping[str, int]:
    return getattr(container, "LIMITS", {})


def _elsewhere(container: Container, key: str, name: str) -> bool:
    """Whether the field has a place in another store, so that one without room can be done without."""
    others = (other for other in container.STORES if other != key and COLUMNS[other].created)
    return any(other in FIELD[name].homes for other in others)


def formers(
    before: Mapping[str, bytes], after: Mapping[str, bytes], changes: Changes, *, notice_only: bool
) -> dict[str, Former]:
    """Store -> what its block was, for the stores that `changes` do not bring back byte for byte. `before`
    and `after` are the blocks of the file.

    Unless the run has changed the notice only, a block has to be what the notice alone makes of the former
    one.
    """
    told: dict[str, Former] = {}
    for key in changes.keys() & after.keys():
        store, was, now = _store(key), before.get(key, b""), after[key]
        wanted = {name: new for name, (_, new) in changes[key].items() if new is not None}
        back: bytes | None = None
        with suppress(MediaError):
            back = undone(store, key, now, _read(key, now), changes[key])
        if back == was:
            continue
        is_ours = notice_only
        with suppress(MediaError):
            is_ours = is_ours or store.write(was or None, wanted) == now
        if is_ours and (block := former(was, now)):
            told[key] = block
    return told


def _own(name: str, store: str, present: Value, given: Value) -> Value | None:
    """What of the value in a store is the given one; None if nothing is."""
    if name in TRANSLATIONS and isinstance(present, tuple) and isinstance(given, tuple):
        return tuple(item for item in present if item in given) or None
    if isinstance(present, Party) and isinstance(given, Party):
        ours = Party(
            **{key: text for key, text in given.values().items() if present.values().get(key) == text}
        )
        return ours if ours.values() else None
    return present if agree(name, store, present, given) else None


def essence_digest(data: Source) -> str:
    """SHA-256 (hex) of the picture, sound or film, the part that writing rights never changes."""
    return work_digest(File(data))


def same_essence(before: Source, after: Source) -> bool:
    """Whether both files have the same picture, sound or film (`same_work`)."""
    return same_work(File(before), File(after))


def same_work(before: File, after: File) -> bool:
    """Whether both files have the same picture, sound or film; much quicker than two digests in memory, or
    where the container tells the `spans` in which all of it stands and these are kept as they are.
    """
    data, changed = before.data, after.data
    spans: Callable[[Source], Iterator[tuple[int, int]]] | None = getattr(before.container, "spans", None)
    if spans and isinstance(changed, Patched) and changed.source is data:
        kept = (changed.origin(*span) for span in spans(changed))
        if all(one == two for one, two in zip_longest(spans(data), kept)):
            return True
    if isinstance(data, bytes) and isinstance(changed, bytes):
        one, two = ([memoryview(part) for part in file.essence()] for file in (before, after))
        if [len(part) for part in one] == [len(part) for part in two]:
            return all(map(_equal, one, two))
    return work_digest(before) == work_digest(after)


def work_digest(file: File) -> str:
    import hashlib  # loads OpenSSL, which few runs need, and takes 2 of 40 ms

    digest = hashlib.sha256()
    for part in file.essence():
        digest.update(part)
    return digest.hexdigest()


def _equal(one: memoryview, two: memoryview) -> bool:
    # Views compare item by item, bytes at the speed of memory; slices keep the copies small.
    places = range(0, len(one), _SLICE)
    return all(bytes(one[at : at + _SLICE]) == bytes(two[at : at + _SLICE]) for at in places)


def formats() -> dict[str, dict[str, dict[str, str]]]:
    """Container -> field -> {"homes": where it stands, "absent": why not elsewhere} for `stamp formats`."""
    return {name: _row(name, {}) for name in containers()}


@cache
def _homeless(name: str, lacking: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    rows = _row(name, dict(lacking)).items()
    return MappingProxyType({field: row["absent"] for field, row in rows if not row["homes"]})


def _row(name: str, lacking: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """`lacking` are stores that a file of the container cannot have, and why."""
    rows: dict[str, dict[str, str]] = {}
    for field in FIELDS:
        absent = {**field.absent, **lacking}
        keys = stores(name)
        rows[field.name] = {
            "homes": ", ".join(f"{STORES[key]} {field.homes[key]}" for key in keys if key not in absent),
            "absent": "; ".join(f"{STORES[key]}: {absent[key]}" for key in keys if key in absent),
        }
    return rows


def _is_created(container: Container, store: str) -> bool:
    """Whether the store is put in where it is missing. A container may keep a store up to date where it is
    and not put it in, since the container's own readers look elsewhere.
    """
    kept: tuple[str, ...] = getattr(container, "KEPT", ())
    return COLUMNS[store].created and store not in kept


@cache
def _module(name: str) -> Container:
    return cast(Container, import_module(f".containers.{name}", __package__))


@cache
def _store(key: str) -> Store:
    return cast(Store, import_module(f".stores.{_STORE_MODULES.get(key, key)}", __package__))


@lru_cached
def _read(key: str, block: bytes) -> Mapping[str, Value]:
    return _store(key).read(block)


@lru_cached
def _fitted(
    name: str, key: str, block: bytes | None, values: tuple[tuple[str, Value], ...]
) -> tuple[bytes, Set[str]]:
    """`File._fitted` for a container, whose store has `block`."""
    container, homes = _module(name), homes_in(key)
    wanted = {field: value for field, value in values if field in homes}
    if block is None and not _is_created(container, key):
        wanted = {}
    limit = None if key == container.STORES[0] else _limits(container).get(key)
    new = _written(key, block, tuple(wanted.items())) if wanted else block or b""
    if limit is None or len(new) <= limit:
        return new, wanted.keys()
    alone = {field: value for field, value in wanted.items() if not _elsewhere(container, key, field)}
    new = _written(key, block, tuple(alone.items())) if alone else block or b""
    return (new, alone.keys()) if len(new) <= limit else (block or b"", frozenset())


@lru_cached
def _written(key: str, block: bytes | None, values: tuple[tuple[str, Value], ...]) -> bytes:
    return _store(key).write(block, dict(values))


@lru_cached
def _rights(values: tuple[tuple[str, Any], ...]) -> Rights:
    return Rights(**dict(values))


def _merged(
    values: Mapping[str, Mapping[str, Value]], sources: Mapping[str, list[str]]
) -> tuple[Rights, list[str]]:
    """The record, and a warning for each value that `Rights` does not take."""
    best: dict[str, Any] = {name: values[keys[0]][name] for name, keys in sources.items()}
    try:
        return _rights(tuple(best.items())), []
    except RightsError:
        pass  # one by one then, which takes its time
    rights = Rights()
    warnings: list[str] = []
    for name, stores in sources.items():
        for key in stores:
            try:
                rights = replace(rights, **{name: values[key][name]})  # type: ignore[arg-type]
                break
            except RightsError as error:
                warnings.append(f"{STORES[key]} {FIELD[name].homes[key]}: {error}")
    return rights, warnings
