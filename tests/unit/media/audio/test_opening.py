"""What is kept of a music file, byte by byte, and what is refused."""

from __future__ import annotations

import hashlib
import struct
import sys
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from stamp.core.errors import CorruptFile, MediaError, UnsupportedFormat
from stamp.formats import mp4
from stamp.formats import ogg as oggpages
from stamp.formats.chunk_offsets import chunk_offsets, set_chunk_offsets
from stamp.formats.isobmff import BoxTree, boxes, taken_apart
from stamp.formats.sniff import kind_of
from stamp.media.audio import flac
from stamp.media.audio.encode import as_frame, regular
from stamp.media.audio.gapless import with_gapless
from stamp.media.audio.opening import open_song
from tests.media import audio_files
from tests.media.audio_files import made
from tests.media.samples import chord, music

RATE = 44_100
MS = Fraction(1, 1000)


def softer(path: Path, target: Path, factor: float = 0.97) -> list[str]:
    song = open_song(path)
    return song.write(target, (block * np.float32(factor) for block in song.blocks()))


def id3(*frames: tuple[bytes, bytes]) -> bytes:
    body = b"".join(name + struct.pack(">IH", len(data), 0) + data for name, data in frames)
    size = len(body)
    return b"ID3\x03\0\0" + bytes((size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127)) + body


@pytest.mark.parametrize("kind", audio_files.PCM)
def test_uncompressed_files_change_in_their_samples_only(kind: str, tmp_path: Path) -> None:
    path = made(tmp_path, kind)
    size = path.stat().st_size
    with path.open("ab") as file:  # a chunk behind the samples, such as tags
        file.write(b"id3 \x04\0\0\0abcd" if kind.startswith(("wav", "rf")) else b"ID3 \0\0\0\x04abcd")
    same, other = tmp_path / "same", tmp_path / "other"
    song = open_song(path)
    song.write(same, song.blocks())
    assert same.read_bytes() == path.read_bytes()
    softer(path, other)
    before, after = path.read_bytes(), other.read_bytes()
    assert len(before) == len(after)
    changed = [at for at, (one, two) in enumerate(zip(before, after, strict=True)) if one != two]
    assert min(changed) > 40
    assert max(changed) < size


def test_where_nothing_changes_no_bit_does(tmp_path: Path) -> None:
    """float32 has 24 bits; the samples of this file have 32 and 53 that matter."""
    for subtype, dtype in (("PCM_32", "int32"), ("DOUBLE", "float64")):
        path = tmp_path / "song.wav"
        exact = (np.random.default_rng(1).random((1000, 2)) - 0.5) * 2
        exact = (exact * 2**31).astype(np.int32) if dtype == "int32" else exact
        soundfile.write(path, exact, RATE, subtype)
        song = open_song(path)
        block = next(song.blocks())
        block[500:] += np.float32(0.001)
        song.write(tmp_path / "out.wav", [block])
        after = soundfile.read(tmp_path / "out.wav", dtype=dtype)[0]
        np.testing.assert_array_equal(after[:500], exact[:500])
        assert (after[500:] > exact[500:]).all()


def test_full_scale_is_clipped_and_told(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, np.full((100, 1), 0.999), RATE, "PCM_16")
    song = open_song(path)
    assert song.write(tmp_path / "out.wav", [b * 1.5 for b in song.blocks()]) == [
        "100 samples at full scale were clipped"
    ]
    assert (soundfile.read(tmp_path / "out.wav", dtype="int16")[0] == 32767).all()


def test_bits_that_do_not_count_stay_zero(tmp_path: Path) -> None:
    """20 bits in 24, as WAVE_FORMAT_EXTENSIBLE has them."""
    path = made(tmp_path, "wavex-24")
    data = bytearray(path.read_bytes())
    at = data.index(b"fmt ") + 8
    data[at + 18 : at + 20] = struct.pack("<H", 20)
    path.write_bytes(data)
    song = open_song(path)
    coarse = [np.rint(block * 2**19) / np.float32(2**19) for block in song.blocks()]
    song.write(tmp_path / "coarse.wav", coarse)
    softer(tmp_path / "coarse.wav", tmp_path / "out.wav")
    samples = soundfile.read(tmp_path / "out.wav", dtype="int32")[0] >> 8
    assert (samples % 16 == soundfile.read(tmp_path / "coarse.wav", dtype="int32")[0] // 256 % 16).all()


@pytest.mark.parametrize("unknown", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_lengths_that_a_pipe_left_open_are_filled_in(unknown: int, tmp_path: Path) -> None:
    path = made(tmp_path, "wav-16")
    data = path.read_bytes()
    at = data.index(b"data") + 4
    field = struct.pack("<I", unknown)
    path.write_bytes(data[:4] + field + data[8:at] + field + data[at + 4 :])
    song = open_song(path)
    assert song.frames == 20_000
    song.write(tmp_path / "out.wav", song.blocks())
    assert (tmp_path / "out.wav").read_bytes() == data


@pytest.mark.parametrize("odd", [b"", b"xyz"])
def test_all_data_chunks_of_a_wav_are_one_song(odd: bytes, tmp_path: Path) -> None:
    path = made(tmp_path, "wav-16")
    whole = audio_files.read(path)[0]
    audio_files.in_two_chunks(path, odd)
    song = open_song(path)
    assert song.frames == 20_000
    np.testing.assert_array_equal(np.concatenate(list(song.blocks())), whole.astype(np.float32))
    song.write(tmp_path / "same.wav", [np.concatenate(list(song.blocks()))])
    assert (tmp_path / "same.wav").read_bytes() == path.read_bytes()
    softer(path, tmp_path / "out.wav", 0.5)
    heard = np.concatenate(list(open_song(tmp_path / "out.wav").blocks()))
    np.testing.assert_allclose(heard, whole / 2, atol=2**-15)
    before, after = path.read_bytes(), (tmp_path / "out.wav").read_bytes()
    between = before.index(b"note")
    same = slice(between, between + 12 + len(odd))
    assert (after[same], after[-12:]) == (before[same], before[-12:])
    for blocks in ([whole[:-1]], [whole, whole[:1]]):
        with pytest.raises(ValueError, match="the blocks are"):
            song.write(tmp_path / "short.wav", blocks)


def test_data_chunks_of_different_formats_are_refused(tmp_path: Path) -> None:
    path = audio_files.in_two_chunks(
        made(tmp_path, "wav-16"), struct.pack("<HHIIHH", 1, 2, RATE, 6 * RATE, 6, 24)
    )
    path.write_bytes(path.read_bytes().replace(b"note", b"fmt "))
    with pytest.raises(UnsupportedFormat, match="format of its samples changes on the way; split it"):
        open_song(path)


def test_a_second_data_chunk_that_is_cut_off_is_damage(tmp_path: Path) -> None:
    path = audio_files.in_two_chunks(made(tmp_path, "wav-16"))
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(CorruptFile, match="its header tells of 20000 samples, there are 19753"):
        softer(path, tmp_path / "out.wav")


@pytest.mark.parametrize("bits", [16, 24])
def test_flac_metadata_is_kept_and_its_checks_fit(bits: int, tmp_path: Path) -> None:
    path = made(tmp_path, f"flac-{bits}", frames=50_000)
    data = path.read_bytes()
    first = data[4:42]
    points = struct.pack(">QQHQQHQQH", 0, 0, 4608, 20_000, 999, 4608, 2**64 - 1, 0, 0)
    blocks = b"\x03" + len(points).to_bytes(3, "big") + points + b"\x02\0\0\x08testABCD"
    picture = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIIII", 0, 1, 1, 24, 0, 3) + b"PNG"
    blocks += b"\x06" + len(picture).to_bytes(3, "big") + picture
    prefix = id3((b"TIT2", b"\0Title"))
    path.write_bytes(prefix + b"fLaC" + bytes([first[0] & 0x7F]) + first[1:] + blocks + data[42:])
    target = tmp_path / "out.flac"
    assert softer(path, target) == []
    after = target.read_bytes()
    assert after.startswith(prefix + b"fLaC")
    header = flac._header(after)
    kinds = [kind for kind, _ in header.blocks]
    assert kinds[:4] == [0, 3, 2, 6]
    assert header.blocks[2][1] == b"testABCD"
    assert header.blocks[3][1] == picture
    assert header.frames == 50_000
    samples = soundfile.read(target, dtype="int32")[0]
    exact = (samples >> (32 - bits)).astype("<i4").view(np.uint8).reshape(-1, 4)[:, : bits // 8]
    assert header.blocks[0][1][18:] == hashlib.md5(exact.tobytes()).digest()
    start = len(prefix) + 4 + sum(4 + len(content) for _, content in header.blocks)
    seek = list(struct.iter_unpack(">QQH", header.blocks[1][1]))
    assert seek[2] == (2**64 - 1, 0, 0)
    assert seek[0][0] == 0
    assert seek[1][0] <= 20_000 < seek[1][0] + seek[1][2]
    for _, offset, _ in seek[:2]:
        assert after[start + offset : start + offset + 2] in (b"\xff\xf8", b"\xff\xf9")


def test_mp3_tags_are_kept_on_both_sides(tmp_path: Path) -> None:
    path = made(tmp_path, "mp3", frames=200_000)
    front = id3((b"TIT2", b"\0Title"), (b"PRIV", b"x\0" + bytes(range(256))))
    ape = b"12345678" + b"APETAGEX" + struct.pack("<IIIIQ", 2000, 40, 1, 0, 0)[:16] + bytes(8)
    lyrics = b"LYRICSBEGININD0000200" + b"000021LYRICS200"
    back = ape + lyrics + b"TAG" + b"old".ljust(125, b"\0")
    path.write_bytes(front + path.read_bytes()[_id3_size(path) :] + back)
    target = tmp_path / "out.mp3"
    (note,) = softer(path, target)
    assert "MP3, at 256 kbit/s" in note
    data = target.read_bytes()
    assert data.startswith(front + b"\xff\xfb")
    assert data.endswith(back)
    assert not data.removesuffix(back).endswith((ape, lyrics))
    assert b"Info" in data[len(front) : len(front) + 40]


@pytest.mark.parametrize("junk", [100, 3000])
def test_junk_between_the_tag_and_the_frames_costs_no_sample(junk: int, tmp_path: Path) -> None:
    """FFmpeg's demuxer then takes the header frame for sound: the song would begin 2257 samples late, and the
    end be cut off."""
    path = made(tmp_path, "mp3", frames=50_000)
    frames = path.read_bytes()[_id3_size(path) :]
    right = np.concatenate(list(open_song(path).blocks()))
    front = id3((b"TIT2", b"\0Title"))
    path.write_bytes(front + bytes(junk) + frames)
    assert np.array_equal(np.concatenate(list(open_song(path).blocks())), right)
    target = tmp_path / "out.mp3"
    assert f"{junk} bytes before its first frame" in softer(path, target)[1]
    assert target.read_bytes().startswith(front + b"\xff\xfb")
    there, _ = audio_files.read(target)
    assert there.shape == right.shape
    assert np.corrcoef(there[:, 0], right[:, 0])[0, 1] > 0.99


def test_a_recording_of_a_stream_that_begins_within_a_frame(tmp_path: Path) -> None:
    path, target = made(tmp_path, "mp3", frames=100_000), tmp_path / "out.mp3"
    path.write_bytes(path.read_bytes()[_id3_size(path) + 5000 :])
    assert kind_of(path) == "audio"
    before, _ = audio_files.read(path)
    softer(path, target)
    after, _ = audio_files.read(target)
    assert len(after) == len(before) > 80_000
    assert np.corrcoef(after[:, 0], before[:, 0])[0, 1] > 0.99


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (44_100, 1), (16_000, 2), (16_000, 1)])
def test_replay_gain_in_the_header_of_an_mp3_is_kept_and_its_checksum_right(
    rate: int, channels: int, tmp_path: Path
) -> None:
    path, target = tmp_path / "song.mp3", tmp_path / "out.mp3"
    gains = bytes.fromhex("007a3c402cc74d22")
    audio_files.write(path, chord(rate, channels, 50_000), rate, "mp3", bit_rate=64_000)
    data = bytearray(path.read_bytes()[_id3_size(path) :])
    place = data.index(b"Info") + 120
    data[place + 11 : place + 19] = gains
    path.write_bytes(data)
    softer(path, target)
    made = target.read_bytes()
    place = made.index(b"Info") + 120
    assert made[place + 11 : place + 19] == gains
    assert made[place + 34 : place + 36] == _crc16(made[: place + 34])


def _crc16(data: bytes) -> bytes:
    crc = 0
    for byte in data:
        for bit in range(8):
            crc = crc >> 1 ^ 0xA001 * ((crc ^ byte >> bit) & 1)
    return crc.to_bytes(2, "big")


def test_the_header_of_an_mp3_with_checksums_is_found(tmp_path: Path) -> None:
    """LAME says that its header frame has a checksum, and leaves no room for one."""
    path = made(tmp_path, "mp3", frames=50_000)
    data = bytearray(path.read_bytes()[_id3_size(path) :])
    data[1] &= 0xFE  # in the header frame
    path.write_bytes(data)
    assert open_song(path).frames == 50_000


@pytest.mark.slow
def test_the_bit_rate_of_a_cut_mp3_is_that_of_its_frames(tmp_path: Path) -> None:
    """Its header tells the length that it had, which would make little of what is there."""
    path = made(tmp_path, "mp3", frames=400_000)
    (whole,) = softer(path, tmp_path / "whole.mp3")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 3])
    (part,) = softer(path, tmp_path / "part.mp3")
    assert part == whole
    assert "it had 128" in part


def test_damage_is_named_in_words(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(b"ID3\x03\0\0\0\0\0\0" + bytes(4000))
    with pytest.raises(CorruptFile, match=r"song\.mp3: damaged, it cannot be decoded \(Invalid data found"):
        open_song(path)


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "codec", "kind"), [("m4a", "aac", "fltp"), ("opus", "libopus", "flt")])
def test_eight_channels_are_read_and_written(suffix: str, codec: str, kind: str, tmp_path: Path) -> None:
    """Decoders give them in eight planes, behind which PyAV sees a ninth."""
    path, target = tmp_path / f"song.{suffix}", tmp_path / f"out.{suffix}"
    tune = np.repeat(chord(48_000, 1, 30_000), 8, axis=1) * np.linspace(0.3, 1, 8, dtype=np.float32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=48_000, layout="7.1")
        stream.bit_rate, stream.codec_context.format = 1_000_000, kind
        stream.codec_context.open()
        assert stream.codec_context.format.name == kind
        for number, part in enumerate(regular([tune], stream.codec_context.frame_size)):
            frame = as_frame(part, number * stream.codec_context.frame_size, stream.codec_context)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    softer(path, target)
    for each in (path, target):
        there = np.concatenate(list(open_song(each).blocks()))
        assert there.shape == (30_000, 8)
        for channel in (0, 1, 2, 4, 5, 6, 7):  # but not the one of the lowest tones
            assert np.corrcoef(there[2000:28_000, channel], tune[2000:28_000, channel])[0, 1] > 0.9
            assert there[:, channel].std() == pytest.approx(tune[:, channel].std(), rel=0.1)


def test_joined_mp3_files_are_read_to_the_end(tmp_path: Path) -> None:
    """The header frame of the first tells the length of the first only."""
    path = made(tmp_path, "mp3", frames=50_000)
    data = path.read_bytes()
    assert open_song(path).frames in range(50_000, 50_048)
    path.write_bytes(data + data[_id3_size(path) :])
    assert sum(map(len, open_song(path).blocks())) > 100_000


def _id3_size(path: Path) -> int:
    head = path.read_bytes()[:10]
    if head[:3] != b"ID3":
        return 0
    return 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])


@pytest.mark.parametrize("wide", [False, True])
def test_gapless_comments_get_the_new_numbers(wide: bool) -> None:
    old = " 00000000 00000210 00000A2C 000000000043CDA4 00000000"
    new = " 00000000 00000451 00000007 00000000000000FF 00000000"
    codec = "utf-16-le" if wide else "latin-1"
    tags = b"COMM iTunSMPB" + old.encode(codec) + b"TIT2 00000000 title"
    assert with_gapless(tags, 0x451, 7, 255) == b"COMM iTunSMPB" + new.encode(codec) + b"TIT2 00000000 title"


def ogg_packets(data: bytes) -> list[bytes]:
    pages = list(oggpages.pages(data))
    lacing = b"".join(page.lacing for page in pages)
    return oggpages.split(lacing, b"".join(data[page.start : page.end] for page in pages))[0]


@pytest.mark.parametrize("kind", ["ogg-vorbis", "ogg-opus"])
def test_ogg_comments_are_kept_byte_by_byte(kind: str, tmp_path: Path) -> None:
    """A header of 100 kB, as with a cover picture, goes over many pages."""
    path = made(tmp_path, kind)
    data = path.read_bytes()
    pages = list(oggpages.pages(data))
    count = 3 if kind == "ogg-vorbis" else 2
    headers = ogg_packets(data)[:count]
    magic = b"\x03vorbis" if kind == "ogg-vorbis" else b"OpusTags"
    texts = (b"TITLE=T\xc3\xaftle", b"METADATA_BLOCK_PICTURE=" + b"QUJD" * 25_000, b"CHAPTER001=00:00:00.100")
    comment = magic + struct.pack("<I", 3) + b"own" + struct.pack("<I", len(texts))
    comment += b"".join(struct.pack("<I", len(text)) + text for text in texts)
    comment += b"\x01" if kind == "ogg-vorbis" else b""
    sound = pages[next(at for at, page in enumerate(pages) if page.granule > 0) :]
    first = oggpages.packed([headers[0]], 77, 0, 0, oggpages.FIRST)
    first += oggpages.packed([comment, *headers[2:]], 77, 1, 0)
    with path.open("wb") as file:
        file.writelines(first)
        for number, page in enumerate(sound, len(first)):
            body = data[page.start : page.end]
            file.write(oggpages.encoded(page.flags, page.granule, 77, number, page.lacing, body))
    assert soundfile.info(path).frames == 20_000
    target = tmp_path / f"out{path.suffix}"
    softer(path, target)
    after = list(oggpages.pages(target.read_bytes()))
    assert ogg_packets(target.read_bytes())[1] == comment
    assert {page.serial for page in after} == {77}
    assert [page.sequence for page in after] == list(range(len(after)))
    assert soundfile.info(target).frames == 20_000  # libogg leaves out pages whose checksum is wrong


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("kind", ["m4a-aac", "m4a-alac-16"])
def test_m4a_keeps_all_boxes_but_those_of_the_sound(kind: str, first: bool, tmp_path: Path) -> None:
    path = tmp_path / "tagged.m4a"
    plain = made(tmp_path, kind, frames=60_000)
    options = {"movflags": "faststart"} if first else {}
    with av.open(str(plain)) as source, av.open(str(path), "w", format="ipod", options=options) as output:
        stream = output.add_stream_from_template(source.streams.audio[0])
        output.metadata.update(title="Tïtle", copyright="© me")
        parts = [(0, 500, "Part 0"), (500, 1000, "Part 1")]
        output.set_chapters(
            [
                {"id": start, "start": start, "end": end, "time_base": MS, "metadata": {"title": title}}
                for start, end, title in parts
            ]
        )
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
    data = path.read_bytes() + struct.pack(">I4s16s4s", 28, b"uuid", bytes(range(16)), b"XMP!")
    path.write_bytes(data)
    target = tmp_path / "out.m4a"
    softer(path, target)
    after = target.read_bytes()
    assert (after.index(b"moov") < after.index(b"mdat")) == first
    assert after.endswith(data[-28:])
    at = data.index(b"udta")
    size = struct.unpack(">I", data[at - 4 : at])[0]
    assert data[at - 4 : at - 4 + size] in after
    with av.open(str(target)) as container:
        assert container.metadata["title"] == "Tïtle"
        assert [part["metadata"]["title"] for part in container.chapters()] == ["Part 0", "Part 1"]
        assert container.streams.audio[0].language == "und"
    assert len(np.concatenate(list(open_song(target).blocks()))) == 60_000


@pytest.mark.slow
def test_aac_is_encoded_again_without_noise_in_the_place_of_the_sound(tmp_path: Path) -> None:
    """An encoder that saves bits where none are short writes the highest bands as noise of their loudness."""
    path = audio_files.write(tmp_path / "song", music(4), RATE, "m4a-aac", bit_rate=64_000)
    target = tmp_path / "out.m4a"
    song = open_song(path)
    song.write(target, song.blocks())
    (before, _), (after, _) = audio_files.read(path), audio_files.read(target)
    sound, change = (np.abs(np.fft.rfft(x, axis=0)) ** 2 for x in (before, after - before))
    high = np.fft.rfftfreq(len(before), 1 / RATE) > 8000
    assert 10 * np.log10(sound[high].sum() / change[high].sum()) > 12


def test_lossless_m4a_has_no_padding_to_be_left_out(tmp_path: Path) -> None:
    """A player that believes iTunes' comment would cut the end off."""
    path, target = made(tmp_path, "m4a-alac-16", frames=20_000), tmp_path / "out.m4a"
    comment = b" 00000000 00000000 00000000 0000000000004E20"
    moov = trees(path)
    for box in moov:
        if box.kind == b"moov":
            box.children.append(BoxTree(b"udta", b"iTunSMPB" + comment))
    path.write_bytes(b"".join(box.tobytes() for box in moov))
    softer(path, target)
    assert comment in target.read_bytes()


def trees(path: Path) -> list[BoxTree]:
    """The boxes of a file, taken apart."""
    data = path.read_bytes()
    return [taken_apart(data, part, mp4.PARENTS) for part in boxes(data)]


def edited(path: Path, *rows: tuple[int, int]) -> Path:
    """The file with an edit list of these (length in ms, start in samples)."""
    tops = trees(path)
    moov = next(top for top in tops if top.kind == b"moov")
    scale = mp4.movie_scale(moov)
    track = moov.at(b"trak")
    track.drop(b"edts")
    entries = b"".join(struct.pack(">IiHH", ms * scale // 1000, start, 1, 0) for ms, start in rows)
    listed = BoxTree(b"elst", struct.pack(">II", 0, len(rows)) + entries)
    track.children.append(BoxTree(b"edts", children=[listed]))
    target = path.with_stem("edited")
    shift = len(b"".join(top.tobytes() for top in tops)) - path.stat().st_size
    if tops.index(moov) < [top.kind for top in tops].index(b"mdat"):
        set_chunk_offsets(track, [offset + shift for offset in chunk_offsets(track)])
    target.write_bytes(b"".join(top.tobytes() for top in tops))
    return target


@pytest.mark.parametrize("kind", ["m4a-alac-16", "m4a-aac"])
def test_an_m4a_that_was_trimmed_begins_where_it_did(kind: str, tmp_path: Path) -> None:
    path = made(tmp_path, kind, frames=88_200)
    right = np.concatenate(list(open_song(path).blocks()))
    delay = 1024 if kind == "m4a-aac" else 0
    trimmed = edited(path, (1500, delay + 22_050))
    target = tmp_path / "out.m4a"
    softer(trimmed, target, 1.0)
    there = np.concatenate(list(open_song(target).blocks()))
    assert len(there) == 66_150
    assert np.abs(there - right[22_050:]).max() < (1e-4 if delay == 0 else 0.1)


def test_an_m4a_that_waits_begins_as_late_as_before(tmp_path: Path) -> None:
    path = edited(made(tmp_path, "m4a-aac", frames=88_200), (700, -1), (2000, 1024))
    target = tmp_path / "out.m4a"
    softer(path, target)
    assert open_song(path).frames == open_song(target).frames == 88_200
    for each in (path, target):
        moov = mp4.read_moov(each.read_bytes())
        piece = mp4.edit_list(moov.at(b"trak"))
        assert piece.wait * 1000 == 700 * mp4.movie_scale(moov)
        assert (piece.start, piece.several) == (1024, False)


def test_gaps_in_an_m4a_are_no_damage(tmp_path: Path) -> None:
    """As recorders and programs that join files leave them: some samples last longer than they sound."""
    path, target = made(tmp_path, "m4a-aac", frames=60_000), tmp_path / "out.m4a"
    tops = trees(path)
    moov = next(top for top in tops if top.kind == b"moov")
    track = moov.at(b"trak")
    times = track.at(b"mdia", b"minf", b"stbl", b"stts")
    rows = mp4.table(times, ">II")
    assert rows[0][1] == 1024
    rows = [(20, 1024), (1, 1024 + 22_050), (rows[0][0] - 21, 1024), *rows[1:]]
    times.content = struct.pack(">II", 0, len(rows)) + b"".join(struct.pack(">II", *row) for row in rows)
    track.drop(b"edts")
    path.write_bytes(b"".join(top.tobytes() for top in tops))
    song = open_song(path)
    read = sum(map(len, song.blocks()))
    assert read == song.frames
    notes = softer(path, target)
    assert notes[0] == "gaps between its samples, 0.50 s in all, were closed"
    assert open_song(target).frames == read


def test_an_m4a_in_pieces_is_refused(tmp_path: Path) -> None:
    """What was cut out of it would be heard again."""
    path = edited(made(tmp_path, "m4a-alac-16", frames=88_200), (500, 0), (1000, 44_100))
    assert sum(map(len, open_song(path).blocks())) == pytest.approx(66_150, abs=4096)
    with pytest.raises(UnsupportedFormat, match=r"edited\.m4a: its edit list .*; make one of them: ffmpeg"):
        softer(path, tmp_path / "out.m4a")


def test_protected_and_doubled_sound_is_refused(tmp_path: Path) -> None:
    path = made(tmp_path, "m4a-aac")
    data = path.read_bytes()
    path.write_bytes(data.replace(b"mp4a", b"drms", 1))
    with pytest.raises(UnsupportedFormat, match=r"song.m4a: its sound is protected \(DRM\); ask"):
        open_song(path)
    path.write_bytes(data)
    two = tmp_path / "two.m4a"
    with av.open(str(path)) as source, av.open(str(two), "w", format="ipod") as output:
        streams = [output.add_stream_from_template(source.streams.audio[0]) for _ in range(2)]
        packets = [(bytes(p), p.pts, p.duration) for p in source.demux(source.streams.audio[0]) if p.size]
        for content, pts, duration in packets:
            for stream in streams:
                packet = av.Packet(content)
                packet.pts = packet.dts = pts
                packet.duration, packet.time_base, packet.stream = duration, Fraction(1, RATE), stream
                output.mux(packet)
    song = open_song(two)
    with pytest.raises(UnsupportedFormat, match=r"two.m4a: there are several sound tracks in it; put each"):
        song.write(tmp_path / "out.m4a", song.blocks())


@pytest.mark.parametrize(("suffix", "codec"), [("webm", "libopus"), ("mka", "flac"), ("mka", "aac")])
def test_matroska_keeps_tags_chapters_and_attachments(suffix: str, codec: str, tmp_path: Path) -> None:
    kind = {"libopus": "ogg-opus", "flac": "flac-16", "aac": "m4a-aac"}[codec]
    plain, path = made(tmp_path, kind, frames=60_000), tmp_path / f"tagged.{suffix}"
    muxer = "webm" if suffix == "webm" else "matroska"
    with av.open(str(plain)) as source, av.open(str(path), "w", format=muxer) as output:
        output.metadata.update(title="Tïtle")
        stream = output.add_stream_from_template(source.streams.audio[0])
        stream.metadata["language"] = "fra"
        if suffix == "mka":
            part = {"id": 1, "start": 0, "end": 500, "time_base": MS, "metadata": {"title": "Part"}}
            output.set_chapters([part])
            output.add_attachment("cover.jpg", "image/jpeg", b"\xff\xd8\xff\xe0 a picture")
        for packet in source.demux(source.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    target = tmp_path / f"out.{suffix}"
    notes = softer(path, target)
    assert len(notes) == (codec != "flac")
    before, after = (np.concatenate(list(open_song(each).blocks())) for each in (path, target))
    assert len(after) - len(before) in range(1024 if codec == "aac" else 1)  # padding of the last packet
    assert np.abs(after[: len(before)] - 0.97 * before).max() < (1e-4 if codec == "flac" else 0.2)
    with av.open(str(target)) as container:
        assert container.metadata["title"] == "Tïtle"
        assert container.streams.audio[0].language == "fra"
        if suffix == "mka":
            assert [each["metadata"]["title"] for each in container.chapters()] == ["Part"]
            assert b"\xff\xd8\xff\xe0 a picture" in target.read_bytes()


def test_chunks_of_samples_of_one_size_need_no_list_of_them() -> None:
    """The number of samples is a hostile one."""
    tables = {
        b"stsz": struct.pack(">III", 0, 3, 0xFFFFFFFF),
        b"stsc": struct.pack(">II", 0, 2) + struct.pack(">6I", 1, 10, 1, 2, 20, 1),
        b"stco": struct.pack(">II", 0, 3) + struct.pack(">3I", 100, 200, 300),
    }
    samples = BoxTree(b"stbl", children=[BoxTree(kind, content) for kind, content in tables.items()])
    track = BoxTree(b"trak", children=[BoxTree(b"mdia", children=[BoxTree(b"minf", children=[samples])])])
    assert mp4.chunk_spans(track) == [(100, 30), (200, 60), (300, 60)]


@pytest.mark.parametrize("kind", [*audio_files.SNDFILE, *audio_files.LIBAV])
def test_truncated_files_are_told(kind: str, tmp_path: Path) -> None:
    """Cut in the middle: an error for a file that tells its length, else the part that is there."""
    path = made(tmp_path, kind, frames=240_000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    target = tmp_path / f"out{path.suffix}"
    if kind in ("mp3", "ogg-vorbis", "ogg-opus"):
        softer(path, target)
        assert 0 < len(np.concatenate(list(open_song(target).blocks()))) < 240_000
    else:
        with pytest.raises(CorruptFile, match="song"):
            softer(path, target)


@pytest.mark.parametrize("kind", [*audio_files.SNDFILE, *audio_files.LIBAV])
def test_damage_is_our_own_error(kind: str, tmp_path: Path) -> None:
    path = made(tmp_path, kind, frames=6_000)
    data = path.read_bytes()
    random = np.random.default_rng(7)
    for _ in range(12):
        damaged = bytearray(data)
        for at in random.integers(0, min(len(data), 2000), 8):
            damaged[at] = random.integers(256)
        path.write_bytes(damaged)
        with suppress(MediaError):  # and no other error
            softer(path, tmp_path / f"out{path.suffix}")


NO_SONGS = [
    *(b"", b"x", b"hello world" * 9, b"RIFF\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF", b"fLaC", b"OggS", b"wvpk"),
    *(b"ID3\x03\0\0\0\0\0\0", b"\xff\xfb", b"\0\0\0\x08ftyp", b"\xff\xf1", b"\x1aE\xdf\xa3"),
]


@pytest.mark.parametrize("content", NO_SONGS)
def test_what_is_no_song(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "song.bin"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"song\.bin"):
        list(open_song(path).blocks())


def test_compressed_wav_can_be_read_only(tmp_path: Path) -> None:
    path = tmp_path / "song.wav"
    soundfile.write(path, chord(8_000, 1), 8_000, "ULAW")
    song = open_song(path)
    assert sum(map(len, song.blocks())) == 20_000
    with pytest.raises(UnsupportedFormat, match="WAV with mu-law cannot be marked; convert it"):
        song.write(tmp_path / "out.wav", song.blocks())


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on file sizes there")
@pytest.mark.parametrize("kind", ["wav-16", "flac-16", "mp3", "m4a-aac", "ogg-opus", "ogg-vorbis"])
def test_a_full_disk_is_the_systems_own_error(kind: str, tmp_path: Path) -> None:
    import resource
    import signal

    path = made(tmp_path, kind, frames=100_000)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    old = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, before[1]))
        with pytest.raises(OSError, match=r"too large|File too large"):
            softer(path, tmp_path / f"out{path.suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, old)


def test_more_channels_than_anybody_records_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "many.wav"
    for channels, refused in ((64, False), (65, True)):
        form = struct.pack("<HHIIHH", 1, channels, 8000, 16000 * channels, 2 * channels, 16)
        data = bytes(2 * channels * 100)
        chunks = b"fmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
        path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks)
        if refused:
            with pytest.raises(UnsupportedFormat, match=r"many\.wav: 65 channels are more than the 64"):
                open_song(path)
        else:
            assert open_song(path).channels == 64
