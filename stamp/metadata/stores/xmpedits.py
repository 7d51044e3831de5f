"""The edits that set or take out the rights in an XMP packet (RDF forms: XMP part 1, section 7.9)."""

from __future__ import annotations

from collections.abc import Sequence

from ...core.checks import Value
from ..mapping.slots import XmpProperty
from . import xmltree
from .packet import Edit, Packet
from .rdf import (
    ABOUT,
    ALT,
    LI,
    NAMESPACES,
    PARSE_TYPE,
    RDF,
    Attribute,
    Prefixes,
    array_in,
    attributes,
    content,
    holder_of,
    is_bare,
    items_in,
    language_of,
    languages,
    members,
    parties,
    party_of,
    simple,
    stored,
    structure,
)
from .xmltree import Node, escape

Fields = Sequence[tuple[XmpProperty, Value]]
"""The fields that are parts of one property, with their values."""

_NO_PROPERTY = (f"{{{RDF}}}", "{http://www.w3.org/XML/1998/namespace}")


def can_hold(place: Node | Attribute, slot: XmpProperty) -> bool:
    """An array cannot be an attribute; where some editor wrote one, an element takes its place."""
    return isinstance(place, Node) or slot.kind in ("text", "boolean")


def setting(packet: Packet, places: list[Node | Attribute], fields: Fields) -> list[Edit]:
    """Sets the property where it is first, and takes repetitions away."""
    edits: list[Edit] = []
    slot, value = fields[0]
    kept = next((place for place in places if can_hold(place, slot)), None)
    for place in places:
        if isinstance(place, Attribute):
            new = f'"{escape(stored(slot, value))}"' if place is kept else None
            edits.append(packet.attribute_edit(place.node, slot.prefix, slot.name, new))
        elif place is kept:
            edits += _element_edits(packet, place, fields)
        else:
            edits.append((place.start, place.end, ""))
    return edits


def new_description(packet: Packet, properties: Sequence[Fields]) -> Edit:
    """A new rdf:Description at the end, with its own namespace declarations, about the same resource as
    the others.
    """
    # Early RDF had the attribute without its namespace; to readers the two name different resources.
    places = [(key, node.attributes) for node in packet.rdf.children for key in (ABOUT, "about")]
    key, about = next(((key, found[key]) for key, found in places if key in found), (ABOUT, ""))
    rdf = packet.names["rdf"]
    name = f"{rdf}:about" if key == ABOUT else key
    usual = sorted({fields[0][0].prefix for fields in properties})
    spaces = "".join(f'\n    xmlns:{packet.names[prefix]}="{NAMESPACES[prefix]}"' for prefix in usual)
    body = "".join(f"   {_property(fields, packet.names)}\n" for fields in properties)
    tag = f"{rdf}:Description"
    start = f'<{tag} {name}="{escape(about)}"{_rdf_declaration(packet)}{spaces}>'
    block = f"{start}\n{body}  </{tag}>"
    if xmltree.is_empty_tag(packet.utf8, packet.rdf):
        closing = f"</{xmltree.raw_name(packet.utf8, packet.rdf)}>"
        return (packet.rdf.opened - 2, packet.rdf.opened, f">\n  {block}\n {closing}")
    # On lines of its own, if there are lines: so a removal leaves what was there before.
    line = len(packet.utf8[: packet.rdf.closing].rstrip(b" \t"))
    if packet.utf8[line - 1 : line] == b"\n":
        return (line, line, f"  {block}\n")
    return (packet.rdf.closing, packet.rdf.closing, block)


def _property(fields: Fields, names: Prefixes) -> str:
    slot, _ = fields[0]
    tag = f"{names[slot.prefix]}:{slot.name}"
    return f"<{tag}{attributes(slot, names)}>{content(fields, names)}</{tag}>"


def _rdf_declaration(packet: Packet) -> str:
    prefix = packet.names["rdf"]
    return "" if xmltree.raw_name(packet.utf8, packet.rdf) == f"{prefix}:RDF" else f' xmlns:{prefix}="{RDF}"'


def _element_edits(packet: Packet, node: Node, fields: Fields) -> list[Edit]:
    slot, value = fields[0]
    array = array_in(node)
    if slot.kind == "struct" and _is_structure(node, slot):
        return _member_edits(packet, holder_of(node), slot, members(slot, value))
    if array is not None and not xmltree.is_empty_tag(packet.utf8, array):
        match slot.kind:
            case "default" | "translations":
                return _language_edits(packet, array, languages(fields))
            case "bag-item":
                return [edit for field in fields for edit in _item_edits(packet, array, *field)]
            case "structs":
                return [_structures(packet, array, slot, value)]
            case "member" if items := items_in(node):
                return _member_edits(packet, holder_of(items[0]), slot, [(slot.member, str(value))])
    return [packet.element(node, content(fields, packet.names), attributes(slot, packet.names))]


def _language_edits(packet: Packet, array: Node, pairs: list[tuple[str, str]]) -> list[Edit]:
    """Sets these languages; x-default comes first, others that are missing last. An array of another kind
    becomes an alternative.
    """
    edits = [] if array.tag == ALT else _renamed(packet, array, "Alt")
    items = list(array.named(LI))
    name = packet.item_name(array)
    for language, text in pairs:
        is_default = language == "x-default"
        old = [item for item in items if language_of(item) == language or (is_default and is_bare(item))]
        attribute = f' xml:lang="{language}"'
        if old and (old[0] is items[0] or not is_default):
            edits.append(packet.element(old.pop(0), escape(text), attribute))
        else:
            at = array.opened if is_default else array.closing
            edits.append((at, at, f"<{name}{attribute}>{escape(text)}</{name}>"))
        edits += [(item.start, item.end, "") for item in old]
    return edits


def _renamed(packet: Packet, array: Node, kind: str) -> list[Edit]:
    """Makes it an array of another kind, with the prefix that it has."""
    name = xmltree.raw_name(packet.utf8, array)
    prefix, colon, _ = name.rpartition(":")
    size = len(name.encode())
    places = (array.start + 1, array.closing + 2)
    return [(at, at + size, f"{prefix}{colon}{kind}") for at in places]


def _item_edits(packet: Packet, array: Node, slot: XmpProperty, value: Value) -> list[Edit]:
    """Sets the one item of the array that is ours."""
    text = escape(stored(slot, value))
    ours = [item for item in array.named(LI) if simple(item).startswith(slot.stored_as)]
    if ours:
        return [packet.element(ours[0], text), *((item.start, item.end, "") for item in ours[1:])]
    name = packet.item_name(array)
    return [(array.closing, array.closing, f"<{name}>{text}</{name}>")]


def _structures(packet: Packet, array: Node, slot: XmpProperty, value: Value) -> Edit:
    """The items anew; one that says the same stays as it is, with what else it says."""
    present = {party_of(item, slot): item for item in reversed(list(array.named(LI)))}
    inner = "".join(
        packet.utf8[present[party].start : present[party].end].decode()
        if party in present
        else packet.declared(structure(slot, party, packet.names), array, slot)
        for party in parties(value)
    )
    return (array.opened, array.closing, inner)


def _member_edits(
    packet: Packet, holder: Node, slot: XmpProperty, texts: list[tuple[str, str]]
) -> list[Edit]:
    """Sets members of a structure; its others (name, address, telephone) stay."""
    edits: list[Edit] = []
    added: list[tuple[str, str]] = []
    prefix = packet.names[slot.prefix]
    for member, text in texts:
        tag = f"{{{NAMESPACES[slot.prefix]}}}{member}"
        if tag in holder.attributes:
            edits.append(packet.attribute_edit(holder, slot.prefix, member, f'"{escape(text)}"'))
        elif (element := next(holder.named(tag), None)) is not None:
            edits.append(packet.element(element, escape(text)))
        else:
            added.append((f"{prefix}:{member}", escape(text)))
    space = f' xmlns:{prefix}="{NAMESPACES[slot.prefix]}"'
    if xmltree.namespaces(packet.utf8, holder).get(prefix) == NAMESPACES[slot.prefix]:
        space = ""
    if added and xmltree.is_empty_tag(packet.utf8, holder):
        at = holder.opened - 2
        edits.append((at, at, space + "".join(f' {name}="{text}"' for name, text in added)))
    else:
        new = "".join(f"<{name}{space}>{text}</{name}>" for name, text in added)
        edits.append((holder.closing, holder.closing, new))
    return edits


def _is_structure(node: Node, slot: XmpProperty) -> bool:
    """Whether members can be put into the element as it is."""
    namespace = f"{{{NAMESPACES[slot.prefix]}}}"
    return (
        PARSE_TYPE in node.attributes
        or bool(node.children)
        or any(name.startswith(namespace) for name in node.attributes)
    )


def removing(packet: Packet, place: Node | Attribute, fields: Fields) -> list[Edit]:
    """Takes these fields out of the property; other languages, items and members stay."""
    slot, _ = fields[0]
    if isinstance(place, Attribute):
        return [packet.attribute_edit(place.node, slot.prefix, slot.name, None)]
    items = items_in(place)
    match slot.kind:
        case "default" | "translations":
            gone = {language for language, _ in languages(fields)}
            unwanted = [item for item in items if (language_of(item) or "x-default") in gone]
        case "bag-item":
            prefixes = tuple(slot.stored_as for slot, _ in fields)
            unwanted = [item for item in items if simple(item).startswith(prefixes)]
        case "member":
            holder = holder_of(items[0])
            if len(holder.children) + len(_properties(holder)) > 1:
                return _without_members(packet, holder, slot, [slot.member])
            unwanted = items[:1]
        case "struct":
            holder = holder_of(place)
            names = [name for name, _ in members(slot, fields[0][1])]
            if len(holder.children) + len(_properties(holder)) > len(names):
                return _without_members(packet, holder, slot, names)
            unwanted = items
        case _:
            unwanted = items
    if len(unwanted) < len(items):
        return [(item.start, item.end, "") for item in unwanted]
    return [(place.start, place.end, "")]


def empty_descriptions(before: Packet, after: Packet) -> list[Edit]:
    """Takes the descriptions out that a removal has emptied; their number and order are the same."""
    pairs = zip(before.rdf.children, after.rdf.children, strict=True)
    emptied = (new for old, new in pairs if _says_something(old) and not _says_something(new))
    return [(*_line(after.utf8, node), "") for node in emptied]


def _line(document: bytes, node: Node) -> tuple[int, int]:
    """The span of an element, with its indentation and line feed if it has a line of its own."""
    start = len(document[: node.start].rstrip(b" \t"))
    alone = document[start - 1 : start] == document[node.end : node.end + 1] == b"\n"
    return (start, node.end + 1) if alone else (node.start, node.end)


def _says_something(description: Node) -> bool:
    return bool(description.children or _properties(description))


def _properties(node: Node) -> list[str]:
    """The attributes that are properties: those outside the namespaces of RDF and XML."""
    return [name for name in node.attributes if name.startswith("{") and not name.startswith(_NO_PROPERTY)]


def _without_members(packet: Packet, holder: Node, slot: XmpProperty, names: list[str]) -> list[Edit]:
    edits: list[Edit] = []
    for name in names:
        tag = f"{{{NAMESPACES[slot.prefix]}}}{name}"
        if tag in holder.attributes:
            edits.append(packet.attribute_edit(holder, slot.prefix, name, None))
        edits += [(child.start, child.end, "") for child in holder.named(tag)]
    return edits
