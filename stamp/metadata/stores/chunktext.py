"""Texts in chunks, as in RIFF's LIST INFO and in AIFF: what `info` and `iff` have in common.

A block is a run of chunks. Chunks that are not ours keep their bytes and their order. Some writers of INFO
leave the padding out; a kind never begins with a zero, which tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ...core.checks import Value
from ...core.errors import CorruptFile
from ..mapping.columns.music import ChunkText
from .names import join_names, split_names

_MAX_CHUNKS = 10_000


@dataclass(frozen=True, slots=True)
class ChunkTexts:
    """How a format writes texts: `order` of the bytes of a length, `end` behind a text, and the `codec` of
    texts that are neither ASCII nor UTF-8.
    """

    slots: Mapping[str, ChunkText]
    order: Literal["little", "big"]
    end: bytes
    codec: str

    def read(self, block: bytes) -> dict[str, Value]:
        """The rights in a run of chunks. Raises `CorruptFile` for a chunk that does not fit."""
        chunks = self._chunks(block)
        found: dict[str, Value] = {}
        for name, slot in self.slots.items():
            raw = next(
                (self._content(chunk) for chunk in chunks if chunk.startswith(slot.chunk.encode())), b""
            )
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
        """Each text where the first chunk of its kind stands, or at the end; an empty one goes."""
        packed = {kind: self._packed(kind, text) if text else b"" for kind, text in new.items()}
        chunks = self._chunks(block)
        rest = block[sum(map(len, chunks)) :]
        body = b"".join(packed.pop(chunk[:4], b"") if chunk[:4] in new else chunk for chunk in chunks)
        more = b"".join(packed.values())
        return body + (bytes(len(body) % 2) + more if more else b"") + rest

    def _packed(self, kind: bytes, text: bytes) -> bytes:
        content = text + self.end
        return kind + len(content).to_bytes(4, self.order) + content + bytes(len(content) % 2)

    def _content(self, chunk: bytes) -> bytes:
        return chunk[8 : 8 + int.from_bytes(chunk[4:8], self.order)]

    def _chunks(self, block: bytes) -> list[bytes]:
        """The whole chunks."""
        chunks: list[bytes] = []
        at = 0
        while at + 8 <= len(block):
            end = at + 8 + int.from_bytes(block[at + 4 : at + 8], self.order)
            if end > len(block):
                raise CorruptFile("a text does not fit in its chunk")
            end += 1 if (end - at) % 2 and block[end : end + 1] == b"\0" else 0
            chunks.append(block[at:end])
            at = end
            if len(chunks) > _MAX_CHUNKS:
                raise CorruptFile("an absurd number of texts in one chunk")
        return chunks

    def _decoded(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            return raw.decode(self.codec, "replace")
