"""The catalogue, with what has to look into files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ..catalogue import catalogue

if TYPE_CHECKING:
    from ..catalogue.policy import Policy
    from ..catalogue.terms import Use
    from ..core.key import Key
    from ..core.verdict import CheckRecord


class Catalogue(catalogue.Catalogue):
    """A catalogue that recognises works by their essence, and says whether a file may be used."""

    def check(
        self,
        path: str | os.PathLike[str],
        use: Use,
        keys: Key | Iterable[Key] = (),
        policy: Policy | None = None,
    ) -> CheckRecord:
        """Return whether a photo, a clip or a song may be used so: what it is recognised as, and what the
        licences of that work say. keys : marks of these are looked for where nothing cheaper is known.

        Raises ArgumentError where `use` is none, MediaError where the file cannot be read, CatalogueError.
        """
        from .checking import check_file

        return check_file(self, path, use, keys=keys, policy=policy)

    def _essence(self, path: Path) -> bytes | None:
        from .essences import essence_of

        return essence_of(path)
