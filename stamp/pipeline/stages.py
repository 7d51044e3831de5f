"""The way of one file that is marked: a list of stages, the same for a photo, a clip and a song.

What each kind of work does in its own way is in `image`, `audio` and `video` (see `work.Work`); what they
share is here. A stage is a function that takes the `Passage` and leaves in it what later ones need. One that
changes what is seen or heard belongs between `look` and `mark`; one that needs the finished bytes, or must
have been done before anybody can see the file, belongs before `place`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from ..core import log
from ..core.credentials import Signed
from ..core.errors import AlreadyMarked, HostError
from ..core.margin import Margin
from ..core.payload import Payload
from ..core.reports import EmbedReport, RightsReport
from ..formats.reading import named
from ..metadata.document import BROKEN_BY_CHANGES
from ..storage.digest import traces
from ..storage.outputs import placing
from ..storage.sidecars import Beside
from .notice import add_notice
from .registering import Registration
from .request import EmbedRequest
from .signing import SCHEMES, Unsigned, add_credentials
from .visible import notes_on
from .work import Effort, Medium, Work


class Passage:
    """One file on its way.

    work : set by `decode`. former : the payload that it carried before. effort : of the attempt
        that is made. metadata : None without a notice. beside : the sidecars of source and output.
    readable : whether the mark was read back. margin : see `EmbedReport`. traced : which file was made of
        which, see `Written`.
    registration : the copy in the catalogue. signed : how; None where nobody signs. remarks : what is to be
        said beside.
    drafting : what is open while there is a draft; closed, the draft is in its place, left by an exception,
        it is gone.
    """

    work: Work

    def __init__(self, request: EmbedRequest, medium: Medium) -> None:
        self.request, self.medium = request, medium
        self.effort = Effort()
        self.former: Payload | None = None
        self.metadata: RightsReport | None = None
        self.readable = False
        self.margin: Margin | None = None
        self.traced: dict[str, Any] = {}
        self.registration = Registration(request.entry)
        self.signed: Signed | None = None
        self.remarks: list[str] = []
        self.drafting = ExitStack()
        self._placed: list[str] = []
        self._placing = placing(request.src, request.dst, request.overwrite, request.output, self._placed)
        self.beside = Beside(request.src, request.dst)
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
        short = [self.margin.words] if self.margin and not self.margin.holds else []
        said = (
            *work.notes(),
            *short,
            *notes_on(request.visible, work.visible),
            *(metadata.notes if metadata else ()),
            *self._placed,
            *self.remarks,
        )
        notes = [note for note in said if not (self.signed and note == BROKEN_BY_CHANGES)]
        return EmbedReport(
            request.src,
            request.dst,
            request.payload,
            work.psnr_db,
            work.ssim,
            metadata=metadata,
            notes=tuple(dict.fromkeys(notes)),
            marked_share=work.marked_share,
            former_payload=self.former,
            kind=work.kind,
            planned=request.output.dry_run,
            known=self.registration.known,
            margin=self.margin,
            visible=work.visible,
            credentials=self.signed,
            **self.traced,
        )


Stage = Callable[[Passage], None]


def timed(stage: Stage) -> Stage:
    """Return a stage that logs how long it took."""

    @wraps(stage)
    def run(passage: Passage) -> None:
        began = time.perf_counter()
        stage(passage)
        seconds = time.perf_counter() - began
        log.files.debug("%s: %s took %.3f s", passage.request.src, stage.__name__, seconds)

    return run


@timed
def decode(passage: Passage) -> None:
    """Open the work, and plan how it is written again."""
    passage.work = passage.medium.decode(passage.request)


@timed
def look(passage: Passage) -> None:
    """Read a mark of the key that the work carries already. Raises AlreadyMarked, unless it is to be marked
    again: both marks would be there, and the newer one be read."""
    request = passage.request
    passage.former = former = passage.work.former()
    if former and not request.remark:
        what = f"carries the mark {former.hex()} of this key already"
        remedy = "begin with the original, or mark it again on purpose (`remark=True`)"
        raise AlreadyMarked(f"{what}; {remedy}", path=request.src, payload=former)


@timed
def draw(passage: Passage) -> None:
    """Draw the visible notice: below the mark, so that this is read as without it."""
    if passage.request.visible:
        passage.work.draw(passage.request.visible)


@timed
def reserve(passage: Passage) -> None:
    """Have the payload written down as that of its work, before anything carries it."""
    request = passage.request
    passage.registration.reserve(
        *(request.src, request.dst, request.kind, request.payload, request.key),
        creators=tuple(request.rights.creators) if request.rights else (),
    )


@timed
def mark(passage: Passage) -> None:
    """Put the watermark in."""
    passage.work.mark(passage.effort)


@timed
def encode(passage: Passage) -> None:
    """Write the marked work to the draft."""
    passage.work.encode(passage.draft, passage.effort)


@timed
def notice(passage: Passage) -> None:
    """Splice the rights notice into the draft; it is read back, and the essence compared, there."""
    request = passage.request
    if request.rights:
        passage.metadata = add_notice(
            passage.draft, request.rights, request.notice, beside=passage.beside, placed=passage.drafting
        )


@timed
def verify(passage: Passage) -> None:
    """Read the mark back from the draft."""
    passage.readable = passage.work.read_back(passage.draft) == passage.request.payload


@timed
def measure(passage: Passage) -> None:
    """Measure what would be left of the mark in a coarse copy of the draft."""
    if passage.readable and passage.request.options.margin:
        passage.margin = passage.work.measure(passage.draft)


@timed
def sign(passage: Passage) -> None:
    """Put Content Credentials into the draft, or beside it: nothing may be written to it afterwards."""
    request = passage.request
    if request.signing:
        work = Unsigned(
            *(passage.draft, request.src, request.dst, request.payload, SCHEMES[request.kind]),
            *(request.key.fingerprint, request.rights, request.overwrite, request.visible is not None),
        )
        passage.signed, notes = add_credentials(
            work, request.signing, passage.drafting, passage.registration.keep_manifest
        )
        passage.remarks += notes


@timed
def weigh(passage: Passage) -> None:
    """Take the hashes of source and draft. The source has been read and the draft written just now, so that
    both come from memory where there is room for them; `place` sees to it that neither has changed."""
    request = passage.request
    passage.traced = {
        "key_name": request.key.name,
        "key_fingerprint": request.key.fingerprint,
        **traces(request.src, passage.draft),
    }


@timed
def register(passage: Passage) -> None:
    """Have the finished draft written down where it is to be known, before anybody can see it."""
    traced = passage.traced
    passage.registration.complete(passage.draft, traced["sha256_after"], traced["bytes_after"])
    passage.request.output.write_down(passage.draft, passage.beside.after)


@timed
def place(passage: Passage) -> None:
    """Let the draft appear under the name of the output."""
    passage.drafting.close()
    if remark := passage.registration.placed():
        passage.remarks.append(remark)


class UntilReadable:
    """Stages that are run with one effort of the work after the other, until the mark can be read back; once
    more where its margin is short and the work has more to give.

    Raises HostError where no effort suffices.
    """

    def __init__(self, *stages: Stage) -> None:
        self.stages = stages

    def __call__(self, passage: Passage) -> None:
        for effort in passage.work.efforts:
            passage.effort = effort
            self._run(passage)
            margin = passage.margin
            if margin and not margin.holds and passage.work.strengthen(margin):
                self._run(passage)
            if passage.readable:
                return
        if passage.former:  # in a song, two marks of one key are hardly ever told apart
            there = f"beside {passage.former.hex()}, which is there already"
            raise HostError(f"the new mark cannot be read back {there}; begin with the original")
        raise HostError(passage.work.unreadable())

    def _run(self, passage: Passage) -> None:
        for stage in self.stages:
            stage(passage)


READING: tuple[Stage, ...] = (decode, look, draw)
"""All that is done in a dry run."""

STAGES: tuple[Stage, ...] = (
    *READING,
    reserve,
    UntilReadable(mark, encode, notice, verify, measure),
    sign,
    weigh,
    register,
    place,
)


def embed(request: EmbedRequest, medium: Medium) -> EmbedReport:
    """Take one file through all stages. Where one of them fails, nothing is left of the draft, and the output
    is what it was."""
    passage = Passage(request, medium)
    with named(request.src), passage.registration, passage.drafting:
        for stage in READING if request.output.dry_run else STAGES:
            stage(passage)
    log.files.info("%s: marked with %s as %s", request.src, request.payload, request.dst)
    return passage.report()
