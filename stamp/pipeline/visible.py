"""Visible notices: checked at the door, and what is said of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from ..core import arguments
from ..core.errors import ArgumentError, RightsError
from ..core.rights import Rights
from ..core.visible import VisibleNotice, VisibleReport
from ..formats.sniff import known_kind


def checked_visible(src: Path, visible: object) -> VisibleNotice | None:
    """Return the notice as it is drawn, with the year. Raises ArgumentError for what is none, and for a
    song."""
    if visible is None:
        return None
    given = arguments.instance(visible, VisibleNotice, "visible")
    if known_kind(src) == "audio":
        raise ArgumentError("a song shows nothing: leave out `visible`", path=src)
    if given.text is None:
        return given
    try:
        filled = Rights(copyright_notice=given.text).filled(date.today().year)
    except RightsError as error:
        raise ArgumentError(str(error).replace("copyright_notice", "the visible notice")) from error
    return replace(given, text=filled.copyright_notice)


def notes_on(notice: VisibleNotice | None, drawn: VisibleReport | None) -> tuple[str, ...]:
    """Return what a person should know about a notice that was drawn. One that is repeated is there to be
    seen, not to be read in each place."""
    if notice is None or drawn is None or notice.tile or drawn.is_readable:
        return ()
    what = f"the visible notice is hard to read: its contrast is {drawn.contrast:.1f}, below {drawn.needed:g}"
    return (f'{what}; `colour="auto"` with `opacity` from 0.8 on gives more',)
