"""XMP: an RDF/XML packet, merged by splicing.

An existing packet is parsed into byte spans; the spans of the properties that change are replaced and every
other byte stays: unknown namespaces, prefixes, comments, order, other languages of an alternative, other
members of a structure. Padding shrinks by what the packet grows, so that its length stays the same where
there is room. Specification: XMP part 1 (ISO 16684-1:2019), sections 6.4, 7 and annex C; UTF-16 and UTF-32
packets keep their encoding.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from ...errors import CorruptFile
from ..fields import XmpProperty, homes_in
from ..rights import Value
from . import xmltree
from .rdf import (
    ABOUT,
    DESCRIPTION,
    LANGUAGE,
    LI,
    NAMESPACES,
    RDF,
    Attribute,
    array_in,
    content,
    items_in,
    simple,
    stored,
    value_of,
)
from .xmltree import Node, escape

_HOMES = {name: home for name, home in homes_in("xmp").items() if isinstance(home, XmpProperty)}
_EMPTY = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
    f' <rdf:RDF xmlns:rdf="{RDF}">\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
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

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")

Edit = tuple[int, int, str]


def read(packet: bytes) -> dict[str, Value]:
    """The rights in a packet. Raises `CorruptFile` for what is not well-formed or not XMP."""
    return _Packet.open(packet).values()


def write(packet: bytes | None, values: dict[str, Value]) -> bytes:
    """`packet`, or a new one, with `values` merged in; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    document = _Packet.open(_EMPTY if packet is None else packet)
    before = document.values()
    edits: list[Edit] = []
    missing: list[tuple[XmpProperty, Value]] = []
    for name, value in values.items():
        if before.get(name) == value:
            continue
        home = _HOMES[name]
        places = document.occurrences(home)
        edits += document.replaced(places, home, value)
        if not any(_can_hold(place, home) for place in places):
            missing.append((home, value))
    if missing:
        edits.append(document.description(missing))
    result = document.closed(edits) if edits else packet or _EMPTY
    if read(result) != before | values:
        raise CorruptFile("the XMP packet is built in a way that cannot be merged safely")
    return result


def _reference(match: re.Match[str]) -> str:
    return f"&#x{ord(match[0]):X};"


def _can_hold(place: Node | Attribute, home: XmpProperty) -> bool:
    """An array cannot be an attribute; where some editor wrote one, an element takes its place."""
    return isinstance(place, Node) or home.kind in ("text", "boolean")


@dataclass(frozen=True, slots=True)
class _Packet:
    """An XMP packet opened for splicing: `utf8` is the XML, `before` and `after` are bytes around it, `codec`
    is how it was encoded.
    """

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
            raise CorruptFile(
                f"the XMP packet is not valid {codec.upper()}: {error.reason} at byte {error.start}"
            ) from None
        first, last = text.find("<"), text.rfind(">") + 1
        if first < 0 or last <= first:
            raise CorruptFile("the XMP packet is empty")
        before, after = text[:first].encode(codec), text[last:].encode(codec)
        utf8 = text[first:last].encode()
        rdf = next((node for node in xmltree.parse(utf8).walk() if node.tag == f"{{{RDF}}}RDF"), None)
        if rdf is None:
            raise CorruptFile("the XMP packet has no rdf:RDF element")
        return cls(utf8, codec, before, after, rdf)

    def closed(self, edits: list[Edit]) -> bytes:
        """The edits applied and the whole encoded as it was, the padding before the trailer shortened by the
        growth as far as it goes.
        """
        if self.codec.startswith("utf-16"):
            # ExifTool 13 reads surrogate pairs as two wrong characters, and references rightly.
            edits = [(start, end, _ASTRAL.sub(_reference, new)) for start, end, new in edits]
        text = xmltree.spliced(self.utf8, edits).decode()
        trailer = text.rfind("<?xpacket end=")
        if trailer > 0:
            body = text[:trailer].rstrip(" \t\r\n")
            padding = text[len(body) : trailer]
            size, old_size = (len(part.encode(self.codec)) for part in (text, self.utf8.decode()))
            growth = (size - old_size) // len("\n".encode(self.codec))
            room = len(padding) - 1
            padding = padding[min(growth, room) :] if growth > 0 and room > 0 else padding
            text = body + padding + text[trailer:]
        return self.before + text.encode(self.codec) + self.after

    def occurrences(self, home: XmpProperty) -> list[Node | Attribute]:
        """Where the property stands at the top level, in document order."""
        tag = f"{{{NAMESPACES[home.prefix]}}}{home.name}"
        places: list[Node | Attribute] = []
        for description in self.rdf.children:
            if tag in description.attributes:
                places.append(Attribute(description, description.attributes[tag]))
            places += description.named(tag)
        return places

    def values(self) -> dict[str, Value]:
        """The rights in the packet."""
        found = {name: value_of(self.occurrences(home), home) for name, home in _HOMES.items()}
        return {name: value for name, value in found.items() if value is not None and value not in ("", ())}

    def replaced(self, places: list[Node | Attribute], home: XmpProperty, value: Value) -> list[Edit]:
        """Sets the property where it stands first, and takes repetitions away."""
        edits: list[Edit] = []
        kept = next((place for place in places if _can_hold(place, home)), None)
        for place in places:
            if isinstance(place, Attribute):
                new = f'"{escape(stored(home, value))}"' if place is kept else None
                edits.append(self._attribute_edit(place.node, home.prefix, home.name, new))
            elif place is kept:
                edits += self._element_edits(place, home, value)
            else:
                edits.append((place.start, place.end, ""))
        return edits

    def description(self, properties: list[tuple[XmpProperty, Value]]) -> Edit:
        """A new rdf:Description at the end, with its own namespace declarations, about the same resource as
        the others.
        """
        # Early RDF had the attribute without its namespace; to readers the two name different resources.
        places = [(key, node.attributes) for node in self.rdf.children for key in (ABOUT, "about")]
        key, about = next(((key, found[key]) for key, found in places if key in found), (ABOUT, ""))
        name = "rdf:about" if key == ABOUT else key
        prefixes = sorted({home.prefix for home, _ in properties})
        spaces = "".join(f'\n    xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)
        body = "".join(
            f"   <{home.prefix}:{home.name}>{content(home, value)}</{home.prefix}:{home.name}>\n"
            for home, value in properties
        )
        start = f'<rdf:Description {name}="{escape(about)}"{self._rdf_declaration()}{spaces}>'
        block = f"  {start}\n{body}  </rdf:Description>\n "
        if xmltree.is_empty_tag(self.utf8, self.rdf):
            closing = f"</{xmltree.raw_name(self.utf8, self.rdf)}>"
            return (self.rdf.opened - 2, self.rdf.opened, f">\n{block}{closing}")
        at = len(self.utf8[: self.rdf.closing].rstrip(b" "))
        return (at, self.rdf.closing, block)

    def _rdf_declaration(self) -> str:
        return "" if xmltree.raw_name(self.utf8, self.rdf) == "rdf:RDF" else f' xmlns:rdf="{RDF}"'

    def _element(self, node: Node, content: str, attributes: str = "") -> Edit:
        """The whole element anew, under its own name and with its own namespace declarations."""
        name = xmltree.raw_name(self.utf8, node)
        declared = xmltree.declarations(self.utf8, node)
        scope = xmltree.namespaces(self.utf8, node)
        for prefix, space in (("rdf", RDF), ("plus", NAMESPACES["plus"])):
            if f"<{prefix}:" in content and scope.get(prefix) != space:
                declared += f' xmlns:{prefix}="{space}"'
        return (node.start, node.end, f"<{name}{declared}{attributes}>{content}</{name}>")

    def _element_edits(self, node: Node, home: XmpProperty, value: Value) -> list[Edit]:
        if home.kind == "lang-alt" and (array := array_in(node)) is not None:
            return [self._default_language(array, str(value))]
        if home.kind == "seq-struct" and (item := next(iter(items_in(node)), None)) is not None:
            return [self._member(item, home, value)]
        if home.kind == "bag-item" and (array := array_in(node)) is not None:
            ours = [item for item in items_in(node) if simple(item).startswith(home.stored_as)]
            text = escape(stored(home, value))
            if ours:
                return [self._element(ours[0], text), *((item.start, item.end, "") for item in ours[1:])]
            if not xmltree.is_empty_tag(self.utf8, array):
                name = self._item_name(array)
                return [(array.closing, array.closing, f"<{name}>{text}</{name}>")]
        return [self._element(node, content(home, value))]

    def _default_language(self, array: Node, text: str) -> Edit:
        languages = {
            item.attributes.get(LANGUAGE, "").lower(): item for item in reversed(list(array.named(LI)))
        }
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
        holder = next(item.named(DESCRIPTION), item)
        text = escape(stored(home, value))
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
