"""What MP4, QuickTime and 3GP share: a film's boxes, where the rights are in them, and how they are put in.

Rights are in the movie box `moov` (user data `udta`, metadata `meta`) and, as XMP, in `udta` or in a `uuid`
box of the file (XMP part 3, sections 1.2.7 and 1.2.8). The movie box stays where it is: what it grows by is
taken from a `free` box in it or behind it where there is one; otherwise the rest of the file moves and every
place stated in the file is corrected (`offsets`). The media data and all other boxes keep their bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...core.errors import CorruptFile, UnsupportedFormat
from ...formats.isobmff import MAX_TOP_BOXES, Box, Tail, box, boxes, meta_content, packed, walk
from ...formats.source import Edit, Patched, Source, memoised
from . import offsets

_XMP_UUID: Final = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_C2PA_UUID: Final = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
_FREE: Final = (b"free", b"skip")
_TOP_KINDS: Final = (
    b"ftyp",
    b"moov",
    b"mdat",
    b"moof",
    b"mfra",
    b"sidx",
    b"styp",
    b"uuid",
    b"meta",
    b"free",
    b"skip",
)
_MAX_BLOCK: Final = 1 << 28
"""Nobody's metadata is larger; a box that says so is not loaded."""
_RUNS: Final = {"asset": (b"cprt", b"auth"), "usertext": (b"\xa9cpy", b"\xa9ART")}
"""Stores that are boxes of the user data, and their kinds."""
_LISTS: Final = {"ilst": (b"mdir", (b"ilst",)), "keys": (b"mdta", (b"keys", b"ilst"))}
"""Stores in a box `meta`: its handler, and the kinds of the store's boxes in it."""


@dataclass(frozen=True, slots=True)
class _Meta:
    """A box `meta` and its children."""

    box: Box
    children: list[Box]


@dataclass(frozen=True, slots=True)
class _Movie:
    """A film taken apart.

    metas    handler -> the first box `meta` with it
    xmp      the first box with XMP
    doubled  stores that are in further such boxes, which do not count
    """

    data: Source
    top: list[Box]
    moov: Box
    parts: list[Box]
    udta: Box | None
    users: list[Box]
    metas: Mapping[bytes, _Meta]
    xmp: Box | None
    doubled: frozenset[str]

    def raw(self, part: Box) -> bytes:
        return self.data[part.start : part.end]

    def block(self, store: str) -> bytes:
        """Empty where the store is not there."""
        if store == "xmp":
            skipped = 16 if self.xmp and self.xmp.kind == b"uuid" else 0
            return self.data[self.xmp.content + skipped : self.xmp.end] if self.xmp else b""
        if store in _RUNS:
            return b"".join(self.raw(part) for part in self.users if part.kind in _RUNS[store])
        handler, kinds = _LISTS[store]
        meta = self.metas.get(handler)
        found = {part.kind: part for part in reversed(meta.children) if part.kind in kinds} if meta else {}
        if found.keys() != set(kinds):
            return b""
        if store == "ilst":
            return self.data[found[b"ilst"].content : found[b"ilst"].end]
        return self.raw(found[b"keys"]) + self.raw(found[b"ilst"])


def extract(data: Source) -> dict[str, bytes]:
    """Store -> its block. Raises `CorruptFile` for boxes that do not fit or a film without a movie box,
    `UnsupportedFormat` for one with several.
    """
    movie = _opened(data)
    blocks = {store: movie.block(store) for store in (*_LISTS, *_RUNS, "xmp")}
    return {store: block for store, block in blocks.items() if block}


def splice(data: Source, blocks: Mapping[str, bytes], *, xmp_in_udta: bool) -> Patched:
    """`data` with the blocks of some stores replaced, put in or, where a block is empty, taken out. A new XMP
    packet goes where `xmp_in_udta` says. Raises as `extract` does, and `UnsupportedFormat` where a place in
    the file cannot be corrected.
    """
    movie = _opened(data)
    if movie.xmp:
        xmp_in_udta = movie.xmp.kind != b"uuid"
    if any(not block and store in movie.doubled for store, block in blocks.items()):
        raise UnsupportedFormat(
            "the film has the same metadata twice: with these taken out, the others would count"
        )
    edits = _movie_edits(movie, blocks, xmp_in_udta)
    if edits:
        free = [part for part in movie.parts if part.kind in _FREE]
        edits += _absorbed(data, offsets.growth(edits), free)
        if growth := offsets.growth(edits):
            edits += _resized(data, movie.moov, growth)
        edits += _absorbed(data, offsets.growth(edits), _free_behind(movie, movie.moov))
    if "xmp" in blocks and not xmp_in_udta:
        edits += _xmp_edits(movie, blocks["xmp"], edits)
    return Patched(data, [*edits, *offsets.corrections(data, movie.top, movie.parts, edits)])


def has_c2pa(data: Source) -> bool:
    """Whether a C2PA manifest (a `uuid` box; C2PA 2.1, section A.5) is there."""
    return any(
        part.kind == b"jumb"
        or (part.kind == b"uuid" and data[part.content : part.content + 16] == _C2PA_UUID)
        for part in _top(data)
    )


def spans(data: Source) -> Iterator[tuple[int, int]]:
    """Where the media data are: the content of every `mdat`."""
    for part in _top(data):
        if part.kind == b"mdat":
            yield part.content, part.end


@memoised
def _top(data: Source) -> list[Box]:
    """The boxes of the file. Some cameras put something that is no box behind the last one."""
    found: list[Box] = []
    try:
        found.extend(walk(data, most=MAX_TOP_BOXES, tail=Tail.ZEROS))
    except CorruptFile:
        end = found[-1].end if found else 0
        whole = {b"moov", b"mdat"} <= {part.kind for part in found}
        if not whole or data[end + 4 : end + 8] in _TOP_KINDS or len(found) == MAX_TOP_BOXES:
            raise
    return found


@memoised
def _opened(data: Source) -> _Movie:
    top = _top(data)
    movies = [part for part in top if part.kind == b"moov"]
    if not movies:
        raise CorruptFile(
            "the film has no movie box (moov): its recording or download was cut short; fetch a fresh copy"
        )
    if len(movies) > 1:
        raise UnsupportedFormat(
            "the film has several movie boxes (moov); remux it first, with FFmpeg's -c copy"
        )
    parts = boxes(data, movies[0].content, movies[0].end, tail=Tail.ZEROS)
    holders = [(part, _children(data, part)) for part in parts if part.kind == b"udta"]
    with_list = (holder for holder in holders if any(part.kind == b"meta" for part in holder[1]))
    udta, users = next(with_list, holders[0] if holders else (None, []))
    metas: dict[bytes, list[_Meta]] = {}
    for part in (*users, *parts):
        if part.kind == b"meta":
            children = _children(data, part)
            metas.setdefault(_handler(data, children), []).append(_Meta(part, children))
    uuids = (part for part in top if part.kind == b"uuid")
    xmps = [part for part in uuids if data[part.content : part.content + 16] == _XMP_UUID]
    xmps += (part for part in users if part.kind == b"XMP_")
    if any(part.end - part.start > _MAX_BLOCK for part in xmps):
        raise UnsupportedFormat("the film's XMP is larger than can be handled")
    doubled = {store for store, (handler, _) in _LISTS.items() if len(metas.get(handler, [])) > 1}
    doubled |= {"xmp"} if len(xmps) > 1 else set()
    return _Movie(
        data,
        top,
        movies[0],
        parts,
        udta,
        users,
        {handler: found[0] for handler, found in metas.items()},
        xmps[0] if xmps else None,
        frozenset(doubled),
    )


def _children(data: Source, parent: Box) -> list[Box]:
    """The boxes in `udta` or `meta`."""
    if parent.end - parent.start > _MAX_BLOCK:
        raise UnsupportedFormat("the film has more metadata than can be handled")
    start = meta_content(data, parent) if parent.kind == b"meta" else parent.content
    return boxes(data, start, parent.end, tail=Tail.ZEROS)


def _handler(data: Source, children: Sequence[Box]) -> bytes:
    """What a box `meta` holds, by its box `hdlr`."""
    handler = next((part for part in children if part.kind == b"hdlr"), None)
    return data[handler.content + 8 : handler.content + 12] if handler else b""


def _movie_edits(movie: _Movie, blocks: Mapping[str, bytes], xmp_in_udta: bool) -> list[Edit]:
    """The edits among the children of the movie box."""
    renewed: dict[Box, bytes] = {}
    new: dict[str, bytes] = {}
    for store, (handler, kinds) in _LISTS.items():
        if store in blocks:
            content = box(b"ilst", blocks[store]) if store == "ilst" and blocks[store] else blocks[store]
            if handler in movie.metas:
                renewed[movie.metas[handler].box] = _meta(movie, movie.metas[handler], kinds, content)
            else:
                new[store] = _new_meta(store, handler, content)
    users = [renewed.get(part, movie.raw(part)) for part in movie.users]
    for store, run in _RUNS.items():
        if store in blocks:
            users = _replaced(users, run, blocks[store], in_front=True)
    if "xmp" in blocks and xmp_in_udta:
        users = _replaced(users, (b"XMP_",), box(b"XMP_", blocks["xmp"]) if blocks["xmp"] else b"")
    # Neither place may have two boxes `meta`: the usual one for each list, or else the other.
    taken = any(part.kind == b"meta" for part in movie.users)
    in_udta, in_moov = (new.get("ilst", b""), new.get("keys", b""))
    if taken or (in_moov and any(part.kind == b"meta" for part in movie.parts)):
        in_udta, in_moov = in_moov, in_udta
    users = _padded([*users, in_udta], sum(part.end - part.start for part in movie.users))
    edits = [(part.start, part.end, renewed[part]) for part in movie.parts if part in renewed]
    edits.append(_udta_edit(movie, b"".join(users)))
    end = _end(movie.parts, movie.moov)
    edits.append((end, end, in_moov))
    return [edit for edit in edits if movie.data[edit[0] : edit[1]] != edit[2]]


def _udta_edit(movie: _Movie, content: bytes) -> Edit:
    if movie.udta is None:
        end = _end(movie.parts, movie.moov)
        return end, end, box(b"udta", content) if content else b""
    tail = movie.data[_end(movie.users, movie.udta) : movie.udta.end]
    kept = content or not movie.users
    return movie.udta.start, movie.udta.end, box(b"udta", content, tail) if kept else b""


def _end(parts: Sequence[Box], parent: Box) -> int:
    """Where the children of a box end; zeros may follow."""
    return parts[-1].end if parts else parent.content


def _meta(movie: _Movie, meta: _Meta, kinds: Sequence[bytes], content: bytes) -> bytes:
    """The box with its boxes of these kinds replaced; empty if nothing but our own handler is left."""
    prefix = movie.data[meta.box.content : meta.children[0].start]
    old = [movie.raw(part) for part in meta.children]
    new = _padded(_replaced(old, kinds, content), sum(map(len, old)))
    if not content and [*map(bytes, new)] in ([_hdlr(b"mdir", b"appl")], [_hdlr(b"mdta", bytes(4))]):
        return b""
    return box(b"meta", prefix, *new, movie.data[meta.children[-1].end : meta.box.end])


def _new_meta(store: str, handler: bytes, content: bytes) -> bytes:
    if not content:
        return b""
    if store == "ilst":
        return box(b"meta", bytes(4), _hdlr(handler, b"appl"), content)
    return box(b"meta", _hdlr(handler, bytes(4)), content)


def _hdlr(handler: bytes, manufacturer: bytes) -> bytes:
    return box(b"hdlr", bytes(8), handler, manufacturer, bytes(9))


def _replaced(
    children: Sequence[bytes], kinds: Sequence[bytes], new: bytes, *, in_front: bool = False
) -> list[bytes]:
    """Boxes of these kinds give way to `new` where the first of them is; else at the end, or in front."""
    ours = (at for at, child in enumerate(children) if child[4:8] in kinds)
    first = next(ours, 0 if in_front else len(children))
    rest = (child for child in children[first:] if child[4:8] not in kinds)
    return [*children[:first], *([new] if new else []), *rest]


def _padded(children: list[bytes], size: int) -> list[bytes]:
    """The children with a `free` box among them cut or filled so that all together keep their size."""
    growth = sum(map(len, children)) - size
    for at, child in enumerate(children):
        left = len(child) - growth
        if child[4:8] in _FREE and child[:4] != b"\0\0\0\1" and growth and (left == 0 or left >= 8):
            filled = [box(child[4:8], (child[8:] + bytes(max(-growth, 0)))[: left - 8])] if left else []
            return [*children[:at], *filled, *children[at + 1 :]]
    return children


def _absorbed(data: Source, growth: int, free: Sequence[Box]) -> list[Edit]:
    """The edit of a `free` box that makes up for the growth; none where no box has the room."""
    for part in free:
        left = part.end - part.start - growth
        if not growth or part.content != part.start + 8 or data[part.start : part.start + 4] == bytes(4):
            continue
        if left == 0:
            return [(part.start, part.end, b"")]
        if left >= 8:
            header = packed(left, 4) + part.kind
            return [(part.start, part.content + max(growth, 0), header + bytes(max(-growth, 0)))]
    return []


def _free_behind(movie: _Movie, place: Box) -> list[Box]:
    """The `free` boxes from `place` to the next media data."""
    found = []
    for part in movie.top[movie.top.index(place) + 1 :]:
        if part.kind in (b"mdat", b"moof"):
            break
        if part.kind in _FREE:
            found.append(part)
    return found


def _resized(data: Source, part: Box, growth: int) -> list[Edit]:
    """The size of a box, also where it was given as "to the end of the file"."""
    size = part.end - part.start + growth
    if data[part.start : part.start + 4] == b"\0\0\0\1":
        return [(part.start + 8, part.start + 16, packed(size, 8))]
    return [(part.start, part.start + 4, packed(size, 4))]


def _xmp_edits(movie: _Movie, packet: bytes, inside: Sequence[Edit]) -> list[Edit]:
    """The XMP box where it is; a new one at the end, or before what has to be last (`mfra`), or zeros."""
    new = box(b"uuid", _XMP_UUID, packet) if packet else b""
    if movie.xmp:
        used = {edit[0] for edit in inside}
        free = [part for part in _free_behind(movie, movie.xmp) if part.start not in used]
        growth = len(new) - (movie.xmp.end - movie.xmp.start)
        return [(movie.xmp.start, movie.xmp.end, new), *_absorbed(movie.data, growth, free)]
    if not new:
        return []
    last = movie.top[-1]
    to_the_end = movie.data[last.start : last.start + 4] == bytes(4)
    if last.kind in (b"mfra", bytes(4)) or (to_the_end and last.end - last.start >> 32):
        return [(last.start, last.start, new)]
    closed = any(edit[:2] == (last.start, last.start + 4) for edit in inside)
    closing = _resized(movie.data, last, 0) if to_the_end and not closed else []
    return [*closing, (last.end, last.end, new)]
