"""What `embed_file` asks of the module for one kind of work."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.options import EmbedOptions, Progress
from ..core.rights import Rights

if TYPE_CHECKING:
    from ..core.key import Key


@dataclass(frozen=True, slots=True)
class Order:
    """One file to be marked.

    payload : 8 bytes. rights : the notice, with the payload as `identifier`; None leaves the metadata as it
        is. strength : above 0 and finite. output : is entered when there is something to write, gives the
        temporary file to write it to, and makes it `dst` in the end. The rest is that of `embed_file`.
    """

    src: Path
    dst: Path
    payload: bytes
    key: Key
    rights: Rights | None
    strength: float
    output: AbstractContextManager[Path]
    options: EmbedOptions
    progress: Progress
