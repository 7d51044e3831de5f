"""XMP: an RDF/XML packet, merged by splicing.

An existing packet is parsed into byte spans; the spans of the properties that change are replaced and every
other byte stays: unknown namespaces, prefixes, comments, order, other languages of an alternative, other
members of a structure. Padding shrinks by what the packet grows, so that its length stays the same where
there is room. Specification: XMP part 1 (ISO 16684-1:2019), sections 6.4, 7 and annex C; UTF-16 and UTF-32
packets keep their encoding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from ...core.caching import lru_cached
from ...core.checks import Value
from ...core.errors import CorruptFile
from ...core.party import Party
from ..mapping.fields import slots_in
from ..mapping.slots import XmpProperty
from .packet import Edit, Packet
from .rdf import RDF, Attribute, array_in, is_bare, items_in, tag_of, value_of
from .xmltree import Node
from .xmpedits import Fields, can_hold, empty_descriptions, new_description, removing, setting

_SLOTS = {name: slot for name, slot in slots_in("xmp").items() if isinstance(slot, XmpProperty)}
EMPTY: Final = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f' <rdf:RDF xmlns:rdf="{RDF}">\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
).encode()


def read(packet: bytes) -> dict[str, Value]:
    """The rights in a packet. Raises `CorruptFile` for what is not well-formed or not XMP."""
    return dict(_opened(packet)[1])


def write(packet: bytes | None, values: dict[str, Value]) -> bytes:
    """`packet`, or a new one, with `values` merged in; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    document, before = _opened(EMPTY if packet is None else packet)
    edits: list[Edit] = []
    missing: list[Fields] = []
    changed = {name: value for name, value in values.items() if not _stands(before.get(name), value)}
    if "licensors" in changed:
        changed.pop("licensor_url", None)
    for fields in _by_property(changed):
        slot = fields[0][0]
        places = document.occurrences(slot)
        if slot.kind == "translations" and not any(map(_tells_languages, places)):
            fields = [*_default(slot, before), *fields]
        edits += setting(document, places, fields)
        if not any(can_hold(place, slot) for place in places):
            missing.append(fields)
    if missing:
        edits.append(new_description(document, missing))
    result = document.closed(edits) if edits else packet or EMPTY
    after = read(result)
    if not _same(before, after, changed) or not all(
        _stands(after.get(name), value) for name, value in values.items()
    ):
        raise CorruptFile("the XMP packet is built in a way that cannot be merged safely")
    return result


def remove(packet: bytes, values: dict[str, Value]) -> bytes:
    """`packet` without the fields in `values`, which are in it; b"" if nothing is left but the frame that a
    new packet has. Raises `CorruptFile` as `read` does.
    """
    document, before = _opened(packet)
    values = {
        name: value for name, value in values.items() if name != "licensor_url" or "licensors" not in values
    }
    edits = [
        edit
        for fields in _by_property(values)
        for place in document.occurrences(fields[0][0])
        for edit in removing(document, place, fields)
    ]
    result = document.closed(edits)
    emptied = Packet.open(result)
    edits = empty_descriptions(document, emptied)
    result = emptied.closed(edits) if edits else result
    after = read(result)
    if not _same(before, after, values):
        raise CorruptFile("the XMP packet is built in a way that cannot be changed safely")
    frame = "".join(result.decode(emptied.codec).split())
    return b"" if frame == "".join(EMPTY.decode().split()) else result


@lru_cached
def _opened(packet: bytes) -> tuple[Packet, Mapping[str, Value]]:
    """The packet and what it says."""
    document = Packet.open(packet)
    return document, MappingProxyType(_values(document))


def _values(packet: Packet) -> dict[str, Value]:
    places = packet.properties()
    found = {name: value_of(places.get(tag_of(slot), []), slot) for name, slot in _SLOTS.items()}
    return {name: value for name, value in found.items() if value is not None and value not in ("", ())}


def _same(before: Mapping[str, Value], after: Mapping[str, Value], changed: Collection[str]) -> bool:
    """Whether all other fields say what they did; those that are seen in another one may follow it: a lone
    translation stands for the notice, the first licensor has the URL.
    """
    follows = {"licensor_url", "licensors"} if {"licensor_url", "licensors"} & set(changed) else set()
    follows |= {name.removesuffix("_translations") for name in changed}
    return all(after.get(name) == before.get(name) for name in _SLOTS if name not in {*changed, *follows})


def _tells_languages(place: Node | Attribute) -> bool:
    return isinstance(place, Node) and bool(array_in(place)) and not any(map(is_bare, items_in(place)))


def _default(slot: XmpProperty, before: Mapping[str, Value]) -> list[tuple[XmpProperty, Value]]:
    """The default text that is in the file without its language."""
    return [
        (other, before[name])
        for name, other in _SLOTS.items()
        if other.property == slot.property and other.kind == "default" and name in before
    ]


def _stands(present: Value | None, value: Value) -> bool:
    """Whether a file that says `present` says `value` already: other languages, and other members of a
    contact, may be beside it.
    """
    if isinstance(value, Party) and isinstance(present, Party):
        return value.onto(present) == present
    if isinstance(value, tuple) and isinstance(present, tuple) and any(isinstance(v, tuple) for v in value):
        return set(value) <= set(present)
    return present == value


def _by_property(values: dict[str, Value]) -> list[Fields]:
    groups: dict[tuple[str, str], list[tuple[XmpProperty, Value]]] = {}
    for name, value in values.items():
        groups.setdefault(_SLOTS[name].property, []).append((_SLOTS[name], value))
    return list(groups.values())
