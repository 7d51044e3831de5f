"""Words in braces: the year, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from PIL import Image

import stamp
from stamp.core.party import Party
from stamp.core.rights import Rights


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("© {year} A", "© 2026 A"),
        ("{year}{year}", "20262026"),
        ("{{year}} is {year}", "{year} is 2026"),
        ("{{}}", "{}"),
        ("{{{year}}}", "{2026}"),
    ],
)
def test_the_year_and_braces(text: str, filled: str) -> None:
    assert Rights(usage_terms=text).filled(2026) == Rights(usage_terms=filled)


@pytest.mark.parametrize("slip", ["{yaer}", "{ year }", "{}", "{Year}", "{year", "year}", "{{year}"])
def test_a_slip_of_the_pen_is_an_error(slip: str) -> None:
    for rights in (
        Rights(usage_terms=f"© {slip} A"),
        Rights(creators=("A", slip)),
        Rights(copyright_notice="A", copyright_notice_translations=(("de", slip),)),
        Rights(licensors=(Party(name=slip),)),
    ):
        with pytest.raises(stamp.RightsError, match="is the only word in braces that is known"):
            rights.filled(2026)


def test_files_are_written_with_the_year(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.linear_gradient("L").save(path)
    rights, year = Rights(copyright_notice="© {year} A", credit_line="{{A}}"), date.today().year
    written = stamp.write_rights(path, tmp_path / "b.png", rights)
    assert written.rights == Rights(copyright_notice=f"© {year} A", credit_line="{A}")
    report = stamp.embed_file(path, tmp_path / "c.png", key=None, watermark=False, rights=rights)
    assert report.metadata
    assert report.metadata.rights == written.rights
    for wrong in (Rights(copyright_notice="© {yaer} A"), Rights(creators=("{filename}",))):
        with pytest.raises(stamp.RightsError, match="only word in braces"):
            stamp.write_rights(path, tmp_path / "d.png", wrong)
        with pytest.raises(stamp.RightsError, match="only word in braces"):
            stamp.embed_file(path, tmp_path / "d.png", key=stamp.Key.generate(), rights=wrong)
    assert not (tmp_path / "d.png").exists()
