"""An XML document as a tree of byte spans, so that a change can be spliced in and every other byte stays.

defusedxml does the parsing: documents with a DTD (and so with entities) or with external references are
refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers.expat import ExpatError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser, ParseError

from ...core.errors import CorruptFile

MAX_DEPTH: Final = 100
MAX_NODES: Final = 200_000

_TAG = re.compile(rb"""<[^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*>""")
_ATTRIBUTE = re.compile(rb"""\s+([^\s=>/"']+)\s*=\s*("[^"]*"|'[^']*')""")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ENTITIES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "\n": "&#10;",
        "\r": "&#13;",
        "\t": "&#9;",
    }
)


@dataclass(slots=True, eq=False)
class Node:
    """An element. `tag` and the keys of `attributes` are in {namespace}local form; `start`, `opened`,
    `closing` and `end` are byte offsets of `<x`, behind the start tag, of `</x` and behind the end tag (in
    `<x/>` the last three are the same).
    """

    tag: str
    attributes: dict[str, str]
    parent: Node | None
    start: int
    opened: int
    closing: int = 0
    end: int = 0
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """This element and all below it, in document order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    def named(self, tag: str) -> Iterator[Node]:
        return (child for child in self.children if child.tag == tag)


class _Builder:
    """The target of the parser, which it asks where in the bytes an event is."""

    def __init__(self, document: bytes) -> None:
        self.document = document
        self.parser = DefusedXMLParser(target=self, encoding="utf-8", forbid_dtd=True)
        self.root: Node | None = None
        self.current: Node | None = None
        self.depth = self.nodes = 0
        self.texts: list[str] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        self.nodes += 1
        if self.depth > MAX_DEPTH or self.nodes > MAX_NODES:
            raise CorruptFile("the XMP packet is nested too deeply or has too many elements")
        at = self.parser.parser.CurrentByteIndex
        match = _TAG.match(self.document, at)
        if match is None:
            raise CorruptFile("the XMP packet has a tag that cannot be located")
        self._flush()
        node = Node(tag, attributes, self.current, at, match.end())
        if self.current is None:
            self.root = node
        else:
            self.current.children.append(node)
        self.current = node

    def data(self, text: str) -> None:
        self.texts.append(text)

    def end(self, _tag: str) -> None:
        self._flush()
        node, self.current = self.current, None
        assert node is not None
        at = self.parser.parser.CurrentByteIndex
        if is_empty_tag(self.document, node):
            node.closing = node.end = node.opened
        else:
            node.closing, node.end = at, self.document.index(b">", at) + 1
        self.current = node.parent
        self.depth -= 1

    def close(self) -> Node | None:
        return self.root

    def _flush(self) -> None:
        if self.texts and self.current is not None:
            self.current.text += "".join(self.texts)
        self.texts.clear()


def parse(document: bytes) -> Node:
    """The root of a UTF-8 document. Raises `CorruptFile` if it is not well-formed, has a DTD, or is absurdly
    deep or large.
    """
    builder = _Builder(document)
    try:
        builder.parser.feed(document)
        root = builder.parser.close()
    except DefusedXmlException as error:
        raise CorruptFile(f"the XMP packet has a DTD or entities, which XMP forbids: {error}") from None
    except (ParseError, ExpatError, ValueError, LookupError) as error:
        raise CorruptFile(f"the XMP packet is not well-formed XML: {error}") from None
    if not isinstance(root, Node):
        raise CorruptFile("the XMP packet is empty")
    return root


def raw_name(document: bytes, node: Node) -> str:
    """The name with its prefix, as it is in the document."""
    match = re.match(rb"<([^\s/>]+)", document[node.start : node.opened])
    return match[1].decode() if match else ""


def raw_attributes(document: bytes, node: Node) -> list[tuple[str, str, int, int]]:
    """Each attribute as (raw name, raw quoted value, start, end); the span includes the white space before
    it.
    """
    first = node.start + 1 + len(raw_name(document, node).encode())
    return [
        (match[1].decode(), match[2].decode(), match.start(), match.end())
        for match in _ATTRIBUTE.finditer(document, first, node.opened)
    ]


def is_empty_tag(document: bytes, node: Node) -> bool:
    return document[node.opened - 2 : node.opened] == b"/>"


def namespaces(document: bytes, node: Node) -> dict[str, str]:
    """Prefix -> namespace in force inside `node`, as far as declared with prefixes and without character
    references.
    """
    scope: dict[str, str] = {}
    element: Node | None = node
    while element is not None:
        scope = dict(declared(document, element)) | scope
        element = element.parent
    return scope


def declared(document: bytes, node: Node) -> list[tuple[str, str]]:
    """(prefix, namespace) of each prefix that the start tag declares, as `namespaces` has them."""
    attributes = raw_attributes(document, node)
    return [(name[6:], value[1:-1]) for name, value, _, _ in attributes if name.startswith("xmlns:")]


def declarations(document: bytes, node: Node) -> str:
    """The xmlns attributes of the start tag, ready for a new one."""
    return "".join(
        f" {name}={value}" for name, value, _, _ in raw_attributes(document, node) if name.startswith("xmlns")
    )


def escape(text: str) -> str:
    """Text for an element or a quoted attribute. Raises ValueError for what XML 1.0 cannot hold."""
    if _NOT_XML.search(text):
        raise ValueError("text has characters that XML cannot hold")
    return text.translate(_ENTITIES)


def spliced(document: bytes, edits: list[tuple[int, int, str]]) -> bytes:
    """`document` with each (start, end, replacement) applied; edits do not overlap, those at one place keep
    their order.
    """
    pieces: list[bytes] = []
    position = 0
    for start, end, replacement in sorted(edits, key=lambda edit: edit[:2]):
        pieces += (document[position:start], replacement.encode())
        position = end
    return b"".join((*pieces, document[position:]))
