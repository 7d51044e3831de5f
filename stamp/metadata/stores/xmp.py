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
from collections.abc import Sequence
from dataclasses import dataclass

from ...errors import CorruptFile
from ..checks import Value
from ..fields import homes_in
from ..homes import XmpProperty
from ..party import Party
from . import xmltree
from .rdf import (
    ABOUT,
    LI,
    NAMESPACES,
    PARSE_TYPE,
    RDF,
    Attribute,
    array_in,
    attributes,
    content,
    holder_of,
    items_in,
    language_of,
    languages,
    members,
    parties,
    party_of,
    simple,
    stored,
    structure,
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
Fields = Sequence[tuple[XmpProperty, Value]]
"""The fields that are parts of one property, with their new values."""


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
    missing: list[Fields] = []
    changed = {name: value for name, value in values.items() if not _stands(before.get(name), value)}
    if "licensors" in changed:
        changed.pop("licensor_url", None)
    for fields in _by_property(changed):
        home = fields[0][0]
        places = document.occurrences(home)
        edits += document.replaced(places, fields)
        if not any(_can_hold(place, home) for place in places):
            missing.append(fields)
    if missing:
        edits.append(document.description(missing))
    result = document.closed(edits) if edits else packet or _EMPTY
    after = read(result)
    touched = {_HOMES[name].property for name in changed}
    same = all(after.get(name) == before.get(name) for name in _HOMES if _HOMES[name].property not in touched)
    if not same or not all(_stands(after.get(name), value) for name, value in values.items()):
        raise CorruptFile("the XMP packet is built in a way that cannot be merged safely")
    return result


def _stands(present: Value | None, value: Value) -> bool:
    """Whether a file that says `present` says `value` already: other languages, and other members of a
    contact, may stand beside it.
    """
    if isinstance(value, Party) and isinstance(present, Party):
        return value.onto(present) == present
    if isinstance(value, tuple) and isinstance(present, tuple) and any(isinstance(v, tuple) for v in value):
        return set(value) <= set(present)
    return present == value


def _by_property(values: dict[str, Value]) -> list[Fields]:
    groups: dict[tuple[str, str], list[tuple[XmpProperty, Value]]] = {}
    for name, value in values.items():
        groups.setdefault(_HOMES[name].property, []).append((_HOMES[name], value))
    return list(groups.values())


def _reference(match: re.Match[str]) -> str:
    return f"&#x{ord(match[0]):X};"


def _can_hold(place: Node | Attribute, home: XmpProperty) -> bool:
    """An array cannot be an attribute; where some editor wrote one, an element takes its place."""
    return isinstance(place, Node) or home.kind in ("text", "boolean")


def _is_structure(node: Node, home: XmpProperty) -> bool:
    """Whether members can be put into the element as it stands."""
    namespace = f"{{{NAMESPACES[home.prefix]}}}"
    return (
        PARSE_TYPE in node.attributes
        or bool(node.children)
        or any(name.startswith(namespace) for name in node.attributes)
    )


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

    def replaced(self, places: list[Node | Attribute], fields: Fields) -> list[Edit]:
        """Sets the property where it stands first, and takes repetitions away."""
        edits: list[Edit] = []
        home, value = fields[0]
        kept = next((place for place in places if _can_hold(place, home)), None)
        for place in places:
            if isinstance(place, Attribute):
                new = f'"{escape(stored(home, value))}"' if place is kept else None
                edits.append(self._attribute_edit(place.node, home.prefix, home.name, new))
            elif place is kept:
                edits += self._element_edits(place, fields)
            else:
                edits.append((place.start, place.end, ""))
        return edits

    def description(self, properties: Sequence[Fields]) -> Edit:
        """A new rdf:Description at the end, with its own namespace declarations, about the same resource as
        the others.
        """
        # Early RDF had the attribute without its namespace; to readers the two name different resources.
        places = [(key, node.attributes) for node in self.rdf.children for key in (ABOUT, "about")]
        key, about = next(((key, found[key]) for key, found in places if key in found), (ABOUT, ""))
        name = "rdf:about" if key == ABOUT else key
        homes = [fields[0][0] for fields in properties]
        prefixes = sorted({home.prefix for home in homes})
        spaces = "".join(f'\n    xmlns:{prefix}="{NAMESPACES[prefix]}"' for prefix in prefixes)
        body = "".join(
            f"   <{home.prefix}:{home.name}{attributes(home)}>{content(fields)}</{home.prefix}:{home.name}>\n"
            for home, fields in zip(homes, properties, strict=True)
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
        for prefix, space in (("rdf", RDF), *NAMESPACES.items()):
            used = f"<{prefix}:" in content or f" {prefix}:" in attributes
            if used and scope.get(prefix) != space:
                declared += f' xmlns:{prefix}="{space}"'
        return (node.start, node.end, f"<{name}{declared}{attributes}>{content}</{name}>")

    def _element_edits(self, node: Node, fields: Fields) -> list[Edit]:
        home, value = fields[0]
        array = array_in(node)
        if home.kind == "struct" and _is_structure(node, home):
            return self._member_edits(holder_of(node), home, members(home, value))
        if array is not None and not xmltree.is_empty_tag(self.utf8, array):
            match home.kind:
                case "default" | "translations":
                    return self._language_edits(array, languages(fields))
                case "bag-item":
                    return [edit for field in fields for edit in self._item_edits(array, *field)]
                case "structs":
                    return [self._structures(array, home, value)]
                case "member" if items := items_in(node):
                    return self._member_edits(holder_of(items[0]), home, [(home.member, str(value))])
        return [self._element(node, content(fields), attributes(home))]

    def _language_edits(self, array: Node, pairs: list[tuple[str, str]]) -> list[Edit]:
        """Sets these languages; x-default comes first where it is missing, others last."""
        edits: list[Edit] = []
        present = {language_of(item): item for item in reversed(list(array.named(LI)))}
        name = self._item_name(array)
        for language, text in pairs:
            attribute = f' xml:lang="{language}"'
            if language in present:
                edits.append(self._element(present[language], escape(text), attribute))
            else:
                at = array.opened if language == "x-default" else array.closing
                edits.append((at, at, f"<{name}{attribute}>{escape(text)}</{name}>"))
        return edits

    def _item_edits(self, array: Node, home: XmpProperty, value: Value) -> list[Edit]:
        """Sets the one item of the array that is ours."""
        text = escape(stored(home, value))
        ours = [item for item in array.named(LI) if simple(item).startswith(home.stored_as)]
        if ours:
            return [self._element(ours[0], text), *((item.start, item.end, "") for item in ours[1:])]
        name = self._item_name(array)
        return [(array.closing, array.closing, f"<{name}>{text}</{name}>")]

    def _structures(self, array: Node, home: XmpProperty, value: Value) -> Edit:
        """The items anew; one that says the same stays as it is, with what else it says."""
        present = {party_of(item, home): item for item in reversed(list(array.named(LI)))}
        inner = "".join(
            self.utf8[present[party].start : present[party].end].decode()
            if party in present
            else self._declared(structure(home, party, self._item_name(array)), array, home)
            for party in parties(value)
        )
        return (array.opened, array.closing, inner)

    def _item_name(self, array: Node) -> str:
        prefix, colon, _ = xmltree.raw_name(self.utf8, array).rpartition(":")
        return f"{prefix}{colon}li"

    def _declared(self, element: str, parent: Node, home: XmpProperty) -> str:
        """A new element with the namespaces that are not in force in its parent."""
        scope = xmltree.namespaces(self.utf8, parent)
        spaces = {home.prefix: NAMESPACES[home.prefix], "rdf": RDF}
        declared = "".join(
            f' xmlns:{prefix}="{space}"' for prefix, space in spaces.items() if scope.get(prefix) != space
        )
        name, rest = element.split(" ", 1)
        return f"{name}{declared} {rest}"

    def _member_edits(self, holder: Node, home: XmpProperty, texts: list[tuple[str, str]]) -> list[Edit]:
        """Sets members of a structure; its others (name, address, telephone) stay."""
        edits: list[Edit] = []
        added: list[tuple[str, str]] = []
        for member, text in texts:
            tag = f"{{{NAMESPACES[home.prefix]}}}{member}"
            if tag in holder.attributes:
                edits.append(self._attribute_edit(holder, home.prefix, member, f'"{escape(text)}"'))
            elif (element := next(holder.named(tag), None)) is not None:
                edits.append(self._element(element, escape(text)))
            else:
                added.append((f"{home.prefix}:{member}", escape(text)))
        space = f' xmlns:{home.prefix}="{NAMESPACES[home.prefix]}"'
        if xmltree.namespaces(self.utf8, holder).get(home.prefix) == NAMESPACES[home.prefix]:
            space = ""
        if added and xmltree.is_empty_tag(self.utf8, holder):
            at = holder.opened - 2
            edits.append((at, at, space + "".join(f' {name}="{text}"' for name, text in added)))
        else:
            new = "".join(f"<{name}{space}>{text}</{name}>" for name, text in added)
            edits.append((holder.closing, holder.closing, new))
        return edits

    def _attribute_edit(self, node: Node, prefix: str, name: str, quoted: str | None) -> Edit:
        scope = xmltree.namespaces(self.utf8, node)
        for raw, _, start, end in xmltree.raw_attributes(self.utf8, node):
            space, _, local = raw.rpartition(":")
            if local == name and scope.get(space) == NAMESPACES[prefix]:
                return (start, end, "" if quoted is None else f" {raw}={quoted}")
        raise CorruptFile("the XMP packet has an attribute that cannot be located")
