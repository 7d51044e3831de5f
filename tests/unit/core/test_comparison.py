"""A comparison in words and as JSON."""

from __future__ import annotations

import json

from stamp.core.comparison import Comparison


def test_copies_are_said_with_their_part() -> None:
    said = Comparison("image", "agrees", 0.871, 0.3, "points", overlap=0.4, mirrored=True).sentence()
    assert said == (
        "The find shows about 40 % of the work, mirrored; fine detail agrees (0.87): as in copies of it"
    )
    assert "all of the work;" in Comparison("image", "agrees", 0.9, 0.3, "points", overlap=0.99).sentence()


def test_carried_marks_and_what_was_not_found() -> None:
    said = Comparison("image", "differs", 0.021, 0.3, "mark", overlap=0.7).sentence()
    assert said == (
        "The find's fine detail does not agree with the work's (0.02): a mark carried over from another work "
        "looks like this"
    )
    assert "could not be compared" in Comparison("image", "unregistered").sentence()


def test_clips_and_songs_have_spans() -> None:
    clip = Comparison("video", "agrees", 0.9, 0.3, overlap=1, work_span=(61, 75.5), speed=1.1)
    assert "shows the work from 1:01.0 to 1:15.5, 10.0 % faster;" in clip.sentence()
    song = Comparison("audio", "agrees", 0.9, 0.3, overlap=0.2, work_span=(1, 4))
    assert song.sentence().startswith("The find plays the work from 0:01.0 to 0:04.0;")
    part = Comparison("video", "agrees", 0.9, 0.3, overlap=0.5, work_span=(0, 2))
    assert "about 50 % of the frame of the work from 0:00.0 to 0:02.0" in part.sentence()


def test_it_is_plain_json() -> None:
    given = Comparison("image", "agrees", 0.123456, 0.3, region=((0.5, 1.23456),), seen=((0.0, 1.0),))
    document = json.loads(json.dumps(given.to_dict()))
    assert document["correlation"] == 0.1235
    assert document["region"] == [[0.5, 1.2346]]
    assert document["find_span"] is None
    assert list(document) == list(Comparison.__dataclass_fields__)
