"""Pictures on a page are found: between gutters, beside seams; a picture alone is no page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from stamp.watermark.image.regions import Box, regions, snapped
from tests.media.pixels import photo

Pixels = NDArray[np.uint8]


def page(*places: tuple[int, int, Pixels], size: tuple[int, int] = (1000, 600), ground: int = 250) -> Pixels:
    """A page of (height, width) with pictures at (x, y)."""
    made = np.full((*size, 3), ground, np.uint8)
    for x, y, pixels in places:
        made[y : y + pixels.shape[0], x : x + pixels.shape[1]] = pixels
    return made


def overlap(one: Box, two: Box) -> float:
    """The area that two boxes share, by that of both together."""
    wide = min(one[2], two[2]) - max(one[0], two[0])
    high = min(one[3], two[3]) - max(one[1], two[1])
    shared = max(0, wide) * max(0, high)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, two))
    return shared / (areas - shared)


def test_a_photo_on_a_page_comes_first() -> None:
    first = regions(page((50, 200, photo(300, 400))))[0]
    assert overlap(first.box, (50, 200, 450, 500)) > 0.95


def test_each_cell_of_a_collage_is_found() -> None:
    cells = [(20, 20), (310, 20), (20, 310), (310, 310)]
    made = page(*((x, y, photo(280, 280, seed=x + y)) for x, y in cells), size=(610, 610))
    found = regions(made)
    for x, y in cells:
        assert max(overlap(region.box, (x, y, x + 280, y + 280)) for region in found) > 0.95


def test_a_seam_parts_a_collage_without_gaps() -> None:
    dark, light = photo(1200, 600, seed=4)[700:] // 2, photo(1200, 600, seed=5)[700:] // 2 + 127
    made = page((0, 0, dark), (0, 500, light))
    assert max(overlap(region.box, (0, 0, 600, 500)) for region in regions(made)) > 0.95


def test_large_pages_are_reduced_and_gray_ones_read() -> None:
    large = np.kron(page((50, 200, photo(300, 400)))[..., 1], np.ones((4, 4), np.uint8))
    assert overlap(regions(large)[0].box, (200, 800, 1800, 2000)) > 0.95


def test_flat_pages_and_whole_photos_have_no_regions() -> None:
    assert regions(page()) == []
    assert regions(np.zeros((3, 3), np.uint8)) == []
    assert all(overlap(r.box, (0, 0, 640, 480)) < 0.97 for r in regions(photo(480, 640)))
    assert len(regions(page((50, 100, photo(300, 400)), (50, 500, photo(300, 400))), limit=1)) == 1


def test_a_photo_on_a_grainy_ground_is_found() -> None:
    made = page((100, 250, photo(300, 400)))
    grain = np.random.default_rng(1).normal(0, 6, made.shape[:2])[..., None]
    ground = np.clip(150 + grain, 0, 255).astype(np.uint8)
    made = np.where(made == 250, ground, made)
    assert max(overlap(region.box, (100, 250, 500, 550)) for region in regions(made)) > 0.95


def test_a_turned_photo_has_a_rectangle_around_it() -> None:
    turned = Image.fromarray(photo(300, 400)).convert("RGBA").rotate(10, expand=True)
    made = Image.new("RGB", (700, 900), (90, 120, 150))
    made.paste(turned, (100, 200), turned)
    around = (100, 200, 100 + turned.width, 200 + turned.height)
    assert max(overlap(region.box, around) for region in regions(np.asarray(made))) > 0.9


def test_a_cell_without_seams_is_found_by_the_lines_of_the_others() -> None:
    """Two pictures of one column that are alike where they meet, beside two that are not."""
    column = photo(1000, 300, seed=3)
    made = page((0, 0, photo(500, 300, 4) // 2), (0, 500, photo(500, 300, 5) // 2 + 127), (300, 0, column))
    found = [region.box for region in regions(made, limit=16)]
    assert max(overlap(box, (300, 0, 600, 500)) for box in found) > 0.95
    assert max(overlap(box, (300, 500, 600, 1000)) for box in found) > 0.95


def test_sides_move_to_the_edge_near_them() -> None:
    plane = np.zeros((200, 300), np.float32)
    plane[50:150, 80:220] = 200
    assert snapped(plane, (77, 53, 223, 148), 5) == (80, 50, 220, 150)
    assert snapped(plane, (1, 1, 298, 199), 5) == (0, 0, 300, 200)
