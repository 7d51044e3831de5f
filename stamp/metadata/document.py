"""A file and the rights notice in it: read, written, removed, undone.

A file is given whole: as bytes, or as a `Source` that reads it a slice at a time. Files are read that way
whatever their size, those of containers in `containers.LOADED` aside. Nothing here opens a file; writing
safely is the business of the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any

from ..core.caching import lru_cached
from ..core.checks import TRANSLATIONS, Value
from ..core.errors import CorruptFile, RightsError, UnsupportedFormat
from ..core.party import Party
from ..core.rights import NO_AI_TERMS, Rights, terms_onto
from ..formats.sniff import sniff
from ..formats.source import Source, chunks
from ..formats.table import FORMATS, NOTICES
from ..storage.sidecars import STORES as SIDECARS
from . import containers, stores
from .block_delta import Former
from .containers import Container
from .mapping.fields import COLUMNS, FIELD, STORES, agree, coverage, slots_in
from .revert import Changes, undone

_Essence = Callable[[Source], Iterable[bytes | memoryview]]
BROKEN_BY_CHANGES = "the file has a C2PA manifest (Content Credentials), which any change makes invalid"
_NOT_READ_BACK = "the rights do not read back as they were written: the file's metadata is damaged"


@dataclass(frozen=True, slots=True)
class RightsFound:
    """The rights in a file.

    rights    each field from the first store (in the container's order) that holds a valid value
    sources   field -> stores that hold it
    values    store -> field -> the value as it is there
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


class Document:
    """A file taken apart, once and as far as it is asked for, with the sidecars that belong to it.

    `data` is the file as its container takes it; `sidecars` are the blocks of those stores that lie beside
    it, None where only what is in the file counts. What gives another file gives this very one where nothing
    differs, and reads back what it has made. Raises `UnsupportedFormat` for a file of no known format, and,
    without sidecars, for one without a place for rights; all members raise `CorruptFile` for a damaged file,
    and `UnsupportedFormat` for what cannot be handled.
    """

    def __init__(
        self, data: Source, sidecars: Mapping[str, bytes] | None = None, *, beside: bool = False
    ) -> None:
        """`beside`: what is written goes into the sidecars, too, one being made where there is none."""
        found = sniff(data)
        if found is None or not (found.notice or found.shown or sidecars is not None):
            raise UnsupportedFormat(
                "no container that can carry a rights notice, and no sidecar beside it; handled are "
                f"{', '.join(FORMATS[name].title for name in NOTICES)}"
            )
        self.name = found.name
        self.container = containers.load(found.name)
        self.data = data[0 : len(data)] if found.name in containers.LOADED else data
        self.sidecars = sidecars or {}
        self.beside = beside
        self._values: dict[str, tuple[bytes, dict[str, Value]]] = {}

    @cached_property
    def stores(self) -> tuple[str, ...]:
        """Every store that is there or can be, the one that counts most first: of a file that is never
        written to, a sidecar is newer than what is in it."""
        outside = ("sidecar",) if self.beside and not self.sidecars else tuple(self.sidecars)
        own = self.container.STORES
        return (*outside, *own) if self._read_only else (*own, *outside)

    @cached_property
    def blocks(self) -> Mapping[str, bytes]:
        """Store -> its block, for the stores that are there."""
        return {**self.container.extract(self.data), **self.sidecars}

    def with_sidecars(self) -> Document:
        """The same file, whose notice is written into its sidecars, too."""
        return self._like(self.data, self.sidecars, beside=True)

    def without_sidecars(self) -> Document:
        """The same file with what is in it alone."""
        return self._like(self.data, {})

    def _like(self, data: Source, sidecars: Mapping[str, bytes], *, beside: bool = False) -> Document:
        """Another file of the same format, or this one with other sidecars; what is known of it stays so."""
        result = Document(data, sidecars, beside=beside)
        if result.name != self.name:
            raise CorruptFile(_NOT_READ_BACK)
        for store, (block, values) in self._values.items():
            if result.blocks.get(store) == block:
                result._values[store] = result.blocks[store], values
        return result

    def values(self, store: str) -> dict[str, Value]:
        """What a store that is there says."""
        block = self.blocks[store]
        if store not in self._values:
            self._values[store] = block, dict(stores.read(store, block))
        return self._values[store][1]

    @cached_property
    def found(self) -> RightsFound:
        """The rights, from every store; one that cannot be read becomes a warning."""
        values: dict[str, dict[str, Value]] = {}
        warnings: list[str] = []
        for store in self.blocks:
            try:
                values[store] = self.values(store)
            except CorruptFile as error:
                warnings.append(f"{STORES[store]} cannot be read: {error}")
        ordered = {store: values[store] for store in self.stores if values.get(store)}
        places: dict[str, list[str]] = {}
        for store, said in ordered.items():
            for name in said:
                places.setdefault(name, []).append(store)
        sources = {name: places[name] for name in FIELD if name in places}
        has_c2pa = self.container.has_c2pa(self.data)
        if has_c2pa:
            warnings.append(BROKEN_BY_CHANGES)
        rights, invalid = _merged(ordered, sources)
        return RightsFound(self.name, rights, sources, ordered, [*warnings, *invalid], has_c2pa)

    @property
    def created(self) -> tuple[str, ...]:
        """The stores that a notice is put into in this very file where they are missing."""
        return tuple(store for store in self.written if _is_created(self.container, store))

    @property
    def unsupported(self) -> Mapping[str, str]:
        """Field -> why this very file has no place for it."""
        if self._read_only and not self.beside:
            return dict.fromkeys(FIELD, self._read_only)
        return _unsupported(self.stores, tuple(self._lacking.items()))

    def essence(self) -> Iterable[bytes | memoryview]:
        """The picture, sound or film itself, the part that writing rights never changes."""
        essence: _Essence | None = getattr(self.container, "essence", None)
        if essence:
            return essence(self.data)
        spans = self.container.spans(self.data)
        return (part for span in spans for part in chunks(self.data, *span))

    def with_rights(self, rights: Rights) -> Document:
        """The file with every field of `rights` that says something in all its places.

        The picture data is not touched, and neither is any other metadata. Where `rights` has no usage terms
        but the sentence against AI training, that sentence is added to the terms in the file. A store that
        has no room left gets what no other store can hold, or is passed over; the container's first store,
        the one slot of many fields, must have room.
        """
        values = rights.values()
        if rights.usage_terms == NO_AI_TERMS:
            terms = (self.values(store).get("usage_terms") for store in self.stores if store in self.blocks)
            values["usage_terms"] = terms_onto(NO_AI_TERMS, next(filter(None, terms), None))
        changed: dict[str, bytes] = {}
        for store in self.written:
            new, _ = self._fitted(store, values)
            if new != self.blocks.get(store, b""):
                changed[store] = new
        return self._spliced(changed)

    def without_room(self, rights: Rights) -> dict[str, str]:
        """Field -> the only store that could hold it, for the fields of `rights` that `with_rights` leaves
        out because that store is full.
        """
        values = rights.values()
        return {
            name: store
            for store in _limits(self.container)
            for name in values.keys() - self._fitted(store, values)[1]
            if name in slots_in(store) and not _elsewhere(self.container, store, name)
        }

    def _fitted(self, store: str, values: Mapping[str, Value]) -> tuple[bytes, Set[str]]:
        """The block of a store, b"" for none, with as many of the values in it as it is to have and can hold,
        and the names of these.
        """
        return _fitted(self.name, store, self.blocks.get(store), tuple(values.items()))

    def without_rights(self, rights: Rights) -> Document:
        """The file without the fields of `rights`, in each place that says exactly what `rights` says. A
        place that says something else is left as it is.

        A store with nothing else in it is taken out as a whole. The sentence against AI training is
        taken out of usage terms that say more.
        """
        values = rights.values()
        changed: dict[str, bytes] = {}
        for store in self.written:
            if (block := self.blocks.get(store)) is None:
                continue
            module, present = stores.load(store), self.values(store)
            parts = {
                name: _own(name, store, present[name], values[name])
                for name in slots_in(store)
                if name in values and name in present
            }
            gone = {name: part for name, part in parts.items() if part is not None}
            terms = present.get("usage_terms")
            new = module.remove(block, gone) if gone else block
            said_more = isinstance(terms, str) and terms.endswith(f" {NO_AI_TERMS}")
            if rights.usage_terms == NO_AI_TERMS and isinstance(terms, str) and said_more:
                new = module.write(new, {"usage_terms": terms.removesuffix(f" {NO_AI_TERMS}")})
            if new != block:
                changed[store] = new
        return self._spliced(changed)

    def undone(self, changes: Changes, formers: Mapping[str, Former] = MappingProxyType({})) -> Document:
        """The file with each place that says what it said after the changes saying what it said before; a
        store that is as the changes left it becomes what it was, byte for byte, where `formers` has it.
        """
        changed: dict[str, bytes] = {}
        for store in self.written:
            block = self.blocks.get(store)
            new = formers[store].block(block) if block is not None and store in formers else None
            if new is None:
                present = {} if block is None else self.values(store)
                new = undone(store, block, present, changes.get(store, {}))
            if new is not None and new != block:
                changed[store] = new
        return self._spliced(changed)

    @property
    def _read_only(self) -> str | None:
        """Why nothing is written to such files; None where they are written to."""
        return getattr(self.container, "READ_ONLY", None)

    @cached_property
    def _lacking(self) -> Mapping[str, str]:
        """The stores that are not written: this very file cannot have them, being of an old version, or they
        are left as they are; and why."""
        lacking: Callable[[Source], Mapping[str, str]] | None = getattr(self.container, "lacking", None)
        found = dict(lacking(self.data)) if lacking else {}
        if self._read_only:
            found |= dict.fromkeys(self.container.STORES, self._read_only)
        return found if self.beside else found | dict.fromkeys(self.sidecars, "it is left as it is")

    @property
    def written(self) -> tuple[str, ...]:
        """The stores that are written, or may be."""
        lacking = self._lacking
        return tuple(store for store in self.stores if store not in lacking) if lacking else self.stores

    def _spliced(self, changed: Mapping[str, bytes]) -> Document:
        """The file with the changed blocks in it, read back; itself where there is none."""
        if not changed:
            return self
        inside = {store: block for store, block in changed.items() if store not in SIDECARS}
        data = self.container.splice(self.data, inside) if inside else self.data
        outside = {**self.sidecars, **{store: changed[store] for store in changed.keys() - inside.keys()}}
        sidecars = {
            store: outside[store] for store in SIDECARS if store in outside and changed.get(store) != b""
        }
        result = self._like(data, sidecars, beside=self.beside)
        # A damaged file may have pointers to bytes that were not there before, or two stores in one place.
        expected = {store for store in self.blocks.keys() | changed.keys() if changed.get(store) != b""}
        if result.blocks.keys() != expected:
            raise CorruptFile(_NOT_READ_BACK)
        # TIFF makes up the block of EXIF from its own tags: their values count.
        moved = (store for store, block in changed.items() if block and result.blocks[store] != block)
        if any(result.values(store) != stores.read(store, changed[store]) for store in moved):
            raise CorruptFile(_NOT_READ_BACK)
        return result


def _limits(container: Container) -> Mapping[str, int]:
    return getattr(container, "LIMITS", {})


def _elsewhere(container: Container, store: str, name: str) -> bool:
    """Whether the field has a place in another store, so that one without room can be done without."""
    others = (other for other in container.STORES if other != store and COLUMNS[other].created)
    return any(other in FIELD[name].slots for other in others)


def _own(name: str, store: str, present: Value, given: Value) -> Value | None:
    """What of the value in a store is the given one; None if nothing is."""
    if name in TRANSLATIONS and isinstance(present, tuple) and isinstance(given, tuple):
        return tuple(item for item in present if item in given) or None
    if isinstance(present, Party) and isinstance(given, Party):
        ours = Party(
            **{
                member: text
                for member, text in given.values().items()
                if present.values().get(member) == text
            }
        )
        return ours if ours.values() else None
    return present if agree(name, store, present, given) else None


@cache
def _unsupported(every: tuple[str, ...], lacking: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    rows = coverage(every, dict(lacking)).items()
    return MappingProxyType({field: row["absent"] for field, row in rows if not row["homes"]})


def _is_created(container: Container, store: str) -> bool:
    """Whether the store is put in where it is missing. A container may keep a store up to date where it is
    and not put it in, since the container's own readers look elsewhere.
    """
    kept: tuple[str, ...] = getattr(container, "KEPT", ())
    return COLUMNS[store].created and store not in kept


@lru_cached
def _fitted(
    name: str, store: str, block: bytes | None, values: tuple[tuple[str, Value], ...]
) -> tuple[bytes, Set[str]]:
    """`Document._fitted` for a container, whose store has `block`."""
    container, slots = containers.load(name), slots_in(store)
    wanted = {field: value for field, value in values if field in slots}
    if block is None and not _is_created(container, store):
        wanted = {}
    limit = None if container.STORES[:1] == (store,) else _limits(container).get(store)
    new = stores.write(store, block, tuple(wanted.items())) if wanted else block or b""
    if limit is None or len(new) <= limit:
        return new, wanted.keys()
    alone = {field: value for field, value in wanted.items() if not _elsewhere(container, store, field)}
    new = stores.write(store, block, tuple(alone.items())) if alone else block or b""
    return (new, alone.keys()) if len(new) <= limit else (block or b"", frozenset())


@lru_cached
def _rights(values: tuple[tuple[str, Any], ...]) -> Rights:
    return Rights(**dict(values))


def _merged(
    values: Mapping[str, Mapping[str, Value]], sources: Mapping[str, list[str]]
) -> tuple[Rights, list[str]]:
    """The record, and a warning for each value that `Rights` does not take."""
    best: dict[str, Any] = {name: values[holders[0]][name] for name, holders in sources.items()}
    try:
        return _rights(tuple(best.items())), []
    except RightsError:
        pass  # one by one then, which takes its time
    rights = Rights()
    warnings: list[str] = []
    for name, holders in sources.items():
        for store in holders:
            try:
                rights = replace(rights, **{name: values[store][name]})  # type: ignore[arg-type]
                break
            except RightsError as error:
                warnings.append(f"{STORES[store]} {FIELD[name].slots[store]}: {error}")
    return rights, warnings
