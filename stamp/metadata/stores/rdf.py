"""XMP values in their RDF forms: simple, alternative, array, structure (XMP part 1, section 7.9)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...core.checks import Value
from ...core.party import Party
from ...core.vocabulary import language
from ..mapping.columns.images import XMP_NAMESPACES
from ..mapping.slots import XmpProperty
from .xmltree import Node, escape

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES: Final = {"rdf": RDF, **XMP_NAMESPACES}
"""The usual prefix of each namespace, by which a slot names it."""
Prefixes = Mapping[str, str]
"""Usual prefix -> the one that stands for the same namespace in a packet."""
LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_ARRAYS = tuple(f"{{{RDF}}}{name}" for name in ("Alt", "Seq", "Bag"))
ALT = _ARRAYS[0]
LI, DESCRIPTION, ABOUT, PARSE_TYPE, _VALUE, _RESOURCE = (
    f"{{{RDF}}}{name}" for name in ("li", "Description", "about", "parseType", "value", "resource")
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property in attribute form: its value, and the node that carries it."""

    node: Node
    value: str


def tag_of(slot: XmpProperty) -> str:
    """The property's name in {namespace}local form."""
    return f"{{{NAMESPACES[slot.prefix]}}}{slot.name}"


def stored(slot: XmpProperty, value: Value) -> str:
    """A simple value as it is in the file; XMP spells booleans True and False (part 1, 8.2.1.1)."""
    return slot.stored_as + str(value)


def content(fields: Sequence[tuple[XmpProperty, Value]], names: Prefixes) -> str:
    """What is inside a new element of a property that holds these fields."""
    slot, value = fields[0]
    match slot.kind:
        case "default" | "translations":
            return _array("Alt", [_in_language(*pair, names) for pair in languages(fields)], names)
        case "seq":
            texts = value if isinstance(value, tuple) else (value,)
            return _array("Seq", [_item(escape(str(text)), names) for text in texts], names)
        case "bag-item":
            return _array("Bag", [_item(escape(stored(*field)), names) for field in fields], names)
        case "member":
            inner = _element(slot, slot.member, str(value), names)
            return _array("Seq", [_item(inner, names, _as_structure(names))], names)
        case "structs":
            return _array("Seq", [structure(slot, item, names) for item in parties(value)], names)
        case "struct":
            return "".join(_element(slot, name, text, names) for name, text in members(slot, value))
        case _:
            return escape(stored(slot, value))


def attributes(slot: XmpProperty, names: Prefixes) -> str:
    """What is in the start tag of a new element of the property."""
    return _as_structure(names) if slot.kind == "struct" else ""


def languages(fields: Sequence[tuple[XmpProperty, Value]]) -> list[tuple[str, str]]:
    """(language, text) of the fields of a language alternative, x-default first."""
    pairs: list[tuple[str, str]] = []
    for slot, value in fields:
        if slot.kind == "default":
            pairs.insert(0, ("x-default", str(value)))
        elif isinstance(value, tuple):
            pairs += [item for item in value if isinstance(item, tuple)]
    return pairs


def parties(value: Value) -> list[Party]:
    items = value if isinstance(value, tuple) else (value,)
    return [item for item in items if isinstance(item, Party)]


def members(slot: XmpProperty, value: Value) -> list[tuple[str, str]]:
    """(name in the file, text) of a structure's members that say something."""
    texts = value.values() if isinstance(value, Party) else {}
    return [(name, texts[member]) for member, name in slot.members if member in texts]


def structure(slot: XmpProperty, party: Party, names: Prefixes) -> str:
    """An item of an array that holds a structure."""
    inner = "".join(_element(slot, member, text, names) for member, text in members(slot, party))
    return _item(inner, names, _as_structure(names))


def _as_structure(names: Prefixes) -> str:
    return f' {names["rdf"]}:parseType="Resource"'


def _element(slot: XmpProperty, name: str, text: str, names: Prefixes) -> str:
    tag = f"{names[slot.prefix]}:{name}"
    return f"<{tag}>{escape(text)}</{tag}>"


def _array(kind: str, items: list[str], names: Prefixes) -> str:
    tag = f"{names['rdf']}:{kind}"
    return f"<{tag}>{''.join(items)}</{tag}>"


def _item(inner: str, names: Prefixes, attributes: str = "") -> str:
    tag = f"{names['rdf']}:li"
    return f"<{tag}{attributes}>{inner}</{tag}>"


def _in_language(language: str, text: str, names: Prefixes) -> str:
    return _item(escape(text), names, f' xml:lang="{language}"')


def value_of(places: list[Node | Attribute], slot: XmpProperty) -> Value | None:
    """The field's value, None if it is not there or says nothing that the field can hold."""
    if not places:
        return None
    place = places[0]
    items = [] if isinstance(place, Attribute) else items_in(place)
    alone = place.value.strip() if isinstance(place, Attribute) else "" if items else simple(place)
    texts = [text for item in items if (text := simple(item))] or ([alone] if alone else [])
    match slot.kind:
        case "seq":
            return tuple(texts)
        case "boolean":
            return {"true": True, "1": True, "false": False, "0": False}.get(alone.lower())
        case "default":
            default = (simple(item) for item in items if language_of(item) == "x-default")
            bare = (simple(item) for item in items if is_bare(item))
            return next(default, None) or next(bare, None) or next(iter(texts), None)
        case "translations":
            pairs = {language_of(item): text for item in reversed(items) if (text := simple(item))}
            return tuple(sorted((tag, text) for tag, text in pairs.items() if tag not in ("", "x-default")))
        case "member":
            return party_of(items[0], slot).url if items else None
        case "structs":
            found = tuple(party for item in items if (party := party_of(item, slot)) != Party())
            # A licensor of whom there is only the URL is the field licensor_url.
            return () if len(found) == 1 and found[0] == Party(url=found[0].url) else found
        case "struct":
            return None if isinstance(place, Attribute) else party_of(place, slot)
        case "bag-item":
            ours = [text for text in texts if text.startswith(slot.stored_as)]
            return ours[0].removeprefix(slot.stored_as) if ours else None
        case _:
            return alone.removeprefix(slot.stored_as) or None


def language_of(item: Node) -> str:
    """The item's language in the usual spelling, "" for none."""
    tag = item.attributes.get(LANGUAGE, "")
    return "x-default" if tag.lower() == "x-default" else language(tag) or ""


def is_bare(item: Node) -> bool:
    """Whether the item has no language, as alternatives of careless writers and arrays of other kinds have
    them: it is the default text then.
    """
    return not item.attributes.get(LANGUAGE)


def holder_of(node: Node) -> Node:
    """The element whose children and attributes are a structure's members: the node itself, or a description
    inside it.
    """
    return next(node.named(DESCRIPTION), node)


def party_of(node: Node, slot: XmpProperty) -> Party:
    """The members of a structure that the field knows."""
    names = slot.members or (("url", slot.member),)
    return Party(**{member: _member(node, f"{{{NAMESPACES[slot.prefix]}}}{name}") for member, name in names})


def _member(node: Node, tag: str) -> str | None:
    holder = holder_of(node)
    if tag in holder.attributes:
        return holder.attributes[tag].strip() or None
    return next((simple(child) for child in holder.named(tag)), None) or None


def items_in(node: Node) -> list[Node]:
    """The items of a property's array."""
    array = array_in(node)
    return [] if array is None else list(array.named(LI))


def array_in(node: Node) -> Node | None:
    """A property's rdf:Alt, rdf:Seq or rdf:Bag."""
    return next((child for child in node.children if child.tag in _ARRAYS), None)


def simple(node: Node) -> str:
    """The text of a simple value in any form: text, rdf:resource, or rdf:value beside qualifiers."""
    if _RESOURCE in node.attributes:
        return node.attributes[_RESOURCE].strip()
    holder = next(node.named(DESCRIPTION), node)
    if _VALUE in holder.attributes:
        return holder.attributes[_VALUE].strip()
    inner = next(holder.named(_VALUE), None)
    text = node.text if inner is None else inner.text
    return re.sub(r"\r\n?", "\n", text).strip()
