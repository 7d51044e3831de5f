"""From a work that is marked to a letter about a copy of it, by the commands alone."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from .conftest import Runner

SAMPLES = Path(__file__).parents[3] / "sample_media"
CLAIMANT = """[claimant]
name = "Айгүл Сәрсенова"
address = "1 Abai Avenue, Almaty"
phone = "+7 700 000 00 00"
email = "aigul@example.org"
is = "owner"
signature = "Айгүл Сәрсенова"
"""
CONFIRMED = ("--confirm", "good-faith", "--confirm", "accuracy", "--confirm", "perjury")


def in_a_page(marked: Path) -> Path:
    """A crop of a photo, reduced, on a phone's page, recompressed."""
    with Image.open(marked) as picture:
        width, height = picture.size
        part = picture.convert("RGB").crop((width // 10, height // 10, width * 9 // 10, height * 9 // 10))
    part = part.resize((900, round(900 * part.height / part.width)), Image.Resampling.LANCZOS)
    page = Image.new("RGB", (1000, 1500), (248, 248, 248))
    page.paste(part, (50, 300))
    page.save(found := Path("page.jpg"), quality=75)
    return found


def of_a_clip(marked: Path) -> Path:
    """A clip at a lower rate, mirrored, as another file."""
    import av

    with av.open(marked) as source, av.open("found.mp4", "w") as target:
        stream = source.streams.video[0]
        made = target.add_stream("libx264", rate=stream.average_rate, options={"crf": "26"})
        made.width, made.height, made.pix_fmt = stream.width, stream.height, "yuv420p"
        for number, frame in enumerate(source.decode(stream)):
            turned = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(frame.to_ndarray(format="rgb24")[:, ::-1])
            )
            turned.pts = number
            turned.time_base = 1 / stream.average_rate
            target.mux(made.encode(turned))
        target.mux(made.encode(None))
    return Path("found.mp4")


def of_a_song(marked: Path) -> Path:
    """Half a minute out of a song, as MP3."""
    import soundfile

    samples, rate = soundfile.read(marked, always_2d=True)
    soundfile.write("found.mp3", samples[: 45 * rate] * 0.7, rate)
    return Path("found.mp3")


WAYS: dict[str, tuple[str, Callable[[Path], Path], str]] = {
    "photo": ("lake.jpg", in_a_page, "The find shows about"),
    "clip": ("pan.mp4", of_a_clip, "mirrored"),
    "song": ("evening.ogg", of_a_song, "The find plays the work from"),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", WAYS)
def test_mark_publish_find_compare_evidence_letter(
    kind: str, stamp: Runner, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, stolen, says = WAYS[kind]
    monkeypatch.setenv("STAMP_CATALOGUE", "c.sqlite")
    shutil.copy(SAMPLES / name, name)
    Path("stamp.toml").write_text(CLAIMANT, encoding="utf-8")
    assert stamp("key", "new", "my.key").code == 0
    monkeypatch.setenv("STAMP_KEY_FILE", "my.key")
    assert stamp("party", "add", "ACME Press", "--kind", "organisation").code == 0
    copy = (
        "--title",
        "Көл таңы",
        "--recipient",
        "ACME Press",
        "--usage-terms",
        "By licence only",
        "--replace-rights",
    )
    assert stamp("embed", name, "-o", f"copy-{name}", *copy).code == 0
    assert stamp("works", "seal").code == 0
    assert stamp("check", name, "--channel", "web", "--territory", "KZ").code == 0

    found = stolen(Path(f"copy-{name}"))
    added = stamp(
        "find", "add", found, "--url", "https://host.example/1", "--seen-by", "Айгүл Сәрсенова", "--json"
    )
    assert added.code == 0, added.err
    (entry,) = added.entries
    assert (entry["basis"], entry["title"], entry["recipient"]) == ("mark", "Көл таңы", "ACME Press")
    judged = ("--verdict", "ours", "--by", "Айгүл Сәрсенова")
    compared = stamp("find", "compare", "1", *judged, "--picture", "pair.png")
    assert compared.code == 0, compared.err
    assert says in compared.out
    assert "fine detail agrees" in compared.out
    assert Path("pair.png").exists() == (kind != "song")

    packet = stamp("evidence", "1", "-o", "packet.zip", "--lang", "kk")
    assert packet.code == 0, packet.err
    assert stamp("evidence", "verify", "packet.zip").code == 0
    assert Path("packet.zip").stat().st_size < 2_000_000 + found.stat().st_size
    with zipfile.ZipFile("packet.zip") as packed:
        packed.extractall("packet")
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], check=True, cwd="packet")
    (next(Path("packet/captures").iterdir())).write_bytes(found.read_bytes()[:-1] + b"x")
    changed = subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd="packet", capture_output=True)
    assert changed.returncode == 1

    said = ("--set", "addressee=Host Ltd", "--set", "work_description=My work")
    letter = stamp("notice", "1", "--to", "host", *said, *CONFIRMED, "-o", "letter.pdf")
    assert letter.code == 0, letter.err
    assert Path("letter.pdf").read_bytes().startswith(b"%PDF")
    assert "due 2026-12-11" in stamp("case", "sent", "1", "--on", "2026-12-01", "--due", "2026-12-11").out
    assert "Көл таңы on https://host.example/1" in stamp("case", "list", "--due", "--by", "2026-12-11").out
    assert stamp("case", "close", "1", "--outcome", "removed").code == 0
    assert stamp("works", "verify").code == 0
