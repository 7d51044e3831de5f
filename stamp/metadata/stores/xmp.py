"""XMP: an RDF/XML packet, merged by splicing.

An existing packet is parsed into byte spans; the spans of the properties that change are replaced and every other byte stays: unknown
namespaces, prefixes, comments, order, other languages of an alternative, other members of a structure. Padding shrinks by what the
packet grows, so that its length stays the same where there is room. Specification: XMP part 1 (ISO 16684-1:2019), sections 6.4, 7 and
annex C; UTF-16 and UTF-32 packets keep their encoding.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final

from ...errors import CorruptFile
from ..fields import XmpProperty, homes_in
from ..rights import Value
from . import xmltree
from .xmltree import Node, escape

NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_ARRAYS = tuple(f"{{{_RDF}}}{name}" for name in ("Alt", "Seq", "Bag"))
_LI, _VALUE, _DESCRIPTION, _RESOURCE, _ABOUT = (
    f"{{{_RDF}}}{name}" for name in ("li", "value", "Description", "resource", "about")
)
_HOMES = {name: home for name, home in homes_in("xmp").items() if isinstance(home, XmpProperty)}
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f' <rdf:RDF xmlns:rdf="{_RDF}">\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
).encode()
_CODECS = (
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0<", "utf-16-be"),
    (b"<\0", "utf-16-le"),
)

Edit = tuple[int, int, str]


def read(packet: bytes) -> dict[str, Value]:
    """The rights in a packet. Raises `CorruptFile` for what is not well-formed or not XMP."""
    document = _Packet.open(packet)
    found: dict[str, Value] = {}
    for name, home in _HOMES.items():
        value = _value(document.occurrences(home), home)
        if value not in (None, "", ()):
            found[name] = value
    return found


def write(packet: bytes | None, values: dict[str, Value]) -> bytes:
    """`packet`, or a new one, with `values` merged in; identical bytes where nothing differs. Raises `CorruptFile` as `read` does."""
    document = _Packet.open(_EMPTY if packet is None else packet)
    edits: list[Edit] = []
    missing: list[tuple[XmpProperty, Value]] = []
    for name, value in values.items():
        home = _HOMES[name]
        places = document.occurrences(home)
        if _value(places, home) == value:
            continue
        if places:
            edits += document.replaced(places, home, value)
        if not any(isinstance(place, Node) for place in places) and not (places and home.kind in ("text", "boolean")):
            missing.append((home, value))
    if missing:
        edits.append(document.description(missing))
    if not edits:
        return packet or _EMPTY
    result = document.closed(xmltree.spliced(document.utf8, edits))
    after = read(result)
    if any(after.get(name) != value for name, value in values.items()):
        raise CorruptFile("the XMP packet is built in a way that cannot be merged safely")
    return result


@dataclass(frozen=True, slots=True)
class _Attribute:
    """A property in attribute form: its value, and the node that carries it."""

    node: Node
    value: str


@dataclass(frozen=True, slots=True)
class _Packet:
    """An XMP packet opened for splicing: `utf8` is the XML, `before` and `after` are bytes around it, `codec` is how it was encoded."""

    utf8: bytes
    codec: str
    before: bytes
    after: bytes
    rdf: Node

    @classmethod
    def open(cls, packet: bytes) -> _Packet:
        codec = next((name for start, name in _CODECS if packet.startswith(start)), "utf-8")
        try:
            text = packet.decode(codec)
        except UnicodeDecodeError as error:
            raise CorruptFile(f"the XMP packet is not valid {codec.upper()}: {error.reason} at byte {error.start}") from None
        first, last = text.find("<"), text.rfind(">") + 1
        if first < 0 or last <= first:
            raise CorruptFile("the XMP packet is empty")
        before, after = text[:first].encode(codec), text[last:].encode(codec)
        utf8 = text[first:last].encode()
        rdf = next((node for node in xmltree.parse(utf8).walk() if node.tag == f"{{{_RDF}}}RDF"), None)
        if rdf is None:
            raise CorruptFile("the XMP packet has no rdf:RDF element")
        return cls(utf8, codec, before, after, rdf)

    def closed(self, utf8: bytes) -> bytes:
        """Encoded as it was, the padding before the trailer shortened by the growth as far as it goes."""
        text = utf8.decode()
        trailer = text.rfind("<?xpacket end=")
        if trailer > 0:
            body = text[:trailer].rstrip(" \t\r\n")
            padding = text[len(body) : trailer]
            growth = (len(text.encode(self.codec)) - len(self.utf8.decode().encode(self.codec))) // len("\n".encode(self.codec))
            room = len(padding) - 1
            padding = padding[min(growth, room) :] if growth > 0 and room > 0 else padding
            text = body + padding + text[trailer:]
        return self.before + text.encode(self.codec) + self.after

    def occurrences(self, home: XmpProperty) -> list[Node | _Attribute]:
        """Where the property stands at the top level, in document order."""
        tag = f"{{{NAMESPACES[home.prefix]}}}{home.name}"
        places: list[Node | _Attribute] = []
        for description in self.rdf.children:
            if tag in description.attributes:
                places.append(_Attribute(description, description.attributes[tag]))
            places += description.named(tag)
        return places

    def replaced(self, places: list[Node | _Attribute], home: XmpProperty, value: Value) -> list[Edit]:
        """Sets the property where it stands first, and takes repetitions away."""
        edits: list[Edit] = []
        # An array cannot be an attribute; if some editor wrote one, the element takes its place.
        simple = home.kind in ("text", "boolean")
        elements = [place for place in places if isinstance(place, Node)]
        kept = places[0] if simple else next(iter(elements), None)
        for place in places:
            if isinstance(place, _Attribute):
                new = f'"{escape(_stored(home, value))}"' if place is kept else None
                edits.append(self._attribute_edit(place.node, home.prefix, home.name, new))
            elif place is kept:
                edits += self._element_edits(place, home, value)
            else:
                edits.append((place.start, place.end, ""))
        return edits

    def description(self, properties: list[tuple[XmpProperty, Value]]) -> Edit:
        """A new rdf:Description at the end, with its own namespace declarations, about the same resource as the others."""
        about = next((node.attributes[_ABOUT] for node in self.rdf.children if _ABOUT in node.attributes), "")
        prefixes = sorted({home.prefix for home, _ in properties})
        spaces = "".join(f'\n    xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)
        body = "".join(
            f"   <{home.prefix}:{home.name}>{_content(home, value)}</{home.prefix}:{home.name}>\n" for home, value in properties
        )
        block = (
            f'  <rdf:Description rdf:about="{escape(about)}"{self._rdf_declaration()}{spaces}>\n{body}  </rdf:Description>\n '
        )
        if xmltree.is_empty_tag(self.utf8, self.rdf):
            return (self.rdf.opened - 2, self.rdf.opened, f">\n{block}</{xmltree.raw_name(self.utf8, self.rdf)}>")
        at = len(self.utf8[: self.rdf.closing].rstrip(b" "))
        return (at, self.rdf.closing, block)

    def _rdf_declaration(self) -> str:
        return "" if xmltree.raw_name(self.utf8, self.rdf) == "rdf:RDF" else f' xmlns:rdf="{_RDF}"'

    def _element(self, node: Node, content: str, attributes: str = "") -> Edit:
        """The whole element anew, under its own name and with its own namespace declarations."""
        name = xmltree.raw_name(self.utf8, node)
        declared = xmltree.declarations(self.utf8, node)
        scope = xmltree.namespaces(self.utf8, node)
        for prefix, space in (("rdf", _RDF), ("plus", NAMESPACES["plus"])):
            if f"<{prefix}:" in content and scope.get(prefix) != space:
                declared += f' xmlns:{prefix}="{space}"'
        return (node.start, node.end, f"<{name}{declared}{attributes}>{content}</{name}>")

    def _element_edits(self, node: Node, home: XmpProperty, value: Value) -> list[Edit]:
        if home.kind == "lang-alt" and (array := _array(node)) is not None:
            return [self._default_language(array, str(value))]
        if home.kind == "seq-struct" and (item := next(iter(_items(node)), None)) is not None:
            return [self._member(item, home, value)]
        if home.kind == "bag-item" and (array := _array(node)) is not None:
            ours = [item for item in _items(node) if _simple(item).startswith(home.stored_as)]
            text = escape(_stored(home, value))
            if ours:
                return [self._element(ours[0], text), *((item.start, item.end, "") for item in ours[1:])]
            if not xmltree.is_empty_tag(self.utf8, array):
                name = self._item_name(array)
                return [(array.closing, array.closing, f"<{name}>{text}</{name}>")]
        return [self._element(node, _content(home, value))]

    def _default_language(self, array: Node, text: str) -> Edit:
        languages = {item.attributes.get(_LANG, "").lower(): item for item in reversed(list(array.named(_LI)))}
        language = ' xml:lang="x-default"'
        if "x-default" in languages:
            return self._element(languages["x-default"], escape(text), language)
        name = self._item_name(array)
        first = f"<{name}{language}>{escape(text)}</{name}>"
        if xmltree.is_empty_tag(self.utf8, array):
            return self._element(array, first)
        return (array.opened, array.opened, first)

    def _item_name(self, array: Node) -> str:
        prefix, colon, _ = xmltree.raw_name(self.utf8, array).rpartition(":")
        return f"{prefix}{colon}li"

    def _member(self, item: Node, home: XmpProperty, value: Value) -> Edit:
        """Sets one member of the first structure of the array; the others (name, e-mail, telephone) stay."""
        tag = f"{{{NAMESPACES[home.prefix]}}}{home.member}"
        holder = next(item.named(_DESCRIPTION), item)
        text = escape(_stored(home, value))
        if tag in holder.attributes:
            return self._attribute_edit(holder, home.prefix, home.member, f'"{text}"')
        if (member := next(holder.named(tag), None)) is not None:
            return self._element(member, text)
        space = f' xmlns:{home.prefix}="{NAMESPACES[home.prefix]}"'
        if xmltree.namespaces(self.utf8, holder).get(home.prefix) == NAMESPACES[home.prefix]:
            space = ""
        name = f"{home.prefix}:{home.member}"
        if xmltree.is_empty_tag(self.utf8, holder):
            return (holder.opened - 2, holder.opened - 2, f'{space} {name}="{text}"')
        return (holder.closing, holder.closing, f"<{name}{space}>{text}</{name}>")

    def _attribute_edit(self, node: Node, prefix: str, name: str, quoted: str | None) -> Edit:
        scope = xmltree.namespaces(self.utf8, node)
        for raw, _, start, end in xmltree.raw_attributes(self.utf8, node):
            space, _, local = raw.rpartition(":")
            if local == name and scope.get(space) == NAMESPACES[prefix]:
                return (start, end, "" if quoted is None else f" {raw}={quoted}")
        raise CorruptFile("the XMP packet has an attribute that cannot be located")


def _stored(home: XmpProperty, value: Value) -> str:
    return home.stored_as + (str(value) if not isinstance(value, tuple) else "; ".join(value))


def _content(home: XmpProperty, value: Value) -> str:
    """What stands inside a new element of the property."""
    text = escape(_stored(home, value))
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


def _value(places: list[Node | _Attribute], home: XmpProperty) -> Value | None:
    """The property's value, None if it is not there or says nothing that the field can hold."""
    if not places:
        return None
    place = places[0]
    items = [] if isinstance(place, _Attribute) else _items(place)
    alone = place.value.strip() if isinstance(place, _Attribute) else "" if items else _simple(place)
    texts = [text for item in items if (text := _simple(item))] or ([alone] if alone else [])
    match home.kind:
        case "seq":
            return tuple(texts)
        case "boolean":
            return {"true": True, "1": True, "false": False, "0": False}.get(alone.lower())
        case "lang-alt":
            default = next((_simple(item) for item in items if item.attributes.get(_LANG, "").lower() == "x-default"), None)
            return default or next(iter(texts), None)
        case "seq-struct":
            return _member_value(items[0], f"{{{NAMESPACES[home.prefix]}}}{home.member}") if items else None
        case "bag-item":
            ours = [text for text in texts if text.startswith(home.stored_as)]
            return ours[0].removeprefix(home.stored_as) if ours else None
        case _:
            return alone.removeprefix(home.stored_as) or None


def _member_value(item: Node, tag: str) -> str | None:
    holder = next(item.named(_DESCRIPTION), item)
    if tag in holder.attributes:
        return holder.attributes[tag].strip() or None
    return next((_simple(child) for child in holder.named(tag)), None) or None


def _array(node: Node) -> Node | None:
    return next((child for child in node.children if child.tag in _ARRAYS), None)


def _items(node: Node) -> list[Node]:
    array = _array(node)
    return [] if array is None else list(array.named(_LI))


def _simple(node: Node) -> str:
    """The text of a simple value in any of its RDF forms: text, rdf:resource, or rdf:value beside qualifiers."""
    if _RESOURCE in node.attributes:
        return node.attributes[_RESOURCE].strip()
    holder = next(node.named(_DESCRIPTION), node)
    if _VALUE in holder.attributes:
        return holder.attributes[_VALUE].strip()
    inner = next(holder.named(_VALUE), None)
    text = node.text if inner is None else inner.text
    return re.sub(r"\r\n?", "\n", text).strip()
