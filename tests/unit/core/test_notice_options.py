"""What may be done to a notice that is there already."""

from __future__ import annotations

import pytest

import stamp


def test_names_are_kept_in_order_and_may_be_a_list() -> None:
    assert stamp.NoticeOptions(mine=["B", "A"]).mine == ("B", "A")  # type: ignore[arg-type]
    assert stamp.NoticeOptions() == stamp.NoticeOptions(replace_rights=False, mine=())


@pytest.mark.parametrize("mine", ["Ada Lovelace", ("",), (" ",), (1,), None, {"Ada": 1}])
def test_what_is_no_list_of_names_is_refused(mine: object) -> None:
    with pytest.raises(stamp.RightsError, match="mine must be names"):
        stamp.NoticeOptions(mine=mine)  # type: ignore[arg-type]
