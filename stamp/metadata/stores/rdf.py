"""XMP values in their RDF forms: simple, alternative, array, structure (XMP part 1, section 7.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from ..fields import XmpProperty
from ..rights import Value
from .xmltree import Node, escape

NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
}
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_ARRAYS = tuple(f"{{{RDF}}}{name}" for name in ("Alt", "Seq", "Bag"))
LI, DESCRIPTION, ABOUT, _VALUE, _RESOURCE = (
    f"{{{RDF}}}{name}" for name in ("li", "Description", "about", "value", "resource")
)


@dataclass(frozen=True, slots=True)
class Attribute:
    """A property in attribute form: its value, and the node that carries it."""

    node: Node
    value: str


def stored(home: XmpProperty, value: Value) -> str:
    """A simple value as it stands in the file; XMP spells booleans True and False (part 1, 8.2.1.1)."""
    return home.stored_as + str(value)


def content(home: XmpProperty, value: Value) -> str:
    """What stands inside a new element of the property."""
    text = escape(stored(home, value))
    match home.kind:
        case "lang-alt":
            return f'<rdf:Alt><rdf:li xml:lang="x-default">{text}</rdf:li></rdf:Alt>'
        case "seq":
            items = value if isinstance(value, tuple) else (str(value),)
            return "<rdf:Seq>" + "".join(f"<rdf:li>{escape(item)}</rdf:li>" for item in items) + "</rdf:Seq>"
        case "bag-item":
            return f"<rdf:Bag><rdf:li>{text}</rdf:li></rdf:Bag>"
        case "seq-struct":
            name = f"{home.prefix}:{home.member}"
            return f'<rdf:Seq><rdf:li rdf:parseType="Resource"><{name}>{text}</{name}></rdf:li></rdf:Seq>'
        case _:
            return text


def value_of(places: list[Node | Attribute], home: XmpProperty) -> Value | None:
    """The property's value, None if it is not there or says nothing that the field can hold."""
    if not places:
        return None
    place = places[0]
    items = [] if isinstance(place, Attribute) else items_in(place)
    alone = place.value.strip() if isinstance(place, Attribute) else "" if items else simple(place)
    texts = [text for item in items if (text := simple(item))] or ([alone] if alone else [])
    match home.kind:
        case "seq":
            return tuple(texts)
        case "boolean":
            return {"true": True, "1": True, "false": False, "0": False}.get(alone.lower())
        case "lang-alt":
            default = next(
                (simple(item) for item in items if item.attributes.get(LANGUAGE, "").lower() == "x-default"),
                None,
            )
            return default or next(iter(texts), None)
        case "seq-struct":
            return _member_value(items[0], f"{{{NAMESPACES[home.prefix]}}}{home.member}") if items else None
        case "bag-item":
            ours = [text for text in texts if text.startswith(home.stored_as)]
            return ours[0].removeprefix(home.stored_as) if ours else None
        case _:
            return alone.removeprefix(home.stored_as) or None


def _member_value(item: Node, tag: str) -> str | None:
    holder = next(item.named(DESCRIPTION), item)
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
