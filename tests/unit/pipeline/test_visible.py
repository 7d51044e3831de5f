"""Works with a notice that is seen: drawn, measured, reported, and marked as without it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import stamp
from stamp.core.visible import Box
from stamp.jobs.demo import paint
from stamp.media.image.opening import read_shown
from stamp.media.video.canvas import FrameCanvas
from stamp.media.video.clip import examine
from stamp.media.video.still import still
from stamp.pipeline.preview import preview_file
from stamp.pipeline.visible import checked_visible
from tests.media import audio_files, video_files
from tests.media.pixels import photo
from tests.media.samples import music

KEY = stamp.Key(bytes(range(32)), "visible")
PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
NOTICE = stamp.VisibleNotice("© {year} Ada Lovelace")


def embedded(src: Path, visible: stamp.VisibleNotice = NOTICE, **more: Any) -> tuple[Path, stamp.EmbedReport]:
    dst = src.with_stem("out")
    return dst, stamp.embed_file(src, dst, PAYLOAD, key=KEY, visible=visible, overwrite=True, **more)


def changed(src: Path, dst: Path, box: Box, room: int) -> tuple[float, float]:
    """The mean changes of what is shown, in the box and away from it."""
    before, after = (read_shown(path).astype(float) for path in (src, dst))
    apart = np.abs(after - before)
    inside = apart[box.y : box.y + box.height, box.x : box.x + box.width].mean()
    apart[
        max(box.y - room, 0) : box.y + box.height + room, max(box.x - room, 0) : box.x + box.width + room
    ] = 0
    return float(inside), float(apart.mean())


@pytest.fixture
def jpeg(tmp_path: Path) -> Path:
    paint(path := tmp_path / "photo.jpg", size=(960, 640))
    return path


def test_the_report_has_text_box_and_contrast(jpeg: Path) -> None:
    dst, report = embedded(jpeg)
    visible = report.visible
    assert visible
    assert visible.text == f"© {date.today().year} Ada Lovelace"
    assert visible.contrast >= 4.5
    assert (visible.box.x + visible.box.width, visible.box.y + visible.box.height) == (960 - 19, 640 - 19)
    entry = report.to_dict()["visible"]
    assert entry == {**entry, "text": visible.text, "box": list(visible.box)}
    inside, outside = changed(jpeg, dst, visible.box, 24)
    assert inside > 20 > 4 > outside
    assert stamp.detect_file(dst, keys=KEY).payload == PAYLOAD


def test_without_one_nothing_is_different(jpeg: Path) -> None:
    plain = stamp.embed_file(jpeg, jpeg.with_stem("plain"), PAYLOAD, key=KEY)
    assert plain.visible is None
    assert plain.to_dict()["visible"] is None


def test_fidelity_is_that_of_the_mark(jpeg: Path) -> None:
    assert (embedded(jpeg)[1].psnr_db or 0) > 40


@pytest.mark.parametrize("name", ["a.png", "a.webp", "a.tif", "a.avif", "gray.png", "alpha.png"])
def test_every_container(name: str, tmp_path: Path) -> None:
    pixels = photo(320, 480)
    alpha = np.dstack((pixels, np.full((320, 480), 200, np.uint8)))
    made = Image.fromarray(alpha if name == "alpha.png" else pixels)
    (made.convert("L") if name == "gray.png" else made).save(path := tmp_path / name, lossless=True)
    dst, report = embedded(path)
    assert report.visible
    assert report.visible.contrast >= 4.5
    inside, outside = changed(path, dst, report.visible.box, 24)
    assert inside > 4 * outside


@pytest.mark.slow
def test_the_mark_is_read_below_a_tiled_notice(tmp_path: Path) -> None:
    paint(path := tmp_path / "photo.jpg", size=(1600, 1200))
    dst, report = embedded(path, stamp.VisibleNotice("© Ada Lovelace", tile=True))
    assert report.visible
    assert report.visible.box == (0, 0, 1600, 1200)
    image = Image.open(dst)
    attacks: dict[str, Callable[[], Image.Image]] = {
        "coded": lambda: image,
        "half": lambda: image.resize((800, 600), Image.Resampling.LANCZOS),
        "cropped": lambda: image.crop((200, 150, 1400, 1050)),
    }
    for name, attack in attacks.items():
        attack().save(copy := tmp_path / f"{name}.jpg", quality=70)
        assert stamp.detect_file(copy, keys=KEY).payload == PAYLOAD, name


def test_below_tiles_the_mark_is_stronger(jpeg: Path) -> None:
    tiled = stamp.VisibleNotice("© Ada", tile=True)
    usual, weaker = (embedded(jpeg, tiled, strength=strength)[1].psnr_db or 0 for strength in (1, 1 / 1.2))
    plain = embedded(jpeg, stamp.VisibleNotice("© Ada"))[1].psnr_db or 0
    assert usual < weaker < plain


def test_what_is_hard_to_read_is_said(jpeg: Path) -> None:
    faint = stamp.VisibleNotice("© Ada", opacity=0.1)
    assert "hard to read" in "".join(embedded(jpeg, faint)[1].notes)
    tiled = stamp.VisibleNotice("© Ada", opacity=0.1, tile=True)
    assert "hard to read" not in "".join(embedded(jpeg, tiled)[1].notes)


def test_a_logo_on_gray_is_gray_and_that_is_said(tmp_path: Path) -> None:
    Image.new("RGB", (60, 40), (255, 40, 40)).save(logo := tmp_path / "logo.png")
    Image.fromarray(photo(320, 480)).convert("L").save(path := tmp_path / "gray.png")
    assert any("in gray" in note for note in embedded(path, stamp.VisibleNotice(logo=logo))[1].notes)
    Image.fromarray(photo(320, 480)).save(path := tmp_path / "colour.png")
    report = embedded(path, stamp.VisibleNotice(logo=logo))[1]
    assert not any("in gray" in note for note in report.notes)
    assert report.visible
    assert (report.visible.text, report.visible.colour) == (None, None)


def test_a_dry_run_measures_and_writes_nothing(jpeg: Path) -> None:
    dst, report = embedded(jpeg, output=stamp.OutputOptions(dry_run=True))
    assert report.visible
    assert report.visible.contrast >= 4.5
    assert not dst.exists()


def test_songs_are_refused(tmp_path: Path) -> None:
    song = audio_files.write(tmp_path / "song.flac", music(3), 44_100, "flac-16")
    with pytest.raises(stamp.ArgumentError, match=r"song\.flac: a song shows nothing"):
        embedded(song)
    with pytest.raises(stamp.ArgumentError, match="shows nothing"):
        preview_file(song, tmp_path / "a.jpg", NOTICE)


def test_what_makes_no_sense_is_refused(jpeg: Path) -> None:
    with pytest.raises(stamp.ArgumentError, match="leave out `watermark=False`"):
        embedded(jpeg, watermark=False, rights=stamp.Rights(copyright_notice="x"))
    with pytest.raises(stamp.ArgumentError, match="`visible` is a VisibleNotice, not a str"):
        embedded(jpeg, "© Ada")  # type: ignore[arg-type]
    with pytest.raises(stamp.ArgumentError, match=r"the visible notice has .\{yaer\}"):
        embedded(jpeg, stamp.VisibleNotice("{yaer}"))
    bad: list[dict[str, Any]] = [
        {},
        {"text": " "},
        {"text": "a\nb"},
        {"text": "a", "logo": "b.png"},
        {"text": "a", "position": "middle"},
        {"text": "a", "place": "calm"},
        {"text": "a", "colour": "pink"},
        {"text": "a", "size": 0.0},
        {"text": "a", "opacity": float("nan")},
        {"text": "a", "margin": -0.1},
        {"text": "a", "span": (3, 2)},
    ]
    for given in bad:
        with pytest.raises(stamp.ArgumentError):
            stamp.VisibleNotice(**given)


def test_braces_are_written_twice(tmp_path: Path) -> None:
    filled = checked_visible(tmp_path / "a.jpg", stamp.VisibleNotice("{{a}} {year}"))
    assert filled
    assert filled.text == f"{{a}} {date.today().year}"


def test_how_much_is_seen_when() -> None:
    notice = stamp.VisibleNotice("a", span=(2, 6), fade=1)
    assert [notice.share(t) for t in (0, 2, 2.5, 3, 5, 5.5, 6, 9)] == [0, 0, 0.5, 1, 1, 0.5, 0, 0]
    first = stamp.VisibleNotice("a", span=(0, 5), fade=0.5)
    assert [first.share(t) for t in (0, 4.5, 4.75, 5)] == [1, 1, 0.5, 0]  # the first frame shows it in full
    assert stamp.VisibleNotice("a").share(1e6) == 1
    assert stamp.VisibleNotice("a", span=(0, 1), fade=0).share(0.99) == 1


CLIPS: dict[str, Callable[[Path], Path]] = {
    "8 bits": lambda path: video_files.write(path.with_suffix(".mp4"), size=(640, 360), count=30),
    "PQ": lambda path: video_files.hdr10(path.with_suffix(".mp4")),
    "HLG": lambda path: video_files.hlg(path.with_suffix(".mp4")),
}


def signals(path: Path, seconds: float) -> np.ndarray:
    clip = examine(path)
    assert clip
    canvas = FrameCanvas(still(path, seconds), clip)
    return canvas.grounds(Box(0, 0, *canvas.size))[0]


@pytest.mark.slow
@pytest.mark.parametrize("name", CLIPS)
def test_clips_have_white_letters_at_the_level_of_their_space(name: str, tmp_path: Path) -> None:
    path = CLIPS[name](tmp_path / "clip")
    dst, report = embedded(path, stamp.VisibleNotice("© Ada", size=0.15, opacity=1), strength=1.5)
    assert report.visible
    assert report.visible.contrast >= 4.5
    box = report.visible.box
    drawn = signals(dst, 0.4)[box.y : box.y + box.height, box.x : box.x + box.width].mean(axis=2)
    white = {"8 bits": 1.0, "PQ": 0.58, "HLG": 0.75}[name]
    assert np.percentile(drawn, 90) == pytest.approx(white, abs=0.06)
    assert stamp.detect_file(dst, keys=KEY, first=True).payload == PAYLOAD


@pytest.mark.slow
def test_a_span_of_a_clip(tmp_path: Path) -> None:
    path = video_files.write(tmp_path / "clip.mp4", size=(640, 360), count=60, rate=20)
    notice = stamp.VisibleNotice("© Ada", size=0.1, span=(1, 2), fade=0.2, place="quiet")
    dst, report = embedded(path, notice)
    assert report.visible
    box = report.visible.box
    part = np.s_[box.y : box.y + box.height, box.x : box.x + box.width]
    seen = [float(np.abs(signals(dst, t)[part] - signals(path, t)[part]).mean()) for t in (0.5, 1.5, 2.5)]
    assert seen[1] > 4 * max(seen[0], seen[2])


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
def test_a_preview_shows_the_notice_and_no_mark(name: str, jpeg: Path) -> None:
    report = preview_file(jpeg, dst := jpeg.with_name(name), NOTICE)
    inside, outside = changed(jpeg, dst, report.visible.box, 24)
    assert inside > 20 > 2 > outside
    assert stamp.detect_file(dst, keys=KEY, search=False).payload is None
    with pytest.raises(stamp.OutputError, match="exists"):
        preview_file(jpeg, dst, NOTICE)
    assert preview_file(jpeg, dst, NOTICE, overwrite=True).visible == report.visible


def test_a_preview_of_a_clip_is_a_frame(tmp_path: Path) -> None:
    path = video_files.write(tmp_path / "clip.mp4", size=(640, 360), count=30)
    report = preview_file(path, dst := tmp_path / "a.png", stamp.VisibleNotice("© Ada", span=(0, 1)), at=0.2)
    assert Image.open(io.BytesIO(dst.read_bytes())).size == (640, 360)
    assert report.visible.contrast >= 4.5


def test_previews_are_pictures_beside_the_source(jpeg: Path) -> None:
    with pytest.raises(stamp.OutputError, match=r"name a \.jpg"):
        preview_file(jpeg, jpeg.with_name("a.tif"), NOTICE)
    before = jpeg.read_bytes()
    with pytest.raises(stamp.OutputError):
        preview_file(jpeg, jpeg, NOTICE, overwrite=True)
    assert jpeg.read_bytes() == before
