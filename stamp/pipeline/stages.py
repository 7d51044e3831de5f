"""The way of one file that is marked: a list of stages, the same for a photo, a clip and a song.

What each kind of work does in its own way is in `image`, `audio` and `video` (see `work.Work`); what they
share is here. A stage is a function that takes the `Passage` and leaves in it what later ones need. One that
changes what is seen or heard belongs between `decode` and `mark`; one that needs the finished bytes, or must
have been done before anybody can see the file, belongs before `place`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import HostError
from ..core.reports import EmbedReport, RightsReport
from ..formats.reading import named
from ..storage.digest import Digest, digest, traces
from ..storage.outputs import placing
from .notice import add_notice
from .request import EmbedRequest
from .work import Effort, Medium, Work


class Passage:
    """One file on its way.

    work : set by `decode`. effort : of the attempt that is made. metadata : None without a notice.
    readable : whether the mark was read back. digests : of source and draft. drafting : what is open while
        there is a draft; closed, the draft is in its place, left by an exception, it is gone.
    """

    work: Work

    def __init__(self, request: EmbedRequest, medium: Medium) -> None:
        self.request, self.medium = request, medium
        self.effort = Effort()
        self.metadata: RightsReport | None = None
        self.readable = False
        self.digests: tuple[Digest, Digest] | None = None
        self.drafting = ExitStack()
        self._placing = placing(request.src, request.dst, request.overwrite)
        self._draft: Path | None = None

    @property
    def draft(self) -> Path:
        """The file that becomes the output; it is made when it is first asked for."""
        if self._draft is None:
            self._draft = self.drafting.enter_context(self._placing)
        return self._draft

    def report(self) -> EmbedReport:
        """Return what is to be said about the finished file."""
        request, work = self.request, self.work
        metadata = self.metadata and replace(self.metadata, path=request.dst)
        notes = (*work.notes(), *(metadata.notes if metadata else ()))
        return EmbedReport(
            request.src,
            request.dst,
            request.payload,
            work.psnr_db,
            work.ssim,
            metadata=metadata,
            notes=tuple(dict.fromkeys(notes)),
            marked_share=work.marked_share,
            kind=work.kind,
            planned=request.output.dry_run,
            **self._made(),
        )

    def _made(self) -> dict[str, Any]:
        """With which key which file was made of which; nothing in a dry run."""
        if self.digests is None:
            return {}
        key = self.request.key
        return {"key_name": key.name, "key_fingerprint": key.fingerprint, **traces(*self.digests)}


Stage = Callable[[Passage], None]


def decode(passage: Passage) -> None:
    """Open the work, and plan how it is written again."""
    passage.work = passage.medium.decode(passage.request)


def mark(passage: Passage) -> None:
    """Put the watermark in."""
    passage.work.mark(passage.effort)


def encode(passage: Passage) -> None:
    """Write the marked work to the draft."""
    passage.work.encode(passage.draft, passage.effort)


def notice(passage: Passage) -> None:
    """Splice the rights notice into the draft; it is read back, and the essence compared, there."""
    if passage.request.rights:
        passage.metadata = add_notice(passage.draft, passage.request.rights, passage.request.notice)


def verify(passage: Passage) -> None:
    """Read the mark back from the draft."""
    passage.readable = passage.work.read_back(passage.draft) == passage.request.payload


def weigh(passage: Passage) -> None:
    """Take the hashes of source and draft. The source has been read and the draft written just now, so that
    both come from memory where there is room for them; `place` sees to it that neither has changed."""
    passage.digests = digest(passage.request.src), digest(passage.draft)


def place(passage: Passage) -> None:
    """Let the draft appear under the name of the output."""
    passage.drafting.close()


class UntilReadable:
    """Stages that are run with one effort of the work after the other, until the mark can be read back.

    Raises HostError where no effort suffices.
    """

    def __init__(self, *stages: Stage) -> None:
        self.stages = stages

    def __call__(self, passage: Passage) -> None:
        for effort in passage.work.efforts:
            passage.effort = effort
            for stage in self.stages:
                stage(passage)
            if passage.readable:
                return
        raise HostError(passage.work.unreadable())


READING: tuple[Stage, ...] = (decode,)
"""All that is done in a dry run."""

STAGES: tuple[Stage, ...] = (
    *READING,
    UntilReadable(mark, encode, notice, verify),
    weigh,
    place,
)


def embed(request: EmbedRequest, medium: Medium) -> EmbedReport:
    """Take one file through all stages. Where one of them fails, nothing is left of the draft, and the output
    is what it was."""
    passage = Passage(request, medium)
    with named(request.src), passage.drafting:
        for stage in READING if request.output.dry_run else STAGES:
            stage(passage)
    return passage.report()
