"""Clips on the command line: marked, read back, interrupted, damaged."""

from __future__ import annotations

import io
import json
import os
import resource
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from stamp.cli import clip_options
from stamp.core.key import Key
from stamp.core.options import CODECS, EmbedOptions
from stamp.media.video.encoders import _KINDS
from stamp.pipeline import video as works
from stamp.pipeline.files import detect_file, embed_file
from tests.media import video_files
from tests.media.shared import shared_files

from .conftest import PAYLOAD, Runner, digests

Start = Callable[..., subprocess.Popen[str]]
DEADLINE = 60.0
MALFORMED = {path.name: path for path in shared_files("video/malformed/*")}


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Read only, please."""
    folder = tmp_path_factory.mktemp("clip")
    sound = lambda container, stream: [video_files.add_sound(container)]  # noqa: E731
    return video_files.write(folder / "clip.mp4", size=(416, 240), count=32, prepare=sound)


@pytest.fixture
def clip(source: Path, elsewhere: Path) -> Path:
    copy = Path("clip.mp4")
    copy.write_bytes(source.read_bytes())
    return copy


@pytest.mark.slow
def test_a_clip_is_marked_and_read_back(stamp: Runner, clip: Path, key_file: Path) -> None:
    embedded = stamp("embed", clip, "--payload", PAYLOAD, "--preset", "ultrafast", "--json")
    assert embedded.code == 0, embedded.err
    (entry,) = embedded.entries
    assert (entry["payload"], entry["output"]) == (PAYLOAD, "clip.stamped.mp4")
    assert entry["psnr_db"] > 40
    assert entry["ssim"] > 0.98
    found = stamp("detect", "clip.stamped.mp4", "--json")
    (entry,) = found.entries
    assert (found.code, entry["watermark"]["payload"]) == (0, PAYLOAD)
    ((start, end),) = entry["watermark"]["spans"]
    assert 0 <= start < 0.3
    assert start < end <= 1.3
    assert entry["watermark"]["decided_after_s"] <= 1.6
    assert stamp("detect", "clip.stamped.mp4", "--first").out.startswith(
        f"clip.stamped.mp4: carries your mark {PAYLOAD}"
    )
    assert stamp("detect", clip).code == 1


@pytest.mark.slow
def test_a_clip_is_read_from_a_file_object(clip: Path, tmp_path: Path) -> None:
    key = Key.generate()
    options = EmbedOptions(preset="ultrafast")
    seen: list[tuple[int, int]] = []
    report = embed_file(
        clip, tmp_path / "m.mp4", key=key, options=options, progress=lambda *news: seen.append(news)
    )
    assert (seen[-1], {total for _, total in seen}) == ((32, 32), {32})
    found = detect_file(io.BytesIO((tmp_path / "m.mp4").read_bytes()), keys=key)
    assert (found.path, found.payload) == (None, report.payload)


@pytest.mark.slow
def test_a_folder_of_photos_and_clips(stamp: Runner, folder: Path, clip: Path, key_file: Path) -> None:
    clip.rename(folder / "deep" / "clip.mp4")
    first = stamp("embed", folder, "-o", "out", "-j", "2", "--preset", "ultrafast")
    assert first.code == 0, first.err
    assert set(digests(Path("out"))) == {"a.jpg", "b.JPG", "deep/c.jpeg", "deep/d.jpg", "deep/clip.mp4"}
    again = stamp("embed", folder, "-o", "out", "--resume")
    assert (again.code, again.out.count("already done")) == (0, 5)
    assert stamp("detect", "out", "-j", "2").code == 0


@pytest.mark.slow
def test_resume_makes_a_clip_anew_that_was_cut_short(stamp: Runner, clip: Path, key_file: Path) -> None:
    assert stamp("embed", clip, "--preset", "ultrafast", "--payload", PAYLOAD).code == 0
    whole = Path("clip.stamped.mp4").read_bytes()
    assert b"moov" in whole[:100]
    Path("clip.stamped.mp4").write_bytes(whole[:-1000])
    assert stamp("detect", "clip.stamped.mp4", "--expect", PAYLOAD).code == 0
    (entry,) = stamp("embed", clip, "--preset", "ultrafast", "--resume", "--json").entries
    assert (entry["payload"], entry["resumed"]) == (PAYLOAD, False)
    assert Path("clip.stamped.mp4").read_bytes() == whole


@pytest.mark.slow
def test_the_rights_go_in_with_the_mark(stamp: Runner, clip: Path, key_file: Path) -> None:
    result = stamp("embed", clip, "--copyright", "© Ada", "--preset", "ultrafast", "--json")
    (entry,) = result.entries
    told = {*entry["metadata"]["written"], *entry["metadata"]["unsupported"]}
    assert (result.code, {"copyright_notice", "identifier"} <= told) == (0, True)
    assert stamp("detect", "clip.stamped.mp4", "--expect", entry["payload"]).code == 0


def test_settings_that_an_encoder_does_not_know(stamp: Runner, clip: Path, key_file: Path) -> None:
    result = stamp("embed", clip, "--preset", "very-nice")
    assert result.code == 3
    assert "libx264 does not take it" in result.err
    assert not list(Path().glob("*stamped*"))
    assert stamp("embed", clip, "--codec", "ffv2").code == 2


@pytest.mark.slow
def test_another_codec(stamp: Runner, clip: Path, key_file: Path) -> None:
    result = stamp("embed", clip, "--codec", "hevc", "--preset", "ultrafast", "--payload", PAYLOAD)
    assert result.code == 0, result.err
    assert b"hvc1" in Path("clip.stamped.mp4").read_bytes()
    assert stamp("detect", "clip.stamped.mp4", "--expect", PAYLOAD).code == 0
    refused = stamp("embed", clip, "-o", "x.mp4", "--codec", "vp8")
    assert refused.code == 3
    assert "vp8" in refused.err or "libvpx" in refused.err


def test_the_command_line_offers_what_can_be_encoded() -> None:
    assert clip_options.CODECS is CODECS
    assert set(CODECS) == set(_KINDS)


def damaged(source: Path) -> dict[str, bytes]:
    data = source.read_bytes()
    noise = bytearray(data)
    middle = slice(len(data) // 2, len(data) // 2 + 3000)
    noise[middle] = bytes(byte ^ 0x5A for byte in data[middle])
    return {
        "empty": b"",
        "head only": data[:40],
        "cut in half": data[: len(data) // 2],
        "cut at the end": data[:-100],
        "noise in the middle": bytes(noise),
        "no index": data.replace(b"moov", b"vomo"),
        "zeros": data[:2000] + bytes(len(data) - 2000),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    ["empty", "head only", "cut in half", "cut at the end", "noise in the middle", "no index", "zeros"],
)
def test_damaged_clips_give_an_error_that_names_them_or_a_clip(
    what: str, stamp: Runner, source: Path, key_file: Path, elsewhere: Path
) -> None:
    Path("bad.mp4").write_bytes(damaged(source)[what])
    result = stamp("embed", "bad.mp4", "--preset", "ultrafast")
    assert result.code in (0, 3)
    if result.code == 3:
        assert "bad.mp4: " in result.err
        assert "internal error" not in result.err
        assert list(Path().iterdir()) == [Path("bad.mp4")]
        assert stamp("detect", "bad.mp4").code in (1, 3)
    else:
        assert stamp("detect", "bad.stamped.mp4", "--first").code == 0


@pytest.mark.parametrize("what", ["cut in half", "no index", "head only", "empty"])
def test_what_is_cut_short_is_not_passed_off_as_whole(
    what: str, stamp: Runner, source: Path, key_file: Path, elsewhere: Path
) -> None:
    Path("bad.mp4").write_bytes(damaged(source)[what])
    assert stamp("embed", "bad.mp4", "--preset", "ultrafast").code == 3


def test_one_frame(stamp: Runner, key_file: Path, elsewhere: Path) -> None:
    video_files.write(Path("one.mp4"), size=(640, 360), count=1)
    result = stamp("embed", "one.mp4", "--payload", PAYLOAD)
    assert result.code == 0, result.err
    assert stamp("detect", "one.stamped.mp4", "--expect", PAYLOAD).code == 0


def test_flat_bars_are_marked(stamp: Runner, key_file: Path, elsewhere: Path) -> None:
    video_files.bars(Path("bars.mp4"))
    assert stamp("embed", "bars.mp4", "--payload", PAYLOAD).code == 0
    assert stamp("detect", "bars.stamped.mp4", "--expect", PAYLOAD).code == 0


@pytest.mark.slow
def test_a_mark_that_cannot_be_read_back_is_made_stronger_and_that_is_said(
    stamp: Runner, clip: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([None])
    honest = works.payload_of
    monkeypatch.setattr(works, "payload_of", lambda path, *, key: next(answers, honest(path, key=key)))
    result = stamp("embed", clip, "--preset", "ultrafast", "--json")
    (entry,) = result.entries
    assert any("1.6 times the strength was needed" in note for note in entry["notes"])
    assert stamp("detect", "clip.stamped.mp4", "--expect", entry["payload"]).code == 0
    monkeypatch.setattr(works, "payload_of", lambda path, *, key: None)
    refused = stamp("embed", clip, "-o", "never.mp4", "--preset", "ultrafast")
    assert (refused.code, Path("never.mp4").exists()) == (3, False)
    assert "clip.mp4: the mark cannot be read back" in refused.err


@pytest.mark.slow
def test_sound_without_a_picture_is_no_clip(stamp: Runner, key_file: Path, elsewhere: Path) -> None:
    import av

    with av.open("sound.mkv", "w") as container:
        video_files.add_sound(container, "libopus")()
    result = stamp("detect", "sound.mkv")
    assert result.code in (1, 3)
    assert "internal error" not in result.err


@pytest.mark.slow
@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_files_of_others(
    name: str, stamp: Runner, key_file: Path, elsewhere: Path, source: Path
) -> None:
    Path(name).write_bytes(MALFORMED[name].read_bytes())
    result = stamp("embed", name, "--preset", "ultrafast")
    assert result.code in (0, 3)
    assert "internal error" not in result.err
    if result.code == 3:
        assert stamp("detect", name).code in (1, 3)


@pytest.mark.slow
def test_an_interrupt_leaves_nothing(command: Start, source: Path, key_file: Path, elsewhere: Path) -> None:
    video_files.write(Path("long.mp4"), size=(640, 360), count=64, options={"bf": "0"})
    before = digests(Path())
    process = command("embed", "long.mp4", "--preset", "placebo")
    deadline = time.monotonic() + DEADLINE
    while not list(Path().glob(".*.stamp-tmp")):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 130, err
    assert digests(Path()) == before


@pytest.mark.slow
def test_a_full_disk(command: Start, clip: Path, key_file: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

    before = digests(Path())
    process = command("embed", clip, "--preset", "ultrafast", preexec_fn=limit)
    _, err = process.communicate(timeout=DEADLINE)
    assert process.returncode == 3
    assert "clip.stamped.mp4: cannot be written" in err
    assert digests(Path()) == before


@pytest.mark.slow
@pytest.mark.parametrize("several", [False, True], ids=["one", "two at once"])
def test_the_bar_counts_frames(several: bool, command: Start, clip: Path, key_file: Path) -> None:
    names = ["clip.mp4"]
    if several:
        Path("other.mp4").write_bytes(clip.read_bytes())
        names.append("other.mp4")
    ours, theirs = os.openpty()
    process = command(
        "embed", *names, "--preset", "veryslow", "-j", "2", "--json", stderr=theirs, env={"TERM": "xterm"}
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    out, _ = process.communicate(timeout=DEADLINE)
    os.close(ours)
    assert process.returncode == 0
    assert len(json.loads(out)["results"]) == len(names)
    assert b"frames/s" in shown
