"""A fragmented M4A becomes one with an index for all of it, with its own tags."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

import stamp
from stamp.formats.mp4 import read_moov
from stamp.storage.large import open_large
from tests.media import audio_files
from tests.media.samples import music

KEY = stamp.Key(bytes(range(32)), "fragments")
PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
TITLE = "Élan"


def in_fragments(source: Path, target: Path) -> Path:
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "2000000"}
    with (
        av.open(str(source)) as song,
        av.open(str(target), "w", format="mp4", container_options=options) as made,
    ):
        made.metadata["title"] = TITLE
        stream = made.add_stream_from_template(song.streams.audio[0], opaque=True)
        for packet in song.demux(audio=0):
            if packet.size:
                packet.stream = stream
                made.mux(packet)
    return target


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["m4a-aac", "m4a-alac-16"])
def test_a_fragmented_song_is_marked_and_put_together(tmp_path: Path, kind: str) -> None:
    plain = audio_files.write(tmp_path / "plain", music(14), 44_100, kind)
    source, target = in_fragments(plain, tmp_path / "in.m4a"), tmp_path / "out.m4a"
    with open_large(source) as file:
        assert read_moov(file).get(b"mvex")
    report = stamp.embed_file(source, target, PAYLOAD, key=KEY)
    assert stamp.detect_file(target, keys=KEY).payload == PAYLOAD
    assert "its fragments were put together to one piece" in report.notes
    assert not any("it had 0" in note for note in report.notes)
    with open_large(target) as file:
        assert read_moov(file).get(b"mvex") is None
    with av.open(str(target)) as made:
        assert made.metadata["title"] == TITLE
    before, after = (audio_files.read(path)[0] for path in (source, target))
    assert len(after) == len(before)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.m4a", "out.m4a", plain.name]
