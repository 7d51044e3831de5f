"""An XMP packet opened for splicing: its XML as byte spans, its encoding, its padding (XMP part 1, ISO
16684-1:2019, sections 7.3 and 7.4).
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ...core.errors import CorruptFile
from ..mapping.slots import XmpProperty
from . import xmltree
from .rdf import NAMESPACES, RDF, Attribute, Prefixes, tag_of
from .xmltree import Node

Edit = tuple[int, int, str]
"""(start, end, replacement) of a span of `Packet.utf8`."""

_CODECS: Final = (
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0<", "utf-16-be"),
    (b"<\0", "utf-16-le"),
)

_LEAST_PADDING = 100
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Packet:
    """`utf8` is the XML, `before` and `after` are bytes around it, `codec` is how it was encoded."""

    utf8: bytes
    codec: str
    before: bytes
    after: bytes
    rdf: Node

    @classmethod
    def open(cls, packet: bytes) -> Packet:
        """Raises `CorruptFile` for what is not well-formed or not XMP."""
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
        """The edits applied and the whole encoded as it was. Padding before the trailer takes up what the
        packet grows by, as far as it goes, and gives back what it shrinks by.
        """
        if self.codec.startswith("utf-16"):
            # ExifTool 13 reads surrogate pairs as two wrong characters, and references rightly.
            edits = [(start, end, _ASTRAL.sub(_reference, new)) for start, end, new in edits]
        text = xmltree.spliced(self.utf8, edits).decode()
        trailer = text.rfind("<?xpacket end=")
        if trailer > 0:
            body = text[:trailer].rstrip(" \t\r\n")
            size, old_size = (len(part.encode(self.codec)) for part in (text, self.utf8.decode()))
            growth = (size - old_size) // len("\n".encode(self.codec))
            text = body + _padding(text[len(body) : trailer], growth) + text[trailer:]
        return self.before + text.encode(self.codec) + self.after

    def properties(self) -> dict[str, list[Node | Attribute]]:
        """Tag -> where the property is at the top level, in document order."""
        places: dict[str, list[Node | Attribute]] = {}
        for description in self.rdf.children:
            for tag, value in description.attributes.items():
                places.setdefault(tag, []).append(Attribute(description, value))
            for child in description.children:
                places.setdefault(child.tag, []).append(child)
        return places

    def occurrences(self, slot: XmpProperty) -> list[Node | Attribute]:
        """Where the property is at the top level, in document order."""
        return self.properties().get(tag_of(slot), [])

    @cached_property
    def names(self) -> Prefixes:
        """Usual prefix -> the one that the packet has for the namespace, the last one if there are several:
        to the XMP toolkits a namespace has one prefix in the whole packet, and exiv2 reads nothing of a
        packet that has a second.
        """
        bound = {space: prefix for prefix, space in xmltree.namespaces(self.utf8, self.rdf).items()}
        for node in self.rdf.walk():
            bound |= {space: prefix for prefix, space in xmltree.declared(self.utf8, node)}
        names: dict[str, str] = {}
        for usual, space in NAMESPACES.items():
            if space in bound and bound[space] not in names.values():
                names[usual] = bound[space]
        # A file may have given the usual prefix to another of these namespaces.
        free = {usual: usual if usual not in names.values() else f"{usual}-" for usual in NAMESPACES}
        return free | names

    def element(self, node: Node, content: str, attributes: str = "") -> Edit:
        """The whole element anew, under its own name and with its own namespace declarations."""
        name = xmltree.raw_name(self.utf8, node)
        declared = xmltree.declarations(self.utf8, node)
        scope = xmltree.namespaces(self.utf8, node)
        for usual, prefix in self.names.items():
            used = f"<{prefix}:" in content or f" {prefix}:" in attributes
            if used and scope.get(prefix) != NAMESPACES[usual]:
                declared += f' xmlns:{prefix}="{NAMESPACES[usual]}"'
        return (node.start, node.end, f"<{name}{declared}{attributes}>{content}</{name}>")

    def attribute_edit(self, node: Node, prefix: str, name: str, quoted: str | None) -> Edit:
        """An attribute with a new quoted value, or without it if that is None."""
        scope = xmltree.namespaces(self.utf8, node)
        for raw, _, start, end in xmltree.raw_attributes(self.utf8, node):
            space, _, local = raw.rpartition(":")
            if local == name and scope.get(space) == NAMESPACES[prefix]:
                return (start, end, "" if quoted is None else f" {raw}={quoted}")
        raise CorruptFile("the XMP packet has an attribute that cannot be located")

    def item_name(self, array: Node) -> str:
        """The name of the array's items, with the array's own prefix."""
        prefix, colon, _ = xmltree.raw_name(self.utf8, array).rpartition(":")
        return f"{prefix}{colon}li"

    def declared(self, element: str, parent: Node, slot: XmpProperty) -> str:
        """A new element with the namespaces that are not in force in its parent."""
        scope = xmltree.namespaces(self.utf8, parent)
        spaces = {self.names[usual]: NAMESPACES[usual] for usual in (slot.prefix, "rdf")}
        declared = "".join(
            f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items() if scope.get(prefix) != space
        )
        name, rest = element.split(" ", 1)
        return f"{name}{declared} {rest}"


def _padding(old: str, growth: int) -> str:
    """White space that is shorter by `growth`, or longer where that is negative. Little of it is no padding,
    and does not become any; what is added are lines like its own.
    """
    if growth > 0:
        return old[min(growth, max(len(old) - 1, 0)) :]
    if len(old) < _LEAST_PADDING:
        return old
    _, feed, rest = old.partition("\n")
    line, again, _ = rest.partition("\n")
    line = feed + line if again else " "
    lines = feed + rest if again else old
    size = len(old) - growth
    return (line * (size // len(line) + 1) + lines)[-size:]


def _reference(match: re.Match[str]) -> str:
    return f"&#x{ord(match[0]):X};"
