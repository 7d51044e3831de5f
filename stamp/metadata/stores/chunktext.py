"""Texts in chunks, as in RIFF's LIST INFO and in AIFF: what `info` and `iff` have in common.

A block is a run of chunks. Chunks that are not ours keep their bytes and their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ...core.checks import Value
from ...core.errors import CorruptFile
from ...formats import riff
from ..mapping.columns.music import ChunkText
from .names import join_names, split_names

_MAX_CHUNKS = 10_000


@dataclass(frozen=True, slots=True)
class ChunkTexts:
    """How a format writes texts: `order` of the bytes of a length, `end` behind a text, and the `codec` of
    texts that are neither ASCII nor UTF-8.
    """

    slots: Mapping[str, ChunkText]
    order: riff.Order
    end: bytes
    codec: str

    def read(self, block: bytes) -> dict[str, Value]:
        """The rights in a run of chunks. Raises `CorruptFile` for a chunk that does not fit."""
        chunks = self._chunks(block)
        found: dict[str, Value] = {}
        for name, slot in self.slots.items():
            raw = next((chunk.content(block) for chunk in chunks if chunk.kind == slot.chunk.encode()), b"")
            text = self._decoded(raw.partition(b"\0")[0]).strip()
            if text:
                found[name] = split_names(text) if name == "creators" else text
        return found

    def write(self, block: bytes | None, values: dict[str, Value]) -> bytes:
        """The run with the rights in `values`, in ASCII; identical bytes where nothing differs. A text of
        which nothing legible is left in ASCII is taken out.
        """
        block = block or b""
        present = self.read(block)
        held = {name: self.slots[name].held(value) for name, value in values.items()}
        new = {
            self.slots[name].chunk.encode(): join_names(value).encode()
            for name, value in held.items()
            if (value or None) != present.get(name)
        }
        return self._with(block, new) if new else block

    def remove(self, block: bytes, values: dict[str, Value]) -> bytes:
        """The run without these fields."""
        return self._with(block, {self.slots[name].chunk.encode(): b"" for name in values})

    def _with(self, block: bytes, new: dict[bytes, bytes]) -> bytes:
        """Each text where the first chunk of its kind is, or at the end; an empty one goes."""
        packed = {
            kind: riff.packed(kind, text + self.end, self.order) if text else b""
            for kind, text in new.items()
        }
        chunks = self._chunks(block)
        rest = block[chunks[-1].stop if chunks else 0 :]
        body = b"".join(
            packed.pop(chunk.kind, b"") if chunk.kind in new else block[chunk.at : chunk.stop]
            for chunk in chunks
        )
        more = b"".join(packed.values())
        return body + (bytes(len(body) % 2) + more if more else b"") + rest

    def _chunks(self, block: bytes) -> list[riff.Chunk]:
        """The whole chunks."""
        chunks: list[riff.Chunk] = []
        for chunk in riff.chunks(block, 0, len(block), self.order, unpadded=True):
            if chunk.end > len(block):
                raise CorruptFile("a text does not fit in its chunk")
            chunks.append(chunk)
            if len(chunks) > _MAX_CHUNKS:
                raise CorruptFile("an absurd number of texts in one chunk")
        return chunks

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode(self.codec, "replace")
