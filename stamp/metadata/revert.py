"""A store's block as it was before a run, by the values in the run's receipt."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from ..core.checks import Value
from ..core.errors import MediaError
from ..core.party import Party
from . import stores
from .block_delta import Former, former
from .mapping.fields import agree

Values = Mapping[str, tuple[Value | None, Value | None]]
"""Field -> (value before, value after), None where it is not there."""

Changes = Mapping[str, Values]
"""Store -> what has changed in it."""


def undone(store: str, block: bytes | None, present: Mapping[str, Value], changes: Values) -> bytes | None:
    """`block`, which may be missing, with each field that says what it said after the changes saying what it
    said before. `present` is what the block says. Raises like the store's `write`.
    """
    module = stores.load(store)
    ours = {
        name: before
        for name, (before, after) in changes.items()
        if _says(name, store, present.get(name), after)
    }
    # What `write` merges has to go first: our parts would stay among the old ones. Nothing else has to, and a
    # store that is only kept up to date would not take it back.
    parts = {name for name, old in ours.items() if old is None or _is_merged(old)}
    gone = {name: value for name, value in present.items() if name in parts}
    new = module.remove(block, gone) if block and gone else block
    # Two fields may be seen in one place, as the first licensor's URL is: what goes with the other stays.
    left = module.read(new) if new else {}
    back = {name: value for name, value in present.items() if name not in ours and name not in left}
    back |= {name: value for name, value in ours.items() if value is not None}
    return module.write(new or None, back) if back else new


def _says(name: str, store: str, present: Value | None, value: Value | None) -> bool:
    if present is None or value is None:
        return present is value
    return agree(name, store, present, value)


def _is_merged(value: Value) -> bool:
    """Whether `write` leaves parts of what is there among those of the value: it replaces names and texts."""
    return isinstance(value, Party) or (
        isinstance(value, tuple) and not all(isinstance(item, str) for item in value)
    )


def formers(
    before: Mapping[str, bytes], after: Mapping[str, bytes], changes: Changes, *, notice_only: bool
) -> dict[str, Former]:
    """Store -> what its block was, for the stores that `changes` do not bring back byte for byte. `before`
    and `after` are the blocks of the file.

    Unless the run has changed the notice only, a block has to be what the notice alone makes of the former
    one.
    """
    found: dict[str, Former] = {}
    for store in changes.keys() & after.keys():
        was, now = before.get(store, b""), after[store]
        wanted = {name: new for name, (_, new) in changes[store].items() if new is not None}
        back: bytes | None = None
        with suppress(MediaError):
            back = undone(store, now, stores.read(store, now), changes[store])
        if back == was:
            continue
        is_ours = notice_only
        with suppress(MediaError):
            is_ours = is_ours or stores.load(store).write(was or None, wanted) == now
        if is_ours and (block := former(was, now)):
            found[store] = block
    return found
