"""What of a walked folder is taken: patterns, and the reasons for what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from stamp.jobs.plan import inputs
from stamp.jobs.selection import PassedOver, Selection

FILES = ("a.jpg", "b.PNG", "drafts/c.jpg", "2026/raw/d.jpg", "2026/web/e.jpg", "2026/web/small/f.png")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    return tmp_path / "in"


@pytest.mark.parametrize(
    ("include", "exclude", "taken"),
    [
        ((), (), FILES),
        (("*.jpg",), (), ("a.jpg", "2026/raw/d.jpg", "2026/web/e.jpg", "drafts/c.jpg")),
        (("*.png",), (), ("b.PNG", "2026/web/small/f.png")),
        (("*.JPG", "*.png"), (), FILES),
        (("web",), (), ("2026/web/e.jpg", "2026/web/small/f.png")),
        (("2026/web/*",), (), ("2026/web/e.jpg", "2026/web/small/f.png")),
        (("2026/web/",), (), ("2026/web/e.jpg", "2026/web/small/f.png")),
        (("web/*",), (), ()),
        (("*/web/*",), (), ("2026/web/e.jpg", "2026/web/small/f.png")),
        (("[ab].*",), (), ("a.jpg", "b.PNG")),
        (("?.jpg",), ("2026",), ("a.jpg", "drafts/c.jpg")),
        ((), ("DRAFTS", "2026/raw"), ("a.jpg", "b.PNG", "2026/web/e.jpg", "2026/web/small/f.png")),
        ((), ("*.png", "2026/*"), ("a.jpg", "drafts/c.jpg")),
    ],
)
def test_patterns(
    include: tuple[str, ...], exclude: tuple[str, ...], taken: tuple[str, ...], root: Path
) -> None:
    jobs = list(inputs([root], Selection(include, exclude)))
    found = {job.path.relative_to(root).as_posix() for job in jobs if job.error is None}
    assert found == set(taken)


def test_the_name_of_the_walked_folder_does_not_count(root: Path) -> None:
    assert len(list(inputs([root], Selection(exclude=("in",))))) == len(FILES)


def test_what_is_named_is_always_taken(root: Path) -> None:
    (job,) = inputs([root / "a.jpg"], Selection(include=("*.png",), exclude=("a.jpg",)))
    assert (job.path, job.error) == (root / "a.jpg", None)


def test_each_is_reported_once_with_the_pattern(root: Path) -> None:
    left_out: list[PassedOver] = []
    list(inputs([root], Selection(("*.jpg",), ("2026",), left_out.append)))
    assert [(each.path.relative_to(root).as_posix(), each.sort) for each in left_out] == [
        ("2026", "excluded"),
        ("b.PNG", "not included"),
    ]
    assert "--exclude 2026" in left_out[0].reason


def test_a_folder_of_which_nothing_is_left_is_an_error_that_says_why(root: Path) -> None:
    (job,) = inputs([root], Selection(include=("*.tif",)))
    assert "that --include and --exclude let in" in str(job.error)
