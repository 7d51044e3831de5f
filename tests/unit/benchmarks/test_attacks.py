"""The attacks that the robustness figures rest on: complete, pure, seeded, and what their names say."""

import numpy as np
import pytest

from benchmarks.common import attacks, steps
from benchmarks.common.steps import Pixels

EVERY = attacks.ATTACKS | attacks.COMBINATIONS | attacks.HARSH | attacks.random_chains(12, seed=3)


@pytest.fixture(scope="module")
def picture() -> Pixels:
    """Smooth shapes with some texture, prime and asymmetric."""
    y, x = np.mgrid[0:151, 0:229]
    grain = np.random.default_rng(5).normal(0, 6, (151, 229))
    planes = [128 + 90 * np.sin(x / 23 + i) * np.cos(y / 31) + grain for i in range(3)]
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def test_the_list_is_complete() -> None:
    assert len(attacks.ATTACKS) == 37
    assert len(attacks.COMBINATIONS) >= 24
    assert {attack.family for attack in attacks.ATTACKS.values()} == set(attacks.FAMILIES)
    assert all(attack.family == attacks.COMBINED for attack in attacks.COMBINATIONS.values())


@pytest.mark.parametrize("name", EVERY)
def test_an_attack_is_pure_seeded_and_returns_a_picture(name: str, picture: Pixels) -> None:
    before = picture.copy()
    attacked = EVERY[name](picture, 7)
    assert attacked.dtype == np.uint8
    assert attacked.ndim == 3
    assert attacked.shape[2] == 3
    assert np.array_equal(picture, before)
    assert np.array_equal(attacked, EVERY[name](picture, 7))
    assert np.array_equal(attacked, picture) == (name == "none")


def test_another_seed_crops_elsewhere(picture: Pixels) -> None:
    crop = attacks.ATTACKS["crop 25 %"]
    assert not np.array_equal(crop(picture, 1), crop(picture, 2))


@pytest.mark.parametrize("share", [0.75, 0.5, 0.25, 0.1])
def test_a_crop_keeps_its_share_and_shape(share: float, picture: Pixels) -> None:
    height, width = steps.crop(share).apply(picture, np.random.default_rng(1)).shape[:2]
    assert height * width / (151 * 229) == pytest.approx(share, rel=0.03)
    assert width / height == pytest.approx(229 / 151, rel=0.03)


def test_straightening_leaves_no_empty_corner(picture: Pixels) -> None:
    white = np.full_like(picture, 255)
    for degrees in (1, -8, 10, 45):
        assert steps.straighten(degrees).apply(white, np.random.default_rng(1)).min() == 255
        assert steps.rotate(degrees).apply(white, np.random.default_rng(1)).min() == 0


def test_random_chains_follow_the_seed_and_end_in_a_recompression() -> None:
    chains = attacks.random_chains(30, seed=1)
    assert list(chains) == list(attacks.random_chains(30, seed=1))
    assert list(chains) != list(attacks.random_chains(30, seed=2))
    for attack in chains.values():
        assert 2 <= len(attack.steps) <= 4
        assert attack.steps[-1].label.split()[0] in {"JPEG", "WebP", "AVIF"}


def test_attacks_are_selected_by_set_family_and_name() -> None:
    assert attacks.select(["list"], seed=1) == attacks.ATTACKS
    assert list(attacks.select(["JPEG 50", "mirror"], seed=1)) == ["JPEG 50", "mirror"]
    assert len(attacks.select(["random:5"], seed=1)) == 5
    with pytest.raises(ValueError, match="JPEG 51"):
        attacks.select(["JPEG 51"], seed=1)
