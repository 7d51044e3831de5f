"""What is said about a detection: words that a person can use, and never more than was measured."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stamp.core import words
from stamp.core.detection import Mark, Transform, corners
from stamp.core.reports import DetectReport
from stamp.watermark.common.null_law import MAX_DECODINGS

PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
OTHER = bytes.fromhex("0123456789abcdef")
NONE = Transform(1.0, 0.0, False, 1.0)
PHOTO = DetectReport(
    present=True,
    payload=PAYLOAD,
    score=14.2,
    threshold=2.733,
    log10_p=-48.3,
    bits_corrected=3,
    transform=replace(NONE, scale=1.6),
    key_name="2026-11",
    scheme="stamp.image.2",
    size=(640, 480),
    marked_pixels=(1, 1_499_999),
    path=Path("a.jpg"),
)
WHOLE = replace(PHOTO, transform=NONE, seen=corners(0, 0, 1, 1), region=corners(0, 0, 640, 480))
SONG = replace(
    PHOTO, scheme="stamp.audio.1", transform=None, size=None, marked_pixels=None, tempo=1.0, pitch=1.0
)
CLIP = replace(PHOTO, scheme="stamp.video.2", marked_pixels=None, spans=((0.0, 29.2), (61.6, 3723.0)))
MISSED = replace(
    PHOTO,
    present=False,
    payload=None,
    score=6.9,
    threshold=7.288,
    log10_p=-2.0,
    bits_corrected=None,
    transform=None,
)


def test_a_photo() -> None:
    assert words.sentence(PHOTO) == (
        "carries your mark 00ff00ff00ff00ff (key 2026-11); "
        "the chance that a photo not marked with this key would say this is below 1 in 10^48; "
        "at most about 39 % of the original is seen, at a size at which all of it has 0.79 megapixels"
    )


def test_a_whole_copy() -> None:
    assert words.sentence(WHOLE).endswith(
        "; the whole frame of the original is seen, to within 2 %, in 640 x 480 pixels"
    )
    framed = replace(WHOLE, region=corners(0, 60, 640, 420))
    assert "in 640 x 360 pixels at (0, 60) of 640 x 480" in words.sentence(framed)
    turned = replace(WHOLE, region=((100.0, 0.0), (500.0, 300.0), (320.0, 540.0), (-80.0, 240.0)))
    assert "in 500 x 300 pixels at (100, 0) of 640 x 480" in words.sentence(turned)


def test_the_cells_of_a_collage() -> None:
    cell = replace(PHOTO, transform=replace(NONE, scale=0.6), region=corners(0, 0, 320, 240), seen=None)
    others = (
        Mark(OTHER, "2026-11", -20.0, region=corners(320, 0, 640, 240)),
        Mark(PAYLOAD, "2026-11", -20.0, region=corners(0, 240, 320, 480), seen=corners(0, 0, 1, 1)),
    )
    said = words.sentence(replace(cell, others=others))
    assert "takes up at most about 36 % of this picture" in said
    assert ", read in 320 x 240 pixels at (0, 0) of 640 x 480" in said
    assert (
        "also carries the mark 0123456789abcdef (key 2026-11), read in 320 x 240 pixels at (320, 0)" in said
    )
    assert said.endswith(", the whole frame of it in 320 x 240 pixels at (0, 240)")


def test_what_is_around_the_original_and_what_cannot_be_known() -> None:
    page = words.sentence(replace(PHOTO, transform=replace(NONE, scale=0.5)))
    assert "the original takes up at most about 25 % of this picture" in page
    turned = words.sentence(replace(PHOTO, transform=replace(NONE, rotation_deg=1.0)))
    assert "how much of the original is seen is not known; " in turned
    assert turned.endswith("; turned by 1 degree counter-clockwise")


def test_sizes_beside_the_size_when_it_was_marked() -> None:
    def resized(size: tuple[int, int], least: int, most: int | None) -> str:
        return words.sentence(replace(WHOLE, size=size, marked_pixels=(least, most)))

    small = resized((640, 480), 1_500_000, None)
    assert "reduced to 20.5 % of its pixels or less (it had 1.5 megapixels or more)" in small
    large = resized((3000, 2000), 1, 1_499_999)
    assert "enlarged to 400.0 % of its pixels or more (it had less than 1.5 megapixels)" in large
    for unknown in (
        resized((640, 480), 1, 1_499_999),
        resized((3000, 2000), 1_500_000, None),
        words.sentence(CLIP),
    ):
        assert "reduced" not in unknown
        assert "enlarged" not in unknown


@pytest.mark.parametrize(
    ("transform", "said"),
    [
        (NONE, ""),
        (Transform(1.0, 0.04, False, 1.004), ""),
        (Transform(1.0, 90.0, False, 1.0), "turned by 90 degrees counter-clockwise"),
        (Transform(1.0, -17.04, False, 1.0), "turned by 17 degrees clockwise"),
        (Transform(1.0, 180.0, False, 1.0), "turned by 180 degrees"),
        (Transform(1.0, 0.0, True, 1.0), "mirrored left to right"),
        (Transform(1.0, 180.0, True, 1.0), "mirrored top to bottom"),
        (
            Transform(1.0, -30.0, True, 1.0),
            "mirrored left to right, then turned by 30 degrees clockwise",
        ),
        (Transform(1.0, 0.0, False, 1.1), "10.0 % wider in proportion to its height"),
        (
            Transform(1.0, 0.0, True, 0.9),
            "mirrored left to right, 10.0 % narrower in proportion to its height",
        ),
    ],
)
def test_how_it_was_moved(transform: Transform, said: str) -> None:
    assert words.sentence(replace(WHOLE, transform=transform)).partition("480 pixels")[2] == (
        f"; {said}" if said else ""
    )


def test_where_in_time() -> None:
    assert "; seen from 0:00 to 0:29 and from 1:02 to 1:02:03; " in words.sentence(CLIP)
    assert words.sentence(replace(SONG, spans=((0.2, 59.7),))).endswith("; heard from 0:00 to 1:00")


@pytest.mark.parametrize(
    ("tempo", "pitch", "said"),
    [
        (1.0, 1.0002, ""),
        (1.05, 1.05, "; played 5.0 % faster, as much higher"),
        (0.95, 0.951, "; played 5.0 % slower, as much lower"),
        (0.95, 1.005, "; played 5.0 % slower, at the same pitch"),
        (1.0, 1.03, "; played 3.0 % higher"),
        (1.05, 0.98, "; played 5.0 % faster, 2.0 % lower"),
    ],
)
def test_how_a_song_is_played(tempo: float, pitch: float, said: str) -> None:
    assert words.sentence(replace(SONG, tempo=tempo, pitch=pitch)).partition("10^46")[2] == said


def test_the_expected_mark() -> None:
    beside = replace(SONG, others=(Mark(OTHER, "old", -20.0, ((10.0, 20.0),)),))
    assert words.sentence(PHOTO, PAYLOAD).startswith(
        "carries the expected mark 00ff00ff00ff00ff (key 2026-11);"
    )
    assert words.sentence(PHOTO, OTHER).startswith(
        "carries your mark 00ff00ff00ff00ff (key 2026-11), not the expected 0123456789abcdef;"
    )
    assert "not the expected" not in words.sentence(beside, OTHER)
    tail = "0123456789abcdef (key old) from 0:10 to 0:20"
    assert words.sentence(beside, OTHER).endswith(f"; also carries the expected mark {tail}")
    assert words.sentence(beside).endswith(f"; also carries the mark {tail}")


def test_a_mark_that_cannot_be_read() -> None:
    weak = replace(PHOTO, payload=None, score=7.9, threshold=7.288, log10_p=-12.4, bits_corrected=None)
    said = words.sentence(weak, PAYLOAD)
    assert said.startswith("carries a mark of your key that is too weak to be read (key 2026-11)")
    assert "whether it is 00ff00ff00ff00ff is not known" in said
    assert "below 1 in 10^12" in said
    assert "can be planted" in said
    assert "planted" not in words.sentence(replace(weak, scheme="stamp.audio.1", transform=None))
    assert "of the original" not in said  # its area is in the check of the payload


@pytest.mark.parametrize(
    "missed", [MISSED, replace(MISSED, scheme="stamp.video.2", score=10.2, threshold=11.8)]
)
def test_no_mark_never_looks_like_nearly(missed: DetectReport) -> None:
    assert words.sentence(missed) == words.sentence(missed, PAYLOAD) == "no mark found"
    named = words.sentence(replace(missed, noticed=OTHER))
    assert named == "no mark found; its notice names the mark 0123456789abcdef: try the key of that time"


def test_figures_are_apart() -> None:
    assert words.figures(PHOTO) == (
        "score 14.2, needed 2.7; log10_p -48.3; 3 coded bits corrected; "
        "scale 1.6000, turn 0.00, not mirrored, aspect 1.0000; stamp.image.2"
    )
    assert words.figures(MISSED) == "score 6.9, needed 7.3; log10_p -2.0; stamp.image.2"
    assert "tempo 1.0000, pitch 1.0000" in words.figures(SONG)
    assert "read after 4.0 s" in words.figures(replace(CLIP, decided_after_s=4.0))


def test_next_steps_are_those_of_what_was_looked_at() -> None:
    photos, songs = words.next_steps(["photo", "photo"]), words.next_steps(["song", "clip"])
    assert any("cut the photo out" in step for step in photos)
    assert not any("excerpt" in step for step in photos)
    assert sum("excerpt" in step for step in songs) == 2
    for steps in (photos, songs):
        assert any("other keys" in step for step in steps)
        assert steps[-1] == "a mark that is not found is no evidence that there was none"


FACTORS = st.floats(0.8, 1.25)
TRANSFORMS = st.builds(
    Transform, st.floats(0.1, 8.0), st.floats(-180, 180).map(lambda t: round(t, 2)), st.booleans(), FACTORS
)
SIZES = st.tuples(st.integers(48, 8000), st.integers(48, 8000))
MARKED = st.sampled_from([None, (1, 1_499_999), (1_500_000, None)])
WHOLE_OR_NOT = st.booleans()


@given(TRANSFORMS, SIZES, MARKED, WHOLE_OR_NOT)
def test_what_is_said_of_a_picture_agrees_with_the_figures(
    turn: Transform, size: tuple[int, int], marked: tuple[int, int | None] | None, whole: bool
) -> None:
    """Each number and each word of the sentence is looked up in the record, and the other way round."""
    seen = {"seen": corners(0, 0, 1, 1), "region": corners(0, 0, *size)} if whole else {}
    turn = replace(turn, scale=1.0) if whole else turn
    found = replace(PHOTO, transform=turn, size=size, marked_pixels=marked, **seen)
    said = words.sentence(found)
    pixels = size[0] * size[1] * turn.scale**2
    assert ("the whole frame" in said) == whole
    if share := re.search(r"at most about ([\d.]+) % of the original is seen", said):
        assert turn.scale > 1
        assert float(share[1]) / 100 == pytest.approx(turn.scale**-2, rel=0.06)
    if room := re.search(r"takes up at most about ([\d.]+) % of this picture", said):
        assert turn.scale < 1
        assert float(room[1]) / 100 == pytest.approx(turn.scale**2, rel=0.06)
    if not whole:
        assert bool(share or room) == (abs(turn.scale - 1) > 0.005)
        large = re.search(r"all of it has ([\d.]+)( mega| )pixels", said)
        assert large
        assert float(large[1]) * (1e6 if "mega" in large[2] else 1) == pytest.approx(pixels, rel=0.06, abs=1)
    assert ("mirrored" in said) == turn.mirrored
    agree_on_turn(said, turn)
    agree_on_size(said, pixels, marked)


def agree_on_turn(said: str, turn: Transform) -> None:
    if degrees := re.search(r"turned by ([\d.]+) degrees?( counter-clockwise| clockwise)?", said):
        assert float(degrees[1]) == pytest.approx(abs(turn.rotation_deg), abs=0.051)
        if degrees[2]:
            assert (degrees[2] == " counter-clockwise") == (turn.rotation_deg > 0)
        else:
            assert degrees[1] == "180"
    elif "top to bottom" in said:
        assert abs(turn.rotation_deg) > 179.9
    else:
        assert abs(turn.rotation_deg) <= 0.1
    if stretch := re.search(r"([\d.]+) % (wider|narrower)", said):
        assert (stretch[2] == "wider") == (turn.aspect > 1)
        assert float(stretch[1]) == pytest.approx(100 * abs(turn.aspect - 1), abs=0.051)
    else:
        assert abs(turn.aspect - 1) <= 0.0051


def agree_on_size(said: str, pixels: float, marked: tuple[int, int | None] | None) -> None:
    """What is said is true of every original that the mark allows."""
    least, most = marked or (1, None)
    if reduced := re.search(r"reduced to ([\d.]+) % of its pixels or less", said):
        assert 100 * pixels / least <= float(reduced[1]) + 0.01 < 100.01
    elif enlarged := re.search(r"enlarged to ([\d.]+) % of its pixels or more", said):
        assert most is not None
        assert 100 * pixels / most >= float(enlarged[1]) - 0.01 > 99.99
    else:
        assert pixels > 0.99 * least
        assert most is None or pixels < 1.01 * most


@given(st.sampled_from([PHOTO, CLIP, SONG]), st.floats(-2000, -9.34))
def test_the_chance_that_is_said_is_never_less_than_the_bound(found: DetectReport, log10_p: float) -> None:
    said = re.search(r"below 1 in 10\^(\d+)", words.sentence(replace(found, log10_p=log10_p)))
    assert said
    assert int(said[1]) <= -log10_p
    assert int(said[1]) >= min(-log10_p - 3, 999)


def test_the_margin_of_clips_and_songs_covers_every_moment_at_which_a_call_may_stop() -> None:
    looks = 10**12 + MAX_DECODINGS
    assert 2 * (math.log(looks) + 0.5773) < 100  # 1 + 1/2 + ... + 1/looks, for pictures and sound


@given(st.floats(0.9, 1.1), st.floats(0.9, 1.1))
def test_what_is_said_of_a_song_agrees_with_the_figures(tempo: float, pitch: float) -> None:
    said = words.sentence(replace(SONG, tempo=tempo, pitch=pitch)).partition("; played ")[2]
    if speed := re.search(r"([\d.]+) % (faster|slower)", said):
        assert float(speed[1]) == pytest.approx(abs(100 * tempo - 100), abs=0.051)
        assert (speed[2] == "faster") == (tempo > 1)
    else:
        assert abs(tempo - 1) < 0.00051
    if "as much" in said:
        assert abs(tempo - pitch) < 0.0101
    elif height := re.search(r"([\d.]+) % (higher|lower)", said):
        assert float(height[1]) == pytest.approx(abs(100 * pitch - 100), abs=0.051)
        assert (height[2] == "higher") == (pitch > 1)
    else:
        assert abs(pitch - 1) < 0.0101
