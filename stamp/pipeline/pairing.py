"""A suspect and the work as it was before it was marked: what is asked of the two, whatever they are."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..core.comparison import AGREES
from ..core.confirmation import CONFIRMED, Confirmation
from ..core.detection import Detection
from ..core.errors import ArgumentError
from ..core.key import Key
from ..core.payload import Payload

if TYPE_CHECKING:
    from ..watermark.common.known import Judged


class Pairing(ABC):
    """A suspect that was laid onto the original, as far as a place for it was found."""

    needed: float = AGREES
    """The correlation of fine detail from which on the suspect is a copy."""

    @property
    @abstractmethod
    def correlation(self) -> float | None:
        """Of fine detail, -1 to 1; None where no place for the suspect was found in the original."""

    @abstractmethod
    def marked(self, key: Key) -> Payload | None:
        """Return what the original carries itself, which it should not."""

    @abstractmethod
    def detect(self, key: Key, *, search: bool = True) -> Detection:
        """Look for the mark of `key` in every way that there is with the original, then without it, until a
        payload is read."""

    @abstractmethod
    def judge(self, key: Key, payloads: Sequence[Payload]) -> list[Judged]:
        """Judge each payload by itself. Only where a place was found."""

    def confirm(self, key: Key, payloads: Sequence[bytes], *, keys: int = 1) -> list[Confirmation]:
        """Judge which of `payloads` the mark in the suspect has, in their order. keys : so many are asked for
        one answer, each with its payloads.

        Raises ArgumentError where there are none or the original is marked itself, PayloadError.
        """
        candidates = [Payload(payload) for payload in payloads]
        if not candidates:
            raise ArgumentError("there is nothing to confirm: give `payloads`")
        if marked := self.marked(key):
            given = f"the original that was given carries the mark {marked.hex()} itself"
            raise ArgumentError(f"{given}: give the file as it was before it was marked")
        correlation = self.correlation
        if correlation is None:
            return [
                Confirmation(each, False, 0.0, 0.0, 0.0, None, key.name, len(candidates), self.needed)
                for each in candidates
            ]
        several, agrees = math.log10(keys * len(candidates)), correlation >= self.needed
        return [
            Confirmation(
                payload=payload,
                confirmed=agrees and each.log10_p + several <= CONFIRMED,
                z=each.z,
                log10_p=min(0.0, each.log10_p + several),
                log10_p_permuted=min(0.0, each.log10_p_permuted + several),
                correlation=correlation,
                key_name=key.name,
                candidates=len(candidates),
                needed=self.needed,
            )
            for payload, each in zip(candidates, self.judge(key, candidates), strict=True)
        ]
