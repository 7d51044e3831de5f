"""What HDR clips say of each frame stays on its frame."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import pytest
from av.packet import Packet

import stamp
from stamp.formats import hevc
from stamp.formats.isobmff import BoxTree, box
from stamp.media.video.clip import examine
from stamp.media.video.dynamic_hdr import Carried, is_whole
from stamp.media.video.mp4_index import _configurations, _describe_dolby_vision
from stamp.media.video.transcode import plan_transcode
from tests.media import video_files

KEY = stamp.Key(bytes(range(32)), "hdr")
PHONES = Path(__file__).parents[5] / "shared" / "media" / "phones"


def metadata(nits: int) -> bytes:
    """A message of HDR10+ for one window whose peak is so many cd/m2 (ST 2094-40, annex of CTA-861-H)."""
    fields = [(1, 2), (400, 27), (0, 1), *[(nits * 10, 17)] * 3, (nits, 17), (0, 4), (0, 10), (0, 1), (0, 1)]
    bits = "".join(f"{value:0{width}b}" for value, width in [*fields, (0, 1)])
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    return bytes.fromhex("b5003c00010401") + packed


def told(path: Path) -> dict[float, list[bytes]]:
    """What is said of each frame, by its time."""
    found: dict[float, list[bytes]] = {}
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        size = hevc.length_size(stream.codec_context.extradata or b"")
        for packet in container.demux(stream):
            if packet.size and packet.pts is not None and packet.time_base:
                units = list(hevc.units(bytes(packet), size))
                said = [each for unit in units if (each := hevc.hdr10_plus(unit))]
                said += [unit for unit in units if hevc.type_of(unit) == hevc.RPU]
                found[round(float(packet.pts * packet.time_base), 3)] = said
    return found


def hdr10_plus(source: Path, target: Path) -> Path:
    """A clip that says something else of each of its frames."""
    with av.open(str(source)) as clip, av.open(str(target), "w") as made:
        stream = clip.streams.video[0]
        copy = made.add_stream_from_template(stream, opaque=True)
        size = hevc.length_size(stream.codec_context.extradata or b"")
        for packet in clip.demux(stream):
            if not packet.size or packet.pts is None:
                continue
            message = metadata(100 + packet.pts % 211)
            unit = b"\x4e\x01" + hevc._escaped(bytes([4, len(message)]) + message + b"\x80")
            data = b"".join(b"\0\0\0\1" + each for each in hevc.units(bytes(packet), size))
            parts = hevc.units(hevc.with_units(data, [unit], []), None)
            new: Packet[av.VideoStream] = Packet(b"".join(len(p).to_bytes(4, "big") + p for p in parts))
            new.pts, new.dts, new.duration = packet.pts, packet.dts, packet.duration
            new.time_base, new.is_keyframe, new.stream = packet.time_base, packet.is_keyframe, copy
            made.mux(new)
    return target


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_hdr10_plus_stays_on_its_frames(tmp_path: Path, suffix: str) -> None:
    source = hdr10_plus(video_files.hdr10(tmp_path / "plain.mp4"), tmp_path / f"in{suffix}")
    clip = examine(source)
    assert clip
    assert (clip.dynamic_hdr, clip.carried_hdr, clip.losses("hevc")) == ((), ("HDR10+",), ())
    assert clip.losses("h264") == ("HDR10+",)
    options = stamp.EmbedOptions(preset="ultrafast")
    report = stamp.embed_file(source, tmp_path / f"out{suffix}", bytes(8), key=KEY, options=options)
    assert not any("lost" in note for note in report.notes)
    before, after = told(source), told(tmp_path / f"out{suffix}")
    assert after == before
    assert len({each[0] for each in after.values()}) == len(after)


@pytest.mark.slow
def test_another_codec_loses_it_and_says_so(tmp_path: Path) -> None:
    source = hdr10_plus(video_files.hdr10(tmp_path / "plain.mp4"), tmp_path / "in.mp4")
    options = stamp.EmbedOptions(codec="av1", preset="12")
    with pytest.raises(stamp.UnsupportedFormat, match=r"HDR10\+ would be lost; it is kept in hevc; "):
        stamp.embed_file(source, tmp_path / "out.mp4", key=KEY, options=options)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["androidx__dolbyVision-hdr.MOV", "dovitool__regular.mkv"])
def test_phones_rpus_are_kept_byte_for_byte(tmp_path: Path, name: str) -> None:
    source = PHONES / name
    if not source.exists():
        pytest.skip("the clips of phones are not there")
    target = tmp_path / f"out{source.suffix}"
    options = stamp.EmbedOptions(preset="ultrafast", margin=False)
    stamp.embed_file(source, target, bytes(8), key=KEY, options=options)
    before, after = told(source), told(target)
    assert {time: before[time] for time in after} == after
    assert all(len(said) == 1 for said in after.values())


def test_a_frame_without_a_word_is_left_as_it_is() -> None:
    carried = Carried(b"")
    source, coded = Packet(b"\0\0\0\1\x26\x01slice"), Packet(b"\0\0\0\1\x26\x01other")
    source.pts = coded.pts = 5
    carried.take(source)
    assert carried.put(coded) is coded


@pytest.mark.parametrize(
    ("header", "whole"),
    [
        ({4: 1}, True),  # profile 8
        ({4: 0, 10: 1}, False),  # 5
        ({4: 1, 15: 1}, False),  # 7
    ],
)
def test_which_frames_are_whole_by_themselves(header: dict[int, int], whole: bool) -> None:
    fields = bytes(header.get(at, 0) for at in range(17))
    assert is_whole(struct.pack("=Q", 24) + bytes(16) + fields) == whole
    assert not is_whole(b"short")


def test_quicktime_says_that_it_is_dolby_vision() -> None:
    configuration = box(b"dvvC", bytes(24))

    def movie(*inner: bytes) -> BoxTree:
        entry = box(b"hvc1", bytes(78), box(b"hvcC", b"x"), *inner)
        table = BoxTree(b"stsd", bytes(7) + b"\1" + entry)
        for kind in (b"stbl", b"minf", b"mdia", b"trak", b"moov"):
            table = BoxTree(kind, b"", [table])
        return table

    made, old = movie(), movie(configuration)
    for _ in range(2):  # once is enough
        _describe_dolby_vision(made, old)
        assert list(_configurations(made.children[0])) == [configuration]
    assert made.tobytes() == old.tobytes()


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"dynamic_hdr": ("Dolby Vision",)}, "make it profile 8.1 first"),
        ({"dynamic_hdr": ("HDR Vivid",)}, "`lossy=True`"),
    ],
)
def test_what_cannot_be_kept_has_a_remedy(tmp_path: Path, changes: dict[str, Any], remedy: str) -> None:
    clip = examine(video_files.hdr10(tmp_path / "in.mp4"))
    assert clip
    with pytest.raises(stamp.UnsupportedFormat, match=f"would be lost; {remedy}"):
        plan_transcode(replace(clip, **changes), stamp.EmbedOptions())
