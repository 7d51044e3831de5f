"""Matroska tags (RFC 9559, section 5.1.8; official names: Matroska Media Container Tag Specifications).

A block is a run of elements `Tags`. Ours are the texts (`SimpleTag`) in a `Tag` that speaks of the whole
file: without a track, edition, chapter or attachment, and of the level 50 (a film, an album), which is the
default. A text in some other language, and whatever is inside of a text, stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from ...core.checks import Value
from ...formats.ebml import Element, elements, encoded, master, number, size_width
from ..mapping.columns.music import Comment
from ..mapping.fields import slots_in
from .names import divided, joined

_SLOTS = {name: slot for name, slot in slots_in("tags").items() if isinstance(slot, Comment)}
TAGS: Final = 0x1254C367
_TAG: Final = 0x7373
_TARGETS: Final = 0x63C0
_LEVEL: Final = 0x68CA
_UIDS: Final = (0x63C5, 0x63C9, 0x63C4, 0x63C6)
_SIMPLE: Final = 0x67C8
_NAME: Final = 0x45A3
_STRING: Final = 0x4487
_KEPT: Final = (_NAME, _SIMPLE)
"""What can be left of a text: it has one name."""
_LANGUAGES: Final = (0x447A, 0x447B)
_WHOLE_FILE: Final = 50
_DEFAULT_LANGUAGES: Final = ("und", "eng", "en")


@dataclass(frozen=True, slots=True)
class _Node:
    """An element with children, of which only those that are looked into are nodes.

    key   of a text that may be ours, its name in capitals
    ours  whether a `Tag` speaks of the whole file
    """

    id: int
    width: int
    children: tuple[bytes | _Node, ...]
    key: str = ""
    ours: bool = False

    def nodes(self, kind: int) -> list[_Node]:
        return [child for child in self.children if isinstance(child, _Node) and child.id == kind]

    def first(self, kind: int) -> bytes | None:
        """The content of the first child of this kind."""
        parts = ((raw, next(elements(raw))) for raw in self.children if isinstance(raw, bytes))
        return next((raw[part.content :] for raw, part in parts if part.id == kind), None)

    def with_text(self, text: str) -> _Node:
        """A text tag that says something else."""
        new = encoded(_STRING, text.encode())
        kinds = [next(elements(raw)).id if isinstance(raw, bytes) else raw.id for raw in self.children]
        at = kinds.index(_STRING)
        return replace(self, children=(*self.children[:at], new, *self.children[at + 1 :]))

    def without_text(self) -> _Node | None:
        """A text tag of which only the texts inside of it are left, None where there are none."""
        kept = [raw for raw in self.children if isinstance(raw, bytes) and next(elements(raw)).id in _KEPT]
        return replace(self, children=tuple(kept), key="") if len(kept) > 1 else None

    def encoded(self) -> bytes:
        parts = (child if isinstance(child, bytes) else child.encoded() for child in self.children)
        return master(self.id, parts, size_width=self.width)


_OPENED: Final = {TAGS: (_TAG,), _TAG: (_TARGETS, _SIMPLE)}


def read(block: bytes) -> dict[str, Value]:
    """The rights in a run of `Tags`. Raises `CorruptFile` for elements that do not fit."""
    run = _parsed(block)
    found = {name: slot.value(divided(slot, _texts(run, slot))) for name, slot in _SLOTS.items()}
    return {name: value for name, value in found.items() if value is not None}


def write(block: bytes | None, values: dict[str, Value]) -> bytes:
    """The run, or a new one, with the rights in `values`; identical bytes where nothing differs. Raises
    `CorruptFile` as `read` does.
    """
    before = run = _parsed(block or b"")
    for name, value in values.items():
        slot = _SLOTS[name]
        present = _texts(run, slot)
        texts = joined(slot, value, present)
        if slot.value(divided(slot, present)) != slot.value(divided(slot, texts)):
            run = _edited(run, slot, texts)
    return block if block and run is before else b"".join(tags.encoded() for tags in run)


def remove(block: bytes, values: dict[str, Value]) -> bytes:
    """The run without these fields; empty if nothing is left in it."""
    run = _parsed(block)
    # Licensors before the first one's URL, which is a part of them.
    for name, value in reversed(values.items()):
        slot = _SLOTS[name]
        if present := _texts(run, slot):
            run = _edited(run, slot, () if slot.kind == "names" else slot.without(value, present))
    return b"".join(tags.encoded() for tags in run)


def _edited(run: list[_Node], slot: Comment, texts: Sequence[str]) -> list[_Node]:
    """With these texts in the places of those that are there, and what is more at the end of a `Tag`."""
    left = list(texts)
    run = [kept for tags in run if (kept := _kept(tags, slot, left))]
    return _with(run, [_simple(slot, text) for text in left]) if left else run


def _kept(tags: _Node, slot: Comment, left: list[str]) -> _Node | None:
    """The element with our texts replaced or dropped; None where nothing is left in it."""
    children: list[bytes | _Node] = []
    for tag in tags.children:
        if not isinstance(tag, _Node) or not tag.ours:
            children.append(tag)
            continue
        inner = [new for child in tag.children if (new := _replaced(child, slot, left))]
        has_text = any(isinstance(child, _Node) and child.id == _SIMPLE for child in inner)
        if has_text or len(inner) == len(tag.children):
            children.append(replace(tag, children=tuple(inner)))
    if not any(isinstance(child, _Node) for child in children) and tags.nodes(_TAG):
        return None
    return replace(tags, children=tuple(children))


def _replaced(child: bytes | _Node, slot: Comment, left: list[str]) -> bytes | _Node | None:
    if not isinstance(child, _Node) or not _is_ours(child, slot):
        return child
    if not left:
        return child.without_text()
    text = left.pop(0)
    return child if _text(child, _STRING) == text else child.with_text(text)


def _with(run: list[_Node], added: list[_Node]) -> list[_Node]:
    """The texts in the first `Tag` that speaks of the whole file, or in a new one."""
    for at, tags in enumerate(run):
        for tag in (tag for tag in tags.nodes(_TAG) if tag.ours):
            fuller = replace(tag, children=(*tag.children, *added))
            children = tuple(fuller if child is tag else child for child in tags.children)
            return [*run[:at], replace(tags, children=children), *run[at + 1 :]]
    new = _Node(_TAG, 1, (_Node(_TARGETS, 1, ()), *added), ours=True)
    first = run[0] if run else _Node(TAGS, 1, ())
    return [replace(first, children=(*first.children, new)), *run[1:]]


def _simple(slot: Comment, text: str) -> _Node:
    children = (encoded(_NAME, slot.key.encode()), encoded(_STRING, text.encode()))
    return _Node(_SIMPLE, 1, children, key=slot.key)


def _is_of_file(tag: _Node) -> bool:
    for targets in tag.nodes(_TARGETS):
        level = targets.first(_LEVEL)
        if level is not None and number(level) != _WHOLE_FILE:
            return False
        if any(number(targets.first(uid) or b"") for uid in _UIDS):
            return False
    return True


def _key(simple: _Node) -> str:
    languages = [_text(simple, kind).lower() for kind in _LANGUAGES]
    plain = all(language in ("", *_DEFAULT_LANGUAGES) for language in languages)
    return _text(simple, _NAME).upper() if plain and simple.first(_STRING) is not None else ""


def _is_ours(simple: _Node, slot: Comment) -> bool:
    return simple.key == slot.key and slot.claims(_text(simple, _STRING).strip())


def _text(node: _Node, kind: int) -> str:
    """Zeros may pad a text (RFC 8794, section 7.4)."""
    return (node.first(kind) or b"").rstrip(b"\0").decode(errors="replace")


def _texts(run: Iterable[_Node], slot: Comment) -> list[str]:
    return [
        _text(simple, _STRING)
        for tags in run
        for tag in tags.nodes(_TAG)
        if tag.ours
        for simple in tag.nodes(_SIMPLE)
        if _is_ours(simple, slot)
    ]


def _parsed(block: bytes) -> list[_Node]:
    return [_node(block[part.start : part.end], part) for part in elements(block) if part.id == TAGS]


def _node(raw: bytes, part: Element) -> _Node:
    """`raw` is the element `part`, alone."""
    content = raw[part.content - part.start :]
    inner = [(child, content[child.start : child.end]) for child in elements(content)]
    opened = _OPENED.get(part.id, ())
    children = (_node(bytes_, child) if child.id in opened else bytes_ for child, bytes_ in inner)
    node = _Node(part.id, size_width(raw), tuple(children))
    return replace(
        node, ours=part.id == _TAG and _is_of_file(node), key=_key(node) if part.id == _SIMPLE else ""
    )
