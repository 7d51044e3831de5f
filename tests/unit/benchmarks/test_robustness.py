"""How robustness outcomes become shares and a table."""

import pytest

from benchmarks.common import attacks, tools
from benchmarks.robustness.run import Outcome, groups, markdown, summarise

CHOSEN = attacks.select(["none", "mirror", "resize 0.5 + JPEG 60"], seed=1)
OUTCOMES = [
    Outcome("a.jpg", "stamp", 64, psnr=42.0, read=list(CHOSEN)),
    Outcome("b.jpg", "stamp", 64, refused="too flat"),
    Outcome("a.jpg", "dwtDct", 32, psnr=39.0, read=["none"], wrong=["mirror"]),
    Outcome("b.jpg", "dwtDct", 32, psnr=37.0, wrong=["none", "mirror"]),
]


def test_a_refused_photo_counts_as_unread_and_wrong_payloads_are_counted() -> None:
    summary = summarise(OUTCOMES, ["stamp", "dwtDct"], CHOSEN)
    assert summary["stamp"]["read_share"]["all"] == pytest.approx(0.5)
    assert summary["stamp"]["refused"] == {"b.jpg": "too flat"}
    assert summary["stamp"]["psnr_mean_db"] == 42.0
    assert summary["dwtDct"]["read_share"] == pytest.approx(
        {
            "valuemetric": 1 / 2,
            "geometric": 0,
            "combined": 0,
            "of the list of 37": 1 / 4,
            "of the combinations": 0,
            "all": 1 / 6,
        }
    )
    assert summary["dwtDct"]["wrong"] == 3
    assert summary["dwtDct"]["attacks"]["mirror"] == {"read": 0, "wrong": 2, "missed": ["a.jpg", "b.jpg"]}


def test_the_table_shows_every_attack_group_and_tool() -> None:
    text = markdown(summarise(OUTCOMES, ["stamp", "dwtDct"], CHOSEN), CHOSEN)
    assert "| mirror | 1 | 0 |" in text
    assert "| attack | stamp, 64 bit | dwtDct, 32 bit |" in text
    assert all(f"**{label}**" in text for label in groups(CHOSEN))


def test_an_unknown_tool_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="rivaGan"):
        tools.make("rivaGan", 1)
