"""Letters from templates: ours, and before them the user's own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..core.errors import CaseError

TEMPLATES: Final = Path(__file__).with_name("templates")


class _Own(FileSystemLoader):
    """Templates of a user; `used` are those that a letter was made from."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.used: list[Path] = []

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        found = super().get_source(environment, template)
        self.used.append(Path(found[1]))
        return found


def fill(name: str, values: Mapping[str, Any], folder: Path | None) -> tuple[str, list[Path]]:
    """Return what the template `name`, such as en/host.txt, makes of `values`, and which of the templates in
    the user's `folder` it was made from.

    Values are text and never templates. Raises CaseError for templates of the user that cannot be used.
    """
    if folder is None:
        return _filled(name, values, FileSystemLoader(TEMPLATES)), []
    if not folder.is_dir():
        raise CaseError("there is no such folder of templates", path=folder)
    own = _Own(folder)
    try:
        text = _filled(name, values, ChoiceLoader([own, FileSystemLoader(TEMPLATES)]))
    except Exception as error:  # a template may do whatever its writer thought of
        place = own.used[-1] if own.used else folder
        raise CaseError(
            f"this template cannot be used: {type(error).__name__}: {error}", path=place
        ) from error
    return text, own.used


def _filled(name: str, values: Mapping[str, Any], loader: FileSystemLoader | ChoiceLoader) -> str:
    environment = ImmutableSandboxedEnvironment(  # templates are passed around
        loader=loader,
        undefined=StrictUndefined,
        autoescape=False,  # it is plain text
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return re.sub(r"\n{3,}", "\n\n", environment.get_template(name).render(values)).strip()
