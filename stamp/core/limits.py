"""How much one call may spend on a file: pixels, and compressed metadata unpacked.

A small file can ask for much: a PNG of 1 MB may hold 1 GB of text, or tell of 300 megapixels. The limits of a
call hold for whatever is called below it, in its thread or asyncio task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypeVar

from .errors import CorruptFile, UnsupportedFormat

_HARMLESS = 64_000_000  # pixels
_REMEDY = "scale it down first, or allow more (`max_pixels`)"

Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class StampLimits:
    """What one call may spend.

    max_pixels : pictures, and frames of clips, of more pixels are refused by their header, before decoding.
        300 megapixels as 8-bit RGBA are 1.2 GB.
    max_pixels_per_byte : so are pictures above 64 megapixels whose files are small for that: photos at the
        lowest qualities have 50 pixels a byte. None allows any.
    max_metadata_bytes : compressed metadata that unpack to more, over all reads of the call together, are
        refused.

    Raises ValueError for a limit that is not above 0.
    """

    max_pixels: int = 300_000_000
    max_pixels_per_byte: int | None = 200
    max_metadata_bytes: int = 64 << 20

    def __post_init__(self) -> None:
        for name in ("max_pixels", "max_pixels_per_byte", "max_metadata_bytes"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ValueError(f"{name} is above 0, not {value}")


@dataclass(slots=True)
class _Account:
    """The limits of a call, the bytes of metadata that it has unpacked so far, and the size of the last
    picture that it has read."""

    limits: StampLimits
    unpacked: int = 0
    source: int | None = None


_ACCOUNT: ContextVar[_Account | None] = ContextVar("stamp.limits", default=None)


@contextmanager
def limited(limits: StampLimits | None = None) -> Iterator[None]:
    """Hold what is called inside to `limits`. None keeps the account of the call around this one, and opens
    one with the default limits where there is none."""
    if limits is None and _ACCOUNT.get():
        yield
        return
    token = _ACCOUNT.set(_Account(limits or StampLimits()))
    try:
        yield
    finally:
        _ACCOUNT.reset(token)


def one_account(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return `work` as one call, whose reads share an account."""

    @wraps(work)
    def accounted(*given: Given.args, **more: Given.kwargs) -> Result:
        with limited():
            return work(*given, **more)

    return accounted


def current_limits() -> StampLimits:
    """Return the limits of the call that this is part of; the default ones outside of any."""
    account = _ACCOUNT.get()
    return account.limits if account else StampLimits()


def note_source(size: int) -> None:
    """Remember the size in bytes of the picture that is being read, for `check_pixels`."""
    if account := _ACCOUNT.get():
        account.source = size


def check_pixels(width: int, height: int) -> None:
    """Refuse a picture of more pixels than the call may decode. Raises UnsupportedFormat."""
    limits, pixels = current_limits(), width * height
    account = _ACCOUNT.get()
    if pixels > limits.max_pixels:
        limit = f"the limit of {limits.max_pixels / 1e6:g} megapixels"
        raise UnsupportedFormat(f"{width}x{height} pixels is above {limit}; {_REMEDY}")
    if limits.max_pixels_per_byte and account and account.source:
        most = max(limits.max_pixels_per_byte * account.source, _HARMLESS)
        if pixels > most:
            what = f"{width}x{height} pixels in {account.source} bytes are hardly a picture"
            raise UnsupportedFormat(f"{what}; {_REMEDY} if they are meant")


def metadata_left() -> int:
    """Return how many bytes of metadata may still be unpacked in this call."""
    account = _ACCOUNT.get()
    return current_limits().max_metadata_bytes - (account.unpacked if account else 0)


def spend_metadata(size: int) -> None:
    """Enter `size` bytes of unpacked metadata into the account. Raises CorruptFile above the limit."""
    account = _ACCOUNT.get()
    if size > metadata_left():
        raise CorruptFile(
            f"its compressed metadata unpack to more than {current_limits().max_metadata_bytes >> 20} MiB"
        )
    if account:
        account.unpacked += size
