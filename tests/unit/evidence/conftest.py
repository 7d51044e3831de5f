"""A photo that was registered, marked, sealed under a time stamp, published, mangled, found and compared; and
another one that its mark was carried over to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from stamp.catalogue.catalogue import Catalogue
from stamp.core.key import Key
from stamp.core.matches import MatchedWork, MatchReport
from stamp.core.options import CopyOptions
from stamp.core.rights import Rights
from stamp.evidence.options import PacketOptions
from stamp.evidence.packet import Made, make_packet
from stamp.jobs.demo import paint
from stamp.monitor.keeping import keep
from stamp.pipeline.files import embed_file
from stamp.pipeline.finding import Seen, add_find
from tests.helpers import tsa

AT = datetime(2027, 1, 2, 3, 4, 6, tzinfo=UTC)
TITLE = "Көл таңы / Озеро на рассвете"
NAME = "Айгүл Сәрсенова"
AGREES = {"kind": "image", "verdict": "agrees"}


@dataclass(frozen=True)
class Case:
    """folder : of the claimant. find : a copy of his work. planted : another photo with the mark of the work,
    `by_hand` one without any. recognised : a part of the work without a mark. signer : a key to sign with."""

    folder: Path
    catalogue: Catalogue
    key: Key
    authority: tsa.Authority
    find: str
    planted: str
    by_hand: str
    recognised: str
    signer: Path

    def packet(self, target: Path, find: str | None = None, **wanted: object) -> Made:
        options = {"at": AT, "sign": self.signer, "tsa_root": self.authority.root} | wanted
        return make_packet(self.catalogue, find or self.find, target, PacketOptions(**options))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Case]:
    folder = tmp_path_factory.mktemp("claimant")
    key = Key.generate("2026-11")
    signer = folder / "signer.key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", signer], check=True)
    signer.chmod(0o600)
    with (
        tsa.serving(tsa.make(folder / "tsa")) as authority,
        Catalogue.open(folder / "catalogue.sqlite") as catalogue,
    ):
        _register(catalogue, folder, key)
        catalogue.seal(authority.url, roots=authority.root)
        found, planted, by_hand = _finds(catalogue, folder, key)
        recognised = _recognised(catalogue, folder)
        catalogue.works.add(title="A secret of somebody else", kind="image")
        yield Case(folder, catalogue, key, authority, found, planted, by_hand, recognised, signer)


def _register(catalogue: Catalogue, folder: Path, key: Key) -> None:
    paint(folder / "lake.png", size=(800, 600))
    catalogue.works.add(folder / "lake.png", title=TITLE, creators=[NAME])
    rights = Rights(copyright_notice=f"© 2026 {NAME}", creators=(NAME,), web_statement="https://a.example/l")
    copy = CopyOptions(work="1")
    embed_file(
        folder / "lake.png", folder / "marked.png", key=key, rights=rights, catalogue=catalogue, copy=copy
    )


def _finds(catalogue: Catalogue, folder: Path, key: Key) -> tuple[str, str, str]:
    published = folder / "published"
    published.mkdir()
    with Image.open(folder / "marked.png") as image:
        mangled = image.convert("RGB").rotate(2, Image.Resampling.BICUBIC).crop((40, 40, 760, 560))
        mangled.resize((640, 462), Image.Resampling.LANCZOS).save(published / "pic.jpg", quality=80)
        marked = np.asarray(image.convert("RGB"), np.int16)
    with Image.open(folder / "lake.png") as image:
        mark = marked - np.asarray(image.convert("RGB"), np.int16)
    paint(published / "other.png", size=(800, 600), seed=5)
    with Image.open(published / "other.png") as image:
        other = np.asarray(image.convert("RGB"), np.int16)
    Image.fromarray(np.clip(other + 2 * mark, 0, 255).astype(np.uint8)).save(published / "planted.png")
    seen = Seen(url="https://site.example/page?id=1", account="@someone", by="A. Sarsenova")
    (published / "page.html").write_text("<html>the page</html>")
    found = add_find(catalogue, published / "pic.jpg", keys=[key], seen=seen, page=published / "page.html")
    catalogue.finds.compared(found.find, AGREES)
    catalogue.finds.judge(found.find, "ours", NAME, note="the note of the lawyer, nobody else's business")
    planted = add_find(catalogue, published / "planted.png", keys=[key], seen=seen)
    by_hand = add_find(catalogue, published / "other.png", work="1", seen=Seen(by="Bob"))
    return found.find, planted.find, by_hand.find


def _recognised(catalogue: Catalogue, folder: Path) -> str:
    path = folder / "published" / "part.jpg"
    with Image.open(folder / "lake.png") as image:
        image.crop((80, 60, 720, 540)).save(path, quality=85)
    work = catalogue.works.show("1")
    match = MatchedWork(
        work.work, 1, TITLE, "copy", "points", inliers=90, of_work=0.64, of_suspect=1.0, correlation=0.91
    )
    kept = keep(catalogue, MatchReport(path, "image", (match,)), Seen(by="Ada"))
    assert kept.find
    return kept.find


@pytest.fixture(scope="session")
def packet(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packet on the find, signed and time-stamped."""
    target = tmp_path_factory.mktemp("packet") / "packet.zip"
    case.packet(target, tsa=case.authority.url)
    return target
