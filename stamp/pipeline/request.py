"""What `embed_file` was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.options import EmbedOptions, NoticeOptions, OutputOptions, Progress
from ..core.payload import Payload
from ..core.rights import Rights
from ..core.visible import VisibleNotice
from ..formats.table import Kind
from .registering import Entry
from .signing import Signing

if TYPE_CHECKING:
    from ..core.key import Key


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """One file to be marked.

    payload : 8 bytes. rights : the notice, with the payload as `identifier`; None leaves the metadata as it
        is. strength : above 0 and finite. entry : where the copy is written down.
    visible : what is drawn, with the year in its text. signing : who signs it; None for nobody. The rest is
        that of `embed_file`.
    """

    src: Path
    dst: Path
    kind: Kind
    payload: Payload
    key: Key
    rights: Rights | None
    notice: NoticeOptions
    strength: float
    overwrite: bool
    remark: bool
    options: EmbedOptions
    progress: Progress
    output: OutputOptions
    entry: Entry | None
    visible: VisibleNotice | None = None
    signing: Signing | None = None
