"""Write the letters that `tests/unit/notices` compares with: `python -m tests.golden.make_notices`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from stamp.notices.letters import render
from stamp.notices.requirements import KINDS, LANGUAGES
from tests.helpers.cases import TODAY, complete, of_agent

FOLDER: Final = Path(__file__).with_name("notices")


def letter(kind: str, language: str) -> str:
    """A letter of the complete case; to TikTok and to the authority an agent writes."""
    case = of_agent if kind in ("tiktok", "ministry") else complete
    return render(kind, language, case(kind, language), today=TODAY).text


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for kind in KINDS:
        for language in LANGUAGES:
            (FOLDER / f"{kind}-{language}.txt").write_text(letter(kind, language), encoding="utf-8")
