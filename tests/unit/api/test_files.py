"""The whole-file functions of the Python interface."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import stamp
from stamp.jobs.demo import paint
from stamp.jobs.pool import run

PAYLOAD = bytes.fromhex("00ff00ff00ff00ff")
KEY = stamp.Key(bytes(range(32)), "api")
RIGHTS = stamp.Rights(copyright_notice="© 2026 A", creators=("A", "Bé"))


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("api") / "photo.jpg"
    paint(path, size=(640, 480))
    return path


@pytest.fixture(scope="module")
def marked(photo: Path) -> Path:
    path = photo.with_name("marked.jpg")
    stamp.embed_file(photo, path, PAYLOAD, key=KEY)
    return path


def test_embed_detect_and_rights(photo: Path, tmp_path: Path) -> None:
    before = photo.read_bytes()
    out = tmp_path / "new" / "out.jpg"
    report = stamp.embed_file(str(photo), str(out), PAYLOAD, key=KEY, rights=RIGHTS)
    assert (report.path, report.output, report.payload) == (photo, out, PAYLOAD)
    assert report.psnr_db is not None
    assert report.ssim is not None
    assert report.psnr_db > 38
    assert 0.95 < report.ssim < 1
    assert report.metadata
    assert report.metadata.written == ("copyright_notice", "creators", "identifier")
    assert report.metadata.unchanged == ()
    assert report.metadata.unsupported == {}

    found = stamp.detect_file(out, keys=KEY)
    assert found.present
    assert found.payload == PAYLOAD
    assert found.key_name == "api"
    assert found.scheme == "stamp.image.2"
    assert found.score >= found.threshold
    assert found.log10_p < -9
    assert found.transform
    assert abs(found.transform.scale - 1) < 0.01

    rights = stamp.read_rights(out)
    assert rights.rights.creators == ("A", "Bé")
    assert rights.rights.identifier == PAYLOAD.hex()
    assert set(rights.sources["creators"]) >= {"exif", "xmp"}
    assert photo.read_bytes() == before


def test_a_mark_that_the_notice_tells_of_is_told(photo: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jpg", tmp_path / "second.jpg"
    assert stamp.embed_file(photo, first, PAYLOAD, key=KEY, rights=RIGHTS).notes == ()
    (note,) = stamp.embed_file(first, second, key=KEY, remark=True).notes
    assert PAYLOAD.hex() in note


@pytest.mark.slow
def test_a_notice_that_tells_of_the_former_mark_alone_is_told(photo: Path, tmp_path: Path) -> None:
    first = tmp_path / "first.jpg"
    stamp.embed_file(photo, first, PAYLOAD, key=KEY, rights=RIGHTS)
    (stale,) = stamp.embed_file(first, tmp_path / "second.jpg", bytes(8), key=KEY, remark=True).notes
    assert f"{PAYLOAD.hex()} before, and its notice still names that one" in stale
    for name, payload, rights in (("same", PAYLOAD, None), ("anew", bytes(8), RIGHTS)):
        again = tmp_path / f"{name}.jpg"
        report = stamp.embed_file(first, again, payload, key=KEY, rights=rights, remark=True)
        assert not any("still tells" in note for note in report.notes)


@pytest.mark.parametrize("watermark", [True, False])
def test_an_output_is_not_called_like_another_kind_of_file(
    watermark: bool, photo: Path, tmp_path: Path
) -> None:
    with pytest.raises(stamp.OutputError, match=r"out\.png.*must end in \.jpg"):
        stamp.embed_file(
            photo, tmp_path / "out.png", PAYLOAD, key=KEY, rights=RIGHTS, watermark=watermark, overwrite=True
        )
    assert list(tmp_path.iterdir()) == []
    for name in ("out.jpeg", "out.part", "out"):
        stamp.embed_file(photo, tmp_path / name, PAYLOAD, key=KEY, rights=RIGHTS, watermark=watermark)
        assert (tmp_path / name).is_file()


def test_a_link_may_be_called_like_another_kind_of_file(photo: Path, tmp_path: Path) -> None:
    copy, link = tmp_path / "copy.jpg", tmp_path / "link.png"
    copy.write_bytes(photo.read_bytes())
    link.symlink_to(copy)
    stamp.embed_file(link, copy, PAYLOAD, key=KEY, overwrite=True)
    assert stamp.detect_file(copy, keys=KEY).payload == PAYLOAD


def test_a_payload_is_drawn_and_told(photo: Path, tmp_path: Path) -> None:
    report = stamp.embed_file(photo, tmp_path / "out.jpg", key=KEY)
    assert report.metadata is None
    assert report.payload
    assert stamp.detect_file(tmp_path / "out.jpg", keys=[KEY]).payload == report.payload


@pytest.mark.slow
def test_not_found_is_a_value(photo: Path) -> None:
    found = stamp.detect_file(photo, keys=KEY)
    assert not found.present
    assert found.payload is None
    assert found.score < found.threshold


def test_one_of_several_keys(marked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = stamp.Detection(False, None, 1.0, 5.0, -0.5, None, None, "nothing", "stamp.image.2")
    found = {
        "nothing": nothing,
        "less": replace(nothing, log10_p=-0.1, key_name="less"),
        "traces": replace(nothing, present=True, log10_p=-12.0, key_name="traces"),
        "read": replace(nothing, present=True, payload=PAYLOAD, log10_p=-11.0, key_name="read"),
    }
    asked = []

    def detect(image: Any, *, key: stamp.Key, search: bool) -> stamp.Detection:
        asked.append(key.name)
        return found[key.name]

    monkeypatch.setattr("stamp.pipeline.image.detect_in", detect)
    for names, best in (
        (("nothing", "less"), "nothing"),
        (("less", "traces", "nothing"), "traces"),
        (("traces", "read"), "read"),
        (("read", "traces"), "read"),
    ):
        keys = (stamp.Key(bytes(32), name) for name in names)
        assert stamp.detect_file(marked, keys=keys).key_name == best
    assert asked[-1] == "read"  # the last call asked nobody else


def test_write_rights_leaves_the_picture_and_open_fields(photo: Path, tmp_path: Path) -> None:
    from tests.helpers.documents import essence_digest

    first, second = tmp_path / "first.jpg", tmp_path / "second.jpg"
    report = stamp.write_rights(photo, first, RIGHTS)
    assert report.written == ("copyright_notice", "creators")
    report = stamp.write_rights(first, second, stamp.Rights(copyright_notice="© 2026 A", credit_line="C"))
    assert (report.written, report.unchanged) == (("credit_line",), ("copyright_notice",))
    assert stamp.read_rights(second).rights == stamp.Rights(
        copyright_notice="© 2026 A", creators=("A", "Bé"), credit_line="C"
    )
    assert essence_digest(second.read_bytes()) == essence_digest(photo.read_bytes())
    assert stamp.write_rights(second, tmp_path / "third.jpg", RIGHTS).written == ()
    assert (tmp_path / "third.jpg").read_bytes() == second.read_bytes()


def test_overwriting_is_asked_for(photo: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.jpg"
    copy.write_bytes(photo.read_bytes())
    link = tmp_path / "link.jpg"
    link.symlink_to("nowhere.jpg")
    for dst in (copy, link, tmp_path / "." / "copy.jpg"):
        with pytest.raises(stamp.OutputError):
            stamp.embed_file(copy, dst, PAYLOAD, key=KEY)
        with pytest.raises(stamp.OutputError):
            stamp.write_rights(copy, dst, RIGHTS)
    assert copy.read_bytes() == photo.read_bytes()
    stamp.embed_file(copy, copy, PAYLOAD, key=KEY, overwrite=True)
    assert stamp.detect_file(copy, keys=KEY).payload == PAYLOAD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.jpg", "link.jpg"]


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (stamp.PayloadError, {"payload": b"1234567"}),
        (stamp.PayloadError, {"payload": "00ff00ff00ff00ff"}),
        (stamp.KeyFileError, {"key": None}),
        (stamp.KeyFileError, {"key": "2026.key"}),
        (stamp.KeyFileError, {"key": bytes(32)}),
        (stamp.RightsError, {"rights": {"copyright_notice": "© A"}}),
        (stamp.RightsError, {"rights": "© A", "watermark": False}),
        (ValueError, {"strength": 0.0}),
        (ValueError, {"strength": float("nan")}),
        (stamp.RightsError, {"watermark": False}),
        (stamp.RightsError, {"watermark": False, "rights": stamp.Rights()}),
    ],
)
def test_wrong_arguments(
    error: type[Exception], options: dict[str, Any], photo: Path, tmp_path: Path
) -> None:
    with pytest.raises(error):
        stamp.embed_file(photo, tmp_path / "out.jpg", **({"key": KEY} | options))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("keys", [[], "2026.key", ["2026.key"], [KEY, bytes(32)], [None]])
def test_no_keys(keys: Any, photo: Path) -> None:
    with pytest.raises(stamp.KeyFileError, match="load") as caught:
        stamp.detect_file(photo, keys=keys)
    assert "2026" not in str(caught.value)  # what somebody takes for a key is not told to a log


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", None])
def test_what_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    bad, out = tmp_path / "bad.jpg", tmp_path / "out.jpg"
    if content is not None:
        bad.write_bytes(content)
    calls: list[Callable[[], object]] = [
        lambda: stamp.embed_file(bad, out, PAYLOAD, key=KEY),
        lambda: stamp.embed_file(bad, out, key=None, watermark=False, rights=RIGHTS),
        lambda: stamp.detect_file(bad, keys=KEY),
        lambda: stamp.read_rights(bad),
        lambda: stamp.write_rights(bad, out, RIGHTS),
    ]
    for call in calls:
        with pytest.raises(stamp.MediaError) as caught:
            call()
        assert str(bad) in str(caught.value)
        assert caught.value.path == bad
    assert not out.exists()


def test_what_cannot_carry_a_mark_is_refused(tmp_path: Path) -> None:
    paint(tmp_path / "host.jpg", size=(48, 32))
    with pytest.raises(stamp.HostError) as caught:
        stamp.embed_file(tmp_path / "host.jpg", tmp_path / "out.jpg", PAYLOAD, key=KEY)
    assert "host.jpg" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["host.jpg"]


def deaf(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The finished file is read back in vain the first `times` times."""
    from stamp.pipeline import image as photos

    read = photos.detect_in
    left = iter(range(times))

    def detect(luma: Any, **options: Any) -> stamp.Detection:
        found = read(luma, **options)
        return found if next(left, None) is None else replace(found, present=False, payload=None)

    monkeypatch.setattr("stamp.pipeline.image.detect_in", detect)


def quality_floors(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    from stamp.pipeline import image

    floors: list[int | None] = []
    encode = image.encode_picture

    def recorded(*args: Any, quality_floor: int | None = None) -> Any:
        floors.append(quality_floor)
        return encode(*args, quality_floor=quality_floor)

    monkeypatch.setattr(image, "encode_picture", recorded)
    return floors


@pytest.mark.slow
def test_quality_is_raised_until_the_mark_can_be_read(
    tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Image.open(photo) as opened:
        opened.save(tmp_path / "coarse.jpg", quality=40)
    floors = quality_floors(monkeypatch)
    deaf(monkeypatch, 2)
    report = stamp.embed_file(tmp_path / "coarse.jpg", tmp_path / "out.jpg", PAYLOAD, key=KEY)
    assert floors == [None, 75, 85]
    assert any("quality" in note for note in report.notes)
    assert stamp.detect_file(tmp_path / "out.jpg", keys=KEY).payload == PAYLOAD


def test_no_claim_without_a_mark_that_can_be_read(
    photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    floors = quality_floors(monkeypatch)
    deaf(monkeypatch, 99)
    with pytest.raises(stamp.HostError, match=r"cannot be read back.*; try a larger version") as caught:
        stamp.embed_file(photo, tmp_path / "out.jpg", PAYLOAD, key=KEY)
    assert str(caught.value).count(str(photo)) == 1
    assert len(floors) > 1
    assert list(tmp_path.iterdir()) == []


def test_reports_are_frozen(marked: Path) -> None:
    found = stamp.detect_file(marked, keys=KEY)
    with pytest.raises(FrozenInstanceError):
        found.present = False  # type: ignore[misc]


def embedded(folder: str) -> str:
    """Worker: the bytes that embedding gives, as a digest, and what the detector says of them."""
    out = Path(folder) / f"{np.random.default_rng().integers(1 << 62)}.jpg"
    stamp.embed_file(Path(folder) / "photo.jpg", out, PAYLOAD, key=KEY, rights=RIGHTS)
    found = stamp.detect_file(out, keys=KEY)
    return f"{hashlib.sha256(out.read_bytes()).hexdigest()} {found.score} {found.log10_p} {found.transform}"


@pytest.mark.slow
def test_the_same_result_from_threads_and_processes(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(photo.read_bytes())
    alone = embedded(str(tmp_path))
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(embedded, [str(tmp_path)] * 4)) == [alone] * 4
    assert [result for _, result in run(embedded, [str(tmp_path)] * 2, 2)] == [alone] * 2


def test_fidelity_takes_no_floats_of_all_colours() -> None:
    from stamp.pipeline.fidelity import image_fidelity

    before = np.random.default_rng(1).integers(0, 256, (4000, 1000, 3), np.uint8)
    after = before ^ 1
    expected = image_fidelity(before, after)
    tracemalloc.start()
    try:
        assert image_fidelity(before, after) == expected
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * before.size  # bytes of the colours as float32
    # each colour differs by 1, up or down, independently of the others
    mean_square = 0.299**2 + 0.587**2 + 0.114**2
    assert expected[0] == pytest.approx(10 * np.log10(255**2 / mean_square), abs=0.01)
