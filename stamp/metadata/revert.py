"""A store's block as it was before a run, by the values that the run's receipt tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..core.checks import Value
from ..core.party import Party
from .mapping.fields import agree

if TYPE_CHECKING:
    from .document import Store

Values = Mapping[str, tuple[Value | None, Value | None]]
"""Field -> (value before, value after), None where it does not stand."""


def undone(
    store: Store, key: str, block: bytes | None, present: Mapping[str, Value], changes: Values
) -> bytes | None:
    """`block`, which may be missing, with each field that says what it said after the changes saying what it
    said before. `key` is the store's, `present` what the block says. Raises like the store's `write`.
    """
    ours = {
        name: before
        for name, (before, after) in changes.items()
        if _says(name, key, present.get(name), after)
    }
    # What `write` merges has to go first: our parts would stay among the old ones. Nothing else has to, and a
    # store that is only kept up to date would not take it back.
    parts = {name for name, old in ours.items() if old is None or _is_merged(old)}
    gone = {name: value for name, value in present.items() if name in parts}
    new = store.remove(block, gone) if block and gone else block
    # Two fields may be seen in one place, as the first licensor's URL is: what goes with the other stays.
    left = store.read(new) if new else {}
    back = {name: value for name, value in present.items() if name not in ours and name not in left}
    back |= {name: value for name, value in ours.items() if value is not None}
    return store.write(new or None, back) if back else new


def _says(name: str, store: str, present: Value | None, value: Value | None) -> bool:
    if present is None or value is None:
        return present is value
    return agree(name, store, present, value)


def _is_merged(value: Value) -> bool:
    """Whether `write` leaves parts of what is there among those of the value: it replaces names and texts."""
    return isinstance(value, Party) or (
        isinstance(value, tuple) and not all(isinstance(item, str) for item in value)
    )
